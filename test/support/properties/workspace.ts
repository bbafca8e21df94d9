// The workspace against its model (WS-1 to WS-7), over slabs from one byte upward.
import * as fc from 'fast-check';
import { type Expectation, WorkspaceModel } from '../../../models/workspace.js';
import { requireEqual } from '../../../src/kit/properties/require.js';
import {
  lengthOf,
  pattern,
  picked,
  type WorkspaceAct,
  WorkspaceRun,
  workspaceActs,
} from '../../../src/kit/workspace-script.js';
import { checkedWorkspace, same } from '../memory.js';

export const capacities = fc.oneof(
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

/** The rule that a refusal cites. */
function ruleOf(outcome: string): string | undefined {
  return / (\S+-\d+)$/.exec(outcome)?.[1];
}

/** What says when an act is exhausted, or else what it gives. */
function ruleOfAct({ act }: WorkspaceAct): string {
  return act === 'reserve' || act === 'reserveAll' ? 'WS-4' : act === 'allocate' ? 'WS-3' : 'WS-2';
}

/** What can be seen, in its order, and the rule that is broken when it is not as it should be. */
const seenUnder = [
  ['bytes used', 'WS-1'],
  ['bytes available', 'WS-1'],
  ['a reservation', 'WS-2'],
  ['the overflow mark', 'WS-7'],
  ['leases that live', 'WS-6'],
  ['regions', 'WS-3'],
  ['leases', 'OWN-4'],
] as const;

function seen(model: WorkspaceModel): readonly unknown[] {
  const live = model.pieces.filter(({ over }) => !over);
  const leases = model.leases.filter(({ over }) => !over);
  return [
    model.top,
    model.available,
    model.room !== null,
    model.overflowed,
    leases.length,
    live.map(({ content }) => content),
    leases.map(({ content }) => content),
  ];
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
    else if (typeof expectation === 'string')
      same(outcome, expectation, ruleOf(outcome) ?? ruleOfAct(this.step));
    else if (!expectation.refusedFor.includes(outcome)) {
      const rule = ruleOf(expectation.refusedFor[0] ?? '') ?? 'WS-2';
      requireEqual(rule, outcome, expectation.refusedFor, `outcome of ${this.step.act}`);
    }
    const found: unknown[] = JSON.parse(real.seen());
    const due = seen(model);
    for (const [i, [what, rule]] of seenUnder.entries()) {
      requireEqual(rule, found[i], due[i], `${what} after ${this.step.act}`);
    }
    const label = `${this.step.act} ${outcome}`;
    this.outcomes.set(label, (this.outcomes.get(label) ?? 0) + 1);
  }

  toString(): string {
    return JSON.stringify(this.step);
  }
}

/** Ends whatever lives, and asserts that nothing is left. */
export function endRun(run: WorkspaceRun): void {
  const { workspace } = run;
  if (workspace.reserved) workspace.cancel();
  run.do({ act: 'retire' });
  for (const lease of run.leases) if (lease.live) lease.release();
}

/** Every act does what the model says. @param outcomes counts what came of which act */
export function workspaceByModel(outcomes: Map<string, number> = new Map()) {
  const steps = fc.commands(
    workspaceActs.map((arbitrary) => arbitrary.map((step) => new Step(step, outcomes))),
    { maxCommands: 250, size: 'max' },
  );
  return fc.property(capacities, steps, (capacity, commands) => {
    const { workspace, ledger, pool } = checkedWorkspace(capacity);
    const real = new WorkspaceRun(workspace);
    fc.modelRun(() => ({ model: new WorkspaceModel(capacity), real }), commands);
    endRun(real);
    ledger.assertQuiescent();
    requireEqual('OWN-7', pool.heldBytes, 0, 'bytes held');
  });
}
