/**
 * Fields the way `node:http` shows them: one object of lower-case names, with its rules for names that come more than
 * once, and the raw list. This file does not know requests from responses.
 */
import type { Fields } from '../../stream/contract.js';

/** Names of which Node keeps the first value only. */
const firstOnly: ReadonlySet<string> = new Set([
  'age',
  'authorization',
  'content-length',
  'content-type',
  'etag',
  'expires',
  'from',
  'host',
  'if-modified-since',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'referer',
  'retry-after',
  'server',
  'user-agent',
]);

export interface NodeFields {
  headers: Record<string, string | string[] | undefined>;
  rawHeaders: string[];
}

export function nodeFields(fields: Fields): NodeFields {
  const headers: Record<string, string | string[] | undefined> = {};
  const rawHeaders: string[] = [];
  for (const [name, value] of fields) {
    rawHeaders.push(name, value);
    const lower = name.toLowerCase();
    const before = Object.hasOwn(headers, lower) ? headers[lower] : undefined;
    if (lower === 'set-cookie') {
      if (Array.isArray(before)) before.push(value);
      else headers[lower] = [value];
    } else if (before === undefined) define(headers, lower, value);
    else if (!firstOnly.has(lower)) headers[lower] = `${before}${lower === 'cookie' ? '; ' : ', '}${value}`;
  }
  return { headers, rawHeaders };
}

/** A field may be called `__proto__`: a plain assignment would not make it a property. */
function define(headers: NodeFields['headers'], name: string, value: string): void {
  Object.defineProperty(headers, name, { value, writable: true, enumerable: true, configurable: true });
}
