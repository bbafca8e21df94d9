/**
 * The workspace as its users see it: the operations and refusals of WS-1 to WS-7. `BumpWorkspace` is the real one,
 * `EmulatedWorkspace` the one of WS-10. This file does not know how either stores its regions.
 */
import type { Lease } from './lease.js';
import type { Owner } from './owner.js';
import type { Frame, Region } from './region.js';
import type { Slab } from './slab.js';

/** An opaque token of `snapshot()`, good for one `reset`. */
export type Snapshot = Frame;

export interface Workspace {
  readonly owner: Owner;
  /** Usable bytes of the slab. */
  readonly capacity: number;
  /** Bytes allocated since birth. */
  readonly used: number;
  /** Bytes that could be allocated now; 0 while a reservation is open. */
  readonly available: number;
  /** True after an exhaustion, until rollback (WS-7). */
  readonly overflowed: boolean;
  readonly reserved: boolean;
  /** Live leases on regions of this workspace. */
  readonly leased: number;

  /** A region of exactly `bytes`, disjoint from every other; undefined when exhausted (WS-3). */
  allocate(bytes: number): Region | undefined;
  /** Everything that is free, perhaps nothing; must be closed (WS-4). The region is room to fill, not a unit. */
  reserveAll(): Region;
  /** Exactly `bytes`, or undefined with overflow marked and nothing held (WS-4). */
  reserve(bytes: number): Region | undefined;
  /** Ends the reservation and keeps its first `kept` bytes as a region (WS-5). */
  close(kept: number): Region;
  /**
   * Ends the reservation and keeps its first `kept` bytes at the end of `unit`, which must end where it began and
   * belong to the youngest snapshot.
   */
  closeInto(unit: Region, kept: number): void;
  /** Ends the reservation and keeps nothing. */
  cancel(): void;
  /** Turns the first `bytes` of `unit` into a lease; the unit goes on behind it. */
  leasePrefix(unit: Region, bytes: number, owner: Owner, label: string): Lease;
  /** Gives up the first `bytes` of `unit` (consumed or discarded; the caller's account says which). */
  dropPrefix(unit: Region, bytes: number): void;
  /**
   * Moves `unit`, which must be all that lives here, to the workspace's beginning, so that the room behind it grows.
   * Refused while a lease lives.
   */
  compact(unit: Region): void;
  snapshot(): Snapshot;
  /** Ends everything allocated since `snapshot`, which is used up with every younger one (WS-6). */
  reset(snapshot: Snapshot): void;
  /** Back to birth: everything ends, overflow is cleared (WS-7). */
  rollback(): void;
  /** The owner is done: the slab goes home when its last lease ends. */
  retire(): void;
  /**
   * Begins again after `retire`, on `slab`, which comes pinned once, and with `unit` empty at its beginning. False, and
   * nothing happened, where that cannot be: it is not retired, or what it gave out in its first life, a lease that
   * lives or a region besides `unit`, could be taken for something of the second.
   */
  revive(slab: Slab, unit: Region): boolean;
}
