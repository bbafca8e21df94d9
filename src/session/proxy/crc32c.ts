/**
 * CRC32C (Castagnoli), as RFC 9260 Appendix A (once RFC 4960 Appendix B) describes it: polynomial 0x1EDC6F41,
 * reflected. This file does not know what is summed, nor where the sum is kept.
 */

const table = new Uint32Array(256);
for (let i = 0; i < 256; i++) {
  let remainder = i;
  for (let bit = 0; bit < 8; bit++) {
    remainder = remainder & 1 ? (remainder >>> 1) ^ 0x82f63b78 : remainder >>> 1;
  }
  table[i] = remainder;
}

/**
 * The CRC32C of `bytes[start, end)`, as an unsigned 32-bit integer. With `zeroAt`, the four bytes there are
 * counted as zeros, whatever they are: the bytes summed may be somebody else's and are only read.
 */
export function crc32c(bytes: Uint8Array, start: number, end: number, zeroAt = -1): number {
  const zeroEnd = zeroAt < 0 ? -1 : zeroAt + 4;
  let remainder = 0xffffffff;
  for (let at = start; at < end; at++) {
    const byte = at >= zeroAt && at < zeroEnd ? 0 : (bytes[at] as number);
    remainder = (table[(remainder ^ byte) & 0xff] as number) ^ (remainder >>> 8);
  }
  return (remainder ^ 0xffffffff) >>> 0;
}
