// The code of the README as its reader's compiler sees it: every `ts` block type-checks in a project of its own, against
// the package as it is built and by the package's own name; and its block for `node:test` runs. `npm test` builds first.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const directory = mkdtempSync(join(tmpdir(), 'undercoat-test-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function blocksOf(language: string): string[] {
  const form = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms');
  return [...readFileSync('README.md', 'utf8').matchAll(form)].map(([, code]) => code as string);
}

const blocks = blocksOf('ts');

/** What the text around a block leaves to its reader. */
const myTransport = `
import { memoryPair, plainText, VirtualClock } from 'undercoat';
import type { CarriedPair } from 'undercoat/kit';

export function myPair(): CarriedPair {
  const clock = new VirtualClock();
  return { ...memoryPair(clock), platform: { clock, text: plainText }, run: () => clock.runUntilIdle() };
}
`;

/** The example that the text names. */
const mySession = readFileSync('test/examples/netstring-session.ts', 'utf8').replace(
  "'../../src/index.js'",
  "'undercoat'",
);

const myWorkspace = `
import { BumpWorkspace } from 'undercoat';

export class MyWorkspace extends BumpWorkspace {}
`;

const installed = join(directory, 'node_modules');
mkdirSync(installed);
symlinkSync(resolve('.'), join(installed, 'undercoat'));
for (const name of ['vitest', 'fast-check'])
  symlinkSync(resolve('node_modules', name), join(installed, name));
writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
const mine = { 'my-transport.ts': myTransport, 'my-session.ts': mySession, 'my-workspace.ts': myWorkspace };
for (const [name, code] of Object.entries(mine)) writeFileSync(join(directory, name), code);

const compilerOptions = {
  target: 'ES2023',
  lib: ['ES2023'],
  module: 'NodeNext',
  strict: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
  skipLibCheck: true,
  typeRoots: [resolve('node_modules/@types')],
  types: ['node'],
};
const compiler = resolve('node_modules/typescript/bin/tsc');

/** What the compiler says of each of these files, which stand in one project. */
function complaints(codes: readonly string[]): string[][] {
  const names = codes.map((_, index) => `block-${index}.ts`);
  for (const [index, code] of codes.entries()) writeFileSync(join(directory, `block-${index}.ts`), code);
  const project = { compilerOptions, files: [...Object.keys(mine), ...names] };
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(project));
  const args = [compiler, '--project', directory, '--pretty', 'false'];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: directory, encoding: 'utf8' });
  expect(stderr).toBe('');
  // A complaint begins with the name of its file, and goes on in lines that are indented.
  const said = stdout.split(/\n(?! )/).filter((text) => text !== '');
  const sorted = names.map((name) => said.filter((text) => text.startsWith(`${name}(`)));
  expect(sorted.flat()).toHaveLength(said.length);
  return sorted;
}

test('every block of TypeScript in the README type-checks, and a wrong option in one does not', {
  timeout: 60_000,
}, () => {
  const right = 'versions: 2';
  const wrong = blocks
    .filter((code) => code.includes(right))
    .map((code) => code.replace(right, 'versions: [2]'));
  const said = complaints([...blocks, ...wrong]);
  expect(said.slice(0, blocks.length)).toEqual(blocks.map(() => []));
  expect(said.slice(blocks.length)).toEqual([[expect.stringContaining("'number[]' is not assignable")]]);
});

/** Runs a file of tests by node, which must find `my-transport.js` beside it. @returns what it ended with, and said */
function nodeTest(folder: string, code: string, transport: string): { status: number | null; said: string } {
  const at = join(directory, folder);
  mkdirSync(at);
  writeFileSync(join(at, 'my-transport.js'), transport);
  writeFileSync(join(at, 'mine.test.js'), code);
  const { status, stdout } = spawnSync(
    process.execPath,
    ['--test', '--test-reporter=tap', join(at, 'mine.test.js')],
    {
      encoding: 'utf8',
      // Each failure tells how it was shrunk, by a seed of its own: the usual megabyte may be too little, and ends the run.
      maxBuffer: 1 << 28,
      // Not as a part of whatever runs this test.
      env: { PATH: process.env['PATH'] },
    },
  );
  return { status, said: stdout };
}

test('the block for node:test passes over a sound transport, and names the rule that another breaks', {
  timeout: 60_000,
}, () => {
  const [code] = blocksOf('js') as [string];
  const sound = `
import { memoryPair, VirtualClock } from 'undercoat';
export function myPair() {
  const clock = new VirtualClock();
  return { ...memoryPair(clock), run: () => clock.runUntilIdle() };
}
`;
  // Octets of a write are lost, and are said to be written.
  const lossy = sound.replace(
    'return { ...memoryPair(clock),',
    `const pair = memoryPair(clock);
  const write = pair.left.write.bind(pair.left);
  pair.left.write = (batch) => write(batch.map((range) => ({ ...range, start: Math.min(range.start + 1, range.end) })));
  return { ...pair,`,
  );
  const passed = nodeTest('sound', code, sound);
  expect(passed.said).toMatch(/^# pass [3-9]\d$/m);
  expect(passed).toMatchObject({ status: 0 });
  const failed = nodeTest('lossy', code.replace(/^describe\('h2'.*/ms, ''), lossy);
  expect(failed).toMatchObject({
    status: 1,
    said: expect.stringMatching(/ConformanceFailure|CON-1: right: byte 0/),
  });
});
