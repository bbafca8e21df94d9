/**
 * The fields of a head or a trailer section, as offsets into its bytes: nothing is indexed until a field is
 * asked for, and a name or a value becomes a string when it is read. The range must have been validated by a
 * reader of this directory; nothing outside it is touched (OWN-6).
 *
 * A view is a borrow: whoever gives the bytes back revokes it, and reading it then is misuse (OWN-5). This file
 * does not know who that is.
 */

import { MisuseError } from '../../errors.js';
import type { TextCodec } from '../../memory/text.js';
import { plainText } from '../../memory/text.js';
import { CR, FIELD_CONTENT, TCHAR } from '../octets.js';
import { skipClass } from '../scan.js';
import { skipWhitespace, trimWhitespace } from './field-values.js';

/** Offsets kept per field line: name, end of name, value, end of value. */
const OFFSETS = 4;
const NO_BYTES = new Uint8Array(0);

/** Field lines in order, names in any case. Positions are indices into the bytes of the view. */
export class FieldsView implements Iterable<readonly [name: string, value: string]> {
  private bytes: Uint8Array;
  private start: number;
  private readonly end: number;
  private readonly text: TextCodec;
  private index: number[] | null;
  private live: boolean;

  /** @param start the first field line @param end after the empty line that ends the section */
  constructor(bytes: Uint8Array, start: number, end: number, text: TextCodec = plainText) {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.text = text;
    this.index = null;
    this.live = true;
  }

  /** The bytes are given back: from now on every read throws. */
  revoke(): void {
    this.bytes = NO_BYTES;
    this.index = null;
    this.live = false;
  }

  /** The same fields, at `start` of other bytes: the holder has moved them. */
  move(bytes: Uint8Array, start: number): void {
    const index = this.offsets();
    const by = start - this.start;
    for (let i = 0; i < index.length; i++) index[i] = (index[i] as number) + by;
    this.bytes = bytes;
    this.start = start;
  }

  /** The same fields over a copy of their bytes, for a holder who outlives them. */
  detach(): FieldsView {
    if (!this.live) this.offsets();
    const bytes = this.bytes.slice(this.start, this.end);
    return new FieldsView(bytes, 0, bytes.length, this.text);
  }

  /** The number of field lines. */
  get count(): number {
    return this.offsets().length / OFFSETS;
  }

  has(name: string): boolean {
    return this.find(name.toLowerCase(), 0) >= 0;
  }

  /**
   * The value of the field, several lines joined by `, ` in order (RFC 9110 §5.3). Of Set-Cookie, which cannot be
   * joined, the first line's.
   */
  get(name: string): string | undefined {
    const wanted = name.toLowerCase();
    let i = this.find(wanted, 0);
    if (i < 0) return undefined;
    let value = this.value(i);
    if (wanted === 'set-cookie') return value;
    for (i = this.find(wanted, i + 1); i >= 0; i = this.find(wanted, i + 1)) value += `, ${this.value(i)}`;
    return value;
  }

  /** The values of all lines of the field, in order. */
  getAll(name: string): string[] {
    const wanted = name.toLowerCase();
    const values: string[] = [];
    for (let i = this.find(wanted, 0); i >= 0; i = this.find(wanted, i + 1)) values.push(this.value(i));
    return values;
  }

  /** The name of line `i`, as it was sent. */
  name(i: number): string {
    const at = this.lineOffset(i);
    const index = this.offsets();
    return this.text.latin1(this.bytes, index[at] as number, index[at + 1] as number);
  }

  /** The value of line `i`, without the white space around it. */
  value(i: number): string {
    const at = this.lineOffset(i);
    const index = this.offsets();
    return this.text.latin1(this.bytes, index[at + 2] as number, index[at + 3] as number);
  }

  /** Where line `i` has its name and its value, as indices into the view's bytes. */
  nameStart(i: number): number {
    return this.offsets()[this.lineOffset(i)] as number;
  }
  nameEnd(i: number): number {
    return this.offsets()[this.lineOffset(i) + 1] as number;
  }
  valueStart(i: number): number {
    return this.offsets()[this.lineOffset(i) + 2] as number;
  }
  valueEnd(i: number): number {
    return this.offsets()[this.lineOffset(i) + 3] as number;
  }

  /** All lines as strings that outlive the view. */
  toArray(): [name: string, value: string][] {
    const { text, bytes } = this;
    const index = this.offsets();
    const lines: [string, string][] = [];
    for (let at = 0; at < index.length; at += OFFSETS) {
      const name = text.latin1(bytes, index[at] as number, index[at + 1] as number);
      lines.push([name, text.latin1(bytes, index[at + 2] as number, index[at + 3] as number)]);
    }
    return lines;
  }

  *[Symbol.iterator](): IterableIterator<readonly [name: string, value: string]> {
    for (let i = 0; i < this.count; i++) yield [this.name(i), this.value(i)] as const;
  }

  private lineOffset(i: number): number {
    if (!(Number.isInteger(i) && i >= 0 && i < this.count)) {
      throw new MisuseError('field-index', 'OWN-6', `there is no field line ${i}`);
    }
    return i * OFFSETS;
  }

  /** The first line from `from` on that has this name, given in lower case; or -1. */
  private find(wanted: string, from: number): number {
    const index = this.offsets();
    const bytes = this.bytes;
    const length = wanted.length;
    for (let at = from * OFFSETS; at < index.length; at += OFFSETS) {
      const nameAt = index[at] as number;
      if ((index[at + 1] as number) - nameAt !== length) continue;
      let same = 0;
      while (same < length && lower(bytes[nameAt + same] as number) === wanted.charCodeAt(same)) same++;
      if (same === length) return at / OFFSETS;
    }
    return -1;
  }

  private offsets(): number[] {
    if (!this.live) {
      throw new MisuseError(
        'fields-revoked',
        'OWN-5',
        'the fields were read after their bytes were given back',
      );
    }
    this.index ??= indexLines(this.bytes, this.start, this.end);
    return this.index;
  }
}

function lower(octet: number): number {
  return octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet;
}

/** Every line of a valid section ends in CRLF, and the section in an empty line. */
function indexLines(bytes: Uint8Array, start: number, end: number): number[] {
  const index: number[] = [];
  let p = start;
  while (p < end && bytes[p] !== CR) {
    const nameEnd = skipClass(TCHAR, bytes, p, end);
    const valueStart = skipWhitespace(bytes, nameEnd + 1, end);
    const lineEnd = skipClass(FIELD_CONTENT, bytes, valueStart, end);
    index.push(p, nameEnd, valueStart, trimWhitespace(bytes, valueStart, lineEnd));
    p = lineEnd + 2;
  }
  return index;
}
