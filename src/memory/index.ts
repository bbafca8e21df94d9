/** Memory: slabs, workspaces, leases, the ledger, and the two buffers that stand on them. */
export type { ActKind, ActRecord } from './act-record.js';
export { RuleViolation } from './assertions.js';
export { CheckedLedger, type CheckedLedgerOptions } from './checked-ledger.js';
export { EmulatedWorkspace, emulatedPoison } from './emulated-workspace.js';
export { type Charge, Lease } from './lease.js';
export type { FrozenBytes, Ledger, WorkspaceAct, WorkspaceView } from './ledger.js';
export { type Layer, Owner } from './owner.js';
export { Packer } from './packer.js';
export { ReceiveBuffer } from './receive-buffer.js';
export { Region } from './region.js';
export { type Returned, type Segment, SendBuffer } from './send-buffer.js';
export { canaryBytes, canaryValue, Slab } from './slab.js';
export {
  SlabPool,
  type SlabPoolOptions,
  type SlabShare,
  type SlabSource,
  type WorkspaceKind,
} from './slab-pool.js';
export { BumpWorkspace } from './workspace.js';
export type { Snapshot, Workspace } from './workspace-contract.js';
