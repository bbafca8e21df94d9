/**
 * Runs in a thread of its own, bundled with everything that it needs, mutated or not: tries one check after another, and
 * tells what came of each. This file does not know whether anything is wrong with the code that it runs.
 */
import { parentPort, workerData } from 'node:worker_threads';
import fc from 'fast-check';
import { UndercoatError } from '../../src/errors.js';
import { PropertyFailure } from '../../src/kit/properties/require.js';
import { type Check, type CheckName, checks } from './checks/index.js';

export interface Trial {
  readonly check: CheckName;
  readonly subject: string;
}

export interface Job {
  readonly seed: number;
  readonly trials: readonly Trial[];
}

/** What came of one trial. */
export interface Outcome {
  readonly trial: Trial;
  /** Cases tried, the failing one included. */
  readonly runs: number;
  /** The failure, if there was one: the rule that it names, if it names one, and what it says. */
  readonly failure: { readonly rule: string | undefined; readonly message: string } | undefined;
}

async function tryOut(trial: Trial, seed: number): Promise<Outcome> {
  const check: Check = checks[trial.check];
  if (!check.subjects.includes(trial.subject)) {
    throw new RangeError(`${trial.check} knows no ${trial.subject}`);
  }
  // Shrinking explains a failure to a person; here it is enough that there is one.
  const found = await fc.check(check.property(trial.subject), {
    seed,
    numRuns: check.runs(trial.subject),
    endOnFailure: true,
  });
  const error: unknown = found.errorInstance;
  const failure = found.failed ? { rule: ruleOf(error), message: String(error) } : undefined;
  return { trial, runs: found.numRuns, failure };
}

/** The rule that an error names; undefined for a crash. */
function ruleOf(error: unknown): string | undefined {
  if (error instanceof PropertyFailure) return error.rule;
  if (error instanceof UndercoatError) return error.cites;
  return undefined;
}

const port = parentPort;
if (port !== null) {
  const { seed, trials } = workerData as Job;
  for (const trial of trials) port.postMessage(await tryOut(trial, seed));
}
