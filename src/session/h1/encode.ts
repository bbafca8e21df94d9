/**
 * Writes heads (RFC 9112 §3, §4) and the frames of the chunked coding (§7.1) into bytes that the caller holds. All
 * writers are all-or-nothing (WS-8): they return the position after what they wrote, or -1 when it does not fit
 * between `at` and `end`, and then what stands there means nothing. Misuse is thrown before anything is written.
 * This file does not know when a message is complete, nor who decides its framing.
 */

import { MisuseError } from '../../errors.js';
import { copyBytes } from '../../memory/copy-bytes.js';
import type { TextCodec } from '../../memory/text.js';
import { plainText } from '../../memory/text.js';
import { HOST_INVALID, judgeHostText } from '../host.js';
import { CR, HEX_VALUE, LF, octetsOf, PATH_QUERY, SP, TARGET, TCHAR } from '../octets.js';
import {
  judgeTrailers,
  type OutgoingFields,
  PreparedFields,
  writeBytes,
  writeFields,
} from './encode-fields.js';
import { FRAMING_CHUNKED, FRAMING_LENGTH } from './head-reader.js';
import { reasonPhrase } from './statuses.js';
import { FORM_INVALID, targetForm } from './target.js';

/** What the head says about the connection, as bits; without any, nothing: the version's default holds. */
export const CONNECTION_UNSAID = 0;
export const CONNECTION_CLOSE = 1 << 0;
/** Only needed towards HTTP/1.0 (RFC 9112 §9.3). */
export const CONNECTION_KEEP_ALIVE = 1 << 1;
/** Whoever sends Upgrade names it here (RFC 9110 §7.8). */
export const CONNECTION_UPGRADE = 1 << 2;
/** And so does who sends TE (RFC 9110 §10.1.4). */
export const CONNECTION_TE = 1 << 3;
/** And HTTP2-Settings (RFC 7540 §3.2.1). */
export const CONNECTION_HTTP2_SETTINGS = 1 << 4;

const CONNECTION_OPTIONS = ['close', 'keep-alive', 'upgrade', 'TE', 'HTTP2-Settings'];
/** By the bits above. */
const CONNECTION_LINES: readonly Uint8Array[] = Array.from(
  { length: 1 << CONNECTION_OPTIONS.length },
  (_, bits) =>
    octetsOf(
      `Connection: ${CONNECTION_OPTIONS.filter((_option, i) => (bits & (1 << i)) !== 0).join(', ')}\r\n`,
    ),
);
const CHUNKED_LINE = octetsOf('Transfer-Encoding: chunked\r\n');
const CONTENT_LENGTH = octetsOf('Content-Length: ');
const LAST_CHUNK = octetsOf('0\r\n');
const HEX_DIGITS = octetsOf('0123456789abcdef');
/** How a request-line ends where the fields say Host, or nothing does. */
export const LINE_END: Uint8Array = octetsOf(' HTTP/1.1\r\n');
/** Two octets that end a line, and the data of a chunk. Foreign bytes, never changed. */
export const CRLF: Uint8Array = octetsOf('\r\n');
/** The end of a chunked body without trailers. Foreign bytes, never changed. */
const CHUNKED_END: Uint8Array = octetsOf('0\r\n\r\n');

const STATUS_LINES: (Uint8Array | undefined)[] = new Array<Uint8Array | undefined>(600).fill(undefined);

/**
 * A response head.
 * @param status 100 to 599; the usual reason-phrase is written
 * @param fields judged by a FieldJudge, or prepared
 * @param framing FRAMING_LENGTH writes Content-Length, FRAMING_CHUNKED Transfer-Encoding, any other neither
 * @param date written after the status-line, when given
 */
export function encodeResponseHead(
  bytes: Uint8Array,
  at: number,
  end: number,
  status: number,
  fields: OutgoingFields | PreparedFields,
  framing: number,
  contentLength: number,
  connection: number,
  date: PreparedFields | undefined,
  text: TextCodec = plainText,
): number {
  let p = writeBytes(statusLine(status), bytes, at, end);
  if (p >= 0 && date !== undefined) p = writeBytes(date.bytes, bytes, p, end);
  return p < 0 ? -1 : writeRest(bytes, p, end, fields, framing, contentLength, connection, text);
}

/**
 * A request head.
 * @param method judged by `requireMethod`
 * @param target judged by `requireTarget`
 * @param lineEnd LINE_END when `fields` has Host, else what `lineEndWithHost` makes
 * @param fields judged by a FieldJudge, or prepared
 * @param framing FRAMING_LENGTH writes Content-Length, FRAMING_CHUNKED Transfer-Encoding, any other neither
 */
export function encodeRequestHead(
  bytes: Uint8Array,
  at: number,
  end: number,
  method: string,
  target: string,
  lineEnd: Uint8Array,
  fields: OutgoingFields | PreparedFields,
  framing: number,
  contentLength: number,
  connection: number,
  text: TextCodec = plainText,
): number {
  if (end - at < method.length + 1 + target.length) return -1;
  let p = text.write(method, bytes, at);
  bytes[p++] = SP;
  p = text.write(target, bytes, p);
  p = writeBytes(lineEnd, bytes, p, end);
  return p < 0 ? -1 : writeRest(bytes, p, end, fields, framing, contentLength, connection, text);
}

/** How a request-line ends, and the Host line behind it. @param authority judged by `requireAuthority` */
export function lineEndWithHost(authority: string): Uint8Array {
  return octetsOf(` HTTP/1.1\r\nHost: ${authority}\r\n`);
}

/**
 * A response head that begins as another did.
 * @param front status-line, Date and fields of that one
 */
export function encodeResponseFrom(
  front: Uint8Array,
  bytes: Uint8Array,
  at: number,
  end: number,
  framing: number,
  contentLength: number,
  connection: number,
): number {
  const p = writeBytes(front, bytes, at, end);
  return p < 0 ? -1 : writeEnd(bytes, p, end, framing, contentLength, connection);
}

/** The chunk-size line of a chunk of `size` octets, not 0, which would end the body. */
export function encodeChunkSize(size: number, bytes: Uint8Array, at: number, end: number): number {
  if (!(size > 0 && Number.isSafeInteger(size))) {
    throw new MisuseError(
      'chunk-size',
      'RFC 9112 §7.1',
      `a chunk must have from 1 to 2^53-1 octets, not ${size}`,
    );
  }
  let digits = 1;
  for (let power = 16; power <= size; power *= 16) digits++;
  if (end - at < digits + 2) return -1;
  let rest = size;
  for (let p = at + digits - 1; p >= at; p--) {
    const digit = rest % 16;
    bytes[p] = HEX_DIGITS[digit] as number;
    rest = (rest - digit) / 16;
  }
  bytes[at + digits] = CR;
  bytes[at + digits + 1] = LF;
  return at + digits + 2;
}

/** A whole chunk with a copy of `from` to `to` of `data`, not empty. */
export function encodeChunk(
  data: Uint8Array,
  from: number,
  to: number,
  bytes: Uint8Array,
  at: number,
  end: number,
): number {
  let p = encodeChunkSize(to - from, bytes, at, end);
  if (p < 0 || end - p < to - from + 2) return -1;
  p = copyBytes(data, from, to, bytes, p);
  bytes[p] = CR;
  bytes[p + 1] = LF;
  return p + 2;
}

/**
 * The last chunk, the trailer section and the end of the body.
 * @throws MisuseError as `judgeTrailers` does
 */
export function encodeLastChunk(
  trailers: OutgoingFields | undefined,
  bytes: Uint8Array,
  at: number,
  end: number,
  text: TextCodec = plainText,
): number {
  if (trailers === undefined || trailers.length === 0) return writeBytes(CHUNKED_END, bytes, at, end);
  judgeTrailers(trailers);
  let p = writeBytes(LAST_CHUNK, bytes, at, end);
  if (p >= 0) p = writeFields(trailers, bytes, p, end, text);
  return p < 0 ? -1 : writeBytes(CRLF, bytes, p, end);
}

/** A non-negative safe integer in decimal digits. */
function writeDecimal(value: number, bytes: Uint8Array, at: number, end: number): number {
  let digits = 1;
  for (let power = 10; power <= value; power *= 10) digits++;
  if (end - at < digits) return -1;
  let rest = value;
  for (let p = at + digits - 1; p >= at; p--) {
    const digit = rest % 10;
    bytes[p] = 0x30 + digit;
    rest = (rest - digit) / 10;
  }
  return at + digits;
}

/** @throws MisuseError `method` when it is not a token */
export function requireMethod(method: string): void {
  requireText('method', 'RFC 9110 §9.1', method);
  let i = 0;
  while (i < method.length && TCHAR[method.charCodeAt(i)] === 1) i++;
  if (i === 0 || i < method.length) {
    throw new MisuseError(
      'method',
      'RFC 9110 §9.1',
      `a method must be a token, not ${JSON.stringify(method)}`,
    );
  }
}

/** @throws MisuseError `target` when it has none of the forms that the method allows */
export function requireTarget(method: string, target: string): void {
  requireText('target', 'RFC 9112 §3.2', target);
  const allowed = target.startsWith('/') ? PATH_QUERY : TARGET;
  let valid = true;
  for (let i = 0; valid && i < target.length; i++) {
    const code = target.charCodeAt(i);
    if (code === 0x25) valid = isHex(target.charCodeAt(i + 1)) && isHex(target.charCodeAt(i + 2));
    else valid = allowed[code] === 1;
  }
  // A target that begins with a slash is of origin-form and needs no octets to be judged.
  if (valid && (method === 'CONNECT' || !target.startsWith('/'))) {
    valid = targetForm(octetsOf(target), 0, target.length, method) !== FORM_INVALID;
  }
  if (!valid) {
    throw new MisuseError(
      'target',
      'RFC 9112 §3.2',
      `${JSON.stringify(target)} is no request-target for ${method}`,
    );
  }
}

/** @throws MisuseError `authority` when it is not a uri-host with an optional port */
export function requireAuthority(authority: string): void {
  requireText('authority', 'RFC 9112 §3.2', authority);
  if (judgeHostText(authority) === HOST_INVALID) {
    throw new MisuseError(
      'authority',
      'RFC 9112 §3.2',
      `${JSON.stringify(authority)} is not a uri-host with an optional port`,
    );
  }
}

function requireText(what: string, cites: string, given: unknown): void {
  if (typeof given === 'string') return;
  throw new MisuseError(what, cites, `the ${what} of a request must be a string, not ${typeof given}`);
}

/** The fields and the end of the head. */
function writeRest(
  bytes: Uint8Array,
  at: number,
  end: number,
  fields: OutgoingFields | PreparedFields,
  framing: number,
  contentLength: number,
  connection: number,
  text: TextCodec,
): number {
  const p =
    fields instanceof PreparedFields
      ? writeBytes(fields.bytes, bytes, at, end)
      : writeFields(fields, bytes, at, end, text);
  return p < 0 ? -1 : writeEnd(bytes, p, end, framing, contentLength, connection);
}

/** The framing, the connection, and the empty line. */
function writeEnd(
  bytes: Uint8Array,
  at: number,
  end: number,
  framing: number,
  contentLength: number,
  connection: number,
): number {
  let p = at;
  if (framing === FRAMING_LENGTH) p = writeContentLength(contentLength, bytes, p, end);
  else if (p >= 0 && framing === FRAMING_CHUNKED) p = writeBytes(CHUNKED_LINE, bytes, p, end);
  if (p >= 0 && connection !== CONNECTION_UNSAID) {
    p = writeBytes(CONNECTION_LINES[connection] as Uint8Array, bytes, p, end);
  }
  return p < 0 ? -1 : writeBytes(CRLF, bytes, p, end);
}

function writeContentLength(length: number, bytes: Uint8Array, at: number, end: number): number {
  let p = writeBytes(CONTENT_LENGTH, bytes, at, end);
  if (p >= 0) p = writeDecimal(length, bytes, p, end);
  return p < 0 ? -1 : writeBytes(CRLF, bytes, p, end);
}

/** Encoded once for each status. Foreign bytes, never changed. */
export function statusLine(status: number): Uint8Array {
  const known = STATUS_LINES[status];
  if (known !== undefined) return known;
  if (!(Number.isInteger(status) && status >= 100 && status <= 599)) {
    throw new MisuseError('status', 'RFC 9110 §15', `a status must be from 100 to 599, not ${status}`);
  }
  const line = octetsOf(`HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n`);
  STATUS_LINES[status] = line;
  return line;
}

function isHex(code: number): boolean {
  // Beyond the string is NaN, beyond the table undefined: neither is a digit.
  return (HEX_VALUE[code] ?? 255) !== 255;
}
