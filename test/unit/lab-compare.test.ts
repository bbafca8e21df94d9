// Which stacks are compared, and what the comparison says.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compareStacks } from '../../src/lab/compare.js';
import type { StackReport } from '../../src/lab/report.js';
import { runScenario } from '../../src/lab/run-scenario.js';
import { standard } from '../../src/lab/scenarios/standard.js';
import { showComparisons } from '../../src/lab/show-comparison.js';

function report(session: string, transport: string, more: Partial<StackReport> = {}): StackReport {
  return {
    name: `${session}/${transport}`,
    transport,
    session,
    exchanges: 10,
    expectedFailures: 0,
    unexpected: 0,
    unexpectedMessages: [],
    bytesIn: 100,
    bytesOut: 1000,
    deliveredBytes: 500,
    copiedBytes: 50,
    heldPeakBytes: 4096,
    heldPeakByLayer: { transport: 1, session: 2, stream: 3, application: 0 },
    heldAtEndBytes: 0,
    notRunToEnd: 0,
    checks: 1,
    checksByRule: {},
    violations: 0,
    violationMessages: [],
    milliseconds: 1,
    ...more,
  };
}

test('H2 is beside H1 on the same transport, behind the same layers, when both did all of it', () => {
  const pairs = compareStacks([
    report('h1', 'tcp'),
    report('proxy-v1+h1', 'tcp'),
    report('h1', 'tls'),
    report('h2', 'tcp'),
    report('h1+h2c', 'tcp'),
    report('proxy-v2+h2', 'tcp'),
    report('proxy-v2+h2', 'unix'),
    report('h2', 'tls', { unexpected: 1 }),
  ]).map(({ h1, h2, transport }) => `${transport}: ${h1}, ${h2}`);
  expect(pairs).toEqual([
    'tcp: h1/tcp, h2/tcp',
    'tcp: h1/tcp, h1+h2c/tcp',
    'tcp: proxy-v1+h1/tcp, proxy-v2+h2/tcp',
  ]);
});

test('it says what each needed and the ratio, and none where H1 has nothing', () => {
  const [comparison] = compareStacks([
    report('h1', 'tcp'),
    report('h2', 'tcp', { bytesIn: 50, copiedBytes: 150, deliveredBytes: 1000 }),
  ]);
  expect(comparison?.figures).toEqual([
    { name: 'bytesIn', h1: 100, h2: 50, ratio: 0.5 },
    { name: 'bytesOut', h1: 1000, h2: 1000, ratio: 1 },
    { name: 'copiedBytes', h1: 50, h2: 150, ratio: 3 },
    { name: 'copiedPerDelivered', h1: 0.1, h2: 0.15, ratio: 1.4999999999999998 },
    { name: 'heldPeakBytes', h1: 4096, h2: 4096, ratio: 1 },
    { name: 'heldPeakBySession', h1: 2, h2: 2, ratio: 1 },
    { name: 'heldPeakByApplication', h1: 0, h2: 0, ratio: null },
  ]);
  const text = showComparisons([comparison as NonNullable<typeof comparison>], {
    width: 80,
    isColoured: false,
  });
  expect(text).toContain('h2/tcp beside h1/tcp');
  expect(text).toMatch(/copied: bytes per byte delivered +│ +0.100 │ +0.150 │ +1.50/);
  expect(showComparisons([], { width: 80, isColoured: false })).toBe('');
});

test('the standard scenario has each way to H2, and h2c by Upgrade is one', { timeout: 60_000 }, async () => {
  const names = standard.stacks.map(({ session, transport }) => `${session} ${transport}`);
  for (const name of ['h2 memory', 'h2 tcp', 'h1+h2c tcp', 'proxy-v1+h2 tcp', 'proxy-v2+h2 tcp', 'h2 tls']) {
    expect(names).toContain(name);
  }
  const out = mkdtempSync(join(tmpdir(), 'undercoat-test-'));
  const stacks = ['h1/tcp', 'h1+h2c/tcp'];
  const run = await runScenario(standard, { seed: 1, exchanges: 40, stacks, out });
  const trace = readFileSync(join(out, 'h1+h2c-tcp.jsonl'), 'utf8');
  rmSync(out, { recursive: true });
  // Eight clients, each with a connection of its own that is upgraded.
  const upgraded = trace.match(/"transition":"h2-connection".*"to":"upgraded"/g) ?? [];
  expect(upgraded.length).toBeGreaterThanOrEqual(8);
  expect(run.stacks.map(({ unexpectedMessages }) => unexpectedMessages)).toEqual([[], []]);
  expect(run.comparisons).toMatchObject([{ transport: 'tcp', h1: 'h1/tcp', h2: 'h1+h2c/tcp' }]);
});
