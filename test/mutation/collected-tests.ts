// Tests as vitest's own runner collects them, to be run one by one and as often as wanted in this process. This file
// knows vitest, and does not know what the tests are run for.
import { relative } from 'node:path';
import {
  collectTests,
  getFn,
  getHooks,
  type Suite,
  type Test,
  type VitestRunner,
  type VitestRunnerConfig,
} from '@vitest/runner';
import type { TestFiles } from './bundle.js';

/** A test: where it is, what it is called, and how it is run. */
export interface Collected {
  /** File and full name, unique in the part. */
  readonly id: string;
  readonly name: string;
  readonly file: string;
  /** Rejects if the test, or a hook around it, fails. */
  run(): Promise<void>;
}

const config: VitestRunnerConfig = {
  root: process.cwd(),
  setupFiles: [],
  name: undefined,
  passWithNoTests: false,
  testNamePattern: undefined,
  allowOnly: false,
  sequence: { seed: 0, hooks: 'stack', setupFiles: 'list' },
  chaiConfig: undefined,
  maxConcurrency: 1,
  // Whoever runs a test limits its time.
  testTimeout: 0,
  hookTimeout: 0,
  retry: 0,
  includeTaskLocation: false,
  tags: [],
  tagsFilter: undefined,
  strictTags: false,
};

/** Loads test files and gives their tests. @throws what a file throws */
export async function collect(root: string, files: TestFiles, seed: number): Promise<Collected[]> {
  provide({ seed });
  const runner: VitestRunner = {
    config: { ...config, root },
    importFile: (path) => files.get(path)?.(),
    // Its caller says what is timed, and gives the work last.
    trace: <T>(_name: string, ...rest: readonly unknown[]) => (rest.at(-1) as () => T)(),
  };
  const names = new Map<string, number>();
  const found: Collected[] = [];
  for (const file of await collectTests([...files.keys()], runner)) {
    if (file.result?.state === 'fail') throw new Error(`${file.name}: ${file.result.errors?.[0]?.message}`);
    for (const test of testsOf(file)) {
      if (test.mode !== 'run' && test.mode !== 'queued') continue;
      const name = fullName(test);
      const key = `${relative(root, file.filepath)}#${name}`;
      const times = (names.get(key) ?? 0) + 1;
      names.set(key, times);
      found.push({
        id: times === 1 ? key : `${key} (${times})`,
        name,
        file: file.filepath,
        run: () => runOne(test),
      });
    }
  }
  return found;
}

/** What `inject` and `expect` of vitest look up: outside of its workers nobody else provides it. */
function provide(context: Readonly<Record<string, unknown>>): void {
  Object.defineProperty(globalThis, '__vitest_worker__', {
    value: { config, providedContext: context, filepath: undefined },
    configurable: true,
  });
}

function testsOf(suite: Suite): Test[] {
  return suite.tasks.flatMap((task) => (task.type === 'suite' ? testsOf(task) : [task]));
}

function fullName(test: Test): string {
  const names = [test.name];
  for (let suite = test.suite; suite !== undefined; suite = suite.suite) names.unshift(suite.name);
  return names.join(' ').trim();
}

/** The test amid its hooks, outermost first, and in the opposite order after it. */
async function runOne(test: Test): Promise<void> {
  const suites: Suite[] = [];
  for (let suite = test.suite; suite !== undefined; suite = suite.suite) suites.unshift(suite);
  suites.unshift(test.file);
  for (const suite of suites) for (const hook of getHooks(suite).beforeEach) await hook(test.context, suite);
  try {
    await getFn(test)();
  } finally {
    for (const suite of suites.toReversed())
      for (const hook of getHooks(suite).afterEach) await hook(test.context, suite);
  }
}
