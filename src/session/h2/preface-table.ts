/** Telling H2 from H1 by the first bytes, as a table (RFC 9113 §3.3, §3.4). This file does not know either. */
import { defineTable, row } from '../../machine/index.js';

export const prefaceTable = defineTable()({
  name: 'preface',
  title: 'H1 or H2 by the first bytes',
  states: ['looking', 'handed-off', 'closed', 'failed'],
  events: ['told', 'timeout', 'input-end', 'shutdown', 'transport-gone'],
  initial: 'looking',
  rows: [
    row('looking', 'told', 'handed-off', {
      cites: 'RFC 9113 §3.4, LAY-6',
      // What told them apart is unused, all of it; whoever hands it on may have to copy it, and gives it back then.
      acts: ['take unused', 'release unused?'],
    }),
    row('looking', 'timeout', 'closed', { cites: 'LAY-4' }),
    row('looking', 'input-end', 'closed', { cites: 'RFC 9112 §9.6' }),
    row('looking', 'shutdown', 'closed', { cites: 'RFC 9112 §9.6' }),
    row('looking', 'transport-gone', 'failed', { cites: 'OWN-7' }),
  ],
});
