// What an application sends on a stream of which nothing more may go out, before it can know that: from within the call that
// returns what waited, and behind a head for which there was no memory. It comes back, and no other stream notices.
import { describe, expect, it } from 'vitest';
import type { ClientExchange, OutgoingBody, ServerExchange } from '../../src/stream/contract.js';
import { get, goaway, H2Bed, headers, put, reset, settings } from '../support/h2-bed.js';

const long = new Uint8Array(20_000);
const short = new Uint8Array(10);

/** Sends a long piece that waits in part, and acts when it comes back; what it was told. */
function sending(exchange: OutgoingBody, act: (told: string[]) => void): string[] {
  const told: string[] = [];
  exchange.send(long, false, (outcome) => {
    told.push(outcome);
    act(told);
  });
  return told;
}

function answering(bed: H2Bed): ServerExchange {
  bed.feed(settings([4, 1000]), headers(1, get()), headers(3, get()));
  const [exchange] = bed.exchanges as [ServerExchange];
  exchange.respond(200);
  bed.frames();
  return exchange;
}

describe('from within `returned`', () => {
  const ends: [string, (bed: H2Bed, exchange: ServerExchange) => void][] = [
    ['the peer resets the stream', (bed) => bed.end.deliver(reset(1, 8), 0, reset(1, 8).length)],
    ['the application breaks it off', (_bed, exchange) => exchange.abort()],
    ['a deadline passes', (bed) => bed.at(20_000)],
  ];
  const acts: [string, (exchange: ServerExchange, told: string[]) => void][] = [
    ['a short piece', (exchange, told) => void exchange.send(short, false, (it) => told.push(it))],
    ['the last short piece', (exchange, told) => void exchange.send(short, true, (it) => told.push(it))],
    ['a long piece', (exchange, told) => void exchange.send(long, false, (it) => told.push(it))],
  ];
  describe.each(ends)('%s', (_, end) => {
    it.each(acts)('%s comes back as well', (_name, act) => {
      const bed = new H2Bed('server', { end: { deadlines: { write: 20_000 } } });
      const exchange = answering(bed);
      let closed: string | undefined;
      exchange.onClosed = (error) => {
        closed = error?.code;
      };
      const told = sending(exchange, (list) => {
        act(exchange, list);
        expect(exchange.writable).toBe(false);
      });
      expect(bed.frames()).toEqual(['DATA 1 1000']);
      end(bed, exchange);
      expect(bed.frames().filter((it) => !it.startsWith('RST_STREAM 1'))).toEqual([]);
      expect(told).toEqual(['failed', 'failed']);
      expect(closed).toBeDefined();
      bed.exchange.reply(200, [], short);
      expect(bed.frames()).toEqual(['HEADERS 3 | :status: 200 | content-length: 10', 'DATA 3 END 10']);
      bed.close();
    });
  });

  it('the end of the message, and trailers, go nowhere', () => {
    for (const trailers of [undefined, [['a', 'b']] as const]) {
      const bed = new H2Bed('server');
      const exchange = answering(bed);
      const told = sending(exchange, () => exchange.end(trailers));
      bed.frames();
      expect(bed.feed(reset(1, 8))).toEqual([]);
      expect(told).toEqual(['failed']);
      bed.close();
    }
  });

  it('a lease is released', () => {
    const bed = new H2Bed('server');
    bed.feed(settings([4, 1000]), headers(1, put(), false));
    const { exchange } = bed;
    exchange.respond(200);
    exchange.body.consume({
      data: (lease) => {
        sending(exchange, () => exchange.sendLease(lease));
      },
      end: () => {},
      failed: () => {},
    });
    bed.feed(Uint8Array.from([0, 0, 4, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4]));
    expect(bed.feed(reset(1, 8))).toEqual([]);
    bed.close();
  });

  it('a client whose peer goes away without its request', () => {
    const bed = new H2Bed('client');
    bed.feed(settings([4, 1000]));
    const exchange: ClientExchange = bed.client.request(
      { authority: 'a.test', method: 'PUT', end: false },
      { response: () => {}, failed: () => {} },
    );
    const told = sending(exchange, (list) => void exchange.send(long, true, (it) => list.push(it)));
    bed.frames();
    expect(bed.feed(goaway(0))).toEqual(['GOAWAY 0 NO_ERROR']);
    expect(told).toEqual(['failed', 'failed']);
    bed.close();
  });
});

describe('behind a head that fits no slab', () => {
  // Each octet takes 27 bits (RFC 7541, Appendix B), and a literal takes no more than it has octets.
  const big: [string, string][] = [['x', '\u00ff'.repeat(30_000)]];
  const connect: [string, string][] = [
    [':method', 'CONNECT'],
    [':authority', 'a.test:1'],
  ];
  const cases: [string, [string, string][], (exchange: ServerExchange, told: string[]) => void][] = [
    [
      'content',
      get(),
      (exchange, told) => {
        exchange.respond(200, big);
        expect(exchange.writable).toBe(false);
        expect(exchange.send(short, false, (it) => told.push(it))).toBe(false);
        exchange.send(long, true, (it) => told.push(it));
      },
    ],
    [
      'the end',
      get(),
      (exchange, told) => {
        exchange.respond(200, big);
        exchange.end([['a', 'b']]);
        told.push('failed', 'failed');
      },
    ],
    [
      'the final head',
      get(),
      (exchange, told) => {
        exchange.inform(103, big);
        exchange.reply(200, [], short);
        told.push('failed', 'failed');
      },
    ],
    [
      'what is written to a tunnel',
      connect,
      (exchange, told) => {
        exchange.upgrade((pipe) => {
          pipe.write([{ bytes: short, start: 0, end: 10 }]);
          told.push('failed', 'failed');
        }, big);
      },
    ],
  ];
  it.each(cases)('%s does not go out', (_, fields, act) => {
    const bed = new H2Bed('server');
    bed.feed(headers(1, fields, fields !== connect), headers(3, get()));
    const told: string[] = [];
    act(bed.exchanges[0] as ServerExchange, told);
    expect(bed.frames()).toEqual(['RST_STREAM 1 INTERNAL_ERROR']);
    expect(told).toEqual(['failed', 'failed']);
    bed.exchange.reply(204, [], new Uint8Array(0));
    expect(bed.frames()).toEqual(['HEADERS 3 END | :status: 204']);
    bed.close();
  });
});
