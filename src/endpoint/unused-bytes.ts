/**
 * What a session was given and did not use, on its way to whoever goes on: delivered once, in order, as rooms allow
 * (CON-3), and released exactly once. This file does not know who gives the rooms.
 */
import type { Lease } from '../memory/index.js';
import type { ByteRange } from '../transport/contract.js';

export class UnusedBytes {
  private lease: Lease | undefined;
  private taken = 0;

  /** The lease is this object's from now on. */
  constructor(lease: Lease | undefined) {
    this.lease = lease;
  }

  /** True when nothing is left to deliver. */
  get none(): boolean {
    return this.lease === undefined;
  }

  /** Copies as much as fits, and says how much; with the last byte the lease goes back. */
  into(room: ByteRange): number {
    const { lease } = this;
    if (lease === undefined) return 0;
    const from = lease.start + this.taken;
    const count = Math.min(room.end - room.start, lease.end - from);
    room.bytes.set(lease.bytes.subarray(from, from + count), room.start);
    if (lease.ledger !== null) lease.ledger.copied(count);
    this.taken += count;
    if (this.taken === lease.length) this.drop();
    return count;
  }

  /** Nobody wants the rest. Idempotent. */
  drop(): void {
    const { lease } = this;
    this.lease = undefined;
    lease?.release();
  }
}
