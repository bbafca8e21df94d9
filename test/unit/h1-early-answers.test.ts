// When an answer comes before the request is complete, or refuses a tunnel: what the head says of the connection, and
// where a body that is too long is refused.
import { describe, expect, it } from 'vitest';
import type { ServerExchange } from '../../src/stream/contract.js';
import { octets, ServerBench, Taker } from '../support/h1-bench.js';

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const post = (framing: string) => `POST / HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n`;
const chunked = post('Transfer-Encoding: chunked');
const tooLarge = 'HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';
const reply = (exchange: ServerExchange) => exchange.reply(403, [], octets('no'));
const kept = 'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno';
const closing = 'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno';
const h1 = { drainBytes: 4 };

describe('an answer before the request is complete (RFC 9112 §9.6)', () => {
  it.each([
    ['a body that will be drained', post('Content-Length: 4'), kept, 'need-data'],
    ['a body that will not be drained', post('Content-Length: 5'), closing, 'closed linger'],
    ['a chunked body that may be drained', chunked, kept, 'need-data'],
  ])('to %s, in the handler and later', (_, request, answer, stands) => {
    for (const later of [false, true]) {
      const bench = new ServerBench(later ? () => {} : reply, { h1 }).feed(request);
      if (later) reply(bench.exchange);
      expect(bench.drain()).toBe(answer);
      expect(bench.stands).toBe(stands);
      bench.close();
    }
  });

  it('to a chunked body where nothing is drained', () => {
    const bench = new ServerBench(reply, { h1: { drainBytes: 0 } }).feed(chunked);
    expect(bench.drain()).toBe(closing);
    bench.close();
  });

  it('after a discarded body has used the budget up', () => {
    const bench = new ServerBench((exchange) => exchange.body.discard(), { h1 });
    bench.feed(`${chunked}5\r\nabcde\r\n`);
    reply(bench.exchange);
    expect(bench.drain()).toBe(closing);
    expect(bench.stands).toBe('closed linger');
    bench.close();
  });

  it('keeps the connection when somebody takes the body, though paused', () => {
    const taker = new Taker();
    const bench = new ServerBench(
      (exchange) => {
        exchange.body.consume(taker);
        exchange.body.pause();
        reply(exchange);
      },
      { h1 },
    );
    expect(bench.feed(`${post('Content-Length: 5')}abcde`).drain()).toBe(kept);
    bench.exchange.body.resume();
    bench.work();
    expect(taker.told).toEqual(['abcde', '<end>']);
    expect(bench.stands).toBe('need-data');
    bench.close();
  });
});

describe('a CONNECT that is refused (RFC 9110 §9.3.6)', () => {
  it('ends the connection: what was sent for the tunnel is no request', () => {
    const bench = new ServerBench(reply);
    bench.feed(`CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n${get}`);
    expect(bench.drain()).toBe(closing);
    expect(bench.exchanges).toHaveLength(1);
    expect(bench.stands).toBe('closed linger');
    bench.close();
  });
});

describe('a chunk that is longer than what maxBodyBytes leaves (RFC 9110 §15.5.14, CON-6)', () => {
  it.each([
    ['the first', 'b\r\n', []],
    ['with an extension', 'b;x=y\r\n', []],
    ['the second', '4\r\nabcd\r\n7\r\n', ['abcd']],
  ])('%s is refused at the end of its size line', (_, frames, told) => {
    const text = `${chunked}${frames}`;
    for (const piece of [1, 2, 3, text.length]) {
      const taker = new Taker();
      const bench = new ServerBench((exchange) => exchange.body.consume(taker), { h1: { maxBodyBytes: 10 } });
      bench.feed(text.slice(0, -1), piece);
      expect(bench.stands).toBe('need-data');
      bench.feed('\n');
      expect(bench.drain()).toBe(tooLarge);
      expect(bench.code).toBe('body-too-large');
      expect(taker.told.slice(0, -1).join('')).toBe(told.join(''));
      expect(taker.told.at(-1)).toBe('<body-too-large>');
      bench.close();
    }
  });

  it('what fits exactly is taken', () => {
    const taker = new Taker();
    const bench = new ServerBench((exchange) => exchange.body.consume(taker), { h1: { maxBodyBytes: 10 } });
    bench.feed(`${chunked}4\r\nabcd\r\n6\r\nefghij\r\n0\r\n\r\n`);
    expect(taker.told).toEqual(['abcd', 'efghij', '<end>']);
    bench.close();
  });

  it('is refused when it is discarded, too', () => {
    const bench = new ServerBench((exchange) => exchange.body.discard(), { h1: { maxBodyBytes: 10 } });
    expect(bench.feed(`${chunked}b\r\n`).drain()).toBe(tooLarge);
    bench.close();
  });
});
