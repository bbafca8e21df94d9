/**
 * The machine of a session that requires a PROXY header before anything else. This file does not know how a
 * header is read, nor who goes on after it.
 */

import { defineTable, row } from '../../machine/index.js';

/** What the guards ask of the session. */
export interface ProxyReceiverView {
  /** The peer is in the trust list. */
  readonly trusted: boolean;
  /** Not a byte of the connection has come. */
  readonly untouched: boolean;
}

export const proxyReceiverTable = defineTable<ProxyReceiverView>()({
  name: 'proxy-receiver',
  title: 'PROXY header, receiving',
  states: ['idle', 'header', 'handed-off', 'closed'],
  events: ['start', 'complete', 'invalid', 'exhausted', 'end', 'expire', 'shutdown', 'fail'],
  initial: 'idle',
  guards: {
    trusted: ({ trusted }) => trusted,
    untouched: ({ untouched }) => untouched,
  },
  rows: [
    row('idle', 'start', 'header', { cites: 'proxy-protocol.txt §5', guard: 'trusted' }),
    row('idle', 'start', 'closed', { cites: 'proxy-protocol.txt §5' }),
    row('idle', 'fail', 'closed', { cites: 'OWN-7' }),
    row('header', 'complete', 'handed-off', {
      cites: 'CON-3, proxy-protocol.txt §2',
      // Whoever hands the unused bytes on may have to copy them, and gives them back then.
      acts: ['take header', 'release header', 'take unused?', 'release unused?'],
    }),
    row('header', 'invalid', 'closed', { cites: 'proxy-protocol.txt §2' }),
    // The slab is smaller than the header: no more room can ever come.
    row('header', 'exhausted', 'closed', { cites: 'WS-9' }),
    // A peer that connects and goes has done nothing wrong; half a header is a header that is wrong.
    row('header', 'end', 'closed', { cites: 'OWN-7', guard: 'untouched' }),
    row('header', 'end', 'closed', { cites: 'proxy-protocol.txt §2.2' }),
    row('header', 'expire', 'closed', { cites: 'LAY-4' }),
    row('header', 'shutdown', 'closed', { cites: 'OWN-7', guard: 'untouched' }),
    row('header', 'fail', 'closed', { cites: 'OWN-7' }),
    // The transport went before the next session came.
    row('handed-off', 'fail', 'closed', { cites: 'OWN-7', acts: ['release unused?'] }),
  ],
});
