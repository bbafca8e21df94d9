// From H1 to H2 by Upgrade: a fault at every act of it, every size of slab, and tunnels beside it.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ConnectionScript, ExchangeScript } from '../../src/kit/exchange-script.js';
import { agreement } from '../../src/kit/properties/agreement.js';
import { faultAtEveryAct } from '../../src/kit/properties/quiescence.js';
import { runConnection } from '../../src/kit/run-connection.js';
import type { FaultPlan } from '../../src/kit/session-pair.js';
import { h1Stack, h1UpgradeStack } from '../../src/kit/stack-under-test.js';
import { rowRecorder } from '../support/rows.js';

const stack = { ...h1UpgradeStack(), observer: rowRecorder() };
const body = { fill: 120, declared: true, trailers: [], endsWithData: true, patient: false };
const taking = { mode: 'consume', leases: 'hold', pauseEach: 0 } as const;

const exchange: ExchangeScript = {
  method: 'PUT',
  fields: [['X-A', 'v']],
  request: { ...body, pieces: [100] },
  expectsContinue: false,
  taking,
  informs: [],
  answers: 'at-end',
  status: 200,
  answerFields: [],
  response: { ...body, pieces: [150] },
  breaks: 'never',
  misuses: false,
  takingResponse: taking,
  clientBreaks: 'never',
};
/** The first asks, which has no content, and the second goes out over H2. */
const script: ConnectionScript = {
  exchanges: [{ ...exchange, method: 'GET', request: undefined }, exchange],
  again: 'later',
};

const kinds: readonly FaultPlan['kind'][] = [
  'lose',
  'end-of-client',
  'end-of-server',
  'shutdown-client',
  'shutdown-server',
  'stall',
];

test.each(kinds)('OWN-7: %s at every act, nothing is held and everybody is told', (kind) => {
  const options = { toServer: { cuts: [70, 9], holds: 200 }, toClient: { cuts: [40], holds: 300 } };
  const plain = runConnection(stack, script, options);
  expect(plain.client.map(({ closed }) => closed)).toEqual(['ok', 'ok']);
  expect(faultAtEveryAct(stack, script, kind, options)).toBeGreaterThan(60);
});

test('WS-9: at every size of slab it succeeds, over H2 or H1, or its failure is handled', () => {
  const ended = new Set<string>();
  for (let slabBytes = 60; slabBytes <= 760; slabBytes += 20) {
    for (const slabs of [2, 3, 6, 64]) {
      const server = { slabBytes, limitBytes: slabs * slabBytes };
      const run = runConnection(stack, script, { server, toServer: { cuts: [33], holds: 1 << 20 } });
      for (const { closed, body: content } of run.client) {
        ended.add(String(closed));
        if (closed === 'ok') expect([0, 150]).toContain(content.length);
      }
    }
  }
  expect(ended.has('ok')).toBe(true);
  expect(ended.size).toBeGreaterThan(1);
});

test('LAY-7, CON-3: tunnels are handed over as ever, with every byte behind the agreement', () => {
  // Where no request has agreed to h2c yet, tunnels are those of H1.
  const { tunnels } = h1Stack().capabilities;
  fc.assert(agreement({ ...stack, capabilities: { ...stack.capabilities, tunnels } }));
});
