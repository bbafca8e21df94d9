/**
 * A decorator that shows what passes: bytes on their way out when they are given to the pipe below, bytes that came in
 * when the receiver is told of them. It changes nothing. This file does not know what the bytes mean.
 */
import type { ByteRange, Transport } from '../../transport/contract.js';
import { DecoratedTransport, type TransportDecorator } from '../../transport/decorator.js';

export type Direction = 'out' | 'in';

/** Whoever looks. `bytes[start..end)` is lent for the call (OWN-3) and is to be read only. Must not throw. */
export type WireWatcher = (direction: Direction, bytes: Uint8Array, start: number, end: number) => void;

export function wireTap(watch: WireWatcher): TransportDecorator {
  return (lower) => new WireTap(lower, watch);
}

class WireTap extends DecoratedTransport {
  private readonly watch: WireWatcher;
  private lent: ByteRange | undefined = undefined;

  constructor(lower: Transport, watch: WireWatcher) {
    super(lower);
    this.watch = watch;
  }

  override write(segments: readonly ByteRange[]): void {
    for (const { bytes, start, end } of segments) if (end > start) this.watch('out', bytes, start, end);
    this.lower.write(segments);
  }

  override room(): ByteRange | undefined {
    this.lent = this.upper.room();
    return this.lent;
  }

  override received(count: number): void {
    const { lent } = this;
    this.lent = undefined;
    if (lent !== undefined && count > 0) this.watch('in', lent.bytes, lent.start, lent.start + count);
    this.upper.received(count);
  }
}
