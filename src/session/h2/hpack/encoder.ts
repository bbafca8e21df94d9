/**
 * Compresses field sections (RFC 7541 §6) into bytes that the caller holds, all or nothing (WS-8): a block that
 * does not fit leaves the table, and the size updates that are due, as they were. A string is Huffman-coded when
 * that is shorter. This file does not know frames, pseudo-header order, nor which fields a message may have.
 */

import { MisuseError } from '../../../errors.js';
import type { TextCodec } from '../../../memory/text.js';
import { plainText } from '../../../memory/text.js';
import { DEFAULT_HEADER_TABLE_SIZE } from '../frames-codes.js';
import { EncoderTable, TABLE_BUCKETS } from './encoder-table.js';
import { NAME_COOKIE, NAME_OTHER } from './field-names.js';
import { huffmanBits, writeHuffman } from './huffman-encode.js';
import {
  INDEXING_ADD,
  INDEXING_BY_POLICY,
  INDEXING_NEVER,
  INDEXING_NONE,
  type Indexing,
  KNOWN_NAMES,
  type KnownName,
  SHORT_COOKIE,
} from './indexing.js';
import { FIELD_OVERHEAD } from './static-table.js';

/** An integer of 31 bits takes no more (§5.1). */
const INTEGER_BYTES = 6;
/** A field that takes more of the table than this drives too many others out. */
const LARGEST_SHARE = 0.75;
/** A position that says that the block did not fit. */
const FULL = -1;

export class HpackEncoder {
  private readonly table: EncoderTable;
  private readonly text: TextCodec;
  private readonly capacity: number;
  /** Names, in lower case, that are never indexed besides those of the policy; null when there are none. */
  private readonly sensitive: ReadonlySet<string> | null;
  /** The smallest maximum of the table since the last block, and the one to be reached (§4.2). */
  private lowest: number;
  private wanted: number;
  private open: boolean;
  private bytes: Uint8Array;
  private at: number;
  private end: number;

  /**
   * @param capacity the most that we spend on the table, whatever the peer allows: octets as §4.1 counts them
   * @param limit the peer's SETTINGS_HEADER_TABLE_SIZE before it said anything
   * @param sensitive names of fields that are never indexed (§7.1.3), besides those of the policy
   */
  constructor(
    capacity: number = DEFAULT_HEADER_TABLE_SIZE,
    text: TextCodec = plainText,
    limit: number = DEFAULT_HEADER_TABLE_SIZE,
    sensitive: readonly string[] = [],
  ) {
    this.table = new EncoderTable(limit, Math.max(capacity, limit));
    this.text = text;
    this.capacity = capacity;
    this.sensitive = sensitive.length === 0 ? null : new Set(sensitive.map((name) => name.toLowerCase()));
    this.lowest = Math.min(capacity, limit);
    this.wanted = this.lowest;
    this.open = false;
    this.bytes = NO_BYTES;
    this.at = 0;
    this.end = 0;
  }

  /** Size of the dynamic table's entries (§4.1). */
  get tableBytes(): number {
    return this.table.size;
  }

  /**
   * Between blocks: a block that is sent again means the same as long as this is the same, if its first sending did not
   * change it. -1 when the next block must begin with a size update (§4.2).
   */
  get version(): number {
    const { maxSize, version } = this.table;
    return this.lowest < maxSize || this.wanted !== maxSize ? -1 : version;
  }

  /** The dynamic table, newest first. */
  tableEntries(): [name: string, value: string][] {
    return Array.from({ length: this.table.count }, (_, position) => this.table.entry(position));
  }

  /** The peer's SETTINGS_HEADER_TABLE_SIZE, for each time that it occurs, in order. Between blocks only. */
  setLimit(limit: number): void {
    if (this.open) throw misuse('hpack-block-open', 'a limit cannot change within a block');
    this.wanted = Math.min(limit, this.capacity);
    this.lowest = Math.min(this.lowest, this.wanted);
  }

  /** Begins a block at `at`; nothing is written at or after `end`. */
  begin(bytes: Uint8Array, at: number, end: number): void {
    if (this.open) throw misuse('hpack-block-open', 'the block before is not finished');
    this.open = true;
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    const table = this.table;
    table.mark();
    if (this.lowest < table.maxSize) this.update(this.lowest);
    if (this.wanted !== table.maxSize) this.update(this.wanted);
  }

  /**
   * Adds a field. The characters of the value are octets. A name in upper case is sent in lower case
   * (RFC 9113 §8.2.1).
   * @throws MisuseError `hpack-octets` for a character above U+00FF: the block is given up
   */
  field(name: string, value: string, indexing: Indexing = INDEXING_BY_POLICY): void {
    if (this.at < 0) return;
    let known = KNOWN_NAMES.get(name);
    let plain = name;
    if (known === undefined) {
      plain = name.toLowerCase();
      if (plain !== name) known = KNOWN_NAMES.get(plain);
    }
    if (known === undefined) this.otherField(plain, value, indexing);
    else this.knownField(known, value, indexing);
  }

  /** Adds `:status`, an integer of three digits. */
  status(status: number): void {
    const index = STATUS_INDEX[status];
    if (index !== undefined && this.at >= 0 && this.at < this.end) this.bytes[this.at++] = 0x80 | index;
    else this.field(':status', String(status));
  }

  /** Ends the block. @returns the position after it; or -1 when it did not fit, and then there was no block */
  finish(): number {
    if (!this.open) throw misuse('hpack-no-block', 'no block has begun');
    const at = this.at;
    this.close();
    if (at < 0) {
      this.table.rollback();
      return FULL;
    }
    this.table.commit();
    this.lowest = this.wanted;
    return at;
  }

  /** Gives the block up: there was none. */
  abandon(): void {
    if (!this.open) throw misuse('hpack-no-block', 'no block has begun');
    this.close();
    this.table.rollback();
  }

  /** A whole block with these fields. */
  encode(
    fields: readonly (readonly [name: string, value: string])[],
    bytes: Uint8Array,
    at: number,
    end: number,
  ): number {
    this.begin(bytes, at, end);
    for (let i = 0; i < fields.length; i++) {
      const [name, value] = fields[i] as readonly [string, string];
      this.field(name, value);
    }
    return this.finish();
  }

  private close(): void {
    this.open = false;
    this.bytes = NO_BYTES;
  }

  private knownField(known: KnownName, value: string, indexing: Indexing): void {
    const name = known.name;
    let how: Indexing = indexing;
    if (how === INDEXING_BY_POLICY) {
      how = known.indexing;
      if (this.sensitive?.has(name)) how = INDEXING_NEVER;
      else if (known.number === NAME_COOKIE && value.length < SHORT_COOKIE) how = INDEXING_NEVER;
      else if (how === INDEXING_ADD && this.isLarge(name, value)) how = INDEXING_NONE;
    }
    if (how === INDEXING_NEVER) {
      this.literal(0x10, 0x0f, known.staticIndex, name, value);
      return;
    }
    const values = known.staticValues;
    for (let i = 0; i < values.length; i++) {
      if (values[i] === value) {
        this.integer(0x80, 0x7f, known.staticIndex + i);
        return;
      }
    }
    // What our own policy does not add is not there to be found.
    if (how === INDEXING_NONE && indexing === INDEXING_BY_POLICY && known.staticIndex > 0) {
      this.literal(0x00, 0x0f, known.staticIndex, name, value);
      return;
    }
    this.indexed(known.number, known.staticIndex, name, value, how);
  }

  private otherField(name: string, value: string, indexing: Indexing): void {
    let how: Indexing = indexing;
    if (how === INDEXING_BY_POLICY) {
      if (this.sensitive?.has(name)) how = INDEXING_NEVER;
      else how = this.isLarge(name, value) ? INDEXING_NONE : INDEXING_ADD;
    }
    if (how === INDEXING_NEVER) this.literal(0x10, 0x0f, 0, name, value);
    else this.indexed(bucketOf(name), NAME_OTHER, name, value, how);
  }

  private indexed(bucket: number, staticIndex: number, name: string, value: string, how: Indexing): void {
    const table = this.table;
    const index = table.find(bucket, name, value);
    if (index > 0) {
      this.integer(0x80, 0x7f, index);
      return;
    }
    const nameIndex = staticIndex > 0 ? staticIndex : table.nameIndex;
    if (how === INDEXING_ADD && table.hasSlot) {
      this.literal(0x40, 0x3f, nameIndex, name, value);
      if (this.at >= 0) table.add(bucket, name, value);
    } else this.literal(0x00, 0x0f, nameIndex, name, value);
  }

  private isLarge(name: string, value: string): boolean {
    return name.length + value.length + FIELD_OVERHEAD > this.table.maxSize * LARGEST_SHARE;
  }

  private update(maxSize: number): void {
    this.integer(0x20, 0x1f, maxSize);
    this.table.resize(maxSize);
  }

  private literal(pattern: number, mask: number, nameIndex: number, name: string, value: string): void {
    this.integer(pattern, mask, nameIndex);
    if (nameIndex === 0) this.string(name);
    this.string(value);
  }

  /** A string literal (§5.2). */
  private string(text: string): void {
    const bits = huffmanBits(text);
    if (Number.isNaN(bits)) {
      this.abandon();
      throw misuse('hpack-octets', 'a field has a character that is no octet');
    }
    const coded = Math.ceil(bits / 8);
    if (coded < text.length) {
      this.integer(0x80, 0x7f, coded);
      if (this.at >= 0 && coded <= this.end - this.at) this.at = writeHuffman(text, this.bytes, this.at);
      else this.at = FULL;
    } else {
      this.integer(0x00, 0x7f, text.length);
      if (this.at >= 0 && text.length <= this.end - this.at)
        this.at = this.text.write(text, this.bytes, this.at);
      else this.at = FULL;
    }
  }

  /** An integer (§5.1) after the bits of `pattern`. */
  private integer(pattern: number, mask: number, value: number): void {
    let p = this.at;
    if (p < 0 || p >= this.end) {
      this.at = FULL;
      return;
    }
    const bytes = this.bytes;
    if (value < mask) {
      bytes[p] = pattern | value;
      this.at = p + 1;
      return;
    }
    let rest = value - mask;
    if (this.end - p < INTEGER_BYTES && this.end - p < integerBytes(rest)) {
      this.at = FULL;
      return;
    }
    bytes[p++] = pattern | mask;
    while (rest >= 0x80) {
      bytes[p++] = 0x80 | (rest & 0x7f);
      rest >>>= 7;
    }
    bytes[p++] = rest;
    this.at = p;
  }
}

const NO_BYTES = new Uint8Array(0);

/** The static index of a status that the static table has. */
const STATUS_INDEX: readonly (number | undefined)[] = statusIndex();

function statusIndex(): (number | undefined)[] {
  const index = new Array<number | undefined>(600).fill(undefined);
  const known = KNOWN_NAMES.get(':status');
  for (const [i, value] of known?.staticValues.entries() ?? []) {
    index[Number(value)] = (known?.staticIndex ?? 0) + i;
  }
  return index;
}

/** Octets of an integer whose prefix is full and which has `rest` beyond it. */
function integerBytes(rest: number): number {
  let octets = 2;
  for (let left = rest; left >= 0x80; left = Math.floor(left / 128)) octets++;
  return octets;
}

/** A bucket for a name that is not known: cheap, and bounded by MAX_LOOKS when somebody makes them collide. */
function bucketOf(name: string): number {
  const length = name.length;
  const middle = name.charCodeAt(length >> 1);
  // Beyond the string is NaN, which counts as 0.
  return (
    (length * 31 + name.charCodeAt(0) * 7 + middle * 13 + name.charCodeAt(length - 1)) & (TABLE_BUCKETS - 1)
  );
}

function misuse(code: string, message: string): MisuseError {
  return new MisuseError(code, 'WS-8', message);
}
