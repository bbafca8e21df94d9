// CON-4 against a model: whatever is sent, padded, held, released and reset, in any order, credit is what nobody holds.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { creditByModel } from '../support/properties/h2-credit.js';

it('CON-4: charged is credited, held, or written off', () => {
  const seen = { credited: 0 };
  fc.assert(creditByModel(seen), { numRuns: 40 });
  expect(seen.credited).toBeGreaterThan(0);
});
