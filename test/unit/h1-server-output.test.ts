// The server's H1 session: answers that wait, find no memory or have no content; agreements to a tunnel.
import { describe, expect, it } from 'vitest';
import type { ServerExchange } from '../../src/stream/contract.js';
import { codeOf, octets, ServerBench, Taker } from '../support/h1-bench.js';
import { closing, get, ok, post, reply } from '../support/h1-server-messages.js';

describe('exhaustion of the output (WS-9)', () => {
  const one = { slabBytes: 128, limitBytes: 128 };

  it.each([
    ['respond', (exchange: ServerExchange) => exchange.respond(200, [], { end: true })],
    ['reply', reply],
    ['inform', (exchange: ServerExchange) => exchange.inform(103)],
  ])('%s without memory: 503, and the exchange fails', (_, act) => {
    const bench = new ServerBench(act, one);
    bench.feed(get);
    expect(bench.drain()).toBe(closing('503 Service Unavailable'));
    expect(bench.stands).toBe('closed linger');
    expect(bench.closed).toEqual(['output-exhausted']);
    bench.close();
  });

  it('is told as it is, unless the application broke off before', () => {
    const bench = new ServerBench((exchange) => {
      exchange.abort();
      exchange.respond(200);
    }, one);
    bench.feed(get);
    expect(bench.closed).toEqual(['aborted']);
    bench.close();
  });

  it('an upgrade without memory is not agreed to', () => {
    const bench = new ServerBench((exchange) => exchange.upgrade(() => {}, [['Upgrade', 'x']]), one);
    bench.feed('GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n');
    expect(bench.drain()).toBe(closing('503 Service Unavailable'));
    bench.close();
  });

  it('in the middle of a message, or at its very end, is a truncation that shows', () => {
    const long = 'z'.repeat(60);
    for (const end of [false, true]) {
      const bench = new ServerBench(undefined, { slabBytes: 128, limitBytes: 256 });
      bench.handler = (exchange) => {
        exchange.respond(200);
        for (let i = 0; i < 3; i++) exchange.send(octets(long));
        if (end) exchange.end([['X', long]]);
      };
      bench.feed(get);
      expect(bench.stands).toBe('closed abort');
      expect(bench.closed).toEqual(['output-exhausted']);
      bench.close();
    }
  });
});

describe('back-pressure', () => {
  it('no next request is read while much waits to be written; a drain wakes it', () => {
    for (const outputHighWaterBytes of [0, 1, 20]) {
      const bench = new ServerBench(reply, { h1: { outputHighWaterBytes } });
      bench.feed(get + get);
      expect(bench.exchanges).toHaveLength(1);
      expect(bench.stands).toBe('paused');
      expect(bench.end.session.pausedBy).toBe('peer');
      expect(bench.drain()).toBe(ok + ok);
      bench.close();
    }
  });

  it('writable falls, and onWritable is told once when half of it is gone', () => {
    const bench = new ServerBench(undefined, { h1: { outputHighWaterBytes: 100 } });
    let told = 0;
    bench.handler = (exchange) => {
      exchange.onWritable = () => {
        told += 1;
      };
      exchange.respond(200, [], { length: 200 });
      expect(exchange.send(new Uint8Array(100))).toBe(false);
    };
    bench.feed(get);
    expect(bench.exchange.writable).toBe(false);
    bench.drain();
    expect(told).toBe(1);
    expect(bench.exchange.writable).toBe(true);
    bench.close();
  });
});

describe('the mark of back-pressure, to the octet', () => {
  /** What an answer that declares 9 bytes has pending when three of them are sent. */
  const pending = 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'.length;

  const filled = (outputHighWaterBytes: number, told: number[] = []) => {
    const bench = new ServerBench(undefined, { h1: { outputHighWaterBytes } });
    bench.handler = (exchange) => {
      exchange.onWritable = () => told.push(bench.end.output.pendingBytes);
      exchange.respond(200, [], { length: 9 });
      exchange.send(octets('abc'));
    };
    return bench.feed(get);
  };

  it('is reached with as many bytes, and not with fewer', () => {
    for (const [mark, writable] of [
      [pending, false],
      [pending + 1, true],
    ] as const) {
      const bench = filled(mark);
      expect(bench.end.output.pendingBytes).toBe(pending);
      expect(bench.exchange.writable).toBe(writable);
      bench.close();
    }
  });

  it('is left with half of it pending, which is told once; who never reached it is told nothing', () => {
    for (const [mark, expected] of [
      [pending, [Math.floor(pending / 2)]],
      [pending - 1, [Math.floor((pending - 1) / 2)]],
      [pending + 1, []],
    ] as const) {
      const told: number[] = [];
      const bench = filled(mark, told);
      bench.end.take();
      for (let left = pending; left > 0; left--) {
        bench.end.written(1);
        bench.work();
      }
      expect(told).toEqual(expected);
      expect(bench.exchange.writable).toBe(true);
      bench.close();
    }
  });
});

describe('messages without content', () => {
  it.each([
    ['HEAD', 200, { length: 5 }, 'Content-Length: 5\r\n'],
    ['HEAD', 200, {}, ''],
    ['HEAD', 200, { end: true }, ''],
    ['GET', 204, { end: true }, ''],
    ['GET', 204, {}, ''],
    ['GET', 205, {}, 'Content-Length: 0\r\n'],
    ['GET', 304, { length: 5 }, 'Content-Length: 5\r\n'],
    ['GET', 304, { end: true }, ''],
  ])('%s answered with %i, %j', (method, status, options, line) => {
    const bench = new ServerBench((exchange) => {
      exchange.respond(status, [], options);
      if (!('end' in options)) exchange.end();
    });
    expect(
      bench
        .feed(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`)
        .drain()
        .replace(/^[^\n]*\n/, ''),
    ).toBe(`${line}\r\n`);
    expect(bench.stands).toBe('need-data');
    bench.close();
  });

  it('content that goes nowhere is counted, and comes back', () => {
    const bench = new ServerBench((exchange) => {
      exchange.respond(200, [], { length: 5 });
      expect(codeOf(() => exchange.send(octets('123456')))).toBe('length-overrun');
      const told: string[] = [];
      exchange.send(octets('12345'), true, (outcome) => told.push(outcome));
      expect(told).toEqual(['written']);
    });
    expect(bench.feed('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n').drain()).not.toContain('12345');
    bench.close();
  });
});

describe('upgrade and CONNECT (LAY-7)', () => {
  const asks = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n';

  it('hands over every unused byte once the answer is in the outbox', () => {
    const bench = new ServerBench((exchange) => exchange.upgrade(() => {}, [['Upgrade', 'x']]));
    bench.feed(`${asks}tunnel`);
    expect(bench.drain()).toBe(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    );
    expect(bench.end.handedOff).toMatchObject({ to: 'tunnel', unused: octets('tunnel'), ended: false });
    expect(bench.closed).toEqual(['ok']);
    bench.close();
  });

  it('nothing unused is undefined, and a half-close goes along', () => {
    const bench = new ServerBench();
    bench.feed('CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n').peerEnds();
    bench.exchange.upgrade(() => {});
    bench.work();
    expect(bench.drain()).toBe('HTTP/1.1 200 OK\r\n\r\n');
    expect(bench.end.handedOff).toEqual({ to: 'tunnel', unused: undefined, ended: true });
    bench.close();
  });

  it('waits until the request is complete, is agreed once, with a status that agrees', () => {
    const bench = new ServerBench();
    bench.feed(post('Content-Length: 1', 'Connection: upgrade\r\nUpgrade: x\r\n'));
    const upgrade = (status?: number) => () => bench.exchange.upgrade(() => {}, [['Upgrade', 'x']], status);
    expect(codeOf(upgrade())).toBe('request-incomplete');
    const taker = new Taker();
    bench.exchange.body.consume(taker);
    bench.feed('a');
    for (const status of [200, 404, 100]) expect(codeOf(upgrade(status))).toBe('status');
    expect(codeOf(() => bench.exchange.upgrade(() => {}))).toBe('upgrade-unnamed');
    upgrade()();
    expect(codeOf(upgrade())).toBe('responded');
    bench.work();
    expect(bench.stands).toBe('handed-off');
    bench.close();
  });

  it('a CONNECT is not accepted by respond; it may be refused by it', () => {
    const bench = new ServerBench();
    bench.feed('CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(codeOf(() => reply(bench.exchange))).toBe('connect-accepted');
    expect(codeOf(() => bench.exchange.upgrade(() => {}, [], 404))).toBe('status');
    bench.exchange.respond(403, [], { end: true });
    expect(bench.drain()).toContain('403');
    expect(bench.stands).toBe('closed linger');
    bench.close();
  });

  it('a pipe that goes before the turn takes the agreement along', () => {
    let tookOver = false;
    const bench = new ServerBench((exchange) =>
      exchange.upgrade(() => {
        tookOver = true;
      }, [['Upgrade', 'x']]),
    );
    bench.handler = () => {};
    bench.feed(asks);
    bench.exchange.upgrade(() => {
      tookOver = true;
    }, [['Upgrade', 'x']]);
    bench.close();
    expect(tookOver).toBe(false);
    expect(bench.closed).toEqual(['closed']);
  });
});
