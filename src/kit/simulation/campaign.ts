/**
 * A campaign: run after run over each stack, each run from a seed of its own, until there were enough of them or the time
 * is over. What fails is shrunk. A seed stands for one run whoever makes it: shards divide the runs and add up.
 *
 * It does not know what is done with what it finds, nor any clock but the one that it is given.
 */
import { Coverage, type CoverageCounts } from './coverage.js';
import { drawRecipe } from './draw.js';
import { unmet } from './floors.js';
import type { Recipe } from './recipe.js';
import { type RunFailure, type RunResult, runRecipe } from './run.js';
import { shrink } from './shrink.js';
import type { SimulatedStack } from './stacks.js';

/** Whoever watches a campaign, and what it needs of a platform. */
export interface CampaignHost {
  /** Milliseconds that have passed, and that the processor was ours. */
  wall(): number;
  processor(): number;
  /** Lets whatever else there is have its turn. False when the campaign is to stop. */
  breathe(): Promise<boolean>;
  began?(stack: SimulatedStack): void;
  /** An account costs something to make: not for every call. */
  progressed?(account: () => StackAccount): void;
}

/** How much a campaign is to do, and what counts. */
export interface CampaignOptions {
  readonly seed: number;
  /** Most runs of each stack, over all shards. */
  readonly runs: number;
  /** Milliseconds for all stacks together. */
  readonly milliseconds: number;
  /** Every `of`th run, from the `index`th on. */
  readonly shard: { readonly index: number; readonly of: number };
  /** Only what breaks this rule counts, and it must have been checked. */
  readonly rule?: string | undefined;
  /** Without the checked ledger: for a look at what it costs. Default true. */
  readonly ledger?: boolean;
}

/** Something that did not hold, and the smallest recipe with which it does not. */
export interface CampaignFailure {
  readonly rule: string;
  readonly message: string;
  /** Of the run that found it; 0 where no single run did. */
  readonly seed: number;
  /** Undefined where no single run did. */
  readonly recipe: Recipe | undefined;
  /** Runs that it took to make it small. */
  readonly tries: number;
  /** The end of what happened. */
  readonly trace: readonly string[];
  /** Of the run of this recipe; undefined where no single run failed. */
  readonly hash: number | undefined;
}

/** The account of one stack. */
export interface StackAccount {
  readonly stack: string;
  /** Seeds that were run. Some were run twice, to see that they replay: what that came to, and took, is not counted. */
  readonly runs: number;
  readonly exchanges: number;
  /** Exchanges that went well from end to end. */
  readonly whole: number;
  /** Whole ones in a second of processor time: what fails early costs little. */
  readonly exchangesPerSecond: number;
  readonly rules: readonly string[];
  readonly states: number;
  readonly edges: number;
  readonly failures: readonly CampaignFailure[];
  /** Seconds of processor time. */
  readonly seconds: number;
  /** How often each rule was asserted. */
  readonly checks: Readonly<Record<string, number>>;
  readonly coverage: CoverageCounts;
}

/** Runs between two breaths, and between two that are made again to see that they replay. */
const breathEvery = 8;
const replayEvery = 32;
/** Milliseconds that making a failure smaller may take though the time is over: for a few runs of any size. */
const mostShrinking = 5000;
/** Failures of one stack that are told apart; more of them say nothing new. */
const mostFailures = 4;
const shownTrace = 60;
/** What stands for a rule where nothing was broken, but too little was met. */
export const floorRule = 'floor';
/** Odd, so that the seeds of the runs of one campaign are all different; the first is the campaign's own. */
const stride = 0x9e3779b1;

/** The seed of the run with this number. */
export function seedOf(seed: number, run: number): number {
  return (seed + Math.imul(run, stride)) >>> 0;
}

/** One account a stack. Never rejects for what a run does. */
export async function campaign(
  stacks: readonly SimulatedStack[],
  options: CampaignOptions,
  host: CampaignHost,
): Promise<StackAccount[]> {
  const accounts: StackAccount[] = [];
  const began = host.wall();
  for (const [index, stack] of stacks.entries()) {
    host.began?.(stack);
    // What one stack left of its time is for those behind it.
    const left = options.milliseconds - (host.wall() - began);
    const part = new StackCampaign(stack, options, host, host.wall() + left / (stacks.length - index));
    await part.run();
    accounts.push(part.account());
    if (part.isStopped) break;
  }
  return accounts;
}

class StackCampaign {
  isStopped: boolean;
  private readonly stack: SimulatedStack;
  private readonly options: CampaignOptions;
  private readonly host: CampaignHost;
  private readonly endsAt: number;
  private readonly coverage: Coverage;
  private readonly checks: Map<string, number>;
  private readonly failures: CampaignFailure[];
  private readonly known: Set<string>;
  private runs: number;
  private exchanges: number;
  private whole: number;
  private processor: number;
  /** The processor's time when what is counted now began. */
  private began: number;

  constructor(stack: SimulatedStack, options: CampaignOptions, host: CampaignHost, endsAt: number) {
    this.isStopped = false;
    this.stack = stack;
    this.options = options;
    this.host = host;
    this.endsAt = endsAt;
    this.coverage = new Coverage();
    this.checks = new Map();
    this.failures = [];
    this.known = new Set();
    this.runs = 0;
    this.exchanges = 0;
    this.whole = 0;
    this.processor = 0;
    this.began = 0;
  }

  async run(): Promise<void> {
    const { options, host } = this;
    const { shard, seed } = options;
    this.began = host.processor();
    for (let number = shard.index - 1; number < options.runs; number += shard.of) {
      if (this.runs > 0 && host.wall() >= this.endsAt) break;
      const failure = await this.one(seedOf(seed, number));
      if (failure !== undefined) {
        // To make it small is not what the rate is of.
        await this.uncounted(() => this.found(failure, seedOf(seed, number)));
        if (this.failures.length >= mostFailures) break;
      }
      if (this.runs % breathEvery !== 0) continue;
      await this.uncounted(async () => {
        host.progressed?.(() => this.account());
        this.isStopped = !(await host.breathe());
      });
      if (this.isStopped) break;
    }
    this.processor += host.processor() - this.began;
    this.floors();
  }

  /** Does something whose time is not that of runs. */
  private async uncounted<T>(act: () => Promise<T>): Promise<T> {
    const { host } = this;
    this.processor += host.processor() - this.began;
    try {
      return await act();
    } finally {
      this.began = host.processor();
    }
  }

  account(): StackAccount {
    const { stack, runs, exchanges, whole, coverage, failures, checks, processor } = this;
    const sorted = [...checks].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      stack: stack.name,
      runs,
      exchanges,
      whole,
      exchangesPerSecond: processor > 0 ? Math.round((whole * 1000) / processor) : 0,
      rules: sorted.map(([rule]) => rule),
      ...coverage.reached(),
      failures,
      seconds: processor / 1000,
      checks: Object.fromEntries(sorted),
      coverage: coverage.counts(),
    };
  }

  /** @returns what did not hold, if it counts */
  private async one(seed: number): Promise<RunFailure | undefined> {
    const recipe = drawRecipe(this.stack, seed);
    const result = await this.carryOut(recipe, this.coverage);
    this.made(result);
    for (const [rule, made] of result.checks) this.checks.set(rule, (this.checks.get(rule) ?? 0) + made);
    const failure = this.counted(result);
    if (failure !== undefined || this.runs % replayEvery !== 1) return failure;
    const again = await this.uncounted(() => this.carryOut(recipe, new Coverage()));
    this.checks.set('LAY-1', (this.checks.get('LAY-1') ?? 0) + 1);
    if (again.hash === result.hash) return undefined;
    const message = `the same run went otherwise the second time: ${again.hash}, not ${result.hash}`;
    return { rule: 'LAY-1', message };
  }

  private made({ exchanges, whole }: RunResult): void {
    this.runs += 1;
    this.exchanges += exchanges;
    this.whole += whole;
  }

  private async carryOut(recipe: Recipe, coverage: Coverage, traced = false): Promise<RunResult> {
    const { ledger } = this.options;
    return runRecipe(this.stack, recipe, {
      coverage,
      traced,
      ...(ledger === undefined ? {} : { ledger }),
    });
  }

  /** What counts of what a run broke. */
  private counted({ failures }: RunResult): RunFailure | undefined {
    const { rule } = this.options;
    return rule === undefined ? failures[0] : failures.find((failure) => failure.rule === rule);
  }

  private async found(failure: RunFailure, seed: number): Promise<void> {
    const { stack } = this;
    const kind = `${failure.rule} ${failure.message.replaceAll(/\d+/g, 'n')}`;
    if (this.known.has(kind)) return;
    this.known.add(kind);
    const scratch = new Coverage();
    const broken = async (recipe: Recipe): Promise<RunFailure | undefined> => {
      if (failure.rule === 'LAY-1') return this.differs(recipe, scratch);
      const { failures } = await this.carryOut(recipe, scratch);
      return failures.find(({ rule }) => rule === failure.rule);
    };
    const recipe = drawRecipe(stack, seed);
    const { host } = this;
    const until = Math.max(this.endsAt, host.wall() + mostShrinking);
    const small = await shrink(recipe, async (it) => (await broken(it)) !== undefined, stack.roomyBytes, {
      isOver: () => host.wall() >= until,
    });
    const { trace, hash } = await this.carryOut(small.recipe, scratch, true);
    const { rule, message } = (await broken(small.recipe)) ?? failure;
    this.failures.push({
      rule,
      message,
      seed,
      recipe: small.recipe,
      tries: small.tries,
      trace: untilBroken(trace),
      hash,
    });
  }

  private async differs(recipe: Recipe, scratch: Coverage): Promise<RunFailure | undefined> {
    const one = await this.carryOut(recipe, scratch);
    const two = await this.carryOut(recipe, scratch);
    if (one.hash === two.hash) return undefined;
    return { rule: 'LAY-1', message: `the same run went otherwise: ${two.hash}, not ${one.hash}` };
  }

  /** What a campaign claims to check it must have met. */
  private floors(): void {
    const { options, stack, checks, runs } = this;
    this.failures.push(
      ...floorFailures(stack.name, options.rule, {
        runs,
        coverage: this.coverage.counts(),
        checks: Object.fromEntries(checks),
      }),
    );
  }
}

/**
 * What a campaign claims to check and has not met, of one stack: of a whole campaign, or of the sum of its shards.
 * @param rule the one that was asked about, if only one was
 */
export function floorFailures(
  stack: string,
  rule: string | undefined,
  { runs, coverage, checks }: Pick<StackAccount, 'runs' | 'coverage' | 'checks'>,
): CampaignFailure[] {
  const missing = unmet(stack, coverage);
  if (rule !== undefined && runs > 0 && checks[rule] === undefined) {
    missing.push(`${stack}: ${rule} was never checked`);
  }
  return missing.map((message) => ({
    rule: floorRule,
    message,
    seed: 0,
    recipe: undefined,
    tries: 0,
    trace: [],
    hash: undefined,
  }));
}

/** The end of a trace: the rule that breaks is its last line. */
function untilBroken(trace: readonly string[]): readonly string[] {
  const at = trace.findIndex((line) => line.includes(' ms  broken  '));
  return trace.slice(0, at < 0 ? trace.length : at + 1).slice(-shownTrace);
}
