/**
 * Which fields an encoder adds to the dynamic table, and which it marks so that nobody ever does (RFC 7541 §7.1).
 * Kept are fields that say the same in message after message; not kept those that rarely do, for they drive the
 * others out. Never indexed is what an attacker who shares the connection could guess, piece by piece, from the
 * length of what is sent. This file does not know the table.
 */

import { NAME_NUMBERS } from './field-names.js';
import { STATIC_ENTRIES, STATIC_NAMES, STATIC_VALUES } from './static-table.js';

/** The policy below decides. */
export const INDEXING_BY_POLICY = 0;
/** Literal with incremental indexing (§6.2.1), or indexed. */
export const INDEXING_ADD = 1;
/** Literal without indexing (§6.2.2), or indexed. */
export const INDEXING_NONE = 2;
/** Literal never indexed (§6.2.3), whatever the tables have. */
export const INDEXING_NEVER = 3;
/** One of the `INDEXING_` constants. */
export type Indexing = 0 | 1 | 2 | 3;

/** What an encoder knows of a name. */
export interface KnownName {
  readonly name: string;
  /** The number of field-names.ts. */
  readonly number: number;
  /** The name's first index in the static table, or 0. */
  readonly staticIndex: number;
  /** The values that the static table has for it, from `staticIndex` on. */
  readonly staticValues: readonly string[];
  readonly indexing: typeof INDEXING_ADD | typeof INDEXING_NONE | typeof INDEXING_NEVER;
}

/** Cookies under this length are short enough to be guessed (§7.1.3). */
export const SHORT_COOKIE = 20;

const NEVER = ['authorization', 'proxy-authorization', 'set-cookie'];
const CHANGING = [
  ...[':path', 'age', 'content-length', 'content-range', 'etag', 'expires', 'grpc-message', 'grpc-timeout'],
  ...['if-match', 'if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since', 'last-modified'],
  ...['location', 'range', 'server-timing', 'traceparent', 'tracestate', 'x-correlation-id', 'x-request-id'],
];

/** By name, in lower case and as H1 writes it: `content-type`, `Content-Type`. */
export const KNOWN_NAMES: ReadonlyMap<string, KnownName> = knownNames();

function knownNames(): Map<string, KnownName> {
  const known = new Map<string, KnownName>();
  for (const [name, number] of NAME_NUMBERS) {
    const staticIndex = Math.max(0, STATIC_NAMES.indexOf(name));
    const staticValues: string[] = [];
    for (let i = staticIndex; i > 0 && i <= STATIC_ENTRIES && STATIC_NAMES[i] === name; i++) {
      staticValues.push(STATIC_VALUES[i] as string);
    }
    let indexing: KnownName['indexing'] = INDEXING_ADD;
    if (NEVER.includes(name)) indexing = INDEXING_NEVER;
    else if (CHANGING.includes(name)) indexing = INDEXING_NONE;
    const entry = { name, number, staticIndex, staticValues, indexing };
    known.set(name, entry);
    known.set(
      name.replace(/(?<=^|-)[a-z]/g, (letter) => letter.toUpperCase()),
      entry,
    );
  }
  return known;
}
