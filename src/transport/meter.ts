/**
 * A decorator that counts. Several transports may count into one object. This file does not know what the
 * bytes mean.
 */
import type { TransportError } from '../errors.js';
import type { ByteRange, Transport } from './contract.js';
import { DecoratedTransport, type TransportDecorator } from './decorator.js';
import type { TransportFacts } from './facts.js';
import { lengthOf } from './segment-queue.js';

/** What a meter counts; `new MeterCounts()` starts at zero. */
export class MeterCounts {
  /** Transports that were opened, and that are not closed yet. */
  transports = 0;
  live = 0;
  /** Bytes received; bytes taken by the pipe below; bytes that failed by the close. */
  bytesIn = 0;
  bytesOut = 0;
  bytesFailed = 0;
  /** Bytes accepted for writing and neither written nor failed, now and at most. */
  pending = 0;
  peakPending = 0;
  /** Calls of `write` and `end`, and reports; a room and its `received` are one. */
  acts = 0;
}

export function meter(counts: MeterCounts): TransportDecorator {
  return (lower) => new Meter(lower, counts);
}

class Meter extends DecoratedTransport {
  private readonly counts: MeterCounts;
  /** Of this transport alone. */
  private pending = 0;
  private gone = false;

  constructor(lower: Transport, counts: MeterCounts) {
    super(lower);
    this.counts = counts;
  }

  override write(segments: readonly ByteRange[]): void {
    this.lower.write(segments);
    const { counts } = this;
    const length = lengthOf(segments);
    counts.acts++;
    if (this.gone) {
      counts.bytesFailed += length;
      return;
    }
    this.pending += length;
    counts.pending += length;
    if (counts.pending > counts.peakPending) counts.peakPending = counts.pending;
  }

  override end(): void {
    this.counts.acts++;
    this.lower.end();
  }

  override opened(facts: TransportFacts): void {
    this.counts.acts++;
    this.counts.transports++;
    this.counts.live++;
    this.upper.opened(facts);
  }

  override received(count: number): void {
    this.counts.acts++;
    this.counts.bytesIn += count;
    this.upper.received(count);
  }

  override ended(): void {
    this.counts.acts++;
    this.upper.ended();
  }

  override written(count: number): void {
    const { counts } = this;
    counts.acts++;
    counts.bytesOut += count;
    counts.pending -= count;
    this.pending -= count;
    this.upper.written(count);
  }

  override closed(error?: TransportError): void {
    const { counts } = this;
    counts.acts++;
    counts.live--;
    counts.bytesFailed += this.pending;
    counts.pending -= this.pending;
    this.pending = 0;
    this.gone = true;
    this.upper.closed(error);
  }
}
