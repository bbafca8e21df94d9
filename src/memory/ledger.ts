/**
 * The ledger watches every act of memory and of ownership. `off` is the absence of one (`null`), which is the
 * default and costs a comparison; `CheckedLedger` asserts the rulebook. This file does not know which rules are
 * asserted: it names the acts.
 */
import type { Lease } from './lease.js';
import type { Owner } from './owner.js';
import type { Slab } from './slab.js';

/** What a workspace did; the names are Varnish's where it has one. */
export type WorkspaceAct =
  | 'open'
  | 'allocate'
  | 'reserve'
  | 'close'
  | 'split'
  | 'compact'
  | 'snapshot'
  | 'reset'
  | 'rollback'
  | 'retire';

/** What the ledger needs to see of a workspace to check its bounds (WS-1). */
export interface WorkspaceView {
  readonly owner: Owner;
  readonly slab: Slab;
  readonly free: number;
  readonly reservedEnd: number;
  readonly capacity: number;
  readonly reserved: boolean;
  readonly overflowed: boolean;
}

/** Bytes on their way out: frozen from when a transport takes them until they are written or failed. */
export interface FrozenBytes {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Undefined for foreign bytes (OWN-1). */
  readonly lease: Lease | undefined;
}

export interface Ledger {
  /** A slab left the pool for `owner`. */
  acquired(slab: Slab, owner: Owner): void;
  /** A slab came back to the pool: nobody may touch it any more. */
  returned(slab: Slab): void;
  /** A workspace did something; called after the act. */
  workspace(workspace: WorkspaceView, act: WorkspaceAct): void;
  /** A range stopped being anybody's while its slab lives on (WS-5, OWN-5). */
  vacated(slab: Slab, start: number, end: number): void;
  leased(lease: Lease): void;
  split(lease: Lease, head: Lease, tail: Lease): void;
  /** `lease` ended and `next` took its range over for another owner. */
  transferred(lease: Lease, next: Lease): void;
  /** `lease` is about to end; it can still be read. So it is for `split` and `transferred`. */
  released(lease: Lease): void;
  /** The application keeps the lease past its exchange under `name` (OWN-7). */
  kept(lease: Lease, name: string): void;
  /** Bytes were given to a transport by `owner`. */
  frozen(segment: FrozenBytes, owner: Owner): void;
  /** They came back. */
  thawed(segment: FrozenBytes, outcome: 'written' | 'failed', owner: Owner): void;
  /** Bytes were copied inside Undercoat, for the cost account. */
  copied(bytes: number): void;
}
