/**
 * Recognises the fields that a session itself must understand, by length and octets, without building a
 * string. This file does not know what their values mean.
 */

import { foldedWords, isFoldedWords } from './folded.js';

export const FIELD_OTHER = 0;
export const FIELD_HOST = 1;
export const FIELD_CONTENT_LENGTH = 2;
export const FIELD_TRANSFER_ENCODING = 3;
export const FIELD_CONNECTION = 4;
export const FIELD_EXPECT = 5;
export const FIELD_UPGRADE = 6;
export const FIELD_TE = 7;
// 8 is Trailer: known, so that a trailer section refuses it, and asked for by nobody.
export const FIELD_DATE = 9;
export const FIELD_KEEP_ALIVE = 10;
export const FIELD_PROXY_CONNECTION = 11;

/** In the order of the constants, from FIELD_HOST on. */
const NAMES: readonly string[] = [
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'expect',
  'upgrade',
  'te',
  'trailer',
  'date',
  'keep-alive',
  'proxy-connection',
];

/** Longer names are other ones. */
export const LONGEST_NAME: number = Math.max(...NAMES.map((name) => name.length));

/**
 * By length, then the low bits of the first octet, which fold its case (index `length * 32 + bits`): the one known
 * field that the name may be of, or FIELD_OTHER. No two known names share both.
 */
export const CANDIDATES: Uint8Array = new Uint8Array((LONGEST_NAME + 1) * 32);
for (const [i, name] of NAMES.entries()) CANDIDATES[name.length * 32 + (name.charCodeAt(0) & 31)] = i + 1;

const TE = 0x7465;
const WORDS: readonly Int32Array[] = [new Int32Array(0), ...NAMES.map(foldedWords)];

/**
 * Which known field a name is. `at` to `end` must hold a token, not empty.
 * @returns one of the `FIELD_` constants
 */
export function recogniseField(bytes: Uint8Array, at: number, end: number): number {
  const length = end - at;
  if (length > LONGEST_NAME) return FIELD_OTHER;
  const candidate = CANDIDATES[length * 32 + ((bytes[at] as number) & 31)] as number;
  return candidate !== FIELD_OTHER && isField(candidate, bytes, at, end) ? candidate : FIELD_OTHER;
}

/** Whether a name for which CANDIDATES has `candidate`, not FIELD_OTHER, is of that field. */
export function isField(candidate: number, bytes: Uint8Array, at: number, end: number): boolean {
  if (candidate === FIELD_TE)
    return (0x2020 | ((bytes[at] as number) << 8) | (bytes[at + 1] as number)) === TE;
  return isFoldedWords(bytes, at, end, WORDS[candidate] as Int32Array);
}

/** The same for a name as text, which must be a token, not empty. */
export function recogniseName(name: string): number {
  const length = name.length;
  if (length > LONGEST_NAME) return FIELD_OTHER;
  const candidate = CANDIDATES[length * 32 + (name.charCodeAt(0) & 31)] as number;
  if (candidate === FIELD_OTHER) return FIELD_OTHER;
  const known = NAMES[candidate - 1] as string;
  for (let i = 0; i < length; i++) {
    if ((name.charCodeAt(i) | 0x20) !== known.charCodeAt(i)) return FIELD_OTHER;
  }
  return candidate;
}
