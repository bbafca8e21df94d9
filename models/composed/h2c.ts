/**
 * H1 that goes on as H2 (RFC 7540 §3.2), what both ends have in common: two sessions with one request between them, and every
 * byte behind it. The composition is that of H2 with H1 before it. This file does not know which end it is.
 */
import { endpointRules, type Gone } from './endpoint.js';
import type { Composition, Invariant, NeverTaken, Part, Rule } from './language.js';
import { headRules, unusedIsCopied } from './lease-rules.js';
import { leaseTable } from './lease-table.js';

/** What an end adds. */
export interface H2cEnd {
  readonly name: string;
  /** The H1 session, by the name h1, and what it reads or asks. */
  readonly parts: readonly Part[];
  readonly rules: readonly Rule[];
  /** Events of H2 of which the end's rules say everything. */
  readonly replaces: readonly string[];
  /** Due when the pipe is gone, before the handoff and after it. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly invariants: readonly Invariant[];
  readonly over: readonly string[];
  readonly neverTaken: readonly NeverTaken[];
}

const running = 'connection in running';

const commonRules: readonly Rule[] = [
  { on: 'h1 begin', by: 'due' },
  ...headRules().filter(({ on }) => on.startsWith('head ')),
  {
    on: 'unused take',
    by: 'turn',
    when: [running, 'h1 in handed-off', 'session in absent', 'unused in none'],
    cites: 'CON-3',
  },
  { on: 'unused release', by: 'turn', when: [running, 'session not in absent', 'unused in held'] },
  { on: 'unused release', by: 'due' },
  unusedIsCopied,
];

export function h2c(end: H2cEnd, h2: Composition): Composition {
  const gone: readonly Gone[] = [
    { when: ['session in absent'], due: [...end.before, 'unused release?'] },
    { when: ['session not in absent'], due: ['session transport-gone?', ...end.after, 'unused release?'] },
  ];
  const isReplaced = ({ on }: Rule): boolean =>
    end.replaces.includes(on) || /^(transport|connection|output) /.test(on);
  return {
    ...h2,
    name: end.name,
    parts: [
      ...h2.parts,
      ...end.parts,
      { name: 'head', table: leaseTable, owner: ['h1'], settles: 'with-row' },
      { name: 'unused', table: leaseTable, owner: ['h1'] },
    ],
    rules: [
      ...endpointRules({ first: 'h1', gone, hasHandoff: true, hasTunnel: false }).filter(
        ({ on }) => on !== 'connection handoff',
      ),
      ...commonRules,
      ...end.rules,
      ...h2.rules.filter((rule) => !isReplaced(rule)),
    ],
    invariants: [
      ...h2.invariants,
      { rule: 'CON-3', when: ['session not in absent'], holds: ['h1 in handed-off'] },
      { rule: 'CON-3', when: ['unused in held'], holds: ['h1 in handed-off'] },
      ...end.invariants,
    ],
    over: [
      ...h2.over,
      'h1 in closed|failed|handed-off|absent',
      'head in none',
      'unused in none',
      ...end.over,
    ],
    leavesOut: ['trailers'],
    neverTaken: [...(h2.neverTaken ?? []), ...end.neverTaken],
  };
}
