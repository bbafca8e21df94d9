/**
 * The time of a run: the platform's, or a virtual clock that moves as soon as nothing else is left to do. Either way a
 * run ends: what hangs meets a limit. This file does not know what is waited for.
 */

import type { Clock } from '../transport/clock.js';
import { platformClock } from '../transport/node/clock.js';
import { VirtualClock } from '../transport/virtual-clock.js';

/** A run did not end within its limit, or nothing was left that could end it. */
export class StalledError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'StalledError';
  }
}

/** Time was over: that says nothing of what was under way. */
export class OutOfTimeError extends StalledError {
  constructor() {
    super('the time limit has passed');
    this.name = 'OutOfTimeError';
  }
}

export interface Time {
  readonly clock: Clock;
  /**
   * What the promise resolves to; meanwhile time passes. It must be there at `endsAt`, in real time on the scale of
   * `performance.now()`. @throws OutOfTimeError if it is not, StalledError when nothing is left that could bring it
   */
  until<T>(promise: Promise<T>, endsAt: number): Promise<T>;
}

export function realTime(): Time {
  return {
    clock: platformClock,
    until: async (promise, endsAt) => {
      let timer: NodeJS.Timeout | undefined;
      const limit = new Promise<never>((_, reject) => {
        const left = Math.max(endsAt - performance.now(), 0);
        timer = setTimeout(() => reject(new OutOfTimeError()), left);
      });
      try {
        return await Promise.race([promise, limit]);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** Turns of the platform in which nothing moved on the clock, after which nothing is expected to any more. */
const mostIdleTurns = 1000;

export function virtualTime(): Time {
  const clock = new VirtualClock();
  return {
    clock,
    until: async (promise, endsAt) => {
      let isSettled = false;
      const settle = (): void => {
        isSettled = true;
      };
      promise.then(settle, settle);
      for (let idle = 0; !isSettled; idle++) {
        if (clock.runUntilIdle() > 0) idle = 0;
        // What goes on in promises has its turn.
        await new Promise<void>((resolve) => setImmediate(resolve));
        if (isSettled) break;
        if (idle > mostIdleTurns) throw new StalledError('nothing is left to do, and it is not done');
        if (performance.now() > endsAt) throw new OutOfTimeError();
      }
      return await promise;
    },
  };
}
