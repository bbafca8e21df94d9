/**
 * What the runs of a property came to: a label for each situation, counted. A property that never met what it claims
 * to check has shown nothing, however often it ran; a floor says what must have been met. This file does not know
 * which labels there are.
 */
import { PropertyFailure } from './properties/require.js';

/** Labels and how often each was met, over all runs of a property. Give one to a property to see what it met. */
export class Reached {
  private readonly counts: Map<string, number>;

  constructor() {
    this.counts = new Map();
  }

  /** Counts `label` if `holds`. */
  mark(label: string, holds = true): void {
    if (holds) this.counts.set(label, (this.counts.get(label) ?? 0) + 1);
  }

  /** Those of `floor` that were never met. */
  missing(floor: readonly string[]): string[] {
    return floor.filter((label) => !this.counts.has(label));
  }

  /** @throws PropertyFailure of `rule` when something of `floor` was never met */
  require(rule: string, floor: readonly string[]): void {
    const missing = this.missing(floor);
    if (missing.length === 0) return;
    throw new PropertyFailure(rule, `never met, so nothing is shown of it: ${missing.join(', ')}`);
  }

  /** Labels and counts, by label. */
  toJSON(): Record<string, number> {
    return Object.fromEntries([...this.counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
