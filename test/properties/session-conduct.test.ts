/** Errors of H1, and headers of PROXY, over the sessions themselves. */
import fc from 'fast-check';
import { it } from 'vitest';
import { h1Stack } from '../../src/kit/stack-under-test.js';
import { answersAreAskedFor } from '../support/properties/h1-answers.js';
import { errorsClose } from '../support/properties/h1-errors.js';
import { anyHeaderIsTaken, headerOfItsOwn } from '../support/properties/proxy-facts.js';

it('WIRE-2: behind a request that is refused nothing is interpreted', () => {
  fc.assert(errorsClose(h1Stack()), { numRuns: 300 });
});

it('CON-1: what came before a request is no answer to it', () => {
  fc.assert(answersAreAskedFor(), { numRuns: 50 });
});

it('LAY-1: each connection sends a PROXY header of its own', () => {
  fc.assert(headerOfItsOwn(), { numRuns: 20 });
});

it('WIRE-3: a PROXY header of any kind is taken', () => {
  fc.assert(anyHeaderIsTaken(), { numRuns: 100 });
});
