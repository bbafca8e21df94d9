// The workspace against its model, and the emulated workspace against the real one (WS-1 to WS-7, WS-10), over
// slabs from one byte upward.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Expectation, WorkspaceModel } from '../../models/workspace.js';
import {
  lengthOf,
  pattern,
  picked,
  type WorkspaceAct,
  WorkspaceRun,
  workspaceActs,
} from '../../src/kit/workspace-script.js';
import { EmulatedWorkspace } from '../../src/memory/index.js';
import { checkedWorkspace, same } from '../support/memory.js';

const capacities = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 64 }) },
  { weight: 1, arbitrary: fc.constantFrom(1, 2, 3, 255, 16384) },
);

/** Does the act on the model; undefined for want of a target. */
function expected(model: WorkspaceModel, step: WorkspaceAct): Expectation | undefined {
  switch (step.act) {
    case 'allocate': {
      const bytes = lengthOf(step.bytes, model.available);
      return model.allocate(bytes, pattern(step.fill, bytes));
    }
    case 'reserve':
      return model.reserve(lengthOf(step.bytes, model.available));
    case 'close':
    case 'closeInto': {
      const kept = model.room === null ? 0 : lengthOf(step.bytes, model.room);
      const content = pattern(step.fill, kept);
      if (step.act === 'close') return model.close(kept, content);
      const piece = picked(model.pieces, step.pick);
      return piece && model.closeInto(piece, kept, content);
    }
    case 'lease':
    case 'drop': {
      const piece = picked(model.pieces, step.pick);
      return piece && model[step.act](piece, lengthOf(step.bytes, piece.content.length));
    }
    case 'split': {
      const lease = picked(model.leases, step.pick);
      return lease && model.split(lease, lengthOf(step.bytes, lease.content.length));
    }
    case 'release':
    case 'transfer': {
      const lease = picked(model.leases, step.pick);
      return lease && model[step.act](lease);
    }
    case 'compact': {
      const piece = picked(model.pieces, step.pick);
      return piece && model.compact(piece);
    }
    case 'reset': {
      const mark = picked(model.marks, step.pick);
      return mark && model.reset(mark);
    }
    default:
      return model[step.act]();
  }
}

function seen(model: WorkspaceModel): string {
  const live = model.pieces.filter(({ over }) => !over);
  const leases = model.leases.filter(({ over }) => !over);
  return JSON.stringify([
    model.top,
    model.available,
    model.room !== null,
    model.overflowed,
    leases.length,
    live.map(({ content }) => content),
    leases.map(({ content }) => content),
  ]);
}

class Step implements fc.Command<WorkspaceModel, WorkspaceRun> {
  readonly step: WorkspaceAct;
  readonly outcomes: Map<string, number>;

  constructor(step: WorkspaceAct, outcomes: Map<string, number>) {
    this.step = step;
    this.outcomes = outcomes;
  }

  check(): boolean {
    return true;
  }

  run(model: WorkspaceModel, real: WorkspaceRun): void {
    const expectation = expected(model, this.step);
    const outcome = real.do(this.step);
    if (expectation === undefined) same(outcome, 'skipped');
    else if (typeof expectation === 'string') same(outcome, expectation);
    else if (!expectation.refusedFor.includes(outcome)) expect(expectation.refusedFor).toContain(outcome);
    same(real.seen(), seen(model));
    const label = `${this.step.act} ${outcome}`;
    this.outcomes.set(label, (this.outcomes.get(label) ?? 0) + 1);
  }

  toString(): string {
    return JSON.stringify(this.step);
  }
}

/** Ends whatever lives, and asserts that nothing is left. */
function end(run: WorkspaceRun): void {
  const { workspace } = run;
  if (workspace.reserved) workspace.cancel();
  run.do({ act: 'retire' });
  for (const lease of run.leases) if (lease.live) lease.release();
}

test('WS-1 to WS-7: every act does what the model says', () => {
  const outcomes = new Map<string, number>();
  const steps = fc.commands(
    workspaceActs.map((arbitrary) => arbitrary.map((step) => new Step(step, outcomes))),
    { maxCommands: 250, size: 'max' },
  );
  fc.assert(
    fc.property(capacities, steps, (capacity, commands) => {
      const { workspace, ledger, pool } = checkedWorkspace(capacity);
      const real = new WorkspaceRun(workspace);
      fc.modelRun(() => ({ model: new WorkspaceModel(capacity), real }), commands);
      end(real);
      ledger.assertQuiescent();
      expect(pool.heldBytes).toBe(0);
    }),
    { numRuns: 80 },
  );
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
      end(real);
      end(emulated);
    }),
    { numRuns: 100 },
  );
});
