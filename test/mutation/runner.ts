// The test runner that Stryker drives: the tests of one part in one process, loaded once and run again for every
// mutant, the most promising first. It starts no worker, and loads nothing for a mutant that does not run at loading, which
// is where the time of a runner for whole test files goes; see notes/mutation.md.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
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
import { bundle, type TestFiles } from './bundle.js';
import { type Collected, collect } from './collected-tests.js';
import { type Part, partOf } from './parts.js';
import { prose } from './prose.js';
import { Endless, type Limits, within } from './within.js';

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

/** On how many mutants of a file a test was tried, and how many of them it has found. */
interface TrackRecord {
  tried: number;
  found: number;
}

/** What was found out of a mutant, and the test that did; none if it has survived. */
interface Verdict {
  readonly result: MutantRunResult;
  readonly by: string | undefined;
}

const seed = 20_150_801;
const learntFile = 'learnt-of-tests.json';
/** How often a test may come by a mutant that comes by it so often without: more is a loop that does not end. */
const mostHits = (usual: number): number => Math.max(100_000, Math.min(100 * usual, 3 * usual + 1_000_000));
/** A test that takes this long, and twenty times its usual processor time, does so for ever. */
const longestMs = 2000;
/** In the run without mutants. */
const patience: Limits = { loopMs: 120_000, awaitedMs: 120_000 };
/** Tests no slower than this are run once more without the mutant that they failed with. */
const againMs = 300;
/** How often a test is thought to find a mutant, before it has been tried on any of the file: from this, to this much
 * more if it comes by nothing else. */
const hope = 0.02;
const hopeOfItsOwn = 0.5;
/** A test is one of the file if so much of what it comes by is there. */
const shareOfItsOwn = 1 / 3;
/** Quicker tests than this are taken to be equally quick, in ms. */
const quickMs = 0.2;

class PartRunner implements TestRunner {
  private readonly part: Part;
  private readonly switchboard: Switchboard;
  private tests: ReadonlyMap<string, Collected>;
  private files: (() => TestFiles) | undefined;
  private learnt: Learnt | undefined;
  /** By file, what each test has done so far with its mutants. */
  private readonly records: Map<string, Map<string, TrackRecord>>;
  /** By file, what part of each test's work is there. */
  private readonly shares: Map<string, ReadonlyMap<string, number>>;
  /** What was thrown where no test could catch it. */
  private uncaught: unknown;

  constructor(part: Part) {
    this.part = part;
    this.switchboard = (Reflect.get(globalThis, '__stryker__') as Switchboard | undefined) ?? {};
    Reflect.set(globalThis, '__stryker__', this.switchboard);
    this.tests = new Map();
    this.files = undefined;
    this.learnt = undefined;
    this.records = new Map();
    this.shares = new Map();
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
      const failure = await this.failureOf(test, patience);
      const { user, system } = process.cpuUsage(startOfWork);
      const timeSpentMs = performance.now() - start;
      switchboard.currentTestId = undefined;
      const result = { id: test.id, name: test.name, fileName: test.file, timeSpentMs };
      tests.push(
        failure === undefined
          ? { ...result, status: TestStatus.Success }
          : { ...result, status: TestStatus.Failed, failureMessage: failure.message },
      );
      learnt[test.id] = {
        ms: (user + system) / 1000,
        hits: switchboard.mutantCoverage?.perTest[test.id] ?? {},
      };
    }
    this.learnt = learnt;
    writeFileSync(learntFile, JSON.stringify(learnt));
    const mutantCoverage = switchboard.mutantCoverage ?? { static: {}, perTest: {} };
    return { status: DryRunStatus.Complete, tests, mutantCoverage };
  }

  async mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
    const mutant = options.activeMutant.id;
    const atLoading = options.mutantActivation === 'static';
    if (options.reloadEnvironment || this.files === undefined) {
      this.switchboard.activeMutant = atLoading ? mutant : undefined;
      this.switchboard.hitCount = 0;
      this.switchboard.hitLimit = options.hitLimit;
      await this.prepare();
      try {
        await this.load();
      } catch (error) {
        if (!atLoading) throw error;
        return { status: MutantRunStatus.Killed, killedBy: [], failureMessage: String(error), nrOfTests: 0 };
      }
    }
    const { result, by } = await this.judge(options);
    if (atLoading || by === undefined) return result;
    // What was ended in the middle may have left anything behind.
    if (result.status === MutantRunStatus.Timeout) await this.load();
    if (await this.passes(by)) return result;
    // A test that fails without a mutant, too, fails for what one has left behind, this one or one before it, or for
    // want of time.
    await this.load();
    const again = await this.judge(options);
    if (again.by === undefined) return again.result;
    if (again.result.status !== MutantRunStatus.Timeout && (await this.passes(again.by))) return again.result;
    await this.load();
    // Nothing is left of any mutant: such a test says nothing of one.
    if (!(await this.passes(again.by))) throw new Error(`this test fails without a mutant, too: ${again.by}`);
    return again.result;
  }

  private async judge(options: MutantRunOptions): Promise<Verdict> {
    const { switchboard } = this;
    const { id: mutant, fileName } = options.activeMutant;
    const ids = options.testFilter ?? [...this.tests.keys()];
    const tests = ids.map((id) => this.tests.get(id)).filter((test) => test !== undefined);
    const records = this.records.get(fileName) ?? new Map<string, TrackRecord>();
    this.records.set(fileName, records);
    const shares = this.sharesIn(options.sandboxFileName);
    this.putInOrder(tests, options, records, shares);
    let ran = 0;
    let ms = 0;
    for (const test of tests) {
      const usualMs = this.usualMs(test);
      const isOwn = (shares.get(test.id) ?? 0) >= shareOfItsOwn && usualMs <= this.part.mostOwnMs;
      if (ran > 0 && !isOwn && ms + usualMs > this.part.mostMs) continue;
      if (!isOwn) ms += usualMs;
      ran++;
      const record = records.get(test.id) ?? { tried: 0, found: 0 };
      records.set(test.id, record);
      record.tried++;
      switchboard.activeMutant = mutant;
      switchboard.hitCount = 0;
      const hits = this.learnt?.[test.id]?.hits[mutant];
      switchboard.hitLimit = hits === undefined ? options.hitLimit : mostHits(hits);
      const failure = await this.failureOf(test, this.limitsOf(test));
      const endless =
        failure instanceof Endless ||
        switchboard.hitCount > (switchboard.hitLimit ?? Number.POSITIVE_INFINITY);
      switchboard.activeMutant = undefined;
      switchboard.hitCount = undefined;
      const result = endless
        ? ({ status: MutantRunStatus.Timeout, reason: `endless: ${test.id}` } as const)
        : killed(test, failure, ran);
      if (result === undefined) continue;
      record.found++;
      return { result, by: test.id };
    }
    return { result: { status: MutantRunStatus.Survived, nrOfTests: ran }, by: undefined };
  }

  /** Whether the test that found a mutant passes without it; one that takes its time is believed. */
  private async passes(id: string): Promise<boolean> {
    const test = this.tests.get(id);
    if (test === undefined || this.usualMs(test) > againMs) return true;
    return (await this.failureOf(test, this.limitsOf(test))) === undefined;
  }

  private async failureOf(test: Collected, limits: Limits): Promise<Error | undefined> {
    this.uncaught = undefined;
    let failure: Error | undefined;
    try {
      await within(limits, () => test.run());
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
    // What nobody has caught is told in the next turn.
    await turn();
    if (failure !== undefined) return failure;
    return this.uncaught === undefined
      ? undefined
      : new Error(`thrown outside of the test: ${this.uncaught}`);
  }

  private limitsOf(test: Collected): Limits {
    const ms = Math.max(longestMs, Math.ceil(20 * this.usualMs(test)));
    return { loopMs: ms, awaitedMs: ms };
  }

  /**
   * First the tests that are most likely to find the mutant for the time that they take, by how much of what they come by is
   * in its file, and what they have found there. Of a mutant that runs at loading, which all tests reach, those that come
   * by it on their own come before all others, and those that come by other places of its file before the rest.
   */
  private putInOrder(
    tests: Collected[],
    { activeMutant: { id }, mutantActivation }: MutantRunOptions,
    records: ReadonlyMap<string, TrackRecord>,
    shares: ReadonlyMap<string, number>,
  ): void {
    const places = new Map<Collected, { readonly nearness: number; readonly promise: number }>();
    for (const test of tests) {
      const { tried, found } = records.get(test.id) ?? { tried: 0, found: 0 };
      const share = shares.get(test.id) ?? 0;
      const likely = (found + hope + share * hopeOfItsOwn) / (tried + 1);
      const comesBy = this.learnt?.[test.id]?.hits[id] !== undefined;
      const nearness = comesBy ? 2 : mutantActivation === 'static' && share > 0 ? 1 : 0;
      places.set(test, { nearness, promise: likely / Math.max(quickMs, this.usualMs(test)) });
    }
    tests.sort((a, b) => {
      const [one, other] = [places.get(a), places.get(b)] as const;
      if (one === undefined || other === undefined) return 0;
      return other.nearness - one.nearness || other.promise - one.promise;
    });
  }

  /** Of each test that comes by mutants of the file: which share of all that it comes by they are. */
  private sharesIn(fileName: string): ReadonlyMap<string, number> {
    const known = this.shares.get(fileName);
    if (known !== undefined) return known;
    const shares = new Map<string, number>();
    const mutants = mutantsIn(fileName);
    for (const [test, { hits }] of Object.entries(this.learnt ?? {})) {
      const all = Object.keys(hits);
      const here = all.filter((mutant) => mutants.has(mutant)).length;
      if (here > 0) shares.set(test, here / all.length);
    }
    this.shares.set(fileName, shares);
    return shares;
  }

  private usualMs(test: Collected): number {
    return this.learnt?.[test.id]?.ms ?? 0;
  }

  /** Loads everything afresh, with the mutant that is active then. */
  private async load(): Promise<void> {
    const root = resolve('.');
    const files = await this.prepare();
    const tests = await collect(root, files(), seed);
    this.tests = new Map(tests.map((test) => [test.id, test]));
  }

  /** What is done once in a process. */
  private async prepare(): Promise<() => TestFiles> {
    if (this.learnt === undefined && existsSync(learntFile))
      this.learnt = JSON.parse(readFileSync(learntFile, 'utf8')) as Learnt;
    this.files ??= await bundle(resolve('.'), this.part.tests);
    return this.files;
  }
}

/** The mutants that a file was given: the one that has them in it, not the original. */
function mutantsIn(fileName: string): ReadonlySet<string> {
  const code = readFileSync(fileName, 'utf8');
  return new Set([...code.matchAll(/\bstryMutAct_\w+\("(\d+)"\)/g)].map(([, id]) => id as string));
}

function killed(test: Collected, failure: Error | undefined, nrOfTests: number): MutantRunResult | undefined {
  if (failure === undefined) return undefined;
  return { status: MutantRunStatus.Killed, killedBy: [test.id], failureMessage: failure.message, nrOfTests };
}

const createRunner = (): TestRunner => new PartRunner(partOf(process.env['UNDERCOAT_MUTATION']));

export const strykerPlugins = [
  declareFactoryPlugin(PluginKind.TestRunner, 'part', createRunner),
  declareValuePlugin(PluginKind.Ignore, 'prose', prose),
];
