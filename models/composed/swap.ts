/**
 * A transport that is put on another in the middle of a connection: PROXY, then TLS, then H2, on a server. From the swap on
 * the connection has the upper one, and what the first session did not use goes into that, by name (LAY-6). The upper one
 * reports its end when the lower one is gone: an alert must still go out. This file does not know that it is TLS.
 */

import { defineTable, row } from '../../src/machine/index.js';
import { transportTable } from '../../src/transport/table.js';
import { connectionRules, type Gone, noHandoff, noTunnel, pipeRules, type Tables } from './endpoint.js';
import { h2Server } from './h2.js';
import type { Composition, NeverTaken, Rule } from './language.js';
import { unusedIsCopied } from './lease-rules.js';
import { leaseTable } from './lease-table.js';
import { receiver } from './proxy.js';

/** What the session chain has received and not read. */
const inputTable = defineTable()({
  name: 'input',
  title: 'A receive buffer',
  states: ['empty', 'filled'],
  events: ['fill', 'hand-over'],
  initial: 'empty',
  rows: [
    row('empty', 'fill', 'filled', { cites: 'CON-1' }),
    row('filled', 'hand-over', 'empty', { cites: 'CON-3' }),
  ],
});

const before = 'transport in idle';
const swapped = 'transport not in idle';
const upperThere = 'transport not in idle|closed|failed';
const lowerGone = 'lower in closed|failed';
const lowerThere = 'lower not in closed|failed';
const closing = 'connection in finishing|lingering';
const ends = ['connection closed'];
const released = ['unused release?'];

const gone: readonly Gone[] = [
  { when: ['proxy in header', before], due: ['proxy fail', ...released] },
  { when: ['proxy not in header', before], due: released },
  { when: ['session in absent', swapped], due: released },
  { when: ['session not in absent', swapped], due: ['session transport-gone?', ...released] },
];

const swapRules: readonly Rule[] = [
  // All in one turn: what is unused is handed over, then the pipes change places.
  {
    on: 'proxy complete',
    by: 'peer',
    when: ['connection in running', 'proxy in header', 'start in touched'],
    due: ['input hand-over?', 'connection swap'],
  },
  { on: 'input hand-over', by: 'due', due: ['unused take'] },
  { on: 'unused take', by: 'due' },
  {
    on: 'connection swap',
    by: 'due',
    when: ['no output in held', 'input in empty', 'proxy in handed-off'],
    due: ['transport open?'],
  },
  { on: 'transport open', by: 'due' },
  { on: 'connection opened', by: 'due', when: [before], due: ['proxy begin', 'proxy start'] },
  { on: 'connection opened', by: 'due', when: [swapped], due: ['session begin'] },
  // Whoever reads for the chain fills its buffer.
  {
    on: 'input fill',
    by: 'peer',
    when: ['connection in running', 'session in absent', 'lower in open|halfClosedLocal', 'input in empty'],
  },
  // Delivered to the upper transport, before anything else that comes.
  { on: 'unused release', by: 'turn', when: [upperThere, 'unused in held'] },
  { on: 'unused release', by: 'due' },
  unusedIsCopied,
];

/** The upper pipe, which the connection has by now. */
const upperRules: readonly Rule[] = [
  {
    on: 'transport opened',
    by: 'peer',
    when: ['connection in opening', 'transport in connecting'],
    due: [['connection opened', 'connection abort']],
  },
  {
    on: 'transport endReceived',
    by: 'peer',
    when: ['connection in running|finishing|lingering', 'transport in open'],
  },
  { on: 'transport endSent', by: 'peer', when: [closing, 'every output in none', 'transport in open'] },
  // Both ends have passed: it is said when the lower pipe has followed.
  {
    on: 'transport endReceived',
    by: 'pipe',
    when: [closing, 'transport in halfClosedLocal', lowerGone],
    due: ends,
  },
  {
    on: 'transport endSent',
    by: 'pipe',
    when: [closing, 'every output in none', 'transport in halfClosedRemote', lowerGone],
    due: ends,
  },
  // Broken with the lower one.
  {
    on: 'transport fail',
    by: 'pipe',
    when: ['connection in opening|running|finishing|lingering', upperThere, lowerGone],
    due: ends,
  },
  // Torn down, and the lower one with it.
  {
    on: 'transport abort|fail',
    by: 'pipe',
    when: ['connection in aborting', upperThere],
    due: ['lower abort?', ...ends],
  },
  ...gone.map(
    ({ when = [], due }): Rule => ({
      on: 'connection closed',
      by: 'pipe',
      when: ['connection in opening|aborting', 'transport in closed|failed', ...when],
      due,
    }),
  ),
];

/** The lower pipe from then on: it is the upper one's. */
const lowerRules: readonly Rule[] = [
  { on: 'lower endReceived', by: 'peer', when: [upperThere, 'lower in open|halfClosedLocal'] },
  // The last words of the upper one are out: it ended, or it broke.
  { on: 'lower endSent', by: 'pipe', when: [upperThere, 'lower in open|halfClosedRemote'] },
  { on: 'lower abort', by: 'clock', when: [upperThere, 'lower in halfClosedLocal'], cites: 'LAY-4' },
  { on: 'lower fail', by: 'fault', when: [upperThere, lowerThere] },
  { on: 'lower abort', by: 'due' },
];

const neverTaken: readonly NeverTaken[] = [
  {
    rows: ['transport: idle --abort--> closed', 'transport: idle --fail--> failed'],
    why: 'it is opened in the turn in which it is put there',
  },
  {
    rows: ['proxy: handed-off --fail--> closed'],
    why: 'what it leaves is taken in the turn in which it hands off',
  },
];

export function proxySwapH2Server(tables: Tables = {}): Composition {
  const h2 = h2Server(tables);
  const proxy = receiver(tables, 'lower');
  const own = (rules: readonly Rule[]): readonly Rule[] =>
    rules.filter(({ on }) => !/^(transport|connection|output|unused) |^proxy complete/.test(on));
  return {
    ...h2,
    name: `proxy+swap+${h2.name}`,
    parts: [
      ...h2.parts,
      { name: 'lower', table: tables['transport'] ?? transportTable },
      { name: 'input', table: inputTable, unseen: true },
      { name: 'unused', table: leaseTable, owner: ['proxy', 'connection'] },
      { name: 'proxy', table: proxy.table, comes: true },
      ...proxy.parts,
    ],
    rules: [
      ...pipeRules('lower', gone.slice(0, 2), [before]),
      ...connectionRules('lower', gone),
      noHandoff,
      noTunnel,
      ...swapRules,
      ...upperRules,
      ...lowerRules,
      { on: 'proxy begin|fail', by: 'due' },
      {
        on: 'connection finish',
        by: 'itself',
        when: ['connection in running', 'proxy in closed', 'no output in held'],
      },
      ...own(proxy.rules),
      ...own(h2.rules),
    ],
    invariants: [
      { rule: 'OWN-7', atRest: true, when: ['connection in closed'], holds: [lowerGone] },
      { rule: 'OWN-7', atRest: true, when: ['transport in closed|failed'], holds: [lowerGone] },
      { rule: 'OWN-4', when: ['some output in frozen'], holds: ['lower not in idle|connecting'] },
      { rule: 'CON-2', when: ['connection in lingering'], holds: ['every output in none'] },
      // The buffer of the chain is empty from the swap on: nobody reads past the upper transport.
      { rule: 'LAY-6', when: [swapped], holds: ['input in empty'] },
      ...h2.invariants.filter(
        ({ when, holds }) => !/^(connection|transport|some output)/.test(when[0] ?? holds[0] ?? ''),
      ),
      ...(proxy.invariants ?? []),
    ],
    over: [...h2.over, 'unused in none', 'proxy in handed-off|closed|absent'],
    leavesOut: h2.leavesOut.filter((unit) => unit !== 'unused'),
    guards: { ...h2.guards, ...proxy.guards },
    neverTaken: [...(h2.neverTaken ?? []), ...(proxy.neverTaken ?? []), ...neverTaken],
  };
}
