// What an H2 stream's sender hears of the peer's pace: when it is to wait, when it may go on, what is refused beyond that, and
// what is only counted.
import { describe, expect, it } from 'vitest';
import { LimitError } from '../../src/errors.js';
import type { ServerExchange } from '../../src/stream/contract.js';
import { data, get, H2Bed, headers, put, settings, windowUpdate } from '../support/h2-bed.js';
import { refusal } from '../support/memory.js';

const shut = settings([4, 0]);
const head = (method: string) =>
  get().map(([name, value]): [string, string] => [name, name === ':method' ? method : value]);

/** A server with one exchange, whose head is written; what it was told of `writable`, with what was pending then. */
function answering(h2: object, ...first: Uint8Array[]) {
  const bed = new H2Bed('server', { h2 });
  bed.feed(...first, headers(1, get()));
  const told: number[] = [];
  const { exchange } = bed;
  exchange.onWritable = () => told.push(bed.end.output.pendingBytes);
  exchange.respond(200);
  bed.frames();
  return { bed, exchange, told };
}

describe('a sender is held back', () => {
  it('while bytes wait at its stream for a window, and told once when there is none', () => {
    const { bed, exchange, told } = answering({}, shut);
    expect(exchange.writable).toBe(true);
    expect(exchange.send(new Uint8Array(10))).toBe(false);
    expect(exchange.writable).toBe(false);
    expect(bed.feed(windowUpdate(1, 9))).toEqual(['DATA 1 9']);
    expect([exchange.writable, told]).toEqual([false, []]);
    expect(bed.feed(windowUpdate(1, 1))).toEqual(['DATA 1 1']);
    expect([exchange.writable, told.length]).toEqual([true, 1]);
    bed.feed(windowUpdate(1, 100));
    expect(exchange.send(new Uint8Array(10))).toBe(true);
    bed.frames();
    expect(told).toHaveLength(1);
    bed.close();
  });

  it('with as much pending as the mark, and not with less; told with less than half of it', () => {
    for (const [mark, writable, at] of [
      [109, false, [54]],
      [108, false, [53]],
      [110, true, []],
    ] as const) {
      const { bed, exchange, told } = answering({ outputHighWaterBytes: mark });
      // A DATA frame of as many bytes with its frame header.
      exchange.send(new Uint8Array(100));
      expect([bed.end.output.pendingBytes, exchange.writable]).toEqual([109, writable]);
      bed.end.turn();
      bed.end.take();
      for (let left = 109; left > 0; left--) bed.end.written(1);
      expect(told).toEqual(at);
      expect(exchange.writable).toBe(true);
      bed.close();
    }
  });

  it('each for itself, and nobody is told for whoever is over', () => {
    const bed = new H2Bed('server');
    bed.feed(shut, headers(1, get()), headers(3, get()), headers(5, get()));
    const told: number[] = [];
    for (const exchange of bed.exchanges) {
      exchange.onWritable = () => told.push(exchange.id);
      exchange.respond(200);
      if (exchange.id !== 5) exchange.send(new Uint8Array(10));
    }
    const [one, three, five] = bed.exchanges as [ServerExchange, ServerExchange, ServerExchange];
    expect([one.writable, three.writable, five.writable]).toEqual([false, false, true]);
    three.abort();
    five.abort();
    bed.frames();
    expect(one.writable).toBe(false);
    bed.feed(windowUpdate(1, 10));
    expect([told, one.writable]).toEqual([[1], true]);
    bed.close();
  });
});

describe('more than may wait (OWN-8)', () => {
  it('is refused, and nothing has changed: what was declared can still be sent', () => {
    for (const lease of [false, true]) {
      const bed = new H2Bed('server', { h2: { outputLimitBytes: 10, lendFromBytes: 1 } });
      bed.feed(shut, headers(1, put(), false));
      const { exchange } = bed;
      exchange.respond(200, [], { length: 13 });
      exchange.send(new Uint8Array(10));
      exchange.send(new Uint8Array(1));
      let refused: unknown;
      const over = (act: () => void) => {
        try {
          act();
        } catch (error) {
          refused = error;
        }
      };
      if (lease) {
        exchange.body.consume({
          data: (it) => {
            over(() => exchange.sendLease(it));
            it.release();
          },
          end: () => {},
          failed: () => {},
        });
        bed.feed(data(1, 2));
      } else over(() => exchange.send(new Uint8Array(2)));
      expect(refused).toBeInstanceOf(LimitError);
      expect(refused).toMatchObject({
        code: 'output-limit',
        limit: 'outputLimitBytes',
        cites: 'OWN-8',
        answer: { kind: 'none' },
      });
      bed.frames();
      bed.feed(windowUpdate(1, 100));
      exchange.send(new Uint8Array(2), true);
      expect(bed.frames()[0]).toBe('DATA 1 END 2');
      bed.close();
    }
  });
});

describe('content that goes nowhere', () => {
  it('of an answer to HEAD is counted, and comes back at once', () => {
    const bed = new H2Bed('server');
    bed.feed(headers(1, head('HEAD')));
    const { exchange } = bed;
    exchange.respond(200, [], { length: 5 });
    expect(refusal(() => exchange.send(new Uint8Array(6)))).toBe('length-overrun RFC 9110 §8.6');
    const told: string[] = [];
    exchange.send(new Uint8Array(2), false, (outcome) => told.push(outcome));
    expect(told).toEqual(['written']);
    let closed: string | undefined;
    exchange.onClosed = (error) => {
      closed = error?.code ?? 'ok';
    };
    bed.frames();
    expect(closed).toBeUndefined();
    exchange.send(new Uint8Array(1), true);
    expect(bed.frames()).toEqual(['DATA 1 END 0']);
    expect(closed).toBe('ok');
    bed.close();
  });

  it('in a lease is released', () => {
    const bed = new H2Bed('server');
    bed.feed(headers(1, head('HEAD').concat([['content-length', '3']]), false));
    const { exchange } = bed;
    exchange.respond(200);
    const live: boolean[] = [];
    exchange.body.consume({
      data: (lease) => {
        exchange.sendLease(lease);
        live.push(lease.live);
      },
      end: () => exchange.end(),
      failed: () => {},
    });
    expect(bed.feed(data(1, 2)).filter((text) => text.startsWith('DATA'))).toEqual([]);
    expect(bed.feed(data(1, 1, true)).at(-1)).toBe('DATA 1 END 0');
    expect(live).toEqual([false, false]);
    bed.close();
  });
});

describe('DATA that nobody takes yet', () => {
  /** What the consumer is given of so many octets that came one by one. */
  const pieces = (count: number): number[] => {
    const bed = new H2Bed('server');
    const taken: number[] = [];
    bed.feed(headers(1, put(), false));
    bed.exchange.body.consume({
      data: (lease) => {
        taken.push(lease.length);
        lease.release();
      },
      end: () => {},
      failed: () => {},
    });
    bed.exchange.body.pause();
    bed.frames();
    const one = data(1, 1);
    const all = new Uint8Array(count * one.length);
    for (let i = 0; i < count; i++) all.set(one, i * one.length);
    for (let at = 0; at < all.length; at += 4000) bed.feed(all.subarray(at, at + 4000));
    bed.exchange.body.resume();
    bed.frames();
    bed.close();
    return taken;
  };

  it('is joined before its pieces are many (OWN-8)', () => {
    expect(pieces(512)).toEqual(Array(512).fill(1));
    expect(pieces(513)).toEqual([512, 1]);
    expect(pieces(1025)).toEqual([512, ...Array(513).fill(1)]);
  });
});
