/**
 * Compares octets with a constant in any case, four at a time. This file does not know what is compared.
 */

const CASE_BITS = 0x20202020;

/**
 * A constant of at least four letters in lower case, digits and hyphens, as words of four octets; the last word
 * overlaps the one before it, so that any length is made of whole words.
 */
export function foldedWords(constant: string): Int32Array {
  const octets = Uint8Array.from(constant, (character) => character.charCodeAt(0));
  return Int32Array.from({ length: Math.ceil(octets.length / 4) }, (_, i) =>
    foldedWord(octets, Math.min(i * 4, octets.length - 4)),
  );
}

/**
 * Whether field content is the constant in any case. Exact: of the octets that field content has, setting the case
 * bit maps only the two cases of a letter onto the same letter, and nothing else onto a digit or a hyphen.
 * @param words what `foldedWords` made of the constant
 */
export function isFoldedWords(bytes: Uint8Array, at: number, end: number, words: Int32Array): boolean {
  const lastAt = end - 4;
  for (let i = 0; i < words.length; i++) {
    if (foldedWord(bytes, Math.min(at + i * 4, lastAt)) !== words[i]) return false;
  }
  return true;
}

function foldedWord(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24) |
    CASE_BITS
  );
}
