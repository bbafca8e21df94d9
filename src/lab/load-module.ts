/**
 * Loads a user's module: JavaScript or TypeScript, an ES module or CommonJS, in any folder and on any version of Node. A
 * name such as `.mts` or `.cjs` says what the file is; of `.ts` and `.js` the syntax does, whatever a package.json says.
 * Where the package is not installed, `undercoat` is the one that runs; to CommonJS it always is. This file does not know what a module is for.
 */
import { readFileSync } from 'node:fs';
import { createRequire, Module, register as registerHooks } from 'node:module';
import { extname } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The endings of what can be loaded. */
export const moduleEndings: readonly string[] = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'];

/** What TypeScript writes for CommonJS only; what is of an ES module unless that is there; what is CommonJS for want of it. */
const assigns = /^\s*(?:import\s+[\w$]+\s*=|export\s*=)/m;
const imports = /^\s*(?:import\b(?!\s*\()|export\b)/m;
const requires = /\brequire\s*\(|\bmodule\.exports\b|\bexports\.[\w$]+\s*=/;

/**
 * @param path an absolute path, with one of `moduleEndings`
 * @returns the default export, or `module.exports`; undefined where there is neither
 * @throws what the module throws
 */
export async function loadModule(path: string): Promise<unknown> {
  goOnHere();
  const { register: registerImport } = await import('tsx/esm/api');
  const unregister = registerImport();
  try {
    return await (isCommon(path) ? exportedBy(path) : importedFrom(path));
  } finally {
    await unregister();
  }
}

/** How a module of this kind says what it is for. */
export function exporting(path: string): string {
  return isCommon(path) ? 'module.exports =' : 'export default';
}

function isCommon(path: string): boolean {
  const ending = extname(path);
  if (ending === '.cts' || ending === '.cjs') return true;
  if (ending === '.mts' || ending === '.mjs') return false;
  const text = readFileSync(path, 'utf8');
  return assigns.test(text) || (!imports.test(text) && requires.test(text));
}

async function importedFrom(path: string): Promise<unknown> {
  const module = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
  return module.default;
}

/** CommonJS that is imported has not all of `require`; so it is required. */
async function exportedBy(path: string): Promise<unknown> {
  for (const [name, entry] of entries) {
    // The kit may want what is not there: then whoever requires it is told.
    if (!ours.has(name))
      await entry()
        .then((module) => ours.set(name, module))
        .catch(() => {});
  }
  const { register: registerRequire } = await import('tsx/cjs/api');
  const unregister = registerRequire();
  try {
    const exported: unknown = own(path);
    if (typeof exported !== 'object' || exported === null) return exported;
    // `export default` in CommonJS that was TypeScript.
    if ('default' in exported && '__esModule' in exported) return exported.default;
    return Object.keys(exported).length === 0 ? undefined : exported;
  } finally {
    unregister();
  }
}

const own = createRequire(import.meta.url);
const isOurs = /^undercoat(?:\/|$)/;
/** Entries of the package as they run here: as CommonJS there would be a second copy, whose errors are others. */
const ours = new Map<string, unknown>();
const entries: readonly (readonly [name: string, entry: () => Promise<unknown>])[] = [
  ['undercoat', () => import('../index.js')],
  ['undercoat/node', () => import('../node.js')],
  ['undercoat/kit', () => import('../kit/index.js')],
];
let isRegistered = false;

/** Once, for all that is loaded: `undercoat` is found from anywhere, and `.ts` and `.js` are what they are written as. */
function goOnHere(): void {
  if (isRegistered) return;
  isRegistered = true;
  const { prototype } = Module;
  const given = prototype.require;
  prototype.require = function (this: NodeJS.Module, name: string): unknown {
    if (!isOurs.test(name)) return given.call(this, name);
    return ours.get(name) ?? given.call(this, own.resolve(name));
  };
  const hook = `import { readFileSync } from 'node:fs';
  const isModule = (url) => {
    if (!/\\.[jt]s$/.test(url)) return false;
    const text = readFileSync(new URL(url), 'utf8');
    return !${assigns}.test(text) && (${imports}.test(text) || (url.endsWith('.ts') && !${requires}.test(text)));
  };
  export async function resolve(specifier, context, next) {
    try {
      const found = await next(specifier, context);
      if (found.format === 'module' || !found.url.startsWith('file:') || found.url.includes('/node_modules/')) return found;
      return isModule(found.url.replace(/\\?.*/, '')) ? { ...found, format: 'module' } : found;
    } catch (error) {
      if (!${isOurs}.test(specifier)) throw error;
      return next(specifier, { ...context, parentURL: ${JSON.stringify(import.meta.url)} });
    }
  }`;
  registerHooks(`data:text/javascript,${encodeURIComponent(hook)}`);
}
