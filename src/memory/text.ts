/**
 * Bytes to text and back, one octet one character (ISO 8859-1), and the search for one octet. The core works
 * through this interface, so that a platform can lend its native routines; `plainText` needs none. This file
 * does not know HTTP.
 */

import { SHORT_TEXT, shortLatin1 } from './short-text.js';

/** All positions are indices into `bytes`; `end` is exclusive, and nothing at or after it is read. */
export interface TextCodec {
  /** The octets `start` to `end` as characters U+0000 to U+00FF. */
  latin1(bytes: Uint8Array, start: number, end: number): string;
  /**
   * Writes the low octet of every character, and returns the position after the last. The caller has made
   * sure that `text` has no character above U+00FF and that `text.length` octets fit at `at`.
   */
  write(text: string, bytes: Uint8Array, at: number): number;
  /** The first index of `byte` in `from` to `end`, or -1. */
  indexOf(bytes: Uint8Array, byte: number, from: number, end: number): number;
}

/** From here on one call with all characters is faster than joining short texts. */
const LONG_TEXT = 64;
/** Characters handed to one `String.fromCharCode` call: well under every engine's argument limit. */
const CHARACTERS_PER_CALL = 4096;

/** The codec that needs nothing but the language. */
export const plainText: TextCodec = {
  latin1(bytes: Uint8Array, start: number, end: number): string {
    // Stryker disable next-line ConditionalExpression,EqualityOperator,ArithmeticOperator: each way gives the same text.
    if (end - start <= SHORT_TEXT) return shortLatin1(bytes, start, end - start);
    // Stryker disable next-line ConditionalExpression,EqualityOperator,ArithmeticOperator: each way gives the same text.
    if (end - start > LONG_TEXT) return longLatin1(bytes, start, end);
    let text = '';
    for (let p = start; p < end; p += SHORT_TEXT)
      text += shortLatin1(bytes, p, Math.min(SHORT_TEXT, end - p));
    return text;
  },

  write(text: string, bytes: Uint8Array, at: number): number {
    const length = text.length;
    for (let i = 0; i < length; i++) bytes[at + i] = text.charCodeAt(i);
    return at + length;
  },

  indexOf(bytes: Uint8Array, byte: number, from: number, end: number): number {
    for (let p = from; p < end; p++) if (bytes[p] === byte) return p;
    return -1;
  },
};

function longLatin1(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let p = start; p < end; p += CHARACTERS_PER_CALL) {
    const part = bytes.subarray(p, Math.min(end, p + CHARACTERS_PER_CALL));
    // `apply` takes anything array-like; its type knows arrays only.
    text += String.fromCharCode.apply(null, part as unknown as number[]);
  }
  return text;
}
