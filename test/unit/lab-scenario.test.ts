// What a scenario may say, and what a seed makes of it.
import { describe, expect, test } from 'vitest';
import { Random } from '../../src/kit/random.js';
import { checkScenario } from '../../src/lab/check-scenario.js';
import { ContentCheck, Pattern } from '../../src/lab/content.js';
import { type Plan, planRun } from '../../src/lab/plan.js';
import type { ExchangeKind, Scenario } from '../../src/lab/scenario.js';
import { standard } from '../../src/lab/scenarios/standard.js';
import { memoryStack } from '../support/lab.js';

const scenario = (workload: readonly ExchangeKind[], more: Partial<Scenario> = {}): Scenario => ({
  name: 'test',
  stacks: [memoryStack()],
  workload,
  ...more,
});

describe('a scenario is checked value by value', () => {
  test('the standard one passes', () => {
    expect(checkScenario(standard)).toBe(standard);
  });

  const stack = memoryStack();
  const get: ExchangeKind = { name: 'get' };
  const big = 1_048_576;
  test.each<[where: string, value: unknown]>([
    ['scenario', undefined],
    ['scenario', []],
    ['scenario', { ...scenario([get]), stack: [] }],
    ['name', { ...scenario([get]), name: ' ' }],
    ['exchanges', scenario([get], { exchanges: -1 })],
    ['exchanges', scenario([get], { exchanges: 1.5 })],
    ['concurrency', scenario([get], { concurrency: 0 })],
    ['stacks', scenario([get], { stacks: [] })],
    ['stacks', scenario([get], { stacks: [stack, stack] })],
    ['stacks[0].compose', { ...scenario([get]), stacks: [{ ...stack, compose: {} }] }],
    ['stacks[0].time', { ...scenario([get]), stacks: [{ ...stack, time: 'none' }] }],
    ['workload', scenario([])],
    ['workload', scenario([get, get])],
    ['workload[1]', { ...scenario([get]), workload: [get, { name: 'x', wieght: 1 }] }],
    ['workload[0].name', scenario([{ name: 'a/b' }])],
    ['workload[0].weight', scenario([{ ...get, weight: -1 }])],
    ['workload[0].weight', scenario([{ ...get, weight: Number.NaN }])],
    ['workload[0].times', scenario([{ ...get, times: 0.5 }])],
    ['workload[0].response.status', scenario([{ ...get, response: { status: 100 } }])],
    ['workload[0].response.body', scenario([{ ...get, response: { body: -1 } }])],
    ['workload[0].response.body[1]', scenario([{ ...get, response: { body: [5, 4] } }])],
    ['workload[0].response.trailers', scenario([{ ...get, response: { trailers: 1 } }])],
    ['workload[0].response', scenario([{ ...get, response: { status: 204, body: 1 } }])],
    ['workload[0].response.fields', { ...scenario([]), workload: [{ ...get, response: { fields: ['a'] } }] }],
    ['workload[0].pipelined', scenario([{ ...get, pipelined: 4, request: { body: 1 } }])],
    ['workload[0]', scenario([{ ...get, answer: 'early' }])],
    [
      'workload[0].request.coding',
      scenario([{ ...get, answer: 'early', request: { body: 1, coding: 'chunked' } }]),
    ],
    ['workload[0].response.body', scenario([{ ...get, reset: 'client', response: { body: [1, big] } }])],
    [
      'workload[0].response',
      scenario([{ ...get, method: 'HEAD', reset: 'client', response: { body: big } }]),
    ],
    ['workload[0].method', scenario([{ ...get, method: 'CONNECT' }])],
    ['workload[0].slowReader.bytes', scenario([{ ...get, slowReader: { bytes: 0, milliseconds: 1 } }])],
  ])('%s', (where, value) => {
    expect(() => checkScenario(value)).toThrow(expect.objectContaining({ name: 'ScenarioError', where }));
  });
});

describe('a plan follows from the seed', () => {
  const plans = (seed: number, exchanges?: number): Plan[] => planRun(standard, seed, exchanges).flat();

  test('the same seed plans the same, another seed something else', () => {
    expect(plans(7)).toEqual(plans(7));
    expect(plans(8)).not.toEqual(plans(7));
  });

  test('every kind of the standard workload comes up, and those with times exactly so often', () => {
    const count = new Map<string, number>();
    for (const { kind } of plans(1)) count.set(kind.name, (count.get(kind.name) ?? 0) + 1);
    for (const kind of standard.workload) {
      const seen = count.get(kind.name) ?? 0;
      if (kind.times === undefined) expect(seen, kind.name).toBeGreaterThan(0);
      else expect(seen, kind.name).toBe(kind.times);
    }
  });

  test('what is drawn can be left out, and what is counted remains', () => {
    expect(new Set(plans(1, 0).map(({ kind }) => kind.times))).toEqual(new Set([5]));
  });

  test('sizes keep to their range and reach both of its ends', () => {
    const sizes = new Set<number>();
    const random = new Random(1, 'sizes');
    for (let i = 0; i < 3000; i++) sizes.add(random.size(0, 9));
    expect([...sizes].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('pipelined requests are of one task, and nothing else is', () => {
    for (const task of planRun(standard, 3)) {
      const names = new Set(task.map(({ kind }) => kind.name));
      expect(names.size).toBe(1);
      if (task.length > 1) expect(names).toEqual(new Set(['pipelined']));
    }
  });
});

describe('content is checked byte by byte', () => {
  const pattern = new Pattern(1);
  const length = 300_000;
  const from = 123_456;

  function content(): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const piece = pattern.at(from + done, length - done);
      bytes.set(piece, done);
      done += piece.length;
    }
    return bytes;
  }

  /** Takes the bytes in pieces of 4097. */
  function check(bytes: Uint8Array): string | undefined {
    const checked = new ContentCheck(pattern, from, length);
    for (let at = 0; at < bytes.length; at += 4097)
      checked.take(bytes, at, Math.min(at + 4097, bytes.length));
    checked.complete();
    return checked.fault;
  }

  test('what was sent passes', () => {
    expect(check(content())).toBeUndefined();
  });

  test.each([0, 4096, 4097, 131_070, 131_071, length - 1])('a wrong byte at %i does not', (at) => {
    const bytes = content();
    bytes[at] = (bytes[at] as number) ^ 1;
    expect(check(bytes)).toMatch(new RegExp(`^byte ${at} is \\d+, not \\d+$`));
  });

  test('neither does a byte too few, a byte too many, or one that is left out', () => {
    const bytes = content();
    expect(check(bytes.subarray(0, length - 1))).toBe(`${length - 1} bytes came, not ${length}`);
    expect(check(new Uint8Array([...bytes, 0]))).toBe(`${length + 1} bytes came, not ${length}`);
    bytes.copyWithin(1000, 1001);
    expect(check(bytes)).toMatch(/^byte 1\d\d\d is/);
  });
});
