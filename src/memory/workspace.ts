/**
 * The workspace: a bump arena over one slab, with the operations and the refusals of WS-1 to WS-7. The offsets
 * keep `0 ≤ free ≤ reservedEnd ≤ capacity` at all times.
 *
 * An *open unit* is a region that still grows: bytes of a head that is being received, or of output that is being
 * built. Each reservation that is closed into it extends it, and prefixes of it become leases.
 *
 * This file does not know what the bytes mean, nor whether somebody emulates it (see `emulated-workspace.ts`).
 */
import { Lease } from './lease.js';
import type { Ledger, WorkspaceAct } from './ledger.js';
import type { Owner } from './owner.js';
import { Frame, Region } from './region.js';
import type { Slab } from './slab.js';
import type { Snapshot, Workspace } from './workspace-contract.js';
import {
  noPrefix,
  notReserved,
  overrun,
  regionEnded,
  regionForeign,
  regionLeased,
  requireLength,
  retired,
  snapshotOpen,
  snapshotStale,
  stillReserved,
  unitBelowSnapshot,
  unitNotAlone,
  unitNotLast,
} from './workspace-refusals.js';

const none = -1;

/** The real one: all regions share the slab. */
export class BumpWorkspace implements Workspace {
  readonly owner: Owner;
  readonly capacity: number;
  private store: Slab;
  protected readonly ledger: Ledger | null;
  protected freeAt: number;
  private reservedTo: number;
  private youngest: Frame;
  private overflow: boolean;
  private retired: boolean;

  /** `slab` comes pinned once; that pin is the workspace's. */
  constructor(slab: Slab, owner: Owner, ledger: Ledger | null) {
    this.owner = owner;
    this.capacity = slab.capacity;
    this.store = slab;
    this.ledger = ledger;
    this.freeAt = 0;
    this.reservedTo = none;
    this.youngest = new Frame(0, null);
    this.overflow = false;
    this.retired = false;
    if (ledger !== null) ledger.workspace(this, 'open');
  }

  get slab(): Slab {
    return this.store;
  }

  get free(): number {
    return this.freeAt;
  }

  get reservedEnd(): number {
    return this.reservedTo === none ? this.freeAt : this.reservedTo;
  }

  get used(): number {
    return this.freeAt;
  }

  get available(): number {
    return this.reservedTo === none ? this.capacity - this.freeAt : 0;
  }

  get overflowed(): boolean {
    return this.overflow;
  }

  get reserved(): boolean {
    return this.reservedTo !== none;
  }

  get leased(): number {
    let sum = this.youngest.leased;
    for (let frame = this.youngest.older; frame !== null; frame = frame.older) sum += frame.leased;
    return sum;
  }

  allocate(bytes: number): Region | undefined {
    this.refuseWhileReserved('allocate');
    requireLength(bytes);
    if (bytes > this.capacity - this.freeAt) {
      this.overflow = true;
      this.acted('allocate');
      return undefined;
    }
    const from = this.freeAt;
    this.freeAt = from + bytes;
    this.acted('allocate');
    return this.makeRegion(from, from + bytes, this.newest());
  }

  reserveAll(): Region {
    if (this.retired || this.reservedTo !== none) this.refuseWhileReserved('reserve');
    this.reservedTo = this.capacity;
    if (this.ledger !== null) this.ledger.workspace(this, 'reserve');
    return this.makeRoom(this.freeAt, this.capacity);
  }

  reserve(bytes: number): Region | undefined {
    this.refuseWhileReserved('reserve');
    requireLength(bytes);
    if (bytes > this.capacity - this.freeAt) {
      this.overflow = true;
      this.acted('reserve');
      return undefined;
    }
    this.reservedTo = this.freeAt + bytes;
    this.acted('reserve');
    return this.makeRoom(this.freeAt, this.reservedTo);
  }

  close(kept: number): Region {
    const from = this.freeAt;
    this.endReservation(kept);
    return this.makeRegion(from, from + kept, this.newest());
  }

  closeInto(unit: Region, kept: number): void {
    const from = this.freeAt;
    const { frame } = unit;
    // Each read and each thing written ends here: all that may be wrong is asked at once, and sorted out when it is.
    if (
      frame !== this.youngest ||
      frame.ended ||
      !this.stores(unit) ||
      this.endOf(unit) !== from ||
      !(kept >= 0 && kept <= this.reservedTo - from && Number.isSafeInteger(kept))
    ) {
      this.refuseClose(unit, kept);
    }
    const end = this.reservedTo;
    this.freeAt = from + kept;
    this.reservedTo = none;
    if (this.ledger !== null) {
      this.ledger.vacated(this.slab, from + kept, end);
      this.ledger.workspace(this, 'close');
    }
    this.grow(unit, kept);
  }

  cancel(): void {
    this.endReservation(0);
  }

  leasePrefix(unit: Region, bytes: number, owner: Owner, label: string): Lease {
    const { start, frame } = unit;
    const end = start + bytes;
    if (
      frame.ended ||
      !this.stores(unit) ||
      !(end > start && end <= unit.end && Number.isSafeInteger(bytes))
    ) {
      this.requirePrefix(unit, bytes);
    }
    const lease = new Lease(this.slab, start, end, owner, label, frame);
    unit.start = end;
    if (this.ledger !== null) this.ledger.leased(lease);
    return lease;
  }

  dropPrefix(unit: Region, bytes: number): void {
    this.requirePrefix(unit, bytes);
    const start = unit.start;
    unit.start = start + bytes;
    if (this.ledger !== null) this.ledger.vacated(this.slab, start, start + bytes);
  }

  compact(unit: Region): void {
    this.refuseWhileReserved('compact');
    this.requireLiving(unit);
    this.refuseLeased(null, 'compact');
    if (this.youngest.older !== null) {
      throw snapshotOpen();
    }
    if (this.youngest.regions !== 1) {
      throw unitNotAlone();
    }
    this.moveToBirth(unit);
    this.freeAt = unit.length;
    this.acted('compact');
  }

  snapshot(): Snapshot {
    this.refuseWhileReserved('snapshot');
    const frame = new Frame(this.freeAt, this.youngest);
    this.youngest = frame;
    this.acted('snapshot');
    return frame;
  }

  reset(snapshot: Snapshot): void {
    this.refuseWhileReserved('reset');
    const { older } = snapshot;
    if (older === null || !this.holds(snapshot)) {
      throw snapshotStale();
    }
    this.refuseLeased(older, 'reset');
    this.endFrames(older);
    this.youngest = older;
    this.vacate(snapshot.base);
    this.acted('reset');
  }

  rollback(): void {
    this.refuseWhileReserved('rollback');
    this.refuseLeased(null, 'rollback');
    this.endFrames(null);
    this.youngest = new Frame(0, null);
    this.vacate(0);
    this.overflow = false;
    this.acted('rollback');
  }

  retire(): void {
    this.refuseWhileReserved('retire');
    this.retired = true;
    this.endFrames(null);
    this.acted('retire');
    this.slab.unpin();
  }

  revive(slab: Slab, unit: Region): boolean {
    const frame = this.youngest;
    const alone = unit.frame === frame && frame.regions === 1 && frame.older === null && frame.leased === 0;
    if (!this.retired || !alone || slab.capacity !== this.capacity) return false;
    this.store = slab;
    this.freeAt = 0;
    this.overflow = false;
    this.retired = false;
    frame.ended = false;
    frame.unleased = null;
    unit.bytes = slab.bytes;
    unit.start = 0;
    unit.end = 0;
    if (this.ledger !== null) {
      this.ledger.workspace(this, 'open');
      this.ledger.workspace(this, 'allocate');
    }
    return true;
  }

  /** A region of offsets `[start, end)`: where it is stored is what an emulation changes. */
  protected makeRegion(start: number, end: number, frame: Frame): Region {
    return new Region(this.slab.bytes, start, end, frame);
  }

  /** The room of a reservation of offsets `[start, end)`. */
  protected makeRoom(start: number, end: number): Region {
    const room = this.slab.room;
    room.start = start;
    room.end = end;
    return room;
  }

  /** Whether `unit` is stored here. */
  protected stores(unit: Region): boolean {
    return unit.bytes === this.slab.bytes;
  }

  /** The offset in the workspace at which `unit` ends. */
  protected endOf(unit: Region): number {
    return unit.end;
  }

  /** `kept` bytes of the reservation that has just been closed now belong to `unit`. */
  protected grow(unit: Region, kept: number): void {
    unit.end += kept;
  }

  protected moveToBirth(unit: Region): void {
    const { start, end } = unit;
    if (start === 0) return;
    this.slab.bytes.copyWithin(0, start, end);
    unit.start = 0;
    unit.end = end - start;
    if (this.ledger !== null) {
      this.ledger.copied(end - start);
      this.ledger.vacated(this.slab, end - start, end);
    }
  }

  /** The frame for one more region. */
  private newest(): Frame {
    const frame = this.youngest;
    frame.regions += 1;
    return frame;
  }

  /** Says which rule a `closeInto` broke. */
  private refuseClose(unit: Region, kept: number): void {
    this.requireLiving(unit);
    if (this.reservedTo !== none && this.endOf(unit) !== this.freeAt) {
      throw unitNotLast();
    }
    if (unit.frame !== this.youngest) {
      throw unitBelowSnapshot();
    }
    this.requireKept(kept);
  }

  private endReservation(kept: number): void {
    this.requireKept(kept);
    const end = this.reservedTo;
    this.freeAt += kept;
    this.reservedTo = none;
    if (this.ledger !== null) {
      this.ledger.vacated(this.slab, this.freeAt, end);
      this.ledger.workspace(this, 'close');
    }
  }

  private requireKept(kept: number): void {
    if (this.reservedTo === none) {
      throw notReserved();
    }
    requireLength(kept);
    const reserved = this.reservedTo - this.freeAt;
    if (kept > reserved) {
      throw overrun(kept, reserved);
    }
  }

  private holds(snapshot: Frame): boolean {
    for (let frame: Frame | null = this.youngest; frame !== null; frame = frame.older) {
      if (frame === snapshot) return true;
    }
    return false;
  }

  /** Ends the frames above `below`; all of them when it is null. */
  private endFrames(below: Frame | null): void {
    for (let frame: Frame | null = this.youngest; frame !== below && frame !== null; frame = frame.older) {
      frame.ended = true;
    }
  }

  private vacate(base: number): void {
    const end = this.freeAt;
    this.freeAt = base;
    if (this.ledger !== null) this.ledger.vacated(this.slab, base, end);
  }

  private acted(act: WorkspaceAct): void {
    if (this.ledger !== null) this.ledger.workspace(this, act);
  }

  private refuseWhileReserved(what: string): void {
    if (this.retired) throw retired(what);
    if (this.reservedTo !== none) {
      throw stillReserved(what);
    }
  }

  private refuseLeased(below: Frame | null, what: string): void {
    for (let frame: Frame | null = this.youngest; frame !== below && frame !== null; frame = frame.older) {
      if (frame.leased > 0) {
        throw regionLeased(what);
      }
    }
  }

  private requireLiving(unit: Region): void {
    if (unit.frame.ended) {
      throw regionEnded();
    }
    if (!this.stores(unit)) {
      throw regionForeign();
    }
  }

  protected requirePrefix(unit: Region, bytes: number): void {
    this.requireLiving(unit);
    if (!(bytes > 0 && bytes <= unit.end - unit.start && Number.isSafeInteger(bytes))) {
      throw noPrefix(unit.length, bytes);
    }
  }
}
