// Whom a deadline is held against: nothing is awaited of a peer that has not been sent all of a request, nor of one for
// whose bytes there is no room.
import { describe, expect, it } from 'vitest';
import { ClientBench, octets, ServerBench, Taker } from '../support/h1-bench.js';

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

describe("a client's first byte is due from when its request was written", () => {
  const options = { deadlines: { firstByte: 100, total: 10_000 } };

  it('not from when the request was accepted for writing', () => {
    const bench = new ClientBench(options);
    const exchange = bench.ask({ method: 'POST', length: 5000 });
    exchange.send(new Uint8Array(5000), true);
    bench.work();
    bench.end.take();
    bench.at(90);
    bench.end.written(bench.end.inFlight - 1);
    expect(bench.at(150).stands).toBe('need-data');
    expect(bench.end.deadline()).toBe(10_000);
    bench.end.written(1);
    expect(bench.end.deadline()).toBe(250);
    expect(bench.at(249).stands).toBe('need-data');
    expect(bench.at(250).code).toBe('first-byte-timeout');
    bench.close();
  });

  it('each pipelined request by itself, though more is being written', () => {
    const bench = new ClientBench({ ...options, h1: { maxPipelined: 2 } });
    bench.ask();
    bench.ask({ method: 'POST', length: 5000 }).send(new Uint8Array(5000), true);
    bench.work();
    bench.end.take();
    bench.at(10);
    bench.end.written(get.length);
    expect(bench.end.deadline()).toBe(110);
    bench.close();
  });
});

describe('a server without room to receive', () => {
  const deadlines = { firstByte: 200, betweenBytes: 50, body: 120, total: 1000 };
  const request = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n';

  /** A server whose application keeps what it is given until there is no room. */
  function starved(now = 0): { bench: ServerBench; taker: Taker } {
    const taker = new Taker();
    taker.keeps = true;
    const bench = new ServerBench((exchange) => exchange.body.consume(taker), {
      slabBytes: 256,
      limitBytes: 1024,
      deadlines,
    });
    const bytes = octets(request + 'x'.repeat(2000));
    let at = bench.end.deliver(bytes, 0, request.length + 1);
    bench.at(now);
    for (let count = -1; count !== 0; at += count) count = bench.end.deliver(bytes, at, bytes.length);
    expect(at).toBeLessThan(bytes.length);
    return { bench, taker };
  }

  const releaseAll = ({ leases }: Taker): void => {
    for (const lease of leases) if (lease.live) lease.release();
  };

  it('does not hold the body against the peer; the application’s answer is due (WS-9)', () => {
    const { bench } = starved();
    bench.at(50).at(120).at(199);
    expect(bench.stands).toBe('need-data');
    expect(bench.end.deadline()).toBe(200);
    expect(bench.at(200).drain()).toMatch(/^HTTP\/1\.1 503 /);
    expect(bench.code).toBe('answer-timeout');
    bench.close();
  });

  it('has the application’s answer due from the last that it was given', () => {
    const { bench } = starved(30);
    expect(bench.end.deadline()).toBe(230);
    bench.close();
  });

  it('waits for the peer again, from then on, when there is room', () => {
    const { bench, taker } = starved();
    bench.at(50);
    releaseAll(taker);
    bench.at(190);
    bench.feed('x');
    expect(bench.end.deadline()).toBe(240);
    expect(bench.at(239).stands).toBe('need-data');
    expect(bench.at(240).drain()).toMatch(/^HTTP\/1\.1 408 /);
    expect(bench.code).toBe('body-stalled');
    bench.close();
  });

  it('lets the peer have its time though no byte has come since there is room', () => {
    const { bench, taker } = starved();
    releaseAll(taker);
    expect(bench.end.input.room()).toBeDefined();
    bench.end.input.received(0);
    // The first that the session hears of the room is that something is due.
    expect(bench.at(200).stands).toBe('need-data');
    expect(bench.end.deadline()).toBe(250);
    expect(bench.at(250).drain()).toMatch(/^HTTP\/1\.1 408 /);
    bench.close();
  });
});
