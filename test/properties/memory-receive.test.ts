// The receive buffer against a queue of bytes: content, the account of CON-1, limits (OWN-8), what is moved, and
// the same on the emulated workspace (WS-10). Slabs from one byte upward.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteQueue } from '../../models/byte-queue.js';
import { type Length, lengthOf, pattern, picked } from '../../src/kit/workspace-script.js';
import {
  BumpWorkspace,
  EmulatedWorkspace,
  type Lease,
  ReceiveBuffer,
  type Slab,
  type WorkspaceKind,
} from '../../src/memory/index.js';
import {
  application,
  checkedPool,
  kinds,
  latin1,
  refusal,
  same,
  session,
  stream,
} from '../support/memory.js';

/** One act; lengths are counted from nothing or from all that is pending, a fill from the room's length. */
type Act =
  | { readonly act: 'fill'; readonly bytes: Length; readonly fill: number }
  | { readonly act: 'take' | 'consume' | 'discard'; readonly bytes: Length }
  | { readonly act: 'release' | 'unhog'; readonly pick: number }
  | { readonly act: 'settle' | 'handOff' | 'hog' | 'close' };

const length: fc.Arbitrary<Length> = fc.oneof(
  fc.record({ from: fc.constant('zero' as const), plus: fc.nat(20) }),
  fc.record({ from: fc.constant('limit' as const), plus: fc.integer({ min: -3, max: 1 }) }),
  fc.record({ from: fc.constant('limit' as const), plus: fc.constant(0) }),
);
const act = <const A extends string>(...names: A[]) => fc.constantFrom(...names);
const acts: fc.Arbitrary<Act> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ act: act('fill'), bytes: length, fill: fc.nat(255) }) },
  { weight: 8, arbitrary: fc.record({ act: act('take', 'take', 'consume', 'discard'), bytes: length }) },
  { weight: 5, arbitrary: fc.record({ act: act('release', 'release', 'unhog'), pick: fc.nat(5) }) },
  { weight: 3, arbitrary: fc.record({ act: act('settle', 'settle', 'hog') }) },
  { weight: 1, arbitrary: fc.record({ act: act('handOff', 'close') }) },
);

const sizes = fc.record({
  slabBytes: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 10, max: 80 }), fc.constant(1500)),
  shareSlabs: fc.integer({ min: 1, max: 4 }),
  poolSlabs: fc.integer({ min: 1, max: 4 }),
});
type Sizes = { readonly slabBytes: number; readonly shareSlabs: number; readonly poolSlabs: number };

/** Does acts on a real buffer, and says what can be seen of each. */
class Run {
  readonly buffer: ReceiveBuffer;
  readonly leases: Lease[] = [];
  readonly share;
  private readonly checked;
  private readonly hogs: Slab[] = [];

  constructor(sizes: Sizes, kind: WorkspaceKind) {
    const { slabBytes } = sizes;
    this.checked = checkedPool({ slabBytes, limitBytes: sizes.poolSlabs * slabBytes, workspace: kind });
    this.share = this.checked.pool.share(sizes.shareSlabs * slabBytes);
    this.buffer = new ReceiveBuffer(this.share, session);
  }

  get pool() {
    return this.checked.pool;
  }

  /** True when another slab could be had. */
  get spare(): boolean {
    const { share, pool } = this;
    const fits = (source: { heldBytes: number; limitBytes: number; slabBytes: number }) =>
      source.heldBytes + source.slabBytes <= source.limitBytes;
    return fits(share) && fits(pool);
  }

  do(step: Act): string {
    const { buffer, leases } = this;
    switch (step.act) {
      case 'fill': {
        const room = buffer.room();
        if (room === undefined) return 'no room';
        const count = Math.min(Math.max(lengthOf(step.bytes, room.length), 0), room.length);
        // All of the room is written: what is not kept must not be seen.
        room.bytes.set(pattern(step.fill, room.length), room.start);
        const { length } = room;
        buffer.received(count);
        return `${count} of ${length}`;
      }
      case 'take':
      case 'consume':
      case 'discard': {
        const count = lengthOf(step.bytes, buffer.pendingBytes);
        return refusal(() => {
          if (step.act === 'take') leases.push(buffer.take(count, stream, 'head'));
          else buffer[step.act](count);
        });
      }
      case 'release': {
        const lease = picked(leases, step.pick);
        if (lease === undefined) return 'skipped';
        leases.splice(leases.indexOf(lease), 1);
        lease.release();
        return 'released';
      }
      case 'handOff': {
        const lease = buffer.handOff(application);
        if (lease !== undefined) leases.push(lease);
        return lease === undefined ? 'undefined' : `${lease.length} ${lease.owner.layer} ${lease.unit}`;
      }
      case 'hog': {
        const slab = this.pool.acquire(application);
        if (slab !== undefined) this.hogs.push(slab);
        return String(slab !== undefined);
      }
      case 'unhog':
        this.hogs.pop()?.unpin();
        return '';
      default:
        buffer[step.act]();
        return '';
    }
  }

  seen(): string {
    const { buffer, leases, share } = this;
    const { receivedBytes, consumedBytes, handedOffBytes, discardedBytes, pendingBytes, full } = buffer;
    return JSON.stringify([
      { receivedBytes, consumedBytes, handedOffBytes, discardedBytes, pendingBytes, full },
      latin1(buffer.bytes.subarray(buffer.start, buffer.end)),
      leases.map((lease) => latin1(lease.view())),
      share.heldBytes,
    ]);
  }

  /** Ends everything and asserts that nothing is left. */
  end(): void {
    this.buffer.close();
    for (const lease of this.leases) lease.release();
    for (const slab of this.hogs) slab.unpin();
    this.checked.ledger.assertQuiescent();
    expect([this.pool.heldBytes, this.share.heldBytes]).toEqual([0, 0]);
  }
}

/** What the model says the act does to content and account; the leases' contents are kept beside it. */
function follow(model: ByteQueue, held: number[][], step: Act, outcome: string): void {
  switch (step.act) {
    case 'fill':
      if (outcome !== 'no room') model.push(pattern(step.fill, Number.parseInt(outcome, 10)));
      break;
    case 'take':
    case 'consume':
    case 'discard': {
      const count = lengthOf(step.bytes, model.pending.length);
      const idle = count === 0 && step.act !== 'take';
      same(outcome, model.has(count) || idle ? 'nothing' : 'unit-prefix OWN-2');
      if (!model.has(count)) break;
      if (step.act === 'discard') model.discard(count);
      else if (step.act === 'consume') model.consume(count);
      else held.push(model.consume(count));
      break;
    }
    case 'release': {
      const lease = picked(held, step.pick);
      if (lease !== undefined) held.splice(held.indexOf(lease), 1);
      break;
    }
    case 'handOff': {
      const count = model.pending.length;
      expect(outcome).toBe(count === 0 ? 'undefined' : `${count} application unused`);
      if (count > 0) held.push(model.handOff());
      break;
    }
    case 'close':
      model.discard(model.pending.length);
      break;
    default:
  }
}

const scripts = fc.array(acts, { maxLength: 80, size: 'max' });

test.each(kinds)('CON-1, OWN-8: whatever is done, content, account and limits hold (%s)', (_, kind) => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(sizes, scripts, (size, steps) => {
      const run = new Run(size, kind);
      const { buffer, share } = run;
      const model = new ByteQueue();
      const held: number[][] = [];
      for (const step of steps) {
        const spare = run.spare;
        const outcome = run.do(step);
        follow(model, held, step, outcome);
        const { pending, received, consumed, handedOff, discarded } = model;
        same(latin1(buffer.bytes.subarray(buffer.start, buffer.end)), latin1(pending));
        same(run.leases.map((lease) => latin1(lease.view())).join(), held.map(latin1).join());
        const { receivedBytes, consumedBytes, handedOffBytes, discardedBytes } = buffer;
        same(
          [receivedBytes, consumedBytes, handedOffBytes, discardedBytes].join(),
          [received, consumed, handedOff, discarded].join(),
        );
        same(received, consumed + pending.length + handedOff + discarded);
        same(buffer.full, pending.length >= size.slabBytes);
        same(share.heldBytes <= size.shareSlabs * size.slabBytes, true);
        // No room is for want of a slab, or because the unit fills one; never for anything else.
        if (outcome === 'no room') {
          expect(buffer.full || !spare).toBe(true);
          seen.add(buffer.full ? 'full' : 'starved');
        }
        if (step.act === 'fill' && outcome.endsWith(' of 1')) seen.add('room of 1');
        if (held.length === 0 && pending.length === 0 && step.act === 'settle') {
          expect(share.heldBytes).toBe(0);
          seen.add('settled');
        }
      }
      // A unit that is not full can always grow once nobody else holds anything.
      for (const lease of run.leases.splice(0)) lease.release();
      while (run.pool.heldBytes > share.heldBytes) run.do({ act: 'unhog', pick: 0 });
      if (!buffer.full) {
        expect(buffer.room()?.length).toBeGreaterThan(0);
        buffer.received(0);
      }
      run.end();
    }),
    { numRuns: 100 },
  );
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

test('a pipeline moves each byte once at most, in any segmentation, however long its leases live', () => {
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

test('bytes that come one at a time behind a long unit are not moved for each of them', () => {
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
