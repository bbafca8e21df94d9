// Where the counts of rows taken in this worker are asked for. Test files share a worker and its modules: this one holds
// nothing but the question, so that asking loads nothing.
import type { RowCounts } from '../../src/machine/index.js';

declare module 'vitest' {
  interface TaskMeta {
    /** How often each row was taken in this file's worker, by this file and by those before it. */
    rows?: RowCounts;
  }
}

let counter: (() => RowCounts) | undefined;

/** Names who counts. */
export function countRowsWith(counts: () => RowCounts): void {
  counter = counts;
}

/** What was counted, if anybody counts. */
export function rowsTaken(): RowCounts | undefined {
  return counter?.();
}
