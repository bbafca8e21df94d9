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
    // That an exchange should have gone well says least of what went wrong in it, and often first.
    const found = failures.find(({ rule }) => rule !== 'WIRE-4') ?? failures[0];
    if (found !== undefined) throw new PropertyFailure(found.rule, found.message);
  });
}
