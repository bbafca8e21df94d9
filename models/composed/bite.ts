/**
 * Whether a search finds what it says: each row that it takes is left out of its table, one at a time, and something must
 * be found then. This file does not know what any row is for.
 */
import { type Row, rowName } from '../../src/machine/index.js';
import { coverage } from './coverage.js';
import type { Entry } from './index.js';
import type { Part, PartTable } from './language.js';
import { leaseTable } from './lease-table.js';
import { search } from './search.js';
import { ComposedSystem } from './system.js';

export interface Bite {
  readonly row: string;
  /** What found that it was missing: a rule, or `coverage`; undefined if nothing did. */
  readonly by: string | undefined;
}

/** Every row that a table of a layer has and the search takes, left out. */
export function* bites(entry: Entry): Iterable<Bite> {
  const { compose, small } = entry;
  const { parts, ...composition } = compose();
  const { shown } = search(new ComposedSystem({ ...composition, parts }, small));
  const seen = new Set<string>();
  for (const { name, table, unseen } of parts) {
    if (unseen === true || table === leaseTable) continue;
    for (const row of table.rows) {
      const text = `${table.name}: ${rowName(row)}`;
      // Parts of one table are changed together.
      if (seen.has(text) || !shown.has(`${name}: ${rowName(row)}`) || isSpare({ name, table }, row)) continue;
      seen.add(text);
      yield { row: text, by: foundBy(entry, { ...table, rows: table.rows.filter((it) => it !== row) }) };
    }
  }
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
