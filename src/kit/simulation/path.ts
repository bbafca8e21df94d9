/**
 * One direction of a simulated pipe: a queue of bytes, each with the time at which it arrives, that never changes their
 * order. It holds what the network has taken from the sender and the receiver has not read. This file does not know who
 * sends, and breaks nothing.
 */
import type { SegmentQueue } from '../../transport/segment-queue.js';
import type { PathPlan } from './recipe.js';

const never = Number.POSITIVE_INFINITY;
const leastStore = 1024;

export class Path {
  readonly plan: PathPlan;
  /** The bytes are `store[head..tail)`. */
  store: Uint8Array;
  head: number;
  private tail: number;
  /** All that was ever taken, read, and has arrived by now. */
  taken: number;
  read: number;
  private arrived: number;
  /** When bytes up to a count arrive, oldest first; empty where nothing takes time. */
  private readonly counts: number[];
  private readonly times: number[];
  private lastArrival: number;
  /** When the end arrives; `Infinity` while nobody has ended. */
  private endAt: number;
  /** Which cut is next, and what is left of it. */
  private turn: number;
  private cutLeft: number;

  constructor(plan: PathPlan) {
    this.plan = plan;
    this.store = new Uint8Array(Math.min(leastStore, plan.holds));
    this.head = 0;
    this.tail = 0;
    this.taken = 0;
    this.read = 0;
    this.arrived = 0;
    this.counts = [];
    this.times = [];
    this.lastArrival = 0;
    this.endAt = never;
    this.turn = 0;
    this.cutLeft = 0;
  }

  /** Bytes on their way or waiting to be read. */
  get waiting(): number {
    return this.tail - this.head;
  }

  /** Takes from the sender what there is room for. @returns how much */
  take(from: SegmentQueue, now: number): number {
    const count = Math.min(this.plan.holds - this.waiting, from.pending);
    if (count <= 0) return 0;
    this.makeRoom(count);
    from.copyTo(this.store, this.tail, this.tail + count);
    this.tail += count;
    this.taken += count;
    const { latency, rate } = this.plan;
    if (latency > 0 || rate > 0) {
      const start = Math.max(this.lastArrival, now + latency);
      this.lastArrival = rate > 0 ? start + count / rate : start;
      this.counts.push(this.taken);
      this.times.push(this.lastArrival);
    } else this.arrived = this.taken;
    return count;
  }

  /** The sender will send no more, and everything was taken. */
  end(now: number): void {
    if (this.endAt === never) this.endAt = Math.max(this.lastArrival, now + this.plan.latency);
  }

  /** The receiver has read everything, and the end has come. */
  isOver(now: number): boolean {
    return this.endAt <= now && this.head === this.tail;
  }

  /** Bytes that may be read now, in one piece: at most up to `limit` of all that was ever sent. */
  ready(now: number, limit: number): number {
    this.arrive(now);
    const count = Math.min(this.arrived, limit) - this.read;
    const { cuts } = this.plan;
    if (count <= 0 || cuts.length === 0) return count;
    if (this.cutLeft === 0) {
      this.cutLeft = cuts[this.turn % cuts.length] as number;
      this.turn += 1;
    }
    return Math.min(count, this.cutLeft);
  }

  /** The receiver has read so many. @returns whether that was the end of a cut */
  consume(count: number): boolean {
    this.head += count;
    this.read += count;
    if (this.head === this.tail) {
      this.head = 0;
      this.tail = 0;
    }
    if (this.plan.cuts.length === 0) return false;
    this.cutLeft -= count;
    return this.cutLeft === 0;
  }

  /** When something arrives that has not; `Infinity` if nothing is on its way. */
  nextArrival(now: number): number {
    this.arrive(now);
    const first = this.times[0];
    if (first !== undefined) return first;
    return this.endAt > now ? this.endAt : never;
  }

  /** What is on its way is lost. */
  drop(): void {
    this.head = 0;
    this.tail = 0;
    this.read = this.taken;
    this.arrived = this.taken;
    this.counts.length = 0;
    this.times.length = 0;
  }

  private arrive(now: number): void {
    while (this.times.length > 0 && (this.times[0] as number) <= now) {
      this.times.shift();
      this.arrived = this.counts.shift() as number;
    }
  }

  private makeRoom(count: number): void {
    if (this.tail + count <= this.store.length) return;
    const { waiting } = this;
    let store = this.store;
    if (waiting + count > store.length) {
      let size = store.length;
      while (size < waiting + count) size *= 2;
      store = new Uint8Array(size);
      store.set(this.store.subarray(this.head, this.tail));
    } else store.copyWithin(0, this.head, this.tail);
    this.store = store;
    this.head = 0;
    this.tail = waiting;
  }
}
