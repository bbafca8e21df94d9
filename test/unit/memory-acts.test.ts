// What memory tells a ledger of, act by act, and that it needs none.
import { describe, expect, test } from 'vitest';
import { copyBytes } from '../../src/memory/copy-bytes.js';
import {
  CheckedLedger,
  type FrozenBytes,
  Lease,
  type Ledger,
  ReceiveBuffer,
  SendBuffer,
  Slab,
  SlabPool,
} from '../../src/memory/index.js';
import { Poison } from '../../src/memory/poison.js';
import {
  application,
  checkedPool,
  kinds,
  refusal,
  session,
  some,
  stream,
  text,
  write,
} from '../support/memory.js';

/** A ledger that writes down what it is told. */
class Minutes implements Ledger {
  readonly said: string[] = [];

  acquired(slab: Slab): void {
    this.said.push(`acquired ${slab.id}`);
  }
  returned(slab: Slab): void {
    this.said.push(`returned ${slab.id}`);
  }
  workspace(_: unknown, act: string): void {
    this.said.push(act);
  }
  vacated(_: Slab, start: number, end: number): void {
    this.said.push(`vacated ${start}..${end}`);
  }
  leased(lease: Lease): void {
    this.said.push(`leased ${lease.start}..${lease.end}`);
  }
  split(_: Lease, head: Lease, tail: Lease): void {
    this.said.push(`split ${head.end - head.start}+${tail.end - tail.start}`);
  }
  transferred(_: Lease, next: Lease): void {
    this.said.push(`transferred to ${next.owner.layer}`);
  }
  released(lease: Lease): void {
    this.said.push(`released ${lease.start}..${lease.end}`);
  }
  kept(_: Lease, name: string): void {
    this.said.push(`kept ${name}`);
  }
  frozen(segment: FrozenBytes): void {
    this.said.push(`frozen ${segment.end - segment.start}`);
  }
  thawed(_: FrozenBytes, outcome: string): void {
    this.said.push(outcome);
  }
  copied(bytes: number): void {
    this.said.push(`copied ${bytes}`);
  }
}

describe.each([
  ['with a ledger', () => new Minutes()],
  ['without', () => null],
])('%s', (_, make) => {
  test('a workspace says each act, and the one of exhaustion too', () => {
    const ledger = make();
    const pool = new SlabPool({ slabBytes: 16, ledger });
    const w = some(pool.open(session));
    const unit = some(w.allocate(0));
    w.allocate(17);
    w.reserve(17);
    w.closeInto(unit, write(some(w.reserve(4)), 'abcd'));
    w.compact(unit);
    w.dropPrefix(unit, 1);
    w.compact(unit);
    const lease = w.leasePrefix(unit, 3, stream, 'head');
    lease.retain('log');
    const [head, tail] = lease.split(1);
    const given = head.transfer(application);
    expect(given.copy()).toEqual(Uint8Array.of(0x62));
    given.release();
    tail.release();
    const mark = w.snapshot();
    w.reset(mark);
    w.reserveAll();
    w.close(2);
    w.rollback();
    w.reserveAll();
    w.cancel();
    const last = some(w.allocate(0));
    w.retire();
    expect(pool.reopen(session, w, last)).toBe(w);
    if (ledger === null) return;
    expect(ledger.said.join(', ')).toBe(
      [
        'acquired 0, open, allocate, allocate, reserve, reserve, vacated 4..4, close, compact, vacated 0..1',
        'copied 3, vacated 3..4, compact, leased 0..3, kept log, split 1+2, transferred to application, copied 1',
        'released 0..1, released 1..3, snapshot, vacated 3..3, reset, reserve, vacated 5..16, close, vacated 0..5',
        'rollback, reserve, vacated 0..16, close, allocate, retire, returned 0, acquired 0, open, allocate',
      ].join(', '),
    );
  });

  test('a send buffer says what it copies, freezes and gets back', () => {
    const ledger = make();
    const pool = new SlabPool({ slabBytes: 16, ledger });
    const out = new SendBuffer(pool, session);
    out.append(new Uint8Array(3), 0, 3);
    out.lend(new Uint8Array(2), 0, 2);
    out.lend(new Uint8Array(2), 1, 1);
    out.take();
    out.written(4);
    out.fail();
    expect([out.writtenBytes, out.failedBytes, pool.heldBytes]).toEqual([4, 1, 0]);
    if (ledger === null) return;
    expect(ledger.said.filter((line) => /^(copied|frozen|written|failed)/.test(line))).toEqual([
      'copied 3',
      'frozen 3',
      'frozen 2',
      'written',
      'failed',
    ]);
  });

  test('a receive buffer says what it moves', () => {
    const ledger = make();
    const pool = new SlabPool({ slabBytes: 16, ledger });
    const input = new ReceiveBuffer(pool, session);
    input.received(write(some(input.room()), '0123456789abXYdef'.slice(0, 16)));
    const lease = input.take(10, stream, 'head');
    input.excise(2, 2);
    expect(text(input)).toBe('abde');
    input.received(write(some(input.room()), 'f'));
    expect([text(input), pool.heldBytes]).toEqual(['abdef', 32]);
    lease.release();
    input.close();
    expect(pool.heldBytes).toBe(0);
    if (ledger === null) return;
    expect(ledger.said.filter((line) => line.startsWith('copied'))).toEqual(['copied 2', 'copied 4']);
  });
});

test('copyBytes copies a range, short or long, a part or the whole, and says where it ends', () => {
  for (const length of [0, 1, 8, 9, 24, 25, 200]) {
    for (const [before, after] of [
      [0, 0],
      [2, 0],
      [0, 3],
      [1, 1],
    ] as const) {
      const source = Uint8Array.from({ length: before + length + after }, (_, i) => i + 1);
      const target = new Uint8Array(length + 10);
      expect(copyBytes(source, before, before + length, target, 5)).toBe(5 + length);
      const right = new Uint8Array(length + 10);
      for (let i = 0; i < length; i++) right[5 + i] = before + i + 1;
      expect(target).toEqual(right);
    }
  }
});

test('poison that differs by offset is what its function says', () => {
  const bytes = new Uint8Array(4);
  new Poison((offset) => offset * 7 + 3).fill(bytes, 1, 4);
  expect([...bytes]).toEqual([0, 10, 17, 24]);
  new Poison(0x1db).fill(bytes, 0, 2);
  expect([...bytes]).toEqual([0xdb, 0xdb, 17, 24]);
});

test('a slab may overwrite what is released with anything, zero too', () => {
  const slab = new Slab(1, 8, { returned: () => {} }, null, null, 0);
  slab.bytes.fill(7, 0, 8);
  new Lease(slab, 2, 4, stream, 'head', { leased: 0 }).release();
  expect([...slab.bytes.subarray(0, 8)]).toEqual([7, 7, 0, 0, 7, 7, 7, 7]);
});

describe('the checked ledger', () => {
  test('counts what it asserts, rule by rule, and names no rule that it did not', () => {
    const ledger = new CheckedLedger();
    expect([ledger.checks.size, ledger.checkCount]).toEqual([0, 0]);
    for (let i = 0; i < 3; i++) ledger.assert('CON-4', true, () => 'never');
    expect([...ledger.checks]).toEqual([['CON-4', 3]]);
  });

  test('counts the slabs that are out', () => {
    const { pool, ledger } = checkedPool({ slabBytes: 16 });
    const slabs = [some(pool.acquire(session)), some(pool.acquire(session))];
    expect(slabs.map(({ id }) => id)).toEqual([0, 1]);
    expect(ledger.outstanding).toEqual({ slabs: 2, leases: 0, frozen: 0 });
    slabs[0]?.unpin();
    expect(ledger.outstanding.slabs).toBe(1);
  });

  test('records slab, range and owners as they are, and the next owner of a transfer only', () => {
    const records: unknown[] = [];
    const { pool } = checkedPool({ slabBytes: 16 }, { onAct: (record) => records.push(record) });
    pool.acquire(session);
    const w = some(pool.open(session));
    const lease = w.leasePrefix(some(w.allocate(4)), 4, stream, 'head');
    lease.retain('log');
    const out = new SendBuffer(pool, session);
    out.lend(new Uint8Array(8), 3, 5);
    out.lendLease(lease.split(1)[1]);
    out.take();
    out.written(5);
    const at = { slab: 1, owner: session };
    expect(records.slice(2)).toStrictEqual([
      { act: 'take', unit: 'head', ...at, owner: stream, start: 0, end: 4 },
      { act: 'retain', unit: 'head', ...at, owner: stream, start: 0, end: 4 },
      { act: 'split', unit: 'head', ...at, owner: stream, start: 0, end: 4 },
      { act: 'transfer', unit: 'head', ...at, owner: stream, to: session, start: 1, end: 4 },
      { act: 'freeze', unit: 'foreign', ...at, slab: -1, start: 3, end: 5 },
      { act: 'freeze', unit: 'output', ...at, start: 1, end: 4 },
      { act: 'written', unit: 'foreign', ...at, slab: -1, start: 3, end: 5 },
      { act: 'written', unit: 'output', ...at, start: 1, end: 4 },
      { act: 'release', unit: 'output', ...at, start: 1, end: 4 },
    ]);
  });

  test('holds bytes against the layer that has them: those in flight against the transport', () => {
    const { pool, ledger } = checkedPool({ slabBytes: 16 });
    const w = some(pool.open(session));
    const unit = some(w.allocate(8));
    w.dropPrefix(unit, 3);
    const out = new SendBuffer(pool, session);
    out.lendLease(w.leasePrefix(unit, 5, stream, 'body'));
    expect(ledger.held).toMatchObject({ session: 5, transport: 0, stream: 0 });
    out.take();
    expect(ledger.held).toMatchObject({ session: 0, transport: 5 });
    out.written(5);
    expect(ledger.held).toMatchObject({ session: 0, transport: 0 });
    expect(ledger.heldPeak).toMatchObject({ session: 5, transport: 5, stream: 5 });
  });

  test('retains no part of what was not retained', () => {
    const { pool, ledger } = checkedPool({ slabBytes: 16 });
    const w = some(pool.open(session));
    w.leasePrefix(some(w.allocate(4)), 4, stream, 'head').split(2);
    expect(ledger.retained.size).toBe(0);
  });

  test('OWN-5: what was consumed shows poison at once, and so does all of a retired workspace but its leases', () => {
    const { pool } = checkedPool({ slabBytes: 8 });
    const w = some(pool.open(session));
    const unit = some(w.allocate(0));
    w.closeInto(unit, write(w.reserveAll(), 'abcdefgh'));
    const { bytes } = unit;
    const shown = () =>
      [...bytes.subarray(0, 8)].map((byte) => (byte === 0xdb ? '-' : String.fromCharCode(byte))).join('');
    const a = w.leasePrefix(unit, 1, stream, 'head');
    w.dropPrefix(unit, 2);
    expect(shown()).toBe('a--defgh');
    const d = w.leasePrefix(unit, 1, stream, 'head');
    const g = w.leasePrefix(unit, 3, stream, 'head').split(2)[1];
    // The first is now the last that the ledger heard of.
    const other = a.transfer(application);
    w.retire();
    expect(shown()).toBe('a--defg-');
    for (const lease of [d, g, other]) lease.release();
    expect(shown()).toBe('----ef--');
  });
});

describe.each(kinds)('a workspace (%s)', (_, kind) => {
  const open = (slabBytes = 8) => {
    const checked = checkedPool({ slabBytes, workspace: kind });
    return { ...checked, w: some(checked.pool.open(session)) };
  };

  test('has nothing available while a part of it is reserved', () => {
    const { w } = open();
    w.reserve(4);
    expect(w.available).toBe(0);
    w.cancel();
    expect(w.available).toBe(8);
  });

  test('WS-2: closing into a unit that is not the last one needs a reservation before anything else', () => {
    const { w } = open();
    const unit = some(w.allocate(2));
    w.allocate(1);
    expect(refusal(() => w.closeInto(unit, 0))).toBe('workspace-not-reserved WS-2');
  });

  test('is not revived from within a snapshot, nor on a slab of another size', () => {
    const { w, pool } = open();
    w.snapshot();
    const unit = some(w.allocate(0));
    w.retire();
    expect(pool.reopen(session, w, unit)).not.toBe(w);
    const other = some(pool.open(session));
    const its = some(other.allocate(0));
    other.retire();
    expect(other.revive(new Slab(9, 16, { returned: () => {} }), its)).toBe(false);
  });
});

test('under emulation a room has a buffer of its own, no longer than it is', () => {
  const { pool } = checkedPool({ slabBytes: 8, workspace: some(kinds[1])[1] });
  const w = some(pool.open(session));
  w.allocate(3);
  expect(w.reserveAll().bytes.length).toBe(5);
  w.cancel();
});

test('OWN-7: a lease that was retained and has been released is retained no longer', () => {
  const { pool } = checkedPool({ slabBytes: 8 });
  const w = some(pool.open(session));
  const lease = w.leasePrefix(some(w.allocate(2)), 2, application, 'body');
  lease.retain('log');
  lease.release();
  expect(lease.retainedAs).toBeUndefined();
});
