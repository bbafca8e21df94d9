// The send buffer against one stream of bytes: order and content, the account of CON-2, every lease back, everyone told
// exactly once and rightly, also when `returned` calls the buffer back. Slabs from one byte upward.
import * as fc from 'fast-check';
import { SendQueue } from '../../../models/send-queue.js';
import { requireEqual, requireThat } from '../../../src/kit/properties/require.js';
import { pattern } from '../../../src/kit/workspace-script.js';
import {
  type Lease,
  type Segment,
  SendBuffer,
  type SlabSource,
  type WorkspaceKind,
} from '../../../src/memory/index.js';
import { application, checkedPool, latin1, same, session, some } from '../memory.js';

/** What whoever lent bytes does when told: nothing, or an act on the buffer, and then that one's reaction. */
type Act =
  | { readonly act: 'append' | 'build' | 'buildFresh'; readonly size: number; readonly fill: number }
  | {
      readonly act: 'lend' | 'lendLease';
      readonly size: number;
      readonly fill: number;
      readonly reaction: Act | null;
    }
  | { readonly act: 'written'; readonly part: number }
  | { readonly act: 'take' | 'openCancel' | 'fail' };

const size = fc.oneof(fc.nat(12), fc.constantFrom(0, 1, 100, 700));
const fill = fc.nat(255);
const act = <const A extends string>(...names: A[]) => fc.constantFrom(...names);
const { step: acts } = fc.letrec<{ step: Act; reaction: Act | null }>((tie) => ({
  step: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 4, arbitrary: fc.record({ act: act('append', 'build', 'buildFresh'), size, fill }) },
    { weight: 3, arbitrary: fc.record({ act: act('take', 'take', 'openCancel') }) },
    {
      weight: 4,
      arbitrary: fc.record({
        act: act('written'),
        part: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ act: act('lend', 'lend', 'lendLease'), size, fill, reaction: tie('reaction') }),
    },
  ),
  reaction: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    tie('step'),
    fc.constant<Act>({ act: 'fail' }),
  ),
}));
export const scripts = fc.record({
  steps: fc.array(acts, { maxLength: 50, size: 'max' }),
  end: fc.boolean(),
});
export const sizes = fc.record({
  slabBytes: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 10, max: 80 }), fc.constant(900)),
  slabs: fc.integer({ min: 1, max: 5 }),
});

interface Lent {
  readonly position: number;
  readonly failedAlready: boolean;
  readonly told: string[];
}

/** Does acts on a real buffer and on the model beside it, and asserts all that must hold after each. */
export class Run {
  readonly buffer: SendBuffer;
  readonly model = new SendQueue();
  readonly log: string[] = [];
  readonly lent: Lent[] = [];
  /** What transports were given, in order. */
  readonly wire: Segment[] = [];
  private readonly checked;
  private readonly share: SlabSource;
  /** Another connection's memory, to lend leases from. */
  private readonly other;
  private depth = 0;

  constructor(slabBytes: number, slabs: number, workspace: WorkspaceKind) {
    const limitBytes = slabs * slabBytes;
    this.checked = checkedPool({ slabBytes, limitBytes: limitBytes + 100_000, workspace });
    this.share = this.checked.pool.share(limitBytes);
    this.other = this.checked.pool.share(100_000);
    this.buffer = new SendBuffer(this.share, session);
  }

  get ledger() {
    return this.checked.ledger;
  }

  do(step: Act): void {
    this.depth += 1;
    this.log.push(this.perform(step));
    this.depth -= 1;
    this.check();
  }

  private perform(step: Act): string {
    const { buffer, model, share } = this;
    const spare = share.heldBytes + share.slabBytes <= share.limitBytes;
    switch (step.act) {
      case 'append': {
        const bytes = [7, ...pattern(step.fill, step.size), 7];
        const done = buffer.append(Uint8Array.from(bytes), 1, 1 + step.size);
        if (done) model.accept(bytes.slice(1, -1));
        else requireThat('WS-9', model.failed || step.size > share.slabBytes || !spare, () => 'no room');
        return `append ${done}`;
      }
      case 'build':
      case 'buildFresh': {
        const room = step.act === 'build' ? buffer.open() : buffer.openFresh();
        if (room === undefined) {
          requireThat('WS-9', model.failed || !spare, () => 'no room, though there is a slab');
          return `${step.act} undefined`;
        }
        requireThat('WS-4', room.length > 0, () => 'an empty room');
        if (step.act === 'buildFresh') requireEqual('WS-4', room.length, share.slabBytes, 'a fresh room');
        room.bytes.set(pattern(step.fill, room.length), room.start);
        const kept = Math.min(step.size, room.length);
        const { length } = room;
        buffer.commit(kept);
        model.accept(pattern(step.fill, kept));
        return `${step.act} ${kept} of ${length}`;
      }
      case 'openCancel': {
        const room = buffer.open();
        const length = room?.length;
        if (room !== undefined) {
          room.bytes.fill(9, room.start, room.end);
          buffer.cancel();
        }
        return `cancel ${length}`;
      }
      case 'lend': {
        const bytes = [7, ...pattern(step.fill, step.size), 7];
        const lent = this.lend(bytes.slice(1, -1));
        buffer.lend(Uint8Array.from(bytes), 1, 1 + step.size, this.returned(lent, step.reaction));
        return 'lend';
      }
      case 'lendLease': {
        const bytes = pattern(step.fill, Math.min(Math.max(step.size, 1), share.slabBytes));
        const lease = this.leaseOf(bytes);
        buffer.lendLease(lease, this.returned(this.lend(bytes), step.reaction));
        requireThat('OWN-2', !lease.live, () => 'a lease that was lent is still its lender’s');
        return 'lendLease';
      }
      case 'take': {
        const expected = model.take();
        const at = this.wire.length;
        const batch = buffer.take();
        // What `returned` took meanwhile, in an act of its own, went out before.
        same(batch.length === 0 || this.wire.length === at, true, 'CON-2');
        this.wire.push(...batch);
        const octets = batch.map(({ bytes, start, end }) => latin1(bytes.subarray(start, end))).join('');
        same(octets, latin1(expected), 'CON-2');
        same(
          batch.every(({ start, end }) => end > start),
          true,
          'CON-2',
        );
        return `take ${octets.length}`;
      }
      case 'written': {
        const count = Math.round(step.part * model.inFlight);
        model.write(count);
        buffer.written(count);
        return `written ${count}`;
      }
      case 'fail':
        model.fail();
        buffer.fail();
        return 'fail';
    }
  }

  private lend(bytes: readonly number[]): Lent {
    const failedAlready = this.model.failed;
    const lent = { position: this.model.accept(bytes), failedAlready, told: [] };
    this.lent.push(lent);
    return lent;
  }

  private returned(lent: Lent, reaction: Act | null): (outcome: 'written' | 'failed') => void {
    return (outcome) => {
      lent.told.push(outcome);
      this.log.push(`${outcome} ${lent.position}`);
      // Written is told when the last byte is, failed only after the failure.
      const isRight = outcome === 'written' ? this.model.owes(lent.position) : this.model.failed;
      requireThat('CON-2', isRight, () => `${outcome} was told of byte ${lent.position}`);
      if (reaction !== null && this.depth < 6) this.do(reaction);
    };
  }

  private leaseOf(bytes: readonly number[]): Lease {
    const workspace = some(this.other.open(application));
    const unit = some(workspace.allocate(bytes.length));
    unit.bytes.set(bytes, unit.start);
    const lease = workspace.leasePrefix(unit, bytes.length, application, 'body');
    workspace.retire();
    return lease;
  }

  private check(): void {
    const { buffer, model } = this;
    const { acceptedBytes, takenBytes, writtenBytes, failedBytes, pendingBytes } = buffer;
    // Inside `returned` the account of the model may be ahead: the act that it is inside of has not ended.
    if (this.depth > 0) return;
    same(
      [acceptedBytes, takenBytes, writtenBytes, failedBytes].join(),
      [model.accepted.length, model.taken, model.written, model.lost].join(),
      'CON-2',
    );
    same(acceptedBytes, writtenBytes + failedBytes + pendingBytes, 'CON-2');
    same(this.share.heldBytes <= this.share.limitBytes, true, 'OWN-8');
    if (pendingBytes === 0 && !buffer.ready) same(this.share.heldBytes, 0, 'OWN-8');
    for (const { told } of this.lent) same(told.length <= 1, true, 'CON-2');
    if (model.failed) for (const { told } of this.lent) same(told.length, 1, 'CON-2');
  }

  /** Writes or fails all that there is, and asserts that nothing and nobody is left. */
  end(orderly: boolean): void {
    for (let turn = 0; orderly && turn < 200 && (this.buffer.ready || this.model.inFlight > 0); turn++) {
      this.do({ act: 'take' });
      this.do({ act: 'written', part: 1 });
    }
    if (!orderly || this.model.failed) this.do({ act: 'fail' });
    for (const { told } of this.lent) requireEqual('CON-2', told.length, 1, 'times that a lender was told');
    requireEqual('CON-2', this.buffer.pendingBytes, 0, 'bytes pending');
    this.ledger.assertQuiescent();
    requireEqual('OWN-7', this.ledger.outstanding, { slabs: 0, leases: 0, frozen: 0 }, 'outstanding');
  }
}

/** Content, order and account hold, and everyone is told once. @param seen is told what was done */
export function sendByModel(kind: WorkspaceKind, seen: Set<string> = new Set()) {
  return fc.property(sizes, scripts, ({ slabBytes, slabs }, { steps, end }) => {
    const run = new Run(slabBytes, slabs, kind);
    for (const step of steps) run.do(step);
    run.end(end);
    for (const line of run.log) seen.add(line.replace(/ \d+/g, ''));
  });
}
