/**
 * Choices from a seed: the same seed and labels give the same choices on every platform. This file does not know
 * what is chosen.
 */

/** A stream of choices. Not for secrets. */
export class Random {
  private state: number;

  /** `seed` is a non-negative integer; `labels` tell streams of one seed apart. */
  constructor(seed: number, ...labels: readonly (string | number)[]) {
    // FNV-1a over the decimal seed and the labels.
    let hash = 0x811c9dc5;
    for (const char of [seed, ...labels].join('\0')) {
      hash = Math.imul(hash ^ (char.codePointAt(0) as number), 0x01000193);
    }
    this.state = hash >>> 0;
  }

  /** An integer from 0 to 2^32 - 1 (mulberry32). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** From 0, below 1. */
  fraction(): number {
    return this.next() / 2 ** 32;
  }

  /** An integer from `least` to `most`, each as likely. */
  between(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  /** An integer from `least` (0 or more) to `most`, each order of magnitude as likely: sizes, small ones mostly. */
  size(least: number, most: number): number {
    const low = Math.log(least + 1);
    const high = Math.log(most + 2);
    const size = Math.floor(Math.exp(low + this.fraction() * (high - low))) - 1;
    return Math.min(Math.max(size, least), most);
  }

  /** An index into `weights`, which are not negative and not all 0. */
  weighted(weights: readonly number[]): number {
    let left = this.fraction() * weights.reduce((sum, weight) => sum + weight, 0);
    let last = 0;
    for (const [index, weight] of weights.entries()) {
      if (weight <= 0) continue;
      last = index;
      left -= weight;
      if (left < 0) break;
    }
    return last;
  }
}
