// Whole simulated runs: both endpoints, the network and the applications from one seed, and what a judge who sees both ends
// says of them.
import fc from 'fast-check';
import { PropertyFailure } from '../../../src/kit/properties/require.js';
import { Coverage } from '../../../src/kit/simulation/coverage.js';
import { drawRecipe } from '../../../src/kit/simulation/draw.js';
import { runRecipe } from '../../../src/kit/simulation/run.js';
import type { SimulatedStack } from '../../../src/kit/simulation/stacks.js';

export function simulated(stack: SimulatedStack) {
  return fc.asyncProperty(fc.nat(), async (seed) => {
    const { failures } = await runRecipe(stack, drawRecipe(stack, seed), { coverage: new Coverage() });
    const [first] = failures;
    if (first !== undefined) throw new PropertyFailure(first.rule, first.message);
  });
}
