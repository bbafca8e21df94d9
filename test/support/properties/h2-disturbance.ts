// Streams that are refused, or reset by either side at any act, with frames of theirs still on their way: what the others
// say, in content, fields and trailers, arrives as it was said, and every byte of flow control is credited once (CON-4, CON-5).
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Reached } from '../../../src/kit/reached.js';
import type { ClientExchange, ServerExchange } from '../../../src/stream/contract.js';
import { put } from '../h2-bed.js';
import { contentHash, type Made, PeerBed, Taken, take } from '../h2-peer-bed.js';

const window = 65_535;
/** What is owed is announced by then. */
const half = 32_768;
const mostStreams = 4;

const act = fc.record({
  kind: fc.constantFrom(
    ...(['begin', 'begin', 'begin', 'answer', 'data', 'data', 'data', 'end'] as const),
    ...(['reset', 'abort'] as const),
  ),
  which: fc.nat({ max: 20 }),
  mark: fc.constantFrom('a', 'bb', 'cccc', 'a-longer-one'),
  size: fc.constantFrom(0, 1, 100, 5000, 16_384),
});

interface Flow {
  readonly id: number;
  exchange: ServerExchange | ClientExchange | undefined;
  /** What the peer says, and what came of it. */
  mark: string | undefined;
  said: number;
  trailers: string | undefined;
  readonly taken: Taken;
  heardMark: string | undefined;
  /** What we say. */
  ours: { readonly mark: string; readonly size: number } | undefined;
  /** Refused, or reset by one side. */
  isOver: boolean;
  isResetByPeer: boolean;
}

class Run {
  private readonly role: 'server' | 'client';
  private readonly reached: Reached;
  private readonly peer: PeerBed;
  private readonly flows: Flow[] = [];

  constructor(role: 'server' | 'client', reached: Reached) {
    this.role = role;
    this.reached = reached;
    const many = { burst: 1_000_000, perSecond: 0 };
    this.peer = new PeerBed(role, {
      h2: {
        maxConcurrentStreams: mostStreams,
        connectionWindowBytes: window,
        resets: many,
        trifles: many,
      },
      exchange: (exchange) => {
        const flow = this.flows.find(({ id }) => id === exchange.id) as Flow;
        flow.exchange = exchange;
        flow.heardMark = exchange.request.fields.get('x-mark');
        take(exchange.body, flow.taken);
      },
    });
  }

  act({ kind, which, mark, size }: Made<typeof act>): void {
    if (kind === 'begin') this.begin(mark, size);
    else {
      const flow = this.flows[which % Math.max(1, this.flows.length)];
      if (flow !== undefined) this.actOn(flow, kind, mark, size);
    }
    this.check();
  }

  close(): void {
    this.peer.bed.close();
  }

  private begin(mark: string, size: number): void {
    const { peer, role, flows } = this;
    const flow: Flow = {
      id: 2 * flows.length + 1,
      exchange: undefined,
      mark: undefined,
      said: 0,
      trailers: undefined,
      taken: new Taken(),
      heardMark: undefined,
      ours: undefined,
      isOver: false,
      isResetByPeer: false,
    };
    if (role === 'client') {
      flows.push(flow);
      const exchange = peer.bed.client.request(
        { authority: 'a.test', method: 'PUT', end: false, fields: [['x-mark', mark]] },
        {
          response: ({ fields }, { body }) => {
            flow.heardMark = fields.get('x-mark');
            take(body, flow.taken);
          },
          failed: () => {},
        },
      );
      flow.exchange = exchange;
      this.say(flow, exchange, mark, size);
      return;
    }
    flow.isOver = peer.model.concurrent >= mostStreams;
    flows.push(flow);
    flow.mark = mark;
    peer.give(peer.model.fields(flow.id, put(['x-mark', mark]), false));
    expect([flow.id, peer.stream(flow.id).isReset]).toEqual([flow.id, flow.isOver]);
    expect(flow.exchange === undefined).toBe(flow.isOver);
    this.reached.mark('refused', flow.isOver);
  }

  private actOn(
    flow: Flow,
    kind: Exclude<Made<typeof act>['kind'], 'begin'>,
    mark: string,
    size: number,
  ): void {
    const { peer, role } = this;
    const { model } = peer;
    const stream = peer.stream(flow.id);
    const isComplete = stream.said && stream.heard;
    switch (kind) {
      case 'answer':
        if (role === 'server') {
          const exchange = flow.exchange as ServerExchange | undefined;
          if (exchange === undefined || flow.isOver || flow.ours !== undefined) return;
          exchange.respond(200, [['x-mark', mark]]);
          this.say(flow, exchange, mark, size);
        } else if (flow.mark === undefined && !flow.isResetByPeer) {
          flow.mark = mark;
          this.reached.mark('a block of a stream that is over', flow.isOver);
          const fields: [string, string][] = [
            [':status', '200'],
            ['x-mark', mark],
          ];
          peer.give(model.fields(flow.id, fields, false));
        }
        return;
      case 'data': {
        if (flow.mark === undefined || stream.said || flow.isResetByPeer) return;
        const count = Math.min(size, stream.mayGive, model.mayGive);
        flow.said += count;
        this.reached.mark('DATA of a stream that is over', flow.isOver && count > 0);
        peer.give(model.data(flow.id, count, false, flow.id));
        return;
      }
      case 'end':
        if (flow.mark === undefined || stream.said || flow.isResetByPeer) return;
        flow.trailers = `x-trailer=${mark}`;
        this.reached.mark('a block of a stream that is over', flow.isOver);
        peer.give(model.fields(flow.id, [['x-trailer', mark]], true));
        return;
      case 'reset':
        if (isComplete || flow.isResetByPeer) return;
        this.reached.mark('reset by the peer', !flow.isOver);
        flow.isOver = true;
        flow.isResetByPeer = true;
        peer.give(model.reset(flow.id, size === 0 ? 7 : 8));
        return;
      default:
        if (isComplete || flow.isOver) return;
        this.reached.mark('reset by us');
        flow.isOver = true;
        flow.exchange?.abort();
        peer.read();
        // What is said on both sides then, an answer of ours among it, needs no reset.
        expect(stream.isReset || (stream.said && stream.heard)).toBe(true);
    }
  }

  /** Our message, whole: content, and trailers. */
  private say(flow: Flow, exchange: ServerExchange | ClientExchange, mark: string, size: number): void {
    const { peer } = this;
    flow.ours = { mark, size };
    peer.give(peer.model.widen(0, size + 1));
    exchange.send(new Uint8Array(size).fill(flow.id));
    exchange.end([['x-trailer', mark]]);
    peer.read();
  }

  private check(): void {
    const { peer } = this;
    const { model } = peer;
    expect([peer.bed.end.state, peer.bed.error]).toEqual(['open', undefined]);
    this.requireCredit(0, model.mayGive);
    for (const { id, mark, said, trailers, taken, heardMark, ours, isOver } of this.flows) {
      if (isOver) continue;
      const stream = peer.stream(id);
      expect([id, heardMark, taken.bytes, taken.hash, taken.ended]).toEqual([
        id,
        mark,
        said,
        contentHash(id, said),
        trailers,
      ]);
      if (trailers === undefined) this.requireCredit(id, stream.mayGive);
      expect([id, stream.isReset]).toEqual([id, false]);
      if (ours === undefined) continue;
      expect([stream.came, stream.hash, stream.heard]).toEqual([ours.size, contentHash(id, ours.size), true]);
      expect(peer.block(id, 0)).toMatch(new RegExp(` x-mark: ${ours.mark}$`));
      expect(peer.block(id, 1)).toBe(`${id} x-trailer: ${ours.mark}`);
    }
  }

  /** Nobody holds anything: all but what is not worth announcing yet is open again, and no more than there was. */
  private requireCredit(id: number, open: number): void {
    expect([id, open > window - half, open <= window]).toEqual([id, true, true]);
  }
}

/** @param role of the end under test */
export function othersAreUndisturbed(role: 'server' | 'client', reached: Reached) {
  return fc.property(fc.array(act, { minLength: 20, maxLength: 70, size: 'max' }), (acts) => {
    const run = new Run(role, reached);
    for (const it of acts) run.act(it);
    run.close();
  });
}
