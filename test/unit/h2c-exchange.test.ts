// The exchange of a request that asks for h2c: what it may be asked for on either side of the way, and what ends it between.
import { expect, test } from 'vitest';
import type { UndercoatError } from '../../src/errors.js';
import type { Lease } from '../../src/memory/index.js';
import { PREFACE } from '../../src/session/h2/frames-preface.js';
import type { RequestOptions } from '../../src/stream/contract.js';
import { H2cExchange } from '../../src/stream/h2c-exchange.js';
import { ClientBench, octets, ServerBench, Taker } from '../support/h1-bench.js';
import { headers, settings, settingsAck } from '../support/h2-bed.js';
import { refusal } from '../support/memory.js';

const agreement = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n';
const ok = (end = true) => headers(1, [[':status', '200']], end);
const text = (...pieces: Uint8Array[]) => pieces.map((bytes) => String.fromCharCode(...bytes)).join('');
const bench = () => new ClientBench({ slabBytes: 16_448, h1: { h2c: true } });

/** The types of the frames behind the preface. */
function typesOf(written: string): number[] {
  const bytes = octets(written.slice(written.indexOf(text(PREFACE)) + PREFACE.length));
  const types: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [a = 0, b = 0, c = 0, type = 0] = bytes.subarray(at);
    types.push(type);
    at += 9 + ((a << 16) | (b << 8) | c);
  }
  return types;
}

test('what the request did not say is as H1 has it', () => {
  const client = bench();
  const exchange = client.ask();
  client.drain();
  client.feed(agreement + text(settings(), settingsAck));
  expect(exchange.facts.upgrade).toMatchObject({ method: 'GET', target: '/', fields: [] });
  // PRIORITY_UPDATE is of type 16.
  expect(typesOf(client.drain())).not.toContain(16);
  client.close();
});

test.each<Partial<RequestOptions>>([
  { method: 'OPTIONS', target: '*' },
  { method: 'PUT', length: 0 },
])('%j can ask', (options) => {
  const client = bench();
  client.ask(options);
  expect(client.drain()).toContain('HTTP2-Settings: ');
  client.close();
});

test('not agreed to, H1 says when there is a place for the next request', () => {
  const client = bench();
  const available: number[] = [];
  client.session.onAvailable = () => available.push(client.session.available);
  client.ask();
  client.drain();
  client.feed('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  expect(available).toEqual([1]);
  client.close();
});

test('behind the request comes no content, on either side of the way', () => {
  const server = new ServerBench((exchange) => exchange.body.consume(taker), { slabBytes: 16_448 });
  const taker = new Taker();
  taker.keeps = true;
  server.feed('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc');
  const [lease] = taker.leases as [Lease];
  const client = bench();
  const exchange = client.ask();
  client.drain();
  for (const section of ['RFC 9112 §6', 'RFC 9113 §8.1']) {
    expect(exchange.writable).toBe(true);
    expect(refusal(() => exchange.send(octets('x')))).toBe(`after-end ${section}`);
    expect(refusal(() => exchange.sendLease(lease))).toBe(`after-end ${section}`);
    expect(refusal(() => exchange.end())).toBe(`after-end ${section}`);
    client.feed(section === 'RFC 9112 §6' ? agreement + text(settings(), settingsAck) : text(ok(false)));
    client.drain();
  }
  expect(lease.live).toBe(true);
  client.close();
  expect(exchange.writable).toBe(false);
  server.close();
});

test('nobody needs to hear of interim answers, nor of the end', () => {
  const client = bench();
  const told: number[] = [];
  client.session.request(
    { authority: 'a' },
    { response: ({ status }) => told.push(status), failed: () => told.push(0) },
  );
  client.drain();
  client.feed('HTTP/1.1 103 Early Hints\r\n\r\n');
  client.feed(agreement + text(settings(), settingsAck, headers(1, [[':status', '103']], false), ok()));
  expect([told, client.reported]).toEqual([[200], []]);
  client.close();
});

/** An exchange that H1 has done with, and H2 has not taken up. */
function between(failed: (error: UndercoatError) => void) {
  const client = new ClientBench();
  const reported: unknown[] = [];
  const listener = { response: () => {}, failed };
  const exchange = new H2cExchange({ authority: 'a' }, new Uint8Array(0), listener, (error) => {
    reported.push(error);
  });
  exchange.enter(client.ask());
  return { client, exchange, reported };
}

test('when the pipe goes between the sessions everybody is told, once', () => {
  const told: string[] = [];
  const { client, exchange, reported } = between((error) => told.push(`failed ${error.code}`));
  exchange.onClosed = (error) => told.push(`closed ${error?.code}`);
  exchange.drop(undefined);
  expect(told).toEqual([]);
  exchange.leave(() => {});
  expect(exchange.takeContent()).toEqual([]);
  for (let i = 0; i < 2; i++) exchange.drop(undefined);
  expect([told, reported]).toEqual([['failed closed', 'closed closed'], []]);
  client.close();
});

test('what is thrown then goes no further, and nobody misses his word', () => {
  const told: string[] = [];
  const { client, exchange, reported } = between(() => {
    throw new Error('failed');
  });
  const taker = new Taker();
  exchange.body.consume(taker);
  exchange.onClosed = () => told.push('closed');
  exchange.leave(() => {});
  exchange.drop(undefined);
  expect([taker.told, told, reported.map(String)]).toEqual([['<closed>'], ['closed'], ['Error: failed']]);
  client.close();
});

const asking = 'Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n';
const agreed = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n';

test.each([
  ['OPTIONS *', ''],
  ['GET /x', 'Expect: 100-continue\r\n'],
  ['POST /x', 'Expect: 100-continue\r\nContent-Length: 0\r\n'],
])('a server agrees to %s at once, with %j', (line, fields) => {
  const server = new ServerBench(() => {}, { slabBytes: 16_448, h1: { h2c: true } });
  server.feed(`${line} HTTP/1.1\r\nHost: a\r\n${fields}Connection: Upgrade, HTTP2-Settings\r\n${asking}\r\n`);
  expect(server.drain().startsWith(agreed)).toBe(true);
  expect(`${server.exchange.request.method} ${server.exchange.request.target}`).toBe(line);
  server.close();
});

test('what Connection names ends with H1, whatever it says; TE says no more than trailers', () => {
  const server = new ServerBench(() => {}, { slabBytes: 16_448, h1: { h2c: true } });
  const named = 'Connection: Upgrade, HTTP2-Settings, TE, X-A\r\n';
  server.feed(
    `GET / HTTP/1.1\r\nHost: a\r\nX-A: trailers\r\nX-B: c\r\nTE: trailers\r\n${named}${asking}\r\n`,
  );
  expect(server.exchange.request.fields.toArray()).toEqual([
    ['x-b', 'c'],
    ['te', 'trailers'],
  ]);
  server.close();
});
