/**
 * What the checked ledger knows of one slab: who has it out, what is leased of it, whether a reservation is open on it.
 * The slab carries it, so that no act has to look it up. This file does not know any rule.
 */
import type { Lease } from './lease.js';
import type { WorkspaceView } from './ledger.js';
import type { Owner } from './owner.js';
import type { Slab } from './slab.js';

export class SlabAccount {
  readonly slab: Slab;
  /** Who has it out; null while it is at home. */
  owner: Owner | null;
  /** A workspace is on it: then every byte that is in no region is poison. */
  arena: boolean;
  /** The workspace whose reservation is open; null when none is. */
  reserving: WorkspaceView | null;
  /** Those that live, in no order. */
  readonly leases: Lease[];
  /** Where the last of them ends; 0 when there is none. */
  leasedTo: number;
  /** Its place among the accounts of the ledger. */
  place: number;
  private view: Int32Array | null;

  constructor(slab: Slab, place: number) {
    this.slab = slab;
    this.owner = null;
    this.arena = false;
    this.reserving = null;
    this.leases = [];
    this.leasedTo = 0;
    this.place = place;
    this.view = null;
  }

  /** The bytes of the slab, four at a time. Made when it is first asked for: nobody asks for those of an emulated lease. */
  get words(): Int32Array {
    if (this.view === null) {
      const { bytes, capacity } = this.slab;
      this.view = new Int32Array(bytes.buffer, bytes.byteOffset, capacity >> 2);
    }
    return this.view;
  }

  /** A lease that overlaps `[start, end)`; undefined when none does. */
  overlapping(start: number, end: number): Lease | undefined {
    if (start >= this.leasedTo) return undefined;
    return this.leases.find((lease) => lease.end > start && lease.start < end);
  }

  add(lease: Lease, end: number): void {
    this.leases.push(lease);
    if (end > this.leasedTo) this.leasedTo = end;
  }

  /** @returns false when it was not there */
  delete(lease: Lease): boolean {
    const { leases } = this;
    const at = leases.indexOf(lease);
    if (at < 0) return false;
    const last = leases.pop() as Lease;
    if (last !== lease) leases[at] = last;
    if (leases.length === 0) this.leasedTo = 0;
    else if (lease.end === this.leasedTo) this.leasedTo = this.furthest();
    return true;
  }

  clear(): void {
    this.leases.length = 0;
    this.leasedTo = 0;
  }

  private furthest(): number {
    let end = 0;
    for (const lease of this.leases) if (lease.end > end) end = lease.end;
    return end;
  }
}
