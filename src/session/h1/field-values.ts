/**
 * The values that decide framing and persistence, judged over octets: Content-Length, Transfer-Encoding,
 * Connection, Expect. Each is given without the white space around it. This file does not know which message
 * it reads, nor what was said by other lines of the same field.
 */

import { HTAB, QDTEXT, QUOTABLE, SP, TCHAR } from '../octets.js';
import { skipClass } from '../scan.js';
import { foldedWords, isFoldedWords } from './folded.js';

const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

const CLOSE = foldedWords('close');
const UPGRADE = foldedWords('upgrade');
const KEEP_ALIVE = foldedWords('keep-alive');
const CHUNKED = foldedWords('chunked');
const CONTINUE = foldedWords('100-continue');
const CHUNKED_LENGTH = 7;
const KEEP_ALIVE_LENGTH = 10;
const CONTINUE_LENGTH = 12;

/** Whether an Expect value asks for nothing but 100-continue (RFC 9110 §10.1.1). */
export function isContinue(bytes: Uint8Array, at: number, end: number): boolean {
  return end - at === CONTINUE_LENGTH && isFoldedWords(bytes, at, end, CONTINUE);
}

/** The first octet of `at` to `end` that is no OWS. */
export function skipWhitespace(bytes: Uint8Array, at: number, end: number): number {
  let p = at;
  while (p < end && (bytes[p] === SP || bytes[p] === HTAB)) p++;
  return p;
}

/** The end of `at` to `end` without the OWS that it ends in. */
export function trimWhitespace(bytes: Uint8Array, at: number, end: number): number {
  let p = end;
  while (p > at && (bytes[p - 1] === SP || bytes[p - 1] === HTAB)) p--;
  return p;
}

/** Content-Length as one decimal number up to 2^53-1 (RFC 9110 §8.6), or -1. A list of equal ones is refused. */
export function readContentLength(bytes: Uint8Array, at: number, end: number): number {
  if (at === end) return -1;
  let length = 0;
  for (let p = at; p < end; p++) {
    const digit = (bytes[p] as number) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    length = length * 10 + digit;
    // Checked at every digit: above 2^53 a sum may round back to a number that looks right.
    if (length > Number.MAX_SAFE_INTEGER) return -1;
  }
  return length;
}

/** The value is not a list of tokens. */
export const OPTIONS_MALFORMED = -1;
export const OPTION_CLOSE = 1;
export const OPTION_KEEP_ALIVE = 2;
export const OPTION_UPGRADE = 4;

/** Connection options (RFC 9110 §7.6.1) as bits, or OPTIONS_MALFORMED. Empty list elements are ignored (§5.6.1.2). */
export function readConnectionOptions(bytes: Uint8Array, at: number, end: number): number {
  if (end - at === KEEP_ALIVE_LENGTH && isFoldedWords(bytes, at, end, KEEP_ALIVE)) return OPTION_KEEP_ALIVE;
  let options = 0;
  let p = at;
  while (p < end) {
    const octet = bytes[p] as number;
    if (octet === COMMA || octet === SP || octet === HTAB) {
      p++;
      continue;
    }
    const tokenAt = p;
    p = skipClass(TCHAR, bytes, p, end);
    if (p === tokenAt) return OPTIONS_MALFORMED;
    options |= connectionOption(bytes, tokenAt, p);
    p = skipWhitespace(bytes, p, end);
    if (p < end && bytes[p] !== COMMA) return OPTIONS_MALFORMED;
  }
  return options;
}

function connectionOption(bytes: Uint8Array, at: number, end: number): number {
  switch (end - at) {
    case 5:
      return isFoldedWords(bytes, at, end, CLOSE) ? OPTION_CLOSE : 0;
    case 7:
      return isFoldedWords(bytes, at, end, UPGRADE) ? OPTION_UPGRADE : 0;
    case KEEP_ALIVE_LENGTH:
      return isFoldedWords(bytes, at, end, KEEP_ALIVE) ? OPTION_KEEP_ALIVE : 0;
    default:
      return 0;
  }
}

/** What the Transfer-Encoding lines of a message have said so far. */
export const CODINGS_NONE = 0;
/** `chunked` alone. */
export const CODINGS_CHUNKED = 1;
/** Something else, and not (yet) chunked after it. */
export const CODINGS_OTHER = 2;
/** Something else, and chunked last. */
const CODINGS_OTHER_CHUNKED = 3;
/** Not a list of transfer codings. */
export const CODINGS_MALFORMED = 4;
/** Something follows chunked, so it is not final. */
export const CODINGS_AFTER_CHUNKED = 5;
/** Chunked twice. */
export const CODINGS_CHUNKED_TWICE = 6;
/** Chunked with a parameter. */
export const CODINGS_PARAMETER = 7;

/**
 * One Transfer-Encoding line: 1#transfer-coding (RFC 9112 §6.1, RFC 9110 §10.1.4), as a sender must write it:
 * what frames a message is not read leniently, so empty list elements are malformed.
 * @param before what the lines before said: CODINGS_NONE to CODINGS_OTHER_CHUNKED
 */
export function readTransferCodings(bytes: Uint8Array, at: number, end: number, before: number): number {
  let said = before;
  let p = at;
  for (;;) {
    const tokenAt = p;
    p = skipClass(TCHAR, bytes, p, end);
    if (p === tokenAt) return CODINGS_MALFORMED;
    const chunked = p - tokenAt === CHUNKED_LENGTH && isFoldedWords(bytes, tokenAt, p, CHUNKED);
    const afterParameters = skipParameters(bytes, p, end);
    if (afterParameters < 0) return CODINGS_MALFORMED;
    if (chunked && afterParameters !== p) return CODINGS_PARAMETER;
    const final = said === CODINGS_CHUNKED || said === CODINGS_OTHER_CHUNKED;
    if (final) return chunked ? CODINGS_CHUNKED_TWICE : CODINGS_AFTER_CHUNKED;
    if (chunked) said = said === CODINGS_NONE ? CODINGS_CHUNKED : CODINGS_OTHER_CHUNKED;
    else said = CODINGS_OTHER;
    p = skipWhitespace(bytes, afterParameters, end);
    if (p === end) return said;
    if (bytes[p] !== COMMA) return CODINGS_MALFORMED;
    p = skipWhitespace(bytes, p + 1, end);
  }
}

/** The position after *( OWS ";" OWS token BWS "=" BWS ( token / quoted-string ) ), `at` if there is none, -1 if malformed. */
function skipParameters(bytes: Uint8Array, at: number, end: number): number {
  let after = at;
  for (;;) {
    let p = skipWhitespace(bytes, after, end);
    if (p === end || bytes[p] !== SEMICOLON) return after;
    const nameAt = skipWhitespace(bytes, p + 1, end);
    p = nameAt;
    p = skipClass(TCHAR, bytes, p, end);
    if (p === nameAt) return -1;
    p = skipWhitespace(bytes, p, end);
    if (p === end || bytes[p] !== EQUALS) return -1;
    const valueAt = skipWhitespace(bytes, p + 1, end);
    after = skipTokenOrQuoted(bytes, valueAt, end);
    if (after < 0) return -1;
  }
}

function skipTokenOrQuoted(bytes: Uint8Array, at: number, end: number): number {
  let p = at;
  if (p < end && bytes[p] === QUOTE) {
    for (p++; p < end; p++) {
      const octet = bytes[p] as number;
      if (octet === QUOTE) return p + 1;
      if (octet === BACKSLASH) {
        p++;
        if (p === end || QUOTABLE[bytes[p] as number] === 0) return -1;
      } else if (QDTEXT[octet] === 0) return -1;
    }
    return -1;
  }
  p = skipClass(TCHAR, bytes, p, end);
  return p === at ? -1 : p;
}
