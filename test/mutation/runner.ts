// The test runner that Stryker drives: the tests of one part in one process, loaded once and run again for every
// mutant, the quickest first. It starts no worker and loads nothing for a mutant, which is where the time of a
// runner for whole test files goes; see notes/mutation.md.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { declareFactoryPlugin, declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';
import {
  type DryRunResult,
  DryRunStatus,
  type MutantRunOptions,
  type MutantRunResult,
  MutantRunStatus,
  type TestResult,
  type TestRunner,
  TestStatus,
} from '@stryker-mutator/api/test-runner';
import fc from 'fast-check';
import { bundle, freshFiles } from './bundle.js';
import { type Collected, collect } from './collected-tests.js';
import { type Part, partOf } from './parts.js';
import { prose } from './prose.js';

type Hits = Record<string, number>;

/** What instrumented code shares with whoever runs it. */
interface Switchboard {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage?: { static: Hits; perTest: Record<string, Hits> };
}

/**
 * What the run without mutants learnt of each test, in milliseconds of processor time, and in how often it came by each
 * mutant. Every process of a run reads it.
 */
type Learnt = Record<string, { readonly ms: number; readonly hits: Hits }>;

const seed = 20_150_801;
const learntFile = 'learnt-of-tests.json';
/** How often a test may come by a mutant that comes by it so often without: more is a loop that does not end. */
const mostHits = (usual: number): number => Math.min(100 * usual, 3 * usual + 1_000_000);
/** A test that awaits something for this long, and ten times as long as it ever took, does so for ever. */
const longestWaitMs = 2000;
const leastTurns = 200;
/** Tests no slower than this are run once more without the mutant that they failed with. */
const againMs = 300;
/** What was loaded is never let go: after so many times a new process is the better one. */
const mostGenerations = 150;

class PartRunner implements TestRunner {
  private readonly part: Part;
  private readonly switchboard: Switchboard;
  private tests: ReadonlyMap<string, Collected>;
  private generation: number;
  private learnt: Learnt;
  /** What was thrown where no test could catch it. */
  private uncaught: unknown;

  constructor(part: Part) {
    this.part = part;
    this.switchboard = (Reflect.get(globalThis, '__stryker__') as Switchboard | undefined) ?? {};
    Reflect.set(globalThis, '__stryker__', this.switchboard);
    this.tests = new Map();
    this.generation = 0;
    this.learnt = {};
    fc.configureGlobal({ seed, endOnFailure: true });
    const caught = (reason: unknown): void => {
      this.uncaught ??= reason ?? 'nothing';
    };
    process.on('unhandledRejection', caught);
    process.on('uncaughtException', caught);
  }

  capabilities(): { reloadEnvironment: boolean } {
    return { reloadEnvironment: true };
  }

  async dryRun(): Promise<DryRunResult> {
    await this.load();
    const { switchboard } = this;
    const tests: TestResult[] = [];
    const learnt: Record<string, { ms: number; hits: Hits }> = {};
    for (const test of this.tests.values()) {
      switchboard.currentTestId = test.id;
      const start = performance.now();
      const startOfWork = process.cpuUsage();
      const failure = await this.failureOf(test, Number.POSITIVE_INFINITY);
      const { user, system } = process.cpuUsage(startOfWork);
      const timeSpentMs = performance.now() - start;
      switchboard.currentTestId = undefined;
      const result = { id: test.id, name: test.name, fileName: test.file, timeSpentMs };
      tests.push(
        failure === undefined
          ? { ...result, status: TestStatus.Success }
          : { ...result, status: TestStatus.Failed, failureMessage: failure },
      );
      learnt[test.id] = {
        ms: (user + system) / 1000,
        hits: switchboard.mutantCoverage?.perTest[test.id] ?? {},
      };
    }
    writeFileSync(learntFile, JSON.stringify(learnt));
    const mutantCoverage = switchboard.mutantCoverage ?? { static: {}, perTest: {} };
    return { status: DryRunStatus.Complete, tests, mutantCoverage };
  }

  async mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
    // Rejecting makes Stryker begin again in a new process.
    if (this.generation > mostGenerations) throw new Error('this process has loaded enough');
    const mutant = options.activeMutant.id;
    const atLoading = options.mutantActivation === 'static';
    if (options.reloadEnvironment || this.generation === 0) {
      this.switchboard.activeMutant = atLoading ? mutant : undefined;
      this.switchboard.hitCount = 0;
      this.switchboard.hitLimit = options.hitLimit;
      try {
        await this.load();
      } catch (error) {
        if (!atLoading) throw error;
        return { status: MutantRunStatus.Killed, killedBy: [], failureMessage: String(error), nrOfTests: 0 };
      }
    }
    const result = await this.judge(options);
    if (atLoading || result.status !== MutantRunStatus.Killed) return result;
    if (await this.passes(result.killedBy)) return result;
    // A test that fails without a mutant, too, fails for what one has left behind: this one, or one before it.
    this.switchboard.activeMutant = undefined;
    await this.load();
    const again = await this.judge(options);
    await this.load();
    return again;
  }

  private async judge(options: MutantRunOptions): Promise<MutantRunResult> {
    const { switchboard } = this;
    const mutant = options.activeMutant.id;
    const ids = options.testFilter ?? [...this.tests.keys()];
    const tests = ids.map((id) => this.tests.get(id)).filter((test) => test !== undefined);
    tests.sort((a, b) => this.usualMs(a) - this.usualMs(b));
    let ran = 0;
    let ms = 0;
    for (const test of tests) {
      ms += this.usualMs(test);
      if (ran > 0 && ms > this.part.mostMs) break;
      ran++;
      switchboard.activeMutant = mutant;
      switchboard.hitCount = 0;
      const hits = this.learnt[test.id]?.hits[mutant];
      switchboard.hitLimit = hits === undefined ? options.hitLimit : mostHits(hits);
      const failure = await this.failureOf(test, Math.max(longestWaitMs, 10 * this.usualMs(test)));
      const endless = switchboard.hitCount > (switchboard.hitLimit ?? Number.POSITIVE_INFINITY);
      switchboard.activeMutant = undefined;
      switchboard.hitCount = undefined;
      if (endless) return { status: MutantRunStatus.Timeout, reason: `a loop in ${test.id}` };
      if (failure === undefined) continue;
      return {
        status: MutantRunStatus.Killed,
        killedBy: [test.id],
        failureMessage: failure,
        nrOfTests: ran,
      };
    }
    return { status: MutantRunStatus.Survived, nrOfTests: ran };
  }

  /** Whether the tests that found a mutant pass without it; those that take their time are believed. */
  private async passes(ids: readonly string[] | string): Promise<boolean> {
    for (const id of [ids].flat()) {
      const test = this.tests.get(id);
      if (test === undefined || this.usualMs(test) > againMs) continue;
      if ((await this.failureOf(test, longestWaitMs)) !== undefined) return false;
    }
    return true;
  }

  private async failureOf(test: Collected, mostMs: number): Promise<string | undefined> {
    this.uncaught = undefined;
    try {
      await within(test.run(), mostMs);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    return this.uncaught === undefined ? undefined : `thrown outside of the test: ${String(this.uncaught)}`;
  }

  private usualMs(test: Collected): number {
    return this.learnt[test.id]?.ms ?? 0;
  }

  private async load(): Promise<void> {
    const root = resolve('.');
    this.generation++;
    await bundle(root, this.part.tests);
    const tests = await collect(root, await freshFiles(root, this.generation), seed);
    this.tests = new Map(tests.map((test) => [test.id, test]));
    if (existsSync(learntFile)) this.learnt = JSON.parse(readFileSync(learntFile, 'utf8')) as Learnt;
  }
}

/**
 * Rejects if the work does not end: it has had the time, and turns of the event loop enough, however busy the
 * machine is. Nothing here waits for anything outside of this process.
 */
async function within(work: Promise<void>, mostMs: number): Promise<void> {
  if (mostMs === Number.POSITIVE_INFINITY) return await work;
  let over = false;
  const late = async (): Promise<void> => {
    await setTimeout(mostMs, undefined, { ref: false });
    for (let turn = 0; turn < leastTurns && !over; turn++) await setImmediate();
    if (!over) throw new Error(`not over after ${mostMs} ms`);
  };
  try {
    await Promise.race([work, late()]);
  } finally {
    over = true;
  }
}

const createRunner = (): TestRunner => new PartRunner(partOf(process.env['UNDERCOAT_MUTATION']));

export const strykerPlugins = [
  declareFactoryPlugin(PluginKind.TestRunner, 'part', createRunner),
  declareValuePlugin(PluginKind.Ignore, 'prose', prose),
];
