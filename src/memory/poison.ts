/**
 * Poison: what bytes look like that nobody owns, and the search for the first that does not look so. And the
 * fingerprint of bytes that must stay as they are. Both go over whole slabs at every exchange of a checked run, so
 * they read words, not bytes. This file does not know who owns what.
 */

const prime = 0x01000193;
/** Below this a view of words costs more than it saves. */
const leastWordBytes = 256;
/** Below this a loop is faster than a call. */
const leastFillBytes = 32;

/** One value for all bytes, or one for each offset in its store. */
export type PoisonValue = number | ((offset: number) => number);

export class Poison {
  /** The one value; -1 when it differs by offset. */
  private readonly value: number;
  private readonly word: number;
  private readonly at: (offset: number) => number;

  constructor(value: PoisonValue) {
    this.value = typeof value === 'number' ? value & 0xff : -1;
    this.word = Math.imul(this.value, 0x01010101);
    this.at = typeof value === 'number' ? () => value : value;
  }

  fill(bytes: Uint8Array, start: number, end: number): void {
    const { value } = this;
    if (value < 0) {
      for (let i = start; i < end; i++) bytes[i] = this.at(i);
      return;
    }
    // Stryker disable next-line ConditionalExpression,EqualityOperator,ArithmeticOperator: both ways fill the same.
    if (end - start > leastFillBytes) bytes.fill(value, start, end);
    else for (let i = start; i < end; i++) bytes[i] = value;
  }

  /**
   * The first offset in `[start, end)` that is not poison, or -1. `words` are the same bytes, from the first on, as far as
   * they are whole words.
   */
  firstOther(bytes: Uint8Array, words: Int32Array, start: number, end: number): number {
    const { value } = this;
    let i = start;
    if (value >= 0) {
      for (const whole = Math.min((start + 3) & ~3, end); i < whole; i++) if (bytes[i] !== value) return i;
      i = Math.max(i, 4 * cleanTo(words, i >> 2, Math.min(end >> 2, words.length), this.word));
    }
    for (; i < end; i++) if (bytes[i] !== (this.at(i) & 0xff)) return i;
    return -1;
  }
}

/** The first place in whole groups of eight, from `from` on, where not all are `word`; or where no whole group is left. */
function cleanTo(words: Int32Array, from: number, to: number, word: number): number {
  let i = from;
  for (const last = to - 7; i < last; i += 8) {
    const differs =
      ((words[i] as number) ^ word) |
      ((words[i + 1] as number) ^ word) |
      ((words[i + 2] as number) ^ word) |
      ((words[i + 3] as number) ^ word) |
      ((words[i + 4] as number) ^ word) |
      ((words[i + 5] as number) ^ word) |
      ((words[i + 6] as number) ^ word) |
      ((words[i + 7] as number) ^ word);
    if (differs !== 0) return i;
  }
  return i;
}

/**
 * A hash of `bytes[start..end)`, in the manner of FNV-1a: enough to see that somebody wrote. A change within one
 * word always changes it.
 */
export function fingerprint(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5 | 0;
  // Two chains at a time: each multiplication waits for the one before it in its own chain only.
  let other = hash;
  let i = start;
  // Stryker disable next-line all: whether words are read or bytes makes another hash, and as good a one.
  if (end - start >= leastWordBytes) {
    for (; ((bytes.byteOffset + i) & 3) !== 0; i++) hash = Math.imul(hash ^ (bytes[i] as number), prime);
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + i, (end - i) >> 2);
    const pairs = words.length & ~1;
    for (let w = 0; w < pairs; w += 2) {
      hash = Math.imul(hash ^ (words[w] as number), prime);
      other = Math.imul(other ^ (words[w + 1] as number), prime);
    }
    i += pairs * 4;
  } else {
    for (const last = end - 7; i < last; i += 8) {
      hash = Math.imul(hash ^ wordAt(bytes, i), prime);
      other = Math.imul(other ^ wordAt(bytes, i + 4), prime);
    }
  }
  hash = Math.imul(hash, prime) ^ other;
  for (; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), prime);
  return hash;
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}
