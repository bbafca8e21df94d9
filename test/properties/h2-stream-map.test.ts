// The streams of a connection by their identifier, against a map of the platform's: in any order of coming and going, and
// with identifiers that a peer has chosen so that they want the same places.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { assertReaching } from '../../src/kit/assert-reaching.js';
import { StreamMap } from '../../src/session/h2/stream-map.js';
import { same } from '../support/memory.js';

interface Step {
  /** Which of those that there are goes, by index modulo their number; one comes where there is none. */
  readonly goes: boolean;
  readonly which: number;
  /** How far the next identifier is from the last one, in places; a table of up to 256 places sees multiples as one. */
  readonly gap: number;
}

const gap = fc.oneof(
  { weight: 3, arbitrary: fc.constant(1) },
  { weight: 2, arbitrary: fc.constantFrom(16, 64, 256, 4096) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 300 }) },
);
const step: fc.Arbitrary<Step> = fc.record({ goes: fc.boolean(), which: fc.nat(1000), gap });
/** Phases that fill and phases that empty: else there would never be many. */
const script = fc
  .array(fc.tuple(fc.array(step, { maxLength: 60, size: 'max' }), fc.constantFrom('fill', 'empty', 'both')), {
    minLength: 1,
    maxLength: 6,
    size: 'max',
  })
  .map((phases) =>
    phases.flatMap(([steps, kind]) =>
      steps.map((it) => ({ ...it, goes: kind === 'both' ? it.goes : kind === 'empty' })),
    ),
  );

test('WORK-1: a stream is found by its identifier as long as it is there, and all are told in their order', async () => {
  const property = (reached: { mark(what: string): void }) =>
    fc.property(script, fc.constantFrom(1, 2), (steps, first) => {
      const streams = new StreamMap<{ readonly id: number }>();
      const model = new Map<number, { readonly id: number }>();
      const gone: number[] = [];
      let next = first;
      for (const { goes, which, gap: places } of steps) {
        const some = [...model.values()][which % Math.max(1, model.size)];
        if (goes && some !== undefined) {
          streams.delete(some);
          model.delete(some.id);
          gone.push(some.id);
        } else {
          const stream = { id: next };
          streams.add(stream);
          model.set(next, stream);
          next += 2 * places;
        }
        if (model.size > 64) reached.mark('grown three times');
        same(streams.size, model.size);
        for (const [id, stream] of model) same(streams.get(id) === stream, true);
        for (const id of gone) same(streams.get(id) === undefined, true);
        same(streams.get(next) === undefined, true);
      }
      expect(streams.all()).toEqual([...model.values()]);
    });
  await assertReaching('WORK-1', property, ['grown three times'], { runs: 100 });
});
