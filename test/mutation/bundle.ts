// The test files of a part and all of our code that they load, as one module: importing it under another name loads
// all of it afresh, in some hundredths of a second. This file does not know who runs the tests.
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

/** A test file, and what loads it. */
export type TestFiles = ReadonlyMap<string, () => Promise<unknown>>;

const bundleFile = 'tests-of-part.mjs';
const fewerRuns = fileURLToPath(new URL('./fewer-runs.ts', import.meta.url));

/** Gives everybody `fewer-runs.ts` for fast-check, but for that file itself. */
const withFewerRuns: Plugin = {
  name: 'fewer-runs',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^fast-check$/ }, ({ importer }) =>
      resolve(importer) === fewerRuns ? undefined : { path: fewerRuns },
    );
  },
};

/** Makes the bundle below `root` where there is none yet: of the files whose names begin with one of `prefixes`. */
export async function bundle(root: string, prefixes: readonly string[]): Promise<void> {
  if (existsSync(join(root, bundleFile))) return;
  const entries = testFiles(root, prefixes).map(
    (file) => `[${JSON.stringify(file)}, () => import(${JSON.stringify(file)})]`,
  );
  await build({
    stdin: { contents: `export default [${entries.join(',\n')}];`, resolveDir: root },
    outfile: join(root, bundleFile),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    plugins: [withFewerRuns],
    logLevel: 'error',
  });
}

/** The test files, not yet loaded; with each `generation` none of their code is shared with the one before. */
export async function freshFiles(root: string, generation: number): Promise<TestFiles> {
  const url = `${pathToFileURL(join(root, bundleFile)).href}?generation=${generation}`;
  const { default: files } = (await import(url)) as { default: Iterable<[string, () => Promise<unknown>]> };
  return new Map(files);
}

function testFiles(root: string, prefixes: readonly string[]): string[] {
  return ['unit', 'properties'].flatMap((folder) =>
    readdirSync(join(root, 'test', folder))
      .filter((name) => name.endsWith('.test.ts'))
      .filter((name) => prefixes.some((prefix) => `${folder}/${name}`.startsWith(prefix)))
      .map((name) => join(root, 'test', folder, name)),
  );
}
