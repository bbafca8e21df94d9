/**
 * `undercoat check`: a campaign of simulated runs, or one run of it again. This file does not know what a run is made of.
 */
import { setImmediate } from 'node:timers/promises';
import { Command } from 'commander';
import { type CampaignHost, campaign, type StackAccount } from '../../kit/simulation/campaign.js';
import { Coverage } from '../../kit/simulation/coverage.js';
import { runRecipe } from '../../kit/simulation/run.js';
import { type SimulatedStack, simulatedStacks } from '../../kit/simulation/stacks.js';
import {
  type CampaignReport,
  checkReport,
  mergeReports,
  type ReportedFailure,
  type ReportedStack,
} from '../check/campaign-report.js';
import { loadRegression, readJson, saveRegression } from '../check/regressions.js';
import { requireRule } from '../check/rules.js';
import { showCampaign, showFailure } from '../check/show-campaign.js';
import { runsBar } from '../check/show-runs.js';
import type { Console } from '../console.js';
import { gathered, integerOption, UsageError } from '../usage.js';

interface CheckFlags {
  readonly stack?: readonly string[];
  readonly rule?: string;
  readonly runs?: number;
  readonly time?: number;
  readonly seed: number;
  readonly shard: { readonly index: number; readonly of: number };
  readonly out: string;
  readonly replay?: string;
  readonly ledger: boolean;
  readonly json?: true;
}

const defaultSeed = 1;
const defaultMilliseconds = 60_000;
const defaultOut = 'undercoat-failures';
const manyRuns = 2 ** 32 - 1;

/** `finish` is told the exit code. `stacks` are those that there are. */
export function checkCommand(
  console: Console,
  finish: (code: number) => void,
  stacks: readonly SimulatedStack[] = simulatedStacks,
): Command {
  const command = new Command('check')
    .description(
      'Simulate both ends of a connection over a network in memory, run after run from one seed, and hold every act and ' +
        'every run to the rules that can be broken there, which the report lists; 0 if all held, 1 if not. The rates ' +
        'are whole exchanges per second of processor time.',
    )
    .option('--stack <name>', 'this stack only; may be given again', gathered)
    .option('--rule <rule>', 'only what breaks this rule counts, and it must have been checked: OWN-7')
    .option('--runs <n>', 'so many runs of each stack', integerOption('--runs', 1, manyRuns))
    .option('--time <duration>', 'for all stacks together: 90s, 10m, 1h (default: 60s, if no runs)', duration)
    .option('--seed <n>', 'of the first run of each stack', integerOption('--seed', 0, manyRuns), defaultSeed)
    .option('--shard <i/n>', 'the i-th of n parts of the runs', shardOption, { index: 1, of: 1 })
    .option('--out <dir>', 'saves what fails there, to be run again', defaultOut)
    .option('--replay <file>', 'runs what was saved, once')
    .option('--no-ledger', 'leaves the checked ledger out, to see what it costs')
    .option('--json', 'print the report as one JSON object')
    .action(async (flags: CheckFlags) => {
      if (flags.replay !== undefined) finish(await replay(flags.replay, stacks, console));
      else finish(await check(flags, chosen(flags.stack, stacks), console));
    });
  command
    .command('merge')
    .description(
      'Make one report of those that shards printed with --json, and save what failed in any of them (--out).',
    )
    .argument('<file...>', 'the reports')
    .option('--json', 'print it as one JSON object')
    .action((files: readonly string[], _: object, merge: Command) => {
      const { out, json } = merge.optsWithGlobals<CheckFlags>();
      const { stacks: merged, ...rest } = mergeReports(
        files.map((file) => checkReport(readJson(file), file)),
      );
      // What a shard saved is on its machine.
      const report = { ...rest, stacks: merged.map((account) => saved(account, out)) };
      print(report, json === true, console);
      finish(isFine(report) ? 0 : 1);
    });
  return command;
}

async function check(
  flags: CheckFlags,
  stacks: readonly SimulatedStack[],
  console: Console,
): Promise<number> {
  const { seed, shard, ledger } = flags;
  const rule = requireRule(flags.rule);
  const wall = (): number => performance.now();
  const milliseconds =
    flags.time ?? (flags.runs === undefined ? defaultMilliseconds : Number.POSITIVE_INFINITY);
  const runs = flags.runs ?? manyRuns;
  if (shard.index > runs) {
    throw new UsageError(`--shard: part ${shard.index} of ${shard.of} has none of ${runs} runs`);
  }
  const bar = console.isWatched ? runsBar(console.err, wall) : undefined;
  let isInterrupted = false;
  let stackBegan = wall();
  const interrupt = (): void => {
    isInterrupted = true;
  };
  process.once('SIGINT', interrupt);
  // Runs make errors by the thousand, and nobody reads where they were made: V8 need not write it down.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const host: CampaignHost = {
    wall,
    processor: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    },
    breathe: async () => {
      await setImmediate();
      return !isInterrupted;
    },
    began: ({ name }) => {
      stackBegan = wall();
      bar?.stack(name);
    },
    progressed: (account) => {
      bar?.progressed(account, ({ runs: made }) => {
        const byTime = (wall() - stackBegan) / (milliseconds / stacks.length);
        return Math.max(byTime, (made * shard.of) / runs);
      });
    },
  };
  try {
    const accounts = await campaign(stacks, { seed, runs, milliseconds, shard, rule, ledger }, host);
    bar?.stop();
    const report: CampaignReport = {
      seed,
      rule,
      stacks: accounts.map((account) => saved(account, flags.out)),
    };
    print(report, flags.json === true, console);
    return isFine(report) ? 0 : 1;
  } finally {
    bar?.stop();
    Error.stackTraceLimit = stackTraceLimit;
    process.off('SIGINT', interrupt);
  }
}

/** Saves what failed, so that it can be seen again. @throws UsageError when it cannot be written */
function saved(account: StackAccount, out: string): ReportedStack {
  const failures = account.failures.map((failure): ReportedFailure => {
    if (failure.recipe === undefined) return { ...failure, replay: undefined };
    const file = saveRegression(out, failure);
    return { ...failure, replay: `npx undercoat check --replay ${quoted(file)}` };
  });
  return { ...account, failures };
}

/** One run that was saved, with its trace. */
async function replay(path: string, stacks: readonly SimulatedStack[], console: Console): Promise<number> {
  const { recipe, rule, hash } = loadRegression(path);
  const [stack] = chosen([recipe.stack], stacks) as [SimulatedStack];
  const result = await runRecipe(stack, recipe, { coverage: new Coverage(), traced: true });
  console.out.write(`${result.trace.join('\n')}\n`);
  for (const failure of result.failures) {
    console.out.write(`${stack.name}: ${failure.rule} is broken: ${failure.message}\n`);
  }
  if (result.failures.length === 0) console.out.write(`${stack.name}: ${rule} holds, and so does all else\n`);
  if (hash !== undefined) {
    const same = hash === result.hash;
    const text = same
      ? 'the same run as was saved, act for act'
      : 'not the run that was saved: the code, or the run, changed';
    console.out.write(`${stack.name}: ${text}\n`);
  }
  return result.failures.length === 0 ? 0 : 1;
}

/** As a shell takes it for one word. */
function quoted(path: string): string {
  return /^[\w./+@%:=,-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

function print(report: CampaignReport, asJson: boolean, console: Console): void {
  if (!asJson) {
    console.out.write(showCampaign(report, console));
    return;
  }
  console.out.write(`${JSON.stringify(report)}\n`);
  for (const { stack, failures } of report.stacks) {
    for (const failure of failures) console.err.write(`${showFailure(stack, failure)}\n`);
  }
}

function isFine({ stacks }: CampaignReport): boolean {
  return stacks.length > 0 && stacks.every(({ failures, runs }) => failures.length === 0 && runs > 0);
}

/** @throws UsageError for the name of a stack that is not there */
function chosen(
  names: readonly string[] | undefined,
  stacks: readonly SimulatedStack[],
): readonly SimulatedStack[] {
  if (names === undefined) return stacks;
  return names.map((name) => {
    const found = stacks.find((stack) => stack.name.toLowerCase() === name.toLowerCase());
    if (found !== undefined) return found;
    const known = stacks.map((stack) => stack.name).join(', ');
    throw new UsageError(`--stack: there is no ${JSON.stringify(name)}; there are ${known}`);
  });
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds. @throws UsageError */
function duration(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  const milliseconds = Number(number) * (units[unit ?? ''] ?? Number.NaN);
  if (!(milliseconds > 0)) {
    throw new UsageError(`--time must be a duration like 90s, 10m or 1h, not ${JSON.stringify(text)}`);
  }
  return milliseconds;
}

/** @throws UsageError */
function shardOption(text: string): { index: number; of: number } {
  const [, index, of] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  const shard = { index: Number(index), of: Number(of) };
  if (shard.index >= 1 && shard.index <= shard.of) return shard;
  throw new UsageError(`--shard must be i/n with i from 1 to n, not ${JSON.stringify(text)}`);
}
