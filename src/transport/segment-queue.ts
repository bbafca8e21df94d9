/**
 * Segments that were accepted for writing and wait, in order: who writes them consumes from the front. It keeps
 * ranges, never bytes, and no object of the caller's: array and range objects are the caller's again after
 * `push`. This file does not know where the bytes go.
 */
import { MisuseError } from '../errors.js';
import { copyBytes } from '../memory/copy-bytes.js';
import type { ByteRange } from './contract.js';

const noBytes = new Uint8Array(0);

/** So many consumed segments may stay in front of those that wait. */
const mostConsumed = 1024;
/** The room of so many segments is kept when none waits. */
const mostKept = 64;

/**
 * Refuses ranges that do not lie within their bytes, before any of them is accepted. Returns the bytes in all.
 * @throws MisuseError `bad-range` (WS-1).
 */
export function lengthOf(segments: readonly ByteRange[]): number {
  let total = 0;
  for (let i = 0; i < segments.length; i++) {
    const { bytes, start, end } = segments[i] as ByteRange;
    if (!(start >= 0 && start <= end && end <= bytes.length)) {
      throw new MisuseError('bad-range', 'WS-1', `[${start}..${end}) is no range of ${bytes.length} bytes`);
    }
    total += end - start;
  }
  return total;
}

export class SegmentQueue {
  private readonly bytes: Uint8Array[] = [];
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];
  /** Index of the first segment that is not consumed. */
  private first = 0;
  /** Index behind the last one. What lies from here on is room: an array that shrinks must grow again. */
  private last = 0;
  /** Bytes that wait. */
  pending = 0;

  /** Appends ranges that `lengthOf` has seen; empty ones are left out. */
  push(segments: readonly ByteRange[]): void {
    for (let i = 0; i < segments.length; i++) {
      const { bytes, start, end } = segments[i] as ByteRange;
      if (start === end) continue;
      const at = this.last++;
      this.bytes[at] = bytes;
      this.starts[at] = start;
      this.ends[at] = end;
      this.pending += end - start;
    }
  }

  /** Copies from the front to `target[start..end)` as much as fits, and consumes it. Returns how much. */
  copyTo(target: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && this.pending > 0) {
      const bytes = this.bytes[this.first] as Uint8Array;
      const from = this.starts[this.first] as number;
      const count = Math.min((this.ends[this.first] as number) - from, end - at);
      copyBytes(bytes, from, from + count, target, at);
      at += count;
      this.consume(count);
    }
    return at - start;
  }

  /** Takes the first `count` bytes off, as ranges; `count` is at most `pending`. */
  take(count: number): ByteRange[] {
    const taken: ByteRange[] = [];
    for (let left = count; left > 0; ) {
      const bytes = this.bytes[this.first] as Uint8Array;
      const start = this.starts[this.first] as number;
      const end = Math.min(this.ends[this.first] as number, start + left);
      taken.push({ bytes, start, end });
      left -= end - start;
      this.consume(end - start);
    }
    return taken;
  }

  /** The ranges that wait, oldest first, as fresh objects. */
  ranges(): ByteRange[] {
    const ranges: ByteRange[] = [];
    for (let i = this.first; i < this.last; i++) {
      ranges.push({
        bytes: this.bytes[i] as Uint8Array,
        start: this.starts[i] as number,
        end: this.ends[i] as number,
      });
    }
    return ranges;
  }

  /** Takes `count` bytes off the front; `count` is at most `pending`. */
  consume(count: number): void {
    this.pending -= count;
    let left = count;
    while (left > 0) {
      const start = this.starts[this.first] as number;
      const length = (this.ends[this.first] as number) - start;
      if (left < length) {
        this.starts[this.first] = start + left;
        return;
      }
      left -= length;
      // The bytes are the writer's again: keep no reference.
      this.bytes[this.first++] = noBytes;
    }
    if (this.pending === 0) this.clear();
    else if (this.first >= mostConsumed) this.compact();
  }

  clear(): void {
    for (let i = this.first; i < this.last; i++) this.bytes[i] = noBytes;
    this.first = 0;
    this.last = 0;
    this.pending = 0;
    if (this.bytes.length > mostKept) this.shorten();
  }

  private compact(): void {
    this.bytes.splice(0, this.first);
    this.starts.splice(0, this.first);
    this.ends.splice(0, this.first);
    this.last -= this.first;
    this.first = 0;
  }

  private shorten(): void {
    this.bytes.length = 0;
    this.starts.length = 0;
    this.ends.length = 0;
  }
}
