/**
 * A model of an HPACK dynamic table (RFC 7541 §2.3.2, §4): a list, the newest first. It knows no ring, no chain and no
 * representation; and for an encoder, that a block which is not sent has never been.
 */
export class HpackTableModel {
  entries: readonly (readonly [name: string, value: string])[] = [];
  maxSize: number;
  private kept: { readonly entries: HpackTableModel['entries']; readonly maxSize: number };

  constructor(maxSize: number) {
    this.maxSize = maxSize;
    this.kept = { entries: [], maxSize };
  }

  /** §4.1: what an entry counts is its octets and 32. */
  get size(): number {
    return this.entries.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0);
  }

  /** §4.4: eviction comes before the entry is added; one that is larger than the table empties it. */
  add(name: string, value: string): void {
    const size = name.length + value.length + 32;
    while (this.entries.length > 0 && this.size + size > this.maxSize)
      this.entries = this.entries.slice(0, -1);
    if (size <= this.maxSize) this.entries = [[name, value], ...this.entries];
  }

  /** §4.3. */
  resize(maxSize: number): void {
    this.maxSize = maxSize;
    while (this.size > maxSize) this.entries = this.entries.slice(0, -1);
  }

  mark(): void {
    this.kept = { entries: this.entries, maxSize: this.maxSize };
  }

  rollback(): void {
    this.entries = this.kept.entries;
    this.maxSize = this.kept.maxSize;
  }

  /** The position of the newest entry that is the field, or -1. */
  find(name: string, value: string): number {
    return this.entries.findIndex(([itsName, itsValue]) => itsName === name && itsValue === value);
  }
}
