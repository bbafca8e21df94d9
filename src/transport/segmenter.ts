/**
 * A decorator that cuts: received bytes come in pieces, and batches go out in pieces, with the cuts at given
 * positions of the stream or by a pattern of sizes. It stores nothing: it narrows the rooms that the pipe below
 * may fill. Pieces are never joined, so a pipe that delivers less cuts more. This file does not know what the
 * bytes mean.
 */
import { MisuseError } from '../errors.js';
import type { Clock } from './clock.js';
import type { ByteRange, Transport } from './contract.js';
import { DecoratedTransport, type TransportDecorator } from './decorator.js';
import { lengthOf } from './segment-queue.js';

/** Where to cut: before the octets at these positions (ascending), or after pieces of these sizes, over and over. */
export type Cuts = { readonly at: readonly number[] } | { readonly sizes: readonly number[] };

export interface SegmenterOptions {
  readonly receive?: Cuts;
  readonly write?: Cuts;
  /** Delivers each received piece in a turn of its own, deferred on this clock. */
  readonly turns?: Clock;
}

/** @throws MisuseError `bad-cuts` (CON-6) for sizes below 1 or positions that do not ascend. */
export function segmenter(options: SegmenterOptions): TransportDecorator {
  const check = (cuts: Cuts | undefined): void => {
    if (cuts !== undefined) new Cutter(cuts);
  };
  check(options.receive);
  check(options.write);
  return (lower) => new Segmenter(lower, options);
}

class Segmenter extends DecoratedTransport {
  private readonly incoming: Cutter | null;
  private readonly outgoing: Cutter | null;
  private readonly turns: Clock | null;
  /** A piece came in this turn; the next comes in the next. */
  private waiting = false;
  /** The user paused, or had no room: it is not for us to resume. */
  private held = false;

  constructor(lower: Transport, options: SegmenterOptions) {
    super(lower);
    this.incoming = options.receive === undefined ? null : new Cutter(options.receive);
    this.outgoing = options.write === undefined ? null : new Cutter(options.write);
    this.turns = options.turns ?? null;
  }

  override room(): ByteRange | undefined {
    if (this.waiting) return undefined;
    const room = this.upper.room();
    if (room === undefined) this.held = true;
    if (room === undefined || this.incoming === null) return room;
    const { bytes, start, end } = room;
    return { bytes, start, end: Math.min(end, start + this.incoming.left) };
  }

  override received(count: number): void {
    this.incoming?.advance(count);
    if (this.turns !== null && count > 0) {
      this.waiting = true;
      this.turns.defer(() => {
        this.waiting = false;
        if (!this.held) this.lower.resume();
      });
    }
    this.upper.received(count);
  }

  override pause(): void {
    this.held = true;
    this.lower.pause();
  }

  override resume(): void {
    this.held = false;
    this.lower.resume();
  }

  override write(segments: readonly ByteRange[]): void {
    const { outgoing } = this;
    if (outgoing === null || lengthOf(segments) === 0) {
      this.lower.write(segments);
      return;
    }
    let piece: ByteRange[] = [];
    for (const { bytes, start, end } of segments) {
      let at = start;
      while (at < end) {
        const stop = Math.min(end, at + outgoing.left);
        const whole = stop - at === outgoing.left;
        piece.push({ bytes, start: at, end: stop });
        outgoing.advance(stop - at);
        at = stop;
        if (whole) {
          this.lower.write(piece);
          piece = [];
        }
      }
    }
    this.lower.write(piece);
  }
}

/** Counts along a stream to its next cut. */
class Cutter {
  /** Bytes until the next cut: at least 1, Infinity after the last. */
  left: number;
  private readonly sizes: readonly number[];
  private readonly cyclic: boolean;
  private next = 0;

  constructor(cuts: Cuts) {
    this.cyclic = 'sizes' in cuts;
    this.sizes = 'sizes' in cuts ? cuts.sizes : cuts.at.map((at, index) => at - (cuts.at[index - 1] ?? 0));
    if (!this.sizes.every((size) => size >= 1) || (this.cyclic && this.sizes.length === 0)) {
      throw new MisuseError(
        'bad-cuts',
        'CON-6',
        'sizes must be at least 1, positions ascend from at least 1',
      );
    }
    this.left = this.piece();
  }

  advance(count: number): void {
    this.left -= count;
    if (this.left === 0) this.left = this.piece();
  }

  private piece(): number {
    if (this.cyclic && this.next === this.sizes.length) this.next = 0;
    return this.sizes[this.next++] ?? Number.POSITIVE_INFINITY;
  }
}
