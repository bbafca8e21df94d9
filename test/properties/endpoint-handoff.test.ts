// Handoff × segmentation × slab size × faults: whoever follows a session gets every byte once, in order (CON-1,
// CON-3), what it writes keeps its order (CON-2), and nothing is held in the end (OWN-7).
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { faultInjector, type PipeFault } from '../../src/transport/fault-injector.js';
import { poisoner } from '../../src/transport/poisoner.js';
import { handoffKeepsBytes, handoffRecipe, restOf, runHandoff } from '../support/properties/handoff.js';

test('CON-3, LAY-6: what a session leaves reaches who comes next, once, in order, at any segmentation and slab size', () => {
  fc.assert(handoffKeepsBytes(), { numRuns: 120 });
});

const fault: fc.Arbitrary<PipeFault> = fc.record({
  at: fc.nat(25),
  fault: fc.constantFrom<'reset' | 'eof' | 'short-write' | 'stall'>('reset', 'eof', 'short-write', 'stall'),
});

test('OWN-7: a fault at any act of a handoff leaves nothing held, and what did arrive is a prefix', () => {
  fc.assert(
    fc.property(handoffRecipe, fc.array(fault, { minLength: 1, maxLength: 2 }), (it, faults) => {
      fc.pre(it.takes.every((bytes) => bytes <= it.slabBytes));
      const { bed, wire, got, finish } = runHandoff(it, (transport, clock) =>
        poisoner()(faultInjector(clock, faults)(transport)),
      );
      expect(restOf(it).startsWith(it.ending === 'tunnel' || wire.text.length > 0 ? got() : '')).toBe(true);
      finish();
      // A stall has no deadline in toy sessions: the endpoint gives up.
      for (const connection of bed.live) connection.abort();
      bed.clock.runUntilIdle();
      expect(bed.thrown).toEqual([]);
      bed.assertQuiescent();
    }),
    { numRuns: 120 },
  );
});
