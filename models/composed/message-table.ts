/**
 * A message that the peer sends, as it is on the wire: whatever the layers believe, it is still coming or it is complete.
 * This file does not know who reads it.
 */
import { defineTable, row } from '../../src/machine/index.js';

export const messageTable = defineTable()({
  name: 'message',
  title: 'A message on the wire',
  states: ['none', 'coming', 'complete'],
  events: ['head', 'end', 'forget'],
  initial: 'none',
  rows: [
    row('none', 'head', 'coming', { cites: 'RFC 9112 §2.1' }),
    row('coming', 'end', 'complete', { cites: 'RFC 9112 §6.3' }),
    // Whose it was is over.
    row('coming', 'forget', 'none', { cites: 'OWN-7' }),
    row('complete', 'forget', 'none', { cites: 'OWN-7' }),
  ],
});
