// Leases and slabs against a model of who owns what: any acts on any handle, alive or over, from first to last.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { LeaseModel, type ModelLease } from '../../models/lease-ownership.js';
import type { Lease, Workspace } from '../../src/memory/index.js';
import { Incoming } from '../../src/stream/incoming.js';
import { application, checkedPool, refusal, same, session, some, stream } from '../support/memory.js';

const slabBytes = 64;
const limit = 3;
const owners = { session, stream, application } as const;
type OwnerName = keyof typeof owners;

/** `pick` counts back from the youngest, modulo how many there are. */
type Act =
  | { readonly act: 'acquire' }
  | { readonly act: 'retire' | 'release' | 'retain' | 'revoke'; readonly pick: number }
  | {
      readonly act: 'take' | 'transfer';
      readonly pick: number;
      readonly bytes: number;
      readonly to: OwnerName;
    }
  | { readonly act: 'split'; readonly pick: number; readonly bytes: number };

const pick = fc.oneof({ weight: 3, arbitrary: fc.nat(2) }, { weight: 1, arbitrary: fc.nat(30) });
const to = fc.constantFrom<OwnerName>('session', 'stream', 'application', 'application');
const bytes = fc.oneof(fc.nat(9), fc.constantFrom(0, 1, slabBytes));
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.constant<Act>({ act: 'acquire' }),
  fc.record({ act: fc.constantFrom('retire', 'revoke'), pick }),
  fc.record({ act: fc.constantFrom('release', 'release', 'retain'), pick }),
  fc.record({ act: fc.constantFrom('take', 'take', 'transfer'), pick, bytes, to }),
  fc.record({ act: fc.constant('split' as const), pick, bytes }),
);

const outcomes = new Map<string, number>();
function did(what: string, refused: string): void {
  const label = `${what} ${refused}`;
  outcomes.set(label, (outcomes.get(label) ?? 0) + 1);
}

class Real {
  readonly memory = checkedPool({ slabBytes, limitBytes: limit * slabBytes });
  readonly model = new LeaseModel(limit);
  readonly workspaces: { readonly it: Workspace; readonly slab: number; retired: boolean }[] = [];
  /** In the order of the model's leases. */
  readonly leases: Lease[] = [];
  /** Of the present exchange: what was given to the application and what came of it. */
  private body = new Incoming(port, undefined);
  private given = this.consumed();

  do(step: Act): void {
    if (step.act === 'acquire') this.acquire();
    else if (step.act === 'retire') this.retire(step.pick);
    else if (step.act === 'take') this.take(step.pick, step.bytes, step.to);
    else if (step.act === 'revoke') this.revoke();
    else this.onLease(step);
    this.compare();
  }

  compare(): void {
    const { pool, ledger } = this.memory;
    same(pool.heldBytes, this.model.pins.size * slabBytes);
    const held = this.model.held;
    for (const name of Object.keys(owners)) same(ledger.held[name as OwnerName], held.get(name) ?? 0);
    for (const [index, lease] of this.model.leases.entries()) {
      const real = this.leases[index] as Lease;
      same(real.live, !lease.over);
      if (!lease.over) {
        same(real.length, lease.length);
        same(real.owner === owners[lease.owner as OwnerName], true);
        same(real.retainedAs ?? '', lease.keptAs ?? '');
      }
    }
  }

  /** Everything is let go of: then everything is home. */
  finish(): void {
    for (const [index, lease] of this.model.leases.entries()) {
      if (this.model.release(lease)) (this.leases[index] as Lease).release();
    }
    for (const workspace of this.workspaces) {
      if (workspace.retired) continue;
      workspace.it.retire();
      this.model.retire(workspace.slab);
    }
    this.compare();
    same(this.memory.pool.heldBytes, 0);
    this.memory.ledger.assertQuiescent();
  }

  private acquire(): void {
    const slab = this.model.acquire();
    const it = this.memory.pool.open(session);
    did('acquire', it === undefined ? 'refused' : 'done');
    same(it === undefined, slab === undefined);
    if (it !== undefined && slab !== undefined) this.workspaces.push({ it, slab, retired: false });
  }

  private retire(pick: number): void {
    const workspace = fromEnd(this.workspaces, pick);
    if (workspace === undefined || workspace.retired) return;
    workspace.retired = true;
    workspace.it.retire();
    this.model.retire(workspace.slab);
  }

  private take(pick: number, length: number, to: OwnerName): void {
    const workspace = fromEnd(this.workspaces, pick);
    if (workspace === undefined || workspace.retired || length === 0) return;
    const region = workspace.it.allocate(length);
    if (region === undefined) return;
    const lease = workspace.it.leasePrefix(region, length, owners[to], 'body');
    this.model.take(workspace.slab, length, to);
    this.leases.push(lease);
    // An application has its bytes of an exchange.
    if (to === 'application') this.body.deliver(lease);
  }

  private onLease(step: Exclude<Act, { act: 'acquire' | 'retire' | 'take' | 'revoke' }>): void {
    const index = this.leases.length - 1 - (step.pick % Math.max(1, this.leases.length));
    const real = this.leases[index];
    const lease = this.model.leases[index];
    if (real === undefined || lease === undefined) return;
    const refused = refusal(() => this.act(step, real));
    did(step.act, refused);
    same(refused === 'nothing', this.modelAct(step, lease));
  }

  private act(step: Act, lease: Lease): void {
    if (step.act === 'split') this.leases.push(...lease.split(step.bytes));
    else if (step.act === 'transfer') this.leases.push(lease.transfer(owners[step.to]));
    else if (step.act === 'retain') lease.retain('mine');
    else lease.release();
  }

  private modelAct(step: Act, lease: ModelLease): boolean {
    if (step.act === 'split') return this.model.split(lease, step.bytes);
    if (step.act === 'transfer') return this.model.transfer(lease, step.to);
    if (step.act === 'retain') return this.model.retain(lease, 'mine');
    return this.model.release(lease);
  }

  /** The exchange ends: what was delivered in it, and is an application's still, goes back unless it is retained. */
  private revoke(): void {
    const before = this.leases.map(({ live }) => live);
    this.body.revoke();
    for (const [index, lease] of this.leases.entries()) {
      if (before[index] === true && !lease.live) {
        const ended = this.model.leases[index] as ModelLease;
        expect(ended.owner).toBe('application');
        expect(ended.keptAs).toBeUndefined();
        this.model.release(ended);
      }
    }
    // Nothing of this exchange is left but what is retained.
    for (const given of this.given) {
      for (const lease of heirs(given)) {
        expect(lease.owner.layer !== 'application' || lease.retainedAs !== undefined).toBe(true);
      }
    }
    did('revoke', 'done');
    this.body = new Incoming(port, undefined);
    this.given = this.consumed();
  }

  private consumed(): Lease[] {
    const given: Lease[] = [];
    this.body.consume({ data: (lease) => void given.push(lease), end: () => {}, failed: () => {} });
    return given;
  }
}

const port = {
  bodyWanted: () => {},
  bodyDiscarded: () => {},
  applicationFailed: (error: unknown) => {
    throw error;
  },
};

/** What of a lease lives on, through splits and transfers. */
function heirs(lease: Lease): Lease[] {
  return lease.live ? [lease] : lease.heirs.flatMap(heirs);
}

function fromEnd<T>(list: readonly T[], pick: number): T | undefined {
  return list[list.length - 1 - (pick % Math.max(1, list.length))];
}

test('OWN-1, OWN-2, OWN-5, OWN-7: leases have one owner, end once, and keep their slab out until the last has ended', () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 80, size: 'max' }), (steps) => {
      const real = new Real();
      for (const step of [{ act: 'acquire' } as const, ...steps]) real.do(step);
      real.finish();
    }),
    { numRuns: 150 },
  );
  const floor = [
    'acquire done',
    'acquire refused',
    'revoke done',
    'release nothing',
    'release lease-ended OWN-5',
    'retain nothing',
    'retain lease-ended OWN-5',
    'transfer nothing',
    'transfer lease-ended OWN-5',
    'split nothing',
    'split lease-ended OWN-5',
    'split lease-split-range OWN-2',
  ];
  expect(floor.filter((label) => (outcomes.get(label) ?? 0) < 5)).toEqual([]);
  some(outcomes.get('release nothing'));
});
