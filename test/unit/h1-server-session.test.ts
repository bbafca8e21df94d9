// The server's H1 session and exchange, by hand: requests in order, refusals, endings, drains.
import { describe, expect, it } from 'vitest';
import type { ServerExchange } from '../../src/stream/contract.js';
import { characters } from '../support/h1.js';
import { octets, ServerBench, Taker } from '../support/h1-bench.js';
import { chunked, closing, get, length, ok, post, reply, take } from '../support/h1-server-messages.js';

describe('persistence', () => {
  it('answers pipelined requests in order, one at a time', () => {
    const bench = new ServerBench(reply);
    expect(bench.feed(get + get + get).drain()).toBe(ok + ok + ok);
    expect(bench.closed).toEqual(['ok', 'ok', 'ok']);
    expect(bench.stands).toBe('need-data');
    bench.close();
  });

  it('reads each head where it lies: its fields, its authority, its octets', () => {
    const heads = ['a.b:1', 'c', 'd.e'].map(
      (host, i) => `GET /${i} HTTP/1.1\r\nHost: ${host}\r\nX: ${i}\r\n\r\n`,
    );
    const seen: unknown[] = [];
    const bench = new ServerBench((exchange) => {
      const { authority, fields, octets: whole, target } = exchange.request;
      seen.push([
        target,
        authority,
        fields.get('x'),
        characters(whole?.call(exchange.request) ?? octets('')),
      ]);
      reply(exchange);
    });
    bench.feed(heads.join('')).feed('GET / HTTP/1.0\r\n\r\n').drain();
    expect(seen).toEqual([
      ['/0', 'a.b:1', '0', heads[0]],
      ['/1', 'c', '1', heads[1]],
      ['/2', 'd.e', '2', heads[2]],
      ['/', undefined, undefined, 'GET / HTTP/1.0\r\n\r\n'],
    ]);
    bench.close();
  });

  it('an answer without content is complete, and the connection goes on', () => {
    for (const act of [
      (exchange: ServerExchange) => exchange.reply(200, [], octets('')),
      (exchange: ServerExchange) => exchange.respond(200, [], { length: 0, end: true }),
      (exchange: ServerExchange) => {
        exchange.respond(200, [], { length: 0 });
        exchange.end();
      },
    ]) {
      const bench = new ServerBench(act);
      const empty = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
      expect(bench.feed(get + get).drain()).toBe(empty + empty);
      expect(bench.closed).toEqual(['ok', 'ok']);
      bench.close();
    }
  });

  it('an exchange that is under way waits for the application, and says so', () => {
    const bench = new ServerBench();
    expect([bench.end.session.name, bench.end.session.busy]).toEqual(['h1', false]);
    bench.feed(get);
    expect([bench.stands, bench.end.session.pausedBy, bench.end.session.busy]).toEqual([
      'paused',
      'application',
      true,
    ]);
    reply(bench.exchange);
    bench.work();
    expect([bench.stands, bench.end.session.pausedBy, bench.end.session.busy]).toEqual([
      'need-data',
      undefined,
      false,
    ]);
    bench.close();
  });

  it('holds the next request back while an exchange is under way', () => {
    const bench = new ServerBench();
    bench.feed(get + get);
    expect(bench.exchanges).toHaveLength(1);
    reply(bench.exchange);
    bench.work();
    expect(bench.exchanges).toHaveLength(2);
    bench.close();
    expect(bench.closed).toEqual(['ok', 'closed']);
  });

  it.each([
    ['a 1.1 request that says close', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 'close'],
    ['a 1.0 request', 'GET / HTTP/1.0\r\n\r\n', 'close'],
    ['a 1.0 request that says keep-alive', 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n', 'keep-alive'],
  ])('after %s', (_, request, says) => {
    const bench = new ServerBench(reply);
    expect(bench.feed(request).drain()).toContain(`Connection: ${says}\r\n`);
    expect(bench.stands).toBe(says === 'close' ? 'closed linger' : 'need-data');
    bench.close();
  });

  it('closes after an answer of unknown length to 1.0, whose end is the close', () => {
    const bench = new ServerBench((exchange) => {
      exchange.respond(200);
      exchange.send(octets('x'), true);
    });
    bench.feed('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    expect(bench.drain()).toBe('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nx');
    expect(bench.stands).toBe('closed linger');
    bench.close();
  });

  it('does not send 1.0 the trailers that it has no place for (RFC 9110 §6.5.1)', () => {
    const bench = new ServerBench((exchange) => {
      exchange.respond(200);
      exchange.send(octets('x'));
      exchange.end([['X-T', '1']]);
    });
    bench.feed('GET / HTTP/1.0\r\n\r\n');
    expect(bench.drain()).toBe('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nx');
    expect(bench.closed).toEqual(['ok']);
    bench.close();
  });

  it('names an Upgrade that an answer offers as a connection option (RFC 9110 §7.8)', () => {
    const bench = new ServerBench((exchange) => exchange.reply(426, [['Upgrade', 'x']], octets('ok')));
    expect(bench.feed(get).drain()).toBe(
      'HTTP/1.1 426 Upgrade Required\r\nUpgrade: x\r\nContent-Length: 2\r\nConnection: upgrade\r\n\r\nok',
    );
    expect(bench.stands).toBe('need-data');
    bench.close();
  });

  it('answers a bad request on a connection that was kept, and closes (WIRE-2)', () => {
    const bench = new ServerBench(reply);
    expect(bench.feed(`${get}GET / HTTP/1.1\r\nHost : a\r\n\r\n${get}`).drain()).toBe(
      ok + closing('400 Bad Request'),
    );
    expect(bench.stands).toBe('closed linger');
    expect(bench.code).toBe('h1-space-before-colon');
    expect(bench.exchanges).toHaveLength(1);
    bench.close();
  });
});

describe('refusals', () => {
  it.each([
    ['\r\n\r\n\r\n', '400 Bad Request'],
    ['GET / HTTP/1.1\r\n\r\n', '400 Bad Request'],
    ['GET / HTTP/2.0\r\n\r\n', '505 HTTP Version Not Supported'],
    [post('Expect: miracles'), '417 Expectation Failed'],
    [post('Transfer-Encoding: gzip, chunked'), '501 Not Implemented'],
    [`GET /${'x'.repeat(9000)} HTTP/1.1\r\n`, '414 URI Too Long'],
    [`GET / HTTP/1.1\r\nX: ${'x'.repeat(9000)}\r\n`, '431 Request Header Fields Too Large'],
  ])('%j is answered', (request, status) => {
    const bench = new ServerBench(reply, { slabBytes: 16_384 });
    expect(bench.feed(request.slice(0, 1)).feed(request.slice(1)).drain()).toBe(closing(status));
    expect(bench.stands).toBe('closed linger');
    bench.close();
  });

  it('a head or a trailer longer than a slab is answered with 431 (WS-9)', () => {
    for (const request of [
      `GET / HTTP/1.1\r\nX: ${'y'.repeat(300)}`,
      `${chunked}0\r\nX: ${'y'.repeat(300)}`,
    ]) {
      const bench = new ServerBench(take(new Taker()), { slabBytes: 256 });
      expect(bench.feed(request, 7).drain()).toBe(closing('431 Request Header Fields Too Large'));
      expect(bench.code).toBe('input-exhausted');
      bench.close();
    }
  });

  it('a declared body over the limit is answered with 413 before the application sees it', () => {
    const bench = new ServerBench(reply, { h1: { maxBodyBytes: 10 } });
    expect(bench.feed(length(11)).drain()).toBe(closing('413 Content Too Large'));
    expect(bench.exchanges).toHaveLength(0);
    bench.close();
  });

  it('a declared body of just the limit is taken', () => {
    const taker = new Taker();
    const bench = new ServerBench(take(taker), { h1: { maxBodyBytes: 10 } });
    bench.feed(`${length(10)}abcdefghij`);
    expect(taker.told).toEqual(['abcdefghij', '<end>']);
    bench.close();
  });

  it('discarded chunks count, too: all of them together', () => {
    const bench = new ServerBench((exchange) => exchange.body.discard(), { h1: { maxBodyBytes: 10 } });
    const text = `${chunked}6\r\nabcdef\r\n6`;
    expect(bench.feed(`${text}\r\n`).drain()).toBe(closing('413 Content Too Large'));
    expect(bench.code).toBe('body-too-large');
    bench.close();
  });

  it('a chunked body over the limit is answered with 413', () => {
    const taker = new Taker();
    const bench = new ServerBench(take(taker), { h1: { maxBodyBytes: 10 } });
    expect(bench.feed(`${chunked}c\r\nabcdefghijkl\r\n0\r\n\r\n`).drain()).toBe(
      closing('413 Content Too Large'),
    );
    expect(taker.told).toEqual(['<body-too-large>']);
    expect(bench.closed).toEqual(['body-too-large']);
    bench.close();
  });

  it('a framing error while an answer is under way truncates it visibly', () => {
    const bench = new ServerBench((exchange) => {
      exchange.body.consume(new Taker());
      exchange.respond(200);
    });
    bench.feed(`${chunked}x`);
    expect(bench.stands).toBe('closed abort');
    expect(bench.closed).toEqual(['h1-chunk-size-invalid']);
    bench.close();
  });

  it('a framing error in what is drained costs the connection, not the answer', () => {
    const bench = new ServerBench(reply);
    expect(bench.feed(chunked).drain()).toBe(ok);
    expect(bench.feed('x').stands).toBe('closed linger');
    bench.close();
  });
});

describe('the end of input', () => {
  it.each([
    ['before a head', '', 'closed end', undefined, ''],
    ['within a head', 'GET', 'closed linger', 'incomplete-head', closing('400 Bad Request')],
    ['within a body', `${length(2)}a`, 'closed linger', 'incomplete-body', closing('400 Bad Request')],
    ['after a request', get, 'closed end', undefined, ok],
  ])('%s', (_, bytes, stands, code, output) => {
    const bench = new ServerBench((exchange) => {
      if (exchange.request.method === 'GET') reply(exchange);
      else exchange.body.consume(new Taker());
    });
    bench.feed(bytes).peerEnds();
    expect(bench.drain()).toBe(output);
    expect(bench.stands).toBe(stands);
    expect(bench.code).toBe(code);
    bench.close();
  });

  it('before the answer: the answer is still given', () => {
    const bench = new ServerBench();
    bench.feed(get).peerEnds();
    expect(bench.stands).toBe('paused');
    reply(bench.exchange);
    expect(bench.drain()).toBe(ok);
    expect(bench.stands).toBe('closed end');
    bench.close();
  });
});

describe('shutdown', () => {
  it('of an idle connection ends it; of a new one too', () => {
    const bench = new ServerBench(reply);
    bench.feed(get).end.shutdown();
    expect(bench.stands).toBe('closed end');
    bench.close();
  });

  it('lets a head that has begun and its exchange come to their end, and the answer says close', () => {
    const bench = new ServerBench(reply);
    bench.feed(get.slice(0, 5)).end.shutdown();
    expect(bench.stands).toBe('need-data');
    expect(bench.end.session.busy).toBe(true);
    // Also when it comes in several pieces.
    bench.feed(get.slice(5, 9));
    expect([bench.stands, bench.end.session.busy]).toEqual(['need-data', true]);
    expect(bench.feed(get.slice(9)).drain()).toContain('Connection: close\r\n');
    expect(bench.stands).toBe('closed linger');
    bench.close();
  });

  it('while an answer is under way: the connection ends behind it', () => {
    const bench = new ServerBench((exchange) => exchange.respond(200, [], { length: 1 }));
    bench.feed(get).end.shutdown();
    bench.exchange.send(octets('x'), true);
    bench.work();
    expect(bench.stands).toBe('closed end');
    bench.close();
  });
});

describe('a pipe that goes', () => {
  it.each(['', 'G', length(3), `${length(3)}a`, get])('after %j', (bytes) => {
    const taker = new Taker();
    const bench = new ServerBench((exchange) => exchange.body.consume(taker));
    bench.feed(bytes).end.lose();
    bench.end.session.fail(undefined, 0);
    expect(bench.end.session.ending).toBe('abort');
    expect(bench.closed).toEqual(bench.exchanges.map(() => 'closed'));
    bench.close();
  });
});

describe('both messages at once', () => {
  it('an answer may begin before the request has come', () => {
    const taker = new Taker();
    const bench = new ServerBench((exchange) => {
      exchange.body.consume(taker);
      exchange.respond(200);
      taker.onData = (lease) => void exchange.sendLease(lease);
      taker.onEnd = () => exchange.end();
    });
    bench.feed(`${length(3)}abc`);
    expect(bench.drain()).toContain('3\r\nabc\r\n0\r\n\r\n');
    expect(bench.closed).toEqual(['ok']);
    bench.close();
  });

  it('a pipe that goes while the rest is thrown away: the answer was whole, the request was not', () => {
    const bench = new ServerBench(reply);
    expect(bench.feed(`${length(3)}a`).drain()).toBe(ok);
    bench.close();
    expect(bench.closed).toEqual(['closed']);
  });
});
