// The receive buffer against a queue of bytes: content, the account of CON-1, limits (OWN-8). Slabs from one byte upward.
import * as fc from 'fast-check';
import { ByteQueue } from '../../../models/byte-queue.js';
import { requireEqual, requireThat } from '../../../src/kit/properties/require.js';
import { type Length, lengthOf, pattern, picked } from '../../../src/kit/workspace-script.js';
import { type Lease, ReceiveBuffer, type Slab, type WorkspaceKind } from '../../../src/memory/index.js';
import { application, checkedPool, latin1, refusal, same, session, stream } from '../memory.js';

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

export const sizes = fc.record({
  slabBytes: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 10, max: 80 }), fc.constant(1500)),
  shareSlabs: fc.integer({ min: 1, max: 4 }),
  poolSlabs: fc.integer({ min: 1, max: 4 }),
});
type Sizes = { readonly slabBytes: number; readonly shareSlabs: number; readonly poolSlabs: number };

/** Does acts on a real buffer, and says what can be seen of each. */
export class Run {
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
    requireEqual('OWN-7', [this.pool.heldBytes, this.share.heldBytes], [0, 0], 'bytes held');
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
      same(outcome, model.has(count) || idle ? 'nothing' : 'unit-prefix OWN-2', 'OWN-2');
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
      requireEqual('CON-3', outcome, count === 0 ? 'undefined' : `${count} application unused`, 'handed off');
      if (count > 0) held.push(model.handOff());
      break;
    }
    case 'close':
      model.discard(model.pending.length);
      break;
    default:
  }
}

export const scripts = fc.array(acts, { maxLength: 80, size: 'max' });

/** Whatever is done, content, account and limits hold. @param seen is told which corners were come to */
export function receiveByModel(kind: WorkspaceKind, seen: Set<string> = new Set()) {
  return fc.property(sizes, scripts, (size, steps) => {
    const run = new Run(size, kind);
    const { buffer, share } = run;
    const model = new ByteQueue();
    const held: number[][] = [];
    for (const step of steps) {
      const spare = run.spare;
      const outcome = run.do(step);
      follow(model, held, step, outcome);
      const { pending, received, consumed, handedOff, discarded } = model;
      same(latin1(buffer.bytes.subarray(buffer.start, buffer.end)), latin1(pending), 'CON-1');
      same(run.leases.map((lease) => latin1(lease.view())).join(), held.map(latin1).join(), 'OWN-4');
      const { receivedBytes, consumedBytes, handedOffBytes, discardedBytes } = buffer;
      same(
        [receivedBytes, consumedBytes, handedOffBytes, discardedBytes].join(),
        [received, consumed, handedOff, discarded].join(),
        'CON-1',
      );
      same(received, consumed + pending.length + handedOff + discarded, 'CON-1');
      same(buffer.full, pending.length >= size.slabBytes, 'CON-6');
      same(share.heldBytes <= size.shareSlabs * size.slabBytes, true, 'OWN-8');
      // No room is for want of a slab, or because the unit fills one; never for anything else.
      if (outcome === 'no room') {
        requireThat('WS-9', buffer.full || !spare, () => 'no room, though there is a slab');
        seen.add(buffer.full ? 'full' : 'starved');
      }
      if (step.act === 'fill' && outcome.endsWith(' of 1')) seen.add('room of 1');
      if (held.length === 0 && pending.length === 0 && step.act === 'settle') {
        requireEqual('OWN-8', share.heldBytes, 0, 'bytes held by an idle buffer');
        seen.add('settled');
      }
    }
    // A unit that is not full can always grow once nobody else holds anything.
    for (const lease of run.leases.splice(0)) lease.release();
    while (run.pool.heldBytes > share.heldBytes) run.do({ act: 'unhog', pick: 0 });
    if (!buffer.full) {
      requireThat('WS-9', (buffer.room()?.length ?? 0) > 0, () => 'no room for a unit that is not full');
      buffer.received(0);
    }
    run.end();
  });
}
