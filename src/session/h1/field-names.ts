/**
 * Recognises the fields that a session itself must understand, by length and octets, without building a
 * string. This file does not know what their values mean.
 */

export const FIELD_OTHER = 0;
export const FIELD_HOST = 1;
export const FIELD_CONTENT_LENGTH = 2;
export const FIELD_TRANSFER_ENCODING = 3;
export const FIELD_CONNECTION = 4;
export const FIELD_EXPECT = 5;
export const FIELD_UPGRADE = 6;
export const FIELD_TE = 7;
export const FIELD_TRAILER = 8;
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

const LONGEST_NAME = Math.max(...NAMES.map((name) => name.length));

/** By length and the low bits of the first octet, which fold its case: the one candidate. No two known names share both. */
const CANDIDATE: Uint8Array = new Uint8Array((LONGEST_NAME + 1) * 32);
const OCTETS: readonly Uint8Array[] = ['', ...NAMES].map((name) =>
  Uint8Array.from(name, (character) => character.charCodeAt(0)),
);
for (const [i, name] of NAMES.entries()) CANDIDATE[name.length * 32 + (name.charCodeAt(0) & 31)] = i + 1;

/**
 * Which known field a name is. `at` to `end` must hold a token, not empty.
 * @returns one of the `FIELD_` constants
 */
export function recogniseField(bytes: Uint8Array, at: number, end: number): number {
  const length = end - at;
  if (length > LONGEST_NAME) return FIELD_OTHER;
  const candidate = CANDIDATE[length * 32 + ((bytes[at] as number) & 31)] as number;
  if (candidate === FIELD_OTHER) return FIELD_OTHER;
  const octets = OCTETS[candidate] as Uint8Array;
  // Setting the case bit maps no other tchar onto a letter or a hyphen, so within a token this is exact.
  for (let i = 0; i < length; i++) {
    if (((bytes[at + i] as number) | 0x20) !== octets[i]) return FIELD_OTHER;
  }
  return candidate;
}

/** The same for a name as text, which must be a token, not empty. */
export function recogniseName(name: string): number {
  const length = name.length;
  if (length > LONGEST_NAME) return FIELD_OTHER;
  const candidate = CANDIDATE[length * 32 + (name.charCodeAt(0) & 31)] as number;
  if (candidate === FIELD_OTHER) return FIELD_OTHER;
  const octets = OCTETS[candidate] as Uint8Array;
  for (let i = 0; i < length; i++) {
    if ((name.charCodeAt(i) | 0x20) !== octets[i]) return FIELD_OTHER;
  }
  return candidate;
}
