/**
 * The send buffer: what a session wants written, in order. Small things are built in an output workspace and go
 * out together; large ones are lent as they are. Between `take` and `written` bytes are frozen (OWN-4), and the
 * account of CON-2 holds: accepted = written + failed + pending.
 *
 * It does not know what the bytes mean, nor which transport takes them.
 */
import { MisuseError } from '../errors.js';
import { copyBytes } from './copy-bytes.js';
import type { Lease } from './lease.js';
import type { FrozenBytes, Ledger } from './ledger.js';
import type { Owner } from './owner.js';
import type { Region } from './region.js';
import type { SlabSource } from './slab-pool.js';
import type { Workspace } from './workspace-contract.js';

/**
 * Told once, when lent bytes are their owner's again. It may call the send buffer back: the account and the order
 * are settled before it is told.
 */
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

/** So many landed segments may stay in the list before it is shortened. */
const mostLanded = 64;

/** Stands for every empty list; never added to. */
const noSegments: Segment[] = [];

export class SendBuffer {
  /** The account of CON-2, in bytes. */
  acceptedBytes: number;
  writtenBytes: number;
  failedBytes: number;
  /** Bytes that a transport was ever given: of what lies before this in the account the peer may have seen something. */
  takenBytes: number;

  private readonly source: SlabSource;
  private readonly owner: Owner;
  private readonly ledger: Ledger | null;
  private readonly leastRoom: number;
  private workspace: Workspace | null;
  /** Built in the workspace and not yet sealed. */
  private unit: Region | null;
  /** The workspace before this one and its unit, when nothing of it is left: objects to use again, without a slab. */
  private last: Workspace | null;
  private lastUnit: Region | null;
  /** Sealed, in order, waiting for `take`. */
  private queued: Segment[];
  /** With the transport, in order; the first `landed` of them are written, and `partial` bytes of the next. */
  private flight: Segment[];
  /** True while `flight` is the array that `take` gave out. */
  private shared: boolean;
  private landed: number;
  private partial: number;
  /** Bytes with the transport. */
  private inFlight: number;
  /** True after `fail`. */
  private failed: boolean;

  constructor(source: SlabSource, owner: Owner) {
    this.acceptedBytes = 0;
    this.writtenBytes = 0;
    this.failedBytes = 0;
    this.takenBytes = 0;
    this.source = source;
    this.owner = owner;
    this.ledger = source.ledger;
    this.leastRoom = Math.min(leastRoomBytes, Math.ceil(source.slabBytes / 4));
    this.workspace = null;
    this.unit = null;
    this.last = null;
    this.lastUnit = null;
    this.queued = noSegments;
    this.flight = noSegments;
    this.shared = false;
    this.landed = 0;
    this.partial = 0;
    this.inFlight = 0;
    this.failed = false;
  }

  /** Bytes accepted and neither written nor failed. */
  get pendingBytes(): number {
    return this.acceptedBytes - this.writtenBytes - this.failedBytes;
  }

  /** The longest range that `append` takes. */
  get slabBytes(): number {
    return this.source.slabBytes;
  }

  /** True when `take` would give something. */
  get ready(): boolean {
    return this.queued.length > 0 || (this.unit !== null && this.unit.end > this.unit.start);
  }

  /**
   * Room to build in; must be closed by `commit` or `cancel`. Undefined when no slab can be had now, and after `fail`.
   * @throws MisuseError WS-2 when a room is open already
   */
  open(): Region | undefined {
    let workspace = this.workspace;
    if (workspace === null || workspace.available < this.leastRoom) {
      workspace = this.begin();
      if (workspace === null) return undefined;
    }
    return workspace.reserveAll();
  }

  /**
   * A whole empty workspace, for what did not fit in `open`'s room. Undefined when no slab can be had now, and after
   * `fail`.
   * @throws MisuseError WS-2 when a room is open already
   */
  openFresh(): Region | undefined {
    const current = this.workspace;
    const workspace = current !== null && current.used === 0 ? current : this.begin();
    return workspace === null ? undefined : workspace.reserveAll();
  }

  /** Keeps the first `count` bytes of the room (WS-8: all of what was built). @throws MisuseError WS-2, WS-5 */
  commit(count: number): void {
    this.opened().closeInto(this.unit as Region, count);
    this.acceptedBytes += count;
    if (count === 0) this.settle();
  }

  /** Keeps nothing of the room. @throws MisuseError WS-2 */
  cancel(): void {
    this.opened().cancel();
    this.settle();
  }

  /**
   * Copies a range behind what has been built. False, and nothing happened, when it is longer than a slab, when no
   * slab can be had now, and after `fail`.
   * @throws MisuseError WS-2 when a room is open, OWN-6 when the range is not one of `bytes`
   */
  append(bytes: Uint8Array, start: number, end: number): boolean {
    requireRange(bytes, start, end);
    const length = end - start;
    if (this.failed || length > this.source.slabBytes) return false;
    if (length === 0) return true;
    let workspace = this.workspace;
    if (workspace === null || workspace.available < length) {
      workspace = this.begin();
      if (workspace === null) return false;
    }
    const room = workspace.reserveAll();
    copyBytes(bytes, start, end, room.bytes, room.start);
    if (this.ledger !== null) this.ledger.copied(length);
    workspace.closeInto(this.unit as Region, length);
    this.acceptedBytes += length;
    return true;
  }

  /**
   * Lends foreign bytes, frozen until `returned` is told (OWN-1). After `fail` it is told at once.
   * @throws MisuseError OWN-6 when the range is not one of `bytes`
   */
  lend(bytes: Uint8Array, start: number, end: number, returned?: Returned): void {
    requireRange(bytes, start, end);
    this.lent(new Segment(bytes, start, end, undefined, returned));
  }

  /**
   * Takes over a lease; it is released when written or failed, and then `returned` is told. After `fail` that is at
   * once.
   * @throws MisuseError OWN-5
   */
  lendLease(lease: Lease, returned?: Returned): void {
    const own = lease.transfer(this.owner, 'output');
    this.lent(new Segment(own.bytes, own.start, own.end, own, returned));
  }

  /**
   * Everything that waits, as one batch for a transport; frozen from now on. Empty when nothing waits. Empty
   * ranges are not in it: they count as written with the bytes before them.
   */
  take(): readonly Segment[] {
    this.seal();
    const queued = this.queued;
    if (queued.length === 0) return noSegments;
    this.queued = noSegments;
    this.board(queued);
    let empty = 0;
    for (let i = 0; i < queued.length; i++) {
      const segment = queued[i] as Segment;
      const length = segment.end - segment.start;
      if (length === 0) {
        // Stryker disable next-line AssignmentOperator: any number but zero has the empty ones left out.
        empty += 1;
        continue;
      }
      this.inFlight += length;
      this.takenBytes += length;
      if (this.ledger !== null) this.ledger.frozen(segment, this.owner);
    }
    if (empty === 0) return queued;
    if (this.inFlight === 0) this.land();
    return empty === queued.length ? noSegments : queued.filter((segment) => segment.end > segment.start);
  }

  /**
   * The transport took the next `count` bytes.
   * @throws MisuseError CON-2 when it never had so many
   */
  written(count: number): void {
    if (!(count >= 0 && count <= this.inFlight && Number.isSafeInteger(count))) {
      throw new MisuseError(
        'written-overrun',
        'CON-2',
        `a transport wrote ${count} of ${this.inFlight} bytes it had`,
      );
    }
    this.inFlight -= count;
    this.writtenBytes += count;
    this.partial += count;
    this.land();
  }

  /**
   * The pipe is gone: everything not written has failed, and all memory goes back. Nothing is accepted from now on.
   * Idempotent.
   */
  fail(): void {
    this.failed = true;
    this.failedBytes += this.pendingBytes;
    if (this.workspace?.reserved) this.workspace.cancel();
    const { flight, landed, queued } = this;
    this.flight = noSegments;
    this.queued = noSegments;
    this.landed = 0;
    this.partial = 0;
    this.inFlight = 0;
    this.retire();
    for (let i = landed; i < flight.length; i++) this.giveBack(flight[i] as Segment, 'failed');
    for (const segment of queued) giveBackUntaken(segment);
  }

  /** Gives back what is written, in order. `returned` may call anything here, `fail` too. */
  private land(): void {
    while (this.landed < this.flight.length) {
      const segment = this.flight[this.landed] as Segment;
      const length = segment.end - segment.start;
      if (this.partial < length) break;
      this.partial -= length;
      this.landed += 1;
      this.giveBack(segment, 'written');
    }
    if (this.landed === this.flight.length) {
      this.flight = noSegments;
      this.landed = 0;
      this.settle();
      return;
    }
    if (this.landed < mostLanded || this.landed * 2 < this.flight.length) return;
    this.flight = this.flight.slice(this.landed);
    this.shared = false;
    this.landed = 0;
  }

  private lent(segment: Segment): void {
    this.acceptedBytes += segment.end - segment.start;
    if (this.failed) {
      this.failedBytes += segment.end - segment.start;
      giveBackUntaken(segment);
      return;
    }
    this.seal();
    this.queue(segment);
  }

  private queue(segment: Segment): void {
    if (this.queued.length === 0) this.queued = [segment];
    else this.queued.push(segment);
  }

  /** Adds a batch to the flight. The first one is the flight, until there is a second: the caller has it, too. */
  private board(batch: Segment[]): void {
    if (this.flight.length === 0) {
      this.flight = batch;
      this.shared = true;
      return;
    }
    if (this.shared) {
      this.flight = this.flight.slice();
      this.shared = false;
    }
    for (let i = 0; i < batch.length; i++) this.flight.push(batch[i] as Segment);
  }

  private opened(): Workspace {
    const workspace = this.workspace;
    if (workspace === null)
      throw new MisuseError('workspace-not-reserved', 'WS-2', 'there is no room to close');
    return workspace;
  }

  /** Gives the slab back when nothing is being built and all that it held has landed. */
  private settle(): void {
    const { workspace } = this;
    if (workspace === null) return;
    const unit = this.unit as Region;
    if (unit.start < unit.end) return;
    if (workspace.reserved || this.landed < this.flight.length) return;
    this.retire();
    this.last = workspace;
    this.lastUnit = unit;
  }

  private giveBack(segment: Segment, outcome: 'written' | 'failed'): void {
    if (this.ledger !== null && segment.end > segment.start) this.ledger.thawed(segment, outcome, this.owner);
    if (segment.lease !== undefined) segment.lease.release();
    if (segment.returned !== undefined) segment.returned(outcome);
  }

  /** A workspace with nothing in it. What the last one holds is sealed, and keeps its slab until it has landed. */
  private begin(): Workspace | null {
    const last = this.workspace;
    if (last?.reserved) {
      throw new MisuseError('workspace-reserved', 'WS-2', 'cannot open a room while a room is open');
    }
    if (this.failed) return null;
    if (last !== null && last.leased === 0 && (this.unit as Region).length === 0) {
      last.rollback();
      this.unit = last.allocate(0) as Region;
      return last;
    }
    const { last: idle, lastUnit, source } = this;
    const workspace =
      // Stryker disable next-line ConditionalExpression,EqualityOperator,LogicalOperator: using one again shows in its cost only.
      idle === null || lastUnit === null
        ? source.open(this.owner)
        : source.reopen(this.owner, idle, lastUnit);
    if (workspace === undefined) return null;
    this.seal();
    this.retire();
    this.workspace = workspace;
    this.unit = workspace === idle ? lastUnit : (workspace.allocate(0) as Region);
    this.last = null;
    this.lastUnit = null;
    return workspace;
  }

  /** What has been built becomes a segment of its own. */
  private seal(): void {
    const unit = this.unit;
    if (unit === null || unit.start === unit.end) return;
    const lease = (this.workspace as Workspace).leasePrefix(unit, unit.length, this.owner, 'output');
    this.queue(new Segment(lease.bytes, lease.start, lease.end, lease, undefined));
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

function requireRange(bytes: Uint8Array, start: number, end: number): void {
  const whole = Number.isSafeInteger(start) && Number.isSafeInteger(end);
  if (!(whole && start >= 0 && start <= end && end <= bytes.length)) {
    throw new MisuseError('byte-range', 'OWN-6', `${start}..${end} is no range of ${bytes.length} bytes`);
  }
}
