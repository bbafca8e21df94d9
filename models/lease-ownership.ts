/**
 * A model of who owns what (OWN-1, OWN-2, OWN-5, OWN-7): slabs that are home or out, pins on them, and leases with one
 * owner each, which end once. It knows no bytes and no offsets but lengths; and nothing of how handles are written.
 */

export interface ModelLease {
  /** Number of the slab that it pins. */
  readonly slab: number;
  readonly length: number;
  owner: string;
  /** The name under which its owner keeps it. */
  keptAs: string | undefined;
  over: boolean;
}

export class LeaseModel {
  /** By slab that is out: how many pin it, its workspace included. */
  readonly pins = new Map<number, number>();
  readonly leases: ModelLease[] = [];
  private readonly limit: number;
  private slabs = 0;

  /** @param limit slabs that may be out at once */
  constructor(limit: number) {
    this.limit = limit;
  }

  /** @returns the slab's number; undefined when none can be had */
  acquire(): number | undefined {
    if (this.pins.size >= this.limit) return undefined;
    const slab = this.slabs;
    this.slabs += 1;
    this.pins.set(slab, 1);
    return slab;
  }

  /** The workspace lets go of its slab; leases on it live on. */
  retire(slab: number): void {
    this.unpin(slab);
  }

  take(slab: number, length: number, owner: string): void {
    this.lease(slab, length, owner, undefined);
  }

  /** Each of these answers false, and nothing has happened, when the lease is over. */
  transfer(lease: ModelLease, to: string): boolean {
    if (lease.over) return false;
    this.lease(lease.slab, lease.length, to, undefined);
    return this.end(lease);
  }

  split(lease: ModelLease, at: number): boolean {
    if (lease.over || at <= 0 || at >= lease.length) return false;
    this.lease(lease.slab, at, lease.owner, lease.keptAs);
    this.lease(lease.slab, lease.length - at, lease.owner, lease.keptAs);
    return this.end(lease);
  }

  retain(lease: ModelLease, name: string): boolean {
    if (lease.over) return false;
    lease.keptAs = name;
    return true;
  }

  release(lease: ModelLease): boolean {
    return !lease.over && this.end(lease);
  }

  /** The exchange of `owner` is over: what it did not retain by name ends. */
  revoke(owner: string): void {
    for (const lease of this.leases) {
      if (!lease.over && lease.owner === owner && lease.keptAs === undefined) this.end(lease);
    }
  }

  /** Leases alive, by owner. */
  get held(): ReadonlyMap<string, number> {
    const held = new Map<string, number>();
    for (const { over, owner, length } of this.leases) {
      if (!over) held.set(owner, (held.get(owner) ?? 0) + length);
    }
    return held;
  }

  private lease(slab: number, length: number, owner: string, keptAs: string | undefined): void {
    this.pins.set(slab, (this.pins.get(slab) ?? 0) + 1);
    this.leases.push({ slab, length, owner, keptAs, over: false });
  }

  private end(lease: ModelLease): true {
    lease.over = true;
    this.unpin(lease.slab);
    return true;
  }

  private unpin(slab: number): void {
    const left = (this.pins.get(slab) ?? 0) - 1;
    if (left === 0) this.pins.delete(slab);
    else this.pins.set(slab, left);
  }
}
