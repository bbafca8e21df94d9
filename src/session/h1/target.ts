/**
 * The four forms of a request-target (RFC 9112 §3.2), judged over octets that are all of the class TARGET or
 * percent-encoded. This file does not know the rest of the request.
 */

import { HOST_INVALID, HOST_PORT, judgeHost } from '../host.js';
import { COLON } from '../octets.js';

const SLASH = 0x2f;
const QUESTION = 0x3f;
const ASTERISK = 0x2a;
const OPEN = 0x5b;
const CLOSE = 0x5d;

/** None of the forms, or one that the method does not allow. */
export const FORM_INVALID = 0;
export const FORM_ORIGIN = 1;
export const FORM_ABSOLUTE = 2;
export const FORM_AUTHORITY = 3;
export const FORM_ASTERISK = 4;

/** Which form `at` to `end` has, given the method. */
export function targetForm(bytes: Uint8Array, at: number, end: number, method: string): number {
  if (method === 'CONNECT') {
    // RFC 9110 §9.3.6: the port is not optional here.
    return judgeHost(bytes, at, end) === HOST_PORT ? FORM_AUTHORITY : FORM_INVALID;
  }
  if (at === end) return FORM_INVALID;
  if (bytes[at] === SLASH) return FORM_ORIGIN;
  if (bytes[at] === ASTERISK && end - at === 1) return method === 'OPTIONS' ? FORM_ASTERISK : FORM_INVALID;
  const authority = authorityStart(bytes, at, end);
  if (authority < 0) return FORM_INVALID;
  const pathAt = authorityEnd(bytes, authority, end);
  if (judgeHost(bytes, authority, pathAt) === HOST_INVALID) return FORM_INVALID;
  for (let p = pathAt; p < end; p++) if (bytes[p] === OPEN || bytes[p] === CLOSE) return FORM_INVALID;
  return FORM_ABSOLUTE;
}

/**
 * Where the authority of an absolute-form begins: after `scheme "://"`; or -1. An absolute-URI without an
 * authority is refused: there is nothing that it could be routed to.
 */
export function authorityStart(bytes: Uint8Array, at: number, end: number): number {
  let p = at;
  for (; p < end && bytes[p] !== COLON; p++) {
    const octet = bytes[p] as number;
    const letter = (octet | 0x20) >= 0x61 && (octet | 0x20) <= 0x7a;
    const digit = octet >= 0x30 && octet <= 0x39;
    const mark = octet === 0x2b || octet === 0x2d || octet === 0x2e;
    if (!letter && (p === at || !(digit || mark))) return -1;
  }
  if (p === at || p + 2 >= end || bytes[p + 1] !== SLASH || bytes[p + 2] !== SLASH) return -1;
  return p + 3;
}

/** Where the authority that begins at `at` ends: at the path, the query, or the end. */
export function authorityEnd(bytes: Uint8Array, at: number, end: number): number {
  let p = at;
  while (p < end && bytes[p] !== SLASH && bytes[p] !== QUESTION) p++;
  return p;
}
