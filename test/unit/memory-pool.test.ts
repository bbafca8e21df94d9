// The pool and its shares: limits (OWN-8), and who is told when a slab comes back.
import { describe, expect, test } from 'vitest';
import { type Slab, SlabPool, type SlabSource } from '../../src/memory/index.js';
import { refusal, session, some } from '../support/memory.js';

const slabBytes = 16;
const poolOf = (slabs: number) => new SlabPool({ slabBytes, limitBytes: slabs * slabBytes });
const take = (source: SlabSource, count: number): Slab[] =>
  Array.from({ length: count }, () => some(source.acquire(session)));

describe('limits', () => {
  test('OWN-8: the pool gives what its limit holds and no more; what comes back can be had again', () => {
    const pool = poolOf(2);
    const [a] = take(pool, 2);
    expect(pool.acquire(session)).toBeUndefined();
    expect(pool.open(session)).toBeUndefined();
    expect([pool.heldBytes, pool.peakBytes]).toEqual([32, 32]);
    some(a).unpin();
    expect([pool.heldBytes, pool.peakBytes]).toEqual([16, 32]);
    expect(pool.acquire(session)).toBe(a);
  });

  test('a limit that is no multiple of a slab holds whole slabs only', () => {
    const pool = new SlabPool({ slabBytes, limitBytes: 2 * slabBytes - 1 });
    take(pool, 1);
    expect(pool.acquire(session)).toBeUndefined();
  });

  test('OWN-8: a share has a limit of its own, within the pool’s', () => {
    const pool = poolOf(3);
    const share = pool.share(2 * slabBytes);
    const other = pool.share(2 * slabBytes);
    const [a] = take(share, 2);
    expect(share.acquire(session)).toBeUndefined();
    take(other, 1);
    expect(other.acquire(session)).toBeUndefined();
    expect([pool.heldBytes, share.heldBytes, other.heldBytes]).toEqual([48, 32, 16]);
    some(a).unpin();
    expect([pool.heldBytes, share.heldBytes]).toEqual([32, 16]);
    take(other, 1);
    expect(share.acquire(session)).toBeUndefined();
  });

  test('a slab goes back to the share that it was last taken from', () => {
    const pool = poolOf(1);
    const [a, b] = [pool.share(slabBytes), pool.share(slabBytes)];
    some(a.open(session)).retire();
    const workspace = some(b.open(session));
    expect([a.heldBytes, b.heldBytes]).toEqual([0, 16]);
    workspace.retire();
    expect([a.heldBytes, b.heldBytes, pool.heldBytes]).toEqual([0, 0, 0]);
  });

  test.each([0, -1, 1.5, Number.NaN])('WS-1: slabs of %d bytes are refused', (bytes) => {
    expect(refusal(() => new SlabPool({ slabBytes: bytes }))).toBe('slab-size WS-1');
  });

  test.each([15, 0, Number.NaN])('OWN-8: a limit of %d bytes holds no slab of 16', (limitBytes) => {
    expect(refusal(() => new SlabPool({ slabBytes, limitBytes }))).toBe('pool-limit OWN-8');
    expect(refusal(() => poolOf(1).share(limitBytes))).toBe('pool-limit OWN-8');
  });

  test('the generation grows with each return', () => {
    const pool = poolOf(1);
    const [slab] = take(pool, 1);
    const { generation } = some(slab);
    some(slab).unpin();
    expect(some(slab).generation).toBe(generation + 1);
  });
});

describe('who is told', () => {
  /** Waiters that note their name, and whether they still want a slab. */
  const waiters = () => {
    const told: string[] = [];
    const wait = (source: SlabSource, name: string, wants = true) =>
      source.whenAvailable(() => {
        told.push(name);
        return wants;
      });
    return { told, wait };
  };

  test('one return wakes one waiter, first come first served, once', () => {
    const pool = poolOf(2);
    const [a, b] = take(pool, 2);
    const { told, wait } = waiters();
    wait(pool, 'first');
    wait(pool, 'second');
    some(a).unpin();
    expect(told).toEqual(['first']);
    some(b).unpin();
    expect(told).toEqual(['first', 'second']);
    take(pool, 1)[0]?.unpin();
    expect(told).toEqual(['first', 'second']);
  });

  test('who no longer wants a slab passes the turn on', () => {
    const pool = poolOf(1);
    const [a] = take(pool, 1);
    const { told, wait } = waiters();
    wait(pool, 'gone', false);
    wait(pool, 'here');
    wait(pool, 'later');
    some(a).unpin();
    expect(told).toEqual(['gone', 'here']);
  });

  test('passOn wakes the next one, unless there is no room', () => {
    const pool = poolOf(1);
    const [a] = take(pool, 1);
    const { told, wait } = waiters();
    wait(pool, 'first');
    wait(pool, 'second');
    some(a).unpin();
    pool.passOn();
    expect(told).toEqual(['first', 'second']);
    wait(pool, 'third');
    take(pool, 1);
    pool.passOn();
    expect(told).toEqual(['first', 'second']);
  });

  test('who waits for a full share is told when a slab of that share returns, not of another', () => {
    const pool = poolOf(4);
    const [mine, other] = [pool.share(slabBytes), pool.share(slabBytes)];
    const [a] = take(mine, 1);
    const [b] = take(other, 1);
    const { told, wait } = waiters();
    wait(mine, 'mine');
    some(b).unpin();
    expect(told).toEqual([]);
    some(a).unpin();
    expect(told).toEqual(['mine']);
  });

  test('who waits for a share with room in it waits for the pool', () => {
    const pool = poolOf(1);
    const share = pool.share(slabBytes);
    const [a] = take(pool, 1);
    const { told, wait } = waiters();
    wait(share, 'share');
    some(a).unpin();
    expect(told).toEqual(['share']);
  });

  test('one slab of a share wakes one: those who waited for the pool come first', () => {
    const pool = poolOf(1);
    const share = pool.share(slabBytes);
    const [a] = take(share, 1);
    const { told, wait } = waiters();
    wait(share, 'share');
    wait(pool, 'pool');
    some(a).unpin();
    expect(told).toEqual(['pool']);
    pool.passOn();
    expect(told).toEqual(['pool', 'share']);
  });

  test('a waiter of a share that has gone does not leave the next one asleep', () => {
    const pool = poolOf(2);
    const share = pool.share(slabBytes);
    const [a] = take(share, 1);
    const { told, wait } = waiters();
    wait(share, 'gone', false);
    wait(share, 'here');
    some(a).unpin();
    expect(told).toEqual(['gone', 'here']);
  });

  test('passOn of a full share wakes nobody who would find no room in it', () => {
    const pool = poolOf(3);
    const share = pool.share(slabBytes);
    take(share, 1);
    const { told, wait } = waiters();
    wait(share, 'share');
    wait(pool, 'pool');
    share.passOn();
    expect(told).toEqual(['pool']);
    share.passOn();
    expect(told).toEqual(['pool']);
  });

  test('passOn of a share whose waiters have all gone passes on to the pool’s', () => {
    const pool = poolOf(3);
    const share = pool.share(slabBytes);
    const [a] = take(share, 1);
    const { told, wait } = waiters();
    wait(share, 'here');
    wait(share, 'gone', false);
    some(a).unpin();
    wait(pool, 'pool');
    share.passOn();
    expect(told).toEqual(['here', 'gone', 'pool']);
  });

  test('the peak stays when less is out', () => {
    const pool = poolOf(2);
    for (const slab of take(pool, 2)) slab.unpin();
    take(pool, 1);
    expect([pool.heldBytes, pool.peakBytes]).toEqual([16, 32]);
  });

  test('a ledger and a class of workspaces are what they must be', () => {
    expect(refusal(() => new SlabPool({ ledger: {} as never }))).toBe('option-value OWN-1');
    expect(refusal(() => new SlabPool({ ledger: { acquired: () => {} } as never }))).toBe(
      'option-value OWN-1',
    );
    expect(refusal(() => new SlabPool({ workspace: 5 as never }))).toBe('option-value WS-10');
  });

  test('passOn of a share with room wakes its own waiter first', () => {
    const pool = poolOf(2);
    const share = pool.share(2 * slabBytes);
    const [a] = take(share, 2);
    const { told, wait } = waiters();
    wait(share, 'first');
    wait(share, 'second');
    some(a).unpin();
    wait(pool, 'pool');
    share.passOn();
    expect(told).toEqual(['first', 'second']);
  });
});
