// Field blocks in tests: what a decoder tells, as data.

import type { HpackDecoder } from '../../src/session/h2/hpack/decoder.js';
import { MARK_NEVER_INDEXED } from '../../src/session/h2/hpack/field-marks.js';

export interface TestField {
  readonly name: string;
  readonly value: string;
  readonly neverIndexed: boolean;
}

/** Keeps what it is told. */
export class FieldList {
  readonly fields: TestField[] = [];
  readonly marks: number[] = [];

  field(name: string, value: string, marks: number): void {
    this.fields.push({ name, value, neverIndexed: (marks & MARK_NEVER_INDEXED) !== 0 });
    this.marks.push(marks);
  }

  /** As `name: value`, with an exclamation mark for never indexed. */
  get lines(): string[] {
    return this.fields.map(({ name, value, neverIndexed }) => `${name}: ${value}${neverIndexed ? ' !' : ''}`);
  }
}

/** Octets written as hexadecimal digits, with spaces anywhere. */
export function octetsOfHex(hex: string): Uint8Array {
  const digits = hex.replace(/\s/g, '');
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (octet) => octet.toString(16).padStart(2, '0')).join('');
}

/** Decodes a block cut at these positions; the bytes of each fragment die after it, and lie amid others. */
export function decodeCut(
  decoder: HpackDecoder,
  block: Uint8Array,
  cuts: readonly number[],
  list: FieldList | null,
  maxListBytes: number = Number.POSITIVE_INFINITY,
): boolean {
  const bounds = [0, ...[...cuts].sort((a, b) => a - b), block.length];
  decoder.begin(list, maxListBytes);
  for (let i = 1; i < bounds.length; i++) {
    const fragment = block.subarray(bounds[i - 1], bounds[i]);
    const bytes = new Uint8Array(fragment.length + 8).fill(0x82);
    bytes.set(fragment, 4);
    const ok = decoder.decode(bytes, 4, 4 + fragment.length);
    bytes.fill(0xff);
    if (!ok) break;
  }
  return decoder.finish();
}
