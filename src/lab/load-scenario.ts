/**
 * Finds a scenario: by its name, or in a user's file, which may be TypeScript on any version of Node. This file does
 * not know what a scenario says.
 */
import { existsSync } from 'node:fs';
import { register as registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { register as registerTypeScript } from 'tsx/esm/api';
import { checkScenario } from './check-scenario.js';
import type { Scenario } from './scenario.js';
import { standard } from './scenarios/standard.js';
import { StalledError } from './time.js';
import { UsageError } from './usage.js';

/** Scenarios that have a name. */
const named: ReadonlyMap<string, Scenario> = new Map([[standard.name, standard]]);

/**
 * @param reference a name, or a path to a module whose default export is a scenario
 * @param endsAt when the module must have been evaluated, in real time on the scale of `performance.now()`
 * @throws UsageError when there is none; ScenarioError when it is none; StalledError when its module does not end; what
 * the module throws
 */
export async function loadScenario(reference: string, endsAt: number): Promise<Scenario> {
  const known = named.get(reference);
  if (known !== undefined) return checkScenario(known);
  const names = [...named.keys()].join(', ');
  if (!/[\\/]|\.[cm]?[jt]s$/.test(reference)) {
    throw new UsageError(
      `there is no scenario ${reference}; there are ${names}, and paths as ./my-scenario.ts`,
    );
  }
  const path = resolve(reference);
  if (!existsSync(path)) throw new UsageError(`there is no file ${path}`);
  const module = await unlessStalled(importModule(pathToFileURL(path).href), path, endsAt);
  if (module.default === undefined) {
    throw new UsageError(`${path} has no default export: export default defineScenario({ … })`);
  }
  return checkScenario(module.default);
}

/**
 * A module may await what never comes. Then either time passes, or the process has nothing left to do and would end
 * without a word.
 */
async function unlessStalled<T>(loading: Promise<T>, path: string, endsAt: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let giveUp = (): void => {};
  const stalled = new Promise<never>((_resolve, reject) => {
    const fail = (why: string): void => reject(new StalledError(`${path} cannot be loaded: ${why}`));
    giveUp = () => fail('it awaits what never comes');
    timer = setTimeout(() => fail('the time limit has passed'), Math.max(endsAt - performance.now(), 0));
    timer.unref();
    process.once('beforeExit', giveUp);
  });
  try {
    return await Promise.race([loading, stalled]);
  } finally {
    clearTimeout(timer);
    process.off('beforeExit', giveUp);
  }
}

async function importModule(url: string): Promise<{ readonly default?: unknown }> {
  const unregister = registerTypeScript();
  // After TypeScript's, so that its answer can be bettered.
  resolveFromHere();
  try {
    return await import(url);
  } finally {
    await unregister();
  }
}

let isRegistered = false;

/**
 * A scenario may lie anywhere: TypeScript, and JavaScript that imports or exports, is an ES module also where no
 * package.json says so, and where the package is not installed, `undercoat` is the one that runs it.
 */
function resolveFromHere(): void {
  if (isRegistered) return;
  isRegistered = true;
  const hook = `import { readFileSync } from 'node:fs';
  const isModule = (url) => /\\.ts$/.test(url) || (/\\.js$/.test(url) && /^\\s*(import|export)\\b/m.test(readFileSync(new URL(url), 'utf8')));
  export async function resolve(specifier, context, next) {
    try {
      const found = await next(specifier, context);
      if (found.format === 'module' || !found.url.startsWith('file:') || found.url.includes('/node_modules/')) return found;
      return isModule(found.url.replace(/\\?.*/, '')) ? { ...found, format: 'module' } : found;
    } catch (error) {
      if (!/^undercoat(\\/|$)/.test(specifier)) throw error;
      return next(specifier, { ...context, parentURL: ${JSON.stringify(import.meta.url)} });
    }
  }`;
  registerHooks(`data:text/javascript,${encodeURIComponent(hook)}`);
}
