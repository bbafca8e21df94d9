// GOAWAY to a client and of it, from a server by hand that answers, refuses and opens windows: what is above the last stream
// is safe to retry and nothing more is sent of it; the rest ends as if there had been no GOAWAY, and then the connection does.
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Reached } from '../../../src/kit/reached.js';
import { goaway } from '../h2-bed.js';
import { contentHash, type Made, PeerBed, Taken, take } from '../h2-peer-bed.js';

const unlimited = 2 ** 31 - 1;
const window = 65_535;
const size = fc.constantFrom(0, 1, 3000, 16_384);
const which = fc.nat({ max: 20 });
const h2Options = { connectionWindowBytes: window, copyBelowBytes: 100 };

const clientAct = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('ask' as const), which, size }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('goaway' as const, 'answer' as const, 'answer' as const),
      which,
      size,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('widen' as const, 'reset' as const), which, size }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('shutdown' as const), which, size }) },
);
type ClientAct = Made<typeof clientAct>;

interface Due {
  readonly id: number;
  readonly size: number;
  lent: number;
  answered: boolean;
  told: string | undefined;
  due: string | undefined;
  /** What the peer had heard of it when it said that it would not take it. */
  cutAt: number;
}

/** A client, and a server by hand that keeps the rules. */
class ClientRun {
  private readonly reached: Reached;
  private readonly peer: PeerBed;
  private readonly asked: Due[] = [];
  private next = 1;
  private peerLast = unlimited;
  private drains = false;

  constructor(reached: Reached) {
    this.reached = reached;
    this.peer = new PeerBed('client', { h2: h2Options });
  }

  act(it: ClientAct): void {
    const { peer } = this;
    const { model } = peer;
    if (this.isClosed) return;
    switch (it.kind) {
      case 'ask':
        this.ask(it.size * (1 + (it.which % 3)));
        break;
      case 'goaway':
        this.goaway(it.which);
        break;
      case 'answer': {
        const due = this.pick(it.which, ({ answered, due: end }) => !answered && end === undefined);
        if (due === undefined) break;
        due.answered = true;
        peer.give(model.fields(due.id, [[':status', '200']], it.size === 0));
        if (it.size > 0) peer.give(model.data(due.id, it.size, true, due.id));
        break;
      }
      case 'reset': {
        const due = this.pick(it.which, ({ answered, due: end }) => !answered && end === undefined);
        if (due === undefined) break;
        due.due = it.size > 0 ? 'peer-reset' : 'peer-reset retryable';
        peer.give(model.reset(due.id, it.size > 0 ? 8 : 7));
        break;
      }
      case 'widen': {
        const due = this.pick(it.which, ({ due: end }) => end === undefined);
        if (due !== undefined) peer.give(model.widen(due.id, 50_000));
        peer.give(model.widen(0, 50_000));
        break;
      }
      case 'shutdown':
        this.drains = true;
        peer.bed.end.shutdown();
        peer.read();
    }
    this.check();
  }

  /** @param how the connection ends if it has not yet */
  finish(how: 'answers' | 'end' | 'loss'): void {
    const { peer } = this;
    if (!this.isClosed && how === 'answers') {
      this.act({ kind: 'goaway', which: 3, size: 0 });
      for (let i = 0; i < 30; i++) this.act({ kind: 'answer', which: 0, size: 1 });
      for (let i = 0; i < 60; i++) this.act({ kind: 'widen', which: 0, size: 1 });
      expect(this.isClosed).toBe(true);
    } else if (how === 'end') {
      peer.bed.end.endInput();
      peer.bed.settle();
    }
    peer.bed.close();
    for (const { told, due, lent } of this.asked) {
      if (due === undefined) expect(['ended', 'reset']).toContain(told);
      expect(lent).toBe(0);
    }
  }

  private get pending(): Due[] {
    return this.asked.filter(({ due }) => due === undefined);
  }

  private get isClosed(): boolean {
    return this.peer.bed.end.state !== 'open';
  }

  private pick(nth: number, among: (it: Due) => boolean): Due | undefined {
    const found = this.asked.filter(among);
    return found[nth % Math.max(1, found.length)];
  }

  private ask(length: number): void {
    const { peer, drains } = this;
    const { client } = peer.bed;
    expect(client.available).toBe(drains ? 0 : 100 - this.pending.length);
    const due: Due = {
      id: this.next,
      size: length,
      lent: 0,
      answered: false,
      told: undefined,
      due: undefined,
      cutAt: -1,
    };
    const tell = (text: string): void => {
      due.told ??= text;
    };
    const request = () =>
      client.request(
        { authority: 'a.test', method: 'PUT', end: false },
        {
          response: (_head, { body }) => take(body, new Taken()),
          failed: (error, retryable) => tell(`${error.code}${retryable ? ' retryable' : ''}`),
        },
      );
    if (drains) {
      expect(request).toThrow('not-available');
      return;
    }
    this.asked.push(due);
    this.next += 2;
    const exchange = request();
    exchange.onClosed = (error) => tell(error?.code ?? 'ok');
    due.lent += 1;
    exchange.send(new Uint8Array(length).fill(due.id), true, () => {
      due.lent -= 1;
    });
    peer.read();
  }

  /** Of any stream that there is or is not, and never more than before. */
  private goaway(nth: number): void {
    const { peer } = this;
    const lasts = [0, ...this.asked.map(({ id }) => id), this.next + 10, unlimited];
    // What it has answered it has taken.
    const answered = Math.max(0, ...this.asked.filter((it) => it.answered).map(({ id }) => id));
    this.peerLast = Math.min(this.peerLast, Math.max(answered, lasts[nth % lasts.length] as number));
    this.reached.mark('again', this.drains && peer.model.goaways.length === 0);
    this.drains = true;
    for (const due of this.pending) {
      this.reached.mark(due.id > this.peerLast ? 'above the last' : 'at or below the last');
      if (due.id <= this.peerLast) continue;
      this.reached.mark('above the last, though it was sent whole', peer.stream(due.id).heard);
      due.due = 'goaway retryable';
      due.cutAt = peer.stream(due.id).came;
    }
    peer.give(goaway(this.peerLast));
  }

  private check(): void {
    const { peer } = this;
    for (const it of this.asked) {
      const stream = peer.stream(it.id);
      if (it.due === undefined && it.answered && stream.heard) it.due = 'ok';
      expect([it.id, it.told]).toEqual([it.id, it.due]);
      // Nothing more is sent of what will not be taken, not even that it is over; the rest is what was asked.
      if (it.cutAt >= 0) expect([stream.came, stream.isReset]).toEqual([it.cutAt, false]);
      if (it.due === 'ok') {
        expect([stream.came, stream.hash]).toEqual([it.size, contentHash(it.id, it.size)]);
      }
      if (it.due !== undefined) expect(it.lent).toBe(0);
    }
    expect(peer.model.blocks).toHaveLength(this.asked.length);
    expect(this.isClosed).toBe(this.drains && this.pending.length === 0);
    if (this.isClosed) expect(peer.model.goaways).toEqual([0]);
  }
}

export function goawayToClient(reached: Reached) {
  return fc.property(
    fc.array(clientAct, { minLength: 10, maxLength: 40, size: 'max' }),
    fc.constantFrom('answers', 'end', 'loss'),
    (acts, how) => {
      const run = new ClientRun(reached);
      for (const act of acts) run.act(act);
      run.finish(how);
    },
  );
}
