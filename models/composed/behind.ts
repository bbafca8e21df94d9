/**
 * Two sessions on one pipe: the first reads or writes what comes before everything else, and the second goes on with every
 * byte that it did not use (CON-3). The composition is that of the second with the first before it. This file does not know
 * what either speaks.
 */
import { endpointRules } from './endpoint.js';
import type { Composition, Invariant, Part, Rule } from './language.js';
import { unusedIsCopied } from './lease-rules.js';
import { leaseTable } from './lease-table.js';

/** The session before. */
export interface First {
  readonly name: string;
  readonly table: Part['table'];
  /** What it holds, and what its guards speak of. */
  readonly parts: readonly Part[];
  readonly rules: readonly Rule[];
  /** What it does as it begins. */
  readonly begins: readonly string[];
  /** What it takes when the pipe is gone before the next session came, and in which states. */
  readonly fails: { readonly event: string; readonly from: string };
  readonly invariants?: readonly Invariant[];
  readonly guards?: Composition['guards'];
  readonly neverTaken?: Composition['neverTaken'];
}

const endings: ReadonlySet<string> = new Set(['handed-off', 'closed', 'failed']);
const running = 'connection in running';

/** @param resumes what the second session does as it begins */
export function behind(first: First, second: Composition, resumes: readonly string[] = []): Composition {
  const { name, table } = first;
  const handedOff = `${name} in handed-off`;
  const ended = `${name} in ${table.states.filter((state) => endings.has(state)).join('|')}`;
  const ownRules = second.rules.filter(({ on }) => !/^(transport|connection|output) /.test(on));
  const ownUnused = second.parts.some((part) => part.name === 'unused');
  return {
    ...second,
    name: `${name}+${second.name}`,
    parts: [
      ...second.parts.filter((part) => part.name !== 'unused'),
      { name: 'unused', table: leaseTable, owner: ownUnused ? [name, 'session'] : [name] },
      { name, table, comes: true },
      ...first.parts,
    ],
    rules: [
      ...endpointRules({
        first: name,
        begins: first.begins,
        gone: [
          {
            when: [`${name} in ${first.fails.from}`, 'session in absent'],
            due: [`${name} ${first.fails.event}`, 'unused release?'],
          },
          { when: [`${name} not in ${first.fails.from}`, 'session in absent'], due: ['unused release?'] },
          { when: ['session not in absent'], due: ['session transport-gone?', 'unused release?'] },
        ],
        hasHandoff: true,
        hasTunnel: ownUnused,
      }),
      { on: `${name} begin`, by: 'due' },
      { on: `${name} ${first.fails.event}`, by: 'due' },
      // What the verdict says is followed in the same turn.
      {
        on: 'connection handoff',
        by: 'itself',
        when: [running, handedOff, 'session in absent'],
        due: ['session begin', ...resumes],
      },
      { on: 'connection finish', by: 'itself', when: [running, `${name} in closed`, 'no output in held'] },
      {
        on: 'unused release',
        by: 'turn',
        when: [running, `session not in absent${ownUnused ? '|handed-off' : ''}`, 'unused in held'],
      },
      ...(ownUnused ? [] : [{ on: 'unused release', by: 'due' } as const, unusedIsCopied]),
      ...first.rules,
      ...ownRules,
    ],
    invariants: [
      ...second.invariants,
      // Nothing is passed on before it is done.
      { rule: 'CON-3', when: ['unused in held'], holds: [ended] },
      ...(first.invariants ?? []),
    ],
    over: [...second.over.filter((text) => text !== 'unused in none'), 'unused in none', `${ended}|absent`],
    leavesOut: second.leavesOut,
    guards: { ...second.guards, ...first.guards },
    neverTaken: [...(second.neverTaken ?? []), ...(first.neverTaken ?? [])],
  };
}
