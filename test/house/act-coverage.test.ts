// What a full run fails by: acts that rows allow and that nobody did (LAY-3).
import { expect, test } from 'vitest';
import { defineTable, type Row, row } from '../../src/machine/index.js';
import { ActCoverage } from './act-coverage.js';

const table = defineTable()({
  name: 'door',
  states: ['shut', 'open'],
  events: ['push', 'pull'],
  initial: 'shut',
  rows: [
    row('shut', 'push', 'open', { cites: 'OWN-2', acts: ['lend key', 'take draught', 'release draught?'] }),
    row('open', 'pull', 'shut', { cites: 'OWN-2' }),
  ],
});
const [push] = table.rows as readonly [Row, Row];

test('LAY-3: acts that were never done are named; a loan leaves no record', () => {
  const coverage = new ActCoverage([table]);
  expect(coverage.total).toBe(2);
  expect(coverage.missing()).toEqual([
    'door: shut --push--> open: take draught',
    'door: shut --push--> open: release draught?',
  ]);
  coverage.did(push, 1);
  expect(coverage.missing()).toEqual(['door: shut --push--> open: release draught?']);
});

test('LAY-3: what several workers saw is added up', () => {
  const coverages = [1, 2].map((act) => {
    const one = new ActCoverage([table]);
    one.did(push, act);
    return one.done();
  });
  expect(coverages).toEqual([{ door: [2, 0] }, { door: [4, 0] }]);
  const all = new ActCoverage([table]);
  for (const one of coverages) all.add(one);
  expect(all.missing()).toEqual([]);
});
