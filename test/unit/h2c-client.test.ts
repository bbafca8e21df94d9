// `Upgrade: h2c` on a client: what asks, what becomes of the exchange that asked, and what is no agreement.
import { expect, test } from 'vitest';
import type { H2cOptions } from '../../src/endpoint/h2c.js';
import { PREFACE } from '../../src/session/h2/frames-preface.js';
import type { RequestOptions } from '../../src/stream/contract.js';
import { type BenchOptions, ClientBench, codeOf, octets, Taker } from '../support/h1-bench.js';
import { data, frame, goaway, headers, settings, settingsAck } from '../support/h2-bed.js';

const asks = /^Upgrade: h2c\r\nHTTP2-Settings: [\w-]+\r\nConnection: upgrade, HTTP2-Settings\r\n/m;
const agreement = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n';
const ok = (stream: number, end = false) => headers(stream, [[':status', '200']], end);
const text = (...pieces: Uint8Array[]) => pieces.map((bytes) => String.fromCharCode(...bytes)).join('');
const preface = String.fromCharCode(...PREFACE);

function bench(options: BenchOptions = {}, h2c: H2cOptions | true = true): ClientBench {
  return new ClientBench({ slabBytes: 16_448, ...options, h1: { ...options.h1, h2c } });
}

test('agreed: the answer comes on stream 1 to the exchange that asked', () => {
  const client = bench();
  const taker = new Taker();
  client.onResponse = (_, exchange) => exchange.body.consume(taker);
  const exchange = client.ask({ target: '/x', fields: [['X-A', 'b']] });
  expect([exchange.protocol, exchange.id]).toEqual(['h1', 1]);
  expect(client.drain()).toMatch(asks);
  expect(client.session.available).toBe(0);
  // Between the sessions nobody is told that nothing will be available any more.
  const available: boolean[] = [];
  client.session.onAvailable = () => available.push(client.session.available > 0);
  client.feed(agreement + text(settings(), settingsAck, ok(1), data(1, 3, true)));
  const written = client.drain();
  expect(written.startsWith(preface)).toBe(true);
  expect(client.told).toEqual(['response 200']);
  expect(new Set(available)).toEqual(new Set([true]));
  expect(taker.told).toEqual(['aaa', '<end>']);
  expect(client.closed).toEqual(['ok']);
  expect([exchange.protocol, exchange.id, exchange.closed, exchange.response?.version]).toEqual([
    'h2',
    1,
    true,
    '2',
  ]);
  expect(exchange.facts.upgrade).toMatchObject({ method: 'GET', target: '/x', fields: [['x-a', 'b']] });
  // Many at a time from now on, the first of them on stream 3.
  expect(client.session.available).toBeGreaterThan(1);
  expect([client.ask().id, client.ask().id]).toEqual([3, 5]);
  client.feed(text(ok(5, true), ok(3, true)));
  expect(client.told.slice(1)).toEqual(['response 200', 'response 200']);
  client.close();
});

test('agreed, an extended CONNECT waits for what the server says of it', () => {
  const client = bench();
  const tunnel = { method: 'CONNECT', authority: 'a.test', target: '/', protocol: 'websocket' };
  const awaits = () => client.session.awaits?.(tunnel);
  client.ask();
  client.drain();
  expect(awaits()).toBe(false);
  client.feed(agreement);
  expect(client.drain().startsWith(preface)).toBe(true);
  expect(awaits()).toBe(true);
  client.feed(text(settings([8, 1]), settingsAck, ok(1, true)));
  expect(awaits()).toBe(false);
  client.close();
});

test.each([1, 3, 50])('agreed, in pieces of %d', (piece) => {
  const client = bench();
  const taker = new Taker();
  client.onResponse = (_, exchange) => exchange.body.consume(taker);
  client.ask();
  client.drain();
  client.feed(agreement + text(settings(), settingsAck, ok(1), data(1, 30, true)), piece);
  expect(taker.told.join('')).toBe(`${'a'.repeat(30)}<end>`);
  client.close();
});

test('not agreed: the answer is H1, and nobody asks again', () => {
  const client = bench();
  client.ask();
  expect(client.drain()).toMatch(asks);
  client.feed('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  expect(client.told).toEqual(['response 200']);
  expect(client.closed).toEqual(['ok']);
  const second = client.ask();
  expect(client.drain()).not.toMatch(/upgrade/i);
  client.feed('HTTP/1.1 204 No Content\r\n\r\n');
  expect([second.protocol, second.closed]).toEqual(['h1', true]);
  client.close();
});

const cannotAsk: readonly (readonly [why: string, request: Partial<RequestOptions>])[] = [
  ['content of unknown length', { method: 'PUT', end: false }],
  ['more content than may be', { method: 'PUT', length: 6 }],
  ['CONNECT', { method: 'CONNECT', target: 'a.test:1', authority: 'a.test:1' }],
  ['an upgrade of its own', { upgrade: 'other' }],
  ['a target with a scheme', { target: 'http://a.test/' }],
  ['a scheme that needs TLS', { scheme: 'https' }],
  ['a field that H2 may not send', { fields: [['Connection', 'keep-alive']] }],
];

test.each(cannotAsk)('a request that cannot ask goes out as it is: %s', (_why, request) => {
  const client = bench({}, { maxRequestBytes: 5 });
  const exchange = client.ask(request);
  if (request.method === 'PUT') exchange.send(octets('123456'), true);
  expect(client.drain()).not.toMatch(/h2c/);
  client.feed('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
  // The next one asks.
  if (client.session.available > 0) {
    client.ask();
    expect(client.drain()).toMatch(asks);
  }
  expect(client.told).toEqual(['response 403']);
  client.close();
});

test('a request that is refused has not asked', () => {
  const client = bench();
  expect(codeOf(() => client.ask({ method: 'bad method' }))).toBe('method');
  client.ask();
  expect(client.drain()).toMatch(asks);
  client.close();
});

test('over TLS nobody asks', () => {
  const tls = { version: 'TLSv1.3', cipher: 'c', authorized: true };
  const client = bench({ facts: { transport: { kind: 'tls', tls } } });
  client.ask();
  expect(client.drain()).not.toMatch(/upgrade/i);
  client.close();
});

test('interim answers come by either', () => {
  const client = bench();
  client.ask();
  client.drain();
  client.feed('HTTP/1.1 102 Processing\r\n\r\n');
  client.feed(
    agreement + text(settings(), settingsAck, headers(1, [[':status', '103']], false), ok(1, true)),
  );
  expect(client.told).toEqual(['inform 102', 'inform 103', 'response 200']);
  expect(client.closed).toEqual(['ok']);
  client.close();
});

test('what was asked of the body before the answer holds after it', () => {
  const client = bench();
  const taker = new Taker();
  const { body } = client.ask();
  body.consume(taker);
  body.pause();
  client.drain();
  expect(body.declaredLength).toBeUndefined();
  client.feed(agreement + text(settings(), settingsAck, ok(1), data(1, 3, true)));
  expect(taker.told).toEqual([]);
  body.resume();
  client.work();
  expect(taker.told).toEqual(['aaa', '<end>']);
  expect([body.receivedBytes, body.complete]).toEqual([3, true]);
  expect(codeOf(() => body.consume(new Taker()))).toBe('body-consumed');
  client.close();
  const other = bench();
  other.ask().body.discard();
  other.drain();
  other.feed(agreement + text(settings(), settingsAck, ok(1), data(1, 3, true)));
  expect(other.closed).toEqual(['ok']);
  other.close();
});

test('an answer to HEAD has no content on stream 1 either', () => {
  const client = bench();
  client.ask({ method: 'HEAD' });
  client.drain();
  const head = headers(1, [
    [':status', '200'],
    ['content-length', '5'],
  ]);
  client.feed(agreement + text(settings(), settingsAck, head));
  expect(client.closed).toEqual(['ok']);
  client.close();
});

test('our settings hold from the 101 on (RFC 7540 §3.2.1)', () => {
  const client = bench({}, { h2: { streamWindowBytes: 70_000 } });
  const taker = new Taker();
  client.ask().body.consume(taker);
  client.drain();
  const most = frame(0, 0, 1, new Uint8Array(16_000).fill(0x61));
  taker.keeps = true;
  client.feed(agreement + text(settings(), ok(1), most, most, most, most, data(1, 3000)));
  // More than the 65 535 of before; the acknowledgement grants nothing twice.
  client.feed(text(settingsAck, data(1, 3000)));
  expect(taker.told.join('')).toHaveLength(70_000);
  client.feed(text(data(1, 1)));
  expect(client.closed).toEqual(['stream-window']);
  client.close();
});

test('it can be broken off on stream 1, and a GOAWAY says that it was not processed', () => {
  const client = bench();
  const exchange = client.ask();
  client.drain();
  client.feed(agreement + text(settings(), settingsAck));
  client.drain();
  exchange.abort();
  expect(client.drain()).toBe(text(frame(3, 0, 1, [0, 0, 0, 8])));
  expect(client.told).toEqual(['failed aborted false']);
  client.close();
  const other = bench();
  other.ask();
  other.drain();
  other.feed(agreement + text(settings(), settingsAck, goaway(0)));
  expect(other.told).toEqual(['failed goaway true']);
  other.close();
});

const noAgreement: readonly (readonly [why: string, answer: string])[] = [
  ['it names no protocol', agreement.replace('Upgrade: h2c\r\n', '')],
  ['it names another protocol', agreement.replace('h2c', 'websocket')],
  ['it names another protocol besides', agreement.replace('h2c', 'h2c, websocket')],
  ['Connection does not say so', agreement.replace('Connection: Upgrade\r\n', '')],
];

test.each(noAgreement)('LAY-7: a 101 is refused: %s', (_why, answer) => {
  const client = bench();
  client.ask();
  client.drain();
  client.feed(answer);
  expect(client.told).toEqual(['failed upgrade-unasked false']);
  expect([client.code, client.closed]).toEqual(['upgrade-unasked', ['upgrade-unasked']]);
  client.close();
});

test('LAY-7: nor is a 101 that comes before the content is complete an agreement', () => {
  const client = bench();
  client.ask({ method: 'PUT', length: 4 });
  client.drain();
  client.feed(agreement);
  expect(client.code).toBe('upgrade-unasked');
  client.close();
});

test('the pipe goes before the answer, before and after the agreement', () => {
  for (const said of ['', agreement]) {
    const client = bench();
    const taker = new Taker();
    client.ask().body.consume(taker);
    client.drain();
    client.feed(said);
    client.close();
    expect(client.told).toEqual(['failed closed false']);
    expect([client.closed, taker.told]).toEqual([['closed'], ['<closed>']]);
  }
});
