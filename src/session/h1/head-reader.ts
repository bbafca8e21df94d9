/**
 * Reads one head, of a request or of a response (RFC 9112 §2.1), and decides the message's framing (§6.3). One
 * reader serves both roles. It is resumable at every octet: it may be called with any prefix of the head, each
 * time with the octets from the head's first on, which may have moved meanwhile; every octet is looked at once, those
 * of a request-line twice at most, and a fault is found at the same octet in any segmentation (CON-6). It touches nothing at or after the end
 * that it is given (OWN-6), keeps no reference to the bytes, and changes no ownership (LAY-2).
 *
 * This file does not know what is done with a message, nor where bytes come from.
 */

import type { LimitError, ProtocolError } from '../../errors.js';
import type { TextCodec } from '../../memory/text.js';
import { plainText } from '../../memory/text.js';
import type { MessageFault } from './faults.js';
import { FIELD_LINE, FIELDS, messageError, START_LINE } from './faults.js';
import { FieldSection, HAS_HOST, SAYS_CLOSE, SAYS_KEEP_ALIVE, saysUpgrade } from './field-section.js';
import { CODINGS_CHUNKED, CODINGS_NONE, CODINGS_OTHER } from './field-values.js';
import type { HeadLimits } from './limits.js';
import { defaultHeadLimits } from './limits.js';
import { RequestLine } from './request-line.js';
import { COMPLETE, ERROR, NEED_DATA } from './results.js';
import { StatusLine } from './status-line.js';
import { authorityEnd, authorityStart, FORM_ABSOLUTE, FORM_AUTHORITY, FORM_ORIGIN } from './target.js';

/** No content: the message ends with its head. */
export const FRAMING_NONE = 0;
/** `contentLength` octets follow. */
export const FRAMING_LENGTH = 1;
/** The chunked coding follows. */
export const FRAMING_CHUNKED = 2;
/** All octets until the connection closes. Responses only. */
export const FRAMING_UNTIL_CLOSE = 3;
/** The answer to CONNECT: what follows is no HTTP (RFC 9110 §9.3.6). Responses only. */
export const FRAMING_TUNNEL = 4;

const PHASE_LINE = 0;
const PHASE_FIELDS = 1;
const PHASE_COMPLETE = 2;
const PHASE_ERROR = 3;

export class HeadReader {
  /** Requests: where the authority is, relative to the head's start: the target's if it has one, or else Host's; empty if neither. */
  authorityAt: number;
  authorityEnd: number;
  /** One of the `FRAMING_` constants. */
  framing: number;
  /** After ERROR: the octet that was refused, relative to the head's start. */
  errorAt: number;
  private phase: number;
  private fault: MessageFault | null;
  private requestMethod: string;
  private readonly role: 'request' | 'response';
  private readonly isRequest: boolean;
  private readonly requestLine: RequestLine;
  private readonly statusLine: StatusLine;
  private readonly section: FieldSection;
  private readonly maxHead: number;

  /** @param role what is read: a server reads requests, a client responses */
  constructor(
    role: 'request' | 'response',
    limits: HeadLimits = defaultHeadLimits,
    text: TextCodec = plainText,
  ) {
    this.authorityAt = 0;
    this.authorityEnd = 0;
    this.framing = FRAMING_NONE;
    this.errorAt = 0;
    this.phase = PHASE_LINE;
    this.fault = null;
    this.requestMethod = 'GET';
    this.role = role;
    this.isRequest = role === 'request';
    this.requestLine = new RequestLine(limits, text);
    this.statusLine = new StatusLine(limits, text);
    this.section = new FieldSection(role, limits);
    this.maxHead = limits.maxHeadBytes;
  }

  /**
   * Prepares for the next head.
   * @param requestMethod the method that a response answers: it decides the framing (RFC 9112 §6.3)
   */
  reset(requestMethod = 'GET'): void {
    this.phase = PHASE_LINE;
    this.fault = null;
    this.requestMethod = requestMethod;
    if (this.isRequest) this.requestLine.reset();
    else this.statusLine.reset();
  }

  // What has been read is valid after COMPLETE, until `reset`. It stays where it was found: copying costs.

  /** The octets of the head, ignored empty lines and the final CRLF included. */
  get length(): number {
    return this.section.at;
  }

  /** Where the field lines begin, relative to the head's start. */
  get fieldsAt(): number {
    return this.isRequest ? this.requestLine.at : this.statusLine.at;
  }

  /** The field lines there are. */
  get fieldCount(): number {
    return this.section.count;
  }

  /** Minor version: 0 or 1. */
  get minor(): number {
    return this.isRequest ? this.requestLine.minor : this.statusLine.minor;
  }

  /** Requests. Known methods are interned. */
  get method(): string {
    return this.requestLine.method;
  }

  /** Requests: the request-target as it was sent; of a response, empty. @param start where the head begins now */
  targetOf(bytes: Uint8Array, start: number, text: TextCodec): string {
    if (!this.isRequest) return '';
    // Not kept here: a young string in an old object is a root to the collector.
    const { targetAt, targetEnd } = this.requestLine;
    return text.latin1(bytes, start + targetAt, start + targetEnd);
  }

  /** Requests: one of the `FORM_` constants. */
  get form(): number {
    return this.requestLine.form;
  }

  /** Responses: 100 to 599. */
  get status(): number {
    return this.statusLine.status;
  }

  /** Responses: the reason-phrase, perhaps empty. */
  get reason(): string {
    return this.statusLine.reason;
  }

  /** The value of Content-Length, or -1. It frames the message only with FRAMING_LENGTH. */
  get contentLength(): number {
    return this.section.contentLength;
  }

  /** The `SAYS_`, `HAS_` and `EXPECTS_` bits of field-section.ts. */
  get flags(): number {
    return this.section.flags;
  }

  /** Whether the sender will use the connection again after this message (RFC 9112 §9.3). */
  get persistent(): boolean {
    const flags = this.section.flags;
    return (flags & SAYS_CLOSE) === 0 && (this.minor === 1 || (flags & SAYS_KEEP_ALIVE) !== 0);
  }

  /** Requests: how many octets have been read if they are all of ignored empty lines, and else 0. */
  get emptyLineBytes(): number {
    return this.phase === PHASE_LINE ? this.requestLine.emptyLineBytes : 0;
  }

  /** The error, after ERROR. A new object each time, with the answer that the role gives. */
  get error(): ProtocolError | LimitError | undefined {
    return this.fault === null ? undefined : messageError(this.fault, this.role);
  }

  /** Whether the message asks for, or grants, an upgrade: the field and the option, and not in HTTP/1.0 (RFC 9110 §7.8). */
  get upgrades(): boolean {
    return saysUpgrade(this.minor, this.flags);
  }

  /**
   * Reads on, from where the last call stopped.
   * @param start the head's first octet, wherever it is now
   * @param end the end of what has been received, at least as far into the head as before
   * @returns NEED_DATA, COMPLETE or ERROR; the last two are final until `reset`
   */
  read(bytes: Uint8Array, start: number, end: number): number {
    const stop = end - start > this.maxHead ? start + this.maxHead : end;
    if (this.phase === PHASE_LINE) {
      const result = this.isRequest
        ? this.requestLine.read(bytes, start, stop)
        : this.statusLine.read(bytes, start, stop);
      if (result !== COMPLETE) return this.stopInLine(result, stop === end);
      this.section.begin(this.fieldsAt, this.minor);
      this.phase = PHASE_FIELDS;
    } else if (this.phase !== PHASE_FIELDS) {
      return this.phase === PHASE_COMPLETE ? COMPLETE : ERROR;
    }
    const section = this.section;
    const fields = section.read(bytes, start, stop);
    if (fields === COMPLETE) return this.decide(bytes, start);
    if (fields === ERROR) return this.fail(section.fault, section.at);
    return stop === end ? NEED_DATA : this.failTooLarge();
  }

  private stopInLine(result: number, unlimited: boolean): number {
    const { fault, at } = this.isRequest ? this.requestLine : this.statusLine;
    if (result === ERROR) return this.fail(fault, at);
    return unlimited ? NEED_DATA : this.failTooLarge();
  }

  /** All field lines are read: decides what follows the head. */
  private decide(bytes: Uint8Array, start: number): number {
    const fault = this.isRequest ? this.decideRequest(bytes, start) : this.decideResponse();
    if (fault !== null) return this.fail(fault, this.section.at - 1);
    this.phase = PHASE_COMPLETE;
    return COMPLETE;
  }

  private decideRequest(bytes: Uint8Array, start: number): MessageFault | null {
    const section = this.section;
    const { form, minor } = this.requestLine;
    if (minor === 1) {
      if ((section.flags & HAS_HOST) === 0) return FIELDS.hostMissing;
      // RFC 9112 §3.2: empty only for a target URI without an authority; one that we serve by origin-form has one.
      if (form === FORM_ORIGIN && section.hostAt === section.hostEnd) return FIELDS.host;
    }
    if (form === FORM_ORIGIN) {
      this.authorityAt = section.hostAt;
      this.authorityEnd = section.hostEnd;
    } else this.takeAuthority(bytes, start);
    if (section.codings === CODINGS_NONE) {
      this.framing = section.contentLength < 0 ? FRAMING_NONE : FRAMING_LENGTH;
    } else if (section.codings === CODINGS_CHUNKED) this.framing = FRAMING_CHUNKED;
    else return section.codings === CODINGS_OTHER ? FIELDS.chunkedNotFinal : FIELDS.codingUnsupported;
    if (form === FORM_AUTHORITY) {
      if (this.framing === FRAMING_CHUNKED || section.contentLength > 0) return FIELDS.connectContent;
      this.framing = FRAMING_NONE;
    }
    return null;
  }

  /** The target's authority overrides Host (RFC 9112 §3.2.2, §3.3). */
  private takeAuthority(bytes: Uint8Array, start: number): void {
    const line = this.requestLine;
    this.authorityAt = this.section.hostAt;
    this.authorityEnd = this.section.hostEnd;
    if (this.form === FORM_AUTHORITY) {
      this.authorityAt = line.targetAt;
      this.authorityEnd = line.targetEnd;
    } else if (this.form === FORM_ABSOLUTE) {
      const targetEnd = start + line.targetEnd;
      const authorityAt = authorityStart(bytes, start + line.targetAt, targetEnd);
      this.authorityAt = authorityAt - start;
      this.authorityEnd = authorityEnd(bytes, authorityAt, targetEnd) - start;
    }
  }

  private decideResponse(): MessageFault | null {
    const section = this.section;
    const status = this.status;
    if (status < 200 || status === 204 || status === 304 || this.requestMethod === 'HEAD') {
      this.framing = FRAMING_NONE;
    } else if (this.requestMethod === 'CONNECT' && status < 300) this.framing = FRAMING_TUNNEL;
    else if (section.codings === CODINGS_CHUNKED) this.framing = FRAMING_CHUNKED;
    else if (section.codings !== CODINGS_NONE) return FIELDS.codingUnsupported;
    else this.framing = section.contentLength < 0 ? FRAMING_UNTIL_CLOSE : FRAMING_LENGTH;
    return null;
  }

  private failTooLarge(): number {
    const inTarget = this.isRequest && this.phase === PHASE_LINE && this.requestLine.inTarget;
    return this.fail(inTarget ? START_LINE.targetTooLong : FIELD_LINE.sectionTooLarge, this.maxHead);
  }

  private fail(fault: MessageFault | null, at: number): number {
    this.phase = PHASE_ERROR;
    this.fault = fault;
    this.errorAt = at;
    return ERROR;
  }
}
