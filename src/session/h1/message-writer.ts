/**
 * Writes the heads of messages into the send buffer, and with each decides the framing of what follows (RFC 9112 §6.3).
 * Both roles use it. A head is built whole or not at all (WS-8).
 *
 * It does not know when a message is due, what becomes of its content, nor what happens to the connection after it.
 */
import { MisuseError } from '../../errors.js';
import type { SendBuffer } from '../../memory/index.js';
import type { TextCodec } from '../../memory/text.js';
import { ContentWriter, underrun } from './content-writer.js';
import {
  CONNECTION_CLOSE,
  CONNECTION_HTTP2_SETTINGS,
  CONNECTION_KEEP_ALIVE,
  CONNECTION_TE,
  CONNECTION_UNSAID,
  CONNECTION_UPGRADE,
  encodeRequestHead,
  encodeResponseFrom,
  encodeResponseHead,
  LINE_END,
  lineEndWithHost,
  requireAuthority,
  requireMethod,
  requireTarget,
  statusLine,
} from './encode.js';
import { FieldJudge, type OutgoingFields, PreparedFields, requireList } from './encode-fields.js';
import { FieldMemory } from './field-memory.js';
import { HAS_DATE, HAS_HOST, HAS_TE, HAS_UPGRADE, SAYS_CLOSE } from './field-section.js';
import { FrontMemory } from './front-memory.js';
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
  /** The fields have HTTP2-Settings, which Connection must name (RFC 7540 §3.2.1). */
  readonly http2Settings: boolean;
}

export class MessageWriter extends ContentWriter {
  /** True when the current message is the connection's last: it says close, or only the close ends it. */
  last: boolean;
  private readonly judge: FieldJudge;
  private readonly memory: FieldMemory;
  private readonly fronts: FrontMemory;
  /** What was last found valid: a client asks the same authority over and over, and often for the same. */
  private judgedAuthority: string | undefined;
  /** How request-lines to it end. */
  private lineEnd: Uint8Array;
  private judgedMethod: string | undefined;
  private judgedTarget: string | undefined;

  constructor(output: SendBuffer, text: TextCodec, settings: H1Settings) {
    super(output, text, settings);
    this.last = false;
    this.judge = new FieldJudge();
    this.memory = new FieldMemory();
    this.fronts = new FrontMemory();
    this.judgedAuthority = undefined;
    this.lineEnd = LINE_END;
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
    const flags = this.requireAgreement(request, status, fields);
    this.framing = FRAMING_NONE;
    this.writeResponse(status, fields, -1, CONNECTION_UNSAID, flags, undefined);
    this.ended = true;
  }

  /** @returns what `judgeHead` found. @throws MisuseError when these agree to nothing that was asked for */
  requireAgreement(request: H1Head, status: number, fields: HeadFields): number {
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
    return flags;
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
      this.lineEnd = lineEndWithHost(authority);
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
    const connection =
      (this.last ? CONNECTION_CLOSE : CONNECTION_UNSAID) |
      (parts.http2Settings ? CONNECTION_HTTP2_SETTINGS : CONNECTION_UNSAID) |
      connectionFields(flags);
    const lineEnd = (flags & HAS_HOST) === 0 ? this.lineEnd : LINE_END;
    this.writeRequest(method, target, lineEnd, fields, declared, connection);
    this.ended = parts.end;
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
    lasting: number,
    flags: number,
    date: PreparedFields | undefined,
  ): void {
    const connection = lasting | connectionFields(flags);
    const dated = (flags & HAS_DATE) === 0 ? date : undefined;
    const { framing, text, output } = this;
    const front = this.fronts.recall(status, statusLine(status), dated, fields);
    let room = output.open();
    let at = -1;
    try {
      // What does not fit what is left of the workspace may fit a fresh one.
      for (let isFresh = false; room !== undefined; isFresh = true) {
        const { bytes, start, end } = room;
        at =
          front === null
            ? encodeResponseHead(bytes, start, end, status, fields, framing, length, connection, dated, text)
            : encodeResponseFrom(front, bytes, start, end, framing, length, connection);
        if (at >= 0 || isFresh) break;
        output.cancel();
        room = output.openFresh();
      }
    } catch (thrown) {
      output.cancel();
      throw thrown;
    }
    this.committed(room, at);
  }

  private writeRequest(
    method: string,
    target: string,
    lineEnd: Uint8Array,
    fields: HeadFields,
    length: number,
    connection: number,
  ): void {
    const { framing, text, output } = this;
    let room = output.open();
    let at = -1;
    try {
      for (let isFresh = false; room !== undefined; isFresh = true) {
        const { bytes, start, end } = room;
        at = encodeRequestHead(
          bytes,
          start,
          end,
          method,
          target,
          lineEnd,
          fields,
          framing,
          length,
          connection,
          text,
        );
        if (at >= 0 || isFresh) break;
        output.cancel();
        room = output.openFresh();
      }
    } catch (thrown) {
      output.cancel();
      throw thrown;
    }
    this.committed(room, at);
  }
}

function requireStatus(status: number, least: number, most: number): void {
  if (status >= least && status <= most && Number.isInteger(status)) return;
  throw new MisuseError('status', 'RFC 9110 §15', `a status from ${least} to ${most} is due, not ${status}`);
}

function anticipatesContent(method: string): boolean {
  return method === 'POST' || method === 'PUT' || method === 'PATCH';
}

/** The options that fields of the connection's need, so that no intermediary forwards them (RFC 9110 §7.6.1). */
function connectionFields(flags: number): number {
  if ((flags & (HAS_UPGRADE | HAS_TE)) === 0) return CONNECTION_UNSAID;
  const upgrade = (flags & HAS_UPGRADE) === 0 ? CONNECTION_UNSAID : CONNECTION_UPGRADE;
  return (flags & HAS_TE) === 0 ? upgrade : upgrade | CONNECTION_TE;
}
