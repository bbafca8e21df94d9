// What the ledger goes by after an act, right or wrong: which leases it still counts, which slabs it still watches, and how
// much of a slab it wipes when it comes back.
import { describe, expect, test } from 'vitest';
import { Holdings } from '../../src/memory/holdings.js';
import { CheckedLedger, EmulatedWorkspace, Owner, Packer, SlabPool } from '../../src/memory/index.js';
import { forged, slabOut, viewOf } from '../support/forged-memory.js';
import { checkedPool, session, some, stream } from '../support/memory.js';

const rules = ({ violations }: CheckedLedger): string[] => violations.map(({ cites }) => cites);
/** Violations are kept, and nothing is thrown. */
const telling = { onViolation: () => {} };

describe('the leases of a slab', () => {
  test('OWN-5: of one that came back with leases on it none is counted any more', () => {
    const ledger = new CheckedLedger(telling);
    const slab = slabOut(ledger);
    ledger.leased(forged(slab, 4, 8));
    ledger.returned(slab);
    expect(rules(ledger)).toEqual(['OWN-5']);
    ledger.acquired(slab, session);
    // The same range for somebody else overlaps nothing.
    ledger.leased(forged(slab, 4, 8));
    expect(rules(ledger)).toEqual(['OWN-5']);
  });

  test('WS-3: only those are told of that reach into what the workspace has free', () => {
    const ledger = new CheckedLedger(telling);
    const slab = slabOut(ledger);
    for (const start of [0, 4, 8]) ledger.leased(forged(slab, start, start + 4));
    ledger.workspace(viewOf(slab, 8, 8), 'allocate');
    expect(rules(ledger)).toEqual(['WS-3']);
  });
});

describe('OWN-5: a slab of a workspace', () => {
  test('is not wiped where a range ended before: what was written there since is found', () => {
    const { pool, ledger } = checkedPool({ slabBytes: 32, limitBytes: 32 }, telling);
    const workspace = some(pool.open(session));
    const [first, second] = [some(workspace.allocate(8)), some(workspace.allocate(8))];
    const lease = workspace.leasePrefix(second, 8, stream, 'body');
    workspace.retire();
    first.bytes[first.start + 3] = 0x55;
    lease.release();
    expect(pool.heldBytes).toBe(0);
    expect(rules(ledger)).toEqual([]);
    pool.acquire(session);
    expect(rules(ledger)).toEqual(['OWN-5']);
  });
});

describe('WS-2: an open reservation', () => {
  test('is found whatever was closed before without one', () => {
    const ledger = new CheckedLedger(telling);
    const slab = slabOut(ledger);
    ledger.workspace(viewOf(slab, 0, 0), 'close');
    ledger.workspace(viewOf(slab, 0, 8), 'reserve');
    ledger.assertNothingReserved();
    expect(rules(ledger)).toEqual(['WS-2']);
  });

  test('is found when the slab of another lease, seen before, is forgotten', () => {
    const { pool, ledger } = checkedPool(
      { slabBytes: 32, limitBytes: 64, workspace: EmulatedWorkspace },
      telling,
    );
    const workspace = some(pool.open(session));
    const lease = workspace.leasePrefix(some(workspace.allocate(8)), 8, stream, 'body');
    const other = some(pool.open(stream));
    other.reserve(4);
    lease.release();
    ledger.assertNothingReserved();
    expect(rules(ledger)).toEqual(['WS-2']);
  });
});

test('every layer has its own count, the pool too', () => {
  const holdings = new Holdings();
  const layers = ['pool', 'transport', 'session', 'stream', 'application'] as const;
  for (const [i, layer] of layers.entries()) holdings.add(layer, i + 1);
  expect(holdings.now).toEqual({ pool: 1, transport: 2, session: 3, stream: 4, application: 5 });
  holdings.add('pool', -1);
  expect([holdings.now.pool, holdings.peak.pool]).toEqual([0, 1]);
});

test('a packer works without a ledger', () => {
  const packer = new Packer(new SlabPool({ slabBytes: 16 }), new Owner('session', 'packs', 1));
  const lease = some(packer.pack(Uint8Array.of(1, 2, 3), 0, 3, stream, 'body'));
  expect([...lease.copy()]).toEqual([1, 2, 3]);
  lease.release();
});
