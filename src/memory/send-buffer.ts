/**
 * The send buffer: what a session wants written, in order. Small things are built in an output workspace and go
 * out together; large ones are lent as they are. Between `take` and `written` bytes are frozen (OWN-4), and the
 * account of CON-2 holds: accepted = written + failed + pending.
 *
 * It does not know what the bytes mean, nor which transport takes them.
 */
import { MisuseError } from '../errors.js';
import type { Lease } from './lease.js';
import type { FrozenBytes, Ledger } from './ledger.js';
import type { Owner } from './owner.js';
import type { SlabSource } from './slab-pool.js';
import type { Region, Workspace } from './workspace.js';

/** Told once, when lent bytes are their owner's again. */
export type Returned = (outcome: 'written' | 'failed') => void;

/** A batch member: frozen bytes, and whom to tell. */
export class Segment implements FrozenBytes {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly lease: Lease | undefined;
  readonly returned: Returned | undefined;

  constructor(
    bytes: Uint8Array,
    start: number,
    end: number,
    lease: Lease | undefined,
    returned: Returned | undefined,
  ) {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.lease = lease;
    this.returned = returned;
  }
}

/** A workspace with less than this left is sealed and a fresh one begun. */
const leastRoomBytes = 512;

export class SendBuffer {
  /** The account of CON-2, in bytes. */
  acceptedBytes: number;
  writtenBytes: number;
  failedBytes: number;

  private readonly source: SlabSource;
  private readonly owner: Owner;
  private readonly ledger: Ledger | null;
  private readonly leastRoom: number;
  private workspace: Workspace | null;
  /** Built in the workspace and not yet sealed. */
  private unit: Region | null;
  /** Sealed, in order, waiting for `take`. */
  private queued: Segment[];
  /** With the transport, in order; the first `landed` of them are written, and `partial` bytes of the next. */
  private flight: Segment[];
  private landed: number;
  private partial: number;
  /** Bytes with the transport. */
  private inFlight: number;

  constructor(source: SlabSource, owner: Owner) {
    this.acceptedBytes = 0;
    this.writtenBytes = 0;
    this.failedBytes = 0;
    this.source = source;
    this.owner = owner;
    this.ledger = source.ledger;
    this.leastRoom = Math.min(leastRoomBytes, Math.ceil(source.slabBytes / 4));
    this.workspace = null;
    this.unit = null;
    this.queued = [];
    this.flight = [];
    this.landed = 0;
    this.partial = 0;
    this.inFlight = 0;
  }

  /** Bytes accepted and neither written nor failed. */
  get pendingBytes(): number {
    return this.acceptedBytes - this.writtenBytes - this.failedBytes;
  }

  /** True when `take` would give something. */
  get ready(): boolean {
    return this.queued.length > 0 || (this.unit !== null && this.unit.end > this.unit.start);
  }

  /** Room to build in; must be closed by `commit` or `cancel`. Undefined when no slab can be had now. */
  open(): Region | undefined {
    let workspace = this.workspace;
    if (workspace === null || workspace.available < this.leastRoom) {
      workspace = this.begin();
      if (workspace === null) return undefined;
    }
    return workspace.reserveAll();
  }

  /** A whole empty workspace, for what did not fit in `open`'s room. Undefined when no slab can be had now. */
  openFresh(): Region | undefined {
    const workspace = this.workspace !== null && this.workspace.used === 0 ? this.workspace : this.begin();
    return workspace === null ? undefined : workspace.reserveAll();
  }

  /** Keeps the first `count` bytes of the room (WS-8: all of what was built). */
  commit(count: number): void {
    (this.workspace as Workspace).closeInto(this.unit as Region, count);
    this.acceptedBytes += count;
  }

  /** Keeps nothing of the room. */
  cancel(): void {
    (this.workspace as Workspace).cancel();
  }

  /** Copies a range behind what has been built. False, and nothing happened, when it does not fit a fresh slab. */
  append(bytes: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    let room = this.open();
    if (room === undefined) return false;
    if (room.length < length) {
      this.cancel();
      if (length > this.source.slabBytes) return false;
      room = this.openFresh();
      if (room === undefined) return false;
    }
    copy(bytes, start, end, room.bytes, room.start);
    if (this.ledger !== null) this.ledger.copied(length);
    this.commit(length);
    return true;
  }

  /** Lends foreign bytes, frozen until `returned` is told (OWN-1). */
  lend(bytes: Uint8Array, start: number, end: number, returned?: Returned): void {
    this.seal();
    this.queued.push(new Segment(bytes, start, end, undefined, returned));
    this.acceptedBytes += end - start;
  }

  /** Takes over a lease; it is released when written or failed. */
  lendLease(lease: Lease, returned?: Returned): void {
    this.seal();
    const own = lease.transfer(this.owner, 'output');
    this.queued.push(new Segment(own.bytes, own.start, own.end, own, returned));
    this.acceptedBytes += own.length;
  }

  /** Everything that waits, as one batch for a transport; frozen from now on. Empty when nothing waits. */
  take(): readonly Segment[] {
    this.seal();
    const batch = this.queued;
    if (batch.length === 0) return batch;
    this.queued = [];
    for (let i = 0; i < batch.length; i++) {
      const segment = batch[i] as Segment;
      this.flight.push(segment);
      this.inFlight += segment.end - segment.start;
      if (this.ledger !== null) this.ledger.frozen(segment, this.owner);
    }
    return batch;
  }

  /**
   * The transport took the next `count` bytes.
   * @throws MisuseError CON-2 when it never had so many
   */
  written(count: number): void {
    if (count > this.inFlight) {
      throw new MisuseError(
        'written-overrun',
        'CON-2',
        `a transport wrote ${count} of ${this.inFlight} bytes it had`,
      );
    }
    this.inFlight -= count;
    this.writtenBytes += count;
    this.partial += count;
    while (this.landed < this.flight.length) {
      const segment = this.flight[this.landed] as Segment;
      const length = segment.end - segment.start;
      if (this.partial < length) break;
      this.partial -= length;
      this.landed += 1;
      this.giveBack(segment, 'written');
    }
    if (this.landed === this.flight.length) {
      this.flight = [];
      this.landed = 0;
      this.settle();
    }
  }

  /** The pipe is gone: everything not written has failed, and all memory goes back. Idempotent. */
  fail(): void {
    this.failedBytes += this.pendingBytes;
    if (this.workspace?.reserved) this.workspace.cancel();
    const flight = this.flight;
    const queued = this.queued;
    const landed = this.landed;
    this.flight = [];
    this.queued = [];
    this.landed = 0;
    this.partial = 0;
    this.inFlight = 0;
    this.retire();
    for (let i = landed; i < flight.length; i++) this.giveBack(flight[i] as Segment, 'failed');
    for (const segment of queued) giveBackUntaken(segment);
  }

  /** Gives the slab back when nothing is being built. */
  private settle(): void {
    const unit = this.unit;
    if (unit !== null && unit.start === unit.end && !(this.workspace as Workspace).reserved) this.retire();
  }

  private giveBack(segment: Segment, outcome: 'written' | 'failed'): void {
    if (this.ledger !== null) this.ledger.thawed(segment, outcome, this.owner);
    if (segment.lease !== undefined) segment.lease.release();
    if (segment.returned !== undefined) segment.returned(outcome);
  }

  private begin(): Workspace | null {
    const workspace = this.source.open(this.owner);
    if (workspace === undefined) return null;
    this.seal();
    this.retire();
    this.workspace = workspace;
    this.unit = workspace.allocate(0) as Region;
    return workspace;
  }

  /** What has been built becomes a segment of its own. */
  private seal(): void {
    const unit = this.unit;
    if (unit === null || unit.start === unit.end) return;
    const lease = (this.workspace as Workspace).leasePrefix(unit, unit.length, this.owner, 'output');
    this.queued.push(new Segment(lease.bytes, lease.start, lease.end, lease, undefined));
  }

  private retire(): void {
    const workspace = this.workspace;
    this.workspace = null;
    this.unit = null;
    if (workspace !== null) workspace.retire();
  }
}

/** Bytes that no transport ever saw. */
function giveBackUntaken(segment: Segment): void {
  if (segment.lease !== undefined) segment.lease.release();
  if (segment.returned !== undefined) segment.returned('failed');
}

/** Short ranges are faster by a loop than by a call into the engine. */
function copy(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): void {
  const length = end - start;
  if (length > 64) {
    to.set(from.subarray(start, end), at);
    return;
  }
  for (let i = 0; i < length; i++) to[at + i] = from[start + i] as number;
}
