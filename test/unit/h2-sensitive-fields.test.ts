// What is marked so that nobody on the way keeps it to compress by (RFC 7541 §6.2.3, §7.1.3), and goes on marked.
import { describe, expect, it } from 'vitest';
import { CopiedFields } from '../../src/adapters/copied-fields.js';
import { FLAG_END_HEADERS, FLAG_END_STREAM, FRAME_HEADERS } from '../../src/session/h2/frames-codes.js';
import { HpackEncoder } from '../../src/session/h2/hpack/encoder.js';
import { frame, get, H2Bed, headers, put } from '../support/h2-bed.js';

const fields = [
  ['X-Key', 'secret'],
  ['accept', 'a/b'],
  ['x', 'y'],
] as const;
const head = 'HEADERS 1 END | :method: GET | :scheme: http | :authority: a | :path: /';
const marked = 'x-key: secret ! | accept: a/b ! | x: y';

describe('a field is never indexed', () => {
  it('by its name, in all that a session sends', () => {
    const bed = new H2Bed('client', { h2: { sensitiveFields: ['x-key', 'Accept'] } });
    bed.client.request({ authority: 'a', fields }, { response: () => {}, failed: () => {} });
    expect(bed.frames()).toEqual([`${head} | ${marked}`]);
    bed.close();
  });

  it('in one request', () => {
    const bed = new H2Bed('client');
    const listener = { response: () => {}, failed: () => {} };
    bed.client.request({ authority: 'a', fields, sensitive: ['x-key', 'Accept'] }, listener);
    expect(bed.frames()).toEqual([`${head} | ${marked}`]);
    bed.client.request({ authority: 'a', fields }, listener);
    expect(bed.frames()).toEqual([`${head.replace('1', '3')} | ${marked.replaceAll(' !', '')}`]);
    bed.close();
  });

  it('in one answer', () => {
    const bed = new H2Bed('server');
    bed.feed(headers(1, get()));
    bed.exchange.respond(200, fields, { end: true, sensitive: ['x-key', 'Accept'] });
    expect(bed.frames()).toEqual([`HEADERS 1 END | :status: 200 | ${marked} | content-length: 0`]);
    bed.close();
  });

  it('in trailers, of an answer and of a request', () => {
    const server = new H2Bed('server');
    server.feed(headers(1, get()));
    server.exchange.respond(200, [['a', 'b']]);
    server.exchange.end(fields, { sensitive: ['x-key', 'Accept'] });
    expect(server.frames()).toEqual(['HEADERS 1 | :status: 200 | a: b', `HEADERS 1 END | ${marked}`]);
    server.close();
    const client = new H2Bed('client');
    const listener = { response: () => {}, failed: () => {} };
    const exchange = client.client.request({ authority: 'a', method: 'PUT', end: false }, listener);
    client.frames();
    exchange.end(fields, { sensitive: ['x-key', 'Accept'] });
    expect(client.frames()).toEqual([`HEADERS 1 END | ${marked}`]);
    client.close();
  });
});

it('what came as never indexed is told to whoever sends it on', () => {
  const bed = new H2Bed('server');
  const bytes = new Uint8Array(200);
  const encoder = new HpackEncoder(0, undefined, 0, ['x-key']);
  const end = encoder.encode([...get(), ['x-key', 'secret'], ['x', 'y']], bytes, 0, bytes.length);
  bed.feed(frame(FRAME_HEADERS, FLAG_END_HEADERS | FLAG_END_STREAM, 1, bytes.subarray(0, end)));
  const { exchange } = bed;
  expect(exchange.request.fields.sensitive).toEqual(['x-key']);
  bed.feed(headers(3, get()));
  expect(bed.exchange.request.fields.sensitive).toEqual([]);
  exchange.reply(200, [], new Uint8Array(0));
  bed.settle();
  expect(() => exchange.request.fields.sensitive).toThrow('fields-over');
  bed.close();
});

it('of trailers, too, and copies of fields tell it on', () => {
  const bed = new H2Bed('server');
  bed.feed(headers(1, put(), false));
  const told: (readonly string[] | undefined)[] = [];
  bed.exchange.body.consume({
    data: (lease) => lease.release(),
    end: (trailers) => {
      told.push(trailers?.sensitive, trailers && new CopiedFields(trailers).sensitive);
    },
    failed: () => {},
  });
  const bytes = new Uint8Array(200);
  const encoder = new HpackEncoder(0, undefined, 0, ['x-key']);
  const end = encoder.encode(
    [
      ['x-key', 'secret'],
      ['x', 'y'],
    ],
    bytes,
    0,
    bytes.length,
  );
  bed.feed(frame(FRAME_HEADERS, FLAG_END_HEADERS | FLAG_END_STREAM, 1, bytes.subarray(0, end)));
  expect(told).toEqual([['x-key'], ['x-key']]);
  bed.close();
});
