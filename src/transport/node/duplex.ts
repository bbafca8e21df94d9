/**
 * Node's duplex streams and our transports, each seen as the other. This file does not know what stands on the
 * far side of either.
 */
import { Buffer } from 'node:buffer';
import { Duplex } from 'node:stream';
import type { TransportError } from '../../errors.js';
import { having, requireOption } from '../../options.js';
import type { ByteRange, Transport } from '../contract.js';
import type { TransportFacts } from '../facts.js';
import { connectionLost } from './errors.js';
import { unheard } from './socket.js';
import { StreamTransport, type StreamTransportOptions } from './stream-transport.js';

/**
 * Any duplex stream of bytes as a transport. It must not have been read from; from now on the stream is the
 * transport's, and its errors are heard by nobody else. Half-close needs `allowHalfOpen`, the default of streams.
 * @throws MisuseError `option-value` when it is no stream that reads and writes
 */
export function fromDuplex(stream: Duplex, options: StreamTransportOptions = {}): Transport {
  requireOption('stream', stream, duplexKind, 'option-value', 'LAY-1');
  return new DuplexTransport(stream, options);
}

const duplexKind = having<Duplex>('a duplex stream', 'on', 'read', 'write', 'end', 'destroy');
const transportKind = having<Transport>('a transport', 'open', 'write', 'end', 'abort');

class DuplexTransport extends StreamTransport<Duplex> {
  private readonly given: Duplex;

  constructor(stream: Duplex, options: StreamTransportOptions) {
    super('duplex', options);
    this.given = stream;
    stream.on('error', unheard);
  }

  protected begin(): void {
    this.adopt(this.given, null);
  }

  protected factsOf(): TransportFacts {
    return { kind: 'duplex' };
  }

  protected override get keepsChunks(): boolean {
    return true;
  }

  protected override tearDown(error: TransportError | undefined): void {
    super.tearDown(error);
    if (this.isIdle) this.given.destroy();
  }
}

/** Bytes that were received before and come first. They are copied and let go of at once. */
export interface UnusedRange extends ByteRange {
  /** Gives the range back to whom it belongs. */
  release?(): void;
}

// Received bytes stand in slabs of this size; one that has less room left than the least is let go.
const slabBytes = 65_536;
const leastRoom = 4096;
// Read ahead of a reader that stops. node:http2 stops reading while a write of its own is under way: if both ends
// do, only a pipe that takes on what both have in flight, a default window each, lets either go on.
const readAhead = 131_072;

/**
 * A transport as a duplex stream: for whatever rides on streams (node:http, node:http2, node:tls). Opens the
 * transport. Back-pressure, half-close and errors pass both ways; `destroy` aborts, unless both ends have
 * passed. An 'error' that nobody listens for ends nothing but the stream.
 */
export class TransportDuplex extends Duplex {
  protected readonly transport: Transport;
  /** What is known of the transport, once it is open. */
  facts: TransportFacts | undefined;
  private slab: Buffer = Buffer.alloc(0);
  private filled = 0;
  /** The stream takes more; while it does not, there is no room. */
  private wanting = false;
  private denied = false;
  private discarding = false;
  private sawEnd = false;
  private ending = false;
  protected isClosed = false;
  /** Writes whose bytes are not all reported written, oldest first. */
  private readonly writes: { left: number; readonly done: () => void }[] = [];

  constructor(transport: Transport, unused?: UnusedRange) {
    super({ allowHalfOpen: true, readableHighWaterMark: readAhead });
    this.transport = transport;
    this.on('error', unheard);
    if (unused !== undefined) {
      const { bytes, start, end } = unused;
      const first = Buffer.from(bytes.subarray(start, end));
      unused.release?.();
      if (first.length > 0) this.push(first);
    }
    transport.open({
      opened: (facts) => {
        this.facts = facts;
      },
      room: () => this.room(),
      received: (count) => this.received(count),
      ended: () => this.onEnded(),
      written: (count) => this.written(count),
      closed: (error) => this.onClosed(error),
    });
  }

  protected onEnded(): void {
    this.sawEnd = true;
    if (!this.discarding) this.push(null);
  }

  protected onClosed(error: TransportError | undefined): void {
    this.isClosed = true;
    if (error !== undefined) this.destroy(error);
    else if (!this.sawEnd || !this.ending) this.destroy();
  }

  override _read(): void {
    this.wanting = true;
    if (!this.denied) return;
    this.denied = false;
    this.transport.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.send([{ bytes: chunk, start: 0, end: chunk.length }], chunk.length, done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    const segments = chunks.map(({ chunk }) => ({ bytes: chunk, start: 0, end: chunk.length }));
    this.send(
      segments,
      segments.reduce((sum, { end }) => sum + end, 0),
      done,
    );
  }

  override _final(done: (error?: Error | null) => void): void {
    this.ending = true;
    this.transport.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.setTimeout(0);
    // After both ends the transport closes by itself; to abort it now could cost the peer our last bytes.
    if (!this.isClosed && !(this.sawEnd && this.ending)) {
      // Who has written all, and ended, takes nothing back by destroying.
      if (error === null && this.ending && this.writes.length === 0) this.transport.release();
      else this.transport.abort();
    }
    this.writes.length = 0;
    done(error);
  }

  // What node:http asks of a socket beyond what a stream is.

  /** Milliseconds without traffic after which 'timeout' is emitted; 0 for never. */
  timeout = 0;
  private timer: NodeJS.Timeout | null = null;

  setTimeout(ms: number, onTimeout?: () => void): this {
    this.timeout = ms;
    if (onTimeout !== undefined) this.once('timeout', onTimeout);
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = ms > 0 && !this.destroyed ? setTimeout(() => this.emit('timeout'), ms) : null;
    this.timer?.unref();
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  /** Reads on, and drops what comes. */
  protected discard(): void {
    this.discarding = true;
    this.wanting = true;
    this.transport.resume();
  }

  private room(): ByteRange | undefined {
    if (!this.wanting) {
      this.denied = true;
      return undefined;
    }
    if (this.slab.length - this.filled < leastRoom) {
      // Never pooled memory: what is pushed belongs to whoever reads the stream.
      this.slab = Buffer.allocUnsafeSlow(slabBytes);
      this.filled = 0;
    }
    return { bytes: this.slab, start: this.filled, end: this.slab.length };
  }

  private received(count: number): void {
    if (count === 0 || this.discarding) return;
    this.timer?.refresh();
    const chunk = this.slab.subarray(this.filled, this.filled + count);
    this.filled += count;
    this.wanting = this.push(chunk);
  }

  private written(count: number): void {
    this.timer?.refresh();
    let left = count;
    for (;;) {
      const first = this.writes[0];
      if (first === undefined || left < first.left) {
        if (first !== undefined) first.left -= left;
        return;
      }
      left -= first.left;
      this.writes.shift();
      first.done();
    }
  }

  private send(segments: ByteRange[], length: number, done: (error?: Error | null) => void): void {
    if (this.isClosed) done(connectionLost());
    else if (length === 0) done();
    else {
      this.writes.push({ left: length, done });
      this.transport.write(segments);
    }
  }
}

/** A transport as a duplex stream; opens it. What was received before comes first. @throws MisuseError `option-value` */
export function toDuplex(transport: Transport, unused?: UnusedRange): Duplex {
  requireOption('transport', transport, transportKind, 'option-value', 'LAY-1');
  return new TransportDuplex(transport, unused);
}
