/**
 * The conformance suite for workspaces: any script of acts comes to the same on a workspace of yours as on the one of
 * ours, which a model of its own holds to WS-1 … WS-7.
 *
 * ```ts
 * for (const { name, run } of workspaceConformance(MyWorkspace)) it(name, run);
 * ```
 *
 * Addresses and counts of copies are not observable (WS-10); everything else is: what is granted and refused, and why,
 * what is free, and every byte of every region and lease that lives. This file does not know how either stores them.
 */
import fc from 'fast-check';
import {
  BumpWorkspace,
  CheckedLedger,
  Owner,
  SlabPool,
  type Workspace,
  type WorkspaceKind,
} from '../../memory/index.js';
import { PropertyFailure, requireThat } from '../properties/require.js';
import type { Reached } from '../reached.js';
import { type WorkspaceAct, WorkspaceRun, workspaceActs } from '../workspace-script.js';
import { type ConformanceCase, type PropertyOptions, propertyCase } from './case.js';

const defaultRuns = 60;
const owner = new Owner('session', 'workspace-conformance', 1);

/** Slabs from one byte upwards: most are small, so that their ends are met often. */
const capacities = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 64 }) },
  { weight: 1, arbitrary: fc.constantFrom(1, 2, 3, 255, 16_384) },
);
const script = fc.array(fc.oneof(...workspaceActs), { maxLength: 120, size: 'max' });

/** The rule that says what an act comes to. */
const ruleOf: Readonly<Record<WorkspaceAct['act'], string>> = {
  allocate: 'WS-3',
  reserve: 'WS-4',
  reserveAll: 'WS-4',
  close: 'WS-5',
  closeInto: 'WS-5',
  cancel: 'WS-2',
  lease: 'OWN-2',
  drop: 'OWN-2',
  split: 'OWN-2',
  release: 'OWN-5',
  transfer: 'OWN-5',
  compact: 'WS-6',
  snapshot: 'WS-6',
  reset: 'WS-6',
  rollback: 'WS-7',
  retire: 'WS-2',
};

const granted = ['allocate', 'reserve', 'close', 'closeInto', 'lease', 'drop', 'split', 'release', 'reset'];
const floor = [
  ...granted.map((act) => `${act} done`),
  'compact done',
  'rollback done',
  'allocate exhausted',
  'reserve exhausted',
  'allocate WS-2',
  'snapshot WS-2',
  'reset WS-2',
  'reset WS-6',
  'rollback WS-6',
  'close WS-5',
  'close WS-2',
  'release OWN-5',
];

/** The cases, in order. `kind` is made as the pool makes ours, over slabs of any size. */
export function workspaceConformance(
  kind: WorkspaceKind,
  options: PropertyOptions = {},
): readonly ConformanceCase[] {
  const { runs = defaultRuns, seed } = options;
  return [
    propertyCase(
      ['WS-1', 'WS-2', 'WS-3', 'WS-4', 'WS-5', 'WS-6', 'WS-7'],
      'any acts come to what they come to on the reference, byte for byte',
      (reached) => sameAsReference(kind, reached),
      floor,
      runs,
      seed,
    ),
    propertyCase(
      ['OWN-7', 'WS-1'],
      'retired, it gives its slab back with its last lease, and the canary is as it was',
      (reached) => givesBack(kind, reached),
      ['leases lived on', 'nothing was leased'],
      runs,
      seed,
    ),
  ];
}

function sameAsReference(kind: WorkspaceKind, reached: Reached): fc.IProperty<[number, WorkspaceAct[]]> {
  return fc.property(capacities, script, (capacity, steps) => {
    const due = new WorkspaceRun(opened(BumpWorkspace, capacity).workspace);
    const found = new WorkspaceRun(opened(kind, capacity).workspace);
    for (const step of steps) {
      const expected = due.do(step);
      const outcome = attempt(found, step);
      // A refusal is of the rule that demanded it, whoever forgot it.
      const [, rule] = expected.split(' ');
      const blamed = rule ?? ruleOf[step.act];
      reached.mark(`${step.act} ${rule ?? expected}`);
      requireThat(blamed, outcome === expected, () => `${name(step)}: ${outcome} instead of ${expected}`);
      requireSeen(blamed, step, found.seen(), due.seen());
    }
  });
}

/** What escapes from a workspace that is none of our errors is an answer, too, and a wrong one. */
function attempt(run: WorkspaceRun, step: WorkspaceAct): string {
  try {
    return run.do(step);
  } catch (error) {
    if (error instanceof PropertyFailure) throw error;
    return `threw ${String(error)}`;
  }
}

function requireSeen(rule: string, step: WorkspaceAct, found: string, due: string): void {
  if (found === due) return;
  const overflow = (seen: string): unknown => (JSON.parse(seen) as unknown[])[3];
  const blamed = overflow(found) === overflow(due) ? rule : 'WS-7';
  throw new PropertyFailure(blamed, `after ${name(step)}: ${found} instead of ${due}`);
}

function givesBack(kind: WorkspaceKind, reached: Reached): fc.IProperty<[number, WorkspaceAct[]]> {
  return fc.property(capacities, script, (capacity, steps) => {
    const { workspace, pool, ledger } = opened(kind, capacity);
    const run = new WorkspaceRun(workspace);
    for (const step of steps) attempt(run, step);
    if (workspace.reserved) workspace.cancel();
    workspace.retire();
    const live = run.leases.filter((lease) => lease.live);
    reached.mark(live.length > 0 ? 'leases lived on' : 'nothing was leased');
    for (const lease of live) {
      requireThat('OWN-7', pool.heldBytes > 0, () => 'a slab went home under a lease');
      lease.release();
    }
    requireThat('OWN-7', pool.heldBytes === 0, () => `${pool.heldBytes} bytes are held`);
    ledger.assertQuiescent();
  });
}

interface Opened {
  readonly workspace: Workspace;
  readonly pool: SlabPool;
  readonly ledger: CheckedLedger;
}

/** A workspace of `bytes` in a pool of just that slab, which a checked ledger watches. */
function opened(kind: WorkspaceKind, bytes: number): Opened {
  const ledger = new CheckedLedger();
  const pool = new SlabPool({ slabBytes: bytes, limitBytes: bytes, workspace: kind, ledger });
  const workspace = pool.open(owner);
  if (workspace === undefined) throw new PropertyFailure('WS-9', 'a pool has no slab at its beginning');
  return { workspace, pool, ledger };
}

function name(step: WorkspaceAct): string {
  return JSON.stringify(step);
}
