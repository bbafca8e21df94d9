// Runs in which the kit once accused what was right, by the seed that found each.
import * as fc from 'fast-check';
import { test } from 'vitest';
import { sessionConformance } from '../../src/kit/conformance/session.js';
import { exhaustion } from '../../src/kit/properties/exhaustion.js';
import { proxyH1Stack } from '../../src/kit/stack-under-test.js';
import { sessions } from '../support/sessions.js';

test('WS-9: an answer that is whole and in flight may go with the reset of the one behind it', () => {
  fc.assert(exhaustion(proxyH1Stack(2, { maxPipelined: 3 })), { seed: 3, numRuns: 400 });
});

test('CON-1: what is taken out of the middle of what is pending has not moved', async () => {
  const h2 = sessions.filter(({ name }) => name === 'h2');
  for (const { name, run } of h2.flatMap((it) => sessionConformance(it, { seed: 733103, runs: 100 }))) {
    if (name.startsWith('WS-9')) await run();
  }
});
