// What H2 counts, at its edges: windows and what credit is announced when, allowances against floods, what the peer is owed.
import { describe, expect, it } from 'vitest';
import { SendBuffer } from '../../src/memory/index.js';
import { Budget } from '../../src/session/h2/budget.js';
import { ReceiveWindow, SendWindow } from '../../src/session/h2/flow.js';
import { MAX_31_BITS } from '../../src/session/h2/frames-codes.js';
import { Owed } from '../../src/session/h2/owed.js';
import { checkedPool, session } from '../support/memory.js';

describe('a window that we give (CON-4)', () => {
  it('is charged to the last octet, and by an empty frame whatever is left of it', () => {
    const window = new ReceiveWindow(10);
    expect([window.charge(11), window.available]).toEqual([false, 10]);
    expect([window.charge(10), window.available]).toEqual([true, 0]);
    expect([window.charge(1), window.charge(0)]).toEqual([false, true]);
    window.shift(-5);
    expect([window.available, window.charge(0), window.charge(1)]).toEqual([-5, true, false]);
    expect([window.charged, window.granted, window.held]).toEqual([10, -5, 10]);
  });

  it('is announced from half of it on, all that is due', () => {
    for (const size of [10, 11]) {
      const window = new ReceiveWindow(size);
      window.charge(8);
      window.credit(4);
      expect(window.update()).toBe(0);
      window.credit(1);
      expect(window.update()).toBe(size === 10 ? 5 : 0);
      window.credit(1);
      expect(window.update()).toBe(size === 10 ? 0 : 6);
      expect(window.held).toBe(2);
    }
    const empty = new ReceiveWindow(0);
    expect(empty.update()).toBe(0);
  });

  it('is open again for what was announced, and not before', () => {
    const window = new ReceiveWindow(10);
    window.charge(10);
    window.credit(5);
    expect(window.available).toBe(0);
    window.update();
    expect(window).toMatchObject({ available: 5, creditSent: 5, creditDue: 0, held: 5, charged: 10 });
  });

  it('grows and never shrinks by that; what it grew by is announced, and half of it is more', () => {
    const window = new ReceiveWindow(10);
    expect([window.grow(10), window.grow(9), window.granted, window.available]).toEqual([0, 0, 0, 10]);
    expect([window.grow(25), window.granted, window.available]).toEqual([15, 15, 25]);
    window.charge(25);
    window.credit(12);
    expect(window.update()).toBe(0);
    window.credit(1);
    expect(window.update()).toBe(13);
  });

  it('moves with a setting, and so does the half of it', () => {
    const window = new ReceiveWindow(10);
    window.shift(10);
    expect([window.available, window.granted]).toEqual([20, 10]);
    window.charge(20);
    window.credit(9);
    expect(window.update()).toBe(0);
    window.credit(1);
    expect(window.update()).toBe(10);
  });

  it('writes off what is held at the end of its stream', () => {
    const window = new ReceiveWindow(10);
    window.charge(9);
    window.credit(6);
    window.update();
    window.credit(1);
    window.writeOff();
    expect(window).toMatchObject({ charged: 9, creditSent: 6, creditDue: 1, writtenOff: 2, held: 0 });
  });
});

describe('a window that we are given', () => {
  it('takes up to 2^31-1, and has changed in nothing when it does not', () => {
    const window = new SendWindow(5);
    window.spend(7);
    expect(window.available).toBe(-2);
    expect([window.add(MAX_31_BITS + 2), window.available]).toEqual([true, MAX_31_BITS]);
    expect([window.add(1), window.available]).toEqual([false, MAX_31_BITS]);
    expect([window.add(-3), window.available]).toEqual([true, MAX_31_BITS - 3]);
  });
});

describe('an allowance', () => {
  const spend = (budget: Budget, now: number): number => {
    let count = 0;
    while (budget.spend(now)) count += 1;
    return count;
  };

  it('is spent at once, and fills with time up to what it was', () => {
    const budget = new Budget({ burst: 3, perSecond: 2 }, 1000);
    expect(spend(budget, 1000)).toBe(3);
    expect(spend(budget, 1499)).toBe(0);
    expect(spend(budget, 1500)).toBe(1);
    // What is half filled is not lost.
    expect(spend(budget, 1750)).toBe(0);
    expect(spend(budget, 2000)).toBe(1);
    expect(spend(budget, 3000)).toBe(2);
    expect(spend(budget, 100_000)).toBe(3);
  });

  it('is earned back, up to what it was', () => {
    const budget = new Budget({ burst: 3, perSecond: 0 }, 0);
    budget.earn(5);
    expect(spend(budget, 0)).toBe(3);
    budget.earn(2);
    expect(spend(budget, 0)).toBe(2);
    budget.earn(0.5);
    expect(spend(budget, 0)).toBe(0);
    budget.earn(0.5);
    expect(spend(budget, 99)).toBe(1);
  });
});

describe('what the peer is owed', () => {
  const bed = () => {
    const { pool } = checkedPool();
    const output = new SendBuffer(pool, session);
    const owed = new Owed(output);
    return {
      owed,
      /** Something is accepted; with `due` it is owed. */
      accept: (count: number, due = true) => {
        output.append(new Uint8Array(count), 0, count);
        if (due) owed.add(count);
      },
      written: (count: number) => {
        output.take();
        output.written(count);
      },
      fail: () => output.fail(),
    };
  };

  it('is paid when it was written, and by what fails', () => {
    const { owed, accept, written, fail } = bed();
    expect(owed.bytes).toBe(0);
    accept(10);
    expect(owed.bytes).toBe(10);
    written(9);
    expect(owed.bytes).toBe(10);
    written(1);
    expect(owed.bytes).toBe(0);
    accept(7);
    fail();
    expect(owed.bytes).toBe(0);
  });

  it('is paid by what fails behind what was written, both generations of it', () => {
    const { owed, accept, written, fail } = bed();
    accept(10);
    accept(5);
    written(3);
    expect(owed.bytes).toBe(15);
    fail();
    expect(owed.bytes).toBe(0);
  });

  it('is counted in two generations, each paid behind its last frame', () => {
    const { owed, accept, written } = bed();
    accept(10);
    accept(100, false);
    accept(5);
    accept(6);
    expect(owed.bytes).toBe(21);
    written(10);
    expect(owed.bytes).toBe(11);
    // A new generation begins behind the one that is now the older.
    accept(3);
    expect(owed.bytes).toBe(14);
    written(100 + 10);
    expect(owed.bytes).toBe(14);
    written(1);
    expect(owed.bytes).toBe(3);
    written(3);
    expect(owed.bytes).toBe(0);
  });

  it('both at once, when all of it was written', () => {
    const { owed, accept, written } = bed();
    accept(10);
    accept(5);
    written(15);
    expect(owed.bytes).toBe(0);
    accept(4);
    expect(owed.bytes).toBe(4);
  });

  it('is not what is merely sent', () => {
    const { owed, accept } = bed();
    accept(100, false);
    expect(owed.bytes).toBe(0);
  });
});
