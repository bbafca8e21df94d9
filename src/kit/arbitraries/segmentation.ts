/**
 * Ways to cut bytes into the pieces in which they arrive. A segmentation is a recipe: it fits any length. This file
 * does not know what is cut.
 */

import fc from 'fast-check';

/** Sizes of segments, in octets, used in turn and over again. None is 0. */
export type Segmentation = readonly number[];

/** Mostly few octets at a time, now and then much: `segmentation()` shrinks to one octet at a time. */
export function segmentation(): fc.Arbitrary<Segmentation> {
  const size = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(1, 2, 3, 7, 8, 9) },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 64 }) },
    { weight: 1, arbitrary: fc.integer({ min: 64, max: 70_000 }) },
  );
  return fc.array(size, { minLength: 1, maxLength: 6 });
}

/** Where the segments of `length` octets end, ascending, the last at `length`; nothing for no octets. */
export function segmentEnds(length: number, sizes: Segmentation): number[] {
  const ends: number[] = [];
  for (let end = 0, i = 0; end < length; i++) {
    end = Math.min(length, end + (sizes[i % sizes.length] as number));
    ends.push(end);
  }
  return ends;
}
