// What is measured of one way to do a piece of work: how often it is done in a second of processor time, slice by
// slice. Processor time is the whole process', the collector's and the compiler's threads included; what other programs
// take is not in it. This file does not know what the work is, nor who else does it.

/** One way to do the work. */
export interface Contestant {
  readonly name: string;
  /** Does it `count` times; what is not done when it resolves is not measured. */
  run(count: number): void | Promise<void>;
}

/** Makes a contestant. */
export type Way = () => Contestant | Promise<Contestant>;

/** Samples of one contestant, all in the row's unit; those of the same place were taken one after the other. */
export interface Samples {
  readonly name: string;
  readonly samples: readonly number[];
}

/** How much time a row gets. */
export interface Budget {
  /**
   * How often a row with a target is measured with fresh processes: what the compiler makes of the same code differs
   * between them. A row without one is measured once.
   */
  readonly processes: number;
  /** Slices of each contestant in each of its processes. */
  readonly slices: number;
  readonly sliceMs: number;
  /** Of processor time, where the row does not say that it needs more. */
  readonly warmUpMs: number;
  /** Of a server: seconds of load. */
  readonly serverRounds: number;
}

export const fullBudget: Budget = { processes: 3, slices: 30, sliceMs: 20, warmUpMs: 800, serverRounds: 3 };
export const quickBudget: Budget = { ...fullBudget, processes: 1, serverRounds: 2 };

/** Warms it up and finds how often it does its work in a slice's time. */
export async function calibrate(
  contestant: Contestant,
  { warmUpMs, sliceMs }: Pick<Budget, 'warmUpMs' | 'sliceMs'>,
): Promise<number> {
  const begun = cpuMs();
  let count = 16;
  for (;;) {
    const from = cpuMs();
    await contestant.run(count);
    const took = cpuMs() - from;
    if (cpuMs() - begun >= warmUpMs && took >= sliceMs / 2) {
      return Math.max(1, Math.round((count * sliceMs) / took));
    }
    if (took < sliceMs) count *= 2;
  }
}

/** One slice: work a second of processor time. */
export async function rateOf(contestant: Contestant, count: number): Promise<number> {
  const begun = cpuMs();
  await contestant.run(count);
  return (count * 1000) / (cpuMs() - begun);
}

/** Processor time that this process has used so far, in milliseconds. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}
