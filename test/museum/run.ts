/**
 * Runs exhibits: every check on the code as it is, which must pass, and on the code with the mistake in it, which must be
 * found by a rule of the label. A thread for each, as many at a time as there are processors. This file does not know
 * which exhibits there are.
 */
import { Worker } from 'node:worker_threads';
import type { Exhibit, Mutation } from './exhibit.js';
import type { Job, Outcome, Trial } from './show.js';
import { Workshop } from './workshop.js';

/** What became of one exhibit. */
export interface ExhibitReport {
  readonly id: string;
  readonly rules: readonly string[];
  readonly stacks: readonly string[];
  readonly caught: boolean;
  /** The rule that caught it, of `rules`; on several stacks the first one's. Null for a survivor: JSON has no undefined. */
  readonly by: string | null;
  /** Cases tried until it was caught, of all stacks. */
  readonly runs: number;
  readonly trials: readonly TrialReport[];
}

interface TrialReport {
  readonly check: string;
  readonly stack: string;
  /** Whether the code as it is passes. */
  readonly control: boolean;
  readonly caught: boolean;
  readonly by: string | null;
  readonly runs: number;
  readonly message: string;
}

export interface RunOptions {
  readonly seed: number;
  /** Threads at a time. */
  readonly jobs: number;
  /** Told after each piece of work how many are done, of how many. */
  readonly progress?: (done: number, all: number) => void;
}

/** No check takes this long on a mutant that ends at all. */
const patience = 120_000;

export async function runExhibits(
  exhibits: readonly Exhibit[],
  { seed, jobs, progress }: RunOptions,
): Promise<ExhibitReport[]> {
  const shop = await Workshop.open(exhibits.flatMap(({ mutations }) => mutations.map(({ file }) => file)));
  try {
    const work: (() => Promise<void>)[] = [];
    const controls = new Map<string, Outcome>();
    const found = new Map<Exhibit, Outcome[]>();
    for (const trials of byCheck(exhibits)) {
      work.push(async () => {
        for (const outcome of await tryAll(shop, [], { seed, trials })) {
          controls.set(keyOf(outcome.trial), outcome);
        }
      });
    }
    for (const exhibit of exhibits) {
      work.push(async () => {
        found.set(exhibit, await tryAll(shop, exhibit.mutations, { seed, trials: trialsOf(exhibit) }));
      });
    }
    await inParallel(work, jobs, progress);
    return exhibits.map((exhibit) => reportOf(exhibit, found.get(exhibit) ?? [], controls));
  } finally {
    await shop.close();
  }
}

function reportOf(
  exhibit: Exhibit,
  outcomes: readonly Outcome[],
  controls: ReadonlyMap<string, Outcome>,
): ExhibitReport {
  const { id, rules } = exhibit;
  const trials = outcomes.map(({ trial, runs, failure }): TrialReport => {
    const control = controls.get(keyOf(trial));
    const passes = control !== undefined && control.failure === undefined;
    const by = rules.find((rule) => rule === failure?.rule) ?? null;
    const message = passes
      ? (failure?.message ?? 'nothing was found')
      : `control: ${control?.failure?.message}`;
    const { check, subject: stack } = trial;
    return { check, stack, control: passes, caught: passes && by !== null, by, runs, message };
  });
  const caught = trials.length > 0 && trials.every((trial) => trial.caught);
  return {
    id,
    rules,
    stacks: [...new Set(trials.map(({ stack }) => stack))],
    caught,
    by: caught ? (trials[0]?.by ?? null) : null,
    runs: trials.reduce((sum, { runs }) => sum + runs, 0),
    trials,
  };
}

function trialsOf({ shown }: Exhibit): Trial[] {
  return shown.flatMap(({ check, over }) => over.map((subject) => ({ check, subject })));
}

/** What has to pass without a mistake, each once: those of a check together. */
function byCheck(exhibits: readonly Exhibit[]): Trial[][] {
  const all = new Map(exhibits.flatMap(trialsOf).map((trial) => [keyOf(trial), trial]));
  const groups = new Map<string, Trial[]>();
  for (const trial of all.values()) {
    const group = groups.get(trial.check);
    if (group === undefined) groups.set(trial.check, [trial]);
    else group.push(trial);
  }
  return [...groups.values()];
}

function keyOf({ check, subject }: Trial): string {
  return `${check} over ${subject}`;
}

/** Tries all in one thread. A trial that does not end, or a thread that breaks down, is found by no rule. */
async function tryAll(shop: Workshop, mutations: readonly Mutation[], job: Job): Promise<Outcome[]> {
  const program = await shop.make(mutations);
  const outcomes: Outcome[] = [];
  while (outcomes.length < job.trials.length) {
    const trials = job.trials.slice(outcomes.length);
    const broken = await inThread(program, { ...job, trials }, (outcome) => outcomes.push(outcome));
    const trial = job.trials[outcomes.length];
    if (broken === undefined || trial === undefined) break;
    outcomes.push({ trial, runs: 0, failure: { rule: undefined, message: broken } });
  }
  return outcomes;
}

/** @returns why it ended before it was done */
function inThread(program: string, job: Job, told: (outcome: Outcome) => void): Promise<string | undefined> {
  return new Promise((resolve) => {
    const worker = new Worker(program, { workerData: job });
    let done = 0;
    const giveUp = (why: string): void => {
      resolve(why);
      void worker.terminate();
    };
    const watch = (): NodeJS.Timeout => setTimeout(() => giveUp('it does not end'), patience);
    let timer = watch();
    worker.on('message', (outcome: Outcome) => {
      clearTimeout(timer);
      timer = watch();
      done += 1;
      told(outcome);
    });
    worker.on('error', (error) => giveUp(`crashed: ${String(error)}`));
    worker.on('exit', () => {
      clearTimeout(timer);
      resolve(done < job.trials.length ? 'the thread ended' : undefined);
    });
  });
}

async function inParallel(
  work: readonly (() => Promise<void>)[],
  jobs: number,
  progress: RunOptions['progress'],
): Promise<void> {
  let next = 0;
  let done = 0;
  const take = async (): Promise<void> => {
    for (let task = work[next++]; task !== undefined; task = work[next++]) {
      await task();
      done += 1;
      progress?.(done, work.length);
    }
  };
  await Promise.all(Array.from({ length: jobs }, take));
}
