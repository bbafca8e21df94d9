/**
 * Encodes Huffman strings (RFC 7541 §5.2). This file does not know whether that makes them shorter.
 */

import { CODE_BITS, CODES, EOS } from './huffman-code.js';

/** The longest code that, with seven bits that wait, fills no more than one octet. Longer ones are rare. */
const SHORT_BITS = 8;

/** Bits of all codes of `text`, each character one octet; NaN when a character is above U+00FF. */
export function huffmanBits(text: string): number {
  let bits = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // EOS is in the table and is no character.
    bits += code < EOS ? (CODE_BITS[code] as number) : Number.NaN;
  }
  return bits;
}

/**
 * Writes `text`, of which `huffmanBits` is known to fit.
 * @returns the position after the padding
 */
export function writeHuffman(text: string, bytes: Uint8Array, at: number): number {
  let p = at;
  // From the highest bit on: up to seven bits that wait.
  let waiting = 0;
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const octet = text.charCodeAt(i);
    let width = CODE_BITS[octet] as number;
    const code = CODES[octet] as number;
    while (width > SHORT_BITS) {
      // The next eight bits of a longer code make one octet with those that wait.
      width -= 8;
      waiting |= ((code >>> width) & 0xff) << (24 - count);
      bytes[p++] = waiting >>> 24;
      waiting <<= 8;
    }
    waiting |= (code & ((1 << width) - 1)) << (32 - count - width);
    count += width;
    // Written whether full or not: one bit of it is there, so it is ours, and is written again if not full.
    bytes[p] = waiting >>> 24;
    const full = count >>> 3;
    p += full;
    waiting <<= full << 3;
    count &= 7;
  }
  if (count > 0) bytes[p++] = (waiting >>> 24) | (0xff >>> count);
  return p;
}
