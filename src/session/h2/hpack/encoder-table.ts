/**
 * The dynamic table of an encoder (RFC 7541 §2.3.2, §4), which can go back to where a block began (WS-8). Entries
 * have numbers that only grow; those alive are `oldest` up to `next`, and each has a slot in a ring. They are found
 * through chains, from the newest entry of a bucket to older ones: a chain ends where entries are no longer alive,
 * so that an eviction touches none of it, and can be undone by moving `oldest` back. What a block has evicted
 * keeps its slot until the block is done.
 *
 * This file does not know representations, nor which fields deserve a place.
 */

import { FIELD_OVERHEAD, STATIC_ENTRIES } from './static-table.js';

/** Names that are known have their own bucket, by number; others share all of them. */
export const TABLE_BUCKETS = 128;
/** Entries looked at for one field: with many values of one name, an older one is not found, and sent again. */
const MAX_LOOKS = 16;
const NONE = -1;

export class EncoderTable {
  /** Octets that all entries count (§4.1). */
  size: number;
  /** What `size` must not exceed (§4.2). */
  maxSize: number;
  /** Another number for each state in which indices mean something else; between blocks. */
  version: number;
  /** After `find`: the index of an entry with the name, or 0. */
  nameIndex: number;

  private readonly slots: number;
  private names: string[];
  private values: string[];
  /** Of each value, what tells most from one another without a look at them: ids, counts and times differ in every message. */
  private keys: Int32Array;
  private buckets: Uint8Array;
  /** By slot, the entry before it in its chain. */
  private older: Float64Array;
  /** By bucket, the newest entry. */
  private heads: Float64Array;
  private oldest: number;
  private next: number;

  private markSize: number;
  private markMaxSize: number;
  private markOldest: number;
  private markNext: number;

  /** @param capacity what `maxSize` never exceeds */
  constructor(maxSize: number, capacity: number) {
    // Room for all entries there can be, and as many that a block evicts: powers of two make the ring.
    this.slots = 2 ** Math.ceil(Math.log2(Math.max(16, (2 * capacity) / FIELD_OVERHEAD)));
    this.size = 0;
    this.maxSize = maxSize;
    this.version = 0;
    this.nameIndex = 0;
    this.names = [];
    this.values = [];
    this.keys = new Int32Array(0);
    this.buckets = new Uint8Array(0);
    this.older = new Float64Array(0);
    this.heads = new Float64Array(0);
    this.oldest = 0;
    this.next = 0;
    this.markSize = 0;
    this.markMaxSize = maxSize;
    this.markOldest = 0;
    this.markNext = 0;
  }

  /** Entries alive. */
  get count(): number {
    return this.next - this.oldest;
  }

  /** @param position 0 is the newest entry, `count - 1` the oldest */
  entry(position: number): [name: string, value: string] {
    const slot = (this.next - 1 - position) & (this.slots - 1);
    return [this.names[slot] as string, this.values[slot] as string];
  }

  /** The index of the field, or 0; `nameIndex` is then the name's. */
  find(bucket: number, name: string, value: string): number {
    this.nameIndex = 0;
    if (this.next === this.oldest) return 0;
    const mask = this.slots - 1;
    const oldest = this.oldest;
    const key = keyOf(value);
    let entry = this.heads[bucket] as number;
    for (let looks = 0; entry >= oldest && looks < MAX_LOOKS; looks++) {
      const slot = entry & mask;
      if (this.names[slot] === name) {
        const index = STATIC_ENTRIES + this.next - entry;
        if (this.keys[slot] === key && this.values[slot] === value) return index;
        if (this.nameIndex === 0) this.nameIndex = index;
      }
      entry = this.older[slot] as number;
    }
    return 0;
  }

  /** Whether `add` may be called: the slot that it takes holds nothing that a rollback needs. */
  get hasSlot(): boolean {
    return this.next - this.markOldest < this.slots;
  }

  /** Adds an entry and evicts what must go for it: all, and the entry is not added, if it is too large (§4.4). */
  add(bucket: number, name: string, value: string): void {
    const size = name.length + value.length + FIELD_OVERHEAD;
    this.version++;
    this.evict(this.maxSize - size);
    if (size > this.maxSize) return;
    if (this.names.length === 0) this.allocate();
    const slot = this.next & (this.slots - 1);
    this.names[slot] = name;
    this.values[slot] = value;
    this.keys[slot] = keyOf(value);
    this.buckets[slot] = bucket;
    this.older[slot] = this.heads[bucket] as number;
    this.heads[bucket] = this.next;
    this.next++;
    this.size += size;
  }

  /** Sets the maximum and evicts what is over it (§4.3). */
  resize(maxSize: number): void {
    this.version++;
    this.maxSize = maxSize;
    this.evict(maxSize);
  }

  /** A block begins: `rollback` comes back to here. */
  mark(): void {
    this.markSize = this.size;
    this.markMaxSize = this.maxSize;
    this.markOldest = this.oldest;
    this.markNext = this.next;
  }

  /** The block stays: what it evicted is let go. */
  commit(): void {
    const mask = this.slots - 1;
    for (let entry = this.markOldest; entry < this.oldest; entry++) {
      this.names[entry & mask] = '';
      this.values[entry & mask] = '';
    }
    this.markOldest = this.oldest;
  }

  /** Everything since `mark` is undone. */
  rollback(): void {
    this.version++;
    const mask = this.slots - 1;
    while (this.next > this.markNext) {
      this.next--;
      const slot = this.next & mask;
      this.heads[this.buckets[slot] as number] = this.older[slot] as number;
      this.names[slot] = '';
      this.values[slot] = '';
    }
    this.oldest = this.markOldest;
    this.size = this.markSize;
    this.maxSize = this.markMaxSize;
  }

  /** Evicts the oldest entries until the others count no more than `room`, or none is left. */
  private evict(room: number): void {
    const mask = this.slots - 1;
    while (this.size > room && this.oldest < this.next) {
      const slot = this.oldest & mask;
      const name = this.names[slot] as string;
      const value = this.values[slot] as string;
      this.size -= name.length + value.length + FIELD_OVERHEAD;
      this.oldest++;
    }
  }

  private allocate(): void {
    this.names = new Array<string>(this.slots).fill('');
    this.values = new Array<string>(this.slots).fill('');
    this.keys = new Int32Array(this.slots);
    this.buckets = new Uint8Array(this.slots);
    this.older = new Float64Array(this.slots);
    this.heads = new Float64Array(TABLE_BUCKETS).fill(NONE);
  }
}

/** Its length and its last octets. */
function keyOf(value: string): number {
  const { length } = value;
  if (length < 2) return length === 0 ? 0 : value.charCodeAt(0);
  return (length << 16) ^ (value.charCodeAt(length - 2) << 8) ^ value.charCodeAt(length - 1);
}
