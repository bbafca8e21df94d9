// SCHED-1: a stream is queued at most once, every queued stream is served, the urgent ones first and in turn.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Scheduler, urgencies } from '../../src/session/h2/scheduler.js';

class Stream {
  queued = false;
  next: Stream | null = null;
  previous: Stream | null = null;
  urgency: number;
  readonly id: number;

  constructor(id: number, urgency: number) {
    this.id = id;
    this.urgency = urgency;
  }
}

const urgency = fc.nat({ max: urgencies - 1 });

it('SCHED-1: nobody starves, whatever else is queued', () => {
  fc.assert(
    fc.property(fc.array(urgency, { minLength: 1, maxLength: 12 }), (all) => {
      const scheduler = new Scheduler<Stream>();
      const streams = all.map((it, id) => new Stream(id, it));
      for (const stream of streams) scheduler.add(stream);
      for (const stream of streams) scheduler.add(stream);
      expect(scheduler.size).toBe(streams.length);
      const served = new Map<number, number>();
      // Each ring gets a turn within nine of those before it, and each stream one within its ring's.
      const turns = 9 * urgencies * streams.length * 2;
      for (let i = 0; i < turns; i++) {
        const { id } = scheduler.take() as Stream;
        served.set(id, (served.get(id) ?? 0) + 1);
      }
      for (const stream of streams) expect(served.get(stream.id) ?? 0).toBeGreaterThan(0);
      for (const level of new Set(all)) {
        const counts = streams.filter((it) => it.urgency === level).map(({ id }) => served.get(id) ?? 0);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }
      const most = Math.min(...all);
      const first = streams
        .filter((it) => it.urgency === most)
        .reduce((sum, { id }) => sum + (served.get(id) ?? 0), 0);
      expect(first).toBeGreaterThanOrEqual(Math.floor(turns / urgencies) - 1);
    }),
    { numRuns: 100 },
  );
});

it('SCHED-1: adding, taking, removing and changing the urgency keep each stream once, or not at all', () => {
  const act = fc.tuple(fc.constantFrom('add', 'remove', 'take', 'urge'), fc.nat({ max: 5 }), urgency);
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
      const scheduler = new Scheduler<Stream>();
      const streams = Array.from({ length: 6 }, (_, id) => new Stream(id, 3));
      const queued = new Set<Stream>();
      for (const [kind, which, level] of acts) {
        const stream = streams[which] as Stream;
        if (kind === 'add') {
          scheduler.add(stream);
          queued.add(stream);
        } else if (kind === 'remove') {
          scheduler.remove(stream);
          queued.delete(stream);
        } else if (kind === 'urge') scheduler.reprioritise(stream, level);
        else {
          const taken = scheduler.take();
          if (taken === undefined) expect(queued.size).toBe(0);
          else expect(queued.has(taken)).toBe(true);
        }
        expect(scheduler.size).toBe(queued.size);
      }
      const left = new Set<Stream>();
      for (const _ of queued) {
        const stream = scheduler.take() as Stream;
        scheduler.remove(stream);
        left.add(stream);
      }
      expect(left).toEqual(queued);
      expect(scheduler.take()).toBeUndefined();
    }),
    { numRuns: 100 },
  );
});
