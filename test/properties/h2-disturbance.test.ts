// No stream disturbs another, whatever becomes of it, and the peer's flow control comes out even.
import { it } from 'vitest';
import { assertReaching } from '../../src/kit/assert-reaching.js';
import { othersAreUndisturbed } from '../support/properties/h2-disturbance.js';

it.each(['server', 'client'] as const)(
  'CON-4, CON-5: streams of a %s that are refused or reset take nothing along',
  async (role) => {
    const both = [
      'reset by the peer',
      'reset by us',
      'a block of a stream that is over',
      'DATA of a stream that is over',
    ];
    const floor = role === 'server' ? [...both, 'refused'] : both;
    await assertReaching('CON-5', (reached) => othersAreUndisturbed(role, reached), floor, { runs: 40 });
  },
);
