// The pipe of a tunnel beside an exchange and a stream that are in the test's hand: what it asks of them, and when.
import { expect, test } from 'vitest';
import { TransportError, UndercoatError } from '../../src/errors.js';
import { loopback } from '../../src/kit/loopback.js';
import type { Lease, Returned } from '../../src/memory/index.js';
import type { SessionContext } from '../../src/session/contract.js';
import { FieldJudge } from '../../src/session/h2/outgoing.js';
import { H2Stream, type StreamHost } from '../../src/session/h2/stream.js';
import type { BodyConsumer, IncomingBody } from '../../src/stream/contract.js';
import { H2Pipe, type PipeExchange } from '../../src/stream/h2-pipe.js';
import type { TransportReceiver } from '../../src/transport/contract.js';
import { application, checkedPool, stream as owner, some } from '../support/memory.js';

const gone = new UndercoatError('peer-misbehaved', 'reset', 'RFC 9113 §6.4', 'gone', { kind: 'none' });

/** A body that says what it is told, and to whom it goes. */
class Body implements IncomingBody {
  readonly declaredLength = undefined;
  readonly receivedBytes = 0;
  readonly complete = false;
  flows = true;
  discarded = false;
  consumer: BodyConsumer | undefined;

  consume(consumer: BodyConsumer): void {
    this.consumer = consumer;
  }
  pause(): void {
    this.flows = false;
  }
  resume(): void {
    this.flows = true;
  }
  discard(): void {
    this.discarded = true;
  }
}

class Bed implements PipeExchange {
  readonly id = 1;
  isSevered = false;
  readonly tunnelled = new Body();
  /** What the stream and the exchange were told. */
  readonly asked: string[] = [];
  /** Who has bytes with the stream, by the oldest. */
  readonly lent: Returned[] = [];
  /** What the user of the pipe was told. */
  readonly log: string[] = [];
  readonly stream: H2Stream;
  readonly pipe: H2Pipe;
  /** Done by the user when he is told so. */
  readonly acts = new Map<string, () => void>();
  hasRoom = true;
  /** No turn comes: what asks for one has it in the call. */
  isAbandoned = false;
  private readonly memory = checkedPool();

  constructor() {
    const host: StreamHost = {
      context: {} as SessionContext,
      judge: new FieldJudge(true),
      over: false,
      head: () => {},
      message: () => {},
      data: (_stream, _bytes, start, end, returned) => {
        this.asked.push(`data ${end - start}`);
        if (returned !== undefined) this.lent.push(returned);
        return undefined;
      },
      lease: () => {},
      endMessage: () => this.asked.push('end'),
      cutShort: () => this.asked.push('cut short'),
      breakOff: (_stream, reason) =>
        this.asked.push(`break off ${reason.code} ${reason.cites} ${reason.fault}`),
      prioritise: () => {},
      touch: () => {},
      credited: () => {},
    };
    this.stream = new H2Stream(1, host, owner, null, 65_535, 65_535, 0);
    this.stream.isLive = true;
    this.stream.beginTunnel();
    this.pipe = new H2Pipe(this, loopback.transport);
  }

  // The exchange's side.

  tunnelSent(end: boolean): void {
    this.asked.push(end ? 'sent end' : 'sent');
  }
  abort(reason?: UndercoatError): void {
    this.asked.push(`abort ${reason === undefined ? 'without a reason' : `${reason.code} ${reason.cites}`}`);
  }
  wakePipe(): void {
    if (this.isAbandoned) this.pipe.turn();
  }
  applicationFailed(error: unknown): void {
    this.log.push(`threw ${String(error)}`);
  }

  // The test's side.

  open(): this {
    const room = { bytes: new Uint8Array(64), start: 0, end: 64 };
    const tell = (what: string): void => {
      this.log.push(what);
      this.acts.get(what)?.();
    };
    const receiver: TransportReceiver = {
      opened: () => tell('opened'),
      room: () => (this.hasRoom ? room : undefined),
      received: (count) => tell(`received ${count}`),
      ended: () => tell('ended'),
      written: (count) => tell(`written ${count}`),
      closed: (error) => tell(`closed ${error?.code ?? 'in order'}`),
    };
    this.pipe.open(receiver);
    this.pipe.turn();
    return this;
  }

  write(length: number): this {
    this.pipe.write([{ bytes: new Uint8Array(length), start: 0, end: length }]);
    this.pipe.turn();
    return this;
  }

  end(): this {
    this.pipe.end();
    this.pipe.turn();
    return this;
  }

  /** So many bytes come in the stream. */
  deliver(length: number): Lease {
    const workspace = some(this.memory.pool.open(owner));
    const unit = some(workspace.allocate(0));
    workspace.reserveAll();
    workspace.closeInto(unit, length);
    const lease = workspace.leasePrefix(unit, length, application, 'body');
    this.tunnelled.consumer?.data(lease);
    return lease;
  }

  peerEnds(): this {
    this.tunnelled.consumer?.end(undefined);
    return this;
  }

  /** The stream gives back what it had longest. */
  back(outcome: 'written' | 'failed'): this {
    this.lent.shift()?.(outcome);
    this.pipe.turn();
    return this;
  }

  get offered(): number {
    return this.asked.reduce((sum, what) => sum + (/^data (\d+)$/.exec(what) ? Number(what.slice(5)) : 0), 0);
  }
}

test('nothing flows before it is opened', () => {
  const bed = new Bed();
  bed.pipe.turn();
  expect([bed.tunnelled.flows, bed.log]).toEqual([false, []]);
  bed.open();
  expect([bed.tunnelled.flows, bed.log]).toEqual([true, ['opened']]);
});

test('the exchange is told of each piece, and of the end behind the last', () => {
  const bed = new Bed().open().write(5).end();
  expect(bed.asked).toEqual(['data 5', 'sent', 'end', 'sent end']);
  expect(bed.log).toEqual(['opened']);
  bed.back('written');
  expect([bed.log, bed.pipe.state]).toEqual([['opened', 'written 5'], 'half-closed-local']);
});

test('OWN-8: so much is with the stream at a time, and no more', () => {
  const bed = new Bed().open().write(100_000);
  expect(bed.offered).toBe(65_536);
  bed.back('written');
  expect(bed.offered).toBe(65_536 + 16_384);
  bed.back('written');
  bed.back('written');
  expect(bed.offered).toBe(100_000);
});

test('whole in both directions, it closes in order whatever the exchange says behind that', () => {
  const bed = new Bed().open().write(5).end();
  bed.back('written').peerEnds();
  expect(bed.log).toEqual(['opened', 'written 5', 'ended', 'closed in order']);
  bed.pipe.conclude(undefined);
  expect(bed.log).toHaveLength(4);
});

test('CON-2: whole but for what the stream still has, it waits for that', () => {
  const bed = new Bed().open().write(5).end().peerEnds();
  bed.pipe.conclude(undefined);
  expect(bed.log).toEqual(['opened', 'ended']);
  bed.back('written');
  expect(bed.log).toEqual(['opened', 'ended', 'written 5', 'closed in order']);
});

test('CON-2: what failed was not written, nor what was behind it', () => {
  const bed = new Bed().open().write(5).write(7).write(9);
  bed.back('written').back('failed').back('written');
  expect(bed.log).toEqual(['opened', 'written 5']);
  bed.end().peerEnds();
  bed.pipe.conclude(undefined);
  expect(bed.log).toEqual(['opened', 'written 5', 'ended', 'closed tunnel-reset']);
});

test.each([
  ['nobody ended', (bed: Bed) => bed],
  ['the peer ended', (bed: Bed) => bed.peerEnds()],
  ['we ended', (bed: Bed) => bed.end()],
] as const)('an exchange that is over when %s leaves a tunnel that was reset', (_, act) => {
  for (const error of [undefined, gone]) {
    const bed = act(new Bed().open());
    bed.pipe.conclude(error);
    expect(bed.log.at(-1)).toBe('closed tunnel-reset');
  }
});

test('an error of the exchange is told though both had ended, when something is with the stream', () => {
  const bed = new Bed().open().write(5).end().peerEnds();
  bed.pipe.conclude(gone);
  bed.back('failed');
  expect(bed.log).toEqual(['opened', 'ended', 'closed tunnel-reset']);
});

test('the cause of a reset goes along', () => {
  const causes: unknown[] = [];
  const bed = new Bed();
  bed.pipe.open({
    opened: () => {},
    room: () => undefined,
    received: () => {},
    ended: () => {},
    written: () => {},
    closed: (error) => causes.push(error?.cause),
  });
  bed.pipe.turn();
  bed.tunnelled.consumer?.failed(gone);
  bed.pipe.conclude(undefined);
  expect(causes).toEqual([gone]);
});

test('of a stream that is gone before it is opened nobody hears that it opened', () => {
  const bed = new Bed();
  bed.isAbandoned = true;
  bed.tunnelled.consumer?.failed(gone);
  bed.pipe.conclude(gone);
  bed.open();
  expect(bed.log).toEqual(['closed tunnel-reset']);
});

test('opened, and gone before the turn in which it would be told so', () => {
  const bed = new Bed();
  bed.tunnelled.consumer?.failed(gone);
  bed.open();
  expect(bed.log).toEqual(['closed tunnel-reset']);
});

test('OWN-9: a turn that is asked for in a turn comes behind it', () => {
  const bed = new Bed().open().write(5);
  bed.isAbandoned = true;
  bed.acts.set('written 5', () => {
    bed.pipe.pause();
    bed.pipe.resume();
    bed.log.push('returns');
  });
  bed.tunnelled.consumer?.failed(gone);
  bed.lent.shift()?.('written');
  expect(bed.log).toEqual(['opened', 'written 5', 'returns', 'closed tunnel-reset']);
});

test('what its user throws goes to the exchange, and the next turn is one', () => {
  const bed = new Bed().open();
  bed.acts.set('received 3', () => {
    throw new Error('wrong');
  });
  bed.deliver(3);
  expect(bed.log.slice(1)).toEqual(['received 3', 'threw Error: wrong']);
  bed.pipe.conclude(gone);
  expect(bed.log.at(-1)).toBe('closed tunnel-reset');
});

test('paused, it has the body paused, whatever else goes on', () => {
  const bed = new Bed().open();
  bed.pipe.pause();
  expect(bed.tunnelled.flows).toBe(false);
  bed.write(5).back('written');
  expect(bed.tunnelled.flows).toBe(false);
  bed.pipe.resume();
  bed.pipe.turn();
  expect(bed.tunnelled.flows).toBe(true);
});

test('without room it keeps what came, and tells the end behind it', () => {
  const bed = new Bed().open();
  bed.hasRoom = false;
  const lease = bed.deliver(3);
  bed.peerEnds();
  expect([bed.log, bed.tunnelled.flows, lease.live]).toEqual([['opened'], false, true]);
  bed.hasRoom = true;
  bed.pipe.resume();
  bed.pipe.turn();
  expect([bed.log, lease.live]).toEqual([['opened', 'received 3', 'ended'], false]);
});

test('OWN-7: broken off, it gives back what it has at once, and what comes then', () => {
  for (const act of [
    (bed: Bed) => bed.pipe.abort(),
    (bed: Bed) => bed.pipe.release(),
    (bed: Bed) => bed.tunnelled.consumer?.failed(gone),
  ]) {
    const bed = new Bed().open();
    bed.hasRoom = false;
    const kept = bed.deliver(3);
    expect(kept.live).toBe(true);
    act(bed);
    expect(kept.live).toBe(false);
    expect(bed.deliver(3).live).toBe(false);
    bed.pipe.turn();
    expect(bed.deliver(3).live).toBe(false);
    expect(bed.log.filter((it) => it.startsWith('received'))).toEqual([]);
  }
});

test('OWN-5: what was revoked is not given back again', () => {
  const bed = new Bed().open();
  bed.hasRoom = false;
  bed.deliver(3).release();
  bed.pipe.conclude(gone);
  expect(bed.log).toEqual(['opened', 'closed tunnel-reset']);
});

test.each(['abort', 'release'] as const)('%s from within the delivery ends it', (how) => {
  const bed = new Bed().open();
  bed.acts.set('received 64', () => bed.pipe[how]());
  const lease = bed.deliver(100);
  expect(bed.log).toEqual(['opened', 'received 64', 'closed in order']);
  expect(lease.live).toBe(false);
});

test('given up, or with what broke beyond it, it says so to the exchange and to the stream, once', () => {
  const bed = new Bed().open();
  bed.pipe.abort();
  bed.pipe.turn();
  bed.pipe.turn();
  expect(bed.asked).toEqual(['abort without a reason', 'break off aborted OWN-7 api-misuse']);
  expect(bed.log).toEqual(['opened', 'closed in order']);
  const other = new Bed().open();
  other.pipe.abort(new TransportError('reset', 'the peer reset the connection'));
  expect(other.asked).toEqual([
    'abort tunnel-failed RFC 9113 §8.5',
    'break off tunnel-failed RFC 9113 §8.5 transport-failed',
  ]);
});

test('released, it sends its end behind what was framed, and drops the rest', () => {
  const bed = new Bed().open().write(5);
  bed.pipe.release();
  expect(bed.asked).toEqual(['data 5', 'sent', 'cut short', 'sent end']);
  expect(bed.tunnelled.discarded).toBe(true);
});

test('severed, nothing goes to the stream, and nothing is told as written', () => {
  const bed = new Bed().open();
  bed.isSevered = true;
  bed.write(5).end();
  bed.pipe.turn();
  expect([bed.asked, bed.log]).toEqual([[], ['opened']]);
  bed.pipe.conclude(undefined);
  expect(bed.log).toEqual(['opened', 'closed tunnel-reset']);
  const released = new Bed().open();
  released.isSevered = true;
  released.pipe.release();
  expect(released.asked).toEqual([]);
});
