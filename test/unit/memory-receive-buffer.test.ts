// The receive buffer: refusals at the call, and the cases that a random script seldom meets.
import { describe, expect, test } from 'vitest';
import { BumpWorkspace, ReceiveBuffer, type Region } from '../../src/memory/index.js';
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

  test('excise takes understood bytes out from behind the first ones, which stay together, and counts the move', () => {
    const { buffer, ledger } = make();
    feed(buffer, '__abcXYdef');
    buffer.consume(2);
    const before = ledger.copiedBytes;
    buffer.excise(3, 2);
    expect([text(buffer), buffer.consumedBytes]).toEqual(['abcdef', 4]);
    if (workspace === BumpWorkspace) expect(ledger.copiedBytes - before).toBe(3);
    buffer.excise(6, 0);
    expect(text(buffer)).toBe('abcdef');
    expect(refusal(() => buffer.excise(0, 7))).toBe('unit-prefix OWN-2');
  });

  test('starved says that memory was wanting, not bytes, and how often that began', () => {
    const { buffer, pool } = make(16, 1);
    const state = () => [buffer.starved, buffer.starvations];
    const other = some(pool.acquire(application));
    expect([buffer.room(), ...state()]).toEqual([undefined, true, 1]);
    expect([buffer.room(), ...state()]).toEqual([undefined, true, 1]);
    other.unpin();
    feed(buffer, '0123456789abcdef');
    expect(state()).toEqual([false, 1]);
    // Full is no want of memory.
    expect([buffer.room(), ...state()]).toEqual([undefined, false, 1]);
    const lease = buffer.take(15, stream, 'head');
    expect([buffer.room(), ...state()]).toEqual([undefined, true, 2]);
    lease.release();
    expect(some(buffer.room()).length).toBe(15);
    expect(state()).toEqual([false, 2]);
    buffer.received(0);
    buffer.close();
  });

  test('whenUnleased calls back once, when the last lease beside the pending bytes ends, from within', () => {
    const { buffer } = make(16, 1);
    const told: string[] = [];
    const wait = (name: string) => buffer.whenUnleased(() => told.push(name));
    wait('nothing is there');
    feed(buffer, '0123456789abcdef');
    wait('nothing is leased');
    buffer.take(1, stream, 'head').release();
    expect(told).toEqual([]);
    const [a, b] = [buffer.take(7, stream, 'head'), buffer.take(6, stream, 'head')];
    wait('first');
    a.release();
    expect(told).toEqual([]);
    b.release();
    expect(told).toEqual(['first']);
    const c = buffer.take(1, stream, 'head');
    c.release();
    expect(told).toEqual(['first']);
    buffer.close();
    wait('closed');
    expect(told).toEqual(['first']);
  });

  test('whenUnleased has nothing to wait for once the slab was given up', () => {
    const { buffer } = make();
    feed(buffer, 'abcd');
    const lease = buffer.take(2, stream, 'head');
    buffer.close();
    let told = 0;
    buffer.whenUnleased(() => told++);
    lease.release();
    expect(told).toBe(0);
  });

  test('room that is less than a quarter of a slab is not worth a read: what waits is moved first', () => {
    const { buffer, pool } = make(16, 2);
    feed(buffer, '0123456789ab');
    const room = some(buffer.room());
    expect(room.length).toBe(4);
    buffer.received(write(room, 'c'));
    // Three bytes of room, and none to gain: they are all there is.
    expect(some(buffer.room()).length).toBe(3);
    buffer.received(0);
    buffer.consume(3);
    // Three bytes to gain are not worth a move while there is room.
    expect(some(buffer.room()).length).toBe(3);
    buffer.received(0);
    buffer.consume(1);
    expect(some(buffer.room()).length).toBe(7);
    buffer.received(0);
    expect([text(buffer), pool.heldBytes]).toEqual(['456789abc', 16]);
  });

  test('WS-2: with a room open, another is refused at the end of the slab as well', () => {
    const { buffer } = make();
    feed(buffer, '0123456789abc');
    some(buffer.room());
    expect(refusal(() => buffer.room())).toBe('workspace-reserved WS-2');
    buffer.received(0);
    buffer.consume(0);
    buffer.discard(0);
    expect([buffer.consumedBytes, buffer.discardedBytes]).toEqual([0, 0]);
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
