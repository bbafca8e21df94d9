// CON-4 against a model: whatever is sent, padded, held, released and reset, in any order, credit is what nobody holds.
import { it } from 'vitest';
import { assertReaching } from '../../src/kit/assert-reaching.js';
import { creditByModel } from '../support/properties/h2-credit.js';

it('CON-4: charged is credited, held, or written off', async () => {
  await assertReaching('CON-4', creditByModel, ['credited', 'DATA behind a GOAWAY'], { runs: 40 });
});
