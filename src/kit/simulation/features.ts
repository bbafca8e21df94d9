/**
 * What a run may have in it. Each run switches a part of them on, drawn by the seed (swarm testing): a run with
 * everything in it would see little of anything, since one thing hides another. This file does not know what any of them
 * is in a recipe.
 */

/** What may be there with every exchange going well. */
export const harmless = [
  // The network's.
  'latency',
  'bandwidth',
  'cuts',
  'partial-writes',
  'stalls',
  // The applications'.
  'bodies',
  'long-bodies',
  'unknown-lengths',
  'trailers',
  'no-content',
  'expectations',
  'interims',
  'slow-answers',
  'slow-senders',
  'slow-readers',
  'late-readers',
  'held-leases',
  'kept-leases',
  'retained-leases',
  'parted-leases',
  'impatience',
  're-entrance',
  'misuse',
  'many-fields',
  'kept-fields',
  'tunnels',
  // The endpoints'.
  'connections',
  'emulation',
  'small-slabs',
] as const;

/** What may cost exchanges. */
export const harmful = [
  'loss',
  'silence',
  'half-close',
  'early-answers',
  'ignored-responses',
  'throws',
  'aborts',
  'aborted-uploads',
  'cancels',
  'silent-handlers',
  'haste',
  'scarce-memory',
  'shutdowns',
  'teardowns',
] as const;

export type Feature = (typeof harmless)[number] | (typeof harmful)[number];

export const features: readonly Feature[] = [...harmless, ...harmful];
