// The send buffer: refusals at the call, and the cases that a random script seldom meets.
import { describe, expect, test } from 'vitest';
import { type Segment, SendBuffer } from '../../src/memory/index.js';
import { application, checkedPool, kinds, refusal, session, some, text, write } from '../support/memory.js';

describe.each(kinds)('a send buffer (%s)', (_, workspace) => {
  const make = (slabBytes = 16, slabs = 4) => {
    const checked = checkedPool({ slabBytes, limitBytes: slabs * slabBytes, workspace });
    return { ...checked, buffer: new SendBuffer(checked.pool, session) };
  };
  const octets = (ascii: string) => Uint8Array.from(ascii, (c) => c.charCodeAt(0));
  const append = (buffer: SendBuffer, ascii: string) => buffer.append(octets(ascii), 0, ascii.length);
  const lend = (buffer: SendBuffer, ascii: string, told: string[] = []) =>
    buffer.lend(octets(ascii), 0, ascii.length, (outcome) => told.push(`${outcome} ${ascii}`));
  const batch = (buffer: SendBuffer) => buffer.take().map(text);

  test.each<[string, (buffer: SendBuffer) => unknown]>([
    ['open', (buffer) => buffer.open()],
    ['openFresh', (buffer) => buffer.openFresh()],
    ['append', (buffer) => append(buffer, 'abc')],
  ])('WS-2: %s is refused while a room is open, and costs nothing', (_name, act) => {
    const { buffer, pool } = make();
    append(buffer, 'x');
    const room = some(buffer.open());
    write(room, 'yz');
    expect(refusal(() => act(buffer))).toBe('workspace-reserved WS-2');
    expect(pool.heldBytes).toBe(16);
    buffer.commit(2);
    expect(batch(buffer)).toEqual(['xyz']);
    buffer.fail();
  });

  test('WS-2: commit and cancel need a room; WS-5: no more than the room is kept', () => {
    const { buffer } = make();
    expect(refusal(() => buffer.commit(0))).toBe('workspace-not-reserved WS-2');
    expect(refusal(() => buffer.cancel())).toBe('workspace-not-reserved WS-2');
    some(buffer.open());
    expect(refusal(() => buffer.commit(17))).toBe('reservation-overrun WS-5');
    buffer.cancel();
    expect(buffer.acceptedBytes).toBe(0);
  });

  test.each([
    [-1, 2],
    [2, 1],
    [0, 4],
    [0.5, 2],
    [0.5, 1.5],
    [Number.NaN, 2],
  ])('OWN-6: %d..%d is no range of 3 bytes', (start, end) => {
    const { buffer, pool } = make();
    const bytes = octets('abc');
    expect(refusal(() => buffer.append(bytes, start, end))).toBe('byte-range OWN-6');
    expect(refusal(() => buffer.lend(bytes, start, end))).toBe('byte-range OWN-6');
    expect([buffer.acceptedBytes, buffer.ready, pool.heldBytes]).toEqual([0, false, 0]);
  });

  test.each([3, -1, 0.5, Number.NaN])('CON-2: a transport that had 2 bytes did not write %d', (count) => {
    const { buffer } = make();
    append(buffer, 'ab');
    buffer.take();
    append(buffer, 'cd');
    expect(refusal(() => buffer.written(count))).toBe('written-overrun CON-2');
    expect([buffer.writtenBytes, buffer.pendingBytes]).toEqual([0, 4]);
    buffer.fail();
  });

  test('CON-2: what was written once does not count for the next time', () => {
    const { buffer } = make();
    append(buffer, 'abcd');
    buffer.take();
    buffer.written(2);
    expect(refusal(() => buffer.written(3))).toBe('written-overrun CON-2');
    buffer.written(2);
    expect([buffer.writtenBytes, buffer.pendingBytes]).toEqual([4, 0]);
  });

  test('says the longest range that it takes', () => {
    expect(make(16).buffer.slabBytes).toBe(16);
  });

  test('a quarter of a slab is room enough to build in; less begins another slab', () => {
    const { buffer, pool } = make();
    append(buffer, '0123456789ab');
    expect([some(buffer.open()).length, pool.heldBytes]).toEqual([4, 16]);
    buffer.commit(1);
    expect([some(buffer.open()).length, pool.heldBytes]).toEqual([16, 32]);
    buffer.cancel();
    buffer.fail();
  });

  test('what lands while a room is open does not take the room away', () => {
    const { buffer, pool } = make();
    append(buffer, 'ab');
    buffer.take();
    write(some(buffer.open()), 'cd');
    buffer.written(2);
    buffer.commit(2);
    expect([batch(buffer), pool.heldBytes]).toEqual([['cd'], 16]);
    buffer.fail();
  });

  test('a room that was not used does not cost the slab that is still on its way', () => {
    const { buffer, pool } = make();
    append(buffer, 'ab');
    buffer.take();
    some(buffer.open());
    buffer.cancel();
    append(buffer, 'cd');
    expect(pool.heldBytes).toBe(16);
    buffer.fail();
  });

  test('OWN-5: a lease that is over is refused, and nothing has changed', () => {
    const { buffer, pool } = make();
    const w = some(pool.open(session));
    const lease = w.leasePrefix(some(w.allocate(4)), 4, session, 'body');
    lease.release();
    expect(refusal(() => buffer.lendLease(lease))).toBe('lease-ended OWN-5');
    expect([buffer.acceptedBytes, buffer.ready]).toEqual([0, false]);
    w.retire();
  });

  test('small things go out together, in order with what is lent', () => {
    const { buffer } = make();
    append(buffer, 'ab');
    write(some(buffer.open()), 'cd');
    buffer.commit(2);
    lend(buffer, 'EFG');
    append(buffer, 'h');
    expect(buffer.ready).toBe(true);
    expect(batch(buffer)).toEqual(['abcd', 'EFG', 'h']);
    expect([buffer.ready, batch(buffer)]).toEqual([false, []]);
    buffer.written(8);
    expect(buffer.pendingBytes).toBe(0);
  });

  test('what does not fit any slab is refused and costs nothing', () => {
    const { buffer, pool } = make();
    expect([append(buffer, 'x'.repeat(17)), pool.heldBytes, buffer.acceptedBytes]).toEqual([false, 0, 0]);
    expect(append(buffer, 'x'.repeat(16))).toBe(true);
    buffer.fail();
  });

  test('append uses the last byte of a workspace before it asks for another', () => {
    const { buffer, pool } = make(16, 1);
    for (const char of '0123456789abcdef') expect(append(buffer, char)).toBe(true);
    expect([append(buffer, 'x'), pool.heldBytes]).toEqual([false, 16]);
    expect(batch(buffer)).toEqual(['0123456789abcdef']);
    buffer.written(16);
    expect(append(buffer, 'x')).toBe(true);
    buffer.fail();
  });

  test('OWN-7: a room that was opened for nothing does not hold its slab', () => {
    const { buffer, pool } = make();
    some(buffer.open());
    buffer.cancel();
    expect(pool.heldBytes).toBe(0);
    some(buffer.open());
    buffer.commit(0);
    expect(pool.heldBytes).toBe(0);
    expect([append(buffer, ''), pool.heldBytes, buffer.ready]).toEqual([true, 0, false]);
  });

  test('a workspace whose bytes have all landed is used again while others are still in flight', () => {
    const { buffer, pool } = make(16, 1);
    append(buffer, '0123456789abcdef');
    lend(buffer, 'LENT');
    buffer.take();
    buffer.written(17);
    expect(append(buffer, 'again')).toBe(true);
    expect(pool.heldBytes).toBe(16);
    expect(batch(buffer)).toEqual(['again']);
    buffer.written(8);
    expect([buffer.pendingBytes, pool.heldBytes]).toEqual([0, 0]);
  });

  test('an empty range is told with the bytes before it, and never given to a transport', () => {
    const { buffer } = make();
    const told: string[] = [];
    lend(buffer, '', told);
    expect(told).toEqual([]);
    expect(batch(buffer)).toEqual([]);
    expect(told).toEqual(['written ']);
    lend(buffer, 'ab', told);
    lend(buffer, '', told);
    lend(buffer, 'c', told);
    expect(batch(buffer)).toEqual(['ab', 'c']);
    buffer.written(1);
    expect(told).toEqual(['written ']);
    buffer.written(1);
    expect(told).toEqual(['written ', 'written ab', 'written ']);
    buffer.written(1);
    expect(told).toHaveLength(4);
  });

  test('after fail nothing is accepted and nothing is held: what is lent comes back at once', () => {
    const { buffer, pool } = make();
    const told: string[] = [];
    append(buffer, 'ab');
    buffer.take();
    lend(buffer, 'cd', told);
    some(buffer.open());
    buffer.fail();
    buffer.fail();
    expect([told, pool.heldBytes]).toEqual([['failed cd'], 0]);
    expect([buffer.open(), buffer.openFresh(), append(buffer, 'x'), buffer.take()]).toEqual([
      undefined,
      undefined,
      false,
      [],
    ]);
    lend(buffer, 'ef', told);
    const w = some(pool.open(session));
    const lease = w.leasePrefix(some(w.allocate(3)), 3, application, 'body');
    w.retire();
    buffer.lendLease(lease, (outcome) => told.push(outcome));
    expect(told).toEqual(['failed cd', 'failed ef', 'failed']);
    expect([buffer.acceptedBytes, buffer.failedBytes, buffer.pendingBytes, pool.heldBytes]).toEqual([
      9, 9, 0, 0,
    ]);
  });

  test('OWN-5: a lease is back before its owner is told', () => {
    const { buffer, pool } = make();
    const held: number[] = [];
    const give = () => {
      const w = some(pool.open(session));
      const lease = w.leasePrefix(some(w.allocate(3)), 3, application, 'body');
      w.retire();
      buffer.lendLease(lease, () => held.push(pool.heldBytes));
    };
    give();
    buffer.take();
    buffer.written(3);
    give();
    buffer.take();
    give();
    buffer.fail();
    expect(held).toEqual([0, 16, 0]);
  });

  test('OWN-9: returned may append, take and fail while the buffer gives back', () => {
    const { buffer, pool } = make();
    const wire: string[] = [];
    const told: string[] = [];
    const send = () => wire.push(...batch(buffer));
    buffer.lend(octets('ab'), 0, 2, () => {
      append(buffer, 'ef');
      send();
    });
    buffer.lend(octets('cd'), 0, 2, () => {
      lend(buffer, 'gh', told);
      send();
      buffer.fail();
      lend(buffer, 'ij', told);
    });
    lend(buffer, 'kl', told);
    send();
    buffer.written(5);
    expect(wire).toEqual(['ab', 'cd', 'kl', 'ef', 'gh']);
    expect(told).toEqual(['failed kl', 'failed gh', 'failed ij']);
    expect([buffer.writtenBytes, buffer.failedBytes, buffer.pendingBytes, pool.heldBytes]).toEqual([
      5, 7, 0, 0,
    ]);
  });

  test('a batch does not grow after it was given out', () => {
    const { buffer } = make();
    const nothing = buffer.take();
    append(buffer, 'a');
    const first = buffer.take();
    append(buffer, 'b');
    const second = buffer.take();
    append(buffer, 'c');
    expect([nothing.length, first.map(text), second.map(text), batch(buffer)]).toEqual([
      0,
      ['a'],
      ['b'],
      ['c'],
    ]);
    expect(nothing).toHaveLength(0);
    buffer.fail();
  });

  test('WORK-1: what has landed is not kept, though something is always in flight', () => {
    const { buffer } = make();
    const { flight } = buffer as unknown as { flight: Segment[] };
    expect(flight).toHaveLength(0);
    let most = 0;
    const told: string[] = [];
    for (let i = 0; i < 2000; i++) {
      lend(buffer, 'ab', told);
      buffer.take();
      if (i > 0) buffer.written(2);
      most = Math.max(most, (buffer as unknown as { flight: Segment[] }).flight.length);
    }
    expect(buffer.pendingBytes).toBe(2);
    expect(most).toBeLessThan(200);
    buffer.written(2);
    expect(told).toHaveLength(2000);
  });
});
