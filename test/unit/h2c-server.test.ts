// `Upgrade: h2c` on a server: what is upgraded, each thing for which it is ignored, and what becomes of the request.
import { expect, test } from 'vitest';
import type { H2cOptions } from '../../src/endpoint/h2c.js';
import type { ConnectionFacts } from '../../src/session/facts.js';
import { PREFACE } from '../../src/session/h2/frames-preface.js';
import type { ServerExchange } from '../../src/stream/contract.js';
import { type BenchOptions, octets, ServerBench, Taker } from '../support/h1-bench.js';
import { data, frame, get, goaway, headers, ping, settings, settingsAck } from '../support/h2-bed.js';

const one = 'AAMAAABk';
const asking = `Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: ${one}\r\n`;
const head = (fields: string, line = 'GET /x HTTP/1.1') => `${line}\r\nHost: a.test\r\n${fields}\r\n`;
const agreement = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n';

interface Options extends BenchOptions {
  readonly h2c?: H2cOptions;
}

function bench(options: Options = {}, handler: (exchange: ServerExchange) => void = answer): ServerBench {
  return new ServerBench(handler, { slabBytes: 16_448, ...options, h1: { h2c: options.h2c ?? true } });
}

function answer(exchange: ServerExchange): void {
  const taker = new Taker();
  exchange.body.consume(taker);
  taker.onEnd = () => exchange.reply(200, [], octets(taker.told.slice(0, -1).join('')));
}

/** Octets as they are sent, one character each. */
const text = (...pieces: Uint8Array[]) => pieces.map((bytes) => String.fromCharCode(...bytes)).join('');

/** The frames behind the agreement: `type stream flags`, in order. */
function frames(written: string): string[] {
  expect(written.startsWith(agreement)).toBe(true);
  return framesOf(written.slice(agreement.length));
}

function framesOf(written: string): string[] {
  const found: string[] = [];
  const bytes = octets(written);
  for (let at = 0; at < bytes.length; ) {
    const [a = 0, b = 0, c = 0, type = 0, flags = 0] = bytes.subarray(at);
    const name = [
      'DATA',
      'HEADERS',
      'PRIORITY',
      'RST_STREAM',
      'SETTINGS',
      'PUSH',
      'PING',
      'GOAWAY',
      'WINDOW_UPDATE',
    ][type];
    found.push(`${name} ${bytes[at + 8]} ${flags}`);
    at += 9 + ((a << 16) | (b << 8) | c);
  }
  return found;
}

test('a request without content: 101, then SETTINGS, then the answer on stream 1', () => {
  const server = bench();
  server.feed(head(asking));
  const { exchange } = server;
  expect(frames(server.drain())).toEqual(['SETTINGS 0 0', 'WINDOW_UPDATE 0 0', 'HEADERS 1 5']);
  expect([exchange.protocol, exchange.id, exchange.request.version]).toEqual(['h2', 1, '2']);
  expect([exchange.body.declaredLength, server.closed]).toEqual([0, ['ok']]);
  // The preface follows, and the next request is stream 3.
  server.feed(text(PREFACE, settings(), settingsAck, headers(3, get())));
  expect(framesOf(server.drain())).toEqual(['SETTINGS 0 1', 'HEADERS 3 5']);
  expect(server.exchange.id).toBe(3);
  server.close();
});

test.each([1, 7, 60, 1000])(
  'content is read first, in pieces of %d, and what follows is moved once',
  (piece) => {
    const server = bench();
    const request = head(`${asking}Content-Length: 300\r\n`, 'PUT /x HTTP/1.1') + 'c'.repeat(300);
    const behind = text(PREFACE, settings(), headers(3, get('/y'), false), data(3, 5, true), ping());
    server.feed(request + behind, piece);
    const written = frames(server.drain()).filter((it) => !it.startsWith('WINDOW_UPDATE'));
    expect(written.slice(0, 3)).toEqual(['SETTINGS 0 0', 'HEADERS 1 4', 'DATA 1 1']);
    expect(written.slice(3)).toEqual(['SETTINGS 0 1', 'HEADERS 3 4', 'DATA 3 1', 'PING 0 1']);
    expect(server.exchanges.map(({ request: { method, target } }) => `${method} ${target}`)).toEqual([
      'PUT /x',
      'GET /y',
    ]);
    expect(server.exchanges[0]?.body.receivedBytes).toBe(300);
    expect(server.exchanges[0]?.body.declaredLength).toBe(300);
    server.close();
  },
);

test('a client that waits for 100 Continue gets it before the 101', () => {
  const server = bench();
  server.feed(head(`${asking}Content-Length: 2\r\nExpect: 100-continue\r\n`, 'PUT /x HTTP/1.1'));
  expect(server.drain()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
  server.feed('ab');
  expect(frames(server.drain())).toContain('DATA 1 1');
  expect(server.exchange.facts.upgrade?.fields).toEqual([['content-length', '2']]);
  server.close();
});

const secure = { version: 'TLSv1.3', cipher: 'c', authorized: false };
const tls: ConnectionFacts = { transport: { kind: 'tls', tls: secure } };
const aboveTls: ConnectionFacts = { transport: { kind: 'duplex', below: tls.transport } };
const withSettings = (value: string) => asking.replace(one, value);

/** Why, what is asked and how, what is set. */
const ignored: readonly (readonly [why: string, request: string, options: Options])[] = [
  ['nothing is asked', head(''), {}],
  ['it is off', head(asking), { h2c: undefined as never }],
  ['1.0 has no Upgrade (RFC 9110 §7.8)', head(`${asking}Connection: keep-alive\r\n`, 'GET /x HTTP/1.0'), {}],
  ['Connection does not name Upgrade', head(asking.replace('Upgrade, ', '')), {}],
  ['h2 is for TLS (RFC 7540 §3.2)', head(asking.replace('h2c', 'h2')), {}],
  ['another protocol is liked better', head(asking.replace('h2c', 'other, h2c')), {}],
  ['HTTP2-Settings is missing', head(asking.replace(/HTTP2-Settings: .*\r\n/, '')), {}],
  ['there are two HTTP2-Settings', head(`${asking}HTTP2-Settings: ${one}\r\n`), {}],
  ['Connection does not name HTTP2-Settings', head(asking.replace(', HTTP2-Settings', '')), {}],
  ['HTTP2-Settings is empty', head(withSettings('')), {}],
  ['it is padded', head(withSettings(`${one.slice(0, 7)}=`)), {}],
  ['it is base64 of another alphabet', head(withSettings('AAMAAAB/')), {}],
  ['it is no whole setting', head(withSettings(one.slice(0, 4))), {}],
  ['it is a setting and a half', head(withSettings(one + one.slice(0, 4))), {}],
  ['ENABLE_PUSH is 2', head(withSettings('AAIAAAAC')), {}],
  ['INITIAL_WINDOW_SIZE is 2^31', head(withSettings('AASAAAAA')), {}],
  ['MAX_FRAME_SIZE is 0', head(withSettings('AAUAAAAA')), {}],
  ['there are too many settings', head(withSettings(one.repeat(3))), { h2c: { h2: { maxSettings: 2 } } }],
  ['the target has a scheme', head(asking, 'GET http://a.test/x HTTP/1.1'), {}],
  [
    'the length is not known',
    `${head(`${asking}Transfer-Encoding: chunked\r\n`, 'PUT /x HTTP/1.1')}0\r\n\r\n`,
    {},
  ],
  [
    'there is too much content',
    `${head(`${asking}Content-Length: 6\r\n`, 'PUT /x HTTP/1.1')}123456`,
    { h2c: { maxRequestBytes: 5 } },
  ],
  [
    'H2 would refuse so much content',
    `${head(`${asking}Content-Length: 6\r\n`, 'PUT /x HTTP/1.1')}123456`,
    { h2c: { h2: { maxBodyBytes: 5 } } },
  ],
  [
    'the content would pin more than a slab',
    `${head(`${asking}Content-Length: 700\r\n`, 'PUT /x HTTP/1.1')}${'c'.repeat(700)}`,
    { slabBytes: 600 },
  ],
  ['it is over TLS', head(asking), { facts: tls }],
  ['there is TLS below', head(asking), { facts: aboveTls }],
];

test.each(ignored)('the upgrade is ignored: %s', (_why, request, options) => {
  const server = 'h2c' in options && options.h2c === undefined ? new ServerBench(answer) : bench(options);
  server.feed(request);
  expect(server.drain()).toMatch(/^HTTP\/1.1 200 OK\r\n/);
  expect(server.exchange.protocol).toBe('h1');
  // And the connection goes on.
  server.feed(head('', 'GET /next HTTP/1.1'));
  expect(server.drain()).toMatch(/^HTTP\/1.1 200 OK\r\n/);
  expect(server.exchange.request.target).toBe('/next');
  server.close();
});

test('fields of the connection end with it; the others are what H2 would say', () => {
  const server = bench();
  const more =
    'X-One: 1\r\nX-Own: 2\r\nKeep-Alive: 5\r\nTE: trailers, gzip\r\nCookie: a=b\r\nTe: trailers\r\n';
  server.feed(head(`${asking.replace('Upgrade, ', 'Upgrade, X-Own, TE, ')}${more}`));
  const { request, facts } = server.exchange;
  expect(request.authority).toBe('a.test');
  expect(facts.upgrade).toEqual({
    protocol: 'h2c',
    method: 'GET',
    target: '/x',
    authority: 'a.test',
    fields: [
      ['x-one', '1'],
      ['cookie', 'a=b'],
      ['te', 'trailers'],
    ],
    settings: Uint8Array.of(0, 3, 0, 0, 0, 100),
  });
  server.close();
});

test('OPTIONS * and HEAD are upgraded like any other', () => {
  const server = bench();
  server.feed(head(asking, 'OPTIONS * HTTP/1.1'));
  expect(server.exchange.request.target).toBe('*');
  server.close();
  const other = bench({}, (exchange) => exchange.respond(200, [], { length: 5, end: true }));
  other.feed(head(asking, 'HEAD /x HTTP/1.1'));
  expect(frames(other.drain())).toContain('HEADERS 1 5');
  other.close();
});

test('what HTTP2-Settings says holds for stream 1 (RFC 7540 §3.2.1)', () => {
  // INITIAL_WINDOW_SIZE 3, HEADER_TABLE_SIZE 0.
  const server = bench({}, (exchange) => exchange.reply(200, [['x-a', 'b']], octets('12345')));
  server.feed(head(withSettings('AAQAAAADAAEAAAAA')));
  const written = server.drain();
  expect(frames(written).slice(2)).toEqual(['HEADERS 1 4', 'DATA 1 0']);
  expect(written.endsWith('123')).toBe(true);
  // A block of a peer whose table is empty begins by saying so (RFC 7541 §4.2).
  const at = written.indexOf('\x01\x04\x00\x00\x00\x01') + 6;
  expect(written.charCodeAt(at)).toBe(0x20);
  // The first frame may say what the field did not (RFC 9218 §2.1).
  server.feed(text(PREFACE, settings([9, 1], [4, 100]), settingsAck));
  expect(framesOf(server.drain())).toEqual(['SETTINGS 0 1', 'DATA 1 1']);
  server.close();
});

test('content that came over H1 counts against no window', () => {
  const server = bench({}, () => {});
  const fields = `${asking}Content-Length: 4\r\n`;
  server.feed(`${head(fields, 'PUT /x HTTP/1.1')}1234${text(PREFACE, settings(), settingsAck)}`);
  const taker = new Taker();
  server.exchange.body.consume(taker);
  server.work();
  expect(taker.told.join('')).toBe('1234<end>');
  expect(frames(server.drain()).filter((it) => it.startsWith('WINDOW_UPDATE'))).toHaveLength(1);
  server.close();
});

test('what follows is no preface: the answer was given, then GOAWAY', () => {
  const server = bench();
  server.feed(head(asking));
  server.drain();
  server.feed('GET / HTTP/1.1\r\n');
  expect(framesOf(server.drain())).toEqual(['GOAWAY 0 0']);
  expect([server.code, server.stands]).toEqual(['h2-preface', 'closed linger']);
  server.close();
});

test('no preface comes: the settings deadline ends it', () => {
  const server = bench({ deadlines: { settings: 500 } }, () => {});
  server.feed(head(asking));
  server.drain();
  server.at(500);
  expect(framesOf(server.drain())).toEqual(['GOAWAY 0 0']);
  expect([server.code, server.closed]).toEqual(['settings-timeout', ['settings-timeout']]);
  server.close();
});

test('a shutdown before the preface lets stream 1 be answered, and the connection ends after it', () => {
  const server = bench({}, () => {});
  server.feed(head(asking));
  server.end.shutdown();
  expect(frames(server.drain()).slice(2)).toEqual(['GOAWAY 0 0', 'PING 0 0']);
  server.feed(text(PREFACE, settings(), settingsAck));
  server.feed(text(frame(6, 1, 0, [0x75, 0x6e, 0x64, 0x65, 0x72, 0x63, 0x6f, 0x61])));
  expect(framesOf(server.drain())).toEqual(['SETTINGS 0 1', 'GOAWAY 0 0']);
  server.exchange.reply(200, [], octets('x'));
  expect(framesOf(server.drain())).toEqual(['HEADERS 1 4', 'DATA 1 1']);
  expect(server.stands).toBe('closed linger');
  server.close();
});

test('a client that has ended is still answered', () => {
  const server = bench({}, () => {});
  server.feed(head(asking)).peerEnds();
  server.drain();
  server.exchange.reply(200, [], octets('x'));
  expect(framesOf(server.drain())).toEqual(['HEADERS 1 4', 'DATA 1 1']);
  expect([server.stands, server.closed]).toEqual(['closed end', ['ok']]);
  server.close();
});

test('the pipe goes: within the content nobody is told, and after the agreement the exchange fails', () => {
  const cut = bench();
  cut.feed(`${head(`${asking}Content-Length: 9\r\n`, 'PUT /x HTTP/1.1')}1234`);
  cut.close();
  expect(cut.exchanges).toEqual([]);
  const server = bench({}, () => {});
  server.feed(`${head(`${asking}Content-Length: 4\r\n`, 'PUT /x HTTP/1.1')}1234`);
  server.close();
  expect(server.closed).toEqual(['closed']);
});

test('GOAWAY before the answer: stream 1 is answered', () => {
  const server = bench({}, () => {});
  server.feed(head(asking) + text(PREFACE, settings(), settingsAck, goaway(0)));
  server.drain();
  server.exchange.reply(200, [], octets('x'));
  expect(framesOf(server.drain())).toEqual(['HEADERS 1 4', 'DATA 1 1', 'GOAWAY 0 0']);
  server.close();
});
