// What a row of the bench is, and what comes of it. This file does not know how anything is measured.
import type { Budget, Samples, Way } from './measure.js';

/** The unit says which way is better: of work a second more, of processor time less. */
export type Unit = 'per second' | 'ms CPU per 1000';

interface RowBase {
  /** What is done; names of rows on the command line are substrings of it. */
  readonly work: string;
  /** What ours / first peer should be: at least, for a rate; at most, for processor time. Null where nothing was set. */
  readonly target: number | null;
}

/** Ways to do the same work in one process each. */
export interface RateRow extends RowBase {
  readonly unit: 'per second';
  /** Ours first, then the peers. The first peer is the one that the target speaks of. */
  readonly ways: readonly Way[];
  /** Processor time after which all that takes part is compiled, where that is more than the budget has. */
  readonly warmUpMs?: number;
}

/** What is not done in slices, and measures itself: servers under load, runs that differ. */
export interface OwnRow extends RowBase {
  readonly unit: Unit;
  measure(budget: Budget): Promise<readonly Samples[]>;
}

export type Row = RateRow | OwnRow;
