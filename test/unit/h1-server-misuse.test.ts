// The server's H1 session: what applications do wrong, and calls that come too late.
import { describe, expect, it } from 'vitest';
import type { ServerExchange } from '../../src/stream/contract.js';
import { codeOf, octets, ServerBench, Taker } from '../support/h1-bench.js';
import { chunked, closing, get, length, ok, reply, take } from '../support/h1-server-messages.js';

describe('what applications do wrong', () => {
  it('throwing before an answer: 500; after its head: a truncation; after all of it: nothing', () => {
    const thrown = new Error('bug');
    const acts: [(exchange: ServerExchange) => void, string, string][] = [
      [() => {}, 'closed linger', closing('500 Internal Server Error')],
      [(exchange) => exchange.respond(200), 'closed abort', ''],
      [reply, 'need-data', ok],
    ];
    for (const [act, stands, output] of acts) {
      const bench = new ServerBench((exchange) => {
        act(exchange);
        throw thrown;
      });
      expect(bench.feed(get).drain()).toBe(output);
      expect(bench.stands).toBe(stands);
      bench.close();
    }
  });

  it.each(['onData', 'onEnd'] as const)('throwing in %s', (where) => {
    const taker = new Taker();
    taker[where] = () => {
      throw new Error('bug');
    };
    const bench = new ServerBench(take(taker));
    expect(bench.feed(`${length(1)}a`).drain()).toBe(closing('500 Internal Server Error'));
    expect(bench.closed).toEqual(['application-failed']);
    bench.close();
  });

  it('throwing in data at the limit of the body: the same answer however the bytes are cut', () => {
    for (const piece of [1, 1000]) {
      const taker = new Taker();
      let left = 2;
      taker.onData = (lease) => {
        left -= lease.length;
        if (left === 0) throw new Error('bug');
      };
      const bench = new ServerBench(take(taker), { h1: { maxBodyBytes: 2 } });
      bench.feed(chunked);
      for (const part of piece === 1 ? ['2\r\na', 'b', 'c'] : ['2\r\nab']) {
        if (bench.stands === 'need-data') bench.feed(part);
      }
      expect(bench.drain()).toBe(closing('500 Internal Server Error'));
      bench.close();
    }
  });

  it('throwing in onWritable, onClosed, and where lent bytes come back', () => {
    const bench = new ServerBench(undefined, { h1: { outputHighWaterBytes: 10, copyBelowBytes: 5 } });
    const bug = () => {
      throw new Error('bug');
    };
    bench.handler = (exchange) => {
      exchange.respond(200);
      exchange.onWritable = bug;
      exchange.onClosed = bug;
      expect(exchange.send(octets('0123456789'), false, bug)).toBe(false);
    };
    bench.feed(get).drain();
    expect(bench.stands).toBe('closed abort');
    bench.close();
  });

  it('lent bytes that come back only when the pipe is gone', () => {
    const told: string[] = [];
    const bench = new ServerBench(
      (exchange) => {
        exchange.respond(200);
        exchange.send(octets('0123456789'), false, (outcome) => {
          told.push(outcome);
          exchange.send(octets('x'));
          throw new Error('bug');
        });
      },
      { h1: { copyBelowBytes: 5 } },
    );
    bench.feed(get);
    bench.close();
    expect(told).toEqual(['failed']);
  });

  it('aborting before, within and after the answer', () => {
    const bench = new ServerBench((exchange) => {
      exchange.abort();
      exchange.abort();
      reply(exchange);
    });
    expect(bench.feed(get).drain()).toBe(closing('500 Internal Server Error'));
    expect(bench.closed).toEqual(['aborted']);
    bench.exchange.abort();
    bench.close();
    const whole = new ServerBench((exchange) => {
      reply(exchange);
      exchange.abort();
    });
    expect(whole.feed(length(1)).drain()).toBe(ok);
    expect(whole.stands).toBe('closed linger');
    whole.close();
  });

  it('calls that are refused change nothing', () => {
    const bench = new ServerBench();
    bench.feed(get);
    const { exchange } = bench;
    const refused = (act: () => unknown) => {
      const before = bench.end.output.acceptedBytes;
      const code = codeOf(act);
      expect(bench.end.output.acceptedBytes).toBe(before);
      return code;
    };
    expect(refused(() => exchange.send(octets('x')))).toBe('before-head');
    expect(refused(() => exchange.end())).toBe('before-head');
    for (const status of [99, 100, 200.5, 600, Number.NaN])
      expect(refused(() => exchange.respond(status))).toBe('status');
    for (const status of [99, 101, 150.5, 200]) expect(refused(() => exchange.inform(status))).toBe('status');
    for (const length of [-2, 1.5, Number.NaN, 2 ** 53])
      expect(refused(() => exchange.respond(200, [], { length }))).toBe('length');
    expect(refused(() => exchange.respond(200, [], { length: 5, end: true }))).toBe('length-underrun');
    expect(refused(() => exchange.respond(200, [['Content-Length', '5']], { end: true }))).toBe(
      'length-underrun',
    );
    expect(refused(() => exchange.respond(200, [['Content-Length', '5']], { length: 4 }))).toBe(
      'length-conflict',
    );
    expect(refused(() => exchange.respond(204, [], { length: 4 }))).toBe('content-forbidden');
    expect(refused(() => exchange.reply(205, [], octets('x')))).toBe('content-forbidden');
    expect(refused(() => exchange.respond(200, [['a b', 'c']]))).toBe('field-name');
    expect(refused(() => exchange.respond(200, [['a', 'b\r\nc']]))).toBe('field-value');
    expect(refused(() => exchange.respond(200, [['Transfer-Encoding', 'chunked']]))).toBe('field-framing');
    expect(refused(() => exchange.upgrade(() => {}))).toBe('no-upgrade');
    for (const nobody of [undefined, 5, {}]) {
      expect(refused(() => exchange.upgrade(nobody as never))).toBe('tunnel-taker');
    }
    exchange.body.consume(new Taker());
    expect(refused(() => exchange.body.consume(new Taker()))).toBe('body-consumed');
    exchange.respond(200, [], { length: 3 });
    expect(refused(() => exchange.respond(200))).toBe('responded');
    expect(refused(() => exchange.inform(103))).toBe('responded');
    expect(refused(() => exchange.send(octets('1234')))).toBe('length-overrun');
    expect(refused(() => exchange.send(octets('12'), true))).toBe('length-underrun');
    expect(refused(() => exchange.end())).toBe('length-underrun');
    exchange.send(octets('123'));
    expect(refused(() => exchange.end([['X', '1']]))).toBe('trailers');
    exchange.end();
    expect(refused(() => exchange.send(octets('x')))).toBe('after-end');
    expect(refused(() => exchange.end())).toBe('after-end');
    expect(bench.drain()).toBe('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n123');
    bench.close();
  });

  it('sending a lease that has ended is refused before a chunk is begun', () => {
    const taker = new Taker();
    const bench = new ServerBench(take(taker));
    bench.feed(`${length(1)}a`);
    bench.exchange.respond(200);
    const before = bench.end.output.acceptedBytes;
    expect(codeOf(() => bench.exchange.sendLease(taker.leases[0] as never))).toBe('lease-ended');
    expect(bench.end.output.acceptedBytes).toBe(before);
    bench.exchange.send(octets('b'), true);
    expect(bench.drain()).toBe('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nb\r\n0\r\n\r\n');
    bench.close();
  });

  it('calling back into the exchange from where bytes come back', () => {
    const bench = new ServerBench((exchange) => {
      exchange.respond(200);
      exchange.send(octets('a'), false, () => exchange.send(octets('b'), true));
    });
    expect(bench.feed(get).drain()).toContain('\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n');
    expect(bench.closed).toEqual(['ok']);
    bench.close();
  });

  it('sending more than may wait is a LimitError, and the answer goes on', () => {
    const bench = new ServerBench((exchange) => exchange.respond(200, [], { length: 11 }), {
      h1: { outputLimitBytes: 40 },
    });
    bench.feed(get);
    bench.exchange.send(octets('0123456789'));
    expect(bench.exchange.writable).toBe(true);
    expect(codeOf(() => bench.exchange.send(octets('x')))).toBe('output-limit');
    bench.drain();
    bench.exchange.send(octets('x'), true);
    bench.work();
    expect(bench.closed).toEqual(['ok']);
    bench.close();
  });

  it('a reply is refused whole when more waits than may', () => {
    const bench = new ServerBench(undefined, { h1: { outputLimitBytes: 30 } });
    bench.handler = (exchange) => exchange.inform(103, [['X', '1'.repeat(30)]]);
    bench.feed(get);
    expect(codeOf(() => reply(bench.exchange))).toBe('output-limit');
    expect(bench.exchange.responded).toBe(false);
    bench.drain();
    reply(bench.exchange);
    expect(bench.drain()).toBe(ok);
    bench.close();
  });
});

describe('calls after the end', () => {
  it('are harmless where the application could not know of it', () => {
    const bench = new ServerBench();
    bench.feed(get).end.lose();
    const { exchange } = bench;
    const told: string[] = [];
    exchange.inform(103);
    exchange.respond(200);
    expect(exchange.send(octets('x'), false, (outcome) => told.push(outcome))).toBe(false);
    exchange.end();
    exchange.upgrade(() => {});
    exchange.body.discard();
    exchange.body.pause();
    exchange.body.resume();
    expect(told).toEqual(['failed']);
    expect(exchange.closed).toBe(true);
    expect(exchange.writable).toBe(false);
    bench.close();
  });

  it('a consumer that comes too late is told at once how it ended', () => {
    const bench = new ServerBench();
    bench.feed(length(3)).end.lose();
    const taker = new Taker();
    bench.exchange.body.consume(taker);
    expect(taker.told).toEqual(['<closed>']);
    bench.close();
  });

  it('a consumer of a complete exchange is told in the turn, not within its own call', () => {
    const taker = new Taker();
    const bench = new ServerBench((exchange) => {
      reply(exchange);
      exchange.body.consume(taker);
      expect(taker.told).toEqual([]);
    });
    bench.feed(get);
    expect(taker.told).toEqual(['<end>']);
    bench.close();
  });
});
