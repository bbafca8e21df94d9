// Settings that change while streams are under way, acknowledged late or at once, from either side: a peer that keeps the
// rules finds none broken, and everything arrives in the end.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PeerModel, type PeerSettings, type PeerStream } from '../../models/h2-peer.js';
import type { ModelRecipe } from '../../models/hpack-block.js';
import { PREFACE } from '../../src/session/h2/frames-preface.js';
import type { H2Options } from '../../src/session/h2/options.js';
import type { IncomingBody } from '../../src/stream/contract.js';
import { H2Bed } from '../support/h2-bed.js';

const bytes = fc.constantFrom(0, 1, 99, 1000, 16_384, 20_000, 40_000);
const setting = fc.oneof(
  fc.tuple(fc.constant(1), fc.constantFrom(0, 32, 64, 100, 4096, 65_536)),
  fc.tuple(fc.constant(3), fc.constantFrom(0, 1, 2, 100)),
  fc.tuple(fc.constant(4), fc.constantFrom(0, 1, 100, 1000, 65_535, 1_000_000)),
  fc.tuple(fc.constant(5), fc.constantFrom(16_384, 16_385, 1_000_000, 16_777_215)),
);
type Act =
  | { kind: 'ask'; size: number; answer: number; mark: number }
  | { kind: 'set'; settings: PeerSettings }
  | { kind: 'acknowledge' }
  | { kind: 'widen' | 'data'; which: number; size: number };
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('ask' as const),
      size: bytes,
      answer: bytes,
      mark: fc.nat({ max: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('set' as const),
      settings: fc.array(setting, { maxLength: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Act>({ kind: 'acknowledge' }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom('widen' as const, 'data' as const),
      which: fc.nat({ max: 20 }),
      size: fc.constantFrom(1, 50, 1000, 16_384, 40_000),
    }),
  },
);
const options: fc.Arbitrary<H2Options> = fc.record({
  streamWindowBytes: fc.constantFrom(600, 1000, 65_535, 200_000),
  connectionWindowBytes: fc.constantFrom(65_535, 131_072),
  headerTableBytes: fc.constantFrom(0, 50, 4096, 10_000),
  encoderTableBytes: fc.constantFrom(0, 100, 4096, 65_536),
  copyBelowBytes: fc.constantFrom(0, 2048),
});

const literal = (name: string, value: string): ModelRecipe => ({
  kind: 'literal',
  how: 'add',
  name,
  value,
  huffman: false,
  zeros: 0,
});
/** A field that differs from time to time, so that the tables are used. */
const marked = (mark: number): ModelRecipe => literal('x-mark', 'm'.repeat(20 + mark));
const requestOf = (mark: number): ModelRecipe[] => [
  literal(':method', 'PUT'),
  literal(':scheme', 'http'),
  literal(':authority', 'a.test'),
  literal(':path', '/'),
  marked(mark),
];

interface Due {
  readonly id: number;
  /** What we are to send on it, and what the peer is. */
  readonly ours: number;
  theirs: number;
  /** What the peer has sent of it, and what our application got. */
  sent: number;
  taken: number;
}

class Run {
  readonly model = new PeerModel();
  readonly due: Due[] = [];
  /** How often a window was negative. */
  negative = 0;
  private readonly bed: H2Bed;
  private readonly role: 'server' | 'client';
  private at = 0;
  private next = 1;
  private readonly wanted: { size: number; answer: number; mark: number }[] = [];
  private readonly asked: { size: number; answer: number; mark: number }[] = [];

  constructor(role: 'server' | 'client', h2: H2Options) {
    this.role = role;
    this.bed = new H2Bed(role, {
      silent: true,
      h2,
      end: { slabBytes: 16_448, limitBytes: 200 * 16_448 },
      exchange: (exchange) => {
        const due = this.due.find(({ id }) => id === exchange.id) as Due;
        takes(exchange.body, due);
        exchange.respond(200, [['x-mark', 'm'.repeat(exchange.id % 5)]]);
        exchange.send(new Uint8Array(due.ours), true);
      },
    });
    this.at = role === 'client' ? PREFACE.length : 0;
    this.read();
    if (role === 'server') this.give(PREFACE);
    this.give(this.model.set([]));
  }

  act(it: Act): void {
    const { model, role } = this;
    switch (it.kind) {
      case 'ask':
        if (role === 'server') this.beAsked(it);
        else {
          this.wanted.push(it);
          this.ask();
        }
        break;
      case 'set':
        this.give(model.set(it.settings));
        break;
      case 'acknowledge':
        if (model.owed.length > 0) this.give(model.acknowledge());
        break;
      case 'widen':
      case 'data': {
        const due = this.due[it.which % Math.max(1, this.due.length)];
        if (due === undefined) break;
        if (it.kind === 'data') this.send(due, it.size);
        else if (it.which % 3 === 0) this.give(model.widen(0, it.size));
        else this.give(model.widen(due.id, it.size));
      }
    }
    for (const { mayTake, mayGive } of model.streams.values())
      if (mayTake < 0 || mayGive < 0) this.negative += 1;
  }

  /** Everything that is due goes on its way. */
  finish(): void {
    const { model } = this;
    while (model.owed.length > 0) this.give(model.acknowledge());
    this.give(
      model.set([
        [3, 100],
        [4, 65_535],
      ]),
    );
    for (let round = 0; round < 300 && !this.isDone; round++) {
      this.ask();
      for (const due of this.due) {
        const stream = model.streams.get(due.id) as PeerStream;
        if (stream.mayTake < 20_000) this.give(model.widen(due.id, 40_000 - stream.mayTake));
        if (model.mayTake < 20_000) this.give(model.widen(0, 70_000 - model.mayTake));
        this.send(due, 16_384);
      }
    }
    expect(this.wanted).toEqual([]);
    for (const { id, ours, sent, taken, theirs } of this.due) {
      const stream = model.streams.get(id) as PeerStream;
      expect({ id, came: stream.came, heard: stream.heard, left: theirs }).toEqual({
        id,
        came: ours,
        heard: true,
        left: 0,
      });
      expect(stream.isReset).toBe(false);
      expect(taken).toBe(sent);
    }
    expect(this.bed.end.state).toBe('open');
    this.bed.close();
  }

  private get isDone(): boolean {
    const { streams } = this.model;
    return (
      this.wanted.length === 0 && this.due.every(({ id }) => streams.get(id)?.said && streams.get(id)?.heard)
    );
  }

  private beAsked({ size, answer, mark }: { size: number; answer: number; mark: number }): void {
    if (this.model.concurrent >= 100) return;
    const id = this.next;
    this.next += 2;
    this.due.push({ id, ours: answer, theirs: size, sent: 0, taken: 0 });
    this.give(this.model.head(id, requestOf(mark), size === 0, 4096));
  }

  private ask(): void {
    const { bed, wanted } = this;
    while (wanted.length > 0 && bed.client.available > 0) {
      const it = wanted.shift() as { size: number; answer: number; mark: number };
      const due: Due = { id: this.next, ours: it.size, theirs: it.answer, sent: 0, taken: 0 };
      this.next += 2;
      this.due.push(due);
      this.asked.push(it);
      const exchange = bed.client.request(
        { authority: 'a.test', method: 'PUT', end: false, fields: [['x-mark', 'm'.repeat(it.mark)]] },
        { response: (_head, { body }) => takes(body, due), failed: () => {} },
      );
      exchange.send(new Uint8Array(it.size), true);
      this.read();
      expect(exchange.id).toBe(due.id);
      this.give(this.model.head(due.id, [literal(':status', '200'), marked(it.mark)], it.answer === 0, 4096));
    }
  }

  private send(due: Due, most: number): void {
    const stream = this.model.streams.get(due.id) as PeerStream;
    if (stream.said || due.theirs === 0) return;
    const count = Math.max(0, Math.min(most, due.theirs, stream.mayGive, this.model.mayGive, 16_384));
    if (count === 0) return;
    due.theirs -= count;
    due.sent += count;
    this.give(this.model.data(due.id, count, due.theirs === 0));
  }

  private give(octets: Uint8Array): void {
    const { bed } = this;
    for (let at = 0; at < octets.length; ) {
      at += bed.end.deliver(octets, at, octets.length);
      bed.settle();
    }
    this.read();
  }

  private read(): void {
    this.bed.settle();
    this.at = this.model.read(this.bed.end.sent, this.at);
  }
}

function takes(body: IncomingBody, due: Due): void {
  body.consume({
    data: (lease) => {
      due.taken += lease.length;
      lease.release();
    },
    end: () => {},
    failed: () => {},
  });
}

describe.each(['server', 'client'] as const)('a %s', (role) => {
  it('CON-4, CON-5: obeys settings from when it acknowledges them, and holds the peer to its own from when they are', () => {
    let negative = 0;
    let blocks = 0;
    fc.assert(
      fc.property(fc.array(act, { minLength: 15, maxLength: 50, size: 'max' }), options, (acts, h2) => {
        const run = new Run(role, h2);
        for (const it of acts) run.act(it);
        run.finish();
        negative += run.negative;
        blocks += run.model.blocks.length;
      }),
      { numRuns: 25 },
    );
    expect(negative).toBeGreaterThan(0);
    expect(blocks).toBeGreaterThan(25);
  });
});
