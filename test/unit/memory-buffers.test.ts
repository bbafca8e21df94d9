// The receive and the send buffer: refusals at the call, and the cases that a random script seldom meets.
import { describe, expect, test } from 'vitest';
import { ReceiveBuffer, type Region, type Segment, SendBuffer } from '../../src/memory/index.js';
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

describe.each(kinds)('a receive buffer (%s)', (_, workspace) => {
  const make = (slabBytes = 16, slabs = 2) => {
    const checked = checkedPool({ slabBytes, limitBytes: slabs * slabBytes, workspace });
    return { ...checked, buffer: new ReceiveBuffer(checked.pool, session) };
  };
  const feed = (buffer: ReceiveBuffer, ascii: string) => buffer.received(write(some(buffer.room()), ascii));

  test('WS-2: a second room is refused, and costs nothing', () => {
    const { buffer, pool } = make();
    feed(buffer, 'abcdefghijkl');
    const lease = buffer.take(8, stream, 'head');
    some(buffer.room());
    expect(refusal(() => buffer.room())).toBe('workspace-reserved WS-2');
    expect(pool.heldBytes).toBe(16);
    buffer.received(0);
    lease.release();
  });

  test('WS-2: closing needs a room; WS-5: no more than the room is kept', () => {
    const { buffer } = make();
    expect(refusal(() => buffer.received(0))).toBe('workspace-not-reserved WS-2');
    some(buffer.room());
    expect(refusal(() => buffer.received(17))).toBe('reservation-overrun WS-5');
    buffer.received(16);
    expect(refusal(() => buffer.received(0))).toBe('workspace-not-reserved WS-2');
    expect(buffer.receivedBytes).toBe(16);
  });

  test.each(['take', 'consume', 'discard'] as const)(
    'OWN-2: %s of more than is pending is refused',
    (act) => {
      const { buffer } = make();
      const does = (count: number) =>
        act === 'take' ? buffer.take(count, stream, 'head') : buffer[act](count);
      expect(refusal(() => does(1))).toBe('unit-prefix OWN-2');
      feed(buffer, 'abc');
      for (const count of [4, -1, 1.5, Number.NaN])
        expect(refusal(() => does(count))).toBe('unit-prefix OWN-2');
      expect([buffer.consumedBytes, buffer.discardedBytes, text(buffer)]).toEqual([0, 0, 'abc']);
      does(3);
      expect(refusal(() => does(1))).toBe('unit-prefix OWN-2');
    },
  );

  test('WS-2: handing off is refused while a room is open, and leaves everything as it was', () => {
    const { buffer, ledger } = make();
    feed(buffer, 'abc');
    some(buffer.room());
    expect(refusal(() => buffer.handOff(application))).toBe('workspace-reserved WS-2');
    expect(ledger.outstanding.leases).toBe(0);
    buffer.received(0);
    expect(text(some(buffer.handOff(application)))).toBe('abc');
  });

  test('CON-3: nothing unused is undefined; after a handoff the buffer is empty and can begin again', () => {
    const { buffer, pool } = make();
    expect(buffer.handOff(application)).toBeUndefined();
    feed(buffer, 'abc');
    buffer.consume(1);
    const unused = some(buffer.handOff(application));
    expect([text(unused), unused.owner, unused.unit]).toEqual(['bc', application, 'unused']);
    expect([buffer.pendingBytes, buffer.handedOffBytes, buffer.handOff(application)]).toEqual([
      0,
      2,
      undefined,
    ]);
    feed(buffer, 'd');
    expect([text(buffer), pool.heldBytes]).toEqual(['d', 32]);
    unused.release();
    buffer.close();
    expect(pool.heldBytes).toBe(0);
  });

  test('pipelined units stay where they were received', () => {
    const { buffer, ledger } = make(64);
    feed(buffer, 'firstsecondth');
    const first = buffer.take(5, stream, 'head');
    const second = buffer.take(6, stream, 'head');
    feed(buffer, 'ird');
    expect([text(first), text(second), text(buffer)]).toEqual(['first', 'second', 'third']);
    expect(ledger.copiedBytes).toBe(0);
    second.release();
    first.release();
  });

  test('at the end of a slab an incomplete unit moves: within it when it is alone, else to a fresh one', () => {
    const { buffer, pool } = make();
    feed(buffer, 'abcdefghijklmn');
    buffer.consume(12);
    expect([some(buffer.room()).length, pool.heldBytes]).toEqual([14, 16]);
    buffer.received(0);
    feed(buffer, '0123456789a');
    const lease = buffer.take(11, stream, 'head');
    expect([some(buffer.room()).length, pool.heldBytes]).toEqual([14, 32]);
    buffer.received(0);
    expect([text(lease), text(buffer)]).toEqual(['mn012345678', '9a']);
    lease.release();
    expect(pool.heldBytes).toBe(16);
  });

  test('OWN-8: without a slab there is no room, and nothing is lost; when one comes back there is', () => {
    const { buffer, pool } = make(16, 1);
    feed(buffer, 'abcdefghijklmnop');
    const lease = buffer.take(14, stream, 'head');
    expect([buffer.room(), buffer.full, text(buffer)]).toEqual([undefined, false, 'op']);
    lease.release();
    expect(some(buffer.room()).length).toBe(14);
    buffer.received(0);
    buffer.close();
    const other = some(pool.acquire(application));
    expect(buffer.room()).toBeUndefined();
    other.unpin();
    expect(buffer.room()).toBeDefined();
  });

  test('CON-6: full is a matter of the pending length alone, and then there is no room', () => {
    const { buffer } = make();
    feed(buffer, 'abcdefghijklmno');
    expect(buffer.full).toBe(false);
    feed(buffer, 'p');
    expect([buffer.full, buffer.room()]).toEqual([true, undefined]);
    buffer.consume(1);
    expect([buffer.full, some(buffer.room()).length]).toEqual([false, 1]);
  });

  test('OWN-7: settle gives the slab back only when nothing is pending, leased or reserved', () => {
    const { buffer, pool } = make();
    buffer.settle();
    feed(buffer, 'ab');
    const lease = buffer.take(1, stream, 'head');
    const held = () => {
      buffer.settle();
      return pool.heldBytes;
    };
    expect(held()).toBe(16);
    buffer.consume(1);
    expect(held()).toBe(16);
    // The slab is still the buffer's: it goes on behind the lease.
    some(buffer.room());
    expect([pool.heldBytes, held()]).toEqual([16, 16]);
    buffer.received(0);
    lease.release();
    some(buffer.room());
    expect(held()).toBe(16);
    buffer.received(0);
    expect(held()).toBe(0);
  });

  test('CON-1: close discards what is pending, ends a room, is idempotent, and leases live on', () => {
    const { buffer, pool } = make();
    feed(buffer, 'abcd');
    const lease = buffer.take(1, stream, 'head');
    some(buffer.room());
    buffer.close();
    buffer.close();
    expect([buffer.receivedBytes, buffer.consumedBytes, buffer.discardedBytes]).toEqual([4, 1, 3]);
    expect([text(lease), pool.heldBytes]).toEqual(['a', 16]);
    lease.release();
    expect(pool.heldBytes).toBe(0);
  });
});

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

test('the room of a workspace is the same object each time, so the next one costs nothing', () => {
  const { pool } = checkedPool();
  const w = some(pool.open(session));
  const first: Region = w.reserveAll();
  w.cancel();
  expect(w.reserveAll()).toBe(first);
  w.cancel();
  w.retire();
});
