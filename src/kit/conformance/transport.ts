/**
 * The conformance suite for byte transports: every rule of the transport contract as a named case, for any
 * runner.
 *
 * ```ts
 * const cases = transportConformance(makePair, { halfClose: true, reset: true, holds: 0 });
 * describe('my transport', () => {
 *   for (const { name, run } of cases) it(name, run);
 * });
 * ```
 *
 * This file does not know which transport it tests, nor which runner runs it.
 */
import { actsFrom, runActs } from './acts.js';
import type { ConformanceCase } from './case.js';
import type { PipePair } from './pipe.js';
import { carryingCases } from './transport-carrying.js';
import { type TransportCapabilities, TransportCases } from './transport-cases.js';
import { endingCases } from './transport-ending.js';

/** How much the suite for transports is to do. */
export interface ConformanceOptions {
  /** Seeds of the random act sequences; 12 fixed ones if absent. */
  readonly seeds?: readonly number[];
  /** Bytes each way in the large transfer, and at most for a reader that stops; 1 MiB if absent. */
  readonly large?: number;
}

const randomRules = ['CON-1', 'CON-2', 'LAY-3', 'OWN-4', 'OWN-9'] as const;

/** The cases, in order. Each makes pairs of its own and leaves none open. */
export function transportConformance(
  makePair: () => PipePair | Promise<PipePair>,
  capabilities: TransportCapabilities,
  options: ConformanceOptions = {},
): readonly ConformanceCase[] {
  const all = new TransportCases(makePair, capabilities, options.large ?? 1 << 20);
  carryingCases(all);
  endingCases(all);
  for (const seed of options.seeds ?? [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) {
    all.plain(
      randomRules,
      `random acts, seed ${seed}: what is received is a prefix of what was sent, all of it if nobody aborts`,
      async () => {
        await runActs(await makePair(), actsFrom(seed));
      },
    );
  }
  return all.cases;
}
