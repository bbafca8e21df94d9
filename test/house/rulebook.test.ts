// The rulebook as it is written and as it is used: every rule of spec/ownership.md says why, what sees a breach and which
// checks it has; every check that it lists is named by it; every test of a property is named by a rule; and no rule is cited
// anywhere that is not there.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const identifier = /\b(?:WS|OWN|CON|WIRE|WORK|SCHED|LAY)-\d+\b/g;
const ruleForm = /^- \*\*((?:WS|OWN|CON|WIRE|WORK|SCHED|LAY)-\d+) [^*]+\*\*/;

interface Rule {
  readonly id: string;
  readonly text: string;
  readonly checks: readonly string[];
}

const rules: readonly Rule[] = readFileSync('spec/ownership.md', 'utf8')
  .split(/\n(?=- \*\*|## )/)
  .flatMap((block) => {
    const id = ruleForm.exec(block)?.[1];
    if (id === undefined) return [];
    const text = block.replace(/\s+/g, ' ');
    const [, listed = ''] = text.split('_Checks:_');
    return [{ id, text, checks: [...listed.matchAll(/`([^`]+)`/g)].map(([, path]) => path as string) }];
  });
const known = new Set(rules.map(({ id }) => id));

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file));
}

/** Titles of tests and of groups of tests, as they stand in the text. */
function titles(code: string): string[] {
  const calls =
    /\b(?:test|it|describe)(?:\.\w+(?:\((?:[^()]|\([^()]*\))*\))?)*\(\s*(?:'([^'\n]*)'|`([^`]*)`|"([^"\n]*)")/g;
  return [...code.matchAll(calls)].map(([, single, back, double]) => single ?? back ?? double ?? '');
}

/** By what a file says it checks: its titles, or where the kit checks, every string that is or begins with a rule. */
function namedIn(file: string): Set<string> {
  const code = readFileSync(file, 'utf8');
  const texts = file.startsWith('src')
    ? [...code.matchAll(/['"`]([^'"`\n]*)['"`]/g)].map(([, it]) => it ?? '')
    : titles(code);
  return new Set(texts.flatMap((text) => text.match(identifier) ?? []));
}

describe('the rulebook', () => {
  test('every rule stands there once', () => {
    expect(rules.length).toBeGreaterThanOrEqual(38);
    expect(known.size).toBe(rules.length);
  });

  test.each(rules.map(({ id, text }) => [id, text]))('%s says why, and what sees a breach', (_, text) => {
    for (const part of ['_Why:_', '_Seen by:_', '_Checks:_']) expect(text).toContain(part);
  });

  test.each(rules.map(({ id, checks }) => [id, checks] as const))(
    '%s has checks, which are named by it',
    (id, checks) => {
      expect(checks).not.toEqual([]);
      for (const file of checks) expect([...namedIn(file)], file).toContain(id);
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

  test('every test of properties is named by a rule, or runs cases of the kit, which are', () => {
    for (const file of sources('test/properties').filter((it) => it.endsWith('.test.ts'))) {
      const ofKit = /from '[^']*\/kit\/(conformance|properties|simulation)\//.test(
        readFileSync(file, 'utf8'),
      );
      expect(ofKit || namedIn(file).size > 0, file).toBe(true);
    }
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
