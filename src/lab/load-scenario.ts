/**
 * Finds a scenario: by its name, or in a user's file, which may be TypeScript on any version of Node. This file does
 * not know what a scenario says.
 */
import { statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { checkScenario } from './check-scenario.js';
import { exporting, loadModule, moduleEndings } from './load-module.js';
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
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new UsageError(`there is no file ${path}`);
  if (!found.isFile() || !moduleEndings.includes(extname(path))) {
    throw new UsageError(
      `${path} is no module: a scenario is a file that ends in ${moduleEndings.join(', ')}`,
    );
  }
  const scenario = await unlessStalled(loadModule(path), path, endsAt);
  if (scenario === undefined) {
    throw new UsageError(`${path} exports no scenario: ${exporting(path)} defineScenario({ … })`);
  }
  return checkScenario(scenario);
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
