// Row coverage for tests (LAY-3: every row of every table is taken by some test). Give `rowRecorder()` as the
// observer to whatever takes one; what it saw in this test file is added to the run's, and a full run fails if
// a row of a table in `src/lab/tables.ts` was never taken. Runs of some tests only print what they took.
import { afterEach } from 'vitest';
import { tables } from '../../src/lab/tables.js';
import { type MachineObserver, type RowCounts, RowCoverage } from '../../src/machine/index.js';

declare module 'vitest' {
  interface TaskMeta {
    /** How often this test file took each row. */
    rows?: RowCounts;
  }
}

const coverage = new RowCoverage(tables);

// Registered when a test file imports this one: test files are isolated, so that is once a file.
afterEach(({ task }) => {
  task.file.meta.rows = coverage.counts();
});

/** The observer that counts rows for the whole run. */
export function rowRecorder(): MachineObserver {
  return coverage;
}
