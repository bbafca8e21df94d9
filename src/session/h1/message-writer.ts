/**
 * Writes one message at a time into the send buffer: decides the framing of what we send (RFC 9112 §6.3), holds the
 * sender to it, and copies what is small or lends what is not. Both roles use it.
 *
 * A send buffer without a slab left is exhaustion (WS-9): the writer goes dead and says so by `exhausted`; what follows
 * is swallowed. It does not know when a message is due, nor what happens to the connection after it.
 */
import { answerStatus, LimitError, MisuseError } from '../../errors.js';
import type { Lease, Region, Returned, SendBuffer } from '../../memory/index.js';
import type { TextCodec } from '../../memory/text.js';
import {
  CONNECTION_CLOSE,
  CONNECTION_H2C,
  CONNECTION_KEEP_ALIVE,
  CONNECTION_UNSAID,
  CONNECTION_UPGRADE,
  CRLF,
  encodeChunk,
  encodeChunkSize,
  encodeLastChunk,
  encodeRequestHead,
  encodeResponseHead,
  requireAuthority,
  requireMethod,
  requireTarget,
} from './encode.js';
import {
  FieldJudge,
  judgeTrailers,
  type OutgoingFields,
  PreparedFields,
  requireList,
} from './encode-fields.js';
import { FieldMemory } from './field-memory.js';
import { HAS_DATE, HAS_HOST, HAS_UPGRADE, SAYS_CLOSE } from './field-section.js';
import { FRAMING_CHUNKED, FRAMING_LENGTH, FRAMING_NONE, FRAMING_UNTIL_CLOSE } from './head-reader.js';
import type { H1Head } from './message-head.js';
import type { H1Settings } from './options.js';

/** Fields of a head that is sent: a list, or one that was judged and encoded before. */
export type HeadFields = OutgoingFields | PreparedFields;

/** What a request's head says besides its fields. */
export interface RequestLineParts {
  readonly method: string;
  readonly target: string;
  readonly authority: string;
  /** -1 when it is not known; a message without content has `end`. */
  readonly length: number;
  readonly end: boolean;
  /** The connection is not to be used again. */
  readonly close: boolean;
  /** An upgrade is asked for; for `h2c` the fields have HTTP2-Settings, which Connection must name (RFC 7540 §3.2.1). */
  readonly upgrade: boolean | 'h2c';
}

export class MessageWriter {
  /** The framing of the current message, one of the reader's constants. */
  framing: number;
  /** True when the current message is the connection's last: it says close, or only the close ends it. */
  last: boolean;
  /** True once no slab was to be had: the message cannot be completed. */
  exhausted: boolean;
  /** The current message's content is complete. */
  ended: boolean;
  private remaining: number;
  /** Content that is counted and not written: of an answer to HEAD, or a 304. */
  private silent: boolean;
  private readonly output: SendBuffer;
  private readonly text: TextCodec;
  private readonly settings: H1Settings;
  private readonly judge: FieldJudge;
  private readonly memory: FieldMemory;
  /** What was last found valid: a client asks the same authority over and over, and often for the same. */
  private judgedAuthority: string | undefined;
  private judgedMethod: string | undefined;
  private judgedTarget: string | undefined;

  constructor(output: SendBuffer, text: TextCodec, settings: H1Settings) {
    this.framing = FRAMING_NONE;
    this.last = false;
    this.exhausted = false;
    this.ended = true;
    this.remaining = 0;
    this.silent = false;
    this.output = output;
    this.text = text;
    this.settings = settings;
    this.judge = new FieldJudge();
    this.memory = new FieldMemory();
    this.judgedAuthority = undefined;
    this.judgedMethod = undefined;
    this.judgedTarget = undefined;
  }

  /**
   * The final response's head.
   * @param length of the content, -1 when it is not known
   * @param end no content follows
   * @throws MisuseError when the fields or the status may not be sent; nothing was written then
   */
  response(
    request: H1Head,
    status: number,
    given: HeadFields,
    length: number,
    end: boolean,
    persistent: boolean,
    date: PreparedFields | undefined,
  ): void {
    requireStatus(status, 200, 599);
    const tunnels = request.method === 'CONNECT' && status < 300;
    if (tunnels) throw new MisuseError('connect-accepted', 'LAY-7', 'a CONNECT is accepted by `upgrade`');
    const fields = this.recalled(given);
    const flags = this.judgeHead(fields);
    const silent = request.method === 'HEAD' || status === 304;
    // RFC 9110 §15.3.5, §15.3.6: 204 and 205 have no content; only the latter's head would leave it open.
    const empty = status === 204 || (status === 205 && !silent);
    const said = this.declared(fields, length);
    if (empty && said > 0)
      throw new MisuseError('content-forbidden', 'RFC 9110 §15.3.5', `a ${status} has no content`);
    if (end && said > 0 && !silent) throw underrun(said);
    const declared = said < 0 && !silent && (end || status === 205) ? 0 : said;
    const oldPeer = request.version === '1.0';
    this.silent = silent;
    this.remaining = Math.max(declared, 0);
    if (status === 204) this.framing = FRAMING_NONE;
    else if (declared >= 0) this.framing = FRAMING_LENGTH;
    else if (silent) this.framing = FRAMING_NONE;
    else this.framing = oldPeer ? FRAMING_UNTIL_CLOSE : FRAMING_CHUNKED;
    this.last = !persistent || (flags & SAYS_CLOSE) !== 0 || this.framing === FRAMING_UNTIL_CLOSE;
    // What a client that hoped for the tunnel has sent already must not be read as a request (RFC 9110 §9.3.6).
    if (request.method === 'CONNECT') this.last = true;
    const kept = oldPeer ? CONNECTION_KEEP_ALIVE : CONNECTION_UNSAID;
    this.writeResponse(status, fields, declared, this.last ? CONNECTION_CLOSE : kept, flags, date);
    this.ended = end;
  }

  /**
   * An interim response (RFC 9110 §15.2); judged only for a peer that must not be sent one.
   * @throws MisuseError; nothing was written then
   */
  interim(request: H1Head, status: number, fields: HeadFields): void {
    requireStatus(status, 100, 199);
    if (status === 101) throw new MisuseError('status', 'LAY-7', 'a 101 is sent by `upgrade`');
    const flags = this.judgeHead(fields);
    if (request.version === '1.0') return;
    this.framing = FRAMING_NONE;
    this.writeResponse(status, fields, -1, CONNECTION_UNSAID, flags, undefined);
  }

  /** Agrees to an upgrade (101) or to a tunnel (2xx). @throws MisuseError */
  agree(request: H1Head, status: number, fields: HeadFields): void {
    if (request.method === 'CONNECT') requireStatus(status, 200, 299);
    else requireStatus(status, 101, 101);
    const flags = this.judgeHead(fields);
    if (status === 101 && (flags & HAS_UPGRADE) === 0) {
      throw new MisuseError(
        'upgrade-unnamed',
        'RFC 9110 §7.8',
        'a 101 names the protocol in an Upgrade field',
      );
    }
    this.framing = FRAMING_NONE;
    this.writeResponse(
      status,
      fields,
      -1,
      status === 101 ? CONNECTION_UPGRADE : CONNECTION_UNSAID,
      flags,
      undefined,
    );
    this.ended = true;
  }

  /** A request's head. @throws MisuseError; nothing was written then */
  request(parts: RequestLineParts, given: HeadFields): void {
    const { method, target, authority } = parts;
    if (method !== this.judgedMethod || target !== this.judgedTarget) {
      requireMethod(method);
      requireTarget(method, target);
      this.judgedMethod = method;
      this.judgedTarget = target;
    }
    const fields = this.recalled(given);
    const flags = this.judgeHead(fields);
    if ((flags & HAS_HOST) === 0 && (authority !== this.judgedAuthority || authority === undefined)) {
      requireAuthority(authority);
      this.judgedAuthority = authority;
    }
    const said = this.declared(fields, parts.length);
    if (parts.end && said > 0) throw underrun(said);
    // RFC 9110 §8.6: a request without content says so only where its method anticipates some.
    const declared = said < 0 && parts.end && anticipatesContent(method) ? 0 : said;
    if (method === 'CONNECT' && !parts.end) {
      throw new MisuseError('connect-content', 'RFC 9110 §9.3.6', 'a CONNECT request has no content');
    }
    this.silent = false;
    this.remaining = Math.max(declared, 0);
    this.framing = declared >= 0 ? FRAMING_LENGTH : parts.end ? FRAMING_NONE : FRAMING_CHUNKED;
    this.last = parts.close || (flags & SAYS_CLOSE) !== 0;
    const connection = this.last ? CONNECTION_CLOSE : upgradeLine(parts.upgrade);
    const host = (flags & HAS_HOST) === 0 ? authority : undefined;
    const { framing, text } = this;
    const encode = ({ bytes, start, end }: Region): number =>
      encodeRequestHead(bytes, start, end, method, target, host, fields, framing, declared, connection, text);
    this.build(encode);
    this.ended = parts.end;
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
    if (this.framing === FRAMING_CHUNKED) {
      if (small && this.smallChunk(bytes, start, end)) return 'written';
      if (!this.chunkSize(length)) return 'failed';
      this.output.lend(bytes, start, end, returned);
      this.append(CRLF);
      return undefined;
    }
    if (small && this.output.append(bytes, start, end)) return 'written';
    this.output.lend(bytes, start, end, returned);
    return undefined;
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
   * The message is complete.
   * @throws MisuseError `after-end`, `length-underrun`, `trailers`; nothing was written then
   */
  end(trailers: OutgoingFields | undefined): void {
    if (this.ended) throw new MisuseError('after-end', 'RFC 9112 §6.3', 'the message is complete already');
    if (this.framing === FRAMING_LENGTH && this.remaining > 0 && !this.silent) throw underrun(this.remaining);
    if (trailers !== undefined) judgeTrailers(trailers);
    if (trailers !== undefined && trailers.length > 0) {
      if (this.framing !== FRAMING_CHUNKED && !this.silent) {
        throw new MisuseError('trailers', 'RFC 9112 §7.1.2', 'trailers need the chunked coding');
      }
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

  private recalled(fields: HeadFields): HeadFields {
    if (fields instanceof PreparedFields) return fields;
    requireList(fields);
    return fields.length === 0 ? fields : this.memory.recall(fields);
  }

  private judgeHead(fields: HeadFields): number {
    if (fields instanceof PreparedFields) return fields.flags;
    requireList(fields);
    if (fields.length === 0) return 0;
    this.judge.judge(fields);
    return this.judge.flags;
  }

  private contentLengthOf(fields: HeadFields): number {
    if (fields instanceof PreparedFields) return fields.contentLength;
    return fields.length === 0 ? -1 : this.judge.contentLength;
  }

  /** What the call or the fields say of the length; -1 when neither does. */
  private declared(fields: HeadFields, length: number): number {
    const said = this.contentLengthOf(fields);
    if (length !== -1 && !(length >= 0 && Number.isSafeInteger(length))) {
      throw new MisuseError('length', 'RFC 9110 §8.6', `a length is a non-negative integer, not ${length}`);
    }
    if (said >= 0 && length >= 0 && said !== length) {
      throw new MisuseError(
        'length-conflict',
        'RFC 9110 §8.6',
        `the fields say ${said} bytes, the call ${length}`,
      );
    }
    return length >= 0 ? length : said;
  }

  private writeResponse(
    status: number,
    fields: HeadFields,
    length: number,
    connection: number,
    flags: number,
    date: PreparedFields | undefined,
  ): void {
    const dated = (flags & HAS_DATE) === 0 ? date : undefined;
    const { framing, text, output } = this;
    let room = output.open();
    let at = -1;
    if (room !== undefined) {
      try {
        const { bytes, start, end } = room;
        at = encodeResponseHead(bytes, start, end, status, fields, framing, length, connection, dated, text);
        if (at < 0) {
          output.cancel();
          room = output.openFresh();
          if (room !== undefined) {
            const { bytes, start, end } = room;
            at = encodeResponseHead(
              bytes,
              start,
              end,
              status,
              fields,
              framing,
              length,
              connection,
              dated,
              text,
            );
          }
        }
      } catch (thrown) {
        this.output.cancel();
        throw thrown;
      }
    }
    this.committed(room, at);
  }

  /** Keeps what was built up to `at`, or marks exhaustion. */
  private committed(room: Region | undefined, at: number): boolean {
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
  private build(encode: (room: Region) => number): boolean {
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

function upgradeLine(upgrade: boolean | 'h2c'): number {
  if (upgrade === 'h2c') return CONNECTION_H2C;
  return upgrade ? CONNECTION_UPGRADE : CONNECTION_UNSAID;
}

function underrun(missing: number): MisuseError {
  return new MisuseError(
    'length-underrun',
    'RFC 9110 §8.6',
    `the declared length leaves ${missing} bytes to be sent`,
  );
}

function requireStatus(status: number, least: number, most: number): void {
  if (status >= least && status <= most && Number.isInteger(status)) return;
  throw new MisuseError('status', 'RFC 9110 §15', `a status from ${least} to ${most} is due, not ${status}`);
}

function anticipatesContent(method: string): boolean {
  return method === 'POST' || method === 'PUT' || method === 'PATCH';
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
