/**
 * Reads field lines up to and including the empty line (RFC 9112 §2.1, §5), for heads and for trailer
 * sections: validates every octet, and keeps what the fields say about routing, framing and persistence.
 * Resumable at every octet; the section's octets must stay contiguous, but may move between calls. This file
 * does not know start-lines, and decides nothing that more than the fields is needed for.
 */

import { HOST_INVALID, judgeHost } from '../host.js';
import { COLON, CR, FIELD_CONTENT, HTAB, LF, REG_NAME, SP, TCHAR } from '../octets.js';
import { skipClass } from '../scan.js';
import type { MessageFault } from './faults.js';
import { CHUNKED, FIELD_LINE, FIELDS } from './faults.js';
import {
  CANDIDATES,
  FIELD_CONNECTION,
  FIELD_CONTENT_LENGTH,
  FIELD_DATE,
  FIELD_EXPECT,
  FIELD_HOST,
  FIELD_OTHER,
  FIELD_TRANSFER_ENCODING,
  FIELD_UPGRADE,
  isField,
  LONGEST_NAME,
  recogniseField,
} from './field-names.js';
import {
  CODINGS_AFTER_CHUNKED,
  CODINGS_CHUNKED_TWICE,
  CODINGS_MALFORMED,
  CODINGS_NONE,
  CODINGS_PARAMETER,
  isContinue,
  OPTION_CLOSE,
  OPTION_KEEP_ALIVE,
  OPTION_UPGRADE,
  OPTIONS_MALFORMED,
  readConnectionOptions,
  readContentLength,
  readTransferCodings,
  skipWhitespace,
  trimWhitespace,
} from './field-values.js';
import { COMPLETE, ERROR, NEED_DATA } from './results.js';

/** Bits of `flags`. The first three are Connection options, the others say that a field is there. */
export const SAYS_CLOSE = OPTION_CLOSE;
export const SAYS_KEEP_ALIVE = OPTION_KEEP_ALIVE;
export const SAYS_UPGRADE = OPTION_UPGRADE;
export const HAS_HOST = 1 << 3;
export const HAS_UPGRADE = 1 << 4;
/** `Expect: 100-continue`, and nothing else expected. */
export const EXPECTS_CONTINUE = 1 << 5;
/** Of these two only who sends wants to know. */
export const HAS_TE = 1 << 6;
export const HAS_DATE = 1 << 7;

/** Whether fields say Upgrade and name it a Connection option, and not in HTTP/1.0 (RFC 9110 §7.8). */
export function saysUpgrade(minor: number, flags: number): boolean {
  const both = HAS_UPGRADE | SAYS_UPGRADE;
  return minor === 1 && (flags & both) === both;
}

export type SectionKind = 'request' | 'response' | 'trailers';

/** The limits that a section applies, and the faults that name them. */
export interface SectionLimits {
  readonly maxFieldLineBytes: number;
  readonly maxFields: number;
}

/** What `resume` answers when there may be more lines. */
const LINE_READ = -1;

// Constants of this module are constants to the compiler; what is imported it looks up at every use.
const tchar = TCHAR;
const content = FIELD_CONTENT;
const regName = REG_NAME;
const candidates = CANDIDATES;

const STATE_LINE = 0;
const STATE_NAME = 1;
const STATE_VALUE = 2;
const STATE_LINE_END = 3;
const STATE_END = 4;

export class FieldSection {
  /** Octets of the unit read so far; after COMPLETE or ERROR, the unit's length or the position of the fault. */
  at: number;
  /** Field lines begun. */
  count: number;
  flags: number;
  /** The declared length, or -1. */
  contentLength: number;
  /** One of the `CODINGS_` constants. */
  codings: number;
  /** Where the Host value is, relative to the unit's start; empty unless HAS_HOST. */
  hostAt: number;
  hostEnd: number;
  fault: MessageFault | null;
  private state: number;
  private lineAt: number;
  private colonAt: number;
  private minor: number;
  private readonly request: boolean;
  private readonly trailers: boolean;
  private readonly maxLine: number;
  private readonly maxFields: number;

  constructor(kind: SectionKind, limits: SectionLimits) {
    this.at = 0;
    this.count = 0;
    this.flags = 0;
    this.contentLength = -1;
    this.codings = CODINGS_NONE;
    this.hostAt = 0;
    this.hostEnd = 0;
    this.fault = null;
    this.state = STATE_LINE;
    this.lineAt = 0;
    this.colonAt = 0;
    this.minor = 1;
    this.request = kind === 'request';
    this.trailers = kind === 'trailers';
    this.maxLine = limits.maxFieldLineBytes;
    this.maxFields = limits.maxFields;
  }

  /**
   * Prepares for a section that begins `at` octets into its unit.
   * @param minor the message's minor version, 0 or 1
   */
  begin(at: number, minor: number): void {
    this.at = at;
    this.count = 0;
    this.flags = 0;
    this.contentLength = -1;
    this.codings = CODINGS_NONE;
    this.hostAt = 0;
    this.hostEnd = 0;
    this.fault = null;
    this.state = STATE_LINE;
    this.minor = minor;
  }

  /** Reads on. `start` is where the unit begins now; nothing at or after `stop` is touched. */
  read(bytes: Uint8Array, start: number, stop: number): number {
    if (this.state !== STATE_LINE) {
      const resumed = this.resume(bytes, start, stop);
      if (resumed !== LINE_READ) return resumed;
    }
    const maxLine = this.maxLine;
    const maxFields = this.maxFields;
    // In locals, for speed: a store to a field would make the engine load the bytes' address again.
    let count = this.count;
    let p = start + this.at;
    for (;;) {
      if (p === stop) {
        this.count = count;
        return this.suspend(STATE_LINE, p - start);
      }
      const lineAt = p;
      if (bytes[p] === 0x0d) {
        this.count = count;
        if (p + 1 === stop) return this.suspend(STATE_END, p + 1 - start);
        if (bytes[p + 1] !== 0x0a) return this.fail(FIELD_LINE.bareCr, p + 1 - start);
        this.at = p + 2 - start;
        return COMPLETE;
      }
      if (count === maxFields) return this.failTooMany(p - start);
      count++;
      const lineStop = Math.min(lineAt + maxLine, stop);
      p = skipClass(tchar, bytes, p, lineStop);
      if (p === lineStop || bytes[p] !== 0x3a || p === lineAt) {
        this.count = count;
        this.lineAt = lineAt - start;
        if (p === stop) return this.suspend(STATE_NAME, p - start);
        return this.fail(nameFault(bytes, lineAt, p, maxLine), p - start);
      }
      const colonAt = p++;
      const length = colonAt - lineAt;
      const candidate =
        length > LONGEST_NAME
          ? FIELD_OTHER
          : (candidates[length * 32 + ((bytes[lineAt] as number) & 31)] as number);
      // A host that is a reg-name with nothing around it but the usual space needs no second look.
      let hostEnd = 0;
      if (candidate === FIELD_HOST && p < lineStop && bytes[p] === 0x20) {
        p = skipClass(regName, bytes, p + 1, lineStop);
        hostEnd = p;
      }
      p = skipClass(content, bytes, p, lineStop);
      if (stop - p < 2 || bytes[p] !== 0x0d || bytes[p + 1] !== 0x0a) {
        this.count = count;
        this.lineAt = lineAt - start;
        return this.stopInValue(bytes, start, p, stop, lineAt, colonAt);
      }
      if (hostEnd === p && p > colonAt + 2 && this.request && isHost(bytes, lineAt)) {
        const fault = this.takeHost(colonAt + 2 - start, p - start);
        if (fault !== null) return this.fail(fault, p + 1 - start);
      } else if (candidate !== FIELD_OTHER && isField(candidate, bytes, lineAt, colonAt)) {
        const fault = this.understand(bytes, start, candidate, colonAt + 1, p);
        if (fault !== null) return this.fail(fault, p + 1 - start);
      }
      p += 2;
    }
  }

  /** Reads the rest of a line, or of the empty line, that a former call could not end. */
  private resume(bytes: Uint8Array, start: number, stop: number): number {
    const lineAt = start + this.lineAt;
    const lineStop = Math.min(lineAt + this.maxLine, stop);
    let p = start + this.at;
    if (this.state === STATE_NAME) {
      p = skipClass(TCHAR, bytes, p, lineStop);
      if (p === stop) return this.suspend(STATE_NAME, p - start);
      if (p === lineStop || bytes[p] !== COLON) {
        return this.fail(nameFault(bytes, lineAt, p, this.maxLine), p - start);
      }
      this.colonAt = p++ - start;
      this.state = STATE_VALUE;
    }
    if (this.state === STATE_VALUE) {
      p = skipClass(FIELD_CONTENT, bytes, p, lineStop);
      if (p === stop) return this.suspend(STATE_VALUE, p - start);
      if (bytes[p] !== CR) return this.fail(valueFault(bytes, lineAt, p, this.maxLine), p - start);
      p++;
      this.state = STATE_LINE_END;
    }
    if (p === stop) return this.suspend(this.state, p - start);
    if (bytes[p] !== LF) return this.fail(FIELD_LINE.bareCr, p - start);
    this.at = p + 1 - start;
    if (this.state === STATE_END) return COMPLETE;
    const colonAt = start + this.colonAt;
    const known = recogniseField(bytes, lineAt, colonAt);
    const fault = known === FIELD_OTHER ? null : this.understand(bytes, start, known, colonAt + 1, p - 1);
    return fault === null ? LINE_READ : this.fail(fault, p - start);
  }

  /** The value that ends at `p` is not followed by CRLF: it is not complete, or refused. */
  private stopInValue(
    bytes: Uint8Array,
    start: number,
    p: number,
    stop: number,
    lineAt: number,
    colonAt: number,
  ): number {
    this.colonAt = colonAt - start;
    if (p === stop) return this.suspend(STATE_VALUE, p - start);
    if (bytes[p] !== CR) return this.fail(valueFault(bytes, lineAt, p, this.maxLine), p - start);
    if (p + 1 === stop) return this.suspend(STATE_LINE_END, p + 1 - start);
    return this.fail(FIELD_LINE.bareCr, p + 1 - start);
  }

  private suspend(state: number, at: number): number {
    this.state = state;
    this.at = at;
    return NEED_DATA;
  }

  private failTooMany(at: number): number {
    return this.fail(this.trailers ? CHUNKED.tooManyTrailers : FIELD_LINE.tooMany, at);
  }

  private fail(fault: MessageFault, at: number): number {
    this.fault = fault;
    this.at = at;
    return ERROR;
  }

  /** Takes in a field that the session must understand; its untrimmed value is `from` to `to`. */
  private understand(
    bytes: Uint8Array,
    start: number,
    known: number,
    from: number,
    to: number,
  ): MessageFault | null {
    if (this.trailers) return known === FIELD_DATE ? null : CHUNKED.forbiddenTrailer;
    const at = skipWhitespace(bytes, from, to);
    const end = trimWhitespace(bytes, at, to);
    switch (known) {
      case FIELD_HOST:
        return this.request ? this.understandHost(bytes, start, at, end) : null;
      case FIELD_CONTENT_LENGTH:
        if (this.contentLength >= 0) return FIELDS.contentLengthRepeated;
        if (this.codings !== CODINGS_NONE) return FIELDS.lengthAndCoding;
        this.contentLength = readContentLength(bytes, at, end);
        return this.contentLength < 0 ? FIELDS.contentLength : null;
      case FIELD_TRANSFER_ENCODING:
        return this.understandCodings(bytes, at, end);
      case FIELD_CONNECTION: {
        const options = readConnectionOptions(bytes, at, end);
        if (options === OPTIONS_MALFORMED) return FIELDS.connection;
        this.flags |= options;
        return null;
      }
      case FIELD_EXPECT:
        if (!this.request) return null;
        if (!isContinue(bytes, at, end)) return FIELDS.expectation;
        // RFC 9110 §10.1.1: from an HTTP/1.0 client it is ignored.
        if (this.minor === 1) this.flags |= EXPECTS_CONTINUE;
        return null;
      case FIELD_UPGRADE:
        this.flags |= HAS_UPGRADE;
        return null;
      default:
        return null;
    }
  }

  /** An empty value passes here: whether the request may have one depends on its target. */
  private understandHost(bytes: Uint8Array, start: number, at: number, end: number): MessageFault | null {
    if ((this.flags & HAS_HOST) !== 0) return FIELDS.hostRepeated;
    if (at !== end && judgeHost(bytes, at, end) === HOST_INVALID) return FIELDS.host;
    return this.takeHost(at - start, end - start);
  }

  /** A Host value that is valid. */
  private takeHost(at: number, end: number): MessageFault | null {
    if ((this.flags & HAS_HOST) !== 0) return FIELDS.hostRepeated;
    this.flags |= HAS_HOST;
    this.hostAt = at;
    this.hostEnd = end;
    return null;
  }

  private understandCodings(bytes: Uint8Array, at: number, end: number): MessageFault | null {
    if (this.minor === 0) return FIELDS.codingInOld;
    if (this.contentLength >= 0) return FIELDS.lengthAndCoding;
    const said = readTransferCodings(bytes, at, end, this.codings);
    switch (said) {
      case CODINGS_MALFORMED:
        return FIELDS.coding;
      case CODINGS_CHUNKED_TWICE:
        return FIELDS.chunkedRepeated;
      case CODINGS_AFTER_CHUNKED:
        return FIELDS.chunkedNotFinal;
      case CODINGS_PARAMETER:
        return FIELDS.chunkedParameter;
      default:
        this.codings = said;
        return null;
    }
  }
}

/** Whether the name of four octets at `at` is Host, in any case. */
function isHost(bytes: Uint8Array, at: number): boolean {
  return (
    ((bytes[at] as number) | 0x20) === 0x68 &&
    ((bytes[at + 1] as number) | 0x20) === 0x6f &&
    ((bytes[at + 2] as number) | 0x20) === 0x73 &&
    ((bytes[at + 3] as number) | 0x20) === 0x74
  );
}

/** Why the octet at `p` cannot stand in, or end, the name of the line that begins at `lineAt`. */
function nameFault(bytes: Uint8Array, lineAt: number, p: number, maxLine: number): MessageFault {
  if (p === lineAt + maxLine) return FIELD_LINE.lineTooLong;
  const octet = bytes[p] as number;
  if (octet === SP || octet === HTAB) return p === lineAt ? FIELD_LINE.folded : FIELD_LINE.spaceBeforeColon;
  if (octet === LF) return FIELD_LINE.bareLf;
  if (octet === COLON) return FIELD_LINE.nameEmpty;
  return FIELD_LINE.name;
}

/** Why the octet at `p` cannot stand in, or end, the value of the line that begins at `lineAt`. */
function valueFault(bytes: Uint8Array, lineAt: number, p: number, maxLine: number): MessageFault {
  const octet = bytes[p] as number;
  if (FIELD_CONTENT[octet] === 1 && p === lineAt + maxLine) return FIELD_LINE.lineTooLong;
  return octet === LF ? FIELD_LINE.bareLf : FIELD_LINE.value;
}
