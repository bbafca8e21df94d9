// Charts and coverage read the same rows as the dispatcher.
import { describe, expect, test } from 'vitest';
import { MisuseError } from '../../src/errors.js';
import { chartPage, defineTable, Machine, mermaid, RowCoverage, row } from '../../src/machine/index.js';
import { Owner } from '../../src/memory/owner.js';

interface Door {
  readonly locked: boolean;
}

const door = defineTable<Door>()({
  name: 'door',
  title: 'The door',
  states: ['shut', 'open', 'gone'] as const,
  events: ['push', 'pull', 'lift'] as const,
  initial: 'shut',
  guards: { locked: (context) => context.locked },
  rows: [
    row('shut', 'push', 'shut', { guard: 'locked', cites: 'WS-2' }),
    row('shut', 'push', 'open', { cites: 'LAY-3', acts: ['lend room', 'release key?'] }),
    row('open', 'pull', 'shut', { cites: 'OWN-2, RFC 9112 §9.6' }),
    row('open', 'lift', 'gone', { cites: 'RFC 9112 §9.6' }),
  ],
});
const other = defineTable()({
  name: 'other',
  states: ['a'] as const,
  events: ['go'] as const,
  initial: 'a',
  rows: [row('a', 'go', 'a', { cites: 'LAY-3' })],
});
const owner = new Owner('session', 'door', 1);

test('the chart names the start, every row with its guard, and the end', () => {
  expect(mermaid(door).split('\n')).toEqual([
    'stateDiagram-v2',
    '  [*] --> shut',
    '  shut --> shut: push [locked]',
    '  shut --> open: push',
    '  open --> shut: pull',
    '  open --> gone: lift',
    '  gone --> [*]',
  ]);
});

test('a hyphen in the name of a state does not become an arrow', () => {
  const table = defineTable()({
    name: 'pipe',
    states: ['open', 'half-closed-local'],
    events: ['end'],
    initial: 'open',
    rows: [row('open', 'end', 'half-closed-local', { cites: 'LAY-3' })],
  });
  expect(mermaid(table).split('\n')).toEqual([
    'stateDiagram-v2',
    '  state "half-closed-local" as half_closed_local',
    '  [*] --> open',
    '  open --> half_closed_local: end',
    '  half_closed_local --> [*]',
  ]);
  const name: 'open' | 'half-closed-local' = new Machine(table, owner, null).stateName;
  expect(name).toBe('open');
});

test('the page has the title, the chart and one line a row', () => {
  const page = chartPage(door);
  expect(page.startsWith('# The door\n\n```mermaid\nstateDiagram-v2\n')).toBe(true);
  expect(page).toContain('\n| shut | push | locked | shut |  | WS-2 |\n');
  expect(page).toContain('\n| shut | push |  | open | lend room, release key? | LAY-3 |\n');
  expect(page.endsWith('| open | lift |  | gone |  | RFC 9112 §9.6 |\n')).toBe(true);
  expect(chartPage(other).split('\n')).toEqual([
    '# other',
    '',
    '```mermaid',
    'stateDiagram-v2',
    '  [*] --> a',
    '  a --> a: go',
    '```',
    '',
    '| from | event | guard | to | acts | cites |',
    '|---|---|---|---|---|---|',
    '| a | go |  | a |  | LAY-3 |',
    '',
  ]);
});

describe('row coverage', () => {
  test('counts the rows that were taken and names the others', () => {
    const coverage = new RowCoverage([door, other]);
    const machine = new Machine(door, owner, coverage);
    machine.take(door.event.push, { locked: true });
    machine.take(door.event.push, { locked: true });
    machine.take(door.event.push, { locked: false });
    expect(coverage.counts()).toEqual({ door: [2, 1, 0, 0], other: [0] });
    expect(coverage.report()).toEqual([
      { name: 'door', rows: 4, taken: 2, missing: ['open --pull--> shut', 'open --lift--> gone'] },
      { name: 'other', rows: 1, taken: 0, missing: ['a --go--> a'] },
    ]);
  });

  test('adds up what several collectors saw', () => {
    const total = new RowCoverage([door, other]);
    total.add({ door: [1, 0, 0, 2], other: [1] });
    total.add({ door: [1, 0, 1, 0] });
    expect(total.counts()).toEqual({ door: [2, 0, 1, 2], other: [1] });
    expect(total.report()[0]?.missing).toEqual(['shut --push--> open']);
  });

  test('refuses tables that it was not given', () => {
    const coverage = new RowCoverage([other]);
    const machine = new Machine(door, owner, coverage);
    const code = (call: () => unknown) => {
      try {
        call();
      } catch (error) {
        return error instanceof MisuseError ? `${error.code} ${error.cites}` : error;
      }
      return 'nothing';
    };
    expect(code(() => machine.take(door.event.push, { locked: false }))).toBe('unknown-table LAY-3');
    expect(code(() => coverage.add({ door: [1, 1, 1, 1] }))).toBe('unknown-table LAY-3');
    expect(code(() => coverage.add({ other: [1, 1] }))).toBe('unknown-table LAY-3');
    expect(code(() => new RowCoverage([other, door, { ...other } as never]))).toBe('bad-table LAY-3');
    expect(code(() => new RowCoverage([other, door]))).toBe('nothing');
  });
});
