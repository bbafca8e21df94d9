// SCHED-1: a stream is queued at most once, every queued stream is served, the urgent ones first and in turn.
import fc from 'fast-check';
import { it } from 'vitest';
import { nobodyStarves, queuedOnce } from '../support/properties/h2-scheduler.js';

it('SCHED-1: nobody starves, whatever else is queued', () => {
  fc.assert(nobodyStarves(), { numRuns: 100 });
});

it('SCHED-1: adding, taking, removing and changing the urgency keep each stream once, or not at all', () => {
  fc.assert(queuedOnce(), { numRuns: 100 });
});
