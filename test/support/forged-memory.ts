// What a ledger is shown by hand: leases that nobody made, slabs that leave no pool, and workspaces as they would say they are.
import { type CheckedLedger, Lease, type Owner, Slab, type WorkspaceView } from '../../src/memory/index.js';
import { session, stream } from './memory.js';

export const home = { returned: () => {} };

/** A lease that no workspace made and no ledger knows. */
export const forged = (slab: Slab, start: number, end: number, unit = 'head', owner: Owner = stream) =>
  new Lease(slab, start, end, owner, unit, { leased: 0 });

/** A slab that `ledger` saw leave its pool. */
export const slabOut = (ledger: CheckedLedger): Slab => {
  const slab = new Slab(0, 32, home);
  ledger.acquired(slab, session);
  return slab;
};

export const viewOf = (slab: Slab, free: number, reservedEnd: number, capacity = 32): WorkspaceView => ({
  owner: session,
  slab,
  free,
  reservedEnd,
  capacity,
  reserved: reservedEnd > free,
  overflowed: false,
});
