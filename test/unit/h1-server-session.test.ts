// The server's H1 session and exchange, by hand: answers, persistence, draining, limits, deadlines, endings.
import { describe, expect, it } from 'vitest';
import type { ServerExchange } from '../../src/stream/contract.js';
import { codeOf, octets, ServerBench, Taker } from '../support/h1-bench.js';

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const closing = (status: string) => `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
const reply = (exchange: ServerExchange) => exchange.reply(200, undefined, octets('ok'));
const post = (framing: string, more = '') => `POST / HTTP/1.1\r\nHost: a\r\n${framing}\r\n${more}\r\n`;
const length = (n: number) => post(`Content-Length: ${n}`);
const chunked = post('Transfer-Encoding: chunked');
const take = (taker: Taker) => (exchange: ServerExchange) => exchange.body.consume(taker);

describe('persistence', () => {
  it('answers pipelined requests in order, one at a time', () => {
    const bench = new ServerBench(reply);
    expect(bench.feed(get + get + get).drain()).toBe(ok + ok + ok);
    expect(bench.closed).toEqual(['ok', 'ok', 'ok']);
    expect(bench.stands).toBe('need-data');
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

describe('100 Continue', () => {
  const waits = post('Content-Length: 2', 'Expect: 100-continue\r\n');
  const goOn = 'HTTP/1.1 100 Continue\r\n\r\n';

  it('is sent when the body is wanted, though content be here already (CON-6)', () => {
    for (const piece of [1, 1000]) {
      const taker = new Taker();
      const bench = new ServerBench(take(taker));
      expect(bench.feed(`${waits}ab`, piece).drain()).toBe(goOn);
      expect(taker.told.join('')).toBe('ab<end>');
      bench.close();
    }
  });

  it('is not sent to 1.0, nor twice', () => {
    const bench = new ServerBench((exchange) => {
      exchange.inform(100);
      exchange.body.consume(new Taker());
      reply(exchange);
    });
    expect(bench.feed(`${waits}ab`).drain()).toBe(goOn + ok);
    expect(bench.feed(`${waits.replace('1.1', '1.0')}ab`).drain()).not.toContain('100');
    bench.close();
  });

  it('was never sent: the connection ends with the answer, for what follows may be content or not', () => {
    const bench = new ServerBench(reply);
    expect(bench.feed(waits).drain()).toContain('Connection: close\r\n');
    expect(bench.stands).toBe('closed linger');
    bench.close();
  });
});

describe('bodies nobody wants', () => {
  it('are drained within the budget, to the byte, at any cut (CON-6)', () => {
    for (const [size, kept] of [
      [10, true],
      [11, false],
    ] as const) {
      for (const piece of [1, 3, 1000]) {
        const bench = new ServerBench(reply, { h1: { drainBytes: 10 } });
        const body = `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n0\r\n\r\n`;
        for (
          let at = 0, all = chunked + body;
          at < all.length && bench.stands !== 'closed linger';
          at += piece
        )
          bench.feed(all.slice(at, at + piece));
        expect([size, piece, bench.stands]).toEqual([size, piece, kept ? 'need-data' : 'closed linger']);
        expect(bench.drain()).toBe(ok);
        expect(bench.closed).toEqual(['ok']);
        bench.close();
      }
    }
  });

  it('of a declared length over the budget are not read at all', () => {
    const bench = new ServerBench(reply, { h1: { drainBytes: 10 } });
    expect(bench.feed(length(11)).drain()).toBe(
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok',
    );
    expect(bench.stands).toBe('closed linger');
    bench.close();
  });

  it('that are discarded at once make the answer say close, over the budget', () => {
    const bench = new ServerBench(
      (exchange) => {
        exchange.body.discard();
        reply(exchange);
      },
      { h1: { drainBytes: 10 } },
    );
    expect(bench.feed(length(11)).drain()).toContain('Connection: close\r\n');
    bench.close();
  });

  it('are followed by the next request (CON-1)', () => {
    const bench = new ServerBench(reply);
    expect(bench.feed(`${length(3)}xyz${get}`).drain()).toBe(ok + ok);
    expect(bench.exchanges.map(({ request }) => request.method)).toEqual(['POST', 'GET']);
    bench.close();
  });

  it('a discard within a delivery keeps the budget, too', () => {
    for (const piece of [1, 1000]) {
      const taker = new Taker();
      const bench = new ServerBench(take(taker), { h1: { drainBytes: 4 } });
      taker.onData = () => bench.exchange.body.discard();
      bench.feed(chunked);
      bench.feed('1\r\na\r\n');
      bench.feed('8\r\nbcdefghi\r\n', piece);
      reply(bench.exchange);
      bench.work();
      expect(bench.stands).toBe('closed linger');
      expect(taker.told).toEqual(['a']);
      bench.close();
    }
  });

  it('a consumer that comes when the rest is being thrown away is told so, not that it was the end', () => {
    const bench = new ServerBench(reply);
    bench.feed(`${length(4)}ab`);
    const taker = new Taker();
    bench.exchange.body.consume(taker);
    bench.feed('cd');
    expect(taker.told).toEqual(['<body-undrained>']);
    bench.close();
  });
});

describe('bodies that are taken', () => {
  it('wait while they are paused, and nothing is lost though the answer is complete', () => {
    const taker = new Taker();
    const bench = new ServerBench((exchange) => {
      exchange.body.consume(taker);
      exchange.body.pause();
      reply(exchange);
    });
    bench.feed(`${length(4)}ab`);
    expect(bench.stands).toBe('paused');
    expect(bench.drain()).toBe(ok);
    bench.feed('cd');
    expect(taker.told).toEqual([]);
    bench.exchange.body.resume();
    bench.work();
    expect(taker.told).toEqual(['abcd', '<end>']);
    expect(bench.closed).toEqual(['ok']);
    bench.close();
  });

  it('the exchange waits for a paused consumer, who is told the end before it is over', () => {
    const taker = new Taker();
    const bench = new ServerBench((exchange) => {
      if (exchange.id === 1) exchange.body.consume(taker);
      if (exchange.id === 1) exchange.onClosed = () => taker.told.push('<closed>');
      reply(exchange);
    });
    taker.onData = () => bench.exchange.body.pause();
    bench.feed(`${length(1)}a${get}`);
    expect(taker.told).toEqual(['a']);
    expect(bench.exchanges).toHaveLength(1);
    bench.exchange.body.resume();
    bench.work();
    expect(taker.told).toEqual(['a', '<end>', '<closed>']);
    expect(bench.exchanges).toHaveLength(2);
    bench.close();
  });

  it('end with their trailers, which are readable until the exchange is over', () => {
    const taker = new Taker();
    const bench = new ServerBench(take(taker));
    let trailers: unknown;
    taker.onEnd = (fields) => {
      trailers = fields;
    };
    bench.feed(`${chunked}1\r\na\r\n0\r\nX-T: 1\r\n\r\n`, 2);
    expect(taker.told).toEqual(['a', '<end X-T,1>']);
    reply(bench.exchange);
    bench.work();
    expect(codeOf(() => [...(trailers as Iterable<unknown>)])).toBe('fields-revoked');
    bench.close();
  });

  it('leases are revoked at the end, in parts too, but retained ones; never under a running callback', () => {
    const taker = new Taker();
    taker.keeps = true;
    const bench = new ServerBench(take(taker));
    const parts: unknown[] = [];
    taker.onData = (lease) => {
      if (taker.leases.length === 1) lease.retain('mine');
      if (taker.leases.length === 2) parts.push(...lease.split(1));
    };
    taker.onEnd = () => {
      reply(bench.exchange);
      expect(taker.leases.map(({ live }) => live)).toEqual([true, false, true]);
    };
    bench
      .feed(`${length(6)}a`)
      .feed('bcd')
      .feed('ef');
    expect(taker.leases.map(({ live }) => live)).toEqual([true, false, false]);
    expect(parts.map((part) => (part as { live: boolean }).live)).toEqual([false, false]);
    bench.close();
    expect(bench.end.ledger?.outstanding.leases).toBe(1);
    taker.leases[0]?.release();
    bench.end.assertQuiescent();
  });

  it('the head is readable until the exchange is over, and no longer (OWN-5)', () => {
    const bench = new ServerBench();
    bench.feed(get);
    const { request } = bench.exchange;
    expect(request.fields.get('host')).toBe('a');
    reply(bench.exchange);
    expect(request.fields.get('host')).toBe('a');
    bench.work();
    expect(codeOf(() => request.fields.get('host'))).toBe('fields-revoked');
    expect(codeOf(() => request.authority)).toBe('lease-ended');
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

describe('deadlines', () => {
  const deadlines = {
    head: 10,
    idle: 100,
    firstByte: 50,
    betweenBytes: 20,
    body: 60,
    total: 500,
  };
  const options = { deadlines };

  it('nothing at all: closed without a word, counted from the start', () => {
    const bench = new ServerBench(reply, options);
    bench.at(9);
    expect(bench.stands).toBe('need-data');
    expect(bench.at(10).stands).toBe('closed end');
    expect(bench.drain()).toBe('');
    bench.close();
  });

  it('a head that does not end: 408', () => {
    const bench = new ServerBench(reply, options);
    bench.at(5).feed('G');
    expect(bench.at(10).drain()).toBe(closing('408 Request Timeout'));
    expect(bench.code).toBe('head-timeout');
    bench.close();
  });

  it('an empty line behind a request begins no head: the connection is idle, for deadlines and for a drain', () => {
    for (const lines of ['\r', '\r\n', '\r\n\r']) {
      const bench = new ServerBench(reply, options);
      expect(bench.at(5).feed(get).drain()).toBe(ok);
      bench.at(6).feed(lines, 1);
      expect([bench.end.session.busy, bench.end.deadline()]).toEqual([false, 105]);
      expect(bench.at(105).stands).toBe('closed end');
      expect([bench.drain(), bench.code]).toEqual(['', undefined]);
      bench.close();
      const drained = new ServerBench(reply, options);
      drained.feed(get + lines).drain();
      drained.end.shutdown();
      expect(drained.stands).toBe('closed end');
      drained.close();
    }
  });

  it('the head behind an empty line has its time from its first octet', () => {
    const bench = new ServerBench(reply, options);
    bench.at(5).feed(`${get}\r\n`).drain();
    bench.at(50).feed('G');
    expect([bench.end.session.busy, bench.end.deadline()]).toEqual([true, 60]);
    expect(bench.feed(get.slice(1)).drain()).toBe(ok);
    bench.close();
  });

  it('between exchanges: idle, counted from when the last answer was written', () => {
    const bench = new ServerBench(reply, options);
    bench.at(5).feed(get);
    bench.at(50).drain();
    expect(bench.end.deadline()).toBe(150);
    expect(bench.at(150).stands).toBe('closed end');
    expect(bench.code).toBeUndefined();
    bench.close();
  });

  it('an application that does not answer: 503', () => {
    const bench = new ServerBench(() => {}, options);
    bench.at(5).feed(get);
    expect(bench.at(55).drain()).toBe(closing('503 Service Unavailable'));
    expect(bench.closed).toEqual(['answer-timeout']);
    bench.close();
  });

  it('a body that nobody has asked for is not the peer’s delay', () => {
    const bench = new ServerBench(() => {}, options);
    bench.feed(length(5));
    expect(bench.end.deadline()).toBe(50);
    bench.close();
  });

  it('an application that pauses a long upload has its time from then on', () => {
    const taker = new Taker();
    const bench = new ServerBench(take(taker), options);
    bench.feed(`${length(9)}a`);
    bench.at(19).feed('b').at(38).feed('c').at(55);
    bench.exchange.body.pause();
    bench.feed('d');
    expect(bench.end.deadline()).toBe(105);
    expect(bench.at(105).code).toBe('answer-timeout');
    bench.close();
  });

  it('a body that stalls, and one that drips for too long: 408', () => {
    for (const [steps, code] of [
      [[10, 30], 'body-stalled'],
      [[10, 25, 40, 55, 60], 'body-timeout'],
    ] as const) {
      const bench = new ServerBench(take(new Taker()), options);
      bench.feed(`${length(100)}a`);
      for (const now of steps) {
        expect(bench.at(now).code).toBe(now === steps[steps.length - 1] ? code : undefined);
        if (bench.code === undefined) bench.feed('b');
      }
      expect(bench.drain()).toBe(closing('408 Request Timeout'));
      bench.close();
    }
  });

  it('an exchange in all: an answer that has begun is cut off', () => {
    const bench = new ServerBench((exchange) => exchange.respond(200), options);
    bench.feed(get);
    expect(bench.end.deadline()).toBe(500);
    expect(bench.at(500).stands).toBe('closed abort');
    expect(bench.closed).toEqual(['exchange-timeout']);
    bench.close();
  });

  it('a drain that stalls ends the connection; the answer stands', () => {
    const bench = new ServerBench(reply, options);
    bench.feed(`${length(9)}a`);
    expect(bench.drain()).toBe(ok);
    expect(bench.at(20).stands).toBe('closed linger');
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
    expect(bench.feed(get.slice(5)).drain()).toContain('Connection: close\r\n');
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
