/**
 * IP addresses as text and as bytes: one strict grammar for the version 1 line, for trust lists and for what
 * an application gives. IPv4 is four decimal octets without leading zeros; IPv6 is RFC 4291 §2.2 (with `::`
 * and an IPv4 tail) without a zone; text is written as RFC 5952 asks. This file does not know where an address
 * comes from.
 *
 * The platform's and the usual libraries' parsers are not used: they take zones, short IPv4 forms, octal and
 * hexadecimal octets, which no two receivers read alike.
 */

const DOT = 0x2e;
const COLON = 0x3a;

/** Value of a hexadecimal digit, or -1. */
function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  if (lower >= 0x61 && lower <= 0x66) return lower - 0x57;
  return -1;
}

/**
 * Scans one address and stops before the first byte that cannot go on it. The bytes taken are always the
 * beginning of some address; `complete` says whether they are one already.
 */
export class IpScan {
  /** The address in network order; 4 bytes are meant after `ipv4`, 16 after `ipv6`. */
  readonly address = new Uint8Array(16);
  complete = false;
  /** The scan stopped because a digit followed a leading zero. */
  leadingZero = false;

  private readonly groups = new Uint16Array(8);

  /** Scans `bytes[pos, end)` for an IPv4 address and returns where it stopped. */
  ipv4(bytes: Uint8Array, pos: number, end: number): number {
    return this.octets(bytes, pos, end, 0, 0, -1);
  }

  /** Scans `bytes[pos, end)` for an IPv6 address and returns where it stopped. */
  ipv6(bytes: Uint8Array, pos: number, end: number): number {
    const groups = this.groups;
    this.leadingZero = false;
    let count = 0;
    let gap = -1;
    let digits = 0;
    let hex = 0;
    let decimal = 0; // the current group read as a decimal octet, or -1 where it is none
    let afterColon = false;
    let at = pos;
    for (; at < end; at++) {
      const byte = bytes[at] as number;
      const digit = hexDigit(byte);
      if (digit >= 0) {
        if (digits === 4 || count === (gap < 0 ? 8 : 7) || (afterColon && count === 0)) break;
        hex = digits === 0 ? digit : hex * 16 + digit;
        decimal = octet(digits === 0 ? -1 : decimal, digits, digit);
        digits++;
        afterColon = false;
      } else if (byte === COLON) {
        if (digits > 0) {
          if (count === (gap < 0 ? 7 : 6)) break;
          groups[count++] = hex;
          digits = 0;
          afterColon = true;
        } else if (afterColon && gap < 0) {
          gap = count;
          afterColon = false;
        } else if (at === pos) {
          afterColon = true;
        } else {
          break;
        }
      } else if (byte === DOT) {
        if (digits === 0 || decimal < 0 || (gap < 0 ? count !== 6 : count > 5)) break;
        const stop = this.octets(bytes, at, end, 12, 1, decimal);
        const address = this.address;
        groups[count++] = ((address[12] as number) << 8) | (address[13] as number);
        groups[count++] = ((address[14] as number) << 8) | (address[15] as number);
        this.spread(count, gap);
        return stop;
      } else {
        break;
      }
    }
    if (digits > 0) groups[count++] = hex;
    this.complete = !afterColon && (gap < 0 ? count === 8 : true);
    if (this.complete) this.spread(count, gap);
    return at;
  }

  /**
   * Decimal octets into `address` from `to` on. With `have` > 0 the first octet has been read (`first`) and
   * `pos` is at the dot behind it.
   */
  private octets(
    bytes: Uint8Array,
    pos: number,
    end: number,
    to: number,
    have: number,
    first: number,
  ): number {
    const address = this.address;
    address.fill(0, to, to + 4);
    this.leadingZero = false;
    let index = 0;
    let digits = have;
    let value = first;
    let at = pos;
    for (; at < end; at++) {
      const byte = bytes[at] as number;
      if (byte === DOT) {
        if (digits === 0 || index === 3) break;
        address[to + index++] = value;
        digits = 0;
      } else {
        const digit = byte - 0x30;
        if (digit < 0 || digit > 9) break;
        const next = octet(value, digits, digit);
        if (next < 0) {
          this.leadingZero = value === 0;
          break;
        }
        value = next;
        digits++;
      }
    }
    this.complete = index === 3 && digits > 0;
    if (digits > 0) address[to + index] = value;
    return at;
  }

  /** Writes `count` groups to `address`, with zeros where the gap stood. */
  private spread(count: number, gap: number): void {
    const { address, groups } = this;
    address.fill(0);
    const tail = gap < 0 ? 0 : count - gap;
    for (let i = 0; i < count; i++) {
      const slot = i < count - tail ? i : 8 - count + i;
      const group = groups[i] as number;
      address[slot * 2] = group >> 8;
      address[slot * 2 + 1] = group & 0xff;
    }
  }
}

/** The octet after one more decimal digit, or -1 where that is none (over 255, a leading zero, no decimal). */
function octet(value: number, digits: number, digit: number): number {
  if (digit > 9) return -1;
  if (digits === 0) return digit;
  if (value <= 0) return -1;
  const next = value * 10 + digit;
  return next > 255 ? -1 : next;
}

/** Char codes of a text, or `undefined` where it is not all ASCII or longer than any address. */
function ascii(text: string): Uint8Array | undefined {
  const length = text.length;
  if (length === 0 || length > 45) return undefined;
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return undefined;
    bytes[i] = code;
  }
  return bytes;
}

/** The 4 bytes of an IPv4 address in network order, or `undefined` where the text is none. */
export function parseIpv4(text: string): Uint8Array | undefined {
  const bytes = ascii(text);
  if (bytes === undefined) return undefined;
  const scan = new IpScan();
  const stop = scan.ipv4(bytes, 0, bytes.length);
  return stop === bytes.length && scan.complete ? scan.address.slice(0, 4) : undefined;
}

/** The 16 bytes of an IPv6 address in network order, or `undefined` where the text is none. */
export function parseIpv6(text: string): Uint8Array | undefined {
  const bytes = ascii(text);
  if (bytes === undefined) return undefined;
  const scan = new IpScan();
  const stop = scan.ipv6(bytes, 0, bytes.length);
  return stop === bytes.length && scan.complete ? scan.address : undefined;
}

/** Dotted decimal of the 4 bytes at `at`. */
export function formatIpv4(bytes: Uint8Array, at: number): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}

/** Whether the 16 bytes at `at` are an IPv4-mapped address (RFC 4291 §2.5.5.2). */
export function isIpv4Mapped(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < 10; i++) if (bytes[at + i] !== 0) return false;
  return bytes[at + 10] === 0xff && bytes[at + 11] === 0xff;
}

/** Text of the 16 bytes at `at` as RFC 5952 §4 and, for IPv4-mapped addresses, §5 ask. */
export function formatIpv6(bytes: Uint8Array, at: number): string {
  if (isIpv4Mapped(bytes, at)) return `::ffff:${formatIpv4(bytes, at + 12)}`;
  let gap = -1;
  let gapLength = 1; // a run of one zero group is not shortened
  for (let i = 0; i < 8; i++) {
    let run = 0;
    while (i + run < 8 && groupAt(bytes, at, i + run) === 0) run++;
    if (run > gapLength) {
      gap = i;
      gapLength = run;
    }
    i += run;
  }
  let text = '';
  for (let i = 0; i < 8; i++) {
    if (i === gap) {
      text += '::';
      i += gapLength - 1;
    } else {
      if (i > 0 && !text.endsWith(':')) text += ':';
      text += groupAt(bytes, at, i).toString(16);
    }
  }
  return text;
}

function groupAt(bytes: Uint8Array, at: number, index: number): number {
  return ((bytes[at + index * 2] as number) << 8) | (bytes[at + index * 2 + 1] as number);
}
