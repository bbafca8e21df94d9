// The send buffer against one stream of bytes: order and content, the account of CON-2, every lease back, everyone
// told exactly once and rightly, also when `returned` calls the buffer back; and the same on the emulated
// workspace (WS-10). Slabs from one byte upward.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { BumpWorkspace, EmulatedWorkspace } from '../../src/memory/index.js';
import { kinds } from '../support/memory.js';
import { Run, scripts, sendByModel, sizes } from '../support/properties/send-buffer.js';

test.each(kinds)('CON-2: content, order and account hold, and everyone is told once (%s)', (_, kind) => {
  const seen = new Set<string>();
  fc.assert(sendByModel(kind, seen), { numRuns: 120 });
  const floor = [
    'append true',
    'append false',
    'build of',
    'build undefined',
    'buildFresh of',
    'buildFresh undefined',
  ];
  floor.push('cancel', 'lend', 'lendLease', 'take', 'written', 'failed', 'fail');
  expect(floor.filter((label) => !seen.has(label))).toEqual([]);
});

test('WS-10: the same script is seen to do the same on the emulated workspace', () => {
  fc.assert(
    fc.property(sizes, scripts, ({ slabBytes, slabs }, { steps, end }) => {
      const [real, emulated] = [BumpWorkspace, EmulatedWorkspace].map((kind) => {
        const run = new Run(slabBytes, slabs, kind);
        for (const step of steps) run.do(step);
        run.end(end);
        return run;
      }) as [Run, Run];
      expect(emulated.log).toEqual(real.log);
      expect(emulated.lent).toEqual(real.lent);
    }),
    { numRuns: 80 },
  );
});
