import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { VirtualClock } from '../../src/transport/virtual-clock.js';

test('deferred work runs first come, first served, and before any timer', () => {
  const clock = new VirtualClock({ start: 100 });
  const seen: string[] = [];
  clock.at(100, () => {
    seen.push('due');
    clock.defer(() => seen.push('after due'));
  });
  clock.at(100, () => seen.push('due too'));
  clock.defer(() => {
    seen.push('first');
    clock.defer(() => seen.push('third'));
  });
  clock.defer(() => seen.push('second'));
  expect(seen).toEqual([]);
  expect(clock.run()).toBe(6);
  expect(seen).toEqual(['first', 'second', 'third', 'due', 'after due', 'due too']);
  expect(clock.now()).toBe(100);
});

test('time moves to each timer on the way, and to the end of the advance', () => {
  const clock = new VirtualClock();
  const seen: number[] = [];
  clock.at(30, () => seen.push(clock.now()));
  clock.at(10, () => {
    seen.push(clock.now());
    clock.at(5, () => seen.push(clock.now()));
    clock.at(20, () => seen.push(clock.now()));
  });
  clock.advance(25);
  expect(seen).toEqual([10, 10, 20]);
  expect(clock.now()).toBe(25);
  expect(clock.timers).toBe(1);
  clock.runUntilIdle();
  expect(seen).toEqual([10, 10, 20, 30]);
  expect(clock.now()).toBe(30);
  expect(clock.idle).toBe(true);
});

test('a livelock is an error, and so is running the clock from a callback', () => {
  const clock = new VirtualClock({ maxSteps: 1000 });
  const again = () => clock.defer(again);
  clock.defer(again);
  expect(() => clock.run()).toThrow(expect.objectContaining({ code: 'clock-livelock', cites: 'WORK-1' }));

  const ticking = new VirtualClock({ maxSteps: 1000 });
  const tick = () => {
    ticking.at(ticking.now() + 1, tick);
  };
  tick();
  expect(() => ticking.runUntilIdle()).toThrow(expect.objectContaining({ code: 'clock-livelock' }));

  const nested = new VirtualClock();
  nested.defer(() => nested.run());
  expect(() => nested.run()).toThrow(expect.objectContaining({ code: 'clock-reentered', cites: 'OWN-9' }));
});

test('a callback that throws loses none behind it', () => {
  const clock = new VirtualClock();
  const seen: string[] = [];
  clock.defer(() => {
    throw new Error('mine');
  });
  clock.defer(() => seen.push('next'));
  expect(() => clock.run()).toThrow('mine');
  clock.run();
  expect(seen).toEqual(['next']);
});

test('times that mean nothing are refused', () => {
  const clock = new VirtualClock();
  for (const time of [Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => clock.at(time, () => {})).toThrow(expect.objectContaining({ code: 'bad-time' }));
    expect(() => clock.advance(time)).toThrow(expect.objectContaining({ code: 'bad-time' }));
  }
  expect(() => clock.advance(-1)).toThrow(expect.objectContaining({ code: 'bad-time' }));
});

// Sets of timers, some cancelled, against sorting.
const timers = fc.array(
  fc.record({ time: fc.integer({ min: 0, max: 20 }), cancelledBy: fc.option(fc.nat(60)) }),
  {
    maxLength: 60,
  },
);

test('timers fire by time, equal times in the order they were set, cancelled ones never', () => {
  fc.assert(
    fc.property(timers, (recipe) => {
      const clock = new VirtualClock();
      const fired: number[] = [];
      const handles = recipe.map(({ time }, index) => clock.at(time, () => fired.push(index)));
      const live = recipe.map(() => true);
      for (const { cancelledBy } of recipe) {
        if (cancelledBy === null || cancelledBy >= recipe.length) continue;
        handles[cancelledBy]?.cancel();
        live[cancelledBy] = false;
      }
      clock.runUntilIdle();
      const expected = recipe
        .map(({ time }, index) => ({ time, index }))
        .filter(({ index }) => live[index])
        .sort((a, b) => a.time - b.time || a.index - b.index)
        .map(({ index }) => index);
      expect(fired).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});

test('a burst larger than the queue keeps its order', () => {
  const clock = new VirtualClock();
  const seen: number[] = [];
  for (let i = 0; i < 40; i++) clock.defer(() => {});
  clock.run();
  for (let i = 0; i < 1000; i++) clock.defer(() => seen.push(i));
  clock.run();
  expect(seen).toEqual(Array.from({ length: 1000 }, (_, i) => i));
});
