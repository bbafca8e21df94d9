// Row coverage for tests (LAY-3: every row of every table is taken by some test). Give `rowRecorder()` as the
// observer to whatever takes one; what it saw is added to the run's, and a full run fails if a row of a table in
// `src/lab/tables.ts` was never taken. Runs of some tests only print what they took.
import { tables } from '../../src/lab/tables.js';
import { type MachineObserver, RowCoverage } from '../../src/machine/index.js';
import { ActCoverage } from '../house/act-coverage.js';
import { countRowsWith } from '../house/rows-taken.js';

const coverage = new RowCoverage(tables);
const acts = new ActCoverage(tables);
const recorder: MachineObserver = {
  took: (machine, row) => coverage.took(machine, row),
  did: (row, act) => acts.did(row, act),
};

countRowsWith(() => ({ rows: coverage.counts(), acts: acts.done() }));

/** The observer that counts rows for the whole run. */
export function rowRecorder(): MachineObserver {
  return recorder;
}
