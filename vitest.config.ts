import { randomInt } from 'node:crypto';
import { defineConfig } from 'vitest/config';
import { HouseReporter } from './test/house/reporter.js';

// Property tests run twice, with a seed that stays and with a fresh one; `UNDERCOAT_SEED=n npm test` runs them
// once, with that seed. Everything else runs once.
const fixed = 20_150_801;
const replayed = process.env['UNDERCOAT_SEED'];
const seeds = new Map<string, number>(
  replayed === undefined
    ? [
        ['fixed seed', fixed],
        ['fresh seed', randomInt(2 ** 31)],
      ]
    : [['given seed', Number(replayed)]],
);
for (const [name, seed] of seeds) {
  if (!Number.isInteger(seed)) throw new RangeError(`UNDERCOAT_SEED: the ${name} is not an integer`);
}
const peers = 'test/peers/**';
const properties = 'test/properties/**/*.test.ts';
const setupFiles = ['test/house/seed.ts', 'test/house/rows.ts'];

export default defineConfig({
  test: {
    // Only what hangs is ended by time: how long a test takes is the machine's affair.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // All cores: nothing else is to be done meanwhile, and a small machine would otherwise use half of what it has.
    maxWorkers: '100%',
    // The files of a project share two processes. What they import has no state that a test could spoil, and a process of
    // its own for each of two hundred files takes more processor time than most of them; see notes/test-time.md.
    isolate: false,
    reporters: ['default', new HouseReporter([...seeds].map(([name, seed]) => `${name} ${seed}`).join(', '))],
    projects: [
      {
        extends: true,
        test: {
          name: 'tests',
          include: ['test/**/*.test.ts'],
          exclude: [properties, peers],
          setupFiles,
          provide: { seed: fixed },
        },
      },
      ...[...seeds].map(([name, seed]) => ({
        extends: true as const,
        test: { name, include: [properties], setupFiles, provide: { seed } },
      })),
    ],
  },
});
