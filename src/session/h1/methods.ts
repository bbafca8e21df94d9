/**
 * Methods as text: those that everybody uses are always the same string, so that comparing them is cheap. This file
 * does not know what they mean.
 */

import type { TextCodec } from '../../memory/text.js';

const KNOWN: ReadonlyMap<string, string> = new Map(
  ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'PURGE', 'QUERY'].map(
    (method) => [method, method],
  ),
);

/** The method at `at` to `end`, interned if it is a known one. */
export function methodText(bytes: Uint8Array, at: number, end: number, text: TextCodec): string {
  if (end - at === 3 && bytes[at] === 0x47 && bytes[at + 1] === 0x45 && bytes[at + 2] === 0x54) return 'GET';
  const method = text.latin1(bytes, at, end);
  return KNOWN.get(method) ?? method;
}
