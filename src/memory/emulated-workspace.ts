/**
 * The emulating workspace of WS-10: the same offsets, refusals and exhaustion as the real one, but every
 * allocation has a buffer of its own that is poisoned the moment it ends, and every extension moves the unit to a
 * new buffer. Code that keeps an address, reads past its region or uses bytes after their end is caught here
 * without any ledger.
 *
 * It does not know what is tested on it. It is slow on purpose and copies everything.
 */
import { Lease } from './lease.js';
import type { Ledger } from './ledger.js';
import type { Owner } from './owner.js';
import { type Frame, noFrame, Region } from './region.js';
import { Slab, type SlabHome } from './slab.js';
import { BumpWorkspace } from './workspace.js';

/** What dead emulated bytes look like. */
export const emulatedPoison = 0xde;

class EmulatedRegion extends Region {
  /** Offset in the workspace at which the region would end. */
  offsetEnd: number;

  constructor(bytes: Uint8Array, frame: Frame, offsetEnd: number) {
    super(bytes, 0, bytes.length, frame);
    this.offsetEnd = offsetEnd;
  }
}

const nothing = new Uint8Array(0);

export class EmulatedWorkspace extends BumpWorkspace {
  /** The room that is open now. */
  private reservation: Uint8Array;
  private readonly alive: Set<Region>;
  private readonly grave: SlabHome;

  constructor(slab: Slab, owner: Owner, ledger: Ledger | null) {
    super(slab, owner, ledger);
    this.reservation = nothing;
    this.alive = new Set();
    this.grave = {
      returned: (own) => {
        own.generation += 1;
        slab.unpin();
      },
    };
  }

  override close(kept: number): Region {
    const region = super.close(kept);
    region.bytes.set(this.reservation.subarray(0, kept));
    this.killReservation();
    return region;
  }

  override cancel(): void {
    super.cancel();
    this.killReservation();
  }

  override leasePrefix(unit: Region, bytes: number, owner: Owner, label: string): Lease {
    this.requirePrefix(unit, bytes);
    const own = new Slab(this.slab.id, bytes, this.grave, this.ledger, this.slab, emulatedPoison);
    own.bytes.set(unit.bytes.subarray(unit.start, unit.start + bytes));
    this.slab.pin();
    const lease = new Lease(own, 0, bytes, owner, label, unit.frame);
    if (this.ledger !== null) this.ledger.leased(lease);
    replace(unit, unit.bytes.slice(unit.start + bytes, unit.end));
    return lease;
  }

  override dropPrefix(unit: Region, bytes: number): void {
    this.requirePrefix(unit, bytes);
    replace(unit, unit.bytes.slice(unit.start + bytes, unit.end));
  }

  override reset(snapshot: Frame): void {
    super.reset(snapshot);
    this.killEnded();
  }

  override rollback(): void {
    super.rollback();
    this.killEnded();
  }

  override retire(): void {
    super.retire();
    this.killEnded();
  }

  /** Every life has buffers of its own. */
  override revive(): boolean {
    return false;
  }

  protected override makeRegion(start: number, end: number, frame: Frame): Region {
    const region = new EmulatedRegion(new Uint8Array(end - start), frame, end);
    this.alive.add(region);
    return region;
  }

  protected override makeRoom(start: number, end: number): Region {
    this.reservation = new Uint8Array(end - start);
    return new Region(this.reservation, 0, end - start, noFrame);
  }

  protected override stores(unit: Region): boolean {
    return this.alive.has(unit);
  }

  protected override endOf(unit: Region): number {
    return (unit as EmulatedRegion).offsetEnd;
  }

  protected override grow(unit: Region, kept: number): void {
    const grown = new Uint8Array(unit.length + kept);
    grown.set(unit.bytes.subarray(unit.start, unit.end));
    grown.set(this.reservation.subarray(0, kept), unit.length);
    replace(unit, grown);
    (unit as EmulatedRegion).offsetEnd += kept;
    this.killReservation();
  }

  protected override moveToBirth(unit: Region): void {
    replace(unit, unit.bytes.slice(unit.start, unit.end));
    (unit as EmulatedRegion).offsetEnd = unit.length;
  }

  private killReservation(): void {
    this.reservation.fill(emulatedPoison);
    this.reservation = nothing;
  }

  private killEnded(): void {
    for (const region of this.alive) {
      if (!region.frame.ended) continue;
      region.bytes.fill(emulatedPoison);
      this.alive.delete(region);
    }
  }
}

/** Moves a unit to `bytes` and kills the buffer that it had. */
function replace(unit: Region, bytes: Uint8Array): void {
  unit.bytes.fill(emulatedPoison);
  unit.bytes = bytes;
  unit.start = 0;
  unit.end = bytes.length;
}
