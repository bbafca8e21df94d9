// What a recipe is worth: the same one gives the same run, to the byte; another one another.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { h1 } from '../../src/endpoint/h1.js';
import { proxySend } from '../../src/endpoint/proxy.js';
import { seedOf } from '../../src/kit/simulation/campaign.js';
import { Coverage } from '../../src/kit/simulation/coverage.js';
import { drawRecipe } from '../../src/kit/simulation/draw.js';
import type { Recipe } from '../../src/kit/simulation/recipe.js';
import { runRecipe, SimulatedRun } from '../../src/kit/simulation/run.js';
import { type SimulatedStack, simulatedStacks } from '../../src/kit/simulation/stacks.js';
import { Watch } from '../../src/kit/simulation/watch.js';
import { saveRegression } from '../../src/lab/check/regressions.js';
import { Owner } from '../../src/memory/index.js';
import { VirtualClock } from '../../src/transport/virtual-clock.js';
import { builtCli } from '../support/got.js';
import { campaignOf } from '../support/simulation.js';

const directory = mkdtempSync(join(tmpdir(), 'undercoat-test-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const run = (stack: SimulatedStack, recipe: Recipe) =>
  runRecipe(stack, recipe, { coverage: new Coverage(), traced: true });

test.each(simulatedStacks.map((stack) => [stack.name, stack] as const))(
  '%s: a seed is a run, transition for transition, act for act and byte for byte',
  async (_, stack) => {
    const hashes = new Set<number>();
    // Runs with much in them are the shorter ones.
    const drawn = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => drawRecipe(stack, seed));
    const short = drawn.toSorted((a, b) => a.exchanges.length - b.exchanges.length).slice(0, 4);
    for (const recipe of short) {
      const one = await run(stack, recipe);
      // As it comes out of a file.
      const saved: Recipe = JSON.parse(JSON.stringify(drawRecipe(stack, recipe.seed)));
      const two = await run(stack, saved);
      expect(two.hash).toBe(one.hash);
      expect(two.trace).toEqual(one.trace);
      expect(one.failures).toEqual([]);
      hashes.add(one.hash);
    }
    expect(hashes.size).toBe(4);
  },
);

// The command comes from `dist/` and this test's code from `src/`: the same code, compiled twice.
test.each(simulatedStacks.filter(({ name }) => ['h1', 'proxy-v2+h2'].includes(name)))(
  '$name: another process makes the same run of it',
  async (stack) => {
    const recipe = drawRecipe(stack, 1);
    const { hash, failures } = await run(stack, recipe);
    expect(failures).toEqual([]);
    const said = { rule: 'LAY-1', message: 'none was broken', seed: 1, tries: 0, trace: [] };
    const file = saveRegression(directory, { ...said, recipe, hash });
    const command = [builtCli, 'check', '--replay', file];
    const { status, stdout } = spawnSync(process.execPath, command, { encoding: 'utf8', timeout: 50_000 });
    expect(stdout).toContain('the same run as was saved');
    expect(status).toBe(0);
  },
);

test('LAY-1: the hash of a run is of when something happens, too', () => {
  const owner = new Owner('application', 'timed', 0);
  const hashAt = (time: number): number => {
    const clock = new VirtualClock();
    const watch = new Watch(clock, new Coverage(), false, () => {});
    const record = { act: 'acquire', unit: 'slab', owner, slab: 1, start: 0, end: 8 } as const;
    clock.at(time, () => watch.act(record));
    clock.runUntilIdle();
    return watch.hash;
  };
  expect(hashAt(5)).toBe(hashAt(5));
  expect(hashAt(5)).not.toBe(hashAt(6));
});

test('LAY-1: a run in which something else than the recipe has a part is found out', async () => {
  const sound = simulatedStacks.find(({ name }) => name === 'proxy-v1+h1') as SimulatedStack;
  const address = { family: 'ipv4', address: '192.0.2.7', port: 40_000 } as const;
  let connections = 0;
  const restless: SimulatedStack = {
    ...sound,
    name: 'restless',
    client: {
      kind: 'choice',
      name: 'restless',
      among: [h1()],
      choose: () => {
        connections += 1;
        // What a connection says of itself depends on how many the process has made, whichever run they were of.
        const destination = { ...address, port: connections };
        return proxySend({
          version: 1,
          command: 'proxy',
          transport: 'stream',
          source: address,
          destination,
          tlvs: [],
        }).then(h1());
      },
    },
  };
  const [account] = await campaignOf([restless], { seed: 3, runs: 2 });
  expect(account?.failures.map(({ rule }) => rule)).toContain('LAY-1');
});

test('WORK-1: a callback that does not return is ended, and named', async () => {
  const [stack] = simulatedStacks as [SimulatedStack];
  const endless = new SimulatedRun(stack, drawRecipe(stack, 1), { coverage: new Coverage() });
  const owner = new Owner('application', 'endless', 0);
  endless.clock.defer(() => {
    for (;;) endless.pools.server.acquire(owner)?.unpin();
  });
  await endless.carryOut();
  const { failures } = endless.result();
  expect(failures[0]).toMatchObject({ rule: 'WORK-1', message: expect.stringContaining('in one callback') });
});

test('the runs of a campaign are those of its shards, each by the seed that shows it again', async () => {
  const seeds = Array.from({ length: 6 }, (_, number) => seedOf(7, number));
  expect(seeds[0]).toBe(7);
  expect(new Set(seeds).size).toBe(6);
  const [stack] = simulatedStacks as [SimulatedStack];
  const whole = await campaignOf([stack], { seed: 7, runs: 6 });
  const parts = await Promise.all(
    [1, 2, 3].map((index) => campaignOf([stack], { seed: 7, runs: 6, shard: { index, of: 3 } })),
  );
  const drawn = seeds.reduce((total, seed) => total + drawRecipe(stack, seed).exchanges.length, 0);
  // The first run of each campaign is made twice, and is one run all the same.
  expect(whole[0]).toMatchObject({ runs: 6, exchanges: drawn });
  const sum = (of: 'runs' | 'exchanges') => parts.reduce((total, [part]) => total + (part?.[of] ?? 0), 0);
  expect([sum('runs'), sum('exchanges')]).toEqual([6, drawn]);
});
