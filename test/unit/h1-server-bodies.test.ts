// The server's H1 session: bodies of requests, asked for, taken, and not wanted.
import { describe, expect, it } from 'vitest';
import { codeOf, ServerBench, Taker } from '../support/h1-bench.js';
import { chunked, get, length, ok, post, reply, take } from '../support/h1-server-messages.js';

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

  it('is sent once, whatever the application informs of, pauses and resumes', () => {
    const taker = new Taker();
    const bench = new ServerBench((exchange) => {
      exchange.inform(103);
      exchange.body.consume(taker);
      exchange.body.pause();
      exchange.body.resume();
    });
    expect(bench.feed(waits).drain()).toBe(`HTTP/1.1 103 Early Hints\r\n\r\n${goOn}`);
    expect(bench.feed('ab').drain()).toBe('');
    expect(taker.told).toEqual(['ab', '<end>']);
    bench.close();
  });

  it('an answer to one that was sent, or that is for no content, keeps the connection', () => {
    for (const [request, wants] of [
      [waits, true],
      [waits.replace(': 2', ': 0'), false],
    ] as const) {
      const bench = new ServerBench((exchange) => {
        if (wants) exchange.body.consume(new Taker());
        reply(exchange);
      });
      expect(bench.feed(request).drain()).toBe(wants ? goOn + ok : ok);
      expect(bench.stands).toBe('need-data');
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

  it('that come behind the answer end the connection with the first octet over the budget', () => {
    const bench = new ServerBench(reply, { h1: { drainBytes: 10 } });
    expect(bench.feed(chunked).drain()).toBe(ok);
    expect(bench.feed('b\r\n01234567890').stands).toBe('closed linger');
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

  it('one after the other, each in its own framing', () => {
    const taker = new Taker();
    const bench = new ServerBench((exchange) => {
      exchange.body.consume(taker);
      reply(exchange);
    });
    const body = '2\r\nab\r\n0\r\n\r\n';
    const trailed = '1\r\nc\r\n0\r\nX: 1\r\n\r\n';
    bench.feed(`${chunked}${body}${chunked}${trailed}${length(2)}de${chunked}${body}`);
    expect(taker.told).toEqual(['ab', '<end>', 'c', '<end X,1>', 'de', '<end>', 'ab', '<end>']);
    expect(bench.drain()).toBe(ok.repeat(4));
    bench.close();
  });

  it('up to the limit and no octet further, however they are cut', () => {
    for (const piece of [1, 3, 5, 1000]) {
      const taker = new Taker();
      const bench = new ServerBench(take(taker), { h1: { maxBodyBytes: 10 } });
      bench.feed(`${chunked}5\r\nabcde\r\n5\r\nfghij\r\n1`, piece).feed('\r\n');
      const last = taker.told.pop();
      expect([taker.told.join(''), last, taker.told.includes('')]).toEqual([
        'abcdefghij',
        '<body-too-large>',
        false,
      ]);
      bench.close();
    }
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
