// What a row of the bench is, and what comes of it. This file does not know how anything is measured.
import type { Budget, Samples } from './measure.js';

/** The unit says which way is better: of work a second more, of processor time less. */
export type Unit = 'per second' | 'ms CPU per 1000';

/** A row: our way and the peers' ways to do the same work. The first peer is the one that the target speaks of. */
export interface Row {
  /** What is done; names of rows on the command line are substrings of it. */
  readonly work: string;
  readonly unit: Unit;
  /** What ours / first peer should be: at least, for a rate; at most, for processor time. Null where nothing was set. */
  readonly target: number | null;
  /** True where the contestants have processes of their own anyway: it is measured in one go. */
  readonly once?: boolean;
  /** Ours first, then the peers. */
  measure(budget: Budget): Promise<readonly Samples[]>;
}

/** Rows that share a process, because they share what they start. */
export type RowGroup = readonly Row[];
