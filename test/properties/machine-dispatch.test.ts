// The dispatcher against typescript-fsm: on random tables and random walks both give the same answers. And,
// where the library has nothing to compare with: of several guarded rows the first whose guard holds is taken.
import * as fc from 'fast-check';
import { StateMachine } from 'typescript-fsm';
import { expect, test } from 'vitest';
import {
  defineTable,
  Machine,
  type MachineObserver,
  type Row,
  row,
  rowName,
} from '../../src/machine/index.js';
import { Owner } from '../../src/memory/owner.js';

const owner = new Owner('session', 'walk', 1);
const cites = 'LAY-3';

/** Rows by (from, event) index, first one wins; made into a table that reaches all its states. */
interface Recipe {
  readonly states: number;
  readonly events: number;
  readonly rows: readonly { readonly from: number; readonly event: number; readonly to: number }[];
}

const recipes: fc.Arbitrary<Recipe> = fc
  .record({ states: fc.integer({ min: 1, max: 8 }), events: fc.integer({ min: 1, max: 6 }) })
  .chain(({ states, events }) =>
    fc.record({
      states: fc.constant(states),
      events: fc.constant(events),
      rows: fc.uniqueArray(
        fc.record({ from: fc.nat(states - 1), event: fc.nat(events - 1), to: fc.nat(states - 1) }),
        { minLength: 1, maxLength: 30, selector: (r) => `${r.from} ${r.event}` },
      ),
    }),
  );

/** The part of a recipe that can be reached from its first row's state; every row of it is then in order. */
function reachable({ rows }: Recipe): Recipe['rows'] {
  const reached = new Set([rows[0]?.from]);
  for (const state of reached) for (const r of rows) if (r.from === state) reached.add(r.to);
  return rows.filter((r) => reached.has(r.from));
}

function build(recipe: Recipe) {
  const used = reachable(recipe);
  const rows: Row<string, string, never>[] = used.map((r) =>
    row(`s${r.from}`, `e${r.event}`, `s${r.to}`, { cites }),
  );
  const initial = rows[0]?.transition.fromState as string;
  const states = [...new Set(rows.flatMap(({ transition }) => [transition.fromState, transition.toState]))];
  const events = [...new Set(rows.map(({ transition }) => transition.event))];
  return defineTable()({
    name: 'random',
    states,
    events,
    initial,
    rows: rows as Row<string, string, never>[],
  });
}

test('LAY-3: can, next state and isFinal agree with typescript-fsm at every step of a walk', () => {
  let taken = 0;
  let refused = 0;
  let ended = 0;
  fc.assert(
    fc.property(recipes, fc.array(fc.nat(1000), { maxLength: 60 }), (recipe, walk) => {
      const table = build(recipe);
      const shown: string[] = [];
      const observer: MachineObserver = {
        took: (machine, index) => shown.push(rowName(machine.table.rows[index] as Row)),
      };
      const ours = new Machine(table, owner, observer);
      let state = table.states[table.initial] as string;
      const library = () =>
        new StateMachine<string, string>(
          state,
          table.rows.map(({ transition }) => ({ ...transition })),
        );
      for (const pick of walk) {
        const theirs = library();
        expect(ours.isFinal()).toBe(theirs.isFinal());
        for (const [index, event] of table.events.entries()) expect(ours.can(index)).toBe(theirs.can(event));
        const index = pick % table.events.length;
        const next = theirs.getNextState(table.events[index] as string);
        expect(ours.step(index)).toBe(next !== undefined);
        expect(shown.splice(0)).toEqual(
          next === undefined ? [] : [`${state} --${table.events[index]}--> ${next}`],
        );
        if (next === undefined) refused++;
        else taken++;
        state = next ?? state;
        expect(ours.stateName).toBe(state);
      }
      if (ours.isFinal()) ended++;
    }),
    { numRuns: 200 },
  );
  // A walk that never moves, never is refused or never ends would hold the dispatcher to nothing.
  expect(Math.min(taken, refused, ended)).toBeGreaterThan(0);
});

test('LAY-3: of several rows of one state and event the first whose guard holds is taken, else none', () => {
  const outcomes = new Set<string>();
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.boolean(),
      fc.array(fc.nat(63), { minLength: 1, maxLength: 20 }),
      (guarded, fallback, contexts) => {
        const names = Array.from({ length: guarded }, (_, i) => `g${i}`);
        const guards = Object.fromEntries(
          names.map((name, i) => [name, (bits: number) => ((bits >> i) & 1) === 1]),
        );
        const rows: Row[] = names.map((guard, i) => row('start', 'go', `end${i}`, { cites, guard }));
        if (fallback) rows.push(row('start', 'go', 'other', { cites }));
        const states = ['start', ...rows.map(({ transition }) => transition.toState)];
        const table = defineTable<number>()({
          name: 'guarded',
          states,
          events: ['go'] as string[],
          initial: 'start',
          guards,
          rows,
        });
        for (const bits of contexts) {
          const first = names.findIndex((_, i) => ((bits >> i) & 1) === 1);
          const expected = first >= 0 ? `end${first}` : fallback ? 'other' : 'start';
          const machine = new Machine(table, owner, null);
          expect(machine.can(0, bits)).toBe(expected !== 'start');
          expect(machine.stateName).toBe('start');
          expect(machine.step(0, bits)).toBe(expected !== 'start');
          expect(machine.stateName).toBe(expected);
          outcomes.add(expected.replace(/\d/, ''));
        }
      },
    ),
    { numRuns: 100 },
  );
  expect([...outcomes].sort()).toEqual(['end', 'other', 'start']);
});
