/**
 * The machine of a session that sends one PROXY header and hands over. This file does not know what the header
 * says.
 */

import { defineTable, row } from '../../machine/index.js';

/** What the guards ask of the session. */
export interface ProxySenderView {
  /** The header has been built in the outbox, whole. */
  readonly sent: boolean;
}

export const proxySenderTable = defineTable<ProxySenderView>()({
  name: 'proxy-sender',
  title: 'PROXY header, sending',
  states: ['idle', 'handed-off', 'closed'],
  events: ['start', 'fail'],
  initial: 'idle',
  guards: { sent: ({ sent }) => sent },
  rows: [
    row('idle', 'start', 'handed-off', {
      cites: 'proxy-protocol.txt §2.1',
      guard: 'sent',
      // Whoever hands the unused bytes on may have to copy them, and gives them back then.
      acts: ['take unused?', 'release unused?'],
    }),
    // There is no header to send, or no room to build it in: nothing has been written (WS-8).
    row('idle', 'start', 'closed', { cites: 'WS-9' }),
    row('idle', 'fail', 'closed', { cites: 'OWN-7' }),
    row('handed-off', 'fail', 'closed', { cites: 'OWN-7', acts: ['release unused?'] }),
  ],
});
