/** The kit's properties of one end that is played recorded bytes, over H1 and over PROXY in front of H1. */
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { sameAtAnyCut, sameInAnyTail, sameUnderEmulation } from '../../src/kit/properties/replays.js';
import { stacks } from '../support/stacks.js';

describe.each(stacks)('$name', (stack) => {
  it('CON-6: any cut gives the same events, output and error', () => {
    fc.assert(sameAtAnyCut(stack), { numRuns: 12 });
  });

  it('OWN-6, OWN-5: neither the tail of a room nor dead bytes are read', () => {
    fc.assert(sameInAnyTail(stack), { numRuns: 6 });
  });

  it('WS-10: under emulation all is the same, exhaustion too', () => {
    fc.assert(sameUnderEmulation(stack), { numRuns: 20 });
  });
});
