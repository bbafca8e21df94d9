/**
 * What conformance suites are made of: named cases that any test runner can run, some of them properties. This file does
 * not know what is tested, nor which runner runs it.
 */
import type fc from 'fast-check';
import { assertReaching } from '../assert-reaching.js';
import type { Reached } from '../reached.js';

/** One case of a suite, for any test runner: `it(name, run)`, `test(name, run)`. */
export interface ConformanceCase {
  /** Begins with the rules that it checks: `OWN-7, LAY-4: …`. */
  readonly name: string;
  /**
   * Rejects if a rule was broken, with the rule in the error's message; for a property with the seed and the path that
   * replay it, and what was broken as the error's cause.
   */
  readonly run: () => Promise<void>;
}

/** How often the properties of a suite are run, and from which seed on. */
export interface PropertyOptions {
  /** Runs of each property; a suite says its default. */
  readonly runs?: number;
  /** Where the runs begin; fast-check's own if absent, which it prints when a run fails. */
  readonly seed?: number;
}

/** What a case checks; the first is blamed for what no other is named for. */
export type CaseRules = readonly [string, ...string[]];

/** The name of a case. */
export function caseName(rules: CaseRules, says: string): string {
  return `${rules.join(', ')}: ${says}`;
}

/**
 * A property as a case: see {@link assertReaching}.
 * @param rules that a failure is of; the first is blamed for a floor that was not met
 */
export function propertyCase(
  rules: CaseRules,
  says: string,
  make: (reached: Reached) => fc.IRawProperty<unknown>,
  floor: readonly string[],
  runs: number,
  seed: number | undefined,
): ConformanceCase {
  const run = (): Promise<void> => assertReaching(rules[0], make, floor, { runs, seed });
  return { name: caseName(rules, says), run };
}
