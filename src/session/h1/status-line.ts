/**
 * Reads a status-line (RFC 9112 §4). Resumable at every octet; the octets from the unit's start must stay
 * contiguous, but may move between calls. This file does not know the fields that follow, nor the request.
 */

import type { TextCodec } from '../../memory/text.js';
import { CR, FIELD_CONTENT, LF, SP } from '../octets.js';
import { skipClass } from '../scan.js';
import type { MessageFault } from './faults.js';
import { FIELD_LINE, START_LINE } from './faults.js';
import type { HeadLimits } from './limits.js';
import { COMPLETE, ERROR, NEED_DATA } from './results.js';
import { reasonPhrase } from './statuses.js';

const ZERO = 0x30;
const ONE = 0x31;
const FIVE = 0x35;
const NINE = 0x39;
const DIGIT = 0;

/** `HTTP/d.d ddd ` : what stands at each place. */
const PREFIX = [0x48, 0x54, 0x54, 0x50, 0x2f, DIGIT, 0x2e, DIGIT, SP, DIGIT, DIGIT, DIGIT, SP];
const MAJOR_PLACE = 5;
const STATUS_PLACE = 9;

const STATE_PREFIX = 0;
const STATE_REASON = 1;
const STATE_LINE_END = 2;

export class StatusLine {
  /** Octets of the unit read so far; after COMPLETE, where the fields begin; after ERROR, the position of the fault. */
  at: number;
  status: number;
  reason: string;
  /** 0, or 1 for every later minor version (RFC 9110 §2.5). */
  minor: number;
  fault: MessageFault | null;
  private state: number;
  private major: number;
  private readonly text: TextCodec;
  private readonly maxLine: number;

  constructor(limits: HeadLimits, text: TextCodec) {
    this.at = 0;
    this.status = 0;
    this.reason = '';
    this.minor = 1;
    this.fault = null;
    this.state = STATE_PREFIX;
    this.major = 0;
    this.text = text;
    this.maxLine = limits.maxFieldLineBytes;
  }

  reset(): void {
    this.at = 0;
    this.status = 0;
    this.fault = null;
    this.state = STATE_PREFIX;
  }

  /** Reads on. `start` is where the unit begins now; nothing at or after `stop` is touched. */
  read(bytes: Uint8Array, start: number, stop: number): number {
    let p = start + this.at;
    const reasonAt = start + PREFIX.length;
    if (this.state === STATE_PREFIX) {
      if (p === start && stop - p >= PREFIX.length && this.readUsual(bytes, p)) p = reasonAt;
      for (; p < reasonAt; p++) {
        if (p === stop) return this.suspend(p - start);
        const fault = this.prefixFault(bytes[p] as number, p - start);
        if (fault !== null) return this.fail(fault, p - start);
      }
      this.state = STATE_REASON;
    }
    if (this.state === STATE_REASON) {
      const limit = start + this.maxLine;
      const reasonStop = Math.min(limit, stop);
      p = skipClass(FIELD_CONTENT, bytes, p, reasonStop);
      if (p === stop) return this.suspend(p - start);
      if (bytes[p] !== CR) return this.fail(reasonFault(bytes[p] as number, p === limit), p - start);
      p++;
      this.state = STATE_LINE_END;
    }
    if (p === stop) return this.suspend(p - start);
    if (bytes[p] !== LF) return this.fail(FIELD_LINE.bareCr, p - start);
    this.reason = this.readReason(bytes, reasonAt, p - 1);
    this.at = p + 1 - start;
    return COMPLETE;
  }

  /** `HTTP/1.1`, a status-code and the space behind it, whole. False, and nothing happened, for anything else. */
  private readUsual(bytes: Uint8Array, p: number): boolean {
    const hundreds = (bytes[p + 9] as number) - ZERO;
    const tens = (bytes[p + 10] as number) - ZERO;
    const ones = (bytes[p + 11] as number) - ZERO;
    if (
      bytes[p] !== 0x48 ||
      bytes[p + 1] !== 0x54 ||
      bytes[p + 2] !== 0x54 ||
      bytes[p + 3] !== 0x50 ||
      bytes[p + 4] !== 0x2f ||
      bytes[p + 5] !== ONE ||
      bytes[p + 6] !== 0x2e ||
      bytes[p + 7] !== ONE ||
      bytes[p + 8] !== 0x20 ||
      bytes[p + 12] !== 0x20 ||
      !(hundreds >= 1 && hundreds <= 5 && tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9)
    ) {
      return false;
    }
    this.minor = 1;
    this.status = hundreds * 100 + tens * 10 + ones;
    return true;
  }

  /** What is wrong with the octet at this place, if anything; keeps the version and the status. */
  private prefixFault(octet: number, place: number): MessageFault | null {
    if (PREFIX[place] !== DIGIT) {
      if (octet === PREFIX[place]) return null;
      return place > STATUS_PLACE ? START_LINE.statusCode : START_LINE.statusVersion;
    }
    const isDigit = octet >= ZERO && octet <= NINE;
    if (place >= STATUS_PLACE) {
      // RFC 9110 §15: only 100 to 599 are status codes.
      if (!isDigit || (place === STATUS_PLACE && (octet < ONE || octet > FIVE))) return START_LINE.statusCode;
      this.status = this.status * 10 + octet - ZERO;
      return null;
    }
    if (!isDigit) return START_LINE.statusVersion;
    if (place === MAJOR_PLACE) this.major = octet - ZERO;
    else {
      if (this.major !== 1) return START_LINE.versionUnsupported;
      this.minor = octet === ZERO ? 0 : 1;
    }
    return null;
  }

  /** The usual phrase is interned. */
  private readReason(bytes: Uint8Array, at: number, end: number): string {
    const usual = reasonPhrase(this.status);
    if (usual.length === end - at) {
      let same = 0;
      while (same < usual.length && usual.charCodeAt(same) === bytes[at + same]) same++;
      if (same === usual.length) return usual;
    }
    return this.text.latin1(bytes, at, end);
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

function reasonFault(octet: number, atLimit: boolean): MessageFault {
  if (atLimit && FIELD_CONTENT[octet] === 1) return FIELD_LINE.lineTooLong;
  return octet === LF ? FIELD_LINE.bareLf : START_LINE.reason;
}
