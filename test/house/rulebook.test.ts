// The rulebook as it is written and as it is used: every rule of spec/ownership.md says why, what sees a breach, for which
// stack, and which checks it has; every check that it lists is there, runs, and is named by it; every test of a property and
// every case of the kit is named by a rule, and files that use a model name one; and no rule is cited anywhere that is not there.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { carriedConformance } from '../../src/kit/conformance/carried.js';
import type { ConformanceCase } from '../../src/kit/conformance/case.js';
import { sessionConformance } from '../../src/kit/conformance/session.js';
import { stackConformance } from '../../src/kit/conformance/stack.js';
import { transportConformance } from '../../src/kit/conformance/transport.js';
import { workspaceConformance } from '../../src/kit/conformance/workspace.js';
import { h1Stack, h2Stack } from '../../src/kit/stack-under-test.js';
import { checkedRules } from '../../src/lab/check/rules.js';
import { BumpWorkspace } from '../../src/memory/index.js';
import { firstStrings, writtenTests } from '../support/written-tests.js';

const identifier = /\b(?:WS|OWN|CON|WIRE|WORK|SCHED|LAY)-\d+\b/g;
const ruleForm = /^- \*\*((?:WS|OWN|CON|WIRE|WORK|SCHED|LAY)-\d+) [^*]+\*\*/;
const caseForm = /^((?:WS|OWN|CON|WIRE|WORK|SCHED|LAY)-\d+)(, (?:WS|OWN|CON|WIRE|WORK|SCHED|LAY)-\d+)*: \S/;

interface Rule {
  readonly id: string;
  readonly text: string;
  readonly isForEveryStack: boolean;
  readonly checks: readonly string[];
}

const rules: readonly Rule[] = readFileSync('spec/ownership.md', 'utf8')
  .split(/\n(?=- \*\*|## )/)
  .flatMap((block) => {
    const id = ruleForm.exec(block)?.[1];
    if (id === undefined) return [];
    const text = block.replace(/\s+/g, ' ');
    const [, listed = ''] = text.split('_Checks:_');
    const checks = [...listed.matchAll(/`([^`]+)`/g)].map(([, path]) => path as string);
    return [{ id, text, checks, isForEveryStack: text.includes('_For:_ every stack') }];
  });
const known = new Set(rules.map(({ id }) => id));

/** What makes a failure under a rule that it is given first. */
const checkers =
  /^(assert|broken|violate|demand|propertyCase|piped|plain|require(That|Equal|Repeated|Contained|NoneThrown)|PropertyFailure|ConformanceFailure)$/;

/** Files of checks that are run over every stack: in the property set, in simulated runs, or beneath both. */
const overEveryStack =
  /^src\/kit\/(properties|simulation)\/|^src\/kit\/conformance\/stack\.ts$|^src\/kit\/(run-connection|exchange-record|owed-bytes)\.ts$|^test\/properties\/(simulation|stacks|composed-runs)\.test\.ts$/;

const never = (): never => {
  throw new Error('only the names of the cases are looked at');
};
const suites: Readonly<Record<string, readonly ConformanceCase[]>> = {
  transportConformance: transportConformance(never, { halfClose: true, reset: true, holds: 0 }),
  sessionConformance: sessionConformance({
    name: 'any',
    make: never,
    conversation: fc.constant(new Uint8Array(0)),
    telling: [0],
    roomyBytes: 1,
    handsOn: true,
  }),
  workspaceConformance: workspaceConformance(BumpWorkspace),
  stackConformance: [h1Stack(), h2Stack(), h1Stack({ maxBodyBytes: 20 })].flatMap((it) =>
    stackConformance(it),
  ),
  carriedConformance: carriedConformance(h1Stack(), never),
};

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file));
}

function identifiers(texts: readonly (string | undefined)[]): string[] {
  return texts.flatMap((text) => text?.match(identifier) ?? []);
}

/** The rules of each test of a file: by its title, those of its groups, or the cases of the kit that it runs. */
function rulesOfTests(code: string): { readonly title: string; readonly rules: readonly string[] }[] {
  return writtenTests(code).map(({ titles, casesOf }) => {
    const cases = titles.at(-1) === undefined ? (suites[casesOf ?? ''] ?? []) : [];
    return { title: titles.join(' > '), rules: identifiers([...titles, ...cases.map(({ name }) => name)]) };
  });
}

const named = new Map<string, ReadonlySet<string>>();

/** By what a file says it checks: its tests that run, or where the kit checks, whatever makes a failure. */
function namedIn(file: string): ReadonlySet<string> {
  let ids = named.get(file);
  if (ids === undefined) {
    ids = readNames(file);
    named.set(file, ids);
  }
  return ids;
}

function readNames(file: string): ReadonlySet<string> {
  const code = readFileSync(file, 'utf8');
  if (file.startsWith('test')) return new Set(rulesOfTests(code).flatMap((it) => it.rules));
  const said = firstStrings(code).filter(({ called }) => checkers.test(called));
  const [, suite] = /conformance\/(session|workspace|stack|transport)\.ts$/.exec(file) ?? [];
  const cases = suites[`${suite}Conformance`] ?? [];
  return new Set(identifiers([...said.map(({ text }) => text), ...cases.map(({ name }) => name)]));
}

/** A model may be made of several files. */
function isPartOfAnother(file: string, models: readonly string[]): boolean {
  const name = `./${basename(file, '.ts')}.js`;
  return models.some((other) => readFileSync(other, 'utf8').includes(`from '${name}'`));
}

describe('the rulebook', () => {
  test('every rule stands there once', () => {
    expect(rules.length).toBeGreaterThanOrEqual(39);
    expect(known.size).toBe(rules.length);
  });

  test.each(rules.map(({ id, text }) => [id, text]))(
    '%s says why, what sees a breach, and for which stack',
    (_, text) => {
      for (const part of ['_Why:_', '_Seen by:_', '_For:_', '_Checks:_']) expect(text).toContain(part);
    },
  );

  test.each(rules.map(({ id, checks, isForEveryStack }) => [id, checks, isForEveryStack] as const))(
    '%s has checks, which are named by it and are run where it says',
    (id, checks, isForEveryStack) => {
      expect(checks).not.toEqual([]);
      for (const file of checks) expect([...namedIn(file)], file).toContain(id);
      if (isForEveryStack) expect(checks.some((file) => overEveryStack.test(file))).toBe(true);
    },
  );

  test('no test is named by a rule that is not there', () => {
    for (const file of [...sources('test'), ...sources('src/kit')]) {
      for (const id of namedIn(file)) expect(known, `${id} in ${file}`).toContain(id);
    }
  });

  test('no rule is cited in src/ that is not there', () => {
    for (const file of sources('src')) {
      for (const id of readFileSync(file, 'utf8').match(identifier) ?? []) {
        expect(known, `${id} in ${file}`).toContain(id);
      }
    }
  });

  test('no campaign asserts a rule that is not there', () => {
    expect(checkedRules.filter((id) => !known.has(id))).toEqual([]);
  });

  test('every test of properties is named by a rule, or runs cases of the kit', () => {
    for (const file of sources('test/properties').filter((it) => it.endsWith('.test.ts'))) {
      const found = rulesOfTests(readFileSync(file, 'utf8'));
      expect(found, file).not.toEqual([]);
      expect(
        found.filter((it) => it.rules.length === 0).map(({ title }) => title),
        file,
      ).toEqual([]);
    }
  });

  test('a file of tests that uses a model names a rule, and every model is used', () => {
    const used = new Set<string>();
    for (const file of sources('test')) {
      const models = [...readFileSync(file, 'utf8').matchAll(/from '(?:\.\.\/)+(models\/[^']+)\.js'/g)];
      for (const [, model] of models) used.add(`${model}.ts`);
      if (models.length > 0 && file.endsWith('.test.ts')) expect([...namedIn(file)], file).not.toEqual([]);
    }
    const models = sources('models').filter((file) => !file.startsWith(join('models', 'composed')));
    expect(models.filter((file) => !used.has(file) && !isPartOfAnother(file, models))).toEqual([]);
  });

  test.each(Object.entries(suites))('every case of %s begins with the rules that it checks', (_, cases) => {
    expect(cases).not.toEqual([]);
    for (const { name } of cases) {
      expect(name).toMatch(caseForm);
      expect(identifiers([name]).filter((id) => !known.has(id))).toEqual([]);
    }
  });

  test('a test that is skipped, planned or commented out is none, and one without a rule is found', () => {
    const code = `
      // test('WS-1: not there', () => {});
      test.skip('WS-2: skipped', () => {});
      it.todo('WS-3: planned');
      describe.skip('WS-4: all of them', () => { test('skipped with the others', () => {}); });
      describe('WS-5: a group', () => { test.each([1])('%s', () => {}); });
      describe.each(stacks)('$name', () => { for (const { name, run } of carriedConformance(s, p)) it(name, run); });
      test('nameless', () => { expect('WS-6').toBe('WS-6'); });`;
    const ofCases = identifiers((suites['carriedConformance'] ?? []).map(({ name }) => name));
    expect(rulesOfTests(code).map((it) => it.rules)).toEqual([['WS-5'], ofCases, []]);
  });
});

test('LAY-1: the core is compiled without a platform, and imports are held to their direction', () => {
  const core = JSON.parse(readFileSync('test/house/tsconfig.core.json', 'utf8'));
  expect(core.compilerOptions.types).toEqual([]);
  expect(core.compilerOptions.lib.join()).not.toMatch(/dom/i);
  for (const folder of ['memory', 'machine', 'session', 'stream'])
    expect(core.include.join()).toContain(folder);
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
  expect(scripts.check).toContain('check:*');
  expect(scripts['check:imports']).toContain('depcruise');
  expect(scripts['check:core']).toContain('tsconfig.core.json');
});
