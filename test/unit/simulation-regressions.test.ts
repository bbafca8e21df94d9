// What campaigns found and has been put right: each recipe that was saved is run again, and nothing of it breaks a rule.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Coverage } from '../../src/kit/simulation/coverage.js';
import { runRecipe } from '../../src/kit/simulation/run.js';
import { simulatedStacks } from '../../src/kit/simulation/stacks.js';
import { loadRegression } from '../../src/lab/check/regressions.js';
import { rowRecorder } from '../support/rows.js';

const directory = 'test/regressions';

test.each(readdirSync(directory))('%s', async (file) => {
  const { recipe } = loadRegression(join(directory, file));
  const stack = simulatedStacks.find(({ name }) => name === recipe.stack);
  if (stack === undefined) throw new Error(`there is no stack ${recipe.stack}`);
  const { failures } = await runRecipe(stack, recipe, { coverage: new Coverage(), observer: rowRecorder() });
  expect(failures).toEqual([]);
});
