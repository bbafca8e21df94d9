/**
 * Which rows a search took, against what a composition says of it. A row that is never taken though somebody makes its
 * event happen has a reason, or the composition excludes what it must not; a row that is taken against what is said was
 * added, or is in reach since. This file does not know what any row is for.
 */
import { type Row, rowName } from '../../src/machine/index.js';
import { arrive, type Bounds, type Composition, type Part, type PartTable } from './language.js';

export interface Coverage {
  /** Rows that are never taken, without a reason. */
  readonly missing: readonly string[];
  /** Rows that are taken, and should not be. */
  readonly unexpected: readonly string[];
}

/**
 * @param shown the rows that were taken, as a search of the composition shows them
 * @param outOfBounds rows for which the bounds leave no place
 */
export function coverage(
  composition: Composition,
  bounds: Bounds,
  shown: ReadonlySet<string>,
  outOfBounds: readonly string[] = [],
): Coverage {
  const parts = composition.parts.filter((part) => isThere(part, bounds));
  const never = composition.neverTaken?.flatMap(({ rows }) => rows) ?? [];
  const expected = new Set(
    [...never, ...outOfBounds].filter((row) => parts.some(({ name }) => row.startsWith(`${name}:`))),
  );
  const nobody = eventsOfNobody(composition);
  // What arrives is there with the step that makes it arrive.
  const explained = ({ table, name }: Part, { transition }: Row): boolean =>
    transition.event === arrive ||
    nobody.has(`${name} ${transition.event}`) ||
    !isReached(table, transition.fromState, (event) => nobody.has(`${name} ${event}`));
  const missing: string[] = [];
  const unexpected: string[] = [];
  for (const part of parts) {
    for (const row of part.table.rows) {
      const name = `${part.name}: ${rowName(row)}`;
      const isExpected = expected.delete(name) || explained(part, row);
      if (shown.has(name) === isExpected) (isExpected ? unexpected : missing).push(name);
    }
  }
  // What is said of rows that do not exist is out of date.
  return { missing, unexpected: [...unexpected, ...expected] };
}

/** Whether a state is in reach at all without the events that nobody makes happen. */
function isReached(table: PartTable, state: string, isLeftOut: (event: string) => boolean): boolean {
  const reached = new Set([table.states[table.initial] as string]);
  for (const from of reached) {
    for (const { transition } of table.rows) {
      if (transition.fromState === from && !isLeftOut(transition.event)) reached.add(transition.toState);
    }
  }
  return reached.has(state);
}

function isThere({ copies, each }: Part, bounds: Bounds): boolean {
  return (copies === undefined || bounds[copies] > 0) && (each === undefined || bounds.exchanges > 0);
}

function eventsOfNobody({ rules }: Composition): ReadonlySet<string> {
  return new Set(
    rules
      .filter(({ by }) => by === 'nobody')
      .flatMap(({ on }) => {
        const [part, events = ''] = on.split(' ');
        return events.split('|').map((event) => `${part} ${event}`);
      }),
  );
}
