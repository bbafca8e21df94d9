/**
 * What is learnt about a field while it is decoded, in one integer that travels with it through the dynamic table,
 * so that a field is judged once, however often it is referred to. A field may be malformed and still be part of the
 * compression state: marks refuse nothing. This file does not know what follows from a mark.
 */

import { NAME_NUMBERS, NAME_OTHER, NAMES } from './field-names.js';
import { COLON, NAME_OCTET, SPACE, TAB, VALUE_OCTET } from './octets.js';
import { STATIC_NAMES } from './static-table.js';

/** The bits of the name's number, a `NAME_` constant of field-names.ts. */
export const MARK_NAME = 0xff;
/** Sent as a literal that is never indexed: whoever sends it on does the same (RFC 7541 §7.1.3). */
export const MARK_NEVER_INDEXED = 1 << 8;
/** The name is empty, or has an upper-case letter or an octet that is not of a token (RFC 9113 §8.2.1). */
export const MARK_BAD_NAME = 1 << 9;
/** The value has a control octet, or white space at an end (RFC 9113 §8.2.1, RFC 9110 §5.5). */
export const MARK_BAD_VALUE = 1 << 10;
/** The name begins with a colon (RFC 9113 §8.3), known or not. What follows the colon is judged as a name. */
export const MARK_PSEUDO = 1 << 11;

/** Marks of the known names, by their numbers. */
export const NAME_MARKS: Int32Array = Int32Array.from(NAMES, (name, number) =>
  number === NAME_OTHER ? 0 : number | (name.charCodeAt(0) === COLON ? MARK_PSEUDO : 0),
);

/** Marks of the static table's entries, by index: all its names are known, all its values well-formed. */
export const STATIC_MARKS: Int32Array = Int32Array.from(
  STATIC_NAMES,
  (name) => NAME_MARKS[NAME_NUMBERS.get(name) ?? NAME_OTHER] as number,
);

/** Marks of a name that is not known. */
export function marksOfName(bytes: Uint8Array, start: number, end: number): number {
  const pseudo = start < end && bytes[start] === COLON ? 1 : 0;
  let p = start + pseudo;
  if (p === end) return MARK_BAD_NAME | (pseudo === 1 ? MARK_PSEUDO : 0);
  while (p < end && NAME_OCTET[bytes[p] as number] === 1) p++;
  return (p < end ? MARK_BAD_NAME : 0) | (pseudo === 1 ? MARK_PSEUDO : 0);
}

/** Marks of a value. */
export function marksOfValue(bytes: Uint8Array, start: number, end: number): number {
  let p = start;
  while (p < end && VALUE_OCTET[bytes[p] as number] === 1) p++;
  return p < end ? MARK_BAD_VALUE : marksOfEnds(bytes, start, end);
}

/** Marks of a value whose octets are all known to be allowed. */
export function marksOfEnds(bytes: Uint8Array, start: number, end: number): number {
  return start < end && (isSpace(bytes[start] as number) || isSpace(bytes[end - 1] as number))
    ? MARK_BAD_VALUE
    : 0;
}

function isSpace(octet: number): boolean {
  return octet === SPACE || octet === TAB;
}
