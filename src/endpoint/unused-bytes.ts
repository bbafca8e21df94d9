/**
 * What a session was given and did not use, on its way to whoever goes on: delivered once, in order, as rooms allow
 * (CON-3), and released exactly once. This file does not know who gives the rooms.
 */
import { copyBytes } from '../memory/copy-bytes.js';
import type { Lease } from '../memory/index.js';
import type { ByteRange } from '../transport/contract.js';

export class UnusedBytes {
  /** In the order of delivery; of the first one `taken` bytes are delivered. */
  private readonly leases: Lease[] = [];
  private taken = 0;

  /** The lease is this object's from now on. */
  constructor(lease: Lease | undefined) {
    if (lease !== undefined) this.leases.push(lease);
  }

  /** True when nothing is left to deliver. */
  get none(): boolean {
    return this.leases.length === 0;
  }

  /**
   * What a session left of that which was delivered to it comes before what was not: a session may hand off before it
   * was given everything. The lease is this object's from now on.
   */
  giveBack(lease: Lease | undefined): void {
    if (lease === undefined) return;
    const [first] = this.leases;
    if (first !== undefined && this.taken > 0) {
      const [delivered, rest] = first.split(this.taken);
      delivered.release();
      this.leases[0] = rest;
      this.taken = 0;
    }
    this.leases.unshift(lease);
  }

  /** Copies as much of the first lease as fits, and says how much; with its last byte the lease goes back. */
  into(room: ByteRange): number {
    const [lease] = this.leases;
    if (lease === undefined) return 0;
    const from = lease.start + this.taken;
    const count = Math.min(room.end - room.start, lease.end - from);
    copyBytes(lease.bytes, from, from + count, room.bytes, room.start);
    if (lease.ledger !== null) lease.ledger.copied(count);
    this.taken += count;
    if (this.taken === lease.length) {
      this.leases.shift();
      this.taken = 0;
      lease.release();
    }
    return count;
  }

  /** Nobody wants the rest. Idempotent. */
  drop(): void {
    this.taken = 0;
    for (const lease of this.leases.splice(0)) lease.release();
  }
}
