// The server's H1 session: what must happen in time, and what is answered when it does not (LAY-4).
import { describe, expect, it } from 'vitest';
import { ServerBench, Taker } from '../support/h1-bench.js';
import { chunked, closing, get, length, ok, reply, take } from '../support/h1-server-messages.js';

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
    expect(bench.end.session.error).toMatchObject({
      code: 'head-timeout',
      limit: 'head',
      cites: 'RFC 9110 §15.5.9',
    });
    expect(bench.end.session.deadline()).toBe(Number.POSITIVE_INFINITY);
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
    expect(bench.end.session.error).toMatchObject({ limit: 'firstByte', cites: 'LAY-4' });
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
    expect([bench.end.deadline(), bench.stands, bench.end.session.pausedBy]).toEqual([
      105,
      'paused',
      'application',
    ]);
    // What still comes while it is paused gives nobody more time.
    bench.at(80).feed('e');
    expect(bench.end.deadline()).toBe(105);
    expect(bench.at(105).code).toBe('answer-timeout');
    bench.close();
  });

  it('a body that stalls, and one that drips for too long: 408', () => {
    for (const [steps, code, limit] of [
      [[10, 30], 'body-stalled', 'betweenBytes'],
      [[10, 25, 40, 55, 60], 'body-timeout', 'body'],
    ] as const) {
      const bench = new ServerBench(take(new Taker()), options);
      bench.feed(`${length(100)}a`);
      for (const now of steps) {
        expect(bench.at(now).code).toBe(now === steps[steps.length - 1] ? code : undefined);
        if (bench.code === undefined) bench.feed('b');
      }
      expect(bench.drain()).toBe(closing('408 Request Timeout'));
      expect(bench.end.session.error).toMatchObject({ limit, cites: 'RFC 9110 §15.5.9' });
      bench.close();
    }
  });

  it('a body is waited for from when it is asked for, and only its own octets give it more time', () => {
    const bench = new ServerBench(() => {}, options);
    bench.at(5).feed(chunked);
    bench.at(15).exchange.body.consume(new Taker());
    bench.work();
    expect(bench.end.deadline()).toBe(35);
    // Of the size, which is not content.
    bench.at(30).feed('0');
    expect(bench.end.deadline()).toBe(35);
    bench.at(31).feed('1\r\na');
    expect(bench.end.deadline()).toBe(51);
    bench.close();
  });

  it('what nobody will read is not waited for: the answer is due', () => {
    const bench = new ServerBench(take(new Taker()), { ...options, h1: { drainBytes: 10 } });
    bench.at(5).feed(`${length(100)}a`);
    expect(bench.end.deadline()).toBe(25);
    bench.exchange.body.discard();
    bench.work();
    expect([bench.end.deadline(), bench.stands, bench.end.session.pausedBy]).toEqual([
      55,
      'paused',
      'application',
    ]);
    bench.close();
  });

  it('an exchange in all: an answer that has begun is cut off', () => {
    const bench = new ServerBench((exchange) => exchange.respond(200), options);
    bench.feed(get);
    expect(bench.end.deadline()).toBe(500);
    expect(bench.at(500).stands).toBe('closed abort');
    expect(bench.closed).toEqual(['exchange-timeout']);
    expect(bench.end.session.error).toMatchObject({ limit: 'total', cites: 'LAY-4' });
    bench.close();
  });

  it('a drain that stalls ends the connection; the answer stands', () => {
    const bench = new ServerBench(reply, options);
    bench.feed(`${length(9)}a`);
    expect(bench.drain()).toBe(ok);
    expect(bench.end.deadline()).toBe(20);
    expect(bench.at(20).stands).toBe('closed linger');
    bench.close();
  });
});
