// The dynamic tables of HPACK, a decoder's and an encoder's, against one model: additions, evictions, changes of size, and
// an encoder's blocks that are given up (WS-8).
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { HpackTableModel } from '../../models/hpack-table.js';
import { DecoderTable, TableEntry } from '../../src/session/h2/hpack/decoder-table.js';
import { EncoderTable } from '../../src/session/h2/hpack/encoder-table.js';
import { STATIC_ENTRIES } from '../../src/session/h2/hpack/static-table.js';
import { same } from '../support/memory.js';

const capacity = 300;

type Act =
  | { readonly act: 'add'; readonly name: string; readonly value: string }
  | { readonly act: 'resize'; readonly to: number }
  | { readonly act: 'commit' | 'rollback' };

const name = fc.constantFrom('a', 'b', 'c', '');
/** Few values, so that entries are found again; empty ones, one that fills the table alone, and one that does not fit. */
const value = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('', 'x', 'y', 'a longer value of a field') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(capacity - 33, capacity - 32, capacity).map((length) => 'v'.repeat(length)),
  },
);
const to = fc.oneof(fc.nat(capacity), fc.constantFrom(0, 31, 32, 33, 64, capacity));
const adds = fc.record({ act: fc.constant('add' as const), name, value });
const resizes = fc.record({ act: fc.constant('resize' as const), to });
const blocks = fc.record({ act: fc.constantFrom('commit', 'commit', 'rollback') });
const script = (...acts: fc.Arbitrary<Act>[]): fc.Arbitrary<Act[]> =>
  fc.array(fc.oneof({ weight: 6, arbitrary: adds }, ...acts), { maxLength: 120, size: 'max' });

let evictions = 0;
let rollbacks = 0;

test('CON-5: a decoder has what the model has, at every position, after any additions and changes of size', () => {
  fc.assert(
    fc.property(fc.constantFrom(0, 40, capacity), script(resizes), (maxSize, acts) => {
      const model = new HpackTableModel(maxSize);
      const table = new DecoderTable(maxSize);
      for (const step of acts) {
        const before = model.entries.length;
        if (step.act === 'add') {
          model.add(step.name, step.value);
          table.add(new TableEntry(step.name, step.value, 0));
          if (model.entries.length <= before) evictions += 1;
        } else if (step.act === 'resize') {
          model.resize(step.to);
          table.resize(step.to);
        }
        same(table.count, model.entries.length);
        same(table.size, model.size);
        for (const [position, [itsName, itsValue]] of model.entries.entries()) {
          same(table.entry(position).name, itsName);
          same(table.entry(position).value, itsValue);
        }
      }
    }),
    { numRuns: 150 },
  );
  expect(evictions).toBeGreaterThan(200);
});

test('CON-5, WS-8: an encoder has what the model has, finds what is there, and a block that is given up never was', () => {
  fc.assert(
    fc.property(fc.constantFrom(0, 40, capacity), script(resizes, blocks), (maxSize, acts) => {
      const model = new HpackTableModel(maxSize);
      const table = new EncoderTable(maxSize, capacity);
      table.mark();
      for (const step of acts) {
        if (step.act === 'add') {
          // A block that evicted as much as the ring holds indexes no more.
          if (!table.hasSlot) continue;
          model.add(step.name, step.value);
          table.add(bucketOf(step.name), step.name, step.value);
        } else if (step.act === 'resize') {
          model.resize(step.to);
          table.resize(step.to);
        } else {
          if (step.act === 'rollback') {
            model.rollback();
            table.rollback();
            rollbacks += 1;
          } else table.commit();
          model.mark();
          table.mark();
        }
        same(table.count, model.entries.length);
        same(table.size, model.size);
        for (const [position, [itsName, itsValue]] of model.entries.entries()) {
          same(table.entry(position).join('='), `${itsName}=${itsValue}`);
        }
        for (const [itsName, itsValue] of model.entries.slice(0, 16)) {
          const index = table.find(bucketOf(itsName), itsName, itsValue);
          // Of so many of one name an older one may be passed over; a newer one never.
          if (index > 0) same(index, STATIC_ENTRIES + 1 + model.find(itsName, itsValue));
          else
            expect(
              model.entries.filter(([other]) => bucketOf(other) === bucketOf(itsName)).length,
            ).toBeGreaterThan(16);
        }
        same(table.find(bucketOf('a'), 'a', 'never added'), 0);
      }
    }),
    { numRuns: 150 },
  );
  expect(rollbacks).toBeGreaterThan(50);
});

/** Two names share a bucket, as unknown ones do. */
function bucketOf(of: string): number {
  return of === 'a' ? 1 : of === 'b' ? 2 : 3;
}
