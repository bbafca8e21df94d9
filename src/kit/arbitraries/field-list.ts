/**
 * Lists of fields that may be sent (RFC 9110 §5): names are tokens, in any case, some of them twice; values are short,
 * long, empty, or with what only looks like a delimiter. Framing fields, which are a session's own, are not among them.
 * This file does not know which protocol carries them.
 */
import fc from 'fast-check';
import type { ScriptFields } from '../exchange-script.js';

const name = fc.constantFrom('X-A', 'x-b', 'Accept', 'X-Long-Name-Of-A-Field');
const value = fc.oneof(
  fc.constantFrom('', 'v', 'a, b', '0'),
  fc.integer({ min: 1, max: 200 }).map((length) => 'z'.repeat(length)),
);

/** @param maxFields most fields of a list; default 3 */
export function fieldList(maxFields = 3): fc.Arbitrary<ScriptFields> {
  return fc.array(fc.tuple(name, value), { maxLength: maxFields });
}
