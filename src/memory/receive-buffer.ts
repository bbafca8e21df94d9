/**
 * The receive buffer: a receive workspace that is leased, not shovelled. Bytes stay where they were received; a
 * complete unit becomes a lease in place and the next one begins behind it. Bytes move only when an incomplete
 * unit reaches the end of its slab, so a pipeline costs what its bytes cost and no more.
 *
 * It keeps the account of CON-1: received = consumed + pending + handed off + discarded. It does not know what
 * the bytes mean, nor who fills the room.
 */
import { MisuseError } from '../errors.js';
import { copyBytes } from './copy-bytes.js';
import type { Lease } from './lease.js';
import type { Owner } from './owner.js';
import type { Region } from './region.js';
import type { SlabSource } from './slab-pool.js';
import type { Workspace } from './workspace-contract.js';

/** Less room than this at the end of a slab is not worth a read: the unit moves first. */
const leastRoomBytes = 1024;

const nothing = new Uint8Array(0);

export class ReceiveBuffer {
  /** The pending bytes are `bytes[start..end)`; valid until the next call of any method. */
  bytes: Uint8Array;
  start: number;
  end: number;

  /** The account of CON-1, in bytes. `consumed` counts what became leases too. */
  receivedBytes: number;
  consumedBytes: number;
  handedOffBytes: number;
  discardedBytes: number;

  /** The last that asked for room got none, though the buffer is not full: memory was wanting, not bytes. */
  starved: boolean;
  /** How often that has begun. */
  starvations: number;

  readonly owner: Owner;
  /** Where its slabs come from: what is copied out of it counts against the same limit. */
  readonly source: SlabSource;
  private readonly leastRoom: number;
  private workspace: Workspace | null;
  /** Of the workspace, or of the last one. */
  private unit: Region | null;
  /** The latest workspace: while there is none, an object to use again, without a slab. */
  private last: Workspace | null;

  constructor(source: SlabSource, owner: Owner) {
    this.bytes = nothing;
    this.start = 0;
    this.end = 0;
    this.receivedBytes = 0;
    this.consumedBytes = 0;
    this.handedOffBytes = 0;
    this.discardedBytes = 0;
    this.starved = false;
    this.starvations = 0;
    this.owner = owner;
    this.source = source;
    this.leastRoom = Math.min(leastRoomBytes, Math.ceil(source.slabBytes / 4));
    this.workspace = null;
    this.unit = null;
    this.last = null;
  }

  get pendingBytes(): number {
    return this.end - this.start;
  }

  /**
   * True when the pending unit fills a whole slab: no room can ever be had for the rest of it. A function of the
   * unit's length alone (CON-6), so the session answers with its limit (WS-9).
   */
  get full(): boolean {
    return this.end - this.start >= this.source.slabBytes;
  }

  /**
   * Room behind the pending bytes, at least one byte; undefined when the buffer is full or no slab can be had now.
   * @throws MisuseError WS-2 when a room is open already
   */
  room(): Region | undefined {
    const workspace = this.workspace ?? this.begin();
    if (workspace === null || workspace.available < this.leastRoom) return this.scarceRoom(workspace);
    this.starved = false;
    return workspace.reserveAll();
  }

  /** The slab's end is near, or there is no slab. */
  private scarceRoom(workspace: Workspace | null): Region | undefined {
    let room: Region | undefined;
    if (workspace !== null) {
      this.refuseRoom(workspace, 'ask for room');
      const roomier = this.makeRoom(workspace);
      if (roomier.available > 0) room = roomier.reserveAll();
    }
    const starved = room === undefined && !this.full;
    if (starved && !this.starved) this.starvations += 1;
    this.starved = starved;
    return room;
  }

  /**
   * After `room` gave none: calls back once when the last lease beside the pending bytes ends, so that these can move
   * and there may be room again without another slab. From inside the release: the callback must not ask at once
   * (OWN-9). Nothing happens where no lease is in the way.
   */
  whenUnleased(callback: () => void): void {
    if (this.workspace === null) return;
    const { frame } = this.unit as Region;
    if (frame.leased > 0) frame.unleased = callback;
  }

  /** Closes the room; its first `count` bytes were filled. @throws MisuseError WS-2 without a room, WS-5 */
  received(count: number): void {
    const unit = this.unit as Region;
    this.opened().closeInto(unit, count);
    this.receivedBytes += count;
    this.expose(unit);
  }

  /** The first `count` pending bytes, at least one, become a lease of `owner`'s. @throws MisuseError OWN-2 */
  take(count: number, owner: Owner, label: string): Lease {
    const unit = this.unit as Region;
    const lease = this.filled(count).leasePrefix(unit, count, owner, label);
    this.consumedBytes += count;
    this.expose(unit);
    return lease;
  }

  /** The first `count` pending bytes have been understood and are no longer needed. @throws MisuseError OWN-2 */
  consume(count: number): void {
    if (count === 0) return;
    const unit = this.unit as Region;
    this.filled(count).dropPrefix(unit, count);
    this.consumedBytes += count;
    this.expose(unit);
  }

  /**
   * Takes `count` understood bytes out from behind the first `offset` pending ones, which move up: what framing
   * separated becomes contiguous in place.
   */
  excise(offset: number, count: number): void {
    const unit = this.unit as Region;
    unit.bytes.copyWithin(unit.start + count, unit.start, unit.start + offset);
    this.source.ledger?.copied(offset);
    this.consume(count);
  }

  /** The first `count` pending bytes will never be interpreted (WIRE-2, drain). @throws MisuseError OWN-2 */
  discard(count: number): void {
    if (count === 0) return;
    const unit = this.unit as Region;
    this.filled(count).dropPrefix(unit, count);
    this.discardedBytes += count;
    this.expose(unit);
  }

  /**
   * All pending bytes, for whoever comes next; undefined when there are none (CON-3). The buffer is then empty, as
   * when it was made.
   * @throws MisuseError WS-2 while a room is open
   */
  handOff(owner: Owner): Lease | undefined {
    const workspace = this.workspace;
    if (workspace === null) return undefined;
    this.refuseRoom(workspace, 'hand off');
    const count = this.pendingBytes;
    let unused: Lease | undefined;
    if (count > 0) {
      unused = workspace.leasePrefix(this.unit as Region, count, owner, 'unused');
      this.handedOffBytes += count;
    }
    this.retire();
    return unused;
  }

  /** Gives the slab back if nothing is pending and nothing leased: an idle connection holds no memory. */
  settle(): void {
    const { workspace } = this;
    if (workspace !== null && this.start === this.end && !workspace.reserved && workspace.leased === 0) {
      this.retire();
    }
  }

  /** Discards what is pending and gives the slab back as soon as its leases end. Idempotent. */
  close(): void {
    if (this.workspace?.reserved) this.workspace.cancel();
    this.discard(this.pendingBytes);
    this.retire();
  }

  private begin(): Workspace | null {
    const { last, source } = this;
    const workspace =
      last === null ? source.open(this.owner) : source.reopen(this.owner, last, this.unit as Region);
    if (workspace === undefined) return null;
    this.workspace = workspace;
    if (workspace !== last) {
      this.last = workspace;
      this.unit = workspace.allocate(0) as Region;
    }
    return workspace;
  }

  private opened(): Workspace {
    const workspace = this.workspace;
    if (workspace === null)
      throw new MisuseError('workspace-not-reserved', 'WS-2', 'there is no room to close');
    return workspace;
  }

  private filled(count: number): Workspace {
    const workspace = this.workspace;
    if (workspace === null) {
      throw new MisuseError('unit-prefix', 'OWN-2', `there are no ${count} pending bytes in an empty buffer`);
    }
    return workspace;
  }

  private refuseRoom(workspace: Workspace, what: string): void {
    if (workspace.reserved) {
      throw new MisuseError('workspace-reserved', 'WS-2', `cannot ${what} while a room is open`);
    }
  }

  /**
   * The slab's end is near: compact when nothing else lives here, else carry the unit over to a fresh slab. What
   * is gained by a move is at least `leastRoom`, or else all that there is: so moves cost a constant per byte.
   */
  private makeRoom(workspace: Workspace): Workspace {
    const unit = this.unit as Region;
    const pending = unit.length;
    if (workspace.leased === 0) {
      const gain = workspace.used - pending;
      if (gain >= this.leastRoom || (gain > 0 && workspace.available === 0)) {
        workspace.compact(unit);
        this.expose(unit);
      }
      return workspace;
    }
    const fresh = this.source.open(this.owner);
    if (fresh === undefined) return workspace;
    const moved = fresh.allocate(pending) as Region;
    copyBytes(unit.bytes, unit.start, unit.end, moved.bytes, moved.start);
    this.source.ledger?.copied(pending);
    if (pending > 0) workspace.dropPrefix(unit, pending);
    workspace.retire();
    this.workspace = fresh;
    this.last = fresh;
    this.unit = moved;
    this.expose(moved);
    return fresh;
  }

  private retire(): void {
    const workspace = this.workspace;
    this.workspace = null;
    this.bytes = nothing;
    this.start = 0;
    this.end = 0;
    if (workspace !== null) workspace.retire();
  }

  private expose(unit: Region): void {
    // A store that changes nothing would still be told to the collector.
    if (this.bytes !== unit.bytes) this.bytes = unit.bytes;
    this.start = unit.start;
    this.end = unit.end;
  }
}
