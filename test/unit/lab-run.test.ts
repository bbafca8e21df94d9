// Runs, in process: what is well passes, and each way of not being well is seen.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { h1 } from '../../src/endpoint/h1.js';
import { checkScenario } from '../../src/lab/check-scenario.js';
import { complaints } from '../../src/lab/complaints.js';
import { isClean, isWhole, type StackReport } from '../../src/lab/report.js';
import { runScenario } from '../../src/lab/run-scenario.js';
import type { ExchangeKind, ScenarioStack } from '../../src/lab/scenario.js';
import { standard } from '../../src/lab/scenarios/standard.js';
import { tables } from '../../src/lab/tables.js';
import type { ByteRange, Transport } from '../../src/transport/contract.js';
import {
  DecoratedTransport,
  decorateConnectable,
  decorateListenable,
} from '../../src/transport/decorator.js';
import { memoryStack, runOne } from '../support/lab.js';

const directory = mkdtempSync(join(tmpdir(), 'undercoat-test-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const get: ExchangeKind = { name: 'get', response: { body: 2000 } };
const put: ExchangeKind = { name: 'put', request: { body: 50_000 }, response: { status: 201 } };

describe('the standard scenario', () => {
  test('passes over every stack, sockets and TLS among them', async () => {
    const seen: string[] = [];
    let settled = 0;
    const report = await runScenario(standard, {
      seed: 11,
      exchanges: 30,
      timeLimit: 100_000,
      progress: {
        stack: (name) => seen.push(name),
        settled: () => {
          settled += 1;
        },
        stop: () => seen.push('stop'),
      },
    });
    const names = standard.stacks.map(({ name }) => name);
    expect(report.stacks.map(({ name }) => name)).toEqual(names);
    for (const stack of report.stacks) {
      expect(stack.unexpectedMessages).toEqual([]);
      expect(stack.violationMessages).toEqual([]);
      expect(isClean(stack), stack.name).toBe(true);
      expect(stack.expectedFailures).toBe(10);
      expect(stack.exchanges).toBe(report.stacks[0]?.exchanges);
      expect(stack.bytesIn).toBeGreaterThan(10_000);
      expect(stack.bytesOut).toBeGreaterThan(5 * 1_048_576);
      expect(stack.deliveredBytes).toBeGreaterThan(5 * 1_048_576);
      expect(stack.checks).toBeGreaterThan(1000);
      expect(stack.checksByRule).toHaveProperty('LAY-3');
      expect(stack.heldPeakBytes).toBeGreaterThan(0);
    }
    expect(seen).toEqual([...names, 'stop']);
    expect(settled).toBe(report.stacks.reduce((sum, { exchanges }) => sum + exchanges, 0));
  });

  test('stacks are picked by name in any case, and a name that is not there is refused', async () => {
    const { stacks } = await runScenario(standard, { seed: 1, exchanges: 2, stacks: ['H1/Memory'] });
    expect(stacks.map(({ name }) => name)).toEqual(['h1/memory']);
    await expect(runScenario(standard, { seed: 1, stacks: ['h9/memory'] })).rejects.toThrow(/h9.*h1\/memory/);
  });
});

describe('the account', () => {
  test('has its numbers as numbers', async () => {
    const report = await runOne([get, put]);
    const counts: (keyof StackReport)[] = [
      'exchanges',
      'unexpected',
      'bytesIn',
      'bytesOut',
      'copiedBytes',
      'heldPeakBytes',
      'heldAtEndBytes',
      'checks',
      'violations',
    ];
    for (const key of counts) expect(report[key], key).toBeTypeOf('number');
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  test('counts content once per application that gets it', async () => {
    const both: ExchangeKind = { name: 'both', request: { body: 1000 }, response: { body: 3000 } };
    expect((await runOne([both])).deliveredBytes).toBe(5 * 4000);
  });
});

/** Flips a bit of the `at`-th byte that is received. */
class Corrupting extends DecoratedTransport {
  private left: number;
  private given: ByteRange | undefined;

  constructor(lower: Transport, at: number) {
    super(lower);
    this.left = at;
  }

  override room(): ByteRange | undefined {
    this.given = super.room();
    return this.given;
  }

  override received(count: number): void {
    const { given, left } = this;
    if (given !== undefined && left >= 0 && left < count) {
      const at = given.start + left;
      given.bytes[at] = (given.bytes[at] as number) ^ 1;
    }
    this.left -= count;
    super.received(count);
  }
}

/** Breaks OWN-4: writes to segments that it was given and has not reported. */
class Scribbling extends DecoratedTransport {
  override write(segments: readonly ByteRange[]): void {
    super.write(segments);
    for (const { bytes, start } of segments) bytes[start] = (bytes[start] as number) ^ 1;
  }
}

describe('what is not well is seen', () => {
  test('a wrong byte in a response', async () => {
    const stack = memoryStack((it) => ({
      ...it,
      connect: (address) =>
        decorateConnectable(it.connect?.(address) as never, (lower) => new Corrupting(lower, 1500)),
    }));
    const report = await runOne([{ ...get, weight: 0, times: 1 }], stack);
    expect(report.unexpected).toBe(1);
    expect(report.unexpectedMessages[0]).toMatch(
      /^GET \/get\/0: response content: byte \d+ is \d+, not \d+$/,
    );
  });

  test('a wrong byte in a request', async () => {
    const stack = memoryStack((it) => ({
      ...it,
      listen: decorateListenable(it.listen, (lower) => new Corrupting(lower, 40_000)),
    }));
    const report = await runOne([{ ...put, weight: 0, times: 1 }], stack);
    expect(report.unexpectedMessages).toEqual([
      expect.stringMatching(/^PUT \/put\/0: request content: byte 39\d\d\d is/),
    ]);
  });

  test('a byte that is written to while it is frozen', async () => {
    const stack = memoryStack((it) => ({
      ...it,
      listen: decorateListenable(it.listen, (lower) => new Scribbling(lower)),
    }));
    const report = await runOne([get], stack);
    expect(report.violations).toBeGreaterThan(0);
    expect(report.violationMessages.join()).toContain('OWN-4');
    expect(isClean(report)).toBe(false);
  });

  test('facts that are not as they should be', async () => {
    const stack = memoryStack((it) => ({ ...it, facts: () => 'nobody said so' }));
    const report = await runOne([get], stack);
    expect(report.unexpected).toBe(5);
    expect(report.unexpectedMessages[0]).toContain('facts: nobody said so');
  });

  test('a limit that the workload does not fit in', async () => {
    const stack = memoryStack((it) => ({ ...it, server: h1({ maxBodyBytes: 1000 }) }));
    const report = await runOne([put], stack);
    expect(report.unexpected).toBe(5);
    expect(report.unexpectedMessages[0]).toContain('status is 413, not 201');
  });

  test('a server that cannot be reached', async () => {
    const stack = memoryStack((it, { clock }) => {
      const nowhere = memoryStack().compose({ clock, observer: null } as never) as typeof it;
      return { ...it, connect: (address) => nowhere.connect?.(address) as never };
    });
    const report = await runOne([get], stack);
    expect(report.unexpected).toBe(5);
    expect(report.unexpectedMessages[0]).toContain('connection-refused');
  });

  test('a composition that fails, and one that never comes', async () => {
    const fails = await runOne(
      [get],
      memoryStack(() => Promise.reject(new Error('no such thing'))),
    );
    expect(fails.unexpectedMessages.join()).toContain('no such thing');
    const never = await runOne(
      [get],
      memoryStack(() => new Promise(() => {})),
    );
    expect(never.unexpectedMessages.join()).toContain('nothing is left to do');
    expect(never.exchanges).toBe(0);
  });

  test('a peer that says nothing: a deadline ends it', async () => {
    class Mute extends DecoratedTransport {
      override write(): void {}
    }
    const stack = memoryStack((it) => ({
      ...it,
      listen: decorateListenable(it.listen, (lower) => new Mute(lower)),
    }));
    const report = await runOne([get], stack);
    expect(report.unexpected).toBeGreaterThanOrEqual(5);
    expect(report.heldAtEndBytes).toBe(0);
  });

  test('a run that is out of time is given up, and says what was left', async () => {
    const report = await runOne([get], memoryStack(), { timeLimit: 0 });
    expect(report).toMatchObject({ exchanges: 0, notRunToEnd: 5, unexpected: 0 });
    expect(isWhole(report)).toBe(false);
    expect(complaints(report)).toEqual(['memory: time was over: 5 of 5 exchanges were not run to the end']);
  });

  test('so is one whose virtual time would last longer than real time', async () => {
    const report = await runOne([get], memoryStack(), { timeLimit: 300, exchanges: 50_000 });
    expect(report.exchanges + report.notRunToEnd).toBe(50_000);
    expect(report.notRunToEnd).toBeGreaterThan(0);
    expect(report).toMatchObject({ unexpected: 0, violations: 0, heldAtEndBytes: 0 });
  });

  test('a stack that takes its time leaves the others theirs', async () => {
    const slow: ScenarioStack = {
      ...memoryStack(() => new Promise(() => {})),
      name: 'slow',
      time: 'real',
    };
    const scenario = checkScenario({
      name: 'test',
      exchanges: 5,
      stacks: [slow, memoryStack()],
      workload: [get],
    });
    const { stacks } = await runScenario(scenario, { seed: 1, timeLimit: 4000 });
    expect(stacks).toMatchObject([
      { exchanges: 0, notRunToEnd: 5, unexpected: 0 },
      { exchanges: 5, notRunToEnd: 0, unexpected: 0 },
    ]);
  });
});

describe('a trace', () => {
  async function trace(name: string, seed: number): Promise<string> {
    const out = join(directory, name);
    await runOne([get, put], memoryStack(), { out, seed });
    return readFileSync(join(out, 'memory.jsonl'), 'utf8');
  }

  test('is one JSON object a line, in the form that it documents', async () => {
    const text = await trace('form', 3);
    expect(text.endsWith('\n')).toBe(true);
    const [first, ...lines] = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(first).toEqual({ trace: 1, scenario: 'test', seed: 3, stack: 'memory' });
    const known = new Map(tables.map((table) => [table.name, table]));
    let acts = 0;
    for (const [index, line] of lines.entries()) {
      expect(line.n).toBe(index + 1);
      expect(line.t).toBeTypeOf('number');
      expect(line.owner).toMatch(/^\w+:[\w-]+#\d+$/);
      if ('act' in line) {
        acts += 1;
        expect(line.end).toBeGreaterThanOrEqual(line.start);
        continue;
      }
      expect(known.get(line.transition)?.states).toEqual(expect.arrayContaining([line.from, line.to]));
      expect(line.end).toMatch(/^(server|transport|client-\d+)$/);
      expect(line.cites).not.toBe('');
    }
    expect(acts).toBeGreaterThan(20);
    expect(lines.length - acts).toBeGreaterThan(20);
  });

  test('is the same to the byte for the same seed, and not for another', async () => {
    const once = await trace('once', 3);
    expect(await trace('again', 3)).toBe(once);
    expect(await trace('other', 4)).not.toBe(once);
  });
});
