// The far end of a connection under test: a receiver that keeps what came as text, and writes what it is told.

import type { TransportError } from '../../src/errors.js';
import { plainText } from '../../src/memory/text.js';
import type { ByteRange, Transport, TransportReceiver } from '../../src/transport/contract.js';

export class Wire implements TransportReceiver {
  readonly transport: Transport;
  /** All bytes received, one character each. */
  text = '';
  opens = 0;
  ends = 0;
  closes = 0;
  writtenBytes = 0;
  error: TransportError | undefined = undefined;
  /** False: no room is given. */
  reading = true;
  /** Ends its own side as soon as the peer's end is seen. */
  endsInReturn = true;
  /** Told after each arrival. */
  onText: (() => void) | undefined = undefined;
  private readonly buffer: Uint8Array;

  constructor(transport: Transport, roomBytes = 65_536) {
    this.transport = transport;
    this.buffer = new Uint8Array(roomBytes);
    transport.open(this);
  }

  write(text: string): void {
    const bytes = new Uint8Array(text.length);
    plainText.write(text, bytes, 0);
    this.transport.write([{ bytes, start: 0, end: bytes.length }]);
  }

  /** Writes the text in pieces of at most `size` bytes, as one batch each. */
  writePieces(text: string, size: number): void {
    for (let at = 0; at < text.length; at += size) this.write(text.slice(at, at + size));
  }

  read(): void {
    this.reading = true;
    this.transport.resume();
  }

  opened(): void {
    this.opens += 1;
  }

  room(): ByteRange | undefined {
    if (!this.reading) return undefined;
    return { bytes: this.buffer, start: 0, end: this.buffer.length };
  }

  received(count: number): void {
    this.text += plainText.latin1(this.buffer, 0, count);
    this.onText?.();
  }

  ended(): void {
    this.ends += 1;
    if (this.endsInReturn) this.transport.end();
  }

  written(count: number): void {
    this.writtenBytes += count;
  }

  closed(error?: TransportError): void {
    this.closes += 1;
    this.error = error;
  }
}
