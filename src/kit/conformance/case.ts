/**
 * What conformance suites are made of: named cases that any test runner can run, and the running of a property until
 * what it claims to check was met. This file does not know what is tested, nor which runner runs it.
 */
import fc from 'fast-check';
import { Reached } from '../reached.js';

export interface ConformanceCase {
  /** Begins with the rules that it checks: `OWN-7, LAY-4: …`. */
  readonly name: string;
  /** Rejects if a rule was broken, with the rule, and for a property the seed and the path that replay it. */
  readonly run: () => Promise<void>;
}

export interface PropertyOptions {
  /** Runs of each property; a suite says its default. */
  readonly runs?: number;
  /** Where the runs begin; fast-check's own if absent, which it prints when a run fails. */
  readonly seed?: number;
}

/** How many times the runs asked for a property goes on, while something of its floor was not met. */
const mostRounds = 8;

/**
 * A property as a case. It runs as often as asked, and on with other seeds while something of `floor` was not met;
 * then it fails.
 * @param rules that a failure is of; the first is blamed for a floor that was not met
 */
export function propertyCase(
  rules: readonly [string, ...string[]],
  says: string,
  make: (reached: Reached) => fc.IRawProperty<unknown>,
  floor: readonly string[],
  runs: number,
  seed: number | undefined,
): ConformanceCase {
  const run = async (): Promise<void> => {
    const reached = new Reached();
    const first = seed ?? fc.readConfigureGlobal().seed;
    for (let round = 0; round < mostRounds; round++) {
      const parameters = { numRuns: runs, ...(first === undefined ? {} : { seed: (first + round) | 0 }) };
      await fc.assert(make(reached), parameters);
      if (reached.missing(floor).length === 0) return;
    }
    reached.require(rules[0], floor);
  };
  return { name: `${rules.join(', ')}: ${says}`, run };
}
