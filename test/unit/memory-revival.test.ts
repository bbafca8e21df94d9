// A workspace that begins again on another slab: only when nothing of its first life could be taken for something of
// the second (OWN-5, WS-6).
import { describe, expect, it } from 'vitest';
import {
  EmulatedWorkspace,
  Owner,
  ReceiveBuffer,
  type Region,
  SendBuffer,
  SlabPool,
  type Workspace,
} from '../../src/memory/index.js';
import { application, checkedPool, refusal, session, some, text } from '../support/memory.js';

const slabBytes = 64;

/** A retired workspace with its unit, which held and gave back one lease. */
function retired(pool: SlabPool): { workspace: Workspace; unit: Region } {
  const workspace = some(pool.open(session));
  const unit = some(workspace.allocate(0));
  workspace.reserveAll();
  workspace.closeInto(unit, 10);
  workspace.leasePrefix(unit, 10, application, 'body').release();
  workspace.retire();
  return { workspace, unit };
}

describe('a workspace that is revived', () => {
  it('is as new, on the slab that it is given', () => {
    const { pool, ledger } = checkedPool({ slabBytes });
    const { workspace, unit } = retired(pool);
    const other = some(pool.open(session));
    expect(pool.reopen(session, workspace, unit)).toBe(workspace);
    expect([workspace.used, workspace.available, workspace.leased]).toEqual([0, slabBytes, 0]);
    expect([unit.start, unit.end, workspace.overflowed, workspace.reserved]).toEqual([0, 0, false, false]);
    const room = workspace.reserveAll();
    room.bytes.set([0x61, 0x62, 0x63], room.start);
    workspace.closeInto(unit, 3);
    expect(text(unit)).toBe('abc');
    workspace.retire();
    other.retire();
    ledger.assertQuiescent();
  });

  it('forgets an overflow, which was the task before', () => {
    const pool = new SlabPool({ slabBytes });
    const workspace = some(pool.open(session));
    const unit = some(workspace.allocate(0));
    workspace.reserve(slabBytes + 1);
    workspace.retire();
    expect(pool.reopen(session, workspace, unit)).toBe(workspace);
    expect(workspace.overflowed).toBe(false);
  });

  it('is refused while it lives, and then another one is given', () => {
    const pool = new SlabPool({ slabBytes });
    const workspace = some(pool.open(session));
    const unit = some(workspace.allocate(0));
    const given = pool.reopen(session, workspace, unit);
    expect(given).not.toBe(workspace);
    expect(pool.heldBytes).toBe(2 * slabBytes);
  });

  it('is refused while a lease of the first life lives: its bytes are still there to be read', () => {
    const pool = new SlabPool({ slabBytes });
    const workspace = some(pool.open(session));
    const unit = some(workspace.allocate(0));
    workspace.reserveAll();
    workspace.closeInto(unit, 4);
    const lease = workspace.leasePrefix(unit, 4, application, 'body');
    workspace.retire();
    expect(pool.reopen(session, workspace, unit)).not.toBe(workspace);
    expect(lease.live).toBe(true);
  });

  it('is refused when it gave out another region, or the unit is none of its own', () => {
    const pool = new SlabPool({ slabBytes });
    const { workspace } = retired(pool);
    const foreign = retired(pool).unit;
    expect(pool.reopen(session, workspace, foreign)).not.toBe(workspace);
    const crowded = some(pool.open(session));
    const unit = some(crowded.allocate(0));
    crowded.allocate(8);
    crowded.retire();
    expect(pool.reopen(session, crowded, unit)).not.toBe(crowded);
  });

  it('is refused under emulation, where every life has buffers of its own', () => {
    const pool = new SlabPool({ slabBytes, workspace: EmulatedWorkspace });
    const { workspace, unit } = retired(pool);
    expect(pool.reopen(session, workspace, unit)).not.toBe(workspace);
  });

  it('gives nothing when there is no slab, and can be asked again', () => {
    const pool = new SlabPool({ slabBytes, limitBytes: slabBytes });
    const { workspace, unit } = retired(pool);
    const other = some(pool.open(session));
    expect(pool.reopen(session, workspace, unit)).toBeUndefined();
    other.retire();
    expect(pool.reopen(session, workspace, unit)).toBe(workspace);
  });

  it('leaves the leases of its first life dead', () => {
    const { pool } = checkedPool({ slabBytes });
    const owner = new Owner('session', 'receiver', 9);
    const input = new ReceiveBuffer(pool, owner);
    input.room();
    input.received(5);
    const lease = input.take(5, owner, 'head');
    lease.release();
    input.settle();
    expect(pool.heldBytes).toBe(0);
    input.room();
    input.received(5);
    expect(refusal(() => lease.release())).toBe('lease-ended OWN-5');
    expect(refusal(() => lease.bytes)).toBe('lease-ended OWN-5');
    expect(input.pendingBytes).toBe(5);
  });
});

describe('buffers that are used again and again', () => {
  it('hold no slab between, and keep their accounts', () => {
    const { pool, ledger } = checkedPool({ slabBytes });
    const owner = new Owner('session', 'again', 9);
    const input = new ReceiveBuffer(pool, owner);
    const output = new SendBuffer(pool, owner);
    const line = Uint8Array.from('line', (c) => c.charCodeAt(0));
    for (let i = 1; i <= 5; i++) {
      const room = some(input.room());
      room.bytes.set(line, room.start);
      input.received(4);
      expect(text(input)).toBe('line');
      input.consume(4);
      input.settle();
      output.append(line, 0, 4);
      expect(output.take().map(text)).toEqual(['line']);
      output.written(4);
      expect(pool.heldBytes).toBe(0);
      expect([input.receivedBytes, input.consumedBytes, output.writtenBytes]).toEqual([4 * i, 4 * i, 4 * i]);
    }
    ledger.assertQuiescent();
  });
});
