/**
 * Writes the content of one message at a time into the send buffer, in the framing that its head declared (RFC 9112 §6.3):
 * holds the sender to it, and copies what is small or lends what is not. Both roles use it.
 *
 * A send buffer without a slab left is exhaustion (WS-9): the writer goes dead and says so by `exhausted`; what follows
 * is swallowed. It does not know what a head says, nor when a message is due.
 */
import { answerStatus, LimitError, MisuseError } from '../../errors.js';
import type { Lease, Region, Returned, SendBuffer } from '../../memory/index.js';
import type { TextCodec } from '../../memory/text.js';
import { CRLF, encodeChunk, encodeChunkSize, encodeLastChunk } from './encode.js';
import { judgeTrailers, type OutgoingFields } from './encode-fields.js';
import { FRAMING_CHUNKED, FRAMING_LENGTH, FRAMING_NONE } from './head-reader.js';
import type { H1Settings } from './options.js';

export abstract class ContentWriter {
  /** The framing of the current message, one of the reader's constants. */
  framing: number;
  /** True once no slab was to be had: the message cannot be completed. */
  exhausted: boolean;
  /** The current message's content is complete. */
  ended: boolean;
  /** What a declared length leaves. */
  protected remaining: number;
  /** Content that is counted and not written: of an answer to HEAD, or a 304. */
  protected silent: boolean;
  protected readonly output: SendBuffer;
  protected readonly text: TextCodec;
  private readonly settings: H1Settings;

  constructor(output: SendBuffer, text: TextCodec, settings: H1Settings) {
    this.framing = FRAMING_NONE;
    this.exhausted = false;
    this.ended = true;
    this.remaining = 0;
    this.silent = false;
    this.output = output;
    this.text = text;
    this.settings = settings;
  }

  /**
   * Content; with `last` the message is complete.
   * @returns what became of the bytes if that is known; undefined when they are lent, and `returned` will tell
   * @throws MisuseError `after-end`, `length-overrun`, `length-underrun`, LimitError `output-limit`; nothing was
   *   written then
   */
  data(
    bytes: Uint8Array,
    start: number,
    end: number,
    last: boolean,
    returned: Returned | undefined,
  ): 'written' | 'failed' | undefined {
    this.requireRoom();
    const length = end - start;
    this.account(length, last);
    const outcome = this.content(bytes, start, end, length, returned);
    if (last) this.complete();
    return outcome;
  }

  /** All the content, right behind its head; `requireRoom` was asked before that. */
  whole(body: Uint8Array): void {
    const { length } = body;
    this.account(length, true);
    this.content(body, 0, length, length, undefined);
    this.complete();
  }

  private content(
    bytes: Uint8Array,
    start: number,
    end: number,
    length: number,
    returned: Returned | undefined,
  ): 'written' | 'failed' | undefined {
    if (this.exhausted) return 'failed';
    if (length === 0 || this.silent) return 'written';
    const small = length <= this.settings.copyBelowBytes;
    const chunked = this.framing === FRAMING_CHUNKED;
    if (chunked) {
      if (small && this.smallChunk(bytes, start, end)) return 'written';
      if (!this.chunkSize(length)) return 'failed';
    }
    if (!small) this.output.lend(bytes, start, end, returned);
    else if (!this.copied(bytes, start, end)) return 'failed';
    if (chunked) this.append(CRLF);
    return small ? 'written' : undefined;
  }

  /**
   * A short range, whose owner uses the buffer again as soon as we return: it is copied or not sent, and never lent
   * (OWN-4). One that is longer than a slab lies in several.
   */
  private copied(bytes: Uint8Array, start: number, end: number): boolean {
    const { slabBytes } = this.output;
    for (let at = start; at < end && !this.exhausted; at += slabBytes) {
      this.exhausted = !this.output.append(bytes, at, Math.min(at + slabBytes, end));
    }
    return !this.exhausted;
  }

  /**
   * Content that is a lease: it is released when it has been written, or at once when it is not needed.
   * @throws as `data` does, and MisuseError OWN-5; nothing was written then
   */
  lease(lease: Lease, last: boolean): void {
    // Asked for first: a lease that has ended says so before anything is counted.
    const length = lease.end - lease.start;
    this.requireRoom();
    this.account(length, last);
    this.leased(lease, length);
    if (last) this.complete();
  }

  private leased(lease: Lease, length: number): void {
    if (length === 0 || this.silent || this.exhausted) lease.release();
    else if (this.framing !== FRAMING_CHUNKED) this.output.lendLease(lease);
    else if (this.chunkSize(length)) {
      this.output.lendLease(lease);
      this.append(CRLF);
    } else lease.release();
  }

  /**
   * The message is complete. Trailers that its framing has no place for, as towards HTTP/1.0, are not sent (RFC 9110
   * §6.5.1); with a declared length they are misuse.
   * @throws MisuseError `after-end`, `length-underrun`, `trailers`; nothing was written then
   */
  end(trailers: OutgoingFields | undefined): void {
    if (this.ended) throw new MisuseError('after-end', 'RFC 9112 §6.3', 'the message is complete already');
    if (this.framing === FRAMING_LENGTH && this.remaining > 0 && !this.silent) throw underrun(this.remaining);
    if (trailers !== undefined) judgeTrailers(trailers);
    if (trailers !== undefined && trailers.length > 0 && this.framing === FRAMING_LENGTH && !this.silent) {
      throw new MisuseError(
        'trailers',
        'RFC 9112 §7.1.2',
        'trailers need the chunked coding: declare no length',
      );
    }
    this.complete(trailers);
  }

  /** @throws LimitError `output-limit` when too much waits to be written for more to be accepted (OWN-8) */
  requireRoom(): void {
    const { outputLimitBytes } = this.settings;
    if (this.output.pendingBytes <= outputLimitBytes) return;
    throw new LimitError(
      'outputLimitBytes',
      'output-limit',
      'OWN-8',
      `more than ${outputLimitBytes} bytes wait to be written: wait for writable`,
      { kind: 'none' },
    );
  }

  private complete(trailers?: OutgoingFields): void {
    if (this.framing === FRAMING_CHUNKED && !this.exhausted) {
      this.build((room) => encodeLastChunk(trailers, room.bytes, room.start, room.end, this.text));
    }
    this.ended = true;
  }

  /** Keeps what was built up to `at`, or marks exhaustion. */
  protected committed(room: Region | undefined, at: number): boolean {
    if (room !== undefined && at >= 0) {
      this.output.commit(at - room.start);
      return true;
    }
    if (room !== undefined) this.output.cancel();
    this.exhausted = true;
    return false;
  }

  private account(length: number, last: boolean): void {
    if (this.ended) throw new MisuseError('after-end', 'RFC 9112 §6.3', 'the message is complete already');
    if (this.framing === FRAMING_NONE && !this.silent && length > 0) {
      throw new MisuseError('content-forbidden', 'RFC 9112 §6.3', 'this message has no content');
    }
    if (this.framing === FRAMING_LENGTH) {
      if (length > this.remaining) {
        throw new MisuseError(
          'length-overrun',
          'RFC 9110 §8.6',
          `${length} bytes are more than the ${this.remaining} that the declared length leaves`,
        );
      }
      if (last && length < this.remaining && !this.silent) throw underrun(this.remaining - length);
    }
    if (this.framing === FRAMING_LENGTH) this.remaining -= length;
  }

  private smallChunk(bytes: Uint8Array, start: number, end: number): boolean {
    let room = this.output.open();
    if (room === undefined) return false;
    let at: number;
    try {
      at = encodeChunk(bytes, start, end, room.bytes, room.start, room.end);
      if (at < 0) {
        this.output.cancel();
        room = this.output.openFresh();
        if (room === undefined) return false;
        at = encodeChunk(bytes, start, end, room.bytes, room.start, room.end);
      }
    } catch (thrown) {
      this.output.cancel();
      throw thrown;
    }
    if (at < 0) this.output.cancel();
    else this.output.commit(at - room.start);
    return at >= 0;
  }

  private chunkSize(length: number): boolean {
    return this.build((room) => encodeChunkSize(length, room.bytes, room.start, room.end));
  }

  /** Builds all or nothing (WS-8): in what is left of the workspace, or else in a fresh one; also when `encode` throws. */
  protected build(encode: (room: Region) => number): boolean {
    let room = this.output.open();
    let at = -1;
    if (room !== undefined) {
      try {
        at = encode(room);
        if (at < 0) {
          this.output.cancel();
          room = this.output.openFresh();
          if (room !== undefined) at = encode(room);
        }
      } catch (thrown) {
        this.output.cancel();
        throw thrown;
      }
    }
    return this.committed(room, at);
  }

  /** A constant, which can be lent when there is no slab. */
  private append(constant: Uint8Array): void {
    if (!this.output.append(constant, 0, constant.length)) this.output.lend(constant, 0, constant.length);
  }
}

/** A message ends before what it declared. */
export function underrun(missing: number): MisuseError {
  return new MisuseError(
    'length-underrun',
    'RFC 9110 §8.6',
    `the declared length leaves ${missing} bytes to be sent`,
  );
}

/** WS-9: the pool had no slab for what had to be written, or it is longer than one. */
export function outputExhausted(): LimitError {
  return new LimitError(
    'limitBytes',
    'output-exhausted',
    'WS-9',
    'no memory for the answer',
    answerStatus(503),
  );
}
