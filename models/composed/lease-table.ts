/**
 * The life of one lease, as a table of the same form as those of the layers (OWN-1, OWN-2, OWN-4, OWN-5). Its events are
 * the verbs of the acts that rows name. That something is missing says as much as what is there: what is frozen cannot
 * be released, what ended cannot end again. This file does not know who owns what.
 *
 * What waits at a stream has a table of its own: a place stands for all of it, which comes in pieces and is moved together.
 */
import { defineTable, row } from '../../src/machine/index.js';

export const leaseTable = defineTable()({
  name: 'lease',
  title: 'A lease',
  states: ['none', 'held', 'frozen', 'landed', 'retained'],
  events: ['take', 'split', 'transfer', 'retain', 'freeze', 'written', 'failed', 'release'],
  initial: 'none',
  rows: [
    row('none', 'take', 'held', { cites: 'OWN-1' }),
    row('held', 'split', 'held', { cites: 'OWN-2' }),
    row('held', 'transfer', 'held', { cites: 'OWN-2' }),
    row('held', 'retain', 'retained', { cites: 'OWN-7' }),
    row('held', 'release', 'none', { cites: 'OWN-5' }),
    row('held', 'freeze', 'frozen', { cites: 'OWN-4' }),
    row('frozen', 'written', 'landed', { cites: 'OWN-4, CON-2' }),
    row('frozen', 'failed', 'landed', { cites: 'OWN-4, CON-2' }),
    row('landed', 'release', 'none', { cites: 'OWN-5' }),
    row('retained', 'split', 'retained', { cites: 'OWN-2' }),
    row('retained', 'transfer', 'held', { cites: 'OWN-2' }),
    row('retained', 'release', 'none', { cites: 'OWN-5' }),
  ],
});

export const queueTable = defineTable()({
  name: 'queue',
  title: 'Leases that wait',
  states: ['none', 'held'],
  events: ['take', 'arrive', 'split', 'transfer', 'release'],
  initial: 'none',
  rows: [
    row('none', 'take', 'held', { cites: 'OWN-1' }),
    row('none', 'arrive', 'held', { cites: 'OWN-2' }),
    // Moved to other memory: it is there twice for a moment.
    row('held', 'take', 'held', { cites: 'OWN-8' }),
    row('held', 'split', 'held', { cites: 'OWN-2' }),
    row('held', 'transfer', 'none', { cites: 'OWN-2' }),
    row('held', 'release', 'none', { cites: 'OWN-5' }),
  ],
});
