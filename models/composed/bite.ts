/**
 * Whether a search finds what it says: each row that it takes is left out of its table, one at a time, and each act of
 * such a row, and something must be found then. This file does not know what any row is for.
 */
import { actText, type Row, rowName } from '../../src/machine/index.js';
import { coverage } from './coverage.js';
import type { Entry } from './index.js';
import { type Part, type PartTable, unitOf } from './language.js';
import { leaseTable, queueTable } from './lease-table.js';
import { search } from './search.js';
import { ComposedSystem } from './system.js';

export interface Bite {
  /** The row, and the act if only that was left out. */
  readonly left: string;
  /** What found that it was missing: a rule, or `coverage`; undefined if nothing did. */
  readonly by: string | undefined;
}

const takenBefore =
  'the search has output taken and frozen while the connection runs on, and not in the turn of such a row';
const failsElsewhere =
  'the search has output fail within a tunnel, or when the connection has closed, and not at such a row';

/** Acts that no composition misses, and why. */
export const actsNotMissed: ReadonlyMap<string, string> = new Map([
  ['connection: running --abort--> aborting: take output?', takenBefore],
  ['connection: running --closed--> closed: take output?', takenBefore],
  ['connection: aborting --closed--> closed: take output?', takenBefore],
  ['connection: running --handoff--> running: failed output?', failsElsewhere],
  ['connection: running --tunnel--> tunnelling: take output?', takenBefore],
  ['connection: running --tunnel--> tunnelling: freeze output?', takenBefore],
  ['connection: tunnelling --abort--> aborting: failed output?', failsElsewhere],
  ['connection: tunnelling --abort--> aborting: release output?', failsElsewhere],
]);

/** Every row that a table of a layer has and the search takes, left out. */
export function* bites(entry: Entry): Iterable<Bite> {
  for (const { part, row } of rowsTaken(entry)) {
    if (isSpare(part, row)) continue;
    yield { left: nameOf(part, row), by: foundBy(entry, withRow(part.table, row, undefined)) };
  }
}

/** Every act that such a row has, left out of it: of those that the bounds leave a place for. */
export function* biteActs(entry: Entry): Iterable<Bite> {
  const { compose, small } = entry;
  const { parts } = compose();
  for (const { part, row } of rowsTaken(entry)) {
    const owned = parts.filter(
      ({ owner, copies }) => owner?.includes(part.name) && (copies === undefined || small[copies] > 0),
    );
    const units = new Set(owned.map(unitOf));
    for (const act of row.acts) {
      // A borrow is over with the step in which it is lent.
      if (act.verb === 'lend' || !units.has(act.unit)) continue;
      const changed = { ...row, acts: row.acts.filter((it) => it !== act) };
      const left = `${nameOf(part, row)}: ${actText(act)}`;
      yield { left, by: foundBy(entry, withRow(part.table, row, changed)) };
    }
  }
}

interface Taken {
  readonly part: Part;
  readonly row: Row;
}

/** Parts of one table are changed together. */
function* rowsTaken({ compose, small }: Entry): Iterable<Taken> {
  const composition = compose();
  const { shown } = search(new ComposedSystem(composition, small));
  const seen = new Set<string>();
  for (const part of composition.parts) {
    const { name, table, unseen } = part;
    if (unseen === true || table === leaseTable || table === queueTable) continue;
    for (const row of table.rows) {
      if (seen.has(nameOf(part, row)) || !shown.has(`${name}: ${rowName(row)}`)) continue;
      seen.add(nameOf(part, row));
      yield { part, row };
    }
  }
}

function nameOf({ table }: Part, row: Row): string {
  return `${table.name}: ${rowName(row)}`;
}

function withRow(table: PartTable, row: Row, changed: Row | undefined): PartTable {
  return { ...table, rows: table.rows.flatMap((it) => (it === row ? (changed ?? []) : it)) };
}

/** Without it the next row of the event does the same. */
function isSpare({ table }: Part, { guard, transition: of }: Row): boolean {
  if (guard === null) return false;
  return table.rows.some(
    ({ guard: other, transition }) =>
      other === null &&
      transition.fromState === of.fromState &&
      transition.event === of.event &&
      transition.toState === of.toState,
  );
}

function foundBy({ compose, small, outOfBounds }: Entry, table: PartTable): string | undefined {
  const composition = compose({ [table.name]: table });
  const { finding, shown } = search(new ComposedSystem(composition, small));
  if (finding !== undefined) return finding.rule;
  const { missing, unexpected } = coverage(composition, small, shown, outOfBounds);
  return missing.length + unexpected.length > 0 ? 'coverage' : undefined;
}
