/**
 * A transport on a Node stream that reads and writes: the one place where our contract meets theirs. Received
 * chunks are copied into the receiver's rooms; what does not fit is kept, one chunk at most, while the stream is
 * paused. A batch of segments goes out as one corked write. This file does not know which stream it is: how one
 * is had and what is known of it, its kinds say.
 */
import { Buffer } from 'node:buffer';
import type { Duplex } from 'node:stream';
import type { TransportError } from '../../errors.js';
import { copyBytes } from '../../memory/copy-bytes.js';
import { BaseTransport, type TransportOptions } from '../base.js';
import type { Clock } from '../clock.js';
import type { ByteRange } from '../contract.js';
import type { TransportFacts } from '../facts.js';
import { SegmentQueue } from '../segment-queue.js';
import { platformClock } from './clock.js';
import { connectionLost, transportError } from './errors.js';

export interface StreamTransportOptions extends TransportOptions {
  /** For what must come after a call (OWN-9); the platform's clock if absent. */
  readonly clock?: Clock;
}

// A stream reports what it was given when all of it was taken, and joins what waits in it. So that a long segment is
// reported as it is taken, the stream has no more than this at a time.
const windowBytes = 131_072;
// What would be done with one more piece goes at once: to cut it costs a write more.
const wholeBytes = 2 * windowBytes;

export abstract class StreamTransport<S extends Duplex> extends BaseTransport {
  protected readonly clock: Clock;
  private stream: S | null = null;
  /** The stream is open: it may be read and written. */
  private ready = false;
  /** A call of ours is inside the stream: what it reports now is told later. */
  private calling = false;
  /** A chunk for which there was no room, from `heldAt` on; the stream is paused. */
  private held: Uint8Array | null = null;
  private heldAt = 0;
  /** The stream said that the peer ended; the receiver was not told yet. */
  private endDue = false;
  /** The stream has closed. */
  private gone = false;
  private readDue = false;
  /** Segments that the stream was not given yet: it is not open, or has enough at a time. */
  private readonly waiting = new SegmentQueue();
  /** Sizes of the batches whose callback is due, oldest first, and their sum. */
  private readonly batches: number[] = [];
  private inStream = 0;
  private readonly wrote: (error?: Error | null) => void;

  constructor(kind: string, options: StreamTransportOptions) {
    super(kind, options);
    this.clock = options.clock ?? platformClock;
    this.wrote = (error) => this.onWrote(error);
  }

  /** What is known of the stream once it is open. */
  protected abstract factsOf(stream: S): TransportFacts;

  /** Tears the stream down; the peer sees a reset where that can be had. */
  protected destroy(stream: S): void {
    stream.destroy();
  }

  /** Lets go of the stream when what it has was written: by default it is ended, and destroyed behind its end. */
  protected leave(stream: S): void {
    if (stream.writableFinished) stream.destroy();
    else {
      stream.once('finish', () => stream.destroy());
      stream.end();
    }
  }

  /** Both ends have passed. By default the stream is done with. */
  protected conclude(stream: S): void {
    this.quietly(() => stream.destroy());
    this.reportDone();
  }

  /** The stream broke: by default that is the end. */
  protected broken(error: TransportError): void {
    this.reportClosed(error);
  }

  /**
   * True for streams that may still read a chunk after they called back for it, as those do that hand it on to
   * somebody else in this process: they get copies (OWN-4).
   */
  protected get keepsChunks(): boolean {
    return false;
  }

  /** The platform's error as ours. */
  protected errorOf(error: unknown): TransportError {
    return transportError(error);
  }

  /** Why an end of the stream is no end of the peer's; undefined if it is one. */
  protected get endFault(): TransportError | undefined {
    return undefined;
  }

  /**
   * Takes up the stream. Nothing was read from it yet. `readyEvent` says that it is open; null if it is already:
   * then that is reported later, or now if `now` says so.
   */
  protected adopt(stream: S, readyEvent: string | null, now = false): void {
    this.stream = stream;
    this.quietly(() => {
      // Nothing is read before it is open; without this, `on('data')` would make it flow.
      stream.pause();
      stream.on('data', (chunk: Uint8Array) => this.onData(chunk));
      stream.on('end', () => this.whenFree(() => this.onEnd()));
      stream.on('finish', () => this.whenFree(() => this.onFinish()));
      stream.on('error', (error) => this.whenFree(() => this.onError(error)));
      stream.on('close', () => this.whenFree(() => this.onClose()));
      if (readyEvent !== null) stream.once(readyEvent, () => this.whenFree(() => this.onReady()));
    });
    if (readyEvent !== null) return;
    if (now) this.onReady();
    else this.clock.defer(() => this.onReady());
  }

  /** Calls into a stream: what it reports meanwhile is told later (OWN-9). */
  protected quietly(act: () => void): void {
    const outer = this.calling;
    this.calling = true;
    try {
      act();
    } finally {
      this.calling = outer;
    }
  }

  protected accept(segments: readonly ByteRange[], length: number): void {
    const { stream, waiting } = this;
    const most = this.inStream === 0 ? wholeBytes : windowBytes;
    const fits = this.inStream + length <= most && waiting.pending === 0;
    if (stream !== null && this.ready && fits) {
      this.writeBatch(stream, segments, length);
      return;
    }
    waiting.push(segments);
    this.feed();
  }

  protected finish(): void {
    const { stream } = this;
    if (stream === null || !this.ready || this.waiting.pending > 0 || stream.writableEnded) return;
    this.quietly(() => stream.end());
  }

  /** Gives the stream the next of what waits, when it has taken what it had. */
  private feed(): void {
    const { stream, waiting } = this;
    if (stream === null || !this.ready || this.inStream > 0 || waiting.pending === 0) return;
    const length = waiting.pending <= wholeBytes ? waiting.pending : windowBytes;
    this.writeBatch(stream, waiting.take(length), length);
  }

  protected override hold(): void {
    if (this.ready && this.held === null) this.stream?.pause();
  }

  protected carryOn(): void {
    if (this.readDue || !this.ready) return;
    this.readDue = true;
    this.clock.defer(() => {
      this.readDue = false;
      this.read();
    });
  }

  protected tearDown(_error: TransportError | undefined): void {
    this.drop();
    const { stream } = this;
    if (stream !== null) this.quietly(() => this.destroy(stream));
  }

  protected override letGo(): void {
    this.drop();
    const { stream } = this;
    if (stream === null || this.isIdle) this.tearDown(undefined);
    else this.quietly(() => this.leave(stream));
  }

  protected later(callback: () => void): void {
    this.clock.defer(callback);
  }

  /** Bytes arrived; they stay as they are until more are asked for. */
  private onData(chunk: Uint8Array): void {
    if (this.over || this.aborted) return;
    const at = this.calling ? 0 : this.deliver(chunk, 0, chunk.length);
    if (at === chunk.length) return;
    this.held = chunk;
    this.heldAt = at;
    this.quietly(() => this.stream?.pause());
    if (!this.paused && !this.starved) this.carryOn();
  }

  /** The same, for a stream that reads into a buffer of ours. False if it must not read on yet. */
  protected onRead(chunk: Uint8Array): boolean {
    this.onData(chunk);
    return this.held === null && !this.paused;
  }

  /** Copies into rooms as long as there are any. Returns up to where. */
  private deliver(chunk: Uint8Array, from: number, end: number): number {
    let at = from;
    while (at < end && this.receiving) {
      const room = this.askRoom();
      if (room === undefined) break;
      // The receiver may have torn us down in `room`.
      const count = this.aborted ? 0 : Math.min(room.end - room.start, end - at);
      copyBytes(chunk, at, at + count, room.bytes, room.start);
      at += count;
      this.receiver.received(count);
    }
    return at;
  }

  /** Goes on reading: what is held first, then the stream, then an end that was already seen. */
  private read(): void {
    if (!this.receiving) return;
    const { held } = this;
    if (held !== null) {
      this.heldAt = this.deliver(held, this.heldAt, held.length);
      if (this.heldAt < held.length) return;
      this.held = null;
      if (!this.receiving) return;
    }
    if (this.endDue) this.passEnd();
    else this.quietly(() => this.stream?.resume());
  }

  private passEnd(): void {
    this.endDue = false;
    const fault = this.endFault;
    if (fault !== undefined) {
      this.broken(fault);
      return;
    }
    this.reportEnded();
    if (this.gone && !this.localEnded && !this.over && !this.aborted) this.broken(connectionLost());
    else this.concludeIfDone();
  }

  private writeBatch(stream: S, segments: readonly ByteRange[], length: number): void {
    this.batches.push(length);
    this.inStream += length;
    const outer = this.calling;
    this.calling = true;
    if (this.keepsChunks) {
      stream.write(joined(segments, length), this.wrote);
      this.calling = outer;
      return;
    }
    const last = segments.length - 1;
    if (last > 0) stream.cork();
    for (let i = 0; i <= last; i++) {
      const { bytes, start, end } = segments[i] as ByteRange;
      if (i === last) stream.write(view(bytes, start, end), this.wrote);
      else if (start !== end) stream.write(view(bytes, start, end));
    }
    if (last > 0) stream.uncork();
    this.calling = outer;
  }

  private onReady(): void {
    const { stream } = this;
    if (stream === null || this.over || this.aborted) return;
    if (stream.destroyed || stream.errored) {
      this.drop();
      this.broken(stream.errored ? this.errorOf(stream.errored) : connectionLost());
      return;
    }
    this.ready = true;
    // The end may have passed before anybody listened.
    if (stream.readableEnded) this.endDue = true;
    this.reportOpened(this.factsOf(stream));
    if (this.over || this.aborted) return;
    this.feed();
    if (this.ending) this.finish();
    this.read();
  }

  private onWrote(error: Error | null | undefined): void {
    const count = this.batches.shift() ?? 0;
    // A failed write is told by `closed`.
    if (error) return;
    if (this.calling) this.clock.defer(() => this.passWritten(count));
    else this.passWritten(count);
  }

  private passWritten(count: number): void {
    this.inStream -= count;
    if (this.over || this.aborted) return;
    if (this.waiting.pending > 0) {
      this.feed();
      if (this.ending) this.finish();
    }
    this.reportWritten(count);
  }

  private onEnd(): void {
    if (this.over || this.aborted || this.peerEnded) return;
    this.endDue = true;
    if (this.ready) this.read();
  }

  private onFinish(): void {
    if (this.over || this.aborted || this.localEnded) return;
    this.noteEndSent();
    this.concludeIfDone();
  }

  private onError(error: unknown): void {
    if (this.over || this.aborted) return;
    this.drop();
    this.broken(this.errorOf(error));
  }

  private onClose(): void {
    this.gone = true;
    // What was read before the stream closed is still owed, and so is the end after it.
    if (this.over || this.aborted || this.endDue || (this.localEnded && this.peerEnded)) return;
    this.drop();
    this.broken(connectionLost());
  }

  private concludeIfDone(): void {
    const { stream } = this;
    if (stream === null || this.over || this.aborted) return;
    if (this.localEnded && this.peerEnded) this.conclude(stream);
  }

  private drop(): void {
    this.held = null;
    this.waiting.clear();
  }

  private whenFree(report: () => void): void {
    if (this.calling) this.clock.defer(report);
    else report();
  }
}

function view(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
}

function joined(segments: readonly ByteRange[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const { bytes: from, start, end } of segments) at = copyBytes(from, start, end, bytes, at);
  return bytes;
}
