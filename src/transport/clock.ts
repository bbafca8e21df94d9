/**
 * Time as the layers above the core see it. Two implementations exist: the platform's and a virtual one. This
 * file does not know which one runs: whoever takes a `Clock` behaves the same on both.
 */

/** A timer that has been set. Cancelling one that has fired, or twice, does nothing. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds on a monotonic scale of the clock's own; only differences mean anything. */
  now(): number;
  /** Calls back once when `now() >= time`, never inside this call. */
  at(time: number, callback: () => void): Timer;
  /** Calls back after the caller has returned and before any timer, in the order asked (OWN-9). */
  defer(callback: () => void): void;
}
