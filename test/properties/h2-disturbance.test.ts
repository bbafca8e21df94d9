// No stream disturbs another, whatever becomes of it, and the peer's flow control comes out even.
import fc from 'fast-check';
import { it } from 'vitest';
import { Reached } from '../../src/kit/reached.js';
import { othersAreUndisturbed } from '../support/properties/h2-disturbance.js';

it.each(['server', 'client'] as const)(
  'CON-4, CON-5: streams of a %s that are refused or reset take nothing along',
  (role) => {
    const reached = new Reached();
    fc.assert(othersAreUndisturbed(role, reached), { numRuns: 40 });
    const both = [
      'reset by the peer',
      'reset by us',
      'a block of a stream that is over',
      'DATA of a stream that is over',
    ];
    reached.require('CON-5', role === 'server' ? [...both, 'refused'] : both);
  },
);
