// A campaign must be able to fail: with a bug in a stack it finds it, makes it small, saves it, and the command that it
// prints shows it again.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { campaign } from '../../src/kit/simulation/campaign.js';
import { simulatedStacks } from '../../src/kit/simulation/stacks.js';
import type { CampaignReport } from '../../src/lab/check/campaign-report.js';
import { mergeReports } from '../../src/lab/check/campaign-report.js';
import { checkedRules } from '../../src/lab/check/rules.js';
import { checkCommand } from '../../src/lab/commands/check.js';
import { runProgram } from '../../src/lab/program.js';
import type { ByteRange, Transport } from '../../src/transport/contract.js';
import { DecoratedTransport } from '../../src/transport/decorator.js';
import { keptConsole } from '../support/lab.js';
import { campaignOf, spoiltStack } from '../support/simulation.js';

const directory = mkdtempSync(join(tmpdir(), 'undercoat-test-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Changes one octet of what it receives, behind so many. */
class Corrupting extends DecoratedTransport {
  private left = 2000;
  private space: ByteRange | undefined = undefined;

  override room(): ByteRange | undefined {
    this.space = super.room();
    return this.space;
  }

  override received(count: number): void {
    const before = this.left;
    this.left -= count;
    if (this.space !== undefined && before > 0 && this.left <= 0) {
      const at = this.space.start + before - 1;
      this.space.bytes[at] = (this.space.bytes[at] as number) ^ 0x01;
    }
    super.received(count);
  }
}

/** Writes into its room when it is not its own any more. */
class Scribbling extends DecoratedTransport {
  private space: ByteRange | undefined = undefined;

  override room(): ByteRange | undefined {
    this.space = super.room();
    return this.space;
  }

  override received(count: number): void {
    super.received(count);
    if (this.space !== undefined) this.space.bytes[this.space.end - 1] = 0x55;
  }
}

/** Loses the last octet of what comes in large pieces. */
class Losing extends DecoratedTransport {
  override received(count: number): void {
    super.received(count > 300 ? count - 1 : count);
  }
}

/** Is gone as soon as it is there. */
class Dead extends DecoratedTransport {
  override opened(): void {
    this.lower.abort();
  }
}

const floorOf = (message: string) => ({
  rule: 'floor',
  message,
  seed: 0,
  recipe: undefined,
  tries: 0,
  trace: [],
  hash: undefined,
});

const bugs: readonly (readonly [name: string, make: (lower: Transport) => Transport, rule: RegExp])[] = [
  ['an octet changed', (lower) => new Corrupting(lower), /^(WIRE-4|CON-1)$/],
  ['a write into what was given up', (lower) => new Scribbling(lower), /^(OWN-5|WS-5|WS-1)$/],
  ['an octet lost', (lower) => new Losing(lower), /^(WIRE-4|CON-1)$/],
];

test.each(bugs)('%s is found and made small', async (_, make, rule) => {
  const [account] = await campaignOf([spoiltStack(make)], { seed: 1, runs: 2 });
  const [failure] = account?.failures ?? [];
  expect(failure?.rule).toMatch(rule);
  expect(failure?.recipe?.features.length).toBeLessThan(4);
  expect(failure?.recipe?.network.faults).toEqual([]);
  expect(failure?.trace.at(-1)).toContain(`broken  ${failure?.rule}`);
});

/** `undercoat check`, over a stack whose pipe changes an octet. */
async function run(...args: string[]) {
  const stacks = [spoiltStack((lower) => new Corrupting(lower))];
  const { console, out: printed, err } = keptConsole();
  let code = 0;
  const command = checkCommand(
    console,
    (finished) => {
      code = finished;
    },
    stacks,
  );
  await command.parseAsync(args, { from: 'user' });
  return { code, out: printed.text, err: err.text };
}

/** The arguments of a command that was printed, as a shell takes them. */
function argumentsOf(replay: string | undefined): string[] {
  const shell = spawnSync('sh', ['-c', `printf '%s\\n' ${replay}`], { encoding: 'utf8' });
  const [, , , ...args] = shell.stdout.trimEnd().split('\n');
  return args;
}

test('what a campaign finds is saved, and the command that it prints shows it again', async () => {
  const out = join(directory, "what it's found");
  const first = await run('--runs', '2', '--seed', '1', '--json', '--out', out);
  expect(first.code).toBe(1);
  const report: CampaignReport = JSON.parse(first.out);
  const [failure] = report.stacks[0]?.failures ?? [];
  expect(failure?.replay).toContain('npx undercoat check --replay ');
  expect(first.err).toContain(failure?.replay);
  // The shell takes the path for one word.
  const args = argumentsOf(failure?.replay);
  const again = await run(...args);
  expect(again.code).toBe(1);
  expect(again.out).toContain(`${failure?.rule} is broken`);
  expect(again.out).toContain('the same run as was saved');
  const saved = JSON.parse(readFileSync(args[1] as string, 'utf8'));
  writeFileSync(join(directory, 'other.json'), JSON.stringify({ ...saved, hash: saved.hash ^ 1 }));
  expect((await run('--replay', join(directory, 'other.json'))).out).toContain('not the run that was saved');
  // So does the seed alone.
  const seeded = await run('--runs', '1', '--seed', String(failure?.seed), '--json', '--out', out);
  const [same] = (JSON.parse(seeded.out) as CampaignReport).stacks[0]?.failures ?? [];
  expect(same?.recipe).toEqual(failure?.recipe);
  expect(readdirSync(out).length).toBe(report.stacks[0]?.failures.length);
});

test('reports of shards merge into one', async () => {
  const files: string[] = [];
  for (const shard of ['1/2', '2/2']) {
    const { console, out } = keptConsole();
    const args = ['--runs', '2', '--stack', 'h1', '--stack', 'h2', '--seed', '9', '--json', '--shard', shard];
    expect(await runProgram(['check', ...args], console)).toBe(0);
    const file = join(directory, `${shard.replace('/', '-')}.json`);
    writeFileSync(file, out.text);
    files.push(file);
  }
  const { console, out } = keptConsole();
  expect(await runProgram(['check', 'merge', ...files, '--json'], console)).toBe(0);
  const merged: CampaignReport = JSON.parse(out.text);
  const parts = files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as CampaignReport);
  expect(merged.stacks.map(({ stack }) => stack)).toEqual(['h1', 'h2']);
  for (const [i, stack] of merged.stacks.entries()) {
    const some = parts.map(({ stacks }) => stacks[i]);
    expect(stack.runs).toBe(some.reduce((sum, part) => sum + (part?.runs ?? 0), 0));
    expect(stack.exchanges).toBe(some.reduce((sum, part) => sum + (part?.exchanges ?? 0), 0));
    expect(stack.whole).toBe(some.reduce((sum, part) => sum + (part?.whole ?? 0), 0));
    expect(stack.exchangesPerSecond).toBe(Math.round(stack.whole / stack.seconds));
    for (const part of some) expect(stack.edges).toBeGreaterThanOrEqual(part?.edges ?? 0);
  }
});

test('what failed on the machine of a shard is saved where reports are merged, and can be seen again there', async () => {
  const there = join(directory, 'of the shard');
  const shard = await run('--runs', '1', '--seed', '1', '--json', '--out', there);
  rmSync(there, { recursive: true });
  const file = join(directory, 'failed.json');
  writeFileSync(file, shard.out);
  const here = join(directory, 'merged');
  const merged = await run('merge', file, '--json', '--out', here);
  expect(merged.code).toBe(1);
  const [failure] = (JSON.parse(merged.out) as CampaignReport).stacks[0]?.failures ?? [];
  const args = argumentsOf(failure?.replay);
  expect(args).toEqual(['--replay', join(here, readdirSync(here)[0] as string)]);
  const again = await run(...args);
  expect(again.code).toBe(1);
  expect(again.out).toContain('the same run as was saved');

  const report = JSON.parse(shard.out);
  report.stacks[0].failures[0].recipe = { stack: 'spoilt' };
  writeFileSync(file, JSON.stringify(report));
  await expect(run('merge', file, '--out', here)).rejects.toThrow('is no report');
});

test('what shards have not met one by one is judged of their sum', () => {
  const shard = (met: number): CampaignReport => {
    const labels = met === 0 ? {} : { 'latency: whole': met };
    const coverage = { rows: {}, on: { latency: 20 }, labels };
    const counts = {
      runs: 20,
      exchanges: 20,
      whole: 20,
      exchangesPerSecond: 1,
      states: 0,
      edges: 0,
      seconds: 1,
    };
    const unmet = met > 0 ? [] : [{ ...floorOf('latency led to nothing'), replay: undefined }];
    return {
      seed: 1,
      rule: 'OWN-7',
      stacks: [
        {
          stack: 'h1',
          ...counts,
          rules: [],
          checks: met > 0 ? { 'OWN-7': 1 } : {},
          failures: unmet,
          coverage,
        },
      ],
    };
  };
  const failures = (...reports: CampaignReport[]) =>
    mergeReports(reports).stacks[0]?.failures.map(({ message }) => message);
  expect(failures(shard(2), shard(0))).toEqual([]);
  expect(failures(shard(1), shard(0))).toEqual([expect.stringContaining('in 1 of 40 runs, and should in 2')]);
  expect(failures(shard(0))).toEqual([expect.stringContaining('in 0 of 20'), 'h1: OWN-7 was never checked']);
  expect(() => mergeReports([shard(1), { ...shard(1), rule: undefined }])).toThrow('another of every rule');
});

test('making a failure small ends with the time, or a few seconds behind it', async () => {
  let now = 0;
  // Every look at the time costs a second of it.
  const slow = { wall: () => (now += 1000), processor: () => 1, breathe: async () => true };
  const options = { seed: 1, runs: 1, milliseconds: 2000, shard: { index: 1, of: 1 } };
  const stack = spoiltStack((lower) => new Corrupting(lower));
  const [hurried] = await campaign([stack], options, slow);
  expect(hurried?.failures[0]?.tries).toBeLessThan(10);
  const [patient] = await campaignOf([stack], { seed: 1, runs: 1 });
  expect(patient?.failures[0]?.tries).toBeGreaterThan(10);
});

test('a floor that is not met fails, and so does a rule that was never checked', async () => {
  // With this pipe nothing is ever answered, so that hardly any feature leads to what it is there for.
  const [idle] = await campaignOf([spoiltStack((lower) => new Dead(lower))], {
    seed: 1,
    runs: 90,
    rule: 'OWN-8',
  });
  expect(idle?.failures.map(({ rule }) => rule)).toContain('floor');
  expect(idle?.exchanges).toBeGreaterThan(0);
  expect(idle?.whole).toBe(0);
  expect(idle?.failures.map(({ message }) => message).join('\n')).toContain('led to "whole" in 0 of');
  const [unasked] = await campaignOf([spoiltStack((lower) => lower)], { seed: 1, runs: 2, rule: 'CON-9' });
  expect(unasked?.failures.map(({ message }) => message)).toEqual(['spoilt: CON-9 was never checked']);
});

test('the rules that can be asked about are those that runs assert, each of them', async () => {
  const asserted = new Set<string>();
  for (let seed = 1; seed <= 12 && asserted.size < checkedRules.length; seed++) {
    const accounts = await campaignOf(simulatedStacks.slice(-2), { seed, runs: 2 });
    for (const { rules } of accounts) for (const rule of rules) asserted.add(rule);
  }
  expect([...asserted].sort()).toEqual(checkedRules);
});

test.each([
  [['--stack', 'h3'], 'there is no "h3"; there are h1, '],
  [['--rule', 'OWN-99'], 'no run checks "OWN-99"'],
  [['--time', 'soon'], 'must be a duration'],
  [['--shard', '3/2'], 'must be i/n'],
  [['--runs', '2', '--shard', '5/5'], 'part 5 of 5 has none of 2 runs'],
  [['--runs', '0'], 'must be an integer'],
  [['--replay', '/nowhere.json'], 'ENOENT'],
  [['merge', '/nowhere.json'], 'ENOENT'],
])('%s is refused with a word', async (args, complaint) => {
  const { console, out, err } = keptConsole();
  expect(await runProgram(['check', ...args], console)).toBe(2);
  expect(err.text).toContain(complaint);
  expect(out.text).toBe('');
});
