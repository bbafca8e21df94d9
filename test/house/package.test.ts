// The package as its users load it: every entry point of package.json, from dist/, by name, in a Node process of
// its own. `npm test` builds first; publint has checked that the files and their types exist.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const { name, exports } = JSON.parse(readFileSync('package.json', 'utf8'));

test.each(Object.keys(exports))('entry point %s loads and exports something', (entry) => {
  const specifier = entry.replace('.', name);
  const code = `console.log(Object.keys(await import('${specifier}')).length)`;
  const run = spawnSync(process.execPath, ['--input-type=module', '--eval', code], { encoding: 'utf8' });
  expect(run.stderr).toBe('');
  expect(Number(run.stdout)).toBeGreaterThan(0);
});
