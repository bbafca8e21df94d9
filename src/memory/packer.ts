/**
 * Packs ranges one behind another into slabs of their own, so that a few bytes do not pin the large slab in which they
 * were received (OWN-8). This file does not know what is packed, nor whose bytes share a slab.
 */
import { copyBytes } from './copy-bytes.js';
import type { Lease } from './lease.js';
import type { Owner } from './owner.js';
import type { Region } from './region.js';
import type { SlabSource } from './slab-pool.js';
import type { Workspace } from './workspace-contract.js';

export class Packer {
  private readonly source: SlabSource;
  private readonly owner: Owner;
  private workspace: Workspace | null;
  /** Added, and not leased yet. */
  private unit: Region | null;
  /** The workspace before this one and its unit: objects to use again, without a slab, when nothing of it is left. */
  private last: Workspace | null;
  private lastUnit: Region | null;

  constructor(source: SlabSource, owner: Owner) {
    this.source = source;
    this.owner = owner;
    this.workspace = null;
    this.unit = null;
    this.last = null;
    this.lastUnit = null;
  }

  /** A lease on a copy of the range in one piece; undefined when no slab can be had, or none is large enough. */
  pack(bytes: Uint8Array, start: number, end: number, owner: Owner, label: string): Lease | undefined {
    const length = end - start;
    const { workspace } = this;
    if (workspace !== null && workspace.available < length) this.close();
    if (length > this.source.slabBytes || !this.hasRoom()) return undefined;
    this.copy(bytes, start, end);
    return this.lease(owner, label);
  }

  /**
   * Copies as much of the range as the slab takes that is being filled, behind what was added before.
   * @returns how many bytes; 0 when no slab can be had, or when `lease` must be called first for a fresh one
   */
  add(bytes: Uint8Array, start: number, end: number): number {
    if (!this.hasRoom()) return 0;
    const count = Math.min(end - start, (this.workspace as Workspace).available);
    this.copy(bytes, start, start + count);
    return count;
  }

  /** What was added since the last time, as one lease; undefined when nothing was. */
  lease(owner: Owner, label: string): Lease | undefined {
    const { workspace } = this;
    if (workspace === null) return undefined;
    const unit = this.unit as Region;
    if (unit.length === 0) return undefined;
    return workspace.leasePrefix(unit, unit.length, owner, label);
  }

  /** Gives the slab back when nothing in it is leased: whoever packs seldom holds none in between. */
  settle(): void {
    const { workspace } = this;
    if (workspace === null || workspace.leased > 0 || (this.unit as Region).length > 0) return;
    this.close();
  }

  /** Begins a fresh slab next time; this one goes home with its last lease. Idempotent. */
  close(): void {
    const { workspace, unit } = this;
    if (workspace === null) return;
    this.workspace = null;
    this.unit = null;
    workspace.retire();
    this.last = workspace;
    this.lastUnit = unit;
  }

  private hasRoom(): boolean {
    const { workspace } = this;
    if (workspace !== null) {
      if (workspace.available > 0) return true;
      if ((this.unit as Region).length > 0) return false;
      this.close();
    }
    const { last, lastUnit, source } = this;
    const fresh =
      // Stryker disable next-line ConditionalExpression,EqualityOperator,LogicalOperator: using one again shows in its cost only.
      last === null || lastUnit === null
        ? source.open(this.owner)
        : source.reopen(this.owner, last, lastUnit);
    if (fresh === undefined) return false;
    this.workspace = fresh;
    this.unit = fresh === last ? lastUnit : (fresh.allocate(0) as Region);
    this.last = null;
    this.lastUnit = null;
    return true;
  }

  private copy(bytes: Uint8Array, start: number, end: number): void {
    const workspace = this.workspace as Workspace;
    const length = end - start;
    const room = workspace.reserve(length) as Region;
    copyBytes(bytes, start, end, room.bytes, room.start);
    this.source.ledger?.copied(length);
    workspace.closeInto(this.unit as Region, length);
  }
}
