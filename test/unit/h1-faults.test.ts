// Every kind of fault, at every act of a connection with some of everything in it: nothing is held (OWN-7).
import { describe, expect, it } from 'vitest';
import type { BodyScript, ConnectionScript, ExchangeScript } from '../../src/kit/exchange-script.js';
import { faultAtEveryAct } from '../../src/kit/properties/quiescence.js';
import type { FaultPlan } from '../../src/kit/session-pair.js';
import { stacks } from '../support/stacks.js';

const body: BodyScript = {
  pieces: [3, 40],
  fill: 0,
  declared: false,
  trailers: [['X-T', '1']],
  endsWithData: false,
  patient: false,
};

const exchange: ExchangeScript = {
  method: 'POST',
  fields: [['X-A', 'b']],
  request: body,
  expectsContinue: true,
  taking: { mode: 'consume', leases: 'keep', pauseEach: 2 },
  informs: [103],
  answers: 'at-end',
  status: 200,
  answerFields: [],
  response: { ...body, declared: true },
  breaks: 'never',
  misuses: true,
  takingResponse: { mode: 'consume', leases: 'split', pauseEach: 0 },
  clientBreaks: 'never',
};

const script: ConnectionScript = {
  again: 'within-callback',
  exchanges: [exchange, { ...exchange, method: 'GET', request: undefined, response: body }],
};

const kinds: readonly FaultPlan['kind'][] = [
  'lose',
  'end-of-client',
  'end-of-server',
  'shutdown-client',
  'shutdown-server',
  'stall',
];

// The one with nothing in front of it, and the one with the longest way.
describe.each(stacks.filter((_, i) => i % 3 === 0))('$name', (stack) => {
  it.each(kinds)('%s at every act', (kind) => {
    const plan = { cuts: [23, 1, 60], holds: 30 };
    const end = { slabBytes: 2048, observer: stack.observer ?? null };
    const runs = faultAtEveryAct(stack, script, kind, {
      server: end,
      client: end,
      toServer: plan,
      toClient: plan,
    });
    expect(runs).toBeGreaterThan(50);
  });
});
