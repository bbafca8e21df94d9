/**
 * A decorator that makes broken ownership visible. Whatever it may write to, it scribbles over at the last
 * moment at which it may: the room of the receiver before it is filled and its tail before `received`, its own
 * read chunk after it was copied, its copy of a segment after that was written. Whoever keeps live bytes in a
 * room, reads past what was received, or sends from bytes that are no longer its own then carries poison; and
 * who writes where it may not is told. This file does not know what the bytes mean.
 */
import { MisuseError, type TransportError } from '../errors.js';
import type { ByteRange, Transport } from './contract.js';
import { DecoratedTransport, type TransportDecorator } from './decorator.js';
import { lengthOf } from './segment-queue.js';

export interface PoisonerOptions {
  /**
   * Hears of bytes that were written where or when they may not be: WS-1 outside the room, WS-5 after `received`,
   * OWN-4 a segment that is lent. Throws the violation if absent.
   */
  readonly report?: (violation: MisuseError) => void;
  /** Bytes of the read chunk; 16 KiB if absent. */
  readonly chunkBytes?: number;
}

/** What poison looks like. */
export const poison = 0xdb;

const margin = 16;

/** Segments as they were given to us, and our copy of their bytes that the pipe below has. */
interface Batch {
  readonly ranges: readonly ByteRange[];
  readonly copy: Uint8Array;
  /** Bytes that are written. */
  done: number;
}

export function poisoner(options: PoisonerOptions = {}): TransportDecorator {
  return (lower) => new Poisoner(lower, options);
}

class Poisoner extends DecoratedTransport {
  private readonly tell: (violation: MisuseError) => void;
  /** Our read chunk: margins around what is lent to the pipe below; all poison while it is ours. */
  private readonly chunk: Uint8Array;
  private lent = 0;
  private target: ByteRange | null = null;
  /** What was accepted and is neither written nor failed, oldest first. */
  private readonly batches: Batch[] = [];

  constructor(lower: Transport, options: PoisonerOptions) {
    super(lower);
    this.tell =
      options.report ??
      ((violation) => {
        throw violation;
      });
    this.chunk = new Uint8Array((options.chunkBytes ?? 16_384) + 2 * margin).fill(poison);
  }

  override write(segments: readonly ByteRange[]): void {
    const length = lengthOf(segments);
    const copy = new Uint8Array(length);
    let at = 0;
    for (const { bytes, start, end } of segments) {
      copy.set(bytes.subarray(start, end), at);
      at += end - start;
    }
    this.lower.write([{ bytes: copy, start: 0, end: length }]);
    const ranges = segments.map(({ bytes, start, end }) => ({ bytes, start, end }));
    this.batches.push({ ranges, copy, done: 0 });
  }

  override room(): ByteRange | undefined {
    const room = this.upper.room();
    if (room === undefined) return undefined;
    // A whole room is the transport's to write to: whoever keeps live bytes there loses them.
    room.bytes.fill(poison, room.start, room.end);
    this.checkChunk('WS-5', 'the read chunk was written to after received');
    this.target = room;
    this.lent = Math.min(room.end - room.start, this.chunk.length - 2 * margin);
    return { bytes: this.chunk, start: margin, end: margin + this.lent };
  }

  override received(count: number): void {
    const { chunk, target } = this;
    this.target = null;
    if (target === null || count > this.lent) {
      this.tell(new MisuseError('bad-received', 'WS-5', `received ${count} of a room of ${this.lent}`));
      return;
    }
    target.bytes.set(chunk.subarray(margin, margin + count), target.start);
    chunk.fill(poison, margin, margin + this.lent);
    this.checkChunk('WS-1', 'bytes were written outside the room');
    this.upper.received(count);
  }

  override written(count: number): void {
    this.settle(count);
    this.upper.written(count);
  }

  override closed(error?: TransportError): void {
    this.settle(Number.POSITIVE_INFINITY);
    this.upper.closed(error);
  }

  /** The next `count` bytes are nobody's loan any more: they must be as they were; our copies become poison. */
  private settle(count: number): void {
    let left = count;
    let changed = false;
    for (;;) {
      const batch = this.batches[0];
      if (batch === undefined || left === 0) break;
      const { ranges, copy, done } = batch;
      const upTo = Math.min(done + left, copy.length);
      let position = 0;
      for (const { bytes, start, end } of ranges) {
        for (let i = start; i < end; i++, position++) {
          if (position >= done && position < upTo && bytes[i] !== copy[position]) changed = true;
        }
      }
      copy.fill(poison, done, upTo);
      left -= upTo - done;
      batch.done = upTo;
      if (upTo === copy.length) this.batches.shift();
    }
    if (changed)
      this.tell(new MisuseError('segment-changed', 'OWN-4', 'a segment was changed while it was lent'));
  }

  private checkChunk(rule: string, what: string): void {
    if (!this.chunk.some((byte) => byte !== poison)) return;
    this.chunk.fill(poison);
    this.tell(new MisuseError('chunk-changed', rule, what));
  }
}
