/**
 * Packs small ranges one behind another into slabs of their own, so that a few bytes do not pin the large slab in which
 * they were received (OWN-8). One packer serves one stream at a time: what a consumer keeps of it never pins another's bytes.
 * This file does not know what is packed.
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
  private unit: Region | null;
  /** The workspace before this one and its unit, when nothing of it was left: objects to use again, without a slab. */
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

  /** A lease on a copy of the range; undefined when no slab can be had, or none is large enough. */
  pack(bytes: Uint8Array, start: number, end: number, owner: Owner, label: string): Lease | undefined {
    const length = end - start;
    let { workspace } = this;
    if (workspace === null || workspace.available < length) {
      this.close();
      if (length > this.source.slabBytes) return undefined;
      workspace = this.begin();
      if (workspace === null) return undefined;
    }
    const unit = this.unit as Region;
    const room = workspace.reserve(length) as Region;
    copyBytes(bytes, start, end, room.bytes, room.start);
    this.source.ledger?.copied(length);
    workspace.closeInto(unit, length);
    return workspace.leasePrefix(unit, length, owner, label);
  }

  /** Packs no more for now; the slab goes home with its last lease. Idempotent. */
  close(): void {
    const { workspace, unit } = this;
    if (workspace === null) return;
    this.workspace = null;
    this.unit = null;
    const isEmpty = workspace.leased === 0;
    workspace.retire();
    if (!isEmpty) return;
    this.last = workspace;
    this.lastUnit = unit;
  }

  private begin(): Workspace | null {
    const { last, lastUnit, source } = this;
    const workspace =
      last === null || lastUnit === null
        ? source.open(this.owner)
        : source.reopen(this.owner, last, lastUnit);
    if (workspace === undefined) return null;
    this.workspace = workspace;
    this.unit = workspace === last ? lastUnit : (workspace.allocate(0) as Region);
    this.last = null;
    this.lastUnit = null;
    return workspace;
  }
}
