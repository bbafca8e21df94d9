/**
 * Edits of bytes that know nothing of what they say: places count modulo what is there, so that an edit fits any
 * bytes and shrinks by itself.
 */
import fc from 'fast-check';

/**
 * One edit: `octet` (0 to 255) is set or inserted at `place`, an octet is removed there, or all from there on is cut
 * off. `place` counts modulo the bytes that there are.
 */
export interface ByteEdit {
  readonly act: 'set' | 'insert' | 'remove' | 'cut';
  readonly place: number;
  readonly octet: number;
}

/** @param octet what is written; any octet if absent */
export function byteEdits(
  octet: fc.Arbitrary<number> = fc.integer({ min: 0, max: 255 }),
): fc.Arbitrary<ByteEdit[]> {
  return fc.array(
    fc.record({
      act: fc.constantFrom('set', 'set', 'insert', 'remove', 'cut'),
      place: fc.nat({ max: 1 << 16 }),
      octet,
    }),
    { maxLength: 3 },
  );
}

/** The bytes with the edits made, one after the other; a copy. */
export function editBytes(bytes: Uint8Array, edits: readonly ByteEdit[]): Uint8Array {
  const out = [...bytes];
  for (const { act, place, octet } of edits) {
    const at = place % (out.length + 1);
    if (act === 'set') out[Math.min(at, Math.max(0, out.length - 1))] = octet;
    else if (act === 'insert') out.splice(at, 0, octet);
    else if (act === 'remove') out.splice(at, 1);
    else out.splice(at);
  }
  return Uint8Array.from(out);
}
