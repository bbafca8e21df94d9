/**
 * Scripts of acts on a workspace: recipes that name their targets by number, and a runner that does them on a real
 * workspace and says what came of each. The same script runs on any kind of workspace. This file does not know what is
 * due.
 */
import fc from 'fast-check';
import { UndercoatError } from '../errors.js';
import { type Lease, Owner, type Region, type Snapshot, type Workspace } from '../memory/index.js';

const stream = new Owner('stream', 'workspace-script', 1);
const application = new Owner('application', 'workspace-script', 2);

/** A length, either plain or counted from what is free, reserved or there. */
export interface Length {
  readonly from: 'zero' | 'limit';
  readonly plus: number;
}

/** One act. `pick` counts back from the youngest of all regions, leases or snapshots that there ever were. */
export type WorkspaceAct =
  | { readonly act: 'allocate'; readonly bytes: Length; readonly fill: number }
  | { readonly act: 'reserve'; readonly bytes: Length }
  | { readonly act: 'close'; readonly bytes: Length; readonly fill: number }
  | { readonly act: 'closeInto'; readonly pick: number; readonly bytes: Length; readonly fill: number }
  | { readonly act: 'lease' | 'drop'; readonly pick: number; readonly bytes: Length }
  | { readonly act: 'split'; readonly pick: number; readonly bytes: Length }
  | { readonly act: 'release' | 'transfer'; readonly pick: number }
  | { readonly act: 'compact' | 'reset'; readonly pick: number }
  | { readonly act: 'reserveAll' | 'cancel' | 'snapshot' | 'rollback' | 'retire' };

const length: fc.Arbitrary<Length> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ from: fc.constant('zero' as const), plus: fc.nat(9) }) },
  {
    weight: 3,
    arbitrary: fc.record({ from: fc.constant('limit' as const), plus: fc.integer({ min: -3, max: 1 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ from: fc.constant('zero' as const), plus: fc.constantFrom(0, 1, -1, 0.5, 16384) }),
  },
);
const whole = fc.constant<Length>({ from: 'limit', plus: 0 });
const inside = fc.constantFrom<Length>({ from: 'zero', plus: 1 }, { from: 'limit', plus: -1 });
const pick = fc.oneof({ weight: 4, arbitrary: fc.nat(1) }, { weight: 1, arbitrary: fc.nat(8) });
const fill = fc.nat(255);
const act = <const A extends string>(name: A) => fc.constant(name);

/** One arbitrary a kind of act. */
export const workspaceActs: readonly fc.Arbitrary<WorkspaceAct>[] = [
  fc.record({ act: act('allocate'), bytes: length, fill }),
  fc.record({ act: act('reserve'), bytes: length }),
  fc.record({ act: fc.constantFrom('reserveAll', 'reserveAll', 'snapshot') }),
  fc.record({ act: act('close'), bytes: length, fill }),
  fc.record({ act: act('closeInto'), pick, bytes: length, fill }),
  fc.record({ act: act('closeInto'), pick: fc.constant(0), bytes: length, fill }),
  fc.record({ act: act('cancel') }),
  fc.record({ act: fc.constantFrom('lease', 'drop', 'drop'), pick, bytes: length }),
  fc.record({ act: act('lease'), pick: fc.constant(0), bytes: whole }),
  fc.record({ act: act('split'), pick, bytes: fc.oneof(length, inside) }),
  fc.record({ act: act('split'), pick: fc.constant(0), bytes: inside }),
  fc.record({ act: fc.constantFrom('release', 'release', 'transfer'), pick }),
  fc.record({
    act: fc.constantFrom('compact', 'compact', 'reset', 'reset'),
    pick: fc.oneof(fc.constant(0), pick),
  }),
  fc.record({ act: fc.constantFrom('rollback', 'reserveAll', 'reserveAll', 'reserveAll', 'reserveAll') }),
];

/** Bytes to be written: `fill`, `fill + 1`, … */
export function pattern(fill: number, count: number): number[] {
  return Array.from({ length: Math.max(Math.trunc(count), 0) }, (_, i) => (fill + i) & 0xff);
}

/** The entry that `pick` names, or undefined when there is none at all. */
export function picked<T>(list: readonly T[], pick: number): T | undefined {
  return list.length === 0 ? undefined : list[list.length - 1 - (pick % list.length)];
}

/** What `bytes` comes to. */
export function lengthOf({ from, plus }: Length, limit: number): number {
  return from === 'limit' ? limit + plus : plus;
}

/** Does acts on a real workspace. */
export class WorkspaceRun {
  readonly workspace: Workspace;
  readonly regions: Region[] = [];
  readonly leases: Lease[] = [];
  readonly marks: Snapshot[] = [];
  private room: Region | undefined;

  constructor(workspace: Workspace) {
    this.workspace = workspace;
  }

  /** What the act came to: `done`, `exhausted`, a refusal (its code and rule), or `skipped` for want of a target. */
  do(step: WorkspaceAct): string {
    try {
      return this.perform(step);
    } catch (error) {
      if (error instanceof UndercoatError) return `${error.code} ${error.cites}`;
      throw error;
    }
  }

  /** All that a caller can see. */
  seen(): string {
    const { used, available, reserved, overflowed, leased } = this.workspace;
    const live = this.regions.filter(({ frame }) => !frame.ended);
    const leases = this.leases.filter((lease) => lease.live);
    return JSON.stringify([
      used,
      available,
      reserved,
      overflowed,
      leased,
      live.map(octets),
      leases.map(octets),
    ]);
  }

  private perform(step: WorkspaceAct): string {
    const { workspace: w, regions, leases, marks } = this;
    switch (step.act) {
      case 'allocate': {
        const region = w.allocate(lengthOf(step.bytes, w.available));
        if (region === undefined) return 'exhausted';
        region.bytes.set(pattern(step.fill, region.length), region.start);
        regions.push(region);
        return 'done';
      }
      case 'reserveAll':
        this.room = w.reserveAll();
        return 'done';
      case 'reserve': {
        const room = w.reserve(lengthOf(step.bytes, w.available));
        if (room === undefined) return 'exhausted';
        this.room = room;
        return 'done';
      }
      case 'close': {
        const kept = this.fillRoom(step);
        regions.push(w.close(kept));
        return 'done';
      }
      case 'closeInto': {
        const unit = picked(regions, step.pick);
        if (unit === undefined) return 'skipped';
        const kept = this.fillRoom(step);
        w.closeInto(unit, kept);
        return 'done';
      }
      case 'cancel':
        w.cancel();
        return 'done';
      case 'lease':
      case 'drop': {
        const unit = picked(regions, step.pick);
        if (unit === undefined) return 'skipped';
        const bytes = lengthOf(step.bytes, unit.length);
        if (step.act === 'drop') w.dropPrefix(unit, bytes);
        else leases.push(w.leasePrefix(unit, bytes, stream, 'head'));
        return 'done';
      }
      case 'split': {
        const lease = picked(leases, step.pick);
        if (lease === undefined) return 'skipped';
        leases.push(...lease.split(lengthOf(step.bytes, lease.length)));
        return 'done';
      }
      case 'release':
      case 'transfer': {
        const lease = picked(leases, step.pick);
        if (lease === undefined) return 'skipped';
        if (step.act === 'release') lease.release();
        else leases.push(lease.transfer(application));
        return 'done';
      }
      case 'compact': {
        const unit = picked(regions, step.pick);
        if (unit === undefined) return 'skipped';
        w.compact(unit);
        return 'done';
      }
      case 'snapshot':
        marks.push(w.snapshot());
        return 'done';
      case 'reset': {
        const mark = picked(marks, step.pick);
        if (mark === undefined) return 'skipped';
        w.reset(mark);
        return 'done';
      }
      case 'rollback':
        w.rollback();
        return 'done';
      case 'retire':
        w.retire();
        return 'done';
    }
  }

  /** Fills the whole room, so that its tail is dirty; says how much of it is to be kept. */
  private fillRoom(step: { readonly bytes: Length; readonly fill: number }): number {
    if (!this.workspace.reserved || this.room === undefined) return 0;
    const { bytes, start, length } = this.room;
    bytes.set(pattern(step.fill, length), start);
    return lengthOf(step.bytes, length);
  }
}

function octets(range: {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}): number[] {
  return [...range.bytes.subarray(range.start, range.end)];
}
