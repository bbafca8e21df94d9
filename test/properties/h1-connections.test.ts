/** The kit's properties of whole connections, over H1, H1 with requests pipelined, and PROXY in front of H1. */
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { agreement } from '../../src/kit/properties/agreement.js';
import { exhaustion } from '../../src/kit/properties/exhaustion.js';
import { quiescence } from '../../src/kit/properties/quiescence.js';
import { roundTrip } from '../../src/kit/properties/round-trip.js';
import { stacks } from '../support/stacks.js';

describe.each(stacks)('$name', (stack) => {
  it('WIRE-4, CON-1, CON-2, OWN-4: what each side sends is what the other receives', () => {
    fc.assert(roundTrip(stack), { numRuns: 12 });
  });

  it('OWN-7, LAY-4: nothing is held, and everybody is told once, however it ends', () => {
    fc.assert(quiescence(stack), { numRuns: 20 });
  });

  it('WS-9: with too little memory it succeeds, or its failure is handled', () => {
    fc.assert(exhaustion(stack), { numRuns: 25 });
  });

  // A tunnel in a stream is no handoff of the pipe.
  it.skipIf(stack.capabilities.interleaves)(
    'LAY-7, CON-3: the pipe is handed over after the agreement, with every byte behind it',
    () => {
      fc.assert(agreement(stack), { numRuns: 30 });
    },
  );
});
