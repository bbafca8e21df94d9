import { expect, test } from 'vitest';
import { PlatformClock } from '../../src/transport/node/clock.js';

test('deferred work runs after the caller, in order, and before a timer that is due', async () => {
  const clock = new PlatformClock();
  const seen: string[] = [];
  await new Promise<void>((resolve) => {
    clock.at(clock.now(), () => {
      seen.push('timer');
      clock.at(clock.now(), () => {
        seen.push('timer after');
        resolve();
      });
      clock.defer(() => seen.push('deferred by timer'));
    });
    clock.defer(() => {
      seen.push('first');
      clock.defer(() => seen.push('third'));
    });
    clock.defer(() => seen.push('second'));
    expect(seen).toEqual([]);
  });
  expect(seen).toEqual(['first', 'second', 'third', 'timer', 'deferred by timer', 'timer after']);
});

test('time stands still while a deferred callback runs, and goes on with the next one', async () => {
  const clock = new PlatformClock();
  const passed = (since: number): void => {
    while (performance.now() <= since) {}
  };
  const seen: [number, number][] = [];
  await new Promise<void>((resolve) => {
    const look = (): void => {
      const first = clock.now();
      passed(first);
      seen.push([first, clock.now()]);
    };
    clock.defer(look);
    clock.defer(look);
    clock.defer(resolve);
  });
  const [[first, still], [next]] = seen as [[number, number], [number, number]];
  expect(still).toBe(first);
  expect(next).toBeGreaterThan(first);
  passed(next);
  expect(clock.now()).toBeGreaterThan(next);
});

test('timers fire not before their time, by time, cancelled ones never', async () => {
  const clock = new PlatformClock();
  const start = clock.now();
  const fired: [string, boolean][] = [];
  await new Promise<void>((resolve) => {
    clock.at(start + 4, () => {
      fired.push(['last', clock.now() >= start + 4]);
      resolve();
    });
    const cancelled = clock.at(start + 1, () => fired.push(['cancelled', false]));
    clock.at(start + 2, () => fired.push(['first', clock.now() >= start + 2]));
    cancelled.cancel();
    cancelled.cancel();
  });
  expect(fired).toEqual([
    ['first', true],
    ['last', true],
  ]);
});

test('a timer beyond what the platform can hold does not fire at once', async () => {
  const clock = new PlatformClock();
  let fired = false;
  const far = clock.at(clock.now() + 2 ** 33, () => {
    fired = true;
  });
  await new Promise<void>((resolve) => clock.at(clock.now() + 2, resolve));
  expect(fired).toBe(false);
  far.cancel();
});

test('a time that is not finite is refused', () => {
  const clock = new PlatformClock();
  expect(() => clock.at(Number.NaN, () => {})).toThrow(expect.objectContaining({ code: 'bad-time' }));
});
