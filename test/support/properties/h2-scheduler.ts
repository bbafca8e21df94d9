// SCHED-1: a stream is queued at most once, every queued stream is served, the urgent ones first and in turn.
import fc from 'fast-check';
import { requireEqual, requireThat } from '../../../src/kit/properties/require.js';
import { Scheduler, urgencies } from '../../../src/session/h2/scheduler.js';

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

/** Nobody starves, whatever else is queued. */
export function nobodyStarves() {
  return fc.property(fc.array(urgency, { minLength: 1, maxLength: 12 }), (all) => {
    const scheduler = new Scheduler<Stream>();
    const streams = all.map((it, id) => new Stream(id, it));
    for (const stream of streams) scheduler.add(stream);
    for (const stream of streams) scheduler.add(stream);
    requireEqual('SCHED-1', scheduler.size, streams.length, 'queued');
    const served = new Map<number, number>();
    // Each ring gets a turn within nine of those before it, and each stream one within its ring's.
    const turns = 9 * urgencies * streams.length * 2;
    for (let i = 0; i < turns; i++) {
      const { id } = scheduler.take() as Stream;
      served.set(id, (served.get(id) ?? 0) + 1);
    }
    for (const { id } of streams) requireThat('SCHED-1', served.has(id), () => `${id} starves`);
    for (const level of new Set(all)) {
      const counts = streams.filter((it) => it.urgency === level).map(({ id }) => served.get(id) ?? 0);
      const spread = Math.max(...counts) - Math.min(...counts);
      requireThat('SCHED-1', spread <= 1, () => `turns differ by ${spread} within an urgency`);
    }
    const most = Math.min(...all);
    const first = streams
      .filter((it) => it.urgency === most)
      .reduce((sum, { id }) => sum + (served.get(id) ?? 0), 0);
    requireThat(
      'SCHED-1',
      first >= Math.floor(turns / urgencies) - 1,
      () => `${first} turns for the most urgent`,
    );
  });
}

/** Adding, taking, removing and changing the urgency keep each stream once, or not at all. */
export function queuedOnce() {
  const act = fc.tuple(fc.constantFrom('add', 'remove', 'take', 'urge'), fc.nat({ max: 5 }), urgency);
  return fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
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
        const isRight = taken === undefined ? queued.size === 0 : queued.has(taken);
        requireThat('SCHED-1', isRight, () => `${taken?.id} was taken`);
      }
      requireEqual('SCHED-1', scheduler.size, queued.size, 'queued');
    }
    const left = new Set<Stream>();
    for (const _ of queued) {
      const stream = scheduler.take();
      if (stream === undefined) break;
      scheduler.remove(stream);
      left.add(stream);
    }
    requireEqual('SCHED-1', left.size, queued.size, 'streams that were served');
    requireEqual('SCHED-1', scheduler.take()?.id, undefined, 'a stream beyond the last');
  });
}
