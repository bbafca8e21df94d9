/**
 * The running of a property until what it claims to check was met. A floor that a handful of runs meets only mostly
 * would fail by the luck of a seed, and a floor without runs enough to meet it would be none: so a property runs on
 * while something is missing. This file does not know what is checked.
 */
import fc from 'fast-check';
import { Reached } from './reached.js';

/** How many times the runs asked for a property goes on at most, while something of its floor was not met; */
const mostRounds = 8;
/** and if those are few, until there were so many. */
const enoughRuns = 400;

/**
 * Runs what `make` makes as often as asked, and on with other seeds while something of `floor` was not met.
 * @param rule that a floor which is not met in eight rounds, and in 400 runs, is a failure of
 * @param options `runs` of a round; `seed` of the first one, fast-check's own if absent
 * @throws what `fc.assert` throws, with the seed and the path; PropertyFailure of `rule`, if the floor is never met
 */
export async function assertReaching(
  rule: string,
  make: (reached: Reached) => fc.IRawProperty<unknown>,
  floor: readonly string[],
  options: { readonly runs: number; readonly seed?: number | undefined },
): Promise<void> {
  const reached = new Reached();
  const first = options.seed ?? fc.readConfigureGlobal().seed;
  const rounds = Math.max(mostRounds, Math.ceil(enoughRuns / Math.max(1, options.runs)));
  for (let round = 0; round < rounds; round++) {
    const parameters = {
      numRuns: options.runs,
      ...(first === undefined ? {} : { seed: (first + round) | 0 }),
    };
    await fc.assert(make(reached), parameters);
    if (reached.missing(floor).length === 0) return;
  }
  reached.require(rule, floor);
}
