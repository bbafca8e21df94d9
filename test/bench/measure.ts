// Measures several ways to do one piece of work against one another in interleaved rounds: on a machine whose
// speed swings, only what ran side by side can be compared. It does not know what the work is.

/** One way to do the work. */
export interface Contestant {
  readonly name: string;
  /** Does it `count` times; what is not done when it resolves is not measured. */
  run(count: number): void | Promise<void>;
}

/** Samples of one contestant, all in the row's unit. */
export interface Samples {
  readonly name: string;
  readonly samples: readonly number[];
}

/** How much time a row gets. */
export interface Budget {
  /** How many processes measure it, one after the other: what the compiler makes of the same code differs between them. */
  readonly processes: number;
  /** In each process. */
  readonly rounds: number;
  /** Of one batch, in milliseconds. */
  readonly batchMs: number;
  readonly warmUpMs: number;
}

export const fullBudget: Budget = { processes: 3, rounds: 5, batchMs: 40, warmUpMs: 300 };
export const quickBudget: Budget = { processes: 1, rounds: 5, batchMs: 20, warmUpMs: 150 };

/** Work a second, of every contestant. */
export async function measureRates(contestants: readonly Contestant[], budget: Budget): Promise<Samples[]> {
  const counts: number[] = [];
  for (const contestant of contestants) counts.push(await calibrate(contestant, budget));
  const samples: number[][] = contestants.map(() => []);
  for (let round = 0; round < budget.rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      // Every round begins with another one, so that nobody always runs after the same neighbour.
      const i = (turn + round) % contestants.length;
      const count = counts[i] as number;
      const begun = performance.now();
      await (contestants[i] as Contestant).run(count);
      (samples[i] as number[]).push((count * 1000) / (performance.now() - begun));
    }
  }
  return contestants.map(({ name }, i) => ({ name, samples: samples[i] as number[] }));
}

/** Warms it up and finds how often it does its work in a batch's time. */
async function calibrate(contestant: Contestant, { warmUpMs, batchMs }: Budget): Promise<number> {
  const begun = performance.now();
  let count = 16;
  for (;;) {
    const from = performance.now();
    await contestant.run(count);
    const took = performance.now() - from;
    if (performance.now() - begun >= warmUpMs && took >= batchMs / 2) {
      return Math.max(1, Math.round((count * batchMs) / took));
    }
    if (took < batchMs) count *= 2;
  }
}

export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}
