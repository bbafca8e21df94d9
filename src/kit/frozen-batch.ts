/**
 * Segments that a pipe was given, with a copy of what they were: whoever changes them before they are written or
 * failed is found out (OWN-4), ledger or no ledger. This file does not know who wrote them.
 */
import { MisuseError } from '../errors.js';
import type { ByteRange } from '../transport/contract.js';

interface Frozen {
  readonly range: ByteRange;
  readonly copy: Uint8Array;
}

export class FrozenBatch {
  /** Bytes that are neither written nor failed. */
  bytes: number;
  private readonly segments: Frozen[];
  /** Bytes of the first segment that are written already. */
  private partial: number;

  constructor() {
    this.bytes = 0;
    this.segments = [];
    this.partial = 0;
  }

  /** Adds a batch, and gives a copy of all of it. */
  add(batch: readonly ByteRange[]): Uint8Array {
    const copies: Uint8Array[] = [];
    for (const range of batch) {
      const copy = range.bytes.slice(range.start, range.end);
      this.segments.push({ range, copy });
      this.bytes += copy.length;
      copies.push(copy);
    }
    return joined(copies);
  }

  /** The next `count` bytes are written. @throws MisuseError OWN-4 when a segment that ends here was changed */
  remove(count: number): void {
    this.bytes -= count;
    this.partial += count;
    for (let first = this.segments[0]; first !== undefined; first = this.segments[0]) {
      if (this.partial < first.copy.length) return;
      this.partial -= first.copy.length;
      this.segments.shift();
      requireUnchanged(first);
    }
  }

  /** None of the rest will be written. @throws MisuseError OWN-4 */
  clear(): void {
    for (const frozen of this.segments.splice(0)) requireUnchanged(frozen);
    this.bytes = 0;
    this.partial = 0;
  }
}

/** One array of all. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function requireUnchanged({ range, copy }: Frozen): void {
  for (let i = 0; i < copy.length; i++) {
    if (range.bytes[range.start + i] === copy[i]) continue;
    throw new MisuseError('written-to', 'OWN-4', `byte ${i} of a segment changed while the pipe had it`);
  }
}
