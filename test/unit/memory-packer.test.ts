// The packer: what is packed shares slabs of its own, in order, and pins none longer than it must (OWN-8).
import { describe, expect, test } from 'vitest';
import { Packer } from '../../src/memory/index.js';
import { application, checkedPool, kinds, session, some, stream, text } from '../support/memory.js';

describe.each(kinds)('a packer (%s)', (_, workspace) => {
  const make = (slabs = 2) => {
    const checked = checkedPool({ slabBytes: 16, limitBytes: slabs * 16, workspace });
    return { ...checked, packer: new Packer(checked.pool, session) };
  };
  const octets = (ascii: string) => Uint8Array.from(`<${ascii}>`, (c) => c.charCodeAt(0));
  const pack = (packer: Packer, ascii: string) =>
    packer.pack(octets(ascii), 1, ascii.length + 1, stream, 'body');
  const add = (packer: Packer, ascii: string) => packer.add(octets(ascii), 1, ascii.length + 1);

  test('packs ranges one behind another into one slab, each with a lease of its own', () => {
    const { packer, pool, ledger } = make();
    const [a, b] = [some(pack(packer, 'abc')), some(pack(packer, 'de'))];
    expect([text(a), text(b)]).toEqual(['abc', 'de']);
    expect([a.owner, a.unit, pool.heldBytes, ledger.copiedBytes]).toEqual([stream, 'body', 16, 5]);
    packer.close();
    a.release();
    expect([text(b), pool.heldBytes]).toEqual(['de', 16]);
    b.release();
    expect(pool.heldBytes).toBe(0);
    ledger.assertQuiescent();
  });

  test('begins a fresh slab for what the last one has no room for; that one goes home with its last lease', () => {
    const { packer, pool } = make();
    const first = some(pack(packer, '0123456789'));
    const second = some(pack(packer, 'abcdefg'));
    expect([text(first), text(second), pool.heldBytes]).toEqual(['0123456789', 'abcdefg', 32]);
    first.release();
    expect(pool.heldBytes).toBe(16);
    const third = some(pack(packer, '123456789'));
    expect([text(third), pool.heldBytes]).toEqual(['123456789', 16]);
    packer.close();
    second.release();
    third.release();
    expect(pool.heldBytes).toBe(0);
  });

  test('OWN-8: settled while a lease lives, it goes on in the same slab', () => {
    const { packer, pool } = make();
    const first = some(pack(packer, 'abc'));
    packer.settle();
    const second = some(pack(packer, 'de'));
    expect([text(first), text(second), pool.heldBytes]).toEqual(['abc', 'de', 16]);
    packer.close();
    first.release();
    second.release();
  });

  test('packs a whole slab, and nothing that is longer', () => {
    const { packer, pool } = make();
    expect([pack(packer, '0123456789abcdefg'), pool.heldBytes]).toEqual([undefined, 0]);
    const whole = some(pack(packer, '0123456789abcdef'));
    expect(text(whole)).toBe('0123456789abcdef');
    const more = some(pack(packer, 'x'));
    expect([text(more), pool.heldBytes]).toEqual(['x', 32]);
    packer.close();
    whole.release();
    more.release();
  });

  test('OWN-8: without a slab it packs nothing, and does when there is one', () => {
    const { packer, pool } = make(1);
    const slab = some(pool.acquire(application));
    expect([pack(packer, 'a'), add(packer, 'a'), packer.lease(stream, 'body')]).toEqual([
      undefined,
      0,
      undefined,
    ]);
    slab.unpin();
    const lease = some(pack(packer, 'a'));
    expect(text(lease)).toBe('a');
    expect([pack(packer, '0123456789abcdef'), pool.heldBytes]).toEqual([undefined, 16]);
    lease.release();
    expect(pool.heldBytes).toBe(0);
  });

  test('what is added piece by piece is one lease; what the slab has no room for waits for the next', () => {
    const { packer, pool } = make();
    expect([add(packer, 'abc'), add(packer, 'def'), add(packer, '0123456789xyz')]).toEqual([3, 3, 10]);
    expect(add(packer, 'xyz')).toBe(0);
    const first = some(packer.lease(stream, 'body'));
    expect([text(first), packer.lease(stream, 'body')]).toEqual(['abcdef0123456789', undefined]);
    expect([add(packer, 'xyz'), pool.heldBytes]).toEqual([3, 32]);
    const second = some(packer.lease(application, 'rest'));
    expect([text(second), second.owner, second.unit]).toEqual(['xyz', application, 'rest']);
    first.release();
    expect(pool.heldBytes).toBe(16);
    packer.close();
    second.release();
    expect(pool.heldBytes).toBe(0);
  });

  test('settle gives the slab back only when nothing of it is leased or waits to be', () => {
    const { packer, pool } = make();
    packer.settle();
    const held = () => {
      packer.settle();
      return pool.heldBytes;
    };
    expect(add(packer, 'ab')).toBe(2);
    expect(held()).toBe(16);
    const lease = some(packer.lease(stream, 'body'));
    expect(held()).toBe(16);
    lease.release();
    expect(held()).toBe(0);
    expect(held()).toBe(0);
  });

  test('close is idempotent, and what comes after begins again, with or without a lease of before', () => {
    const { packer, pool, ledger } = make();
    packer.close();
    const kept = some(pack(packer, 'ab'));
    packer.close();
    packer.close();
    const next = some(pack(packer, 'cd'));
    expect([text(kept), text(next), pool.heldBytes]).toEqual(['ab', 'cd', 32]);
    next.release();
    packer.settle();
    expect(pool.heldBytes).toBe(16);
    const third = some(pack(packer, 'ef'));
    expect([text(kept), text(third)]).toEqual(['ab', 'ef']);
    kept.release();
    third.release();
    packer.settle();
    ledger.assertQuiescent();
  });

  test('OWN-8: takes its slabs of a share, too, and then no more than that', () => {
    const { pool } = make();
    const packer = new Packer(pool.share(16), session);
    const lease = some(pack(packer, 'abc'));
    expect(text(lease)).toBe('abc');
    expect(pack(packer, '0123456789abcdef')).toBeUndefined();
    lease.release();
    expect(text(some(pack(packer, '0123456789abcdef')))).toBe('0123456789abcdef');
  });
});
