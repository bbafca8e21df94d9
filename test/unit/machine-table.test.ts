// What a table refuses when it is defined, and what a machine does with a good one.
import { describe, expect, test } from 'vitest';
import { MisuseError } from '../../src/errors.js';
import { defineTable, Machine, type MachineObserver, row, rowName } from '../../src/machine/index.js';
import { Owner } from '../../src/memory/owner.js';

interface Light {
  readonly lumen: number;
}

const cites = 'LAY-3';
const owner = new Owner('session', 'lamp', 1);

const lamp = defineTable<Light>()({
  name: 'lamp',
  states: ['off', 'dim', 'bright', 'broken'] as const,
  events: ['press', 'drop'] as const,
  initial: 'off',
  guards: { strong: (light) => light.lumen > 100, weak: (light) => light.lumen > 10 },
  rows: [
    row('off', 'press', 'bright', { guard: 'strong', cites, acts: ['lend power', 'release dark?'] }),
    row('off', 'press', 'dim', { guard: 'weak', cites }),
    row('dim', 'press', 'off', { cites: 'RFC 9112 §2.2' }),
    row('bright', 'press', 'dim', { guard: 'weak', cites }),
    row('bright', 'press', 'off', { cites }),
    row('dim', 'drop', 'broken', { cites: 'OWN-2, RFC 9112 §9.6' }),
  ],
});

const light = (lumen: number): Light => ({ lumen });

function refusal(define: () => unknown): MisuseError {
  try {
    define();
  } catch (error) {
    if (error instanceof MisuseError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

// Tables as a caller without types could write them.
const loose = defineTable() as unknown as (definition: Record<string, unknown>) => unknown;
const two = { name: 'two', states: ['a', 'b'], events: ['go'], initial: 'a' };
const go = row('a', 'go', 'b', { cites });

describe('a table is refused when', () => {
  test.each<[string, Record<string, unknown>, RegExp]>([
    ['a state cannot be reached', { states: ['a', 'b', 'c'] }, /state c cannot be reached from a/],
    [
      'a state is reached from itself only',
      { states: ['a', 'b', 'c'], rows: [go, row('c', 'go', 'c', { cites })] },
      /state c cannot be reached from a/,
    ],
    ['there are more rows than 16 bits count', { rows: new Array(0x7ff1).fill(go) }, /more than 32752 rows/],
    ['one of as many rows as there may be is wrong', { rows: new Array(0x7ff0).fill(go) }, /stands there/],
    ['an event is used by no row', { events: ['go', 'stop'] }, /no row has event stop/],
    ['a guard is used by no row', { guards: { never: () => false } }, /no row has guard never/],
    ['the initial state is unknown', { initial: 'z' }, /initial state z is not declared/],
    ['a state is declared twice', { states: ['a', 'b', 'a'] }, /state a is declared twice/],
    ['an event is declared twice', { events: ['go', 'go'] }, /event go is declared twice/],
    ['a name is no identifier', { states: ['a', 'b', 'half closed'] }, /"half closed" is not a word/],
    ['the name of the table is none', { name: 'Two Words' }, /lower case/],
    ['the name of the table ends in what is none', { name: 'two!' }, /lower case/],
    ['a part of the name of the table is none', { name: 'two-_' }, /lower case/],
    ['a row starts in an unknown state', { rows: [go, row('z', 'go', 'b', { cites })] }, /state z is not/],
    ['a row ends in an unknown state', { rows: [go, row('b', 'go', 'z', { cites })] }, /state z is not/],
    ['a row has an unknown event', { rows: [go, row('b', 'fly', 'b', { cites })] }, /event fly is not/],
    [
      'a row has an unknown guard',
      { rows: [row('a', 'go', 'b', { cites, guard: 'toString' })] },
      /guard toStr/,
    ],
    ['a row stands there twice', { rows: [go, row('a', 'go', 'a', { cites })] }, /stands there twice/],
    [
      'a guarded row stands there twice',
      {
        guards: { ok: () => true },
        rows: [row('a', 'go', 'b', { cites, guard: 'ok' }), row('a', 'go', 'a', { cites, guard: 'ok' })],
      },
      /stands there twice/,
    ],
    [
      'an unguarded row hides a later one',
      { guards: { ok: () => true }, rows: [go, row('a', 'go', 'a', { cites, guard: 'ok' })] },
      /hidden by an unguarded row/,
    ],
  ])('%s', (_, change, message) => {
    expect(() => loose({ ...two, rows: [go] })).not.toThrow();
    const error = refusal(() => loose({ ...two, rows: [go], ...change }));
    expect(error.code).toBe('bad-table');
    expect(error.cites).toBe('LAY-3');
    expect(error.message).toMatch(message);
  });

  test.each([
    '',
    'RFC 9112',
    'RFC §3',
    'BUG-1',
    'LAY-3 and more',
    'see LAY-3',
    'https://example.org',
    'proxy-protocol.txt',
  ])('a row cites "%s"', (citation) => {
    const untyped = row as unknown as (...args: unknown[]) => unknown;
    const error = refusal(() => untyped('a', 'go', 'b', { cites: citation }));
    expect([error.code, error.cites]).toEqual(['bad-table', 'LAY-3']);
  });

  test.each(['grab body', 'release', 'release ', 'release  ', 'release ?'])('a row acts "%s"', (act) => {
    const untyped = row as unknown as (...args: unknown[]) => unknown;
    const error = refusal(() => untyped('a', 'go', 'b', { cites, acts: [act] }));
    expect([error.code, error.cites]).toEqual(['bad-table', 'OWN-2']);
  });

  test('states, events and guards are held to their declaration by the compiler', () => {
    // Never called: that each line is an error for the compiler is the assertion.
    const wrong = () => {
      // @ts-expect-error the state is not declared
      defineTable()({ ...typed, rows: [row('z', 'go', 'b', { cites })] });
      // @ts-expect-error the event is not declared
      defineTable()({ ...typed, rows: [row('a', 'fly', 'b', { cites })] });
      // @ts-expect-error the guard is not declared
      defineTable()({ ...typed, rows: [row('a', 'go', 'b', { cites, guard: 'no' })] });
      // @ts-expect-error the initial state is not declared
      defineTable()({ ...typed, initial: 'z', rows: [go] });
      // @ts-expect-error a row cites something
      row('a', 'go', 'b', {});
      // @ts-expect-error a citation names a rule or a section
      row('a', 'go', 'b', { cites: 'common sense' });
      // @ts-expect-error no such act
      row('a', 'go', 'b', { cites, acts: ['grab body'] });
      // @ts-expect-error no such state
      return lamp.state.dark;
    };
    const typed = {
      name: 'two',
      states: ['a', 'b'] as const,
      events: ['go'] as const,
      initial: 'a' as const,
    };
    expect(typeof wrong).toBe('function');
  });
});

describe('a machine', () => {
  test('starts in the initial state and takes the first row whose guard holds', () => {
    const machine = new Machine(lamp, owner, null);
    expect(machine.stateName).toBe('off');
    expect(machine.state).toBe(lamp.state.off);
    expect(machine.step(lamp.event.press, light(200))).toBe(true);
    expect(machine.stateName).toBe('bright');
    expect(machine.step(lamp.event.press, light(1))).toBe(true);
    expect(machine.is(lamp.state.off)).toBe(true);
    expect(machine.step(lamp.event.press, light(50))).toBe(true);
    expect(machine.is(lamp.state.dim)).toBe(true);
    expect(machine.is(lamp.state.off)).toBe(false);
  });

  test('stays where it is if no guard holds or no row is there', () => {
    const machine = new Machine(lamp, owner, null);
    expect(machine.can(lamp.event.press)).toBe(true);
    expect(machine.can(lamp.event.press, light(50))).toBe(true);
    expect(machine.can(lamp.event.press, light(5))).toBe(false);
    expect(machine.step(lamp.event.press, light(5))).toBe(false);
    expect(machine.can(lamp.event.drop, light(500))).toBe(false);
    expect(machine.can(lamp.event.drop)).toBe(false);
    expect(machine.step(lamp.event.drop, light(500))).toBe(false);
    expect(machine.stateName).toBe('off');
    machine.take(lamp.event.press, light(50));
    expect(machine.can(lamp.event.press, light(5))).toBe(true);
  });

  test('knows its final states', () => {
    const machine = new Machine(lamp, owner, null);
    expect(machine.isFinal()).toBe(false);
    machine.take(lamp.event.press, light(50));
    machine.take(lamp.event.drop, light(0));
    expect(machine.stateName).toBe('broken');
    expect(machine.isFinal()).toBe(true);
  });

  test('throws no-transition when its own code takes a row that is not there', () => {
    const machine = new Machine(lamp, owner, null);
    const error = refusal(() => machine.take(lamp.event.drop, light(0)));
    expect([error.code, error.cites]).toEqual(['no-transition', 'LAY-3']);
    expect(error.message).toContain('lamp of session:lamp#1: no row leaves off on event drop');
    expect(machine.stateName).toBe('off');
  });

  test('has no row for a number that is no event of its table', () => {
    const machine = new Machine(lamp, owner, null);
    const none = () => {
      for (const event of [-1, 2, 1000, Number.NaN]) {
        expect(machine.can(event)).toBe(false);
        expect(machine.step(event, light(200))).toBe(false);
      }
    };
    none();
    machine.take(lamp.event.press, light(200));
    none();
    expect(refusal(() => machine.take(7, light(0))).message).toContain('number 7');
    expect(machine.stateName).toBe('bright');
  });

  test('shows every step to its observer, after the state has changed', () => {
    const seen: string[] = [];
    const observer: MachineObserver = {
      took: (machine, index) =>
        seen.push(`${rowName(machine.table.rows[index] as never)} in ${machine.stateName}`),
    };
    const machine = new Machine(lamp, owner, observer);
    machine.step(lamp.event.press, light(200));
    machine.step(lamp.event.drop, light(200));
    machine.take(lamp.event.press, light(1));
    expect(seen).toEqual(['off --press [strong]--> bright in bright', 'bright --press--> off in off']);
  });

  test('needs no context when its table has no guards', () => {
    const table = defineTable()({ ...two, rows: [go] });
    const machine = new Machine(table, owner, null);
    expect(machine.step(table.event['go'] as number)).toBe(true);
    expect(machine.isFinal()).toBe(true);
  });
});

test('the index has a cell for each state and event: the one row without a guard, or a group of rows', () => {
  expect(lamp.width).toBe(2);
  expect([...lamp.next]).toEqual([-2, -1, 0, 3, -3, -1, -1, -1]);
  expect([...lamp.rowAt]).toEqual([-1, -1, 2, 5, -1, -1, -1, -1]);
  expect([...lamp.target]).toEqual([2, 1, 0, 1, 0, 3]);
  expect([...lamp.final]).toEqual([0, 0, 0, 1]);
});

test('a name may be of several words', () => {
  expect(() => loose({ ...two, name: 'two-words', rows: [go] })).not.toThrow();
});

test.each([
  'RFC 9112 §2.2.1, RFC 7541 §5.2',
  'proxy-protocol.txt §2.2.5',
  'WS-10, proxy-protocol.txt §2.2',
  'OWN-2, WS-10, RFC 9113 §5.1',
])('a row may cite %s', (citation) => {
  expect(row('a', 'go', 'b', { cites: citation as typeof cites }).cites).toBe(citation);
});

test('a row carries its citation and its parsed acts', () => {
  const [first, , third] = lamp.rows;
  expect(first?.acts).toEqual([
    { verb: 'lend', unit: 'power', optional: false },
    { verb: 'release', unit: 'dark', optional: true },
  ]);
  expect(third?.cites).toBe('RFC 9112 §2.2');
  expect(third?.acts).toEqual([]);
});
