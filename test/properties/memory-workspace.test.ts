// The workspace against its model, and the emulated workspace against the real one (WS-1 to WS-7, WS-10), over
// slabs from one byte upward.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type WorkspaceAct, WorkspaceRun, workspaceActs } from '../../src/kit/workspace-script.js';
import { EmulatedWorkspace } from '../../src/memory/index.js';
import { checkedWorkspace, same } from '../support/memory.js';
import { capacities, endRun, workspaceByModel } from '../support/properties/workspace.js';

test('WS-1, WS-2, WS-3, WS-4, WS-5, WS-6, WS-7: every act does what the model says', () => {
  const outcomes = new Map<string, number>();
  fc.assert(workspaceByModel(outcomes), { numRuns: 80 });
  // A run that never came to one of these would hold the workspace to less than it says.
  const floor = [
    'allocate done',
    'allocate exhausted',
    'allocate workspace-reserved WS-2',
    'reserve exhausted',
    'close done',
    'close reservation-overrun WS-5',
    'close workspace-not-reserved WS-2',
    'closeInto done',
    'closeInto unit-not-last WS-3',
    'closeInto unit-below-snapshot WS-6',
    'lease done',
    'lease unit-prefix OWN-2',
    'drop done',
    'split done',
    'transfer done',
    'release done',
    'release lease-ended OWN-5',
    'compact done',
    'compact region-leased WS-6',
    'reset done',
    'reset snapshot-stale WS-6',
    'rollback done',
    'rollback region-leased WS-6',
  ];
  expect(floor.filter((label) => !outcomes.has(label))).toEqual([]);
});

test('WS-10: the same script gives the same results, refusals, exhaustion and contents under emulation', () => {
  const retire: fc.Arbitrary<WorkspaceAct> = fc.constant({ act: 'retire' });
  const script = fc.array(
    fc.oneof({ weight: 60, arbitrary: fc.oneof(...workspaceActs) }, { weight: 1, arbitrary: retire }),
    {
      maxLength: 120,
      size: 'max',
    },
  );
  fc.assert(
    fc.property(capacities, script, (capacity, steps) => {
      const real = new WorkspaceRun(checkedWorkspace(capacity).workspace);
      const emulated = new WorkspaceRun(checkedWorkspace(capacity, EmulatedWorkspace).workspace);
      for (const step of steps) {
        same(emulated.do(step), real.do(step));
        same(emulated.seen(), real.seen());
      }
      endRun(real);
      endRun(emulated);
    }),
    { numRuns: 100 },
  );
});
