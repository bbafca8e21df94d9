/** WS-8: what H1 builds is whole, or was never begun. */
import fc from 'fast-check';
import { it } from 'vitest';
import { headsInAnyRoom } from '../support/properties/h1-builders.js';

it('WS-8: heads and last chunks in rooms of any size', () => {
  fc.assert(headsInAnyRoom(), { numRuns: 300 });
});
