/**
 * How much memory an end of a connection has, and of which kind; and how a pipe cuts and holds up what it carries.
 * This file does not know what is spoken.
 */
import fc from 'fast-check';
import type { SessionEndOptions } from '../session-end.js';
import type { PipePlan } from '../session-pair.js';
import { segmentation } from './segmentation.js';

const kind = fc.constantFrom<'bump' | 'emulated'>('bump', 'emulated');

/** Enough for any ordinary exchange. @param roomyBytes of a slab that suffices */
export function roomyMemory(roomyBytes: number): fc.Arbitrary<SessionEndOptions> {
  return fc
    .record({
      extra: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.constant(2048)),
      workspace: kind,
    })
    .map(({ extra, workspace }) => {
      const slabBytes = roomyBytes + extra;
      return { slabBytes, limitBytes: 64 * slabBytes, workspace };
    });
}

/** From one byte upwards: mostly too little. */
export function scarceMemory(): fc.Arbitrary<SessionEndOptions> {
  return fc
    .record({
      slabBytes: fc.oneof(
        fc.integer({ min: 1, max: 300 }),
        fc.constantFrom(1, 2, 16, 64, 128, 256, 512, 1024),
      ),
      slabs: fc.integer({ min: 1, max: 8 }),
      workspace: kind,
    })
    .map(({ slabBytes, slabs, workspace }) => ({ slabBytes, limitBytes: slabs * slabBytes, workspace }));
}

/**
 * How one direction of a pipe behaves: the sizes in bytes at which it is cut, in turn, and how many bytes it holds up.
 */
export function pipePlan(): fc.Arbitrary<PipePlan> {
  return fc.record({
    cuts: segmentation(),
    holds: fc.oneof(fc.constantFrom(1, 50, 1 << 30), fc.integer({ min: 20, max: 5000 })),
  });
}
