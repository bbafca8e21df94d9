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
import { UsageError } from './usage.js';

/** Scenarios that have a name. */
const named: ReadonlyMap<string, Scenario> = new Map([[standard.name, standard]]);

/**
 * @param reference a name, or a path to a module whose default export is a scenario
 * @throws UsageError when there is none; ScenarioError when it is none; what the module throws
 */
export async function loadScenario(reference: string): Promise<Scenario> {
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
  const module = await importModule(pathToFileURL(path).href);
  if (module.default === undefined) {
    throw new UsageError(`${path} has no default export: export default defineScenario({ … })`);
  }
  return checkScenario(module.default);
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
 * A scenario may lie anywhere: TypeScript is an ES module also where no package.json says so, and where the package is
 * not installed, `undercoat` is the one that runs it.
 */
function resolveFromHere(): void {
  if (isRegistered) return;
  isRegistered = true;
  const hook = `export async function resolve(specifier, context, next) {
    try {
      const found = await next(specifier, context);
      const isTypeScript = /\\.ts($|\\?)/.test(found.url) && !found.url.includes('/node_modules/');
      return isTypeScript && found.format !== 'module' ? { ...found, format: 'module' } : found;
    } catch (error) {
      if (!/^undercoat(\\/|$)/.test(specifier)) throw error;
      return next(specifier, { ...context, parentURL: ${JSON.stringify(import.meta.url)} });
    }
  }`;
  registerHooks(`data:text/javascript,${encodeURIComponent(hook)}`);
}
