// The client's H1 session and exchange, by hand: requests in order, responses of every framing, stale bytes.
import { describe, expect, it } from 'vitest';
import { ClientBench, codeOf, octets, Taker } from '../support/h1-bench.js';
import { ok, request, taking } from '../support/h1-client-messages.js';

describe('requests', () => {
  it.each([
    [{}, request],
    [{ method: 'POST' }, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n'],
    [{ method: 'OPTIONS', target: '*' }, 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n'],
    [{ fields: [['Host', 'b']] as const }, 'GET / HTTP/1.1\r\nHost: b\r\n\r\n'],
    [{ upgrade: 'x' }, 'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'],
    [
      { fields: [['TE', 'trailers']] as const },
      'GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: TE\r\n\r\n',
    ],
    [
      { fields: [['Connection', 'close'] as const, ['te', 'trailers'] as const], upgrade: 'x' },
      'GET / HTTP/1.1\r\nHost: a\r\nte: trailers\r\nUpgrade: x\r\nConnection: close, upgrade, TE\r\n\r\n',
    ],
    [
      { length: 3, expectContinue: true },
      'GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n',
    ],
  ])('%j', (options, text) => {
    const bench = new ClientBench();
    bench.ask(options);
    expect(bench.drain()).toBe(text);
    bench.close();
  });

  it('with content and trailers, chunked', () => {
    const bench = new ClientBench();
    const exchange = bench.ask({ method: 'PUT', end: false });
    exchange.send(octets('ab'));
    exchange.end([['X', '1']]);
    expect(bench.drain()).toBe(
      'PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX: 1\r\n\r\n',
    );
    expect(bench.session.available).toBe(0);
    expect(codeOf(() => exchange.send(octets('x')))).toBe('after-end');
    bench.close();
    expect(bench.told).toEqual(['failed closed false']);
  });

  it('are judged each by itself, though the one before was good', () => {
    const bench = new ClientBench({ h1: { maxPipelined: 9 } });
    bench.ask({ target: '/ok' });
    bench.drain();
    expect(codeOf(() => bench.ask({ target: '/ok HTTP/1.1\r\nX: y' }))).toBe('target');
    expect(codeOf(() => bench.ask({ method: 'GET /', target: '/ok' }))).toBe('method');
    expect(codeOf(() => bench.ask({ method: 'CONNECT', target: '/ok' }))).toBe('target');
    expect(codeOf(() => bench.ask({ target: '/ok', authority: 'a\r\nX: y' }))).toBe('authority');
    bench.ask({ target: '/ok' });
    expect(bench.drain()).toBe(request.replace('/', '/ok'));
    bench.close();
  });

  it('that say close are the last: the connection ends behind the response', () => {
    const bench = taking(new Taker(), { h1: { maxPipelined: 2 } });
    bench.ask({ fields: [['Connection', 'close']] });
    expect(bench.session.available).toBe(0);
    bench.drain();
    bench.feed(ok);
    expect([bench.stands, bench.closed[0]]).toEqual(['closed end', 'ok']);
    bench.close();
  });

  it('that are refused change nothing', () => {
    const bench = new ClientBench();
    const refused = (options: Parameters<ClientBench['ask']>[0]) => codeOf(() => bench.ask(options));
    expect(refused({ method: 'a b' })).toBe('method');
    expect(refused({ target: 'x y' })).toBe('target');
    expect(refused({ authority: 'a b' })).toBe('authority');
    expect(refused({ fields: [['a', '\n']] })).toBe('field-value');
    expect(refused({ end: true, length: 5 })).toBe('length-underrun');
    expect(refused({ length: 1.5 })).toBe('length');
    expect(refused({ method: 'CONNECT', target: 'a:1', length: 5 })).toBe('connect-content');
    expect(bench.session.available).toBe(1);
    const exchange = bench.ask({ method: 'POST', length: 3 });
    expect(codeOf(() => bench.ask())).toBe('not-available');
    expect(codeOf(() => exchange.send(octets('1234')))).toBe('length-overrun');
    expect(codeOf(() => exchange.send(octets('1'), true))).toBe('length-underrun');
    exchange.send(octets('123'), true);
    expect(bench.drain()).toBe('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n123');
    bench.close();
  });
});

describe('responses', () => {
  const body = 'HTTP/1.1 200 OK\r\n';

  it.each([
    ['a length', `${body}Content-Length: 2\r\n\r\nok`, ['ok', '<end>'], 'need-data'],
    ['no content', `${body}Content-Length: 0\r\n\r\n`, ['<end>'], 'need-data'],
    ['204', 'HTTP/1.1 204 \r\n\r\n', ['<end>'], 'need-data'],
    ['304', 'HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\n', ['<end>'], 'need-data'],
    [
      'chunks',
      `${body}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: 1\r\n\r\n`,
      ['ok', '<end X,1>'],
      'need-data',
    ],
    ['close', `${body}Connection: close\r\nContent-Length: 2\r\n\r\nok`, ['ok', '<end>'], 'closed end'],
    ['1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok', ['ok', '<end>'], 'closed end'],
  ])('of %s', (_, text, told, stands) => {
    for (const piece of [1, 1000]) {
      const taker = new Taker();
      const bench = taking(taker);
      const exchange = bench.ask();
      bench.drain();
      bench.feed(text, piece);
      expect([taker.told.filter((it) => it.startsWith('<')), taker.told.join('')]).toEqual([
        told.filter((it) => it.startsWith('<')),
        told.join(''),
      ]);
      expect(bench.stands).toBe(stands);
      expect(bench.closed).toEqual(['ok']);
      expect(exchange.closed).toBe(true);
      bench.close();
    }
  });

  it('to HEAD have no content, whatever they say', () => {
    const bench = new ClientBench();
    bench.ask({ method: 'HEAD' });
    bench.drain();
    bench.feed(`${body}Content-Length: 5\r\n\r\n`);
    expect(bench.closed).toEqual(['ok']);
    expect(bench.session.available).toBe(1);
    bench.close();
  });

  it('a paused consumer is told the end before the exchange is over', () => {
    const taker = new Taker();
    const bench = taking(taker);
    const exchange = bench.ask();
    taker.onData = () => exchange.body.pause();
    bench.drain();
    bench.feed(ok);
    expect(taker.told).toEqual(['ok']);
    expect(bench.closed).toEqual([]);
    exchange.body.resume();
    bench.work();
    expect(taker.told).toEqual(['ok', '<end>']);
    expect(bench.closed).toEqual(['ok']);
    bench.close();
  });

  it('until close: the end of the connection is theirs, and nothing may be pipelined behind them', () => {
    const taker = new Taker();
    const bench = taking(taker, { h1: { maxPipelined: 3 } });
    bench.ask();
    bench.ask();
    bench.drain();
    bench.feed(`${body}\r\nabc`);
    expect(bench.session.available).toBe(0);
    expect(codeOf(() => bench.ask())).toBe('not-available');
    bench.peerEnds();
    expect(taker.told).toEqual(['abc', '<end>']);
    expect(bench.closed).toEqual(['ok', 'not-answered']);
    expect(bench.told).toEqual(['response 200', 'failed not-answered false']);
    expect(bench.stands).toBe('closed end');
    bench.close();
  });

  it('the head is readable until the exchange is over (OWN-5)', () => {
    const taker = new Taker();
    const bench = taking(taker);
    const exchange = bench.ask();
    bench.drain();
    bench.feed(ok.slice(0, -1));
    const { response } = exchange;
    expect(response?.fields.get('content-length')).toBe('2');
    bench.feed('k');
    expect(codeOf(() => response?.fields.get('content-length'))).toBe('fields-revoked');
    bench.close();
  });

  it('a body that is asked for before the head is there knows its length then', () => {
    const bench = new ClientBench();
    const exchange = bench.ask();
    const taker = new Taker();
    exchange.body.consume(taker);
    expect(exchange.body.declaredLength).toBeUndefined();
    bench.drain();
    bench.feed(ok.slice(0, -2));
    expect(exchange.body.declaredLength).toBe(2);
    bench.feed('ok');
    expect(taker.told).toEqual(['ok', '<end>']);
    bench.close();
  });

  it('interim ones, up to a limit; their fields end with the call', () => {
    const bench = new ClientBench({ h1: { maxInterim: 2 } });
    let fields: unknown;
    bench.onInform = (head) => {
      fields = head.fields;
      expect(head.fields.get('x')).toBe('1');
    };
    bench.ask();
    bench.drain();
    const interim = 'HTTP/1.1 103 Early Hints\r\nX: 1\r\n\r\n';
    bench.feed(interim).feed(interim, 3);
    expect(codeOf(() => [...(fields as Iterable<unknown>)])).toBe('fields-revoked');
    bench.feed(interim);
    expect(bench.told).toEqual(['inform 103', 'inform 103', 'failed too-many-interim false']);
    bench.close();
  });

  it.each([
    ['a bad status line', 'HTTP/1.1 20 OK\r\n\r\n', 'h1-status-code-invalid'],
    ['a bad line within a head', `${body}X`, undefined],
    ['101 unasked', 'HTTP/1.1 101 x\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n', 'upgrade-unasked'],
    ['bytes behind it', `${ok}HTTP/1.1 200 OK\r\n\r\n`, 'unsolicited'],
  ])('%s', (_, text, code) => {
    const bench = new ClientBench();
    bench.onResponse = (_head, exchange) => exchange.body.consume(new Taker());
    bench.ask();
    bench.drain();
    bench.feed(text, 5);
    expect(bench.code).toBe(code);
    expect(bench.stands).toBe(code === undefined ? 'need-data' : 'closed abort');
    bench.close();
  });

  it('a body over the limit, and one that is badly framed, fail', () => {
    for (const [text, code] of [
      [`${body}Transfer-Encoding: chunked\r\n\r\nz`, 'h1-chunk-size-invalid'],
      [`${body}Content-Length: 11\r\n\r\nabcdefghijkl`, 'body-too-large'],
      [`${body}\r\nabcdefghijkl`, 'body-too-large'],
    ] as const) {
      const taker = new Taker();
      const bench = taking(taker, { h1: { maxBodyBytes: 10 } });
      bench.ask();
      bench.drain();
      bench.feed(text);
      expect(taker.told[taker.told.length - 1]).toBe(`<${code}>`);
      expect(bench.closed).toEqual([code]);
      expect(bench.stands).toBe('closed abort');
      bench.close();
    }
  });

  it('a body is taken up to the limit and no octet further, however it is cut', () => {
    for (const framing of ['Content-Length: 11\r\n', '']) {
      for (const piece of [1, 3, 5, 10, 1000]) {
        const taker = new Taker();
        const bench = taking(taker, { h1: { maxBodyBytes: 10 } });
        bench.ask();
        bench.drain();
        bench.feed(`${body}${framing}\r\n`).feed('abcdefghij', piece).feed('k');
        const last = taker.told.pop();
        expect([taker.told.join(''), last, taker.told.includes('')]).toEqual([
          'abcdefghij',
          '<body-too-large>',
          false,
        ]);
        bench.close();
      }
    }
  });

  it('trailers longer than a slab fail (WS-9)', () => {
    const bench = taking(new Taker(), { slabBytes: 256 });
    bench.ask();
    bench.drain();
    bench.feed(`${body}Transfer-Encoding: chunked\r\n\r\n0\r\nX: ${'y'.repeat(300)}`, 9);
    expect(bench.closed).toEqual(['input-exhausted']);
    bench.close();
  });

  it('one after the other, each in its own framing', () => {
    const taker = new Taker();
    const bench = taking(taker, { h1: { maxPipelined: 4 } });
    for (let i = 0; i < 4; i++) bench.ask();
    bench.drain();
    const chunks = `${body}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n`;
    bench.feed(`${chunks}\r\n${chunks}X: 1\r\n\r\n${ok}${chunks}\r\n`);
    expect(taker.told).toEqual(['a', '<end>', 'a', '<end X,1>', 'ok', '<end>', 'a', '<end>']);
    bench.close();
  });

  it('a head longer than a slab fails (WS-9)', () => {
    const bench = new ClientBench({ slabBytes: 256 });
    bench.ask();
    bench.drain();
    bench.feed(`${body}X: ${'y'.repeat(300)}`, 9);
    expect(bench.told).toEqual(['failed input-exhausted false']);
    bench.close();
  });
});

describe('pipelining', () => {
  it('requests go out at once, responses come in order, each for its method', () => {
    const taker = new Taker();
    const bench = taking(taker, { h1: { maxPipelined: 3 } });
    bench.ask();
    bench.ask({ method: 'HEAD' });
    bench.ask();
    expect(bench.session.available).toBe(0);
    expect(bench.drain()).toBe(`${request}${request.replace('GET', 'HEAD')}${request}`);
    bench.onResponse = (head, exchange) => {
      if (head.status === 200) exchange.body.consume(taker);
    };
    bench.feed(`${ok}HTTP/1.1 404 \r\nContent-Length: 9\r\n\r\n${ok.slice(0, -2)}`);
    expect(bench.closed).toEqual(['ok', 'ok']);
    bench.peerEnds();
    expect(bench.closed).toEqual(['ok', 'ok', 'incomplete-body']);
    bench.close();
  });

  it('nothing follows a request whose answer may turn the pipe into a tunnel', () => {
    for (const asks of [{ upgrade: 'x' }, { method: 'CONNECT', target: 'a:1' }]) {
      const bench = new ClientBench({ h1: { maxPipelined: 3 } });
      bench.ask();
      bench.ask(asks);
      expect(bench.session.available).toBe(0);
      bench.close();
    }
  });

  it('requests may begin while heads and bodies come', () => {
    const taker = new Taker();
    const bench = taking(taker, { h1: { maxPipelined: 4 } });
    bench.ask();
    bench.drain();
    bench.feed(ok.slice(0, 9)).ask();
    bench.feed(ok.slice(9, -1)).ask();
    bench.feed('k');
    expect(taker.told.join('')).toBe('ok<end>');
    bench.close();
  });

  it('what was written behind a response that closes was not answered', () => {
    const bench = taking(new Taker(), { h1: { maxPipelined: 2 } });
    bench.ask();
    bench.ask();
    bench.drain();
    bench.feed(ok.replace('\r\n', '\r\nConnection: close\r\n'));
    expect(bench.told).toEqual(['response 200', 'failed not-answered false']);
    bench.close();
  });
});

describe('availability', () => {
  it('is told when it rises, as the last act of a turn, and when it is over', () => {
    const told: number[] = [];
    const bench = taking(new Taker());
    bench.session.onAvailable = () => {
      told.push(bench.session.available);
      if (told.length === 1) bench.ask();
    };
    bench.ask();
    bench.drain();
    bench.feed(ok);
    expect(told).toEqual([1]);
    expect(bench.drain()).toBe(request);
    bench.feed(ok);
    bench.end.shutdown();
    expect(told).toEqual([1, 1, 0]);
    expect(bench.stands).toBe('closed end');
    bench.close();
    expect(told).toEqual([1, 1, 0]);
  });

  it('falls for good when the idle connection ends, expires, or breaks', () => {
    const acts: [act: (bench: ClientBench) => unknown, ending: string, code: string | undefined][] = [
      [(bench) => bench.peerEnds(), 'end', undefined],
      [(bench) => bench.at(75_000), 'end', undefined],
      [(bench) => bench.feed('x'), 'abort', 'unsolicited'],
      [(bench) => bench.end.lose(), 'abort', 'closed'],
    ];
    for (const [act, ending, code] of acts) {
      let told = 0;
      const bench = new ClientBench();
      bench.session.onAvailable = () => {
        told += 1;
      };
      act(bench);
      expect(told).toBe(1);
      expect([bench.end.session.ending, bench.code]).toEqual([ending, code]);
      expect(bench.session.available).toBe(0);
      bench.close();
    }
  });

  it('rises when a request that others may follow is complete', () => {
    let told = 0;
    const bench = new ClientBench({ h1: { maxPipelined: 2 } });
    bench.session.onAvailable = () => {
      told += 1;
    };
    const exchange = bench.ask({ length: 1 });
    bench.work();
    expect([bench.session.available, told]).toEqual([0, 0]);
    exchange.send(octets('x'), true);
    bench.work();
    expect([bench.session.available, told]).toEqual([1, 1]);
    bench.close();
  });

  it('a listener that throws ends the session, not its driver', () => {
    const bench = taking(new Taker());
    bench.session.onAvailable = () => {
      throw new Error('bug');
    };
    bench.ask();
    bench.drain();
    bench.feed(ok);
    expect(bench.stands).toBe('closed abort');
    expect(bench.code).toBe('application-failed');
    bench.close();
  });
});

describe('stale bytes', () => {
  it('are no answer to a request that is made in the same turn', () => {
    const bench = taking(new Taker());
    const first = bench.ask();
    bench.drain();
    first.onClosed = () => void bench.ask();
    bench.feed(ok + ok);
    expect(bench.told).toEqual(['response 200', 'failed unsolicited true']);
    bench.close();
  });
});
