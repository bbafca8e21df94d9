/**
 * Reads a request-line (RFC 9112 §3) with the empty lines that may precede it. Resumable at every octet; the
 * octets from the unit's start must stay contiguous, but may move between calls. This file does not know the
 * fields that follow.
 */

import type { TextCodec } from '../../memory/text.js';
import { CR, HEX_VALUE, LF, PATH_QUERY, SP, TARGET, TCHAR } from '../octets.js';
import { skipClass } from '../scan.js';
import type { MessageFault } from './faults.js';
import { FIELD_LINE, START_LINE } from './faults.js';
import type { HeadLimits } from './limits.js';
import { methodText } from './methods.js';
import { COMPLETE, ERROR, NEED_DATA } from './results.js';
import { FORM_INVALID, FORM_ORIGIN, targetForm } from './target.js';

const PERCENT = 0x25;
const SLASH = 0x2f;
const DOT = 0x2e;
const ZERO = 0x30;
const ONE = 0x31;
const NINE = 0x39;

const STATE_LEAD = 0;
const STATE_EMPTY_LINE = 1;
const STATE_METHOD = 2;
const STATE_TARGET = 3;
const STATE_VERSION = 4;

/** `HTTP/d.d` CRLF: what stands at each place, 0 for a digit. */
const VERSION_AND_END = [0x48, 0x54, 0x54, 0x50, 0x2f, 0, DOT, 0, CR, LF];
const MAJOR_PLACE = 5;
const MINOR_PLACE = 7;
const END_PLACE = 8;
/** Octets of the shortest request-line that is read in one step: `GET / HTTP/1.1` CRLF. */
const SHORTEST_GET = 16;

// A constant of this module is one to the compiler, an imported table is looked up at every use.
const pathQuery = PATH_QUERY;

export class RequestLine {
  /** Octets of the unit read so far; after COMPLETE, where the fields begin; after ERROR, the position of the fault. */
  at: number;
  method: string;
  /** One of the `FORM_` constants. */
  form: number;
  /** Where the target is, relative to the unit's start. */
  targetAt: number;
  targetEnd: number;
  /** 0, or 1 for every later minor version (RFC 9110 §2.5). */
  minor: number;
  fault: MessageFault | null;
  private state: number;
  private emptyLines: number;
  private methodAt: number;
  private versionAt: number;
  private readonly text: TextCodec;
  private readonly maxMethod: number;
  private readonly maxTarget: number;
  private readonly maxEmptyLines: number;

  constructor(limits: HeadLimits, text: TextCodec) {
    this.at = 0;
    this.method = '';
    this.form = FORM_INVALID;
    this.targetAt = 0;
    this.targetEnd = 0;
    this.minor = 1;
    this.fault = null;
    this.state = STATE_LEAD;
    this.emptyLines = 0;
    this.methodAt = 0;
    this.versionAt = 0;
    this.text = text;
    this.maxMethod = limits.maxMethodBytes;
    this.maxTarget = limits.maxTargetBytes;
    this.maxEmptyLines = limits.maxLeadingEmptyLines;
  }

  reset(): void {
    this.at = 0;
    this.fault = null;
    this.state = STATE_LEAD;
    this.emptyLines = 0;
  }

  /** Whether the octets read so far end inside the request-target. */
  get inTarget(): boolean {
    return this.state === STATE_TARGET;
  }

  /** Octets of the empty lines read so far, of which the last may not be whole; 0 once there is more than these. */
  get emptyLineBytes(): number {
    return this.state <= STATE_EMPTY_LINE ? this.at : 0;
  }

  /** Reads on. `start` is where the unit begins now; nothing at or after `stop` is touched. */
  read(bytes: Uint8Array, start: number, stop: number): number {
    if (this.at === 0 && stop - start >= SHORTEST_GET && this.readUsual(bytes, start, stop)) return COMPLETE;
    return this.readStepwise(bytes, start, stop);
  }

  /** What most requests are, whole: GET or POST, origin-form without percent-encodings, HTTP/1.1. False, and nothing happened, for any other. */
  private readUsual(bytes: Uint8Array, start: number, stop: number): boolean {
    const isPosted = isPost(bytes, start);
    if (this.maxMethod < 4 || !(isPosted || isGet(bytes, start))) return false;
    const targetAt = start + (isPosted ? 5 : 4);
    if (bytes[targetAt] !== SLASH) return false;
    const p = skipClass(pathQuery, bytes, targetAt, Math.min(targetAt + this.maxTarget, stop));
    const at = p + 1 + VERSION_AND_END.length;
    if (at > stop || bytes[p] !== SP || !isVersion11(bytes, p + 1)) return false;
    this.method = isPosted ? 'POST' : 'GET';
    this.minor = 1;
    this.form = FORM_ORIGIN;
    this.targetAt = targetAt - start;
    this.targetEnd = p - start;
    this.state = STATE_VERSION;
    this.at = at - start;
    return true;
  }

  private readStepwise(bytes: Uint8Array, start: number, stop: number): number {
    let p = start + this.at;
    if (this.state <= STATE_EMPTY_LINE) {
      for (;;) {
        if (p === stop) return this.suspend(p - start);
        const octet = bytes[p] as number;
        if (this.state === STATE_EMPTY_LINE) {
          if (octet !== LF) return this.fail(FIELD_LINE.bareCr, p - start);
          this.state = STATE_LEAD;
        } else {
          if (octet !== CR) break;
          if (this.emptyLines === this.maxEmptyLines) return this.fail(START_LINE.emptyLines, p - start);
          this.emptyLines++;
          this.state = STATE_EMPTY_LINE;
        }
        p++;
      }
      this.methodAt = p - start;
      this.state = STATE_METHOD;
    }
    if (this.state === STATE_METHOD) {
      const methodAt = start + this.methodAt;
      const limit = methodAt + this.maxMethod;
      const methodStop = Math.min(limit, stop);
      p = skipClass(TCHAR, bytes, p, methodStop);
      if (p === stop) return this.suspend(p - start);
      if (bytes[p] !== SP || p === methodAt)
        return this.fail(methodFault(bytes[p] as number, p, limit), p - start);
      this.method = methodText(bytes, methodAt, p, this.text);
      p++;
      this.targetAt = p - start;
      this.state = STATE_TARGET;
    }
    if (this.state === STATE_TARGET) {
      if (p === stop) return this.suspend(p - start);
      const targetAt = start + this.targetAt;
      const limit = targetAt + this.maxTarget;
      const targetStop = Math.min(limit, stop);
      const allowed = bytes[targetAt] === SLASH ? PATH_QUERY : TARGET;
      for (;;) {
        p = skipClass(allowed, bytes, p, targetStop);
        if (p === stop) return this.suspend(p - start);
        const octet = bytes[p] as number;
        if (octet === SP && p !== targetAt) break;
        if (octet !== PERCENT) {
          const tooLong = p === limit && allowed[octet] === 1;
          return this.fail(tooLong ? START_LINE.targetTooLong : START_LINE.target, p - start);
        }
        if (p + 3 > limit) return this.fail(START_LINE.targetTooLong, p - start);
        // A suspended percent-encoding is read again from its first octet: two octets at most.
        if (p + 1 === stop) return this.suspend(p - start);
        if (HEX_VALUE[bytes[p + 1] as number] === 255) return this.fail(START_LINE.target, p + 1 - start);
        if (p + 2 === stop) return this.suspend(p - start);
        if (HEX_VALUE[bytes[p + 2] as number] === 255) return this.fail(START_LINE.target, p + 2 - start);
        p += 3;
      }
      this.targetEnd = p - start;
      p++;
      this.versionAt = p - start;
      this.state = STATE_VERSION;
    }
    return this.readVersion(bytes, start, p, stop);
  }

  private readVersion(bytes: Uint8Array, start: number, from: number, stop: number): number {
    let p = from;
    const versionAt = start + this.versionAt;
    for (; p < versionAt + VERSION_AND_END.length; p++) {
      if (p === stop) return this.suspend(p - start);
      const place = p - versionAt;
      const octet = bytes[p] as number;
      if (place === MAJOR_PLACE || place === MINOR_PLACE) {
        if (octet < ZERO || octet > NINE) return this.fail(START_LINE.version, p - start);
        if (place === MINOR_PLACE) {
          if (bytes[versionAt + MAJOR_PLACE] !== ONE)
            return this.fail(START_LINE.versionUnsupported, p - start);
          this.minor = octet === ZERO ? 0 : 1;
        }
      } else if (octet !== VERSION_AND_END[place]) {
        return this.fail(versionFault(octet, place), p - start);
      }
    }
    return this.finish(bytes, start, p);
  }

  private finish(bytes: Uint8Array, start: number, p: number): number {
    const targetAt = start + this.targetAt;
    const targetEnd = start + this.targetEnd;
    this.form =
      bytes[targetAt] === SLASH && this.method !== 'CONNECT'
        ? FORM_ORIGIN
        : targetForm(bytes, targetAt, targetEnd, this.method);
    if (this.form === FORM_INVALID) return this.fail(START_LINE.target, p - 1 - start);
    this.at = p - start;
    return COMPLETE;
  }

  private suspend(at: number): number {
    this.at = at;
    return NEED_DATA;
  }

  private fail(fault: MessageFault, at: number): number {
    this.fault = fault;
    this.at = at;
    return ERROR;
  }
}

/** The usual methods, and the space after them. */
function isPost(bytes: Uint8Array, p: number): boolean {
  return (
    bytes[p] === 0x50 &&
    bytes[p + 1] === 0x4f &&
    bytes[p + 2] === 0x53 &&
    bytes[p + 3] === 0x54 &&
    bytes[p + 4] === SP
  );
}

function isGet(bytes: Uint8Array, p: number): boolean {
  return bytes[p] === 0x47 && bytes[p + 1] === 0x45 && bytes[p + 2] === 0x54 && bytes[p + 3] === SP;
}

/** The usual end of a request-line, in one step. */
function isVersion11(bytes: Uint8Array, p: number): boolean {
  return (
    bytes[p] === 0x48 &&
    bytes[p + 1] === 0x54 &&
    bytes[p + 2] === 0x54 &&
    bytes[p + 3] === 0x50 &&
    bytes[p + 4] === SLASH &&
    bytes[p + 5] === ONE &&
    bytes[p + 6] === DOT &&
    bytes[p + 7] === ONE &&
    bytes[p + 8] === CR &&
    bytes[p + 9] === LF
  );
}

function methodFault(octet: number, p: number, limit: number): MessageFault {
  if (p === limit && TCHAR[octet] === 1) return START_LINE.methodTooLong;
  return octet === LF ? FIELD_LINE.bareLf : START_LINE.method;
}

function versionFault(octet: number, place: number): MessageFault {
  if (place === END_PLACE && octet === LF) return FIELD_LINE.bareLf;
  if (place > END_PLACE) return FIELD_LINE.bareCr;
  return START_LINE.version;
}
