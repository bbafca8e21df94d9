/**
 * What both ends of an H1 connection have in common: the endpoint around them, the leases of the message that is read, what
 * holds of those at rest, and when all is over. This file does not know which end it is.
 */
import { endpointInvariants, endpointParts, endpointRules, type Tables } from './endpoint.js';
import type { Composition, Part, Rule } from './language.js';
import { bodyNeverTaken, bodyRules, headRules, unusedRules } from './lease-rules.js';
import { leaseTable } from './lease-table.js';

/** What an end adds. */
export interface H1End {
  readonly name: string;
  /** The session and its exchanges. */
  readonly parts: readonly Part[];
  readonly rules: readonly Rule[];
  /** A condition: the session reads a message. */
  readonly reading: string;
  /** A condition: no exchange is left. */
  readonly idle: string;
  readonly invariants: Composition['invariants'];
}

export function h1Composition(
  { name, parts, rules, reading, idle, invariants }: H1End,
  tables: Tables,
): Composition {
  return {
    name,
    parts: [
      ...endpointParts(tables),
      ...parts,
      { name: 'head', table: leaseTable, owner: ['session'], settles: 'with-row' },
      { name: 'trailers', table: leaseTable, owner: ['session'], settles: 'with-row' },
      { name: 'unused', table: leaseTable, owner: ['session'] },
      { name: 'body', table: leaseTable, copies: 'leases' },
    ],
    rules: [
      ...endpointRules({
        first: 'session',
        gone: [{ due: ['session transport-gone?', 'unused release?'] }],
        hasHandoff: false,
        hasTunnel: true,
      }),
      ...rules,
      ...headRules(),
      ...bodyRules(),
      ...unusedRules(),
    ],
    invariants: [
      ...endpointInvariants,
      { rule: 'OWN-7', atRest: true, when: ['head in held'], holds: [reading] },
      { rule: 'OWN-7', atRest: true, when: ['trailers in held'], holds: [reading] },
      { rule: 'OWN-7', atRest: true, when: ['some body in held'], holds: [reading] },
      // A head is read for as long as its message is.
      { rule: 'OWN-5', atRest: true, when: [reading], holds: ['head in held'] },
      ...invariants,
    ],
    over: [
      'connection in closed',
      'session in closed|failed|handed-off|absent',
      idle,
      'head in none',
      'trailers in none',
      'unused in none',
      'every output in none',
      'every body in none|retained',
    ],
    waits: ['connection in idle', 'connection in tunnelling'],
    leavesOut: [],
    neverTaken: [bodyNeverTaken],
  };
}
