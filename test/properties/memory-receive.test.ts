// The receive buffer against a queue of bytes: content, the account of CON-1, limits (OWN-8), what is moved, and
// the same on the emulated workspace (WS-10). Slabs from one byte upward.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { BumpWorkspace, EmulatedWorkspace, type Lease, ReceiveBuffer } from '../../src/memory/index.js';
import { checkedPool, kinds, same, session, stream } from '../support/memory.js';
import { Run, receiveByModel, scripts, sizes } from '../support/properties/receive-buffer.js';

test.each(kinds)('CON-1, OWN-8: whatever is done, content, account and limits hold (%s)', (_, kind) => {
  const seen = new Set<string>();
  fc.assert(receiveByModel(kind, seen), { numRuns: 100 });
  expect([...seen].sort()).toEqual(['full', 'room of 1', 'settled', 'starved']);
});

test('WS-10: the same script is seen to do the same on the emulated workspace', () => {
  fc.assert(
    fc.property(sizes, scripts, (size, steps) => {
      const real = new Run(size, BumpWorkspace);
      const emulated = new Run(size, EmulatedWorkspace);
      for (const step of steps) {
        same(emulated.do(step), real.do(step));
        same(emulated.seen(), real.seen());
      }
      real.end();
      emulated.end();
    }),
    { numRuns: 100 },
  );
});

test('WORK-1: a pipeline moves each byte once at most, in any segmentation, however long its leases live', () => {
  let moved = 0;
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.array(fc.record({ size: fc.nat(1000), keep: fc.nat(6) }), {
        minLength: 1,
        maxLength: 60,
        size: 'max',
      }),
      fc.array(fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 300 })), { minLength: 1 }),
      (slabBytes, recipes, segments) => {
        const { pool, ledger } = checkedPool({ slabBytes });
        const buffer = new ReceiveBuffer(pool, session);
        const messages = recipes.map(({ size, keep }) => ({ size: 1 + (size % slabBytes), keep }));
        const total = messages.reduce((sum, { size }) => sum + size, 0);
        const leases: Lease[] = [];
        let next = 0;
        let sent = 0;
        for (let turn = 0; sent < total; turn++) {
          const room = buffer.room();
          if (room === undefined) throw new Error('no room');
          const count = Math.min(segments[turn % segments.length] as number, room.length, total - sent);
          buffer.received(count);
          sent += count;
          // All that is complete is taken; the oldest leases end.
          for (let message = messages[next]; message !== undefined; message = messages[next]) {
            if (buffer.pendingBytes < message.size) break;
            leases.push(buffer.take(message.size, stream, 'head'));
            while (leases.length > message.keep) leases.shift()?.release();
            next += 1;
          }
          buffer.settle();
        }
        expect([next, buffer.pendingBytes]).toEqual([messages.length, 0]);
        expect(ledger.copiedBytes).toBeLessThanOrEqual(total);
        moved += ledger.copiedBytes;
        buffer.close();
        for (const lease of leases) lease.release();
        ledger.assertQuiescent();
      },
    ),
    { numRuns: 60 },
  );
  // If nothing ever had to be moved, nothing was shown.
  expect(moved).toBeGreaterThan(0);
});

test('WORK-1: bytes that come one at a time behind a long unit are not moved for each of them', () => {
  const slabBytes = 4096;
  const { pool, ledger } = checkedPool({ slabBytes });
  const buffer = new ReceiveBuffer(pool, session);
  const grow = (count: number) => {
    for (let i = 0; i < count; i++) {
      buffer.room();
      buffer.received(1);
    }
  };
  grow(slabBytes);
  expect(buffer.full).toBe(true);
  // A consumer that falls behind: one byte off the front for each that comes, and less room than is worth a move.
  const room = slabBytes / 8;
  buffer.consume(room);
  for (let i = 0; i < slabBytes / 2; i++) {
    grow(1);
    buffer.consume(1);
  }
  expect(ledger.copiedBytes).toBeLessThanOrEqual(5 * slabBytes);
});
