// The checked ledger: every assertion is seen to fail on a deliberately wrong act, and to hold on the right one.
import { describe, expect, test } from 'vitest';
import {
  type ActRecord,
  CheckedLedger,
  EmulatedWorkspace,
  Lease,
  type Owner,
  RuleViolation,
  type Segment,
  SendBuffer,
  Slab,
  SlabPool,
  type Workspace,
  type WorkspaceView,
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

const home = { returned: () => {} };

/** A lease that no workspace made and no ledger knows. */
const forged = (slab: Slab, start: number, end: number, unit = 'head', owner: Owner = stream) =>
  new Lease(slab, slab.bytes, start, end, owner, unit, { leased: 0 }, null);

/** A slab that `ledger` saw leave its pool. */
const slabOut = (ledger: CheckedLedger): Slab => {
  const slab = new Slab(0, 32, home);
  ledger.acquired(slab, session);
  return slab;
};

const viewOf = (slab: Slab, free: number, reservedEnd: number, capacity = 32): WorkspaceView => ({
  owner: session,
  slab,
  free,
  reservedEnd,
  capacity,
});

/** A wrong act, what it breaks, and what the violation says. */
const wrongs: readonly (readonly [
  name: string,
  rule: string,
  says: RegExp,
  act: (ledger: CheckedLedger) => void,
])[] = [
  [
    'a slab is given out twice',
    'OWN-1',
    /slab 0 was given to .* while/,
    (l) => l.acquired(slabOut(l), stream),
  ],
  [
    'a byte of a slab is written while it is in the pool',
    'OWN-5',
    /byte 7 of slab 0 was written after/,
    (l) => {
      const slab = slabOut(l);
      l.returned(slab);
      slab.bytes[7] = 1;
      l.acquired(slab, session);
    },
  ],
  [
    'a byte of a slab at home is written, and nobody asks for it again',
    'OWN-5',
    /byte 31 of slab 0 was written after/,
    (l) => {
      const slab = slabOut(l);
      l.returned(slab);
      slab.bytes[31] = 1;
      l.assertQuiescent();
    },
  ],
  [
    'the canary is dead when a slab leaves the pool',
    'WS-1',
    /canary of slab 0/,
    (l) => {
      const slab = new Slab(0, 32, home);
      slab.bytes[32] = 0;
      l.acquired(slab, session);
    },
  ],
  [
    'the canary is dead when a slab comes back',
    'WS-1',
    /canary of slab 0/,
    (l) => {
      const slab = slabOut(l);
      slab.bytes[39] = 0;
      l.returned(slab);
    },
  ],
  [
    'the canary is dead when a workspace acts',
    'WS-1',
    /canary of slab 0/,
    (l) => {
      const slab = slabOut(l);
      slab.bytes[35] = 0;
      l.workspace(viewOf(slab, 0, 0), 'allocate');
    },
  ],
  [
    'a slab comes back twice',
    'OWN-5',
    /slab 0 came back twice/,
    (l) => {
      const slab = slabOut(l);
      l.returned(slab);
      l.returned(slab);
    },
  ],
  [
    'a slab comes back that never left',
    'OWN-5',
    /slab 3 came back twice/,
    (l) => l.returned(new Slab(3, 32, home)),
  ],
  [
    'a slab comes back with a lease on it',
    'OWN-5',
    /came back with 1 leases/,
    (l) => {
      const slab = slabOut(l);
      l.leased(forged(slab, 0, 4));
      l.returned(slab);
    },
  ],
  ['free is negative', 'WS-1', /0 ≤ -1 ≤ 0 ≤ 32/, (l) => l.workspace(viewOf(slabOut(l), -1, 0), 'reset')],
  [
    'free is beyond the reservation',
    'WS-1',
    /0 ≤ 5 ≤ 4 ≤ 32/,
    (l) => l.workspace(viewOf(slabOut(l), 5, 4), 'close'),
  ],
  [
    'the reservation is beyond the end',
    'WS-1',
    /0 ≤ 0 ≤ 33 ≤ 32/,
    (l) => l.workspace(viewOf(slabOut(l), 0, 33), 'reserve'),
  ],
  [
    'a workspace believes that its slab is larger than it is',
    'WS-1',
    /0 ≤ 0 ≤ 0 ≤ 33/,
    (l) => l.workspace(viewOf(slabOut(l), 0, 0, 33), 'open'),
  ],
  [
    'a reservation overlaps a lease',
    'WS-3',
    /reserve by .* overlaps head bytes/,
    (l) => {
      const slab = slabOut(l);
      l.leased(forged(slab, 8, 12));
      l.workspace(viewOf(slab, 10, 32), 'reserve');
    },
  ],
  [
    'a reset ends below a lease',
    'WS-3',
    /reset by .* overlaps head bytes/,
    (l) => {
      const slab = slabOut(l);
      l.leased(forged(slab, 8, 12));
      l.workspace(viewOf(slab, 0, 0), 'reset');
    },
  ],
  [
    'a byte is written behind a closed reservation',
    'WS-5',
    /byte 4 of slab 0 .* outside a reservation/,
    (l) => {
      const slab = slabOut(l);
      slab.bytes[4] = 1;
      l.workspace(viewOf(slab, 4, 32), 'reserve');
    },
  ],
  [
    'a lease begins before its slab',
    'OWN-1',
    /lie outside their slab/,
    (l) => l.leased(forged(slabOut(l), -1, 4)),
  ],
  [
    'a lease ends behind its slab',
    'OWN-1',
    /lie outside their slab/,
    (l) => l.leased(forged(slabOut(l), 30, 33)),
  ],
  [
    'a lease overlaps another',
    'OWN-1',
    /body bytes of .* overlap head bytes/,
    (l) => {
      const slab = slabOut(l);
      l.leased(forged(slab, 0, 8));
      l.leased(forged(slab, 7, 9, 'body'));
    },
  ],
  [
    'a lease is released that was released before',
    'OWN-5',
    /given up twice/,
    (l) => {
      const lease = forged(slabOut(l), 0, 8);
      l.leased(lease);
      l.released(lease);
      l.released(lease);
    },
  ],
  [
    'a lease is transferred that was released before',
    'OWN-5',
    /given up twice/,
    (l) => {
      const slab = slabOut(l);
      l.transferred(forged(slab, 0, 8), forged(slab, 0, 8));
    },
  ],
  [
    'a lease is split that was released before',
    'OWN-5',
    /given up twice/,
    (l) => {
      const slab = slabOut(l);
      l.split(forged(slab, 0, 8), forged(slab, 0, 4), forged(slab, 4, 8));
    },
  ],
  [
    'a split loses bytes at its end',
    'OWN-2',
    /a split of head bytes/,
    (l) => {
      const slab = slabOut(l);
      const lease = forged(slab, 0, 8);
      l.leased(lease);
      l.split(lease, forged(slab, 0, 4), forged(slab, 4, 7));
    },
  ],
  [
    'a split loses bytes in the middle',
    'OWN-2',
    /a split of head bytes/,
    (l) => {
      const slab = slabOut(l);
      const lease = forged(slab, 0, 8);
      l.leased(lease);
      l.split(lease, forged(slab, 0, 3), forged(slab, 4, 8));
    },
  ],
  [
    'a transfer loses bytes',
    'OWN-2',
    /a transfer of head bytes/,
    (l) => {
      const slab = slabOut(l);
      const lease = forged(slab, 0, 8);
      l.leased(lease);
      l.transferred(lease, forged(slab, 1, 8));
    },
  ],
  [
    'bytes of a slab are lent as foreign ones',
    'OWN-1',
    /lent bytes of a slab as foreign/,
    (l) => l.frozen({ bytes: slabOut(l).bytes, start: 0, end: 4, lease: undefined }, session),
  ],
  [
    'a segment is given to a transport twice',
    'OWN-4',
    /given to a transport twice/,
    (l) => {
      const segment = { bytes: new Uint8Array(4), start: 0, end: 4, lease: undefined };
      l.frozen(segment, session);
      l.frozen(segment, session);
    },
  ],
  [
    'a lease is given to a transport in two segments',
    'OWN-4',
    /given to a transport twice/,
    (l) => {
      const slab = slabOut(l);
      const lease = forged(slab, 0, 8);
      l.leased(lease);
      l.frozen({ bytes: slab.bytes, start: 0, end: 4, lease }, session);
      l.frozen({ bytes: slab.bytes, start: 4, end: 8, lease }, session);
    },
  ],
  [
    'a segment goes beyond its lease',
    'OWN-6',
    /goes beyond its lease/,
    (l) => {
      const slab = slabOut(l);
      const lease = forged(slab, 0, 8);
      l.leased(lease);
      l.frozen({ bytes: slab.bytes, start: 0, end: 9, lease }, session);
    },
  ],
  [
    'a segment is of other bytes than its lease',
    'OWN-6',
    /goes beyond its lease/,
    (l) => {
      const slab = slabOut(l);
      const lease = forged(slab, 0, 8);
      l.leased(lease);
      l.frozen({ bytes: new Uint8Array(8), start: 0, end: 8, lease }, session);
    },
  ],
  [
    'a segment is written that no transport had',
    'CON-2',
    /was written that no transport had/,
    (l) => l.thawed({ bytes: new Uint8Array(4), start: 0, end: 4, lease: undefined }, 'written', session),
  ],
  [
    'a segment fails twice',
    'CON-2',
    /was failed that no transport had/,
    (l) => {
      const segment = { bytes: new Uint8Array(4), start: 0, end: 4, lease: undefined };
      l.frozen(segment, session);
      l.thawed(segment, 'failed', session);
      l.thawed(segment, 'failed', session);
    },
  ],
  [
    'bytes change while they are frozen',
    'OWN-4',
    /bytes 0\.\.4 of .* changed while they were frozen/,
    (l) => {
      const segment = { bytes: new Uint8Array(4), start: 0, end: 4, lease: undefined };
      l.frozen(segment, session);
      segment.bytes[3] = 1;
      l.thawed(segment, 'written', session);
    },
  ],
  [
    'a lease is released while a transport has it',
    'OWN-4',
    /given up while a transport had them/,
    (l) => {
      const slab = slabOut(l);
      const lease = forged(slab, 0, 8);
      l.leased(lease);
      l.frozen({ bytes: slab.bytes, start: 0, end: 8, lease }, session);
      l.released(lease);
    },
  ],
  [
    'a lease is still there at the end',
    'OWN-7',
    /head bytes of stream.* are still leased/,
    (l) => {
      l.leased(forged(slabOut(l), 0, 8));
      l.assertQuiescent();
    },
  ],
  [
    'a slab is still out at the end',
    'OWN-7',
    /slab 0 acquired by session.* did not come back/,
    (l) => {
      slabOut(l);
      l.assertQuiescent();
    },
  ],
  [
    'a segment is still frozen at the end',
    'OWN-7',
    /1 segments are neither written nor failed/,
    (l) => {
      l.frozen({ bytes: new Uint8Array(4), start: 0, end: 4, lease: undefined }, session);
      l.assertQuiescent();
    },
  ],
  [
    'a layer asserts what does not hold',
    'CON-4',
    /credit was lost/,
    (l) => l.assert('CON-4', false, () => 'credit was lost'),
  ],
];

describe('each assertion is seen to fail', () => {
  test.each(wrongs)('%s: %s', (_name, rule, says, act) => {
    const ledger = new CheckedLedger();
    let thrown: unknown;
    try {
      act(ledger);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(RuleViolation);
    expect(thrown).toMatchObject({ rule, cites: rule, code: 'rule-violated', fault: 'api-misuse' });
    expect(String(thrown)).toMatch(says);
    expect(ledger.violations).toEqual([thrown]);
    expect(ledger.checks.get(rule)).toBeGreaterThan(0);
  });

  test('who wants to be told of violations is told, and nothing is thrown', () => {
    const told: string[] = [];
    const ledger = new CheckedLedger({ onViolation: ({ rule }) => told.push(rule) });
    for (const [, , , act] of wrongs) act(ledger);
    expect(new Set(told)).toEqual(new Set(wrongs.map(([, rule]) => rule)));
    expect(ledger.violations.map(({ rule }) => rule)).toEqual(told);
  });
});

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
  const { accounts } = ledger as unknown as { accounts: Map<Slab, unknown> };
  const unit = some(workspace.allocate(8));
  for (let i = 0; i < 8; i++) workspace.leasePrefix(unit, 1, stream, 'head').transfer(application).release();
  expect(accounts.size).toBe(1);
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
