/**
 * Content of messages: bytes that follow from a seed, so that a receiver can check each one of them without keeping
 * any. A message's content is a stretch of one endless pattern that begins at a place of its own. This file does not
 * know who sends it.
 */
import { Buffer } from 'node:buffer';
import { Random } from '../kit/random.js';

/** Prime, so that no power of two shifts the pattern onto itself. */
const period = 131_071;

/** The pattern of one seed. It is made once and lent to transports, so nobody may write to it (OWN-1). */
export class Pattern {
  private readonly bytes: Uint8Array;

  constructor(seed: number) {
    const random = new Random(seed, 'content');
    this.bytes = new Uint8Array(period);
    const words = new Uint32Array(this.bytes.buffer, 0, period >> 2);
    for (let i = 0; i < words.length; i++) words[i] = random.next();
    for (let i = words.length * 4; i < period; i++) this.bytes[i] = random.next();
  }

  /** Up to `most` bytes at `position`; fewer where the pattern begins anew. Lent: not to be written. */
  at(position: number, most: number): Uint8Array {
    const start = position % period;
    return this.bytes.subarray(start, Math.min(start + most, period));
  }

  /** Index of the first byte of `bytes[start..end)` that is not the pattern's from `position` on, or -1. */
  firstWrong(position: number, bytes: Uint8Array, start: number, end: number): number {
    for (let done = start; done < end; ) {
      const expected = this.at(position + done - start, end - done);
      const given = bytes.subarray(done, done + expected.length);
      if (Buffer.compare(expected, given) !== 0) return done + firstDifference(expected, given);
      done += expected.length;
    }
    return -1;
  }
}

function firstDifference(expected: Uint8Array, given: Uint8Array): number {
  let i = 0;
  while (expected[i] === given[i]) i++;
  return i;
}

/** Checks one message's content as it comes. */
export class ContentCheck {
  receivedBytes = 0;
  private readonly pattern: Pattern;
  private readonly from: number;
  private readonly length: number;
  private wrong: string | undefined;

  /** `length` bytes of the pattern are expected, from position `from` on. */
  constructor(pattern: Pattern, from: number, length: number) {
    this.pattern = pattern;
    this.from = from;
    this.length = length;
  }

  /** What is wrong with what came so far; undefined if nothing is. The first mistake stands. */
  get fault(): string | undefined {
    return this.wrong;
  }

  /** `bytes[start..end)` came. */
  take(bytes: Uint8Array, start: number, end: number): void {
    const at = this.receivedBytes;
    this.receivedBytes += end - start;
    if (this.wrong !== undefined) return;
    if (this.receivedBytes > this.length) {
      this.wrong = `${this.receivedBytes} bytes came, not ${this.length}`;
      return;
    }
    const index = this.pattern.firstWrong(this.from + at, bytes, start, end);
    if (index < 0) return;
    const position = at + index - start;
    const expected = this.pattern.at(this.from + position, 1)[0];
    this.wrong = `byte ${position} is ${bytes[index]}, not ${expected}`;
  }

  /** No more comes; it should have been all. */
  complete(): void {
    if (this.wrong === undefined && this.receivedBytes < this.length) {
      this.wrong = `${this.receivedBytes} bytes came, not ${this.length}`;
    }
  }
}
