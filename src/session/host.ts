/**
 * uri-host with an optional port (RFC 9110 §7.2, RFC 3986 §3.2.2, §3.2.3), judged over octets. This file does
 * not know whether it stands in a Host field, in a request-target or in `:authority`.
 */

import { COLON, HEX_VALUE, octetsOf, REG_NAME } from './octets.js';
import { skipClass } from './scan.js';

const PERCENT = 0x25;
const DOT = 0x2e;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const MAX_PORT = 65_535;

/** Not a uri-host with an optional port. */
export const HOST_INVALID = 0;
/** A host without a port, or with a colon and no digits, which means the same (RFC 3986 §3.2.3). */
const HOST_ALONE = 1;
/** A host and a port up to 65535. */
export const HOST_PORT = 2;

/** Judges `at` to `end`. The host must not be empty: where an empty one is allowed, the caller looks first. */
export function judgeHost(bytes: Uint8Array, at: number, end: number): number {
  let p = at;
  if (p < end && bytes[p] === OPEN) {
    p = endOfIpLiteral(bytes, at, end);
    if (p < 0) return HOST_INVALID;
  } else {
    p = skipClass(REG_NAME, bytes, p, end);
    while (p < end && isPercentEncoded(bytes, p, end)) p = skipClass(REG_NAME, bytes, p + 3, end);
    if (p === at) return HOST_INVALID;
  }
  if (p === end) return HOST_ALONE;
  if (bytes[p] !== COLON) return HOST_INVALID;
  if (++p === end) return HOST_ALONE;
  let port = 0;
  for (; p < end; p++) {
    const digit = (bytes[p] as number) - 0x30;
    if (digit < 0 || digit > 9) return HOST_INVALID;
    port = port * 10 + digit;
    if (port > MAX_PORT) return HOST_INVALID;
  }
  return HOST_PORT;
}

/** The same of a text. A reg-name without a port, which most are, needs no octets to be judged. */
export function judgeHostText(text: string): number {
  const { length } = text;
  let i = 0;
  while (i < length && REG_NAME[text.charCodeAt(i)] === 1) i++;
  if (i === length) return i > 0 ? HOST_ALONE : HOST_INVALID;
  for (; i < length; i++) if (text.charCodeAt(i) > 0x7f) return HOST_INVALID;
  return judgeHost(octetsOf(text), 0, length);
}

function isPercentEncoded(bytes: Uint8Array, at: number, end: number): boolean {
  return (
    bytes[at] === PERCENT &&
    at + 2 < end &&
    HEX_VALUE[bytes[at + 1] as number] !== 255 &&
    HEX_VALUE[bytes[at + 2] as number] !== 255
  );
}

/** The position after the closing bracket of an IP-literal that opens at `at`, or -1. */
function endOfIpLiteral(bytes: Uint8Array, at: number, end: number): number {
  let close = at + 1;
  while (close < end && bytes[close] !== CLOSE) close++;
  if (close >= end) return -1;
  const first = (bytes[at + 1] as number) | 0x20;
  const valid = first === 0x76 ? isIpFuture(bytes, at + 1, close) : isIpv6(bytes, at + 1, close);
  return valid ? close + 1 : -1;
}

/** "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" ) */
function isIpFuture(bytes: Uint8Array, at: number, end: number): boolean {
  let p = at + 1;
  while (p < end && HEX_VALUE[bytes[p] as number] !== 255) p++;
  if (p === at + 1 || p === end || bytes[p] !== DOT) return false;
  const addressAt = ++p;
  while (p < end && (REG_NAME[bytes[p] as number] === 1 || bytes[p] === COLON)) p++;
  return p === end && p > addressAt;
}

/** IPv6address: eight groups of one to four digits, one run of them elided, the last two perhaps an IPv4address. */
function isIpv6(bytes: Uint8Array, at: number, end: number): boolean {
  let groups = 0;
  let elided = false;
  let p = at;
  if (p + 1 < end && bytes[p] === COLON && bytes[p + 1] === COLON) {
    elided = true;
    p += 2;
    if (p === end) return true;
  }
  for (;;) {
    const groupAt = p;
    while (p < end && p - groupAt < 4 && HEX_VALUE[bytes[p] as number] !== 255) p++;
    if (p === groupAt) return false;
    if (p < end && bytes[p] === DOT) {
      groups += 2;
      return isIpv4(bytes, groupAt, end) && (elided ? groups < 8 : groups === 8);
    }
    groups++;
    if (p === end) return elided ? groups < 8 : groups === 8;
    if (bytes[p] !== COLON) return false;
    p++;
    if (p < end && bytes[p] === COLON) {
      if (elided) return false;
      elided = true;
      p++;
      if (p === end) return groups < 8;
    }
  }
}

/** Four dec-octets without leading zeros. */
function isIpv4(bytes: Uint8Array, at: number, end: number): boolean {
  let p = at;
  for (let octet = 0; octet < 4; octet++) {
    if (octet > 0 && (p === end || bytes[p++] !== DOT)) return false;
    const octetAt = p;
    let value = 0;
    for (; p < end && p - octetAt < 3; p++) {
      const digit = (bytes[p] as number) - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    const digits = p - octetAt;
    if (digits === 0 || value > 255 || (digits > 1 && bytes[octetAt] === 0x30)) return false;
  }
  return p === end;
}
