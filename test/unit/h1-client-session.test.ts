// The client's H1 session and exchange, by hand: requests in order, responses of every framing, endings, deadlines.
import { describe, expect, it } from 'vitest';
import type { ClientExchange } from '../../src/stream/contract.js';
import { ClientBench, codeOf, octets, Taker } from '../support/h1-bench.js';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const request = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

/** A bench whose responses' bodies go to `taker`. */
function taking(taker: Taker, options?: ConstructorParameters<typeof ClientBench>[0]): ClientBench {
  const bench = new ClientBench(options);
  bench.onResponse = (_, exchange) => exchange.body.consume(taker);
  return bench;
}

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
    for (const act of [
      (bench: ClientBench) => bench.peerEnds(),
      (bench: ClientBench) => bench.at(75_000),
      (bench: ClientBench) => bench.feed('x'),
      (bench: ClientBench) => bench.end.lose(),
    ]) {
      let told = 0;
      const bench = new ClientBench();
      bench.session.onAvailable = () => {
        told += 1;
      };
      act(bench);
      expect(told).toBe(1);
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

describe('early responses (RFC 9112 §9.5)', () => {
  const begin = (bench: ClientBench): ClientExchange => {
    const exchange = bench.ask({ method: 'POST', length: 4 });
    exchange.send(octets('ab'));
    bench.drain();
    return exchange;
  };

  it('the connection goes on once the request is complete', () => {
    const bench = taking(new Taker());
    const exchange = begin(bench);
    bench.feed(ok);
    expect(bench.closed).toEqual([]);
    expect(bench.stands).toBe('paused');
    exchange.send(octets('cd'), true);
    bench.work();
    expect(bench.closed).toEqual(['ok']);
    expect(bench.session.available).toBe(1);
    bench.close();
  });

  it('an interim one, and the rest of the request while the answer comes', () => {
    const bench = taking(new Taker());
    const exchange = begin(bench);
    bench.feed(`HTTP/1.1 103 x\r\n\r\n${ok.slice(0, -1)}`);
    exchange.send(octets('cd'), true);
    bench.feed('k');
    expect(bench.told).toEqual(['inform 103', 'response 200']);
    expect(bench.closed).toEqual(['ok']);
    bench.close();
  });

  it('a peer that closes will not read the rest', () => {
    for (const ends of [false, true]) {
      const taker = new Taker();
      const bench = taking(taker);
      begin(bench);
      bench.feed(ends ? ok : ok.replace('\r\n', '\r\nConnection: close\r\n'));
      if (ends) bench.peerEnds();
      expect(taker.told).toEqual(['ok', '<end>']);
      expect(bench.closed).toEqual(['early-response']);
      expect(bench.stands).toBe('closed abort');
      bench.close();
    }
  });

  it('one until close, too', () => {
    const taker = new Taker();
    const bench = taking(taker);
    begin(bench);
    bench.feed('HTTP/1.0 413 x\r\n\r\nno').peerEnds();
    expect(taker.told).toEqual(['no', '<end>']);
    expect(bench.closed).toEqual(['early-response']);
    bench.close();
  });

  it('content may be sent while the response comes, in leases, too', () => {
    const bench = new ClientBench();
    bench.onResponse = (_, exchange) => {
      const taker = new Taker();
      taker.onData = (lease) => void exchange.sendLease(lease);
      taker.onEnd = () => exchange.end();
      exchange.body.consume(taker);
    };
    bench.ask({ method: 'POST', end: false });
    bench.drain();
    bench.feed(ok);
    expect(bench.drain()).toBe('2\r\nok\r\n0\r\n\r\n');
    expect(bench.closed).toEqual(['ok']);
    bench.close();
  });
});

describe('bodies nobody wants', () => {
  const long = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

  it('hold the connection until they are asked for or discarded', () => {
    const bench = new ClientBench();
    const exchange = bench.ask();
    bench.drain();
    bench.feed(ok);
    expect(bench.stands).toBe('paused');
    exchange.body.discard();
    bench.work();
    expect(bench.closed).toEqual(['ok']);
    expect(bench.session.available).toBe(1);
    bench.close();
  });

  it('a sender that goes on while a body until close comes, breaks off', () => {
    const bench = taking(new Taker());
    const exchange = bench.ask({ method: 'POST', end: false });
    bench.drain();
    bench.feed('HTTP/1.1 200 OK\r\n\r\nab');
    exchange.abort();
    bench.work();
    expect(bench.closed).toEqual(['aborted']);
    bench.close();
  });

  it('are thrown away within the budget; over it the connection ends, at any cut', () => {
    for (const [text, code] of [
      [`${long}4\r\nabcd\r\n0\r\n\r\n`, 'ok'],
      [`${long}5\r\nabcde\r\n0\r\n\r\n`, 'body-undrained'],
      ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde', 'body-undrained'],
      ['HTTP/1.1 200 OK\r\n\r\nabcde', 'body-undrained'],
    ] as const) {
      for (const piece of [1, 1000]) {
        const bench = new ClientBench({ h1: { drainBytes: 4 } });
        bench.onResponse = (_, exchange) => exchange.body.discard();
        bench.ask();
        bench.drain();
        bench.feed(text, piece);
        expect(bench.closed).toEqual([code]);
        bench.close();
      }
    }
  });

  it('a discard within a delivery', () => {
    const taker = new Taker();
    const bench = taking(taker);
    const exchange = bench.ask();
    taker.onData = () => exchange.body.discard();
    bench.drain();
    bench.feed(`${long}1\r\na\r\n1\r\nb\r\n0\r\n\r\n`);
    expect(taker.told).toEqual(['a']);
    expect(bench.closed).toEqual(['ok']);
    bench.close();
  });
});

describe('the end of input', () => {
  it.each([
    ['before the answer', '', 'not-answered'],
    ['within its head', 'HTTP/1.1 200', 'incomplete-head'],
    ['within its body', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab', 'incomplete-body'],
  ])('%s', (_, text, code) => {
    const taker = new Taker();
    const bench = taking(taker);
    bench.ask();
    bench.drain();
    bench.feed(text).peerEnds();
    expect(bench.closed).toEqual([code]);
    expect(bench.stands).toBe('closed abort');
    bench.close();
  });
});

describe('a pipe that goes', () => {
  it.each(['', 'HTTP/1.1 2', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab', 'HTTP/1.1 200 OK\r\n\r\nab'])(
    'after %j',
    (text) => {
      const taker = new Taker();
      const bench = taking(taker);
      bench.ask();
      bench.drain();
      bench.feed(text).end.lose();
      bench.end.session.fail(undefined, 0);
      expect(bench.closed).toEqual(['closed']);
      if (text.endsWith('ab')) expect(taker.told).toEqual(['ab', '<closed>']);
      bench.close();
    },
  );
});

describe('deadlines', () => {
  const options = {
    deadlines: { idle: 100, firstByte: 50, head: 10, betweenBytes: 20, body: 60, total: 200 },
  };

  it.each([
    ['nothing', '', 50, 'first-byte-timeout'],
    ['a head that does not end', 'HTTP', 10, 'head-timeout'],
    ['a body that stalls', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab', 20, 'body-stalled'],
    ['a body until close that stalls', 'HTTP/1.1 200 OK\r\n\r\nab', 20, 'body-stalled'],
  ])('%s', (_, text, due, code) => {
    const bench = taking(new Taker(), options);
    bench.at(70);
    bench.ask();
    bench.drain();
    bench.feed(text);
    expect(bench.end.deadline()).toBe(70 + due);
    bench.at(70 + due);
    expect(bench.closed).toEqual([code]);
    expect(bench.stands).toBe('closed abort');
    bench.close();
  });

  it('a body that drips, an exchange in all, and an idle connection', () => {
    const bench = taking(new Taker(), options);
    bench.ask();
    bench.drain();
    bench.feed('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n');
    for (const now of [15, 30, 45]) bench.at(now).feed('x');
    expect(bench.at(60).code).toBe('body-timeout');
    bench.close();
    const paused = new ClientBench(options);
    paused.ask();
    paused.drain();
    paused.feed(ok);
    expect(paused.at(200).code).toBe('exchange-timeout');
    paused.close();
    const idle = new ClientBench(options);
    expect(idle.at(100).stands).toBe('closed end');
    expect(idle.code).toBeUndefined();
    idle.close();
  });
});

describe('breaking off', () => {
  it.each([
    ['before the answer', ''],
    ['within its head', 'HTTP/1.1 2'],
    ['within its body', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab'],
    ['within a body until close', 'HTTP/1.1 200 OK\r\n\r\nab'],
  ])('%s', (_, text) => {
    const taker = new Taker();
    const bench = taking(taker, { h1: { maxPipelined: 2 } });
    const exchange = bench.ask();
    bench.ask();
    bench.drain();
    bench.feed(text);
    exchange.abort();
    exchange.abort();
    bench.work();
    expect(bench.closed).toEqual(['aborted', 'aborted']);
    expect(bench.stands).toBe('closed abort');
    exchange.abort();
    bench.close();
  });

  it('a request of which not a byte went out may be tried again', () => {
    const bench = new ClientBench();
    bench.ask();
    bench.end.lose();
    expect(bench.told).toEqual(['failed closed true']);
    const sent = new ClientBench();
    sent.ask();
    // The pipe has it, and has not said that it is written: the peer may have seen it.
    sent.work().end.take();
    sent.end.lose();
    expect(sent.told).toEqual(['failed closed false']);
    bench.close();
    sent.close();
  });

  it('callbacks that throw break off, and no more', () => {
    const bug = () => {
      throw new Error('bug');
    };
    const text =
      'HTTP/1.1 103 x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n';
    for (const where of ['inform', 'response', 'data', 'end', 'closed'] as const) {
      const taker = new Taker();
      const bench = taking(taker);
      const exchange = bench.ask();
      if (where === 'inform') bench.onInform = bug;
      else if (where === 'response') bench.onResponse = bug;
      else if (where === 'data') taker.onData = bug;
      else if (where === 'end') taker.onEnd = bug;
      else exchange.onClosed = bug;
      bench.drain();
      bench.feed(text);
      // Both messages are complete by then: there is nothing left to break off.
      const survives = where === 'closed' || where === 'end';
      expect([where, bench.stands]).toEqual([where, survives ? 'need-data' : 'closed abort']);
      if (where !== 'closed') expect(bench.closed).toEqual(['application-failed']);
      bench.close();
    }
  });

  it('a request that finds no memory fails, is not written, and nothing follows it (WS-9)', () => {
    const bench = new ClientBench({ slabBytes: 39, limitBytes: 39, h1: { maxPipelined: 3 } });
    bench.ask({ target: `/${'x'.repeat(50)}` });
    expect(bench.session.available).toBe(0);
    expect(bench.drain()).toBe('');
    expect(bench.told).toEqual(['failed output-exhausted true']);
    bench.close();
  });

  it('calls after the end are harmless', () => {
    const bench = new ClientBench();
    const exchange = bench.ask({ method: 'POST', end: false });
    bench.end.lose();
    const told: string[] = [];
    expect(exchange.send(octets('x'), true, (outcome) => told.push(outcome))).toBe(false);
    exchange.end();
    const taker = new Taker();
    exchange.body.consume(taker);
    expect(told).toEqual(['failed']);
    expect(taker.told).toEqual(['<closed>']);
    bench.close();
  });
});

describe('back-pressure', () => {
  it('onWritable is told of a request that is being sent; otherwise requests wait', () => {
    const bench = new ClientBench({ h1: { outputHighWaterBytes: 50, maxPipelined: 5 } });
    const exchange = bench.ask({ method: 'POST', end: false });
    let told = 0;
    exchange.onWritable = () => {
      told += 1;
    };
    expect(exchange.send(new Uint8Array(50))).toBe(false);
    bench.drain();
    expect(told).toBe(1);
    exchange.end();
    bench.ask();
    bench.ask();
    expect(bench.session.available).toBe(0);
    bench.drain();
    expect(bench.session.available).toBe(2);
    bench.close();
  });
});

describe('upgrade and CONNECT (LAY-7)', () => {
  const agreed = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n';

  it.each([
    [{ upgrade: 'x' }, agreed],
    [{ method: 'CONNECT', target: 'a:1' }, 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'],
  ])('%j', (asks, answer) => {
    for (const piece of [1, 1000]) {
      const bench = new ClientBench();
      bench.ask(asks);
      bench.drain();
      bench.feed(answer, piece);
      expect(bench.stands).toBe('handed-off');
      expect(bench.closed).toEqual(['ok']);
      expect(bench.end.handedOff?.unused).toBeUndefined();
      expect(bench.session.available).toBe(0);
      bench.close();
    }
  });

  it('every byte behind the agreement is handed over', () => {
    const bench = new ClientBench();
    bench.ask({ upgrade: 'x' });
    bench.drain();
    bench.feed(`${agreed}tunnel`);
    expect(bench.end.handedOff).toMatchObject({ unused: octets('tunnel'), ended: false });
    bench.close();
  });

  it.each([
    ['before the request is complete', { upgrade: 'x', end: false, method: 'POST' }, agreed],
    ['without an Upgrade field', { upgrade: 'x' }, 'HTTP/1.1 101 x\r\n\r\n'],
    ['to a CONNECT by 101', { method: 'CONNECT', target: 'a:1' }, agreed],
  ])('not agreed: %s', (_, asks, answer) => {
    const bench = new ClientBench();
    bench.ask(asks);
    bench.drain();
    bench.feed(answer);
    expect(bench.code).toBe('upgrade-unasked');
    expect(bench.end.handedOff).toBeUndefined();
    bench.close();
  });

  it('whoever does not listen for it gets none', () => {
    const bench = new ClientBench();
    bench.upgrades = false;
    bench.ask({ upgrade: 'x' });
    bench.drain();
    bench.feed(agreed);
    expect(bench.code).toBe('upgrade-unasked');
    bench.close();
  });

  it('a refusal is a response like any other', () => {
    const bench = taking(new Taker());
    bench.ask({ method: 'CONNECT', target: 'a:1' });
    bench.drain();
    bench.feed(ok.replace('200', '403'));
    expect(bench.closed).toEqual(['ok']);
    expect(bench.session.available).toBe(1);
    bench.close();
  });
});
