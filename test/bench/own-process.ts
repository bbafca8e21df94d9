// Measures several ways to do one piece of work against one another: each has a process of its own, and they take turns
// in short slices, one at a time. On a machine whose speed swings, only what ran side by side can be compared. This file
// does not know what the work is.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Budget, Samples } from './measure.js';
import type { RateRow } from './row.js';

/** To warm up; or one slice. */
export type ToContestant = Pick<Budget, 'warmUpMs' | 'sliceMs'> | 'slice';
export type FromContestant = { readonly name: string } | { readonly rate: number };

/** Rates of the row's ways. @param index of the row among all */
export async function measureRates(index: number, row: RateRow, budget: Budget): Promise<Samples[]> {
  const pooled: { name: string; samples: number[] }[] = [];
  const { warmUpMs = budget.warmUpMs, target } = row;
  for (let i = target === null ? 1 : budget.processes; i > 0; i--) {
    const contestants = row.ways.map((_, way) => new ContestantProcess(index, way));
    try {
      await interleave(contestants, { ...budget, warmUpMs }, pooled);
    } finally {
      for (const contestant of contestants) contestant.stop();
    }
  }
  return pooled;
}

async function interleave(
  contestants: readonly ContestantProcess[],
  budget: Budget,
  pooled: { name: string; samples: number[] }[],
): Promise<void> {
  // They warm up at the same time: nothing of that is measured.
  const names = await Promise.all(contestants.map((contestant) => contestant.warmUp(budget)));
  for (const [i, name] of names.entries()) pooled[i] ??= { name, samples: [] };
  for (let slice = 0; slice < budget.slices; slice++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      // Every round begins with another one, so that nobody always runs after the same neighbour.
      const i = (turn + slice) % contestants.length;
      const rate = await (contestants[i] as ContestantProcess).slice();
      pooled[i]?.samples.push(rate);
    }
  }
}

class ContestantProcess {
  private readonly child: ChildProcess;

  constructor(row: number, way: number) {
    const path = fileURLToPath(new URL('./contestant.js', import.meta.url));
    this.child = fork(path, [String(row), String(way)], { stdio: ['ignore', 2, 2, 'ipc'] });
  }

  async warmUp({ warmUpMs, sliceMs }: Budget): Promise<string> {
    const said = await this.ask({ warmUpMs, sliceMs });
    return 'name' in said ? said.name : '';
  }

  async slice(): Promise<number> {
    const said = await this.ask('slice');
    return 'rate' in said ? said.rate : Number.NaN;
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }

  private ask(order: ToContestant): Promise<FromContestant> {
    return new Promise((resolve, reject) => {
      const gone = (): void => reject(new Error('a contestant is gone'));
      this.child.once('exit', gone);
      this.child.once('message', (message) => {
        this.child.off('exit', gone);
        resolve(message as FromContestant);
      });
      this.child.send(order);
    });
  }
}
