/**
 * Whoever has the pipe of a tunnel at one side, in a property: writes what it is told to, hears what comes, and ends. This
 * file does not know what the pipe is made of.
 */
import type { ByteRange, Transport, TransportReceiver } from '../transport/contract.js';

/** Octets of a tunnel, which tell their place. */
export function contentOf(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (seed * 31 + i * 7) & 0xff);
}

export class TunnelEnd implements TransportReceiver {
  /** `closed` or `failed`, as often as it was told. */
  closes: string;
  private readonly pipe: Transport;
  private readonly pieces: number[];
  private readonly space: Uint8Array;
  private readonly endsInReturn: boolean;

  constructor(pipe: Transport, endsInReturn: boolean) {
    this.closes = '';
    this.pipe = pipe;
    this.pieces = [];
    this.space = new Uint8Array(7);
    this.endsInReturn = endsInReturn;
  }

  open(): void {
    this.pipe.open(this);
  }

  write(bytes: Uint8Array): void {
    const half = bytes.length >> 1;
    const { length } = bytes;
    this.pipe.write([
      { bytes, start: 0, end: half },
      { bytes, start: half, end: length },
    ]);
  }

  end(): void {
    this.pipe.end();
  }

  heard(): number[] {
    return this.pieces;
  }

  opened(): void {}

  room(): ByteRange {
    return { bytes: this.space, start: 0, end: this.space.length };
  }

  received(count: number): void {
    for (let i = 0; i < count; i++) this.pieces.push(this.space[i] as number);
  }

  ended(): void {
    if (this.endsInReturn) this.pipe.end();
  }

  written(): void {}

  closed(error?: Error): void {
    this.closes += error === undefined ? 'closed' : 'failed';
  }
}
