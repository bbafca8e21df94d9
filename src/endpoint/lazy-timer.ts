/**
 * One timer for a deadline that moves all the time and hardly ever comes. A deadline that moves away leaves the timer
 * where it is; when it fires early it is set again. This file does not know what is due.
 */
import type { Clock, Timer } from '../transport/clock.js';

export class LazyTimer {
  private readonly clock: Clock;
  private readonly due: () => void;
  private readonly fire: () => void;
  private timer: Timer | null;
  /** When `timer` fires. */
  private armedFor: number;
  private wanted: number;

  /** `due` is called when the time last wanted has come, never inside `want`. */
  constructor(clock: Clock, due: () => void) {
    this.clock = clock;
    this.due = due;
    this.timer = null;
    this.armedFor = Number.POSITIVE_INFINITY;
    this.wanted = Number.POSITIVE_INFINITY;
    this.fire = () => this.fired();
  }

  /** @param time on the clock's scale; `Infinity` for never */
  want(time: number): void {
    this.wanted = time;
    if (time < this.armedFor) this.arm(time);
  }

  cancel(): void {
    this.wanted = Number.POSITIVE_INFINITY;
    this.armedFor = Number.POSITIVE_INFINITY;
    this.timer?.cancel();
    this.timer = null;
  }

  private arm(time: number): void {
    this.timer?.cancel();
    this.armedFor = time;
    this.timer = this.clock.at(time, this.fire);
  }

  private fired(): void {
    this.timer = null;
    this.armedFor = Number.POSITIVE_INFINITY;
    if (this.wanted === Number.POSITIVE_INFINITY) return;
    if (this.clock.now() < this.wanted) this.arm(this.wanted);
    else this.due();
  }
}
