/**
 * Fields on their way out: judged first, written after. A message's framing is the session's, so what a caller
 * says in its list about framing and connection is either understood or refused, and never copied:
 *
 *  - `Content-Length` declares the length of the content; the session writes the line.
 *  - `Connection` may say `close` or `keep-alive`; the session writes the line, and names Upgrade and TE in it if they
 *    are given (RFC 9110 §7.8, §10.1.4).
 *  - `Transfer-Encoding`, `Keep-Alive` and `Proxy-Connection` are refused.
 *
 * Everything else is written as it is given, when a reader would give it back the same (WIRE-4): a name is a
 * token, a value has octets of FIELD_CONTENT only and no white space at its ends.
 *
 * Writers are all-or-nothing (WS-8): they return the position after what they wrote, or -1 when it does not fit
 * between `at` and `end`, and then what stands there means nothing. This file does not know heads and chunks.
 */

import { MisuseError } from '../../errors.js';
import { copyBytes } from '../../memory/copy-bytes.js';
import type { TextCodec } from '../../memory/text.js';
import { plainText } from '../../memory/text.js';
import { COLON, CR, FIELD_CONTENT, LF, SP, TCHAR } from '../octets.js';
import {
  FIELD_CONNECTION,
  FIELD_CONTENT_LENGTH,
  FIELD_DATE,
  FIELD_EXPECT,
  FIELD_HOST,
  FIELD_KEEP_ALIVE,
  FIELD_OTHER,
  FIELD_PROXY_CONNECTION,
  FIELD_TE,
  FIELD_TRANSFER_ENCODING,
  FIELD_UPGRADE,
  recogniseName,
} from './field-names.js';
import {
  EXPECTS_CONTINUE,
  HAS_DATE,
  HAS_HOST,
  HAS_TE,
  HAS_UPGRADE,
  SAYS_CLOSE,
  SAYS_KEEP_ALIVE,
} from './field-section.js';

/** Fields to send, in order. */
export type OutgoingFields = readonly (readonly [name: string, value: string])[];

/** Octets of a line besides its name and its value: colon, space, CRLF. */
const LINE_OVERHEAD = 4;

/** What a caller's fields say that the session acts upon. Made once and used again for every message. */
export class FieldJudge {
  /** The declared length, or -1. */
  contentLength: number;
  /** `HAS_`, `SAYS_` and `EXPECTS_` bits of field-section.ts. */
  flags: number;

  constructor() {
    this.contentLength = -1;
    this.flags = 0;
  }

  /**
   * Judges the fields of a head.
   * @throws MisuseError `field-list`, `field-name`, `field-value`, or `field-framing` for a framing or connection field that is
   *   not the caller's to send
   */
  judge(fields: OutgoingFields): void {
    this.contentLength = -1;
    this.flags = 0;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i] as readonly [string, string];
      requirePair(field);
      const name = field[0];
      const value = field[1];
      requireName(name);
      requireValue(name, value);
      const known = recogniseName(name);
      if (known !== FIELD_OTHER) this.understand(known, name, value);
    }
  }

  private understand(known: number, name: string, value: string): void {
    switch (known) {
      case FIELD_CONTENT_LENGTH:
        if (this.contentLength >= 0) throw refusal('RFC 9110 §8.6', name, 'is given twice');
        this.contentLength = declaredLength(name, value);
        break;
      case FIELD_CONNECTION:
        this.flags |= connectionBits(name, value);
        break;
      case FIELD_TRANSFER_ENCODING:
      case FIELD_KEEP_ALIVE:
      case FIELD_PROXY_CONNECTION:
        throw refusal('RFC 9110 §7.6.1', name, 'is the connection’s, not the caller’s');
      case FIELD_HOST:
        if ((this.flags & HAS_HOST) !== 0) throw refusal('RFC 9112 §3.2', name, 'is given twice');
        this.flags |= HAS_HOST;
        break;
      case FIELD_EXPECT:
        this.flags |= EXPECTS_CONTINUE;
        break;
      case FIELD_UPGRADE:
        this.flags |= HAS_UPGRADE;
        break;
      case FIELD_TE:
        this.flags |= HAS_TE;
        break;
      case FIELD_DATE:
        this.flags |= HAS_DATE;
        break;
    }
  }
}

/**
 * Judges trailer fields: what a reader refuses in a trailer section (RFC 9110 §6.5.1) is refused here.
 * @throws MisuseError `field-list`, `field-name`, `field-value`, `field-framing`
 */
export function judgeTrailers(fields: OutgoingFields): void {
  requireList(fields);
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i] as readonly [string, string];
    requirePair(field);
    const name = field[0];
    const value = field[1];
    requireName(name);
    requireValue(name, value);
    const known = recogniseName(name);
    if (known !== FIELD_OTHER && known !== FIELD_DATE)
      throw refusal('RFC 9110 §6.5.1', name, 'is not allowed in a trailer section');
  }
}

/** Writes the lines of judged fields, without those that the session writes itself. */
export function writeFields(
  fields: OutgoingFields,
  bytes: Uint8Array,
  at: number,
  end: number,
  text: TextCodec = plainText,
): number {
  let p = at;
  for (let i = 0; i < fields.length; i++) {
    const [name, value] = fields[i] as readonly [string, string];
    const known = recogniseName(name);
    if (known === FIELD_CONTENT_LENGTH || known === FIELD_CONNECTION) continue;
    if (end - p < name.length + value.length + LINE_OVERHEAD) return -1;
    p = text.write(name, bytes, p);
    bytes[p++] = COLON;
    bytes[p++] = SP;
    p = text.write(value, bytes, p);
    bytes[p++] = CR;
    bytes[p++] = LF;
  }
  return p;
}

/** Fields that were judged and encoded once, to be sent many times. */
export class PreparedFields {
  readonly contentLength: number;
  /** `HAS_`, `SAYS_` and `EXPECTS_` bits of field-section.ts. */
  readonly flags: number;
  /** The lines. Foreign bytes: lent to whoever writes, never changed. */
  readonly bytes: Uint8Array;

  /** @throws MisuseError as FieldJudge does */
  constructor(fields: OutgoingFields) {
    requireList(fields);
    const judge = new FieldJudge();
    judge.judge(fields);
    this.contentLength = judge.contentLength;
    this.flags = judge.flags;
    let size = 0;
    for (const [name, value] of fields) size += name.length + value.length + LINE_OVERHEAD;
    const bytes = new Uint8Array(size);
    this.bytes = bytes.subarray(0, writeFields(fields, bytes, 0, size));
  }
}

/** Copies `source` to `at`. */
export function writeBytes(source: Uint8Array, bytes: Uint8Array, at: number, end: number): number {
  const length = source.length;
  if (end - at < length) return -1;
  return copyBytes(source, 0, length, bytes, at);
}

/** Asked before anything is read of it: a program without type checks may give anything. @throws MisuseError `field-list` */
export function requireList(fields: OutgoingFields): void {
  if (!Array.isArray(fields)) throw noFields();
}

/** @throws MisuseError `field-list` */
function requirePair(field: readonly [string, string]): void {
  if (typeof field !== 'object' || field === null) throw noFields();
}

function noFields(): MisuseError {
  return new MisuseError(
    'field-list',
    'RFC 9110 §5',
    'fields are given as an array of names with their values',
  );
}

/** @throws MisuseError `field-name` */
function requireName(name: string): void {
  if (typeof name !== 'string') {
    throw new MisuseError('field-name', 'RFC 9110 §5.1', `a field name must be a string, not ${typeof name}`);
  }
  let i = 0;
  // Beyond the table is undefined, which is no 1.
  while (i < name.length && TCHAR[name.charCodeAt(i)] === 1) i++;
  if (i === 0 || i < name.length) {
    throw new MisuseError(
      'field-name',
      'RFC 9110 §5.1',
      `a field name must be a token, not ${JSON.stringify(name)}`,
    );
  }
}

/** @throws MisuseError `field-value` */
function requireValue(name: string, value: string): void {
  if (typeof value !== 'string') {
    throw new MisuseError(
      'field-value',
      'RFC 9110 §5.5',
      `the value of ${name} must be a string, not ${typeof value}`,
    );
  }
  const length = value.length;
  let i = 0;
  while (i < length && FIELD_CONTENT[value.charCodeAt(i)] === 1) i++;
  if (i < length || (length > 0 && (value.charCodeAt(0) <= SP || value.charCodeAt(length - 1) <= SP))) {
    throw new MisuseError(
      'field-value',
      'RFC 9110 §5.5',
      `the value of ${name} must have no control character, none above U+00FF, and no white space at its ends`,
    );
  }
}

function declaredLength(name: string, value: string): number {
  if (!/^[0-9]+$/.test(value)) throw refusal('RFC 9110 §8.6', name, 'must be a decimal number');
  const length = Number(value);
  if (!Number.isSafeInteger(length)) throw refusal('RFC 9110 §8.6', name, 'must be below 2^53');
  return length;
}

function connectionBits(name: string, value: string): number {
  let bits = 0;
  for (const option of value.toLowerCase().split(',')) {
    switch (option.trim()) {
      case 'close':
        bits |= SAYS_CLOSE;
        break;
      case 'keep-alive':
        bits |= SAYS_KEEP_ALIVE;
        break;
      default:
        throw refusal('RFC 9110 §7.6.1', name, 'may say close or keep-alive only');
    }
  }
  return bits;
}

function refusal(section: string, name: string, why: string): MisuseError {
  return new MisuseError('field-framing', section, `${name} ${why}`);
}
