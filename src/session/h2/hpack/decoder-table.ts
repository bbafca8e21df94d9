/**
 * The dynamic table of a decoder (RFC 7541 §2.3.2, §4): a ring of fields, newest first in index. An evicted entry is
 * let go at once. This file does not know representations, nor what limit was agreed.
 */

import { MARK_BAD_VALUE, STATIC_MARKS } from './field-marks.js';
import { FIELD_OVERHEAD, STATIC_NAMES, STATIC_VALUES } from './static-table.js';

const FIRST_SLOTS = 32;

/** A field in a table. Never changed. */
export class TableEntry {
  readonly name: string;
  readonly value: string;
  /** Bits of field-marks.ts. */
  readonly marks: number;
  /** What it counts (§4.1); each character of the strings is one octet. */
  readonly size: number;

  constructor(name: string, value: string, marks: number) {
    this.name = name;
    this.value = value;
    this.marks = marks;
    this.size = name.length + value.length + FIELD_OVERHEAD;
  }

  /** What the marks say of the name alone. */
  get nameMarks(): number {
    return this.marks & ~MARK_BAD_VALUE;
  }
}

/** The static table, by index; 0 is none. */
export const STATIC_TABLE: readonly TableEntry[] = STATIC_NAMES.map(
  (name, index) => new TableEntry(name, STATIC_VALUES[index] as string, STATIC_MARKS[index] as number),
);

const NOTHING = new TableEntry('', '', 0);

/** Entries have positions: 0 is the newest, `count - 1` the oldest. */
export class DecoderTable {
  /** Octets that all entries count (§4.1). */
  size: number;
  /** What `size` must not exceed (§4.2). */
  maxSize: number;
  /** Entries. */
  count: number;
  private ring: TableEntry[];
  private mask: number;
  /** The newest entry's slot. */
  private newest: number;

  constructor(maxSize: number) {
    this.size = 0;
    this.maxSize = maxSize;
    this.count = 0;
    this.ring = new Array<TableEntry>(FIRST_SLOTS).fill(NOTHING);
    this.mask = FIRST_SLOTS - 1;
    this.newest = 0;
  }

  /** @param position less than `count` */
  entry(position: number): TableEntry {
    return this.ring[(this.newest - position) & this.mask] as TableEntry;
  }

  /** Adds an entry and evicts what must go for it: all, and the entry is not added, if it is too large (§4.4). */
  add(entry: TableEntry): void {
    const size = entry.size;
    this.evict(this.maxSize - size);
    if (size > this.maxSize) return;
    if (this.count > this.mask) this.grow();
    this.newest = (this.newest + 1) & this.mask;
    this.ring[this.newest] = entry;
    this.count++;
    this.size += size;
  }

  /** Sets the maximum and evicts what is over it (§4.3). */
  resize(maxSize: number): void {
    this.maxSize = maxSize;
    this.evict(maxSize);
  }

  /** Evicts the oldest entries until the others count no more than `room`, or none is left. */
  private evict(room: number): void {
    while (this.size > room && this.count > 0) {
      const slot = (this.newest - this.count + 1) & this.mask;
      this.size -= (this.ring[slot] as TableEntry).size;
      this.ring[slot] = NOTHING;
      this.count--;
    }
  }

  /** Twice the slots, the oldest entry in the first. */
  private grow(): void {
    const { ring, mask, newest } = this;
    const slots = ring.length;
    const oldest = newest + 1;
    this.ring = Array.from({ length: 2 * slots }, (_, i) =>
      i < slots ? (ring[(oldest + i) & mask] as TableEntry) : NOTHING,
    );
    this.mask = 2 * slots - 1;
    this.newest = slots - 1;
  }
}
