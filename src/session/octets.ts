/**
 * Classes of octets as 256-entry tables: what RFC 9110, 9112 and 3986 allow where. A table answers 1 for yes.
 * This file knows single octets only, no productions.
 */

export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const COLON = 0x3a;

function classOf(...ranges: readonly (string | readonly [number, number])[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const range of ranges) {
    if (typeof range === 'string') for (const character of range) table[character.charCodeAt(0)] = 1;
    else table.fill(1, range[0], range[1] + 1);
  }
  return table;
}

const DIGIT = [0x30, 0x39] as const;
const UPPER = [0x41, 0x5a] as const;
const LOWER = [0x61, 0x7a] as const;
const UNRESERVED = '-._~';
const SUB_DELIMS = "!$&'()*+,;=";

/** tchar (RFC 9110 §5.6.2). */
export const TCHAR: Uint8Array = classOf(DIGIT, UPPER, LOWER, "!#$%&'*+-.^_`|~");
/** field-vchar, SP and HTAB (RFC 9110 §5.5): also what a reason-phrase is made of (RFC 9112 §4). */
export const FIELD_CONTENT: Uint8Array = classOf('\t', [0x20, 0x7e], [0x80, 0xff]);
/** What may follow `/` in origin-form except `%`: pchar, `/` and `?` (RFC 3986 §3.3, §3.4). */
export const PATH_QUERY: Uint8Array = classOf(DIGIT, UPPER, LOWER, UNRESERVED, SUB_DELIMS, ':@/?');
/** The same and the brackets of an IP-literal: the other forms of request-target. */
export const TARGET: Uint8Array = classOf(DIGIT, UPPER, LOWER, UNRESERVED, SUB_DELIMS, ':@/?[]');
/** reg-name without `%` (RFC 3986 §3.2.2). */
export const REG_NAME: Uint8Array = classOf(DIGIT, UPPER, LOWER, UNRESERVED, SUB_DELIMS);
/** qdtext (RFC 9110 §5.6.4). */
export const QDTEXT: Uint8Array = classOf('\t !', [0x23, 0x5b], [0x5d, 0x7e], [0x80, 0xff]);
/** What a backslash may quote (RFC 9110 §5.6.4). */
export const QUOTABLE: Uint8Array = FIELD_CONTENT;

/** The value of a HEXDIG of either case, 255 for any other octet. */
export const HEX_VALUE: Uint8Array = new Uint8Array(256).fill(255);
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16);
  HEX_VALUE[digit.charCodeAt(0)] = value;
  HEX_VALUE[digit.toUpperCase().charCodeAt(0)] = value;
}

/** A constant as octets. */
export function octetsOf(constant: string): Uint8Array {
  const octets = new Uint8Array(constant.length);
  for (let i = 0; i < constant.length; i++) octets[i] = constant.charCodeAt(i);
  return octets;
}
