// Measures several ways to do one piece of work against one another in interleaved rounds: on a machine whose
// speed swings, only what ran side by side can be compared. Time is processor time, the collector's threads included:
// what other programs take is not in it. It does not know what the work is.

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

export const fullBudget: Budget = { processes: 3, rounds: 5, batchMs: 40, warmUpMs: 700 };
export const quickBudget: Budget = { processes: 1, rounds: 5, batchMs: 20, warmUpMs: 400 };

/** Work a second of processor time, of every contestant. */
export async function measureRates(contestants: readonly Contestant[], budget: Budget): Promise<Samples[]> {
  const counts: number[] = [];
  for (const contestant of contestants) counts.push(await calibrate(contestant, budget));
  const samples: number[][] = contestants.map(() => []);
  for (let round = 0; round < budget.rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      // Every round begins with another one, so that nobody always runs after the same neighbour.
      const i = (turn + round) % contestants.length;
      const count = counts[i] as number;
      const begun = cpuMs();
      await (contestants[i] as Contestant).run(count);
      (samples[i] as number[]).push((count * 1000) / (cpuMs() - begun));
    }
  }
  return contestants.map(({ name }, i) => ({ name, samples: samples[i] as number[] }));
}

/** Warms it up and finds how often it does its work in a batch's time. */
async function calibrate(contestant: Contestant, { warmUpMs, batchMs }: Budget): Promise<number> {
  const begun = cpuMs();
  let count = 16;
  for (;;) {
    const from = cpuMs();
    await contestant.run(count);
    const took = cpuMs() - from;
    if (cpuMs() - begun >= warmUpMs && took >= batchMs / 2) {
      return Math.max(1, Math.round((count * batchMs) / took));
    }
    if (took < batchMs) count *= 2;
  }
}

/** Processor time that this process has used so far, in milliseconds. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}
