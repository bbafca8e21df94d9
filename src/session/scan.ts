/**
 * Finds the end of a run of octets of one class. This is where most of a head's time goes: unrolled eightfold it takes
 * half of what a plain loop does, and words of four octets are no faster. This file does not know what is read.
 */

/** The first octet from `from` on that is not of the class, or `stop`. @param allowed a table of octets.ts */
export function skipClass(allowed: Uint8Array, bytes: Uint8Array, from: number, stop: number): number {
  let p = from;
  while (p + 8 <= stop) {
    if (allowed[bytes[p] as number] !== 1) return p;
    if (allowed[bytes[p + 1] as number] !== 1) return p + 1;
    if (allowed[bytes[p + 2] as number] !== 1) return p + 2;
    if (allowed[bytes[p + 3] as number] !== 1) return p + 3;
    if (allowed[bytes[p + 4] as number] !== 1) return p + 4;
    if (allowed[bytes[p + 5] as number] !== 1) return p + 5;
    if (allowed[bytes[p + 6] as number] !== 1) return p + 6;
    if (allowed[bytes[p + 7] as number] !== 1) return p + 7;
    p += 8;
  }
  while (p < stop && allowed[bytes[p] as number] === 1) p++;
  return p;
}
