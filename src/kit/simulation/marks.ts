/**
 * Marks: what a run came to, as bits. A campaign counts them by feature, so that it can tell whether it reached what it
 * is there to check. This file does not know when a mark is made.
 */
export const Mark = {
  /** An exchange went well from end to end. */
  whole: 0,
  /** An exchange failed at the client. */
  failed: 1,
  /** It failed so that it may be tried again. */
  retryable: 2,
  /** The network kept bytes back from a sender. */
  held: 3,
  lost: 4,
  silenced: 5,
  halfClosed: 6,
  stalled: 7,
  /** Content of 4096 bytes and more went through. */
  longBody: 8,
  trailers: 9,
  informed: 10,
  continued: 11,
  tunnelled: 12,
  retained: 13,
  brokenByServer: 14,
  brokenByClient: 15,
  /** An answer that no application gave. */
  refused: 16,
  /** A deadline ended something. */
  timedOut: 17,
  /** More than one connection was made. */
  reconnected: 18,
  /** Memory was the limit. */
  exhausted: 19,
  /** An endpoint was closed or torn down before the work was done. */
  ended: 20,
  /** The owner of a tunnel in which nothing moved gave it up. */
  gaveUp: 21,
} as const;

export type Mark = (typeof Mark)[keyof typeof Mark];

export const markNames: readonly string[] = Object.keys(Mark);
