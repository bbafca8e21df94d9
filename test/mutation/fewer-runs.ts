// What tests get for fast-check while mutants are judged: properties with fewer cases. A survivor is run through every
// test that reaches it, and there are thousands of mutants; `npm test` runs all the cases.
import fc from 'fast-check';

export * from 'fast-check';

// Enough for what properties assert that they have met.
const share = 1 / 4;
const shareOfMany = 1 / 2;
const many = 1000;
const fewest = 15;

/** As `fc.assert`, with a share of the cases. */
export function assert<Ts>(property: fc.IRawProperty<Ts>, parameters: fc.Parameters<Ts> = {}): unknown {
  const asked = parameters.numRuns ?? 100;
  const some = Math.ceil(asked * (asked < many ? share : shareOfMany));
  const numRuns = Math.min(asked, Math.max(fewest, some));
  return fc.assert(property, { ...parameters, numRuns });
}

export default { ...fc, assert };
