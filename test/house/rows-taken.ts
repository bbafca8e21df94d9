// Where the counts of rows taken in this worker are asked for, and the acts done after them. Test files share a worker and
// its modules: this one holds nothing but the question, so that asking loads nothing.
import type { RowCounts } from '../../src/machine/index.js';

declare module 'vitest' {
  interface TaskMeta {
    /** How often each row was taken in this file's worker, by this file and by those before it. */
    rows?: RowCounts;
    /** Which acts were done after each row: a bit for each, by its place in the row. */
    acts?: RowCounts;
  }
}

export interface Taken {
  readonly rows: RowCounts;
  readonly acts: RowCounts;
}

let counter: (() => Taken) | undefined;

/** Names who counts. */
export function countRowsWith(counts: () => Taken): void {
  counter = counts;
}

/** What was counted, if anybody counts. */
export function rowsTaken(): Taken | undefined {
  return counter?.();
}
