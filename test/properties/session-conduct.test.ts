/** Errors of H1, and headers of PROXY, over the sessions themselves. */
import fc from 'fast-check';
import { it } from 'vitest';
import { assertReaching } from '../../src/kit/assert-reaching.js';
import { h1Stack, proxyH1Stack, proxyH2Stack } from '../../src/kit/stack-under-test.js';
import { openingOf } from '../support/entrances.js';
import { answersAreAskedFor } from '../support/properties/h1-answers.js';
import { errorsClose } from '../support/properties/h1-errors.js';
import { bodiesAreServed, requestsAreServed, responsesAreTaken } from '../support/properties/h1-served.js';
import { anyHeaderIsTaken, headerOfItsOwn } from '../support/properties/proxy-facts.js';
import { type Announced, headersAmidAnything, headersByModel } from '../support/properties/proxy-served.js';

const behindHeaders: readonly Announced[] = [
  { stack: proxyH1Stack(1), version: 1, speaks: 'h1' },
  { stack: proxyH1Stack(2), version: 2, speaks: 'h1' },
  { stack: proxyH2Stack(2), version: 2, speaks: 'h2' },
];

it('WIRE-2: behind a request that is refused nothing is interpreted', () => {
  fc.assert(errorsClose(h1Stack()), { numRuns: 300 });
});

it('CON-1: what came before a request is no answer to it', () => {
  fc.assert(answersAreAskedFor(h1Stack()), { numRuns: 50 });
});

it('LAY-1: each connection sends a PROXY header of its own', () => {
  for (const announced of behindHeaders) fc.assert(headerOfItsOwn(announced), { numRuns: 10 });
});

it('WIRE-3: a PROXY header of any kind is taken', () => {
  for (const announced of behindHeaders) fc.assert(anyHeaderIsTaken(announced), { numRuns: 50 });
});

it('WIRE-1, WIRE-3: a server serves behind a PROXY header what the model takes for one, and knows what it says', () => {
  for (const announced of behindHeaders) fc.assert(headersByModel(announced), { numRuns: 200 });
});

it('OWN-6: what came with a PROXY header, or stands behind it in memory, changes nothing', () => {
  for (const announced of behindHeaders) fc.assert(headersAmidAnything(announced), { numRuns: 100 });
});

it('WIRE-1: what H1 gives its applications is what the grammar accepts, behind a PROXY header, too', async () => {
  for (const [stack, before] of [
    [h1Stack(), openingOf(undefined)],
    [proxyH1Stack(1), openingOf(1)],
  ] as const) {
    const both = ['accepted', 'refused'];
    const contents = ['content accepted', 'content refused'];
    await assertReaching('WIRE-1', (it) => requestsAreServed(stack, before, it), both, { runs: 300 });
    await assertReaching('WIRE-1', (it) => bodiesAreServed(stack, before, it), contents, { runs: 200 });
    const ends = [...both, 'ended with its head'];
    await assertReaching('WIRE-1', (it) => responsesAreTaken(stack, it), ends, { runs: 300 });
  }
});
