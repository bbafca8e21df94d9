// The cheap part of the museum: every mutation still finds its place and compiles, what the museum says of itself is true,
// and a handful of exhibits is caught, on one stack each. `undercoat museum` runs them all.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { transform } from 'esbuild';
import { describe, expect, it } from 'vitest';
import type { Exhibit, Showing } from './exhibit.js';
import { exhibits, rooms } from './exhibits/index.js';
import { MutationError, mutate } from './mutate.js';
import { type ExhibitReport, runExhibits } from './run.js';
import { mutated, root } from './workshop.js';

const patience = 120_000;
/** One of each room, the quick ones. */
const handful = [
  'overflow-forgotten-by-reset',
  'header-of-another-connection',
  'connection-kept-after-400',
  'queued-twice',
  'ping-flood',
  'padding-of-unwanted-data-lost',
  'accepted-after-the-end',
  'last-byte-not-to-be-had',
];

const lease: Exhibit = {
  id: 'harmless',
  label: 'Nothing is wrong.',
  source: 'ours',
  rules: ['CON-1'],
  mutations: [
    {
      file: 'src/memory/receive-buffer.ts',
      within: 'get pendingBytes(): number {',
      find: 'this.end - this.start',
      replace: 'this.end + 0 - this.start',
    },
  ],
  shown: [{ check: 'receiveByModel', over: ['receive buffer'] }],
};

/** By its first check, over the first of what that is shown on: the rest is for the whole museum. */
function shownOnce(exhibit: Exhibit): Exhibit {
  const [{ check, over }] = exhibit.shown as [Showing];
  return { ...exhibit, shown: [{ check, over: over.slice(0, 1) }] };
}

async function run(...chosen: Exhibit[]): Promise<ExhibitReport[]> {
  return runExhibits(chosen, { seed: 1, jobs: 2 });
}

describe('the exhibits', () => {
  it.each(exhibits.map((exhibit) => [exhibit.id, exhibit] as const))(
    '%s finds its place',
    async (_, exhibit) => {
      expect(exhibit.mutations.length).toBeGreaterThan(0);
      for (const file of new Set(exhibit.mutations.map((it) => it.file))) {
        const { code } = await transform(await mutated(file, exhibit.mutations), { loader: 'ts' });
        expect(code).not.toBe('');
      }
    },
  );

  it('have a name of their own, rules of the rulebook, and somebody who finds them', () => {
    const rulebook = readFileSync(join(root, 'spec/ownership.md'), 'utf8');
    const ids = exhibits.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, rules, label, source, shown } of exhibits) {
      for (const rule of rules) expect(rulebook, `${id} breaks ${rule}`).toContain(`**${rule}`);
      expect(label.length).toBeGreaterThan(30);
      expect(source).not.toBe('');
      expect(shown.length).toBeGreaterThan(0);
    }
  });

  it('break every rule of the rulebook, each of them at least one, and leave no check unused', () => {
    const rulebook = readFileSync(join(root, 'spec/ownership.md'), 'utf8');
    const ruled = [...rulebook.matchAll(/^- \*\*([A-Z]+-\d+)/gm)].map(([, rule]) => rule);
    expect(ruled.length).toBeGreaterThan(30);
    expect([...new Set(exhibits.flatMap(({ rules }) => rules))]).toEqual(expect.arrayContaining(ruled));
    const text = readFileSync(join(root, 'test/museum/checks/index.ts'), 'utf8');
    const list = text.slice(text.indexOf('export const checks = {'));
    const checks = [...list.matchAll(/^ {2}(\w+): /gm)].map(([, name]) => name);
    expect(checks.length).toBeGreaterThan(30);
    expect(new Set(exhibits.flatMap(({ shown }) => shown.map(({ check }) => check)))).toEqual(
      new Set(checks),
    );
  });

  it('are caught, one of each room, by a rule of their label', { timeout: patience }, async () => {
    const chosen = rooms.flatMap((room) => room.filter(({ id }) => handful.includes(id)));
    expect(rooms.map((room) => room.filter(({ id }) => handful.includes(id)).length)).toEqual(
      rooms.map(() => 1),
    );
    for (const report of await run(...chosen.map(shownOnce))) {
      expect(report, report.trials.map(({ message }) => message).join()).toMatchObject({ caught: true });
      expect(report.rules).toContain(report.by);
    }
  });
});

describe('the museum', () => {
  it('lets what is not wrong, and what breaks another rule, survive', { timeout: patience }, async () => {
    const wrong = exhibits.find(({ id }) => id === 'compaction-of-the-wrong-length') as Exhibit;
    const [harmless, mislabelled] = await run(lease, {
      ...shownOnce(wrong),
      id: 'mislabelled',
      rules: ['SCHED-1'],
    });
    expect(harmless).toMatchObject({ caught: false, by: null });
    expect(mislabelled).toMatchObject({ caught: false, by: null });
    expect(mislabelled?.trials[0]?.message).toContain('CON-1');
    // JSON leaves out what is undefined: a survivor says so.
    expect(JSON.parse(JSON.stringify(harmless))).toHaveProperty('by', null);
  });

  it('refuses a mutation that does not find its place, or finds two', () => {
    const text = 'class A {\n  first(): void {\n    go();\n  }\n\n  second(): void {\n    go();\n  }\n}\n';
    const change = { file: 'a.ts', find: 'go();', replace: 'stay();' };
    expect(() => mutate(text, change)).toThrow(MutationError);
    expect(mutate(text, { ...change, within: 'second(): void {' })).toContain(
      'second(): void {\n    stay();',
    );
    expect(() => mutate(text, { ...change, within: 'third(): void {' })).toThrow('found 0 times');
    expect(() => mutate(text, { ...change, find: 'gone();' })).toThrow('found 0 times');
    expect(() =>
      mutate(text, { ...change, find: 'first(): void {\n go();', replace: 'first(): void {\n    go();' }),
    ).toThrow('changes nothing');
  });
});
