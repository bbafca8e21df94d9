/**
 * The platform's clock. Timers stand in a heap of our own behind one platform timer, because a deadline is set
 * and cancelled for every exchange and hardly ever fires; deferred work goes in one batch a turn. While a deferred
 * callback runs time stands still, however many turns it takes: it is asked of the platform when it is first wanted.
 */
import { performance } from 'node:perf_hooks';
import { MisuseError } from '../../errors.js';
import { CallbackQueue } from '../callback-queue.js';
import type { Clock, Timer } from '../clock.js';
import { TimerHeap } from '../timer-heap.js';

// A longer delay overflows the platform's timer and fires at once.
const longestDelay = 0x7fffffff;
const unasked = -1;

/** One is enough for a process: `platformClock`. */
export class PlatformClock implements Clock {
  private readonly deferred = new CallbackQueue();
  private flushing = false;
  private readonly flush: () => void;
  private readonly heap: TimerHeap;
  private readonly fire: () => void;
  /** A deferred callback is running. */
  private running = false;
  /** The time of the callback that is running; `unasked` until somebody wants to know. */
  private time = unasked;
  private timeout: NodeJS.Timeout | null = null;
  /** When `timeout` fires. */
  private armedFor = Number.POSITIVE_INFINITY;

  constructor() {
    this.flush = () => this.runDeferred();
    this.fire = () => this.runTimers();
    // The platform timer may stay armed for a timer that was cancelled, but then it must not hold the process.
    this.heap = new TimerHeap(() => this.timeout?.unref());
  }

  now(): number {
    if (!this.running) return performance.now();
    if (this.time === unasked) this.time = performance.now();
    return this.time;
  }

  /** @throws MisuseError `bad-time` (LAY-4) for a time that is not finite. */
  at(time: number, callback: () => void): Timer {
    if (!Number.isFinite(time)) {
      throw new MisuseError('bad-time', 'LAY-4', `a timer cannot be set to ${time}`);
    }
    const first = this.heap.size === 0;
    const timer = this.heap.add(time, callback);
    if (time < this.armedFor) this.arm(time);
    else if (first) this.timeout?.ref();
    return timer;
  }

  defer(callback: () => void): void {
    this.deferred.push(callback);
    if (!this.flushing) {
      this.flushing = true;
      process.nextTick(this.flush);
    }
  }

  private runDeferred(): void {
    this.running = true;
    try {
      for (;;) {
        const callback = this.deferred.shift();
        if (callback === undefined) break;
        this.time = unasked;
        callback();
      }
    } finally {
      this.running = false;
      this.flushing = false;
      // A callback threw: what stands behind it is still owed.
      if (this.deferred.size > 0) {
        this.flushing = true;
        process.nextTick(this.flush);
      }
    }
  }

  private arm(time: number): void {
    if (this.timeout !== null) clearTimeout(this.timeout);
    const delay = Math.min(Math.max(Math.ceil(time - performance.now()), 0), longestDelay);
    this.armedFor = time;
    this.timeout = setTimeout(this.fire, delay);
  }

  private runTimers(): void {
    this.timeout = null;
    this.armedFor = Number.POSITIVE_INFINITY;
    try {
      for (;;) {
        const timer = this.heap.takeDue(performance.now());
        if (timer === undefined) break;
        timer.callback();
        // Deferred work comes before the next timer.
        if (this.flushing) break;
      }
    } finally {
      const next = this.heap.first;
      if (next !== undefined && next.time < this.armedFor) this.arm(next.time);
    }
  }
}

/** The clock of everything in this package that is not given one. */
export const platformClock: Clock = new PlatformClock();
