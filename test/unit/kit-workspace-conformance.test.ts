// The suite for workspaces: both of ours pass it, and each mistake put into one is found by its rule.
import { describe, expect, it } from 'vitest';
import { workspaceConformance } from '../../src/kit/conformance/workspace.js';
import {
  BumpWorkspace,
  EmulatedWorkspace,
  type Owner,
  type Region,
  type Snapshot,
  type WorkspaceKind,
} from '../../src/memory/index.js';

describe.each([
  ['bump', BumpWorkspace],
  ['emulated', EmulatedWorkspace],
] as const)('%s', (_, kind) => {
  for (const { name, run } of workspaceConformance(kind)) it(name, run);
});

/** Varnish #3194: half a response went out. */
class ForgetsOverflow extends BumpWorkspace {
  private forgotten = false;
  override get overflowed(): boolean {
    return !this.forgotten && super.overflowed;
  }
  override reset(snapshot: Snapshot): void {
    super.reset(snapshot);
    this.forgotten = true;
  }
}

class AllocatesWhileReserved extends BumpWorkspace {
  override allocate(bytes: number): Region | undefined {
    if (!this.reserved) return super.allocate(bytes);
    this.cancel();
    return super.allocate(bytes);
  }
}

class RefusesTheLastByte extends BumpWorkspace {
  override reserve(bytes: number): Region | undefined {
    return bytes === this.available && bytes > 1 ? super.reserve(bytes + 1) : super.reserve(bytes);
  }
}

class KeepsTheTail extends BumpWorkspace {
  override close(kept: number): Region {
    const region = super.close(kept);
    if (this.available > 0) super.allocate(1);
    return region;
  }
}

class OpensEverySnapshot extends BumpWorkspace {
  private first: Snapshot | undefined;
  override snapshot(): Snapshot {
    if (this.reserved || this.first === undefined) this.first = super.snapshot();
    return this.first;
  }
}

class ForgetsALease extends BumpWorkspace {
  override leasePrefix(unit: Region, bytes: number, owner: Owner, label: string) {
    const lease = super.leasePrefix(unit, bytes, owner, label);
    lease.slab.pin();
    return lease;
  }
}

const mistakes: readonly (readonly [rule: string, kind: WorkspaceKind])[] = [
  ['WS-7', ForgetsOverflow],
  ['WS-2', AllocatesWhileReserved],
  ['WS-4', RefusesTheLastByte],
  ['WS-5', KeepsTheTail],
  ['WS-6', OpensEverySnapshot],
  ['OWN-7', ForgetsALease],
];

describe('finds', () => {
  it.each(mistakes.map(([rule, kind]) => ({ rule, kind, name: kind.name })))(
    '$rule: $name',
    async ({ rule, kind }) => {
      const failures: unknown[] = [];
      for (const { run } of workspaceConformance(kind))
        await run().catch((error) => failures.push(error.cause));
      expect(failures).toContainEqual(expect.objectContaining({ rule }));
    },
  );
});
