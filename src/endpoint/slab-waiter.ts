/**
 * Waits for a slab on behalf of one connection and one purpose: asks the source to call back, uses the chance outside
 * the call, and passes it on when it has no use for it any more, so that a starved pool recovers. This file does not
 * know what the slab is for.
 */
import type { SlabSource } from '../memory/index.js';
import type { Clock } from '../transport/clock.js';

export class SlabWaiter {
  private readonly source: SlabSource;
  private readonly clock: Clock;
  private readonly use: () => void;
  private readonly called: () => boolean;
  private readonly go: () => void;
  private waiting: boolean;
  /** Called back, and nobody has acquired a slab since: the chance is ours to use or to pass on. */
  private chance: boolean;
  private over: boolean;

  /** `use` is called when asking again may succeed, never inside another call. */
  constructor(source: SlabSource, clock: Clock, use: () => void) {
    this.source = source;
    this.clock = clock;
    this.use = use;
    this.waiting = false;
    this.chance = false;
    this.over = false;
    this.called = () => this.take();
    this.go = () => this.run();
  }

  /** There was no slab. Idempotent. */
  ask(): void {
    this.chance = false;
    if (this.waiting || this.over) return;
    this.waiting = true;
    this.source.whenAvailable(this.called);
  }

  /** There was one, or it is not wanted now: whoever waits behind us has his turn when `passOn`. */
  settle(passOn: boolean): void {
    if (!this.chance) return;
    this.chance = false;
    if (passOn) this.source.passOn();
  }

  close(): void {
    this.over = true;
    this.waiting = false;
    this.settle(true);
  }

  private take(): boolean {
    if (!this.waiting) return false;
    this.waiting = false;
    this.chance = true;
    this.clock.defer(this.go);
    return true;
  }

  private run(): void {
    if (!this.over) this.use();
  }
}
