/**
 * Known methods as interned strings, found by octets. This file does not know what they mean, except that
 * three of them change how a message is read.
 */

const KNOWN = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
  'PURGE',
  'QUERY',
];

/** By length: the candidates, with their octets. */
const BY_LENGTH: readonly (readonly { readonly name: string; readonly octets: Uint8Array }[])[] = Array.from(
  { length: 8 },
  (_, length) =>
    KNOWN.filter((name) => name.length === length).map((name) => ({
      name,
      octets: Uint8Array.from(name, (character) => character.charCodeAt(0)),
    })),
);

/** The interned method at `at` to `end`, or undefined if it is none of the known ones. */
export function knownMethod(bytes: Uint8Array, at: number, end: number): string | undefined {
  const candidates = BY_LENGTH[end - at];
  if (candidates === undefined) return undefined;
  for (let i = 0; i < candidates.length; i++) {
    const candidate = candidates[i] as { readonly name: string; readonly octets: Uint8Array };
    let same = 0;
    while (same < candidate.octets.length && candidate.octets[same] === bytes[at + same]) same++;
    if (same === candidate.octets.length) return candidate.name;
  }
  return undefined;
}
