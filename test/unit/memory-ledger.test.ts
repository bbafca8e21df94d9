// The checked ledger over right runs: no rule is broken, every act is recorded, and what code kept shows poison.
import { describe, expect, test } from 'vitest';
import {
  type ActRecord,
  CheckedLedger,
  EmulatedWorkspace,
  type Segment,
  SendBuffer,
  SlabPool,
  type Workspace,
} from '../../src/memory/index.js';
import {
  application,
  checkedPool,
  checkedWorkspace,
  refusal,
  session,
  some,
  stream,
  write,
} from '../support/memory.js';

/** One of everything that is right: two leases, an output, foreign bytes, a snapshot, a compaction. */
function everything(pool: SlabPool): void {
  const w = some(pool.open(session));
  const unit = some(w.allocate(0));
  w.closeInto(unit, write(w.reserveAll(), 'abcdefgh'));
  const [a, b] = w.leasePrefix(unit, 4, stream, 'head').split(2);
  b.transfer(application, 'body').release();
  const mark = w.snapshot();
  some(w.allocate(4));
  w.reset(mark);
  a.release();
  w.dropPrefix(unit, 2);
  w.compact(unit);
  const lease = w.leasePrefix(unit, 2, stream, 'body');
  const out = new SendBuffer(pool, session);
  out.append(new Uint8Array(5), 0, 5);
  out.lend(new Uint8Array(7), 0, 7);
  out.lendLease(lease);
  w.retire();
  out.take();
  out.written(9);
  out.fail();
}

describe.each([16, 1_000_000])('a right run over slabs of %d bytes', (slabBytes) => {
  test.each([0xdb, 0xff, 0, 0x0a, (i: number) => i * 7 + 1])('breaks no rule with poison %s', (poison) => {
    const { pool, ledger } = checkedPool({ slabBytes, limitBytes: 2 * slabBytes }, { poison });
    everything(pool);
    everything(pool);
    ledger.assertQuiescent();
    expect(ledger.outstanding).toEqual({ slabs: 0, leases: 0, frozen: 0 });
    expect(ledger.held).toEqual({ pool: 0, transport: 0, session: 0, stream: 0, application: 0 });
    expect(ledger.heldPeak).toMatchObject({ transport: 14, stream: 4, application: 2 });
    expect(ledger.checkCount).toBe([...ledger.checks.values()].reduce((sum, n) => sum + n));
  });
});

test('OWN-5: whoever has a slab without a workspace writes as it likes; at home it is poison again', () => {
  const { pool, ledger } = checkedPool({ slabBytes: 16, limitBytes: 16 });
  const slab = some(pool.acquire(session));
  slab.bytes.fill(1, 0, 16);
  slab.unpin();
  expect([...slab.bytes.subarray(0, 16)].every((byte) => byte === 0xdb)).toBe(true);
  expect(pool.acquire(session)).toBe(slab);
  slab.unpin();
  ledger.assertQuiescent();
});

test('WORK-1: of emulated leases that have ended nothing is kept', () => {
  const { workspace, ledger } = checkedWorkspace(16, EmulatedWorkspace);
  const { accounts } = ledger as unknown as { accounts: readonly unknown[] };
  const unit = some(workspace.allocate(8));
  for (let i = 0; i < 8; i++) workspace.leasePrefix(unit, 1, stream, 'head').transfer(application).release();
  expect(accounts.length).toBe(1);
});

test('every change of owner is recorded, in order', () => {
  const records: ActRecord[] = [];
  const { pool } = checkedPool(
    { slabBytes: 64, limitBytes: 128 },
    { onAct: (record) => records.push(record) },
  );
  everything(pool);
  const lines = records.map(({ act, unit, owner, to, start, end }) =>
    [act, unit, owner.layer, ...(to === undefined ? [] : [to.layer]), `${start}..${end}`].join(' '),
  );
  expect(lines).toEqual([
    'acquire slab session 0..64',
    'take head stream 0..4',
    'split head stream 0..4',
    'transfer head stream application 2..4',
    'release body application 2..4',
    'release head stream 0..2',
    'take body stream 0..2',
    'acquire slab session 0..64',
    'take output session 0..5',
    'transfer body stream session 0..2',
    'freeze output session 0..5',
    'freeze foreign session 0..7',
    'freeze output session 0..2',
    'written output session 0..5',
    'release output session 0..5',
    'return slab session 0..64',
    'failed foreign session 0..7',
    'failed output session 0..2',
    'release output session 0..2',
    'return slab session 0..64',
  ]);
});

describe('what code keeps and should not', () => {
  const filled = () => {
    const checked = checkedWorkspace(64);
    const unit = some(checked.workspace.allocate(0));
    checked.workspace.closeInto(unit, write(checked.workspace.reserveAll(), 'abcd'));
    return { ...checked, unit };
  };
  const poisoned = (bytes: Uint8Array) => bytes.every((byte) => byte === 0xdb);

  test('OWN-5: a view that outlives its lease shows poison', () => {
    const { workspace, unit } = filled();
    const lease = workspace.leasePrefix(unit, 2, stream, 'head');
    const view = lease.view();
    lease.release();
    expect(poisoned(view)).toBe(true);
  });

  test.each<[string, (w: Workspace) => unknown]>([
    ['retire', (w) => w.retire()],
    ['rollback', (w) => w.rollback()],
  ])('OWN-5: a view that outlives its region shows poison after %s', (_, end) => {
    const { workspace, unit } = filled();
    const view = unit.bytes.subarray(unit.start, unit.end);
    end(workspace);
    expect(poisoned(view)).toBe(true);
  });

  test('OWN-5: of a retired workspace all is poison but what is leased', () => {
    const { workspace, unit, pool } = filled();
    const a = workspace.leasePrefix(unit, 1, stream, 'head');
    workspace.dropPrefix(unit, 1);
    const b = workspace.leasePrefix(unit, 1, stream, 'head');
    const { bytes } = unit;
    workspace.retire();
    const shown = [...bytes.subarray(0, 5)].map((byte) => (byte === 0xdb ? '-' : String.fromCharCode(byte)));
    expect(shown.join('')).toBe('a-c--');
    b.release();
    a.release();
    expect(pool.heldBytes).toBe(0);
  });

  test('WS-5: the tail of a closed reservation shows poison, and a write to it is found at the next one', () => {
    const { workspace, unit } = filled();
    const room = workspace.reserveAll();
    const { bytes, start } = room;
    write(room, 'efgh');
    workspace.closeInto(unit, 1);
    expect(poisoned(bytes.subarray(start + 1, start + 4))).toBe(true);
    bytes[start + 1] = 0x66;
    expect(refusal(() => workspace.reserveAll())).toBe('rule-violated WS-5');
  });

  test('OWN-5: a write to a released lease is found when its slab is used again', () => {
    const { workspace, unit, pool } = filled();
    const lease = workspace.leasePrefix(unit, 4, stream, 'head');
    const view = lease.view();
    workspace.retire();
    lease.release();
    view[3] = 0;
    expect(refusal(() => pool.acquire(session))).toBe('rule-violated OWN-5');
  });

  test('OWN-4: bytes that change between take and written are found, long and unaligned ones too', () => {
    for (const [offset, length] of [
      [0, 3],
      [0, 64],
      [1, 300],
      [3, 1001],
    ] as const) {
      for (const at of [0, length >> 1, length - 1]) {
        const { pool } = checkedPool();
        const out = new SendBuffer(pool, session);
        const bytes = new Uint8Array(2000);
        out.lend(bytes, offset, offset + length);
        const [segment] = out.take() as [Segment];
        bytes[offset + at] = 1;
        expect(refusal(() => out.written(segment.end - segment.start))).toBe('rule-violated OWN-4');
      }
    }
  });
});

test('OWN-7: a retained lease excuses its own slab and no other, under emulation and with slabs of equal number', () => {
  for (const workspace of [undefined, EmulatedWorkspace]) {
    const ledger = new CheckedLedger();
    const make = () =>
      new SlabPool({ slabBytes: 16, ledger, ...(workspace === undefined ? {} : { workspace }) });
    const [one, other] = [make(), make()];
    const w = some(one.open(session));
    const unit = some(w.allocate(0));
    w.closeInto(unit, write(w.reserveAll(), 'ab'));
    const lease = w.leasePrefix(unit, 2, application, 'body');
    w.retire();
    lease.retain('log');
    ledger.assertQuiescent();
    const lost = some(other.acquire(session));
    expect(lost.id).toBe(lease.slab.id);
    expect(refusal(() => ledger.assertQuiescent())).toBe('rule-violated OWN-7');
    lost.unpin();
    lease.release();
    ledger.assertQuiescent();
    expect(ledger.outstanding).toEqual({ slabs: 0, leases: 0, frozen: 0 });
  }
});
