// The test files of a part and all of our code that they load, as one script that is compiled once: running it again
// loads all of it afresh, and nothing holds on to what was loaded before. This file does not know who runs the tests.
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { build, type Plugin } from 'esbuild';

/** A test file, and what loads it. */
export type TestFiles = ReadonlyMap<string, () => Promise<unknown>>;

const fewerRuns = fileURLToPath(new URL('./fewer-runs.ts', import.meta.url));
const key = 'undercoat.mutation.packages';

/** What is not ours is loaded once, and found here by the script. */
const packages = new Map<string, Readonly<Record<string, unknown>>>();
Reflect.set(globalThis, Symbol.for(key), packages);

/** Makes a module of each package that gives what is held of it; for fast-check everybody gets `fewer-runs.ts`. */
const heldPackages: Plugin = {
  name: 'held-packages',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^[^./]/ }, ({ path, importer }) =>
      path === 'fast-check' && resolve(importer) !== fewerRuns
        ? { path: fewerRuns }
        : { path, namespace: 'package' },
    );
    onLoad({ filter: /^/, namespace: 'package' }, async ({ path }) => {
      const held = (await import(path)) as Readonly<Record<string, unknown>>;
      packages.set(path, held);
      const names = Object.keys(held).filter((name) => /^[\w$]+$/.test(name));
      const given = names.map((name, i) => `const _${i} = held.${name}; export { _${i} as ${name} };`);
      const found = `const held = globalThis[Symbol.for(${JSON.stringify(key)})].get(${JSON.stringify(path)});`;
      return { contents: [found, ...given].join('\n') };
    });
  },
};

/**
 * Bundles the files below `root` whose names begin with one of `prefixes`.
 *
 * @returns what loads them: none of their code is shared with what was loaded before
 */
export async function bundle(root: string, prefixes: readonly string[]): Promise<() => TestFiles> {
  const entries = testFiles(root, prefixes).map(
    (file) => `[${JSON.stringify(file)}, () => import(${JSON.stringify(file)})]`,
  );
  const { outputFiles } = await build({
    stdin: { contents: `export default [${entries.join(',\n')}];`, resolveDir: root },
    write: false,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    plugins: [heldPackages],
    logLevel: 'error',
  });
  // A function that is made anew with each run: what one that is called again makes is optimised less.
  const script = new Script(`(module) => {${outputFiles[0]?.text}}`);
  return () => {
    const module: { exports?: { default: Iterable<[string, () => Promise<unknown>]> } } = {};
    (script.runInThisContext() as (into: typeof module) => void)(module);
    return new Map(module.exports?.default);
  };
}

function testFiles(root: string, prefixes: readonly string[]): string[] {
  return ['unit', 'properties'].flatMap((folder) =>
    readdirSync(join(root, 'test', folder))
      .filter((name) => name.endsWith('.test.ts'))
      .filter((name) => prefixes.some((prefix) => `${folder}/${name}`.startsWith(prefix)))
      .map((name) => join(root, 'test', folder, name)),
  );
}
