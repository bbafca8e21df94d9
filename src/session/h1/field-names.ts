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

const NAMES: readonly (readonly [number, string])[] = [
  [FIELD_HOST, 'host'],
  [FIELD_CONTENT_LENGTH, 'content-length'],
  [FIELD_TRANSFER_ENCODING, 'transfer-encoding'],
  [FIELD_CONNECTION, 'connection'],
  [FIELD_EXPECT, 'expect'],
  [FIELD_UPGRADE, 'upgrade'],
  [FIELD_TE, 'te'],
  [FIELD_TRAILER, 'trailer'],
  [FIELD_DATE, 'date'],
  [FIELD_KEEP_ALIVE, 'keep-alive'],
  [FIELD_PROXY_CONNECTION, 'proxy-connection'],
];

const LONGEST_NAME = Math.max(...NAMES.map(([, name]) => name.length));

/** By length, then first octet in lower case: the one candidate. No two known names share both. */
const CANDIDATE: Uint8Array = new Uint8Array((LONGEST_NAME + 1) * 256);
const OCTETS: readonly Uint8Array[] = [FIELD_OTHER, ...NAMES.map(([id]) => id)].map((id) =>
  Uint8Array.from(NAMES.find(([known]) => known === id)?.[1] ?? '', (character) => character.charCodeAt(0)),
);
for (const [id, name] of NAMES) CANDIDATE[name.length * 256 + name.charCodeAt(0)] = id;

/**
 * Which known field a name is. `at` to `end` must hold a token, not empty.
 * @returns one of the `FIELD_` constants
 */
export function recogniseField(bytes: Uint8Array, at: number, end: number): number {
  const length = end - at;
  if (length > LONGEST_NAME) return FIELD_OTHER;
  const candidate = CANDIDATE[length * 256 + ((bytes[at] as number) | 0x20)] as number;
  if (candidate === FIELD_OTHER) return FIELD_OTHER;
  const octets = OCTETS[candidate] as Uint8Array;
  // Setting the case bit maps no other tchar onto a letter or a hyphen, so within a token this is exact.
  for (let i = 1; i < length; i++) {
    if (((bytes[at + i] as number) | 0x20) !== octets[i]) return FIELD_OTHER;
  }
  return candidate;
}
