/**
 * A whole scenario: its stacks one after the other, all with the same work, and a laboratory for their compositions
 * that is taken down at the end. This file does not know how the report is shown.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Certificate, selfSigned } from './certificate.js';
import { compareStacks } from './compare.js';
import { Pattern } from './content.js';
import { makeOutDirectory } from './out-directory.js';
import { planRun } from './plan.js';
import type { RunReport, StackReport } from './report.js';
import { runStack } from './run-stack.js';
import { type Laboratory, type Scenario, ScenarioError, type ScenarioStack } from './scenario.js';
import { Tracer } from './trace.js';
import { UsageError } from './usage.js';

export interface RunOptions {
  readonly seed: number;
  /** Names of the stacks to run; all if absent. */
  readonly stacks?: readonly string[] | undefined;
  /** Takes the place of the scenario's own number of exchanges that are drawn. */
  readonly exchanges?: number | undefined;
  /** Directory for traces, one file per stack; it is made if it is not there. */
  readonly out?: string | undefined;
  /** Milliseconds for the whole run, half of which is shared out to the stacks beforehand; default 25000. */
  readonly timeLimit?: number | undefined;
  readonly progress?: RunProgress | undefined;
}

/** Whoever shows how far it is. */
export interface RunProgress {
  /** A stack begins, with so many exchanges to go through. */
  stack(name: string, exchanges: number): void;
  /** One more exchange is settled. */
  settled(): void;
  /** The run is over, or broken off. */
  stop(): void;
}

const defaultConcurrency = 8;
const defaultTimeLimit = 25_000;

/**
 * Runs a scenario that `checkScenario` has passed.
 * @throws ScenarioError for the name of a stack that is not there, UsageError for traces that cannot
 * be created; what `node:fs` throws when they cannot be written
 */
export async function runScenario(scenario: Scenario, options: RunOptions): Promise<RunReport> {
  const { seed, progress } = options;
  const chosen = chooseStacks(scenario, options.stacks);
  if (options.out !== undefined) makeOutDirectory(options.out);
  const tasks = planRun(scenario, seed, options.exchanges);
  const exchanges = tasks.reduce((sum, task) => sum + task.length, 0);
  const pattern = new Pattern(seed);
  const bench = new Bench();
  const timeLimit = options.timeLimit ?? defaultTimeLimit;
  const endsAt = performance.now() + timeLimit;
  // So much is kept for each stack that is still to come, however long those before it take.
  const reserved = timeLimit / (2 * chosen.length);
  const stacks: StackReport[] = [];
  try {
    for (const [done, stack] of chosen.entries()) {
      progress?.stack(stack.name, exchanges);
      const tracer = options.out === undefined ? null : traceOf(options.out, scenario, seed, stack);
      try {
        stacks.push(
          await runStack(stack, tasks, {
            pattern,
            concurrency: scenario.concurrency ?? defaultConcurrency,
            endsAt: endsAt - reserved * (chosen.length - 1 - done),
            laboratory: bench,
            tracer,
            settled: () => progress?.settled(),
          }),
        );
      } finally {
        tracer?.close();
      }
    }
  } finally {
    progress?.stop();
    bench.clear();
  }
  return { scenario: scenario.name, seed, stacks, comparisons: compareStacks(stacks) };
}

function chooseStacks({ stacks }: Scenario, names: readonly string[] | undefined): readonly ScenarioStack[] {
  if (names === undefined || names.length === 0) return stacks;
  const isCalled = (stack: ScenarioStack, name: string): boolean =>
    stack.name.toLowerCase() === name.toLowerCase();
  for (const name of names) {
    if (stacks.some((stack) => isCalled(stack, name))) continue;
    const known = stacks.map((stack) => stack.name).join(', ');
    throw new ScenarioError('stacks', `there is no ${JSON.stringify(name)}; there are ${known}`);
  }
  return stacks.filter((stack) => names.some((name) => isCalled(stack, name)));
}

function traceOf(directory: string, { name }: Scenario, seed: number, stack: ScenarioStack): Tracer {
  const file = `${stack.name.replaceAll(/[^\w.+-]+/g, '-')}.jsonl`;
  const path = join(directory, file);
  try {
    return new Tracer(path, { scenario: name, seed, stack: stack.name });
  } catch (error) {
    throw new UsageError(`--out: ${path}: ${String(error)}`, { cause: error });
  }
}

/** The laboratory, but for the clock and the observer, which are a stack's. */
class Bench implements Omit<Laboratory, 'clock' | 'observer'> {
  readonly socketPath: () => string;
  readonly certificate: () => Promise<Certificate>;
  private directory: string | undefined;
  private sockets: number;
  private pair: Promise<Certificate> | undefined;

  constructor() {
    this.directory = undefined;
    this.sockets = 0;
    this.pair = undefined;
    // Compositions take them out of their object.
    this.socketPath = () => {
      this.directory ??= mkdtempSync(join(tmpdir(), 'undercoat-'));
      this.sockets += 1;
      return join(this.directory, `${this.sockets}.sock`);
    };
    this.certificate = () => {
      this.pair ??= selfSigned();
      return this.pair;
    };
  }

  clear(): void {
    if (this.directory !== undefined) rmSync(this.directory, { recursive: true, force: true });
  }
}
