// What is expected of one exchange, and what is not.
import { describe, expect, test } from 'vitest';
import { TransportError } from '../../src/errors.js';
import { complaints } from '../../src/lab/complaints.js';
import { Pattern } from '../../src/lab/content.js';
import { CheckingConsumer } from '../../src/lab/message-player.js';
import { planRun } from '../../src/lab/plan.js';
import { isClean, isWhole, type StackReport } from '../../src/lab/report.js';
import type { ExchangeKind } from '../../src/lab/scenario.js';
import { showReport } from '../../src/lab/show-report.js';
import { Trial } from '../../src/lab/trial.js';
import { memoryStack } from '../support/lab.js';

const gone = new TransportError('connection-reset', 'gone');
const whole: ExchangeKind = { name: 'whole', response: { body: 10 } };
const early: ExchangeKind = { name: 'early', request: { body: 10 }, answer: 'early' };
const byServer: ExchangeKind = { name: 'by-server', response: { body: 200_000 }, reset: 'server' };
const byClient: ExchangeKind = { ...byServer, name: 'by-client', reset: 'client' };

function trialOf(kind: ExchangeKind) {
  const [task = []] = planRun({ name: 'test', exchanges: 1, stacks: [memoryStack()], workload: [kind] }, 1);
  const [plan] = task;
  if (plan === undefined) throw new Error('no plan');
  let settled = 0;
  const trial = new Trial(plan, () => {
    settled += 1;
  });
  return { trial, settled: () => settled };
}

describe('an exchange', () => {
  type End = TransportError | undefined;
  test.each<[ExchangeKind, reached: boolean, read: boolean, client: End, server: End, outcome: string]>([
    [whole, true, true, undefined, undefined, 'completed'],
    [whole, false, true, undefined, undefined, 'unexpected'],
    [whole, true, false, undefined, undefined, 'unexpected'],
    [whole, true, true, gone, undefined, 'unexpected'],
    [whole, true, true, undefined, gone, 'unexpected'],
    [early, true, true, gone, gone, 'completed'],
    [early, true, false, gone, gone, 'unexpected'],
    [byServer, true, false, gone, gone, 'broken-off'],
    [byServer, true, true, gone, gone, 'unexpected'],
    [byServer, true, false, undefined, gone, 'unexpected'],
    [byServer, true, false, gone, undefined, 'unexpected'],
    [byClient, true, false, gone, undefined, 'broken-off'],
    [byClient, true, true, gone, undefined, 'unexpected'],
    [byClient, true, false, undefined, gone, 'unexpected'],
    [byClient, false, false, gone, undefined, 'unexpected'],
  ])(
    '%o reached: %s read: %s client: %s server: %s is %s',
    (kind, reached, read, client, server, outcome) => {
      const { trial, settled } = trialOf(kind);
      if (reached) trial.serverBegan();
      if (read) trial.clientReadAll();
      trial.clientEnded(client);
      expect(settled()).toBe(reached ? 0 : 1);
      if (reached) trial.serverEnded(server);
      expect(settled()).toBe(1);
      expect(trial.outcome).toBe(outcome);
      expect(trial.faults.length > 0).toBe(outcome === 'unexpected');
    },
  );

  test('that the server gets twice is a fault', () => {
    const { trial } = trialOf(whole);
    trial.serverBegan();
    trial.serverBegan();
    expect(trial.faults).toEqual(['the server got the request twice']);
  });

  test('that time was over for is settled only if something was wrong already', () => {
    const fine = trialOf(whole);
    expect(fine.trial.abandon()).toBe(false);
    const wrong = trialOf(whole);
    wrong.trial.fault('wrong');
    expect(wrong.trial.abandon()).toBe(true);
    expect(wrong.trial.outcome).toBe('unexpected');
    expect([fine.settled(), wrong.settled()]).toEqual([0, 1]);
    expect(wrong.trial.abandon()).toBe(true);
    expect(wrong.settled()).toBe(1);
  });

  test('that is given up is settled once, and says why', () => {
    const { trial, settled } = trialOf(whole);
    trial.giveUp('no time');
    trial.clientEnded(undefined);
    trial.giveUp('still none');
    expect(settled()).toBe(1);
    expect(trial.faults).toEqual(['no time']);
  });
});

describe('a message', () => {
  const pattern = new Pattern(1);
  const chunked: ExchangeKind = { name: 'chunked', response: { body: 10, coding: 'chunked', trailers: 2 } };

  function consume(kind: ExchangeKind) {
    const { trial } = trialOf(kind);
    const { response } = trial.plan;
    let ends = 0;
    const reader = {
      ended: () => {
        ends += 1;
      },
    };
    const consumer = new CheckingConsumer(
      'response',
      response,
      response.bodyBytes,
      pattern,
      trial,
      () => {},
      reader,
    );
    return { trial, consumer, ends: () => ends };
  }

  test('that ends early is short of bytes, though its framing was right', () => {
    const { trial, consumer, ends } = consume(whole);
    consumer.end(undefined);
    expect(trial.faults).toEqual(['response content: 0 bytes came, not 10']);
    expect(ends()).toBe(1);
  });

  test('without its trailers is short of them', () => {
    const { trial, consumer } = consume(chunked);
    consumer.end(undefined);
    expect(trial.faults.slice(1)).toEqual([
      expect.stringMatching(/^response trailer lab-trailer-0 is undefined, not response [0-9a-f]+$/),
      expect.stringMatching(/^response trailer lab-trailer-1 is undefined/),
      'number of response trailers is 0, not 2',
    ]);
  });
});

describe('a report', () => {
  const clean = {
    name: 's',
    transport: 'memory',
    session: 'h1',
    heldPeakByLayer: {},
    unexpected: 0,
    unexpectedMessages: [],
    violations: 0,
    violationMessages: [],
    heldAtEndBytes: 0,
    exchanges: 2,
    notRunToEnd: 0,
  };
  const report = (change: Partial<StackReport>): StackReport => ({ ...clean, ...change }) as StackReport;

  test('is clean when nothing was unexpected, violated or kept', () => {
    expect(isClean(report({}))).toBe(true);
    expect(complaints(report({}))).toEqual([]);
  });

  test('is not whole when time was over, and says so; that is no failure', () => {
    const cutOff = report({ notRunToEnd: 3 });
    expect(isClean(cutOff)).toBe(true);
    expect(isWhole(cutOff)).toBe(false);
    expect(complaints(cutOff)).toEqual(['s: time was over: 3 of 5 exchanges were not run to the end']);
    const shown = showReport(
      { scenario: 'x', seed: 1, stacks: [cutOff, report({})], comparisons: [] },
      { width: 200, isColoured: false },
    );
    expect(shown).toMatch(/not run to the end +│ +3 │ +0 │/);
    expect(shown).toMatch(
      /\ntime was over before 1 of 2 stacks had run to the end; what was run was as expected \(.*\)\n$/,
    );
    expect(shown).not.toContain('not as expected');
  });

  test.each([
    [{ unexpected: 3, unexpectedMessages: ['a'] }, ['s: a', 's: 2 more failures']],
    [{ violations: 1, violationMessages: ['OWN-4'] }, ['s: violation: OWN-4']],
    [{ heldAtEndBytes: 7 }, ['s: 7 bytes were still held at the end']],
  ])('%o is not', (change, lines) => {
    expect(isClean(report(change))).toBe(false);
    expect(complaints(report(change))).toEqual(lines);
  });
});
