// The client's H1 session: answers that come early, bodies that nobody wants, and how exchanges and connections end.
import { describe, expect, it } from 'vitest';
import type { ClientExchange } from '../../src/stream/contract.js';
import { ClientBench, octets, Taker } from '../support/h1-bench.js';
import { ok, taking } from '../support/h1-client-messages.js';

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
    expect([bench.stands, bench.end.session.pausedBy]).toEqual(['paused', 'application']);
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
    expect([bench.stands, bench.code]).toEqual(['closed abort', 'early-response']);
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
    expect(bench.end.session.pausedBy).toBe('application');
    exchange.body.discard();
    bench.work();
    expect(bench.closed).toEqual(['ok']);
    expect(bench.session.available).toBe(1);
    expect([bench.stands, bench.end.session.pausedBy]).toEqual(['need-data', undefined]);
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
      expect([bench.end.session.ending, bench.code]).toEqual(['abort', 'closed']);
      if (text.endsWith('ab')) expect(taker.told).toEqual(['ab', '<closed>']);
      bench.close();
    },
  );
});

describe('a pipe that goes behind an end', () => {
  it('does not change why it was', () => {
    const bench = taking(new Taker());
    bench.ask();
    bench.drain();
    bench.feed('ICY').end.lose();
    expect([bench.end.session.ending, bench.code]).toEqual(['abort', 'h1-status-version-invalid']);
    bench.close();
  });
});

describe('shutdown', () => {
  it('waits for the exchange that is under way, and ends the connection behind it', () => {
    for (const piece of [1, 1000]) {
      const taker = new Taker();
      const bench = taking(taker, { h1: { maxPipelined: 2 } });
      bench.ask();
      bench.drain();
      bench.end.shutdown();
      expect([bench.stands, bench.session.available]).toEqual(['need-data', 0]);
      bench.feed(ok, piece);
      expect(bench.closed).toEqual(['ok']);
      expect([bench.stands, bench.code]).toEqual(['closed end', undefined]);
      bench.close();
    }
  });

  it('of an idle connection ends it', () => {
    const bench = new ClientBench();
    bench.end.shutdown();
    expect([bench.stands, bench.code]).toEqual(['closed end', undefined]);
    bench.close();
  });
});

describe('deadlines', () => {
  const options = {
    deadlines: { idle: 100, firstByte: 50, head: 10, betweenBytes: 20, body: 60, total: 200 },
  };

  it.each([
    ['nothing', '', 50, 'first-byte-timeout', 'firstByte'],
    ['a head that does not end', 'HTTP', 10, 'head-timeout', 'head'],
    [
      'a body of which nothing comes',
      'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n',
      20,
      'body-stalled',
      'betweenBytes',
    ],
    [
      'a body that stalls',
      'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab',
      20,
      'body-stalled',
      'betweenBytes',
    ],
    ['a body until close that stalls', 'HTTP/1.1 200 OK\r\n\r\nab', 20, 'body-stalled', 'betweenBytes'],
  ])('%s', (_, text, due, code, limit) => {
    const bench = taking(new Taker(), options);
    bench.at(70);
    bench.ask();
    bench.drain();
    bench.feed(text);
    expect(bench.end.deadline()).toBe(70 + due);
    // Whoever is told too early does nothing.
    bench.end.now = 70 + due - 1;
    bench.end.expire();
    expect(bench.stands).toBe('need-data');
    bench.at(70 + due);
    expect(bench.closed).toEqual([code]);
    expect(bench.stands).toBe('closed abort');
    expect(bench.end.session.error).toMatchObject({ limit, cites: 'LAY-4' });
    expect(bench.end.session.deadline()).toBe(Number.POSITIVE_INFINITY);
    bench.close();
  });

  it('of a request begin with the turn that it asks for; those of a connection without one are its own', () => {
    const bench = taking(new Taker(), options);
    expect([bench.end.deadline(), bench.end.session.busy]).toEqual([100, false]);
    bench.at(70).ask();
    expect([bench.end.deadline(), bench.end.session.busy]).toEqual([Number.POSITIVE_INFINITY, true]);
    bench.work();
    expect(bench.end.deadline()).toBe(270);
    bench.drain();
    expect(bench.end.deadline()).toBe(120);
    bench.feed(ok);
    expect([bench.end.deadline(), bench.end.session.busy]).toEqual([170, false]);
    bench.close();
  });

  it('a body that is paused is not the peer’s delay', () => {
    const taker = new Taker();
    const bench = taking(taker, options);
    const exchange = bench.ask();
    bench.drain();
    bench.feed('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab');
    exchange.body.pause();
    bench.feed('cd');
    expect([bench.stands, bench.end.session.pausedBy]).toEqual(['paused', 'application']);
    expect(bench.end.deadline()).toBe(200);
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
    expect(paused.end.session.error).toMatchObject({ limit: 'total', cites: 'LAY-4' });
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

  it('an agreement behind an interim response, both in one piece', () => {
    // A ledger would have poisoned what was said before.
    const bench = new ClientBench({ ledger: 'off' });
    bench.ask({ upgrade: 'x' });
    bench.drain();
    bench.feed(`HTTP/1.1 103 Early Hints\r\nUpgrade: y\r\n\r\n${agreed}`);
    expect(bench.stands).toBe('handed-off');
    bench.close();
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
    ['without its option', { upgrade: 'x' }, 'HTTP/1.1 101 x\r\nUpgrade: x\r\n\r\n'],
    ['to another protocol', { upgrade: 'y' }, agreed],
    ['unasked', {}, agreed],
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
