// What the ledger knows of the leases of one slab, against a list that is looked through whole.
import { describe, expect, test } from 'vitest';
import type { Lease } from '../../src/memory/index.js';
import { SlabAccount } from '../../src/memory/slab-account.js';
import { checkedPool, session, some, stream } from '../support/memory.js';

/** Leases of one slab of 64 bytes: of each range, in this order. */
function leased(...ends: number[]) {
  const { pool } = checkedPool({ slabBytes: 64 });
  const workspace = some(pool.open(session));
  const unit = some(workspace.allocate(some(ends.at(-1))));
  let start = 0;
  const leases = ends.map((end) => {
    const lease = workspace.leasePrefix(unit, end - start, stream, 'body');
    start = end;
    return lease;
  });
  const account = new SlabAccount(some(leases[0]).slab, 0);
  return { account, leases };
}

const furthest = (leases: readonly Lease[]) => leases.reduce((end, lease) => Math.max(end, lease.end), 0);

describe('WS-3, OWN-5: of the leases that live', () => {
  const orders = [
    [0, 1, 2, 3],
    [3, 2, 1, 0],
    [1, 3, 0, 2],
    [2, 0, 3, 1],
  ];
  const pairs = orders.flatMap((coming) => orders.map((going) => [coming, going] as const));

  test.each(pairs)('the furthest end is known, coming as %j and going as %j', (coming, going) => {
    const { account, leases } = leased(8, 16, 24, 40);
    const living: Lease[] = [];
    for (const at of coming) {
      const lease = some(leases[at]);
      account.add(lease, lease.end);
      living.push(lease);
      expect(account.leasedTo).toBe(furthest(living));
    }
    for (const at of going) {
      const lease = some(leases[at]);
      expect([account.delete(lease), account.delete(lease)]).toEqual([true, false]);
      living.splice(living.indexOf(lease), 1);
      expect(account.leasedTo).toBe(furthest(living));
      expect(new Set(account.leases)).toEqual(new Set(living));
    }
  });

  test('whatever overlaps a range is found, up to its first and last byte', () => {
    const { account, leases } = leased(8, 16, 24);
    const [first, , last] = leases.map(some);
    for (const lease of [first, last]) account.add(some(lease), some(lease).end);
    for (let start = 0; start < 40; start++) {
      for (let end = start + 1; end <= 40; end++) {
        const overlaps = (from: number, to: number) => start < to && end > from;
        const due = [...(overlaps(0, 8) ? [first] : []), ...(overlaps(16, 24) ? [last] : [])];
        expect(due.length === 0 ? [undefined] : due).toContain(account.overlapping(start, end));
      }
    }
  });

  test('cleared, there is none', () => {
    const { account, leases } = leased(8, 16);
    for (const lease of leases) account.add(lease, lease.end);
    account.clear();
    expect([account.leases, account.leasedTo]).toEqual([[], 0]);
  });
});
