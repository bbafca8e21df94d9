/**
 * Reads what representations are made of: integers and the lengths of string literals (RFC 7541 §5), in octets that may be
 * cut anywhere. It keeps why the reading stopped, and how much of a representation is needed at least. This file does not
 * know which representation it reads, nor what the octets of a string say.
 */
import { HPACK, type HpackFault } from './faults.js';

/** Octets after an integer's first (§5.1): enough for 31 bits, with room for leading zeros. */
const INTEGER_OCTETS = 5;
/** What `integer` answers when it cannot answer a value. */
const INCOMPLETE = -1;
const WRONG = -2;

export class PrimitiveReader {
  /** Why the reading stopped for good. */
  fault: HpackFault | undefined;
  /** After `integer` and `stringLength`: the position behind it. */
  protected after: number;
  /** Octets that are needed at least of the representation that is cut, counted from its first. */
  protected needed: number;
  private readonly maxStringBytes: number;

  /** @param maxStringBytes longest string literal as it is sent; a longer one ends the connection */
  constructor(maxStringBytes: number) {
    this.fault = undefined;
    this.after = 0;
    this.needed = 0;
    this.maxStringBytes = maxStringBytes;
  }

  /** The length of the string literal at `at` (§5.2), with `after` at its octets; or less than 0. */
  protected stringLength(bytes: Uint8Array, start: number, at: number, end: number): number {
    if (at >= end) return this.need(at + 1 - start);
    let length = (bytes[at] as number) & 0x7f;
    if (length === 0x7f) {
      length = this.integer(bytes, start, at, end, 0x7f);
      if (length < 0) return length;
    } else this.after = at + 1;
    return length > this.maxStringBytes ? this.fail(HPACK.stringTooLong) : length;
  }

  /** The integer at `at` (§5.1), whose prefix is known to be full or not, with `after` behind it; or less than 0. */
  protected integer(bytes: Uint8Array, start: number, at: number, end: number, mask: number): number {
    let value = (bytes[at] as number) & mask;
    let p = at + 1;
    if (value === mask) {
      let weight = 1;
      let octet = 0x80;
      for (let i = 0; octet >= 0x80; i++) {
        if (i === INTEGER_OCTETS) {
          this.fail(HPACK.integer);
          return WRONG;
        }
        if (p >= end) {
          this.need(p + 1 - start);
          return INCOMPLETE;
        }
        octet = bytes[p++] as number;
        value += (octet & 0x7f) * weight;
        weight *= 128;
      }
      if (value > 0x7fff_ffff) {
        this.fail(HPACK.integer);
        return WRONG;
      }
    }
    this.after = p;
    return value;
  }

  /** The representation is cut: this many octets of it are needed at least. */
  protected need(octets: number): number {
    this.needed = octets;
    return -1;
  }

  protected fail(fault: HpackFault): number {
    this.fault = fault;
    return -1;
  }
}
