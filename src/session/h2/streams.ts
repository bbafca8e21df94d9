/**
 * Which streams there are on a connection (RFC 9113 §5.1.1): those that live, which identifiers are used up, of which
 * closed ones frames may still come, and when the next of their deadlines is due. This file does not know frames.
 */
import { type Owner, Packer, type SlabSource } from '../../memory/index.js';
import type { Deadlines } from '../deadlines.js';
import { MAX_31_BITS } from './frames-codes.js';
import type { Priority } from './priority.js';
import type { H2Stream } from './stream.js';
import { StreamMap } from './stream-map.js';
import { h2StreamTable } from './tables.js';

const { state: streamState } = h2StreamTable;
/** Streams that we reset, of which frames may still be on their way: those that are known one by one. */
const rememberedResets = 128;
/** Gaps in the peer's identifiers that are remembered. */
const rememberedGaps = 16;
/** Packers kept for streams to come: objects, without a slab. */
const mostIdlePackers = 16;
const never = Number.POSITIVE_INFINITY;

export class Streams {
  readonly live: StreamMap<H2Stream>;
  /** Of `live`, those that the peer began, also when only our application has not read all of them. */
  peerCount: number;
  /** The peer's highest identifier. */
  lastOfPeer: number;
  /** Our next identifier. */
  next: number;
  /** No deadline of a stream is before this. */
  due: number;
  private readonly isServer: boolean;
  private readonly deadlines: Deadlines;
  private readonly owner: Owner;
  private readonly resetByUs: Set<number>;
  /** Up to here it is not known any more which streams we reset: any of them may have been. */
  private forgottenUpTo: number;
  /** Identifiers that the peer passed over: the lowest and the highest of each gap, in turn. */
  private readonly passedOver: number[];
  private readonly priorities: Map<number, Priority>;
  private readonly maxPriorities: number;
  /** Packers of streams that are over, to use again. */
  private readonly idlePackers: Packer[];

  /** @param owner has what little DATA is gathered in, between its coming and its going */
  constructor(isServer: boolean, deadlines: Deadlines, maxPriorities: number, owner: Owner) {
    this.live = new StreamMap();
    this.peerCount = 0;
    this.lastOfPeer = 0;
    this.next = isServer ? 2 : 1;
    this.due = never;
    this.isServer = isServer;
    this.deadlines = deadlines;
    this.owner = owner;
    this.resetByUs = new Set();
    this.forgottenUpTo = 0;
    this.passedOver = [];
    this.priorities = new Map();
    this.maxPriorities = maxPriorities;
    this.idlePackers = [];
  }

  /** Streams that we began. */
  get ourCount(): number {
    return this.live.size - this.peerCount;
  }

  /** Streams of the peer's that are open or half-closed: those alone count against what we allow (RFC 9113 §5.1.2). */
  get openOfPeer(): number {
    let count = 0;
    for (const { id, machine } of this.live.all()) {
      if (!this.isOurs(id) && !machine.is(streamState.closed)) count += 1;
    }
    return count;
  }

  get usedUp(): boolean {
    return this.next > MAX_31_BITS;
  }

  isOurs(id: number): boolean {
    return (id % 2 === 0) === this.isServer;
  }

  isIdle(id: number): boolean {
    return this.isOurs(id) ? id >= this.next : id > this.lastOfPeer;
  }

  /** The peer begins a stream; those below it that are idle never will be anything else (RFC 9113 §5.1.1). */
  begunByPeer(id: number): void {
    const lowest = this.lastOfPeer === 0 ? 1 : this.lastOfPeer + 2;
    if (id > lowest) {
      if (this.passedOver.length >= 2 * rememberedGaps) this.passedOver.splice(0, 2);
      this.passedOver.push(lowest, id - 2);
    }
    this.lastOfPeer = id;
  }

  wasPassedOver(id: number): boolean {
    const { passedOver } = this;
    for (let i = 0; i < passedOver.length; i += 2) {
      if (id >= (passedOver[i] as number) && id <= (passedOver[i + 1] as number)) return true;
    }
    return false;
  }

  add(stream: H2Stream): void {
    this.live.add(stream);
    stream.isLive = true;
    if (!this.isOurs(stream.id)) this.peerCount += 1;
  }

  /** @returns false when it was not there any more */
  delete(stream: H2Stream): boolean {
    if (!stream.isLive) return false;
    stream.isLive = false;
    this.live.delete(stream);
    if (!this.isOurs(stream.id)) this.peerCount -= 1;
    const { packer } = stream;
    if (packer !== null) {
      stream.packer = null;
      packer.close();
      if (this.idlePackers.length < mostIdlePackers) this.idlePackers.push(packer);
    }
    if (this.live.size === 0) this.due = never;
    return true;
  }

  /** Where little DATA of the stream is gathered for its consumer: what one keeps never pins another's bytes. */
  packer(stream: H2Stream, source: SlabSource): Packer {
    stream.packer ??= this.idlePackers.pop() ?? new Packer(source, this.owner);
    return stream.packer;
  }

  /** What the peer sent before it learnt of a reset is no fault (RFC 9113 §5.1). */
  rememberReset(id: number): void {
    if (this.resetByUs.size >= rememberedResets) {
      const [oldest] = this.resetByUs;
      this.resetByUs.delete(oldest as number);
      this.forgottenUpTo = Math.max(this.forgottenUpTo, oldest as number);
    }
    this.resetByUs.add(id);
  }

  /** Of a stream that was begun and is over: one side begins all there are. */
  wasReset(id: number): boolean {
    return id <= this.forgottenUpTo || this.resetByUs.has(id);
  }

  /**
   * PRIORITY_UPDATE may come before its stream; of so many it is remembered (RFC 9218 §7.1).
   * @param mostOpen how many streams the peer may have open
   * @returns false when with those that are open more have a priority than it may ever open at once
   */
  rememberPriority(id: number, priority: Priority, mostOpen: number): boolean {
    const { priorities, maxPriorities } = this;
    if (!priorities.has(id) && priorities.size >= Math.min(maxPriorities, mostOpen - this.live.size)) {
      // Those of streams that were passed over are of no use any more.
      for (const known of priorities.keys()) if (known <= this.lastOfPeer) priorities.delete(known);
      if (priorities.size + this.openOfPeer >= mostOpen) return false;
      if (priorities.size >= maxPriorities) return true;
    }
    priorities.set(id, priority);
    return true;
  }

  takePriority(id: number): Priority | undefined {
    if (this.priorities.size === 0) return undefined;
    const priority = this.priorities.get(id);
    if (priority !== undefined) this.priorities.delete(id);
    return priority;
  }

  /** The stream's deadline may have come nearer. */
  dueBy(stream: H2Stream): void {
    const due = this.dueOf(stream);
    if (due < this.due) this.due = due;
  }

  /** The streams whose deadline has passed; `due` is exact then. */
  overdue(now: number): H2Stream[] {
    const found: H2Stream[] = [];
    this.due = never;
    for (const stream of this.live.all()) {
      if (this.dueOf(stream) <= now) found.push(stream);
      else this.dueBy(stream);
    }
    return found;
  }

  /** When something of the stream is due (LAY-4). A tunnel has its user's deadlines, and that of writing. */
  private dueOf(stream: H2Stream): number {
    const { deadlines } = this;
    let due = stream.waiting.length > 0 ? stream.sentAt + deadlines.write : never;
    if (stream.isTunnel) {
      // Its user let go of it: the peer's end is awaited as one waits behind the end of a connection (RFC 9112 §9.6).
      return stream.sink?.discardsBody === true ? Math.min(due, stream.sentAt + deadlines.linger) : due;
    }
    due = Math.min(due, stream.since + deadlines.total);
    if (!stream.inputComplete && stream.headReceived && stream.sink?.wantsBody === true) {
      due = Math.min(due, stream.bodyAt + deadlines.betweenBytes, stream.since + deadlines.body);
    }
    if (this.isServer) {
      // The application's time begins when nothing of the request is waited for any more.
      const waits = !stream.headSent && (stream.inputComplete || stream.sink?.wantsBody !== true);
      if (waits) due = Math.min(due, Math.max(stream.completeAt, stream.bodyAt) + deadlines.firstByte);
    } else if (!stream.headReceived && (stream.ending || stream.isHeadAll) && stream.waiting.length === 0) {
      due = Math.min(due, stream.completeAt + deadlines.firstByte);
    }
    return due;
  }
}
