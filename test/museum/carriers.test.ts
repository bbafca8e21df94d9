// Where each exhibit is shown: on every stack that runs what it changes, or there is a reason beside it; and which stack runs
// what is not merely said.
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { carriersOf, everyStack, stackOf } from './carriers.js';
import { exhibits } from './exhibits/index.js';
import { root } from './workshop.js';

/** What runs when one protocol is spoken without the others, and whose files are none of it. */
const protocols = [
  { of: ['src/stream/h1-client.ts', 'src/stream/h1-server.ts'], not: /session\/(h2|proxy)\/|stream\/h2/ },
  { of: ['src/endpoint/h2.ts'], not: /session\/(h1|proxy)\/|stream\/h1/ },
  { of: ['src/endpoint/proxy.ts'], not: /session\/h[12]\/|stream\/h[12]/ },
];

describe('an exhibit', () => {
  it.each(exhibits.map((exhibit) => [exhibit.id, exhibit] as const))(
    '%s is shown on each stack that runs it, or the reason is given',
    (_, exhibit) => {
      const shown = new Set(exhibit.shown.flatMap(({ over }) => over.map(stackOf)));
      const excepted = Object.entries(exhibit.except ?? {});
      const carriers = carriersOf(exhibit);
      expect(carriers.length).toBeGreaterThan(0);
      // Each of them once: what is shown needs no excuse, and there is none for a stack that does not run it.
      const told = everyStack.filter((stack) => shown.has(stack));
      expect([...told, ...excepted.map(([stack]) => stack)].sort()).toEqual([...carriers].sort());
      for (const [, reason] of excepted) expect(reason.length).toBeGreaterThan(30);
    },
  );
});

describe('a stack', () => {
  it.each(protocols)('that speaks $of runs nothing of the others', async ({ of, not }) => {
    const { metafile } = await build({
      absWorkingDir: root,
      entryPoints: of,
      bundle: true,
      write: false,
      outdir: '.',
      platform: 'node',
      format: 'esm',
      metafile: true,
      logLevel: 'silent',
    });
    const loaded = Object.keys(metafile.inputs);
    expect(loaded.length).toBeGreaterThan(5);
    expect(loaded.filter((file) => not.test(file))).toEqual([]);
  });

  it('is told by the name of what a check is run over', () => {
    expect(everyStack.map(stackOf)).toEqual([...everyStack]);
    expect(stackOf('simulated h1-pipelined')).toBe('h1 pipelined');
    expect(stackOf('simulated h2c-upgrade')).toBe('h2c');
    expect(stackOf('h2 (lending)')).toBe('h2');
    expect(stackOf('h2 scheduler')).toBeUndefined();
  });
});
