/**
 * Watches over a pipe that an application took over, all its life: somebody must open it, and its peer must read what its
 * user writes, which happens outside of the connection's turns. This file does not know who took it over, nor how it is
 * torn down.
 */
import type { TransportError } from '../errors.js';
import type { Clock } from '../transport/clock.js';
import type { TransportState } from '../transport/contract.js';
import { timedOut, unread } from './timeouts.js';
import type { WriteWatch } from './write-watch.js';

const never = Number.POSITIVE_INFINITY;

export class TunnelWatch {
  private readonly clock: Clock;
  private readonly writes: WriteWatch;
  private readonly changed: () => void;
  /** A pipe that nobody opens would stay for good. */
  private openBy: number;

  /**
   * @param writes goes on from what the connection has in flight
   * @param changed is told that `due` has
   */
  constructor(clock: Clock, writes: WriteWatch, openBy: number, changed: () => void) {
    this.clock = clock;
    this.writes = writes;
    this.changed = changed;
    this.openBy = openBy;
  }

  /** The pipe was given something to write. */
  wrote(): void {
    if (this.writes.due() !== never) return;
    this.writes.began(this.clock.now());
    this.changed();
  }

  /** Some was written; `left` bytes were not. */
  progressed(left: number): void {
    this.writes.progressed(this.clock.now(), left);
    this.changed();
  }

  due(): number {
    return Math.min(this.openBy, this.writes.due());
  }

  /** It is due. @returns what the pipe is to be torn down for, if it is */
  expire(now: number, state: TransportState): TransportError | undefined {
    if (now >= this.writes.due()) return unread();
    this.openBy = never;
    if (state !== 'idle') return undefined;
    return timedOut('tunnel-timeout', 'nobody opened the pipe that was taken over');
  }
}
