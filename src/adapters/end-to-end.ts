/**
 * What of a message's fields is meant for its recipient, and not for the next hop alone (RFC 9110 §7.6.1): what an
 * application hands on may have come over a connection of its own. This file does not know who sends the fields.
 */
import type { FieldList } from '../stream/contract.js';
import { listed } from '../stream/listed.js';

/** Fields of one connection, whether or not its Connection field lists them. */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
]);

/**
 * The fields without those of a connection and those that Connection lists. Upgrade is what a 426 has to say over H1
 * (RFC 9110 §15.5.22); over H2 there is none (RFC 9113 §8.2.2).
 */
export function endToEnd(fields: FieldList, protocol: 'h1' | 'h2'): FieldList {
  const options = connectionOptions(fields);
  return fields.filter(([name]) => {
    const lower = name.toLowerCase();
    if (hopByHop.has(lower) || options.includes(lower)) return false;
    return lower !== 'upgrade' || protocol === 'h1';
  });
}

/** What the Connection fields say, in lower case. */
export function connectionOptions(fields: FieldList): string[] {
  return fields.flatMap(([name, value]) => (name.toLowerCase() === 'connection' ? listed(value) : []));
}
