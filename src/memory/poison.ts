/**
 * Poison: what bytes look like that nobody owns, and the search for the first that does not look so. And the
 * fingerprint of bytes that must stay as they are. Both go over whole slabs at every exchange of a checked run, so
 * they read words, not bytes. This file does not know who owns what.
 */

const prime = 0x01000193;
/** Below this a view of words costs more than it saves. */
const leastWordBytes = 64;

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
    if (this.value >= 0) {
      bytes.fill(this.value, start, end);
      return;
    }
    for (let i = start; i < end; i++) bytes[i] = this.at(i);
  }

  /** The first offset in `[start, end)` that is not poison, or -1. */
  firstOther(bytes: Uint8Array, start: number, end: number): number {
    let i = start;
    if (this.value >= 0 && end - start >= leastWordBytes) {
      while (((bytes.byteOffset + i) & 3) !== 0) {
        if (bytes[i] !== this.value) return i;
        i += 1;
      }
      i += 4 * cleanWords(new Int32Array(bytes.buffer, bytes.byteOffset + i, (end - i) >> 2), this.word);
    }
    for (; i < end; i++) if (bytes[i] !== (this.at(i) & 0xff)) return i;
    return -1;
  }
}

/** How many words from the start are all `word`, in whole groups of eight. */
function cleanWords(words: Int32Array, word: number): number {
  let i = 0;
  for (const last = words.length - 7; i < last; i += 8) {
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
  let i = start;
  if (end - start >= leastWordBytes) {
    for (; ((bytes.byteOffset + i) & 3) !== 0; i++) hash = Math.imul(hash ^ (bytes[i] as number), prime);
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + i, (end - i) >> 2);
    const pairs = words.length & ~1;
    // Two chains at a time: each multiplication waits for the one before it in its own chain only.
    let other = hash;
    for (let w = 0; w < pairs; w += 2) {
      hash = Math.imul(hash ^ (words[w] as number), prime);
      other = Math.imul(other ^ (words[w + 1] as number), prime);
    }
    hash = Math.imul(hash, prime) ^ other;
    i += pairs * 4;
  }
  for (; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), prime);
  return hash;
}
