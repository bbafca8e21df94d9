/**
 * A transport that is put on another in the middle of a connection: PROXY, then TLS, then H2, at either end. From the swap on
 * the connection has the upper one, and what the first session did not use goes into that, by name (LAY-6); a client's header
 * is in flight then, below the upper one, and is written or fails with the lower pipe, before the connection hears of
 * that (CON-2). The upper one reports its end when the lower one is gone: an alert must still go out. This file does not
 * know that it is TLS.
 */
import { defineTable, row } from '../../src/machine/index.js';

import { transportTable } from '../../src/transport/table.js';
import type { First } from './behind.js';
import { connectionRules, type Gone, noHandoff, noTunnel, pipeRules, type Tables } from './endpoint.js';
import { h2Client, h2Server } from './h2.js';
import type { Composition, NeverTaken, Part, Rule } from './language.js';
import { unusedIsCopied } from './lease-rules.js';
import { leaseTable } from './lease-table.js';
import { receiver, sender } from './proxy.js';

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

const goneAfter: readonly Gone[] = [
  { when: ['session in absent', swapped], due: released },
  { when: ['session not in absent', swapped], due: ['session transport-gone?', ...released] },
];

/** What differs between the ends. */
interface SwapEnd {
  readonly first: First;
  readonly second: Composition;
  /** When it hands off, and what it has in flight by then. */
  readonly rules: readonly Rule[];
  readonly parts: readonly Part[];
  /** What becomes of the first session when its pipe is gone before the swap. */
  readonly goneBefore: readonly Gone[];
  /** What the second one does as it begins. */
  readonly resumes: readonly string[];
  /** What the first one wrote is given to the lower pipe with the swap. */
  readonly writes: readonly string[];
  /** What fails with the lower pipe. */
  readonly lost: readonly string[];
  readonly never: readonly NeverTaken[];
}

const swaps = ['input hand-over?', 'connection swap'];

/** All in one turn: what is unused is handed over, then the pipes change places. */
const receiverRules: readonly Rule[] = [
  {
    on: 'proxy complete',
    by: 'peer',
    when: ['connection in running', 'proxy in header', 'start in touched'],
    due: swaps,
  },
];

const senderRules: readonly Rule[] = [
  { on: 'proxy start', by: 'due', when: ['memory in enough'], due: swaps },
  { on: 'proxy start', by: 'due', when: ['memory in exhausted'] },
  { on: 'header take', by: 'due', due: ['header freeze'] },
  { on: 'header freeze', by: 'due' },
  {
    on: 'header written',
    by: 'peer',
    when: ['header in frozen', lowerThere, 'connection not in aborting|closed'],
    cites: 'CON-2',
    due: ['header release'],
  },
  { on: 'header failed', by: 'due', due: ['header release'] },
  { on: 'header release', by: 'due' },
  { on: 'header split|transfer|retain', by: 'nobody', why: 'it is output' },
];

const swapRules = (writes: readonly string[], resumes: readonly string[]): readonly Rule[] => [
  { on: 'input hand-over', by: 'due', due: ['unused take'] },
  { on: 'unused take', by: 'due' },
  {
    on: 'connection swap',
    by: 'due',
    when: ['every output in none', 'input in empty', 'proxy in handed-off'],
    due: ['transport open?', ...writes],
  },
  { on: 'transport open', by: 'due' },
  { on: 'connection opened', by: 'due', when: [before], due: ['proxy begin', 'proxy start'] },
  { on: 'connection opened', by: 'due', when: [swapped], due: ['session begin', ...resumes] },
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
const upperRules = (gone: readonly Gone[]): readonly Rule[] => [
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
const lowerRules = (flown: readonly string[], lost: readonly string[]): readonly Rule[] => [
  { on: 'lower endReceived', by: 'peer', when: [upperThere, 'lower in open|halfClosedLocal'] },
  // The last words of the upper one are out, behind all that was in flight before: it ended, or it broke.
  { on: 'lower endSent', by: 'pipe', when: [upperThere, 'lower in open|halfClosedRemote', ...flown] },
  {
    on: 'lower abort',
    by: 'clock',
    when: [upperThere, 'lower in halfClosedLocal'],
    cites: 'LAY-4',
    due: lost,
  },
  { on: 'lower fail', by: 'fault', when: [upperThere, lowerThere], due: lost },
  { on: 'lower abort', by: 'due', due: lost },
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

function swap({
  first,
  second,
  rules,
  parts,
  goneBefore,
  resumes,
  writes,
  lost,
  never,
  tables,
}: SwapEnd & { tables: Tables }): Composition {
  const gone = [...goneBefore, ...goneAfter];
  const own = (of: readonly Rule[]): readonly Rule[] =>
    of.filter(({ on }) => !/^(transport|connection|output|unused) /.test(on) && !isReplaced(on, rules));
  return {
    ...second,
    name: `proxy+swap+${second.name}`,
    parts: [
      ...second.parts,
      { name: 'lower', table: tables['transport'] ?? transportTable },
      { name: 'input', table: inputTable, unseen: true },
      { name: 'unused', table: leaseTable, owner: ['proxy'] },
      { name: 'proxy', table: first.table, comes: true },
      ...first.parts,
      ...parts,
    ],
    rules: [
      ...pipeRules('lower', goneBefore, [before]),
      ...connectionRules('lower', gone, [swapped]),
      noHandoff,
      noTunnel,
      ...swapRules(writes, resumes),
      ...upperRules(gone),
      ...lowerRules(
        parts.map(({ name }) => `${name} in none`),
        lost,
      ),
      { on: 'proxy begin|fail', by: 'due' },
      {
        on: 'connection finish',
        by: 'itself',
        when: ['connection in running', 'proxy in closed', 'no output in held'],
      },
      ...rules,
      ...own(first.rules),
      ...own(second.rules),
    ],
    invariants: [
      { rule: 'OWN-7', atRest: true, when: ['connection in closed'], holds: [lowerGone] },
      { rule: 'OWN-7', atRest: true, when: ['transport in closed|failed'], holds: [lowerGone] },
      { rule: 'OWN-4', when: ['some output in frozen'], holds: ['lower not in idle|connecting'] },
      { rule: 'CON-2', when: ['connection in lingering'], holds: ['every output in none'] },
      // The buffer of the chain is empty from the swap on: nobody reads past the upper transport.
      { rule: 'LAY-6', when: [swapped], holds: ['input in empty'] },
      // What goes with the lower pipe has gone with it.
      ...parts.map(({ name }) => ({
        rule: 'CON-2',
        atRest: true as const,
        when: [lowerGone],
        holds: [`${name} in none`],
      })),
      ...second.invariants.filter(
        ({ when, holds }) => !/^(connection|transport|some output)/.test(when[0] ?? holds[0] ?? ''),
      ),
      ...(first.invariants ?? []),
    ],
    over: [
      ...second.over,
      'unused in none',
      'proxy in handed-off|closed|absent',
      ...parts.map(({ name }) => `${name} in none`),
    ],
    leavesOut: second.leavesOut,
    guards: { ...second.guards, ...first.guards },
    neverTaken: [...(second.neverTaken ?? []), ...(first.neverTaken ?? []), ...neverTaken, ...never],
  };
}

/** The end's own rules say everything of what they speak of. */
function isReplaced(on: string, by: readonly Rule[]): boolean {
  return by.some((rule) => rule.on === on);
}

export function proxySwapH2Server(tables: Tables = {}): Composition {
  return swap({
    tables,
    first: receiver(tables, 'lower'),
    second: h2Server(tables),
    rules: receiverRules,
    parts: [],
    goneBefore: [
      { when: ['proxy in header', before], due: ['proxy fail', ...released] },
      { when: ['proxy not in header', before], due: released },
    ],
    resumes: [],
    writes: [],
    lost: [],
    never: [],
  });
}

export function proxySwapH2Client(tables: Tables = {}): Composition {
  return swap({
    tables,
    first: sender(tables),
    second: h2Client(tables),
    rules: senderRules,
    parts: [{ name: 'header', unit: 'output', table: leaseTable, owner: ['connection'] }],
    goneBefore: [{ when: [before], due: released }],
    resumes: ['session preface'],
    writes: ['header take'],
    lost: ['header failed?'],
    never: [
      {
        rows: [
          'input: filled --hand-over--> empty',
          'unused: none --take--> held',
          'unused: held --release--> none',
        ],
        why: 'it hands off in the turn in which it begins: nothing has come by then',
      },
      {
        rows: ['header: held --release--> none'],
        why: 'it is with the pipe in the turn in which it is built',
      },
    ],
  });
}
