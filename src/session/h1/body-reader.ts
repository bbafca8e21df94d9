/**
 * Reads one message body out of the receive buffer, whatever frames it, and gives it on as leases (RFC 9112 §6).
 * Both roles use it. Nothing is read while nobody wants it: that is the back-pressure.
 *
 * It does not know whose body it is, nor what its consumer does with a lease.
 */
import { answerStatus, LimitError, type UndercoatError } from '../../errors.js';
import type { Lease, Owner, ReceiveBuffer } from '../../memory/index.js';
import { ChunkedReader } from './chunked-reader.js';
import { FRAMING_CHUNKED, FRAMING_LENGTH, FRAMING_NONE } from './head-reader.js';
import type { H1Settings } from './options.js';
import { COMPLETE, DATA, ERROR, NEED_DATA } from './results.js';

/** Somebody has to act before more is read. */
export const PAUSED = 4;
/** More would have to be thrown away than the budget allows; nothing after it was touched. */
export const OVERDRAWN = 5;

/** Where body bytes go. */
export interface BodySink {
  /** Whether `data` may be called now. */
  readonly wantsBody: boolean;
  /** Owner of the leases that `data` gets. */
  readonly bodyOwner: Owner;
  data(lease: Lease): void;
}

export class BodyReader {
  /** Body bytes read so far, delivered or discarded. */
  receivedBytes: number;
  /** Body bytes that were thrown away. */
  discardedBytes: number;
  /** After COMPLETE of a chunked body with trailer fields: their section, still pending in the buffer; 0 otherwise. */
  trailerBytes: number;
  /** After ERROR. */
  error: UndercoatError | undefined;
  private framing: number;
  private remaining: number;
  private readonly maxBody: number;
  private readonly drainBytes: number;
  private readonly chunked: ChunkedReader;

  constructor(reading: 'request' | 'response', settings: H1Settings) {
    this.receivedBytes = 0;
    this.discardedBytes = 0;
    this.trailerBytes = 0;
    this.error = undefined;
    this.framing = FRAMING_NONE;
    this.remaining = 0;
    this.maxBody = settings.maxBodyBytes;
    this.drainBytes = settings.drainBytes;
    this.chunked = new ChunkedReader(reading, settings.chunked);
  }

  /** @param length what Content-Length said, with FRAMING_LENGTH */
  begin(framing: number, length: number): void {
    this.framing = framing;
    this.remaining = framing === FRAMING_LENGTH ? length : 0;
    this.receivedBytes = 0;
    this.discardedBytes = 0;
    this.trailerBytes = 0;
    this.error = undefined;
    if (framing === FRAMING_CHUNKED) this.chunked.reset();
  }

  /** Bytes that must still come; undefined when only the end will tell. */
  get remainingBytes(): number | undefined {
    if (this.framing === FRAMING_LENGTH) return this.remaining;
    return this.framing === FRAMING_NONE ? 0 : undefined;
  }

  /** Whether what is still to come can be thrown away within the budget, as far as that is known. */
  get drainable(): boolean {
    return this.discardedBytes + (this.remainingBytes ?? 0) <= this.drainBytes;
  }

  /**
   * Reads what can be read.
   * @param sink where it goes; null to throw it away, within the budget of `drainBytes`
   * @returns NEED_DATA, PAUSED, COMPLETE, ERROR, or OVERDRAWN without a sink
   */
  read(input: ReceiveBuffer, sink: BodySink | null): number {
    if (this.framing === FRAMING_CHUNKED) return this.readChunked(input, sink);
    if (this.framing === FRAMING_NONE) return COMPLETE;
    const bounded = this.framing === FRAMING_LENGTH;
    while (!bounded || this.remaining > 0) {
      if (sink !== null && !sink.wantsBody) return PAUSED;
      const pending = input.end - input.start;
      if (pending === 0) return NEED_DATA;
      const count = bounded && this.remaining < pending ? this.remaining : pending;
      this.remaining -= bounded ? count : 0;
      const passed = this.pass(input, sink, count);
      if (passed !== DATA) return passed;
    }
    return COMPLETE;
  }

  private readChunked(input: ReceiveBuffer, sink: BodySink | null): number {
    const reader = this.chunked;
    for (;;) {
      if (sink !== null && !sink.wantsBody) return PAUSED;
      const result = reader.read(input.bytes, input.start, input.end);
      const given = result === DATA ? reader.dataEnd - reader.dataStart : 0;
      if (given + reader.dueBytes > this.maxBody - this.receivedBytes) {
        // Found at the end of the size line: nothing of such a chunk is waited for (CON-6).
        this.error = bodyTooLarge(this.maxBody);
        return ERROR;
      }
      if (result === DATA) {
        input.consume(reader.dataStart - input.start);
        const passed = this.pass(input, sink, given);
        if (passed !== DATA) return passed;
      } else if (result === NEED_DATA) {
        if (!reader.inTrailers) input.consume(input.end - input.start);
        else input.consume(reader.position - input.start);
        return NEED_DATA;
      } else if (result === COMPLETE) {
        this.trailerBytes = reader.trailerCount > 0 ? reader.trailersEnd - reader.trailersStart : 0;
        input.consume((this.trailerBytes > 0 ? reader.trailersStart : reader.trailersEnd) - input.start);
        return COMPLETE;
      } else {
        this.error = reader.error;
        return ERROR;
      }
    }
  }

  /**
   * Gives `count` bytes on, or those within the limit and then the error: a function of the position (CON-6).
   * @returns DATA, ERROR or OVERDRAWN
   */
  private pass(input: ReceiveBuffer, sink: BodySink | null, count: number): number {
    const allowed = Math.min(count, this.maxBody - this.receivedBytes);
    if (sink === null) {
      const affordable = Math.min(allowed, this.drainBytes - this.discardedBytes);
      this.receivedBytes += affordable;
      this.discardedBytes += affordable;
      input.discard(affordable);
      if (affordable < allowed) return OVERDRAWN;
    } else if (allowed > 0) {
      this.receivedBytes += allowed;
      sink.data(input.take(allowed, sink.bodyOwner, 'body'));
    }
    if (allowed === count) return DATA;
    this.error = bodyTooLarge(this.maxBody);
    return ERROR;
  }
}

/** RFC 9110 §15.5.14. */
export function bodyTooLarge(limit: number): LimitError {
  return new LimitError(
    'maxBodyBytes',
    'body-too-large',
    'RFC 9110 §15.5.14',
    `the body is longer than ${limit} bytes`,
    answerStatus(413),
  );
}
