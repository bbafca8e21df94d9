/**
 * Reads a chunked body (RFC 9112 §7.1) with its trailer section, and gives the data as ranges of the bytes that
 * it was given: nothing is copied, nothing allocated. Resumable at every octet; a fault is found at the same
 * octet in any segmentation (CON-6). It touches nothing at or after the end that it is given (OWN-6), and keeps
 * no reference to the bytes.
 *
 * Only a trailer section must stay contiguous: of everything else, what has been read need not be kept.
 * This file does not know how much data a message may have, nor what is done with it.
 */

import type { LimitError, ProtocolError } from '../../errors.js';
import { CR, HEX_VALUE, HTAB, LF, QDTEXT, QUOTABLE, SP, TCHAR } from '../octets.js';
import type { MessageFault } from './faults.js';
import { CHUNKED, FIELD_LINE, messageError } from './faults.js';
import { FieldSection } from './field-section.js';
import type { ChunkedLimits } from './limits.js';
import { defaultChunkedLimits } from './limits.js';
import { COMPLETE, DATA, ERROR, NEED_DATA } from './results.js';

const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

const STATE_SIZE = 0;
const STATE_SIZE_END = 1;
const STATE_DATA = 2;
const STATE_DATA_CR = 3;
const STATE_DATA_LF = 4;
const STATE_TRAILERS = 5;
const STATE_COMPLETE = 6;
const STATE_ERROR = 7;
/** Within the extensions: `*( BWS ";" BWS name [ BWS "=" BWS value ] )`, and where in it. */
const STATE_BEFORE_EXTENSION = 8;
const STATE_BEFORE_NAME = 9;
const STATE_NAME = 10;
const STATE_AFTER_NAME = 11;
const STATE_BEFORE_VALUE = 12;
const STATE_VALUE = 13;
const STATE_QUOTED = 14;
const STATE_ESCAPED = 15;
const STATE_AFTER_QUOTED = 16;
/** No state: the octet cannot stand here. */
const REFUSED = -1;

export class ChunkedReader {
  /**
   * Where to read on: what lies before is done with. After NEED_DATA in a trailer section this is the section's
   * start, which must be given again. After ERROR the octet that was refused.
   */
  position: number;
  /** After DATA: the range of data. */
  dataStart: number;
  dataEnd: number;
  /** After COMPLETE: the trailer section's field lines and the empty line, a valid range for a FieldsView. */
  trailersStart: number;
  trailersEnd: number;
  /** After COMPLETE: the trailer field lines. */
  trailerCount: number;
  private state: number;
  /** Of the chunk that is being read: its size while that is read, then what of its data is still to come. */
  private remaining: number;
  private digits: number;
  private extensionBytes: number;
  private extensionBytesOfAll: number;
  private fault: MessageFault | null;
  private readonly reading: 'request' | 'response';
  private readonly limits: ChunkedLimits;
  private readonly section: FieldSection;

  constructor(reading: 'request' | 'response', limits: ChunkedLimits = defaultChunkedLimits) {
    this.position = 0;
    this.dataStart = 0;
    this.dataEnd = 0;
    this.trailersStart = 0;
    this.trailersEnd = 0;
    this.trailerCount = 0;
    this.state = STATE_SIZE;
    this.remaining = 0;
    this.digits = 0;
    this.extensionBytes = 0;
    this.extensionBytesOfAll = 0;
    this.fault = null;
    this.reading = reading;
    this.limits = limits;
    this.section = new FieldSection('trailers', {
      maxFieldLineBytes: limits.maxFieldLineBytes,
      maxFields: limits.maxTrailerFields,
    });
  }

  /** Prepares for the next body. */
  reset(): void {
    this.state = STATE_SIZE;
    this.remaining = 0;
    this.digits = 0;
    this.extensionBytes = 0;
    this.extensionBytesOfAll = 0;
    this.fault = null;
  }

  /** The error, after ERROR. A new object each time, with the answer that the role gives. */
  get error(): ProtocolError | LimitError | undefined {
    return this.fault === null ? undefined : messageError(this.fault, this.reading);
  }

  /** What is still to come of the chunk whose data is due; 0 anywhere else. */
  get dueBytes(): number {
    return this.state === STATE_DATA ? this.remaining : 0;
  }

  /** Whether a trailer section is being read, which must stay contiguous from `position` on. */
  get inTrailers(): boolean {
    return this.state === STATE_TRAILERS;
  }

  /**
   * Reads on. Call again from `position` after DATA, and after NEED_DATA once there is more.
   * @param at where `position` is now
   * @param end the end of what has been received
   * @returns DATA, NEED_DATA, COMPLETE or ERROR; the last two are final until `reset`
   */
  read(bytes: Uint8Array, at: number, end: number): number {
    let p = at;
    while (p < end) {
      switch (this.state) {
        case STATE_DATA: {
          const available = end - p;
          const taken = Math.min(available, this.remaining);
          this.remaining -= taken;
          if (this.remaining === 0) this.state = STATE_DATA_CR;
          this.dataStart = p;
          this.dataEnd = p + taken;
          this.position = p + taken;
          return DATA;
        }
        case STATE_DATA_CR:
          if (end - p >= 2 && bytes[p] === 0x0d && bytes[p + 1] === 0x0a) {
            // The usual case in one step.
            p += 2;
            this.state = STATE_SIZE;
            this.digits = 0;
            this.extensionBytes = 0;
            break;
          }
          if (bytes[p] !== CR) return this.fail(CHUNKED.dataEnd, p);
          p++;
          this.state = STATE_DATA_LF;
          break;
        case STATE_DATA_LF:
          if (bytes[p] !== LF) return this.fail(CHUNKED.dataEnd, p);
          p++;
          this.state = STATE_SIZE;
          this.digits = 0;
          this.extensionBytes = 0;
          break;
        case STATE_SIZE:
          p = this.readSize(bytes, p, end);
          break;
        case STATE_SIZE_END:
          if (bytes[p] !== LF) return this.fail(FIELD_LINE.bareCr, p);
          p++;
          if (this.remaining === 0) {
            this.section.begin(0, 1);
            this.state = STATE_TRAILERS;
          } else this.state = STATE_DATA;
          break;
        case STATE_TRAILERS:
          return this.readTrailers(bytes, p, end);
        case STATE_COMPLETE:
          return COMPLETE;
        case STATE_ERROR:
          return ERROR;
        default:
          p = this.readExtensions(bytes, p, end);
          break;
      }
    }
    if (this.state === STATE_COMPLETE) return COMPLETE;
    if (this.state === STATE_ERROR) return ERROR;
    this.position = p;
    return NEED_DATA;
  }

  /** Reads digits and the octet after them. Returns where to read on; `end` after a fault, which stops the loop. */
  private readSize(bytes: Uint8Array, from: number, end: number): number {
    const values = HEX_VALUE;
    const maxDigits = this.limits.maxChunkSizeDigits;
    let digits = this.digits;
    let size = digits === 0 ? 0 : this.remaining;
    for (let p = from; p < end; p++) {
      const octet = bytes[p] as number;
      const value = values[octet] as number;
      if (value === 255) {
        this.remaining = size;
        this.digits = digits;
        if (digits === 0) return this.refuse(CHUNKED.size, p, end);
        if (octet === CR) {
          if (size > 0 && p + 1 < end && bytes[p + 1] === LF) {
            this.state = STATE_DATA;
            return p + 2;
          }
          this.state = STATE_SIZE_END;
          return p + 1;
        }
        if (octet !== SEMICOLON && octet !== SP && octet !== HTAB)
          return this.refuse(sizeFault(octet), p, end);
        this.state = STATE_BEFORE_EXTENSION;
        return p;
      }
      if (digits === maxDigits) return this.refuse(CHUNKED.sizeTooLong, p, end);
      size = size * 16 + value;
      if (size > Number.MAX_SAFE_INTEGER) return this.refuse(CHUNKED.size, p, end);
      digits++;
    }
    this.remaining = size;
    this.digits = digits;
    return end;
  }

  private readExtensions(bytes: Uint8Array, from: number, end: number): number {
    let p = from;
    for (; p < end && this.state >= STATE_BEFORE_EXTENSION; p++) {
      const octet = bytes[p] as number;
      const next = nextInExtension(this.state, octet);
      if (next === REFUSED) {
        return this.refuse(octet === LF ? FIELD_LINE.bareLf : CHUNKED.extension, p, end);
      }
      this.state = next;
      if (next !== STATE_SIZE_END) {
        if (++this.extensionBytes > this.limits.maxChunkExtensionBytes) {
          return this.refuse(CHUNKED.extensionTooLong, p, end);
        }
        if (++this.extensionBytesOfAll > this.limits.maxExtensionBytes) {
          return this.refuse(CHUNKED.extensionsTooLong, p, end);
        }
      }
    }
    return p;
  }

  private readTrailers(bytes: Uint8Array, at: number, end: number): number {
    const limit = at + this.limits.maxTrailerBytes;
    const stop = Math.min(limit, end);
    const result = this.section.read(bytes, at, stop);
    this.position = at;
    if (result === NEED_DATA) return stop === end ? NEED_DATA : this.fail(CHUNKED.trailersTooLarge, limit);
    if (result === ERROR) return this.fail(this.section.fault ?? FIELD_LINE.name, at + this.section.at);
    this.position = at + this.section.at;
    this.trailersStart = at;
    this.trailersEnd = this.position;
    this.trailerCount = this.section.count;
    this.state = STATE_COMPLETE;
    return COMPLETE;
  }

  private fail(fault: MessageFault, at: number): number {
    this.state = STATE_ERROR;
    this.fault = fault;
    this.position = at;
    return ERROR;
  }

  private refuse(fault: MessageFault, at: number, end: number): number {
    this.fail(fault, at);
    return end;
  }
}

function sizeFault(octet: number): MessageFault {
  return octet === LF ? FIELD_LINE.bareLf : CHUNKED.sizeLine;
}

/** The state after `octet` within extensions, STATE_SIZE_END after the CR that ends them, or REFUSED. */
function nextInExtension(state: number, octet: number): number {
  const blank = octet === SP || octet === HTAB;
  switch (state) {
    case STATE_BEFORE_EXTENSION:
      if (blank) return state;
      return octet === SEMICOLON ? STATE_BEFORE_NAME : REFUSED;
    case STATE_BEFORE_NAME:
      if (blank) return state;
      return TCHAR[octet] === 1 ? STATE_NAME : REFUSED;
    case STATE_NAME:
      if (TCHAR[octet] === 1) return state;
      if (octet === EQUALS) return STATE_BEFORE_VALUE;
      if (blank) return STATE_AFTER_NAME;
      return afterExtension(octet);
    case STATE_AFTER_NAME:
      if (blank) return state;
      if (octet === EQUALS) return STATE_BEFORE_VALUE;
      return octet === SEMICOLON ? STATE_BEFORE_NAME : REFUSED;
    case STATE_BEFORE_VALUE:
      if (blank) return state;
      if (octet === QUOTE) return STATE_QUOTED;
      return TCHAR[octet] === 1 ? STATE_VALUE : REFUSED;
    case STATE_VALUE:
      if (TCHAR[octet] === 1) return state;
      return blank ? STATE_BEFORE_EXTENSION : afterExtension(octet);
    case STATE_QUOTED:
      if (octet === QUOTE) return STATE_AFTER_QUOTED;
      if (octet === BACKSLASH) return STATE_ESCAPED;
      return QDTEXT[octet] === 1 ? state : REFUSED;
    case STATE_ESCAPED:
      return QUOTABLE[octet] === 1 ? STATE_QUOTED : REFUSED;
    default:
      return blank ? STATE_BEFORE_EXTENSION : afterExtension(octet);
  }
}

function afterExtension(octet: number): number {
  if (octet === SEMICOLON) return STATE_BEFORE_NAME;
  return octet === CR ? STATE_SIZE_END : REFUSED;
}
