/**
 * A clock that moves only when it is told to: for simulation and tests. The order of callbacks is a function of
 * the order of calls: deferred work first come, first served; timers by time, equal times in the order they were
 * set; all deferred work runs before the next timer. This file does not know what the callbacks do.
 */
import { MisuseError } from '../errors.js';
import { CallbackQueue } from './callback-queue.js';
import type { Clock, Timer } from './clock.js';
import { TimerHeap } from './timer-heap.js';

export interface VirtualClockOptions {
  /** Where time starts, in milliseconds; 0 if absent. */
  readonly start?: number;
  /** Callbacks that one `run`, `advance` or `runUntilIdle` may make before it is called a livelock; 10 million if absent. */
  readonly maxSteps?: number;
}

export class VirtualClock implements Clock {
  private time: number;
  private readonly maxSteps: number;
  private made = 0;
  private running = false;
  private readonly deferred = new CallbackQueue();
  private readonly heap = new TimerHeap(() => {});

  constructor(options: VirtualClockOptions = {}) {
    this.time = options.start ?? 0;
    this.maxSteps = options.maxSteps ?? 10_000_000;
  }

  now(): number {
    return this.time;
  }

  /** @throws MisuseError `bad-time` (LAY-4) for a time that is not finite. */
  at(time: number, callback: () => void): Timer {
    if (!Number.isFinite(time)) {
      throw new MisuseError('bad-time', 'LAY-4', `a timer cannot be set to ${time}`);
    }
    return this.heap.add(time, callback);
  }

  defer(callback: () => void): void {
    this.deferred.push(callback);
  }

  /** Timers that are set and have not fired. */
  get timers(): number {
    return this.heap.size;
  }

  /** Callbacks that the run under way, or the last one, has made. */
  get steps(): number {
    return this.made;
  }

  /** True when neither deferred work nor a timer is left. */
  get idle(): boolean {
    return this.deferred.size === 0 && this.heap.size === 0;
  }

  /**
   * Everything that can happen without time moving: deferred work, then timers that are due. Returns how many
   * callbacks ran.
   * @throws MisuseError `clock-livelock` (WORK-1) past the bound on steps, `clock-reentered` (OWN-9) from a callback.
   */
  run(): number {
    return this.drive(this.time);
  }

  /** Moves time by `ms`; what is due on the way happens at its own time. Returns and throws as `run`. */
  advance(ms: number): number {
    if (!(ms >= 0 && ms < Number.POSITIVE_INFINITY)) {
      throw new MisuseError('bad-time', 'LAY-4', `time cannot advance by ${ms} ms`);
    }
    const target = this.time + ms;
    const steps = this.drive(target);
    this.time = target;
    return steps;
  }

  /** Runs until no work and no timer is left; time ends at the last timer. Returns and throws as `run`. */
  runUntilIdle(): number {
    return this.drive(Number.POSITIVE_INFINITY);
  }

  private drive(until: number): number {
    if (this.running)
      throw new MisuseError('clock-reentered', 'OWN-9', 'a callback of the clock ran the clock');
    this.running = true;
    this.made = 0;
    try {
      for (;;) {
        let callback = this.deferred.shift();
        if (callback === undefined) {
          const timer = this.heap.takeDue(until);
          if (timer === undefined) return this.made;
          if (timer.time > this.time) this.time = timer.time;
          callback = timer.callback;
        }
        if (++this.made > this.maxSteps) {
          throw new MisuseError(
            'clock-livelock',
            'WORK-1',
            `${this.maxSteps} callbacks and no end at ${this.time} ms`,
          );
        }
        callback();
      }
    } finally {
      this.running = false;
    }
  }
}
