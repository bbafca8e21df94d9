/**
 * Decompresses field blocks (RFC 7541 §3, RFC 9113 §4.3). A block is given as one fragment or several, cut anywhere:
 * of a representation that is cut, what has come is kept until the rest comes, and nothing else is. Every block is
 * decoded whole, and once (CON-5): without a sink, or beyond the limit of the list, fields are no longer told, but
 * decoding goes on, and the tables stay as the peer's.
 *
 * Work: an octet costs a constant, whatever an index refers to; evictions are paid for by insertions. Memory: the
 * dynamic table, and at most one representation that is cut.
 *
 * This file does not know frames, what a field means, nor whether a malformed one is refused.
 */

import type { LimitError, ProtocolError } from '../../../errors.js';
import { MisuseError } from '../../../errors.js';
import type { TextCodec } from '../../../memory/text.js';
import { plainText } from '../../../memory/text.js';
import { DEFAULT_HEADER_TABLE_SIZE } from '../frames-codes.js';
import { DecoderTable, STATIC_TABLE, TableEntry } from './decoder-table.js';
import { HPACK, hpackError } from './faults.js';
import {
  MARK_BAD_VALUE,
  MARK_NEVER_INDEXED,
  marksOfEnds,
  marksOfName,
  marksOfValue,
  NAME_MARKS,
} from './field-marks.js';
import { NAME_OTHER, NAMES, recogniseOctets } from './field-names.js';
import { huffmanDecode, huffmanIsValue, huffmanOctets } from './huffman-decode.js';
import { PrimitiveReader } from './primitive-reader.js';
import { FIELD_OVERHEAD, STATIC_ENTRIES } from './static-table.js';

/** Whoever takes the fields of a block. Must not call the decoder (OWN-9), and does not throw. */
export interface FieldSink {
  /**
   * One field. Each character of name and value is one octet.
   * @param marks bits of field-marks.ts: the name's number, whether it is malformed, whether never indexed
   */
  field(name: string, value: string, marks: number): void;
}

/** The longest string literal by default, in octets as they are sent: more than any field that is served. */
const DEFAULT_MAX_STRING_BYTES = 65_536;

const NO_BYTES = new Uint8Array(0);
/** No lowering of the limit is waiting for its update. */
const NOT_DUE = -1;

export class HpackDecoder extends PrimitiveReader {
  /** Size of all fields of the block so far, told or not (RFC 9113 §6.5.2). */
  listBytes: number;
  /** Fields of the block so far, told or not. */
  fieldCount: number;
  /** The list went over its limit; from that field on, nothing was told. */
  overLimit: boolean;

  private readonly table: DecoderTable;
  private readonly text: TextCodec;
  /** SETTINGS_HEADER_TABLE_SIZE as we have set it and the peer has acknowledged. */
  private limit: number;
  /** The smallest limit since the last block, when it is below the table's maximum. */
  private due: number;
  private sink: FieldSink | null;
  private maxListBytes: number;
  private open: boolean;
  /** Only size updates have come in the block. */
  private beginning: boolean;
  private updates: number;
  /** What has come of the representation that is cut. */
  private carry: Uint8Array;
  private carried: number;

  /**
   * @param limit the first SETTINGS_HEADER_TABLE_SIZE in force
   * @param maxStringBytes longest string literal as it is sent; a longer one ends the connection
   */
  constructor(
    limit: number = DEFAULT_HEADER_TABLE_SIZE,
    maxStringBytes: number = DEFAULT_MAX_STRING_BYTES,
    text: TextCodec = plainText,
  ) {
    super(maxStringBytes);
    this.listBytes = 0;
    this.fieldCount = 0;
    this.overLimit = false;
    this.table = new DecoderTable(limit);
    this.text = text;
    this.limit = limit;
    this.due = NOT_DUE;
    this.sink = null;
    this.maxListBytes = 0;
    this.open = false;
    this.beginning = false;
    this.updates = 0;
    this.carry = NO_BYTES;
    this.carried = 0;
  }

  /** Size of the dynamic table's entries (§4.1). */
  get tableBytes(): number {
    return this.table.size;
  }

  /** Octets held for a representation that is cut; at most what it says that it has, and 0 between blocks. */
  get carriedBytes(): number {
    return this.carry.length;
  }

  /** The dynamic table, newest first. */
  tableEntries(): [name: string, value: string][] {
    const entries: [string, string][] = [];
    for (let i = 0; i < this.table.count; i++) {
      const { name, value } = this.table.entry(i);
      entries.push([name, value]);
    }
    return entries;
  }

  /** The error for `fault`. */
  get error(): ProtocolError | LimitError | undefined {
    return this.fault === undefined ? undefined : hpackError(this.fault);
  }

  /**
   * SETTINGS_HEADER_TABLE_SIZE has changed: to be called between blocks, when the peer's acknowledgement comes. The
   * peer says in its next block what it makes of it, and must when it was lowered (§4.2).
   */
  setLimit(limit: number): void {
    if (this.open) throw new MisuseError('hpack-block-open', 'CON-5', 'a limit cannot change within a block');
    this.limit = limit;
    if (limit < this.table.maxSize && (this.due === NOT_DUE || limit < this.due)) this.due = limit;
  }

  /**
   * Begins a block.
   * @param sink is told the fields; null when they are not wanted
   * @param maxListBytes limit of `listBytes`: the first field beyond it and all after it are not told
   */
  begin(sink: FieldSink | null, maxListBytes: number): void {
    if (this.open) throw new MisuseError('hpack-block-open', 'CON-5', 'the block before is not finished');
    this.sink = sink;
    this.maxListBytes = maxListBytes;
    this.listBytes = 0;
    this.fieldCount = 0;
    this.overLimit = false;
    this.open = true;
    this.beginning = true;
    this.updates = 0;
  }

  /** Decodes the next fragment of the block; nothing of it is needed afterwards. False: see `fault`. */
  decode(bytes: Uint8Array, start: number, end: number): boolean {
    if (!this.open) throw new MisuseError('hpack-no-block', 'CON-5', 'no block has begun');
    let at = start;
    while (this.fault === undefined && this.carried > 0 && at < end) at = this.join(bytes, at, end);
    if (this.fault === undefined && at < end) {
      at = this.run(bytes, at, end);
      if (this.fault === undefined && at < end) this.keep(bytes, at, end);
    }
    return this.fault === undefined;
  }

  /** Ends the block. False: see `fault`. */
  finish(): boolean {
    if (!this.open) throw new MisuseError('hpack-no-block', 'CON-5', 'no block has begun');
    this.open = false;
    this.sink = null;
    if (this.fault === undefined && this.carried > 0) this.fault = HPACK.truncated;
    if (this.fault === undefined && this.beginning) this.leaveBeginning();
    this.carry = NO_BYTES;
    return this.fault === undefined;
  }

  /** A whole block in one piece. */
  decodeBlock(
    bytes: Uint8Array,
    start: number,
    end: number,
    sink: FieldSink | null,
    maxListBytes: number,
  ): boolean {
    this.begin(sink, maxListBytes);
    this.decode(bytes, start, end);
    return this.finish();
  }

  /** Adds to what is kept what is needed at least, and tries again. Answers the position after what it took. */
  private join(bytes: Uint8Array, at: number, end: number): number {
    const taken = Math.min(this.needed - this.carried, end - at);
    this.keep(bytes, at, at + taken);
    if (this.carried === this.needed && this.run(this.carry, 0, this.carried) === this.carried)
      this.carried = 0;
    return at + taken;
  }

  private keep(bytes: Uint8Array, start: number, end: number): void {
    const size = this.carried + end - start;
    if (this.carry.length < size) {
      // Twice as much saves moving it again for every fragment; but never more than is known to come.
      const carry = new Uint8Array(Math.max(size, Math.min(this.needed, 2 * size)));
      carry.set(this.carry.subarray(0, this.carried));
      this.carry = carry;
    }
    this.carry.set(bytes.subarray(start, end), this.carried);
    this.carried = size;
  }

  /** Decodes whole representations. Answers where the one begins that is cut, or `end`; after a fault anything. */
  private run(bytes: Uint8Array, start: number, end: number): number {
    let p = start;
    if (this.beginning) {
      p = this.readUpdates(bytes, p, end);
      if (this.beginning) return p;
    }
    const table = this.table;
    while (p < end) {
      const first = bytes[p] as number;
      if (first >= 0x80) {
        let index = first & 0x7f;
        if (index === 0x7f) {
          index = this.integer(bytes, p, p, end, 0x7f);
          if (index < 0) return p;
          p = this.after;
        } else p++;
        if (index === 0) return this.fail(HPACK.indexZero);
        if (index - STATIC_ENTRIES > table.count) return this.fail(HPACK.index);
        const entry =
          index > STATIC_ENTRIES
            ? table.entry(index - STATIC_ENTRIES - 1)
            : (STATIC_TABLE[index] as TableEntry);
        this.tell(entry.name, entry.value, entry.marks, entry.size);
      } else {
        if (first >= 0x20 && first < 0x40) return this.fail(HPACK.updateLate);
        const next = this.literal(bytes, p, end, first);
        if (next < 0) return p;
        p = next;
      }
    }
    return p;
  }

  /** One literal representation (§6.2). Answers the position after it, or -1: cut, or a fault. */
  private literal(bytes: Uint8Array, start: number, end: number, first: number): number {
    const mask = first >= 0x40 ? 0x3f : 0x0f;
    let p = start + 1;
    let index = first & mask;
    if (index === mask) {
      index = this.integer(bytes, start, start, end, mask);
      if (index < 0) return -1;
      p = this.after;
    }
    let nameAt = 0;
    let nameLength = 0;
    let nameCoded = false;
    if (index === 0) {
      nameLength = this.stringLength(bytes, start, p, end);
      if (nameLength < 0) return -1;
      nameCoded = (bytes[p] as number) >= 0x80;
      nameAt = this.after;
      p = nameAt + nameLength;
    } else if (index - STATIC_ENTRIES > this.table.count) return this.fail(HPACK.index);
    const valueLength = this.stringLength(bytes, start, p, end);
    if (valueLength < 0) return -1;
    const valueCoded = (bytes[p] as number) >= 0x80;
    const valueAt = this.after;
    const next = valueAt + valueLength;
    if (next > end) return this.need(next - start);

    let name: string;
    let marks: number;
    if (index === 0) {
      let octets = bytes;
      let from = nameAt;
      let length = nameLength;
      if (nameCoded) {
        length = huffmanDecode(bytes, nameAt, nameAt + nameLength);
        if (length < 0) return this.fail(HPACK.huffman);
        octets = huffmanOctets();
        from = 0;
      }
      const known = recogniseOctets(octets, from, length);
      if (known === NAME_OTHER) {
        name = this.text.latin1(octets, from, from + length);
        marks = marksOfName(octets, from, from + length);
      } else {
        name = NAMES[known] as string;
        marks = NAME_MARKS[known] as number;
      }
    } else {
      const entry =
        index > STATIC_ENTRIES
          ? this.table.entry(index - STATIC_ENTRIES - 1)
          : (STATIC_TABLE[index] as TableEntry);
      name = entry.name;
      marks = entry.nameMarks;
    }

    const indexed = first >= 0x40;
    if (!indexed && !this.wants(name.length)) return this.skipValue(bytes, valueAt, next, valueCoded, name);
    let value: string;
    if (valueCoded) {
      const length = huffmanDecode(bytes, valueAt, next);
      if (length < 0) return this.fail(HPACK.huffman);
      const octets = huffmanOctets();
      value = this.text.latin1(octets, 0, length);
      marks |= huffmanIsValue() ? marksOfEnds(octets, 0, length) : MARK_BAD_VALUE;
    } else {
      value = this.text.latin1(bytes, valueAt, next);
      marks |= marksOfValue(bytes, valueAt, next);
    }
    if (indexed) this.table.add(new TableEntry(name, value, marks));
    else if (first >= 0x10) marks |= MARK_NEVER_INDEXED;
    this.tell(name, value, marks, name.length + value.length + FIELD_OVERHEAD);
    return next;
  }

  /** Whether a field with a name of this length may still be told. */
  private wants(nameLength: number): boolean {
    return this.sink !== null && this.listBytes + nameLength + FIELD_OVERHEAD <= this.maxListBytes;
  }

  /** A value that nobody sees and the table does not keep: it is checked and counted, no string is made. */
  private skipValue(bytes: Uint8Array, start: number, end: number, coded: boolean, name: string): number {
    const length = coded ? huffmanDecode(bytes, start, end) : end - start;
    if (length < 0) return this.fail(HPACK.huffman);
    this.count(name.length + length + FIELD_OVERHEAD);
    return end;
  }

  private tell(name: string, value: string, marks: number, size: number): void {
    if (this.count(size) && this.sink !== null) this.sink.field(name, value, marks);
  }

  /** Answers whether the list is within its limit, with the field. */
  private count(size: number): boolean {
    this.fieldCount++;
    this.listBytes += size;
    if (this.listBytes <= this.maxListBytes) return true;
    this.overLimit = true;
    return false;
  }

  /** Size updates, which only the beginning of a block may have (§4.2). Answers the position after them. */
  private readUpdates(bytes: Uint8Array, start: number, end: number): number {
    let p = start;
    while (p < end && ((bytes[p] as number) & 0xe0) === 0x20) {
      const size = this.integer(bytes, p, p, end, 0x1f);
      if (size < 0) return p;
      if (++this.updates > 2) return this.fail(HPACK.updateThird);
      if (size > this.limit) return this.fail(HPACK.updateOverLimit);
      if (this.due !== NOT_DUE && size > this.due) return this.fail(HPACK.updateMissing);
      this.due = NOT_DUE;
      this.table.resize(size);
      p = this.after;
    }
    if (p < end) this.leaveBeginning();
    return p;
  }

  private leaveBeginning(): void {
    this.beginning = false;
    if (this.due !== NOT_DUE) this.fail(HPACK.updateMissing);
  }
}
