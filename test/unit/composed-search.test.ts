// The search itself, on systems of a few states: what it must find that no rule of a composition speaks of.
import { describe, expect, test } from 'vitest';
import { type Fault, search } from '../../models/composed/search.js';

interface Graph {
  /** By state: where it leads; a name in capitals is where somebody outside has to help. */
  readonly [state: string]: string;
}

function found(graph: Graph, { waits = '', bad = '' } = {}): Fault | undefined {
  return search<string>({
    initial: 'a',
    key: (state) => state,
    isFinal: (state) => state === 'end',
    mayWait: (state) => state === waits,
    fault: (state) => (state === bad ? { rule: 'OWN-1', says: 'bad' } : undefined),
    *moves(state) {
      for (const to of graph[state]?.split(' ') ?? []) {
        yield { label: to, to: to.toLowerCase(), unaided: to === to.toLowerCase(), shows: undefined };
      }
    },
  }).finding;
}

describe('OWN-7, LAY-4: what a search finds', () => {
  test('nothing, where every way ends', () => {
    expect(found({ a: 'b c', b: 'end', c: 'B end' })).toBeUndefined();
  });

  test('a state that breaks a rule, and the shortest way there', () => {
    expect(found({ a: 'b c', b: 'c end', c: 'end' }, { bad: 'c' })).toEqual({
      rule: 'OWN-1',
      says: 'bad',
      path: ['c'],
    });
  });

  test('a deadlock', () => {
    expect(found({ a: 'b end' })).toMatchObject({
      rule: 'OWN-7',
      says: expect.stringContaining('deadlock'),
      path: ['b'],
    });
  });

  test('a state from which the end is out of reach', () => {
    expect(found({ a: 'b end', b: 'c', c: 'b' })).toMatchObject({ rule: 'OWN-7', path: ['b'] });
  });

  test('a state that waits for somebody outside, unless it may', () => {
    expect(found({ a: 'b', b: 'END' })).toMatchObject({ rule: 'LAY-4', path: [] });
    expect(found({ a: 'b', b: 'END' }, { waits: 'b' })).toBeUndefined();
  });

  test('a round that goes on for ever by itself', () => {
    expect(found({ a: 'b', b: 'c END', c: 'b' })).toMatchObject({ rule: 'LAY-4' });
  });

  test('more states than it was told of are no answer', () => {
    const endless = {
      initial: 0,
      key: String,
      isFinal: () => false,
      mayWait: () => false,
      fault: () => undefined,
      *moves(state: number) {
        yield { label: 'on', to: state + 1, unaided: true, shows: undefined };
      },
    };
    expect(() => search(endless, 100)).toThrow('more than 100 states');
  });
});
