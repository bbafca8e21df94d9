// The workspace's operations and every refusal of WS-2 to WS-7, on both kinds (WS-10).
import { describe, expect, test } from 'vitest';
import type { Region, Workspace } from '../../src/memory/index.js';
import { checkedWorkspace, kinds, refusal, session, some, stream, text, write } from '../support/memory.js';

describe.each(kinds)('a workspace (%s)', (_, kind) => {
  const make = (bytes: number) => checkedWorkspace(bytes, kind).workspace;

  /** Everything that a caller can see of the offsets. */
  const seen = (w: Workspace) => [w.used, w.available, w.reserved, w.overflowed, w.leased];

  /** An open unit that holds `ascii`. */
  const unitOf = (w: Workspace, ascii: string): Region => {
    const unit = some(w.allocate(0));
    w.closeInto(unit, write(w.reserveAll(), ascii));
    return unit;
  };

  test('WS-3: allocations are disjoint; what does not fit is exhausted, moves nothing and marks overflow', () => {
    const w = make(10);
    const a = some(w.allocate(4));
    const b = some(w.allocate(6));
    a.bytes.fill(1, a.start, a.end);
    b.bytes.fill(2, b.start, b.end);
    expect([...a.bytes.subarray(a.start, a.end)]).toEqual([1, 1, 1, 1]);
    expect(w.overflowed).toBe(false);
    expect(w.allocate(1)).toBeUndefined();
    expect(seen(w)).toEqual([10, 0, false, true, 0]);
    expect(w.allocate(0)).toBeDefined();
  });

  test('WS-3: allocate of exactly what is free succeeds', () => {
    const w = make(10);
    expect(w.allocate(11)).toBeUndefined();
    expect(w.allocate(10)?.length).toBe(10);
  });

  test('WS-4: reserve-all always succeeds, marks nothing, and with 0 bytes must be closed too', () => {
    const w = make(3);
    some(w.allocate(3));
    const room = w.reserveAll();
    expect([room.length, w.reserved, w.overflowed, w.available]).toEqual([0, true, false, 0]);
    expect(refusal(() => w.allocate(0))).toBe('workspace-reserved WS-2');
    expect(w.close(0).length).toBe(0);
    expect(w.reserved).toBe(false);
  });

  test('WS-4: reserve gives exactly n, or marks overflow and holds nothing; n == free succeeds', () => {
    const w = make(8);
    expect(w.reserve(9)).toBeUndefined();
    expect(seen(w)).toEqual([0, 8, false, true, 0]);
    expect(some(w.reserve(8)).length).toBe(8);
    w.cancel();
    expect(some(w.reserve(5)).length).toBe(5);
    expect(w.reserved).toBe(true);
  });

  test.each<[string, (w: Workspace) => unknown]>([
    ['allocate', (w) => w.allocate(1)],
    ['reserveAll', (w) => w.reserveAll()],
    ['reserve', (w) => w.reserve(1)],
    ['snapshot', (w) => w.snapshot()],
    ['rollback', (w) => w.rollback()],
    ['retire', (w) => w.retire()],
  ])('WS-2: while a reservation is open, %s is refused and changes nothing', (_name, act) => {
    const w = make(8);
    some(w.allocate(2));
    w.reserveAll();
    const before = seen(w);
    expect(refusal(() => act(w))).toBe('workspace-reserved WS-2');
    expect(seen(w)).toEqual(before);
  });

  test('WS-2: while a reservation is open, reset and compact are refused', () => {
    const w = make(8);
    const unit = some(w.allocate(0));
    const mark = w.snapshot();
    w.reserveAll();
    expect(refusal(() => w.reset(mark))).toBe('workspace-reserved WS-2');
    expect(refusal(() => w.compact(unit))).toBe('workspace-reserved WS-2');
    w.cancel();
    w.reset(mark);
  });

  test('WS-2: closing needs an open reservation', () => {
    const w = make(8);
    const unit = some(w.allocate(0));
    expect(refusal(() => w.close(0))).toBe('workspace-not-reserved WS-2');
    expect(refusal(() => w.closeInto(unit, 0))).toBe('workspace-not-reserved WS-2');
    expect(refusal(() => w.cancel())).toBe('workspace-not-reserved WS-2');
  });

  test('WS-5: closing keeps a prefix; more than was reserved is refused and the reservation stays', () => {
    const w = make(8);
    const room = some(w.reserve(4));
    write(room, 'abcd');
    expect(refusal(() => w.close(5))).toBe('reservation-overrun WS-5');
    expect(refusal(() => w.close(-1))).toBe('workspace-length WS-1');
    expect(w.reserved).toBe(true);
    expect(text(w.close(3))).toBe('abc');
    expect(seen(w)).toEqual([3, 5, false, false, 0]);
  });

  test('WS-5: a reservation is room, not a unit: nothing can be leased of it or added to it', () => {
    const w = make(8);
    const room = w.reserveAll();
    expect(refusal(() => w.leasePrefix(room, 1, stream, 'body'))).toBe('region-ended OWN-5');
    expect(refusal(() => w.dropPrefix(room, 1))).toBe('region-ended OWN-5');
    expect(refusal(() => w.closeInto(room, 1))).toBe('region-ended OWN-5');
    w.close(2);
    expect(refusal(() => w.leasePrefix(room, 1, stream, 'body'))).toBe('region-ended OWN-5');
  });

  test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('WS-1: %d is not a length', (bytes) => {
    const w = make(8);
    expect(refusal(() => w.allocate(bytes))).toBe('workspace-length WS-1');
    expect(refusal(() => w.reserve(bytes))).toBe('workspace-length WS-1');
    expect(w.overflowed).toBe(false);
  });

  test('WS-3: only the unit that ends at the reservation grows', () => {
    const w = make(8);
    const unit = unitOf(w, 'ab');
    some(w.allocate(1));
    w.reserveAll();
    expect(refusal(() => w.closeInto(unit, 1))).toBe('unit-not-last WS-3');
    w.cancel();
  });

  test('a unit grows over several reservations and keeps its content', () => {
    const w = make(8);
    const unit = unitOf(w, 'abc');
    w.closeInto(unit, write(w.reserveAll(), 'def'));
    w.closeInto(unit, write(some(w.reserve(2)), 'g'));
    expect(text(unit)).toBe('abcdefg');
  });

  test('WS-6: a unit does not grow over a snapshot', () => {
    const w = make(8);
    const unit = unitOf(w, 'ab');
    const mark = w.snapshot();
    w.reserveAll();
    expect(refusal(() => w.closeInto(unit, 1))).toBe('unit-below-snapshot WS-6');
    w.cancel();
    w.reset(mark);
    w.closeInto(unit, write(w.reserveAll(), 'c'));
    expect(text(unit)).toBe('abc');
  });

  test('WS-6: snapshots are last in, first out; reset uses the token up with every younger one', () => {
    const w = make(20);
    some(w.allocate(1));
    const a = w.snapshot();
    some(w.allocate(2));
    const b = w.snapshot();
    some(w.allocate(3));
    const c = w.snapshot();
    w.reset(b);
    expect(w.used).toBe(3);
    expect(refusal(() => w.reset(c))).toBe('snapshot-stale WS-6');
    expect(refusal(() => w.reset(b))).toBe('snapshot-stale WS-6');
    w.reset(a);
    expect(w.used).toBe(1);
    expect(refusal(() => w.reset(a))).toBe('snapshot-stale WS-6');
  });

  test('WS-6: a token of another workspace, or of before the rollback, is stale', () => {
    const w = make(8);
    expect(refusal(() => w.reset(make(8).snapshot()))).toBe('snapshot-stale WS-6');
    // What lies below every snapshot is none.
    expect(refusal(() => w.reset(some(w.allocate(1)).frame))).toBe('snapshot-stale WS-6');
    const mark = w.snapshot();
    w.rollback();
    expect(refusal(() => w.reset(mark))).toBe('snapshot-stale WS-6');
  });

  test('WS-6: reset ends the regions of its snapshot, and only those', () => {
    const w = make(8);
    const older = unitOf(w, 'ab');
    const mark = w.snapshot();
    const younger = unitOf(w, 'cd');
    w.reset(mark);
    expect(refusal(() => w.leasePrefix(younger, 1, stream, 'head'))).toBe('region-ended OWN-5');
    expect(text(older)).toBe('ab');
    w.leasePrefix(older, 1, stream, 'head').release();
  });

  test('WS-6: reset is refused while a region of its snapshot is leased out, and works after', () => {
    const w = make(8);
    const below = w.leasePrefix(unitOf(w, 'cd'), 1, stream, 'head');
    const mark = w.snapshot();
    const lease = w.leasePrefix(unitOf(w, 'ef'), 2, stream, 'head');
    expect(refusal(() => w.reset(mark))).toBe('region-leased WS-6');
    expect(w.leased).toBe(2);
    lease.release();
    w.reset(mark);
    expect(refusal(() => w.rollback())).toBe('region-leased WS-6');
    below.release();
    w.rollback();
    expect(seen(w)).toEqual([0, 8, false, false, 0]);
  });

  test('WS-6: a lease that was transferred or split still bars the reset', () => {
    const w = make(8);
    const mark = w.snapshot();
    const lease = w.leasePrefix(unitOf(w, 'abcd'), 4, stream, 'head').transfer(session);
    expect(refusal(() => w.reset(mark))).toBe('region-leased WS-6');
    const [head, tail] = lease.split(1);
    head.release();
    expect(refusal(() => w.reset(mark))).toBe('region-leased WS-6');
    tail.release();
    w.reset(mark);
  });

  test('WS-7: overflow is sticky: reset does not clear it, rollback does', () => {
    const w = make(4);
    const mark = w.snapshot();
    expect(w.allocate(5)).toBeUndefined();
    w.reset(mark);
    expect(w.overflowed).toBe(true);
    some(w.allocate(1));
    expect(w.overflowed).toBe(true);
    w.rollback();
    expect(w.overflowed).toBe(false);
  });

  test.each<[string, (w: Workspace, unit: Region) => unknown, string]>([
    ['allocate', (w) => w.allocate(1), 'workspace-retired OWN-5'],
    ['reserveAll', (w) => w.reserveAll(), 'workspace-retired OWN-5'],
    ['reserve', (w) => w.reserve(1), 'workspace-retired OWN-5'],
    ['snapshot', (w) => w.snapshot(), 'workspace-retired OWN-5'],
    ['rollback', (w) => w.rollback(), 'workspace-retired OWN-5'],
    ['compact', (w, unit) => w.compact(unit), 'workspace-retired OWN-5'],
    ['retire', (w) => w.retire(), 'workspace-retired OWN-5'],
    ['close', (w) => w.close(0), 'workspace-not-reserved WS-2'],
    ['closeInto', (w, unit) => w.closeInto(unit, 0), 'region-ended OWN-5'],
    ['leasePrefix', (w, unit) => w.leasePrefix(unit, 1, stream, 'head'), 'region-ended OWN-5'],
    ['dropPrefix', (w, unit) => w.dropPrefix(unit, 1), 'region-ended OWN-5'],
  ])('OWN-5: after retire, %s is refused', (_name, act, answer) => {
    const { workspace, pool } = checkedWorkspace(8, kind);
    const unit = unitOf(workspace, 'ab');
    workspace.retire();
    expect(refusal(() => act(workspace, unit))).toBe(answer);
    expect(pool.heldBytes).toBe(0);
  });

  test('retire keeps the slab until the last lease ends', () => {
    const { workspace, pool } = checkedWorkspace(8, kind);
    const unit = unitOf(workspace, 'abcd');
    const a = workspace.leasePrefix(unit, 1, stream, 'head');
    const b = workspace.leasePrefix(unit, 2, stream, 'head');
    workspace.retire();
    a.release();
    expect(text(b)).toBe('bc');
    expect(pool.heldBytes).toBe(8);
    b.release();
    expect(pool.heldBytes).toBe(0);
  });

  test.each([0, -1, 0.5, 3, Number.NaN])('OWN-2: %d is no prefix of a unit of 2 bytes', (bytes) => {
    const w = make(8);
    const unit = unitOf(w, 'ab');
    expect(refusal(() => w.leasePrefix(unit, bytes, stream, 'head'))).toBe('unit-prefix OWN-2');
    expect(refusal(() => w.dropPrefix(unit, bytes))).toBe('unit-prefix OWN-2');
    expect(text(unit)).toBe('ab');
    expect(w.leased).toBe(0);
  });

  test('OWN-1: a region of another workspace is refused', () => {
    const w = make(8);
    const foreign = unitOf(make(8), 'ab');
    expect(refusal(() => w.leasePrefix(foreign, 1, stream, 'head'))).toBe('region-foreign OWN-1');
    expect(refusal(() => w.dropPrefix(foreign, 1))).toBe('region-foreign OWN-1');
    expect(refusal(() => w.compact(foreign))).toBe('region-foreign OWN-1');
  });

  test('compact moves the only unit to the beginning and gains the room before it', () => {
    const w = make(8);
    const unit = unitOf(w, 'abcdef');
    w.dropPrefix(unit, 4);
    w.compact(unit);
    expect([text(unit), w.used, w.available]).toEqual(['ef', 2, 6]);
    w.closeInto(unit, write(w.reserveAll(), 'ghijkl'));
    expect(text(unit)).toBe('efghijkl');
  });

  test('WS-3, WS-6: compact is refused while anything else lives here', () => {
    const w = make(16);
    const unit = unitOf(w, 'abcd');
    const lease = w.leasePrefix(unit, 1, stream, 'head');
    expect(refusal(() => w.compact(unit))).toBe('region-leased WS-6');
    lease.release();
    const mark = w.snapshot();
    expect(refusal(() => w.compact(unit))).toBe('workspace-snapshot-open WS-6');
    w.reset(mark);
    some(w.allocate(1));
    expect(refusal(() => w.compact(unit))).toBe('unit-not-alone WS-3');
    expect(text(unit)).toBe('bcd');
  });

  test('a workspace of one byte does all that a large one does', () => {
    const w = make(1);
    expect(w.reserve(2)).toBeUndefined();
    const unit = some(w.allocate(0));
    w.closeInto(unit, write(w.reserveAll(), 'a'));
    expect(w.reserveAll().length).toBe(0);
    w.cancel();
    w.leasePrefix(unit, 1, stream, 'head').release();
    w.compact(unit);
    expect(w.available).toBe(1);
    w.rollback();
    expect(w.overflowed).toBe(false);
  });
});
