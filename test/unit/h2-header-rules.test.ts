// The header rules of RFC 9113 §8.2 and §8.3 one by one, for requests and for responses.
import { describe, expect, it } from 'vitest';
import { data, get, H2Bed, headers } from '../support/h2-bed.js';
import { open, stillServes } from '../support/h2-open-streams.js';

type Pairs = [string, string][];

describe('header rules of RFC 9113 §8.2 and §8.3', () => {
  const without = (name: string, fields = get()): Pairs => fields.filter(([it]) => it !== name);
  const having = (...more: Pairs): Pairs => [...get(), ...more];
  const replacing = (name: string, value: string, fields = get()): Pairs =>
    fields.map(([it, old]) => [it, it === name ? value : old]);
  it.each<[string, Pairs]>([
    ['a name in upper case', having(['X-a', '1'])],
    ['an empty name', having(['', '1'])],
    ['a space in a name', having(['x a', '1'])],
    ['a colon in a name', having(['x:a', '1'])],
    ['NUL in a value', having(['x', 'a\0b'])],
    ['CR in a value', having(['x', 'a\rb'])],
    ['LF in a value', having(['x', 'a\nb'])],
    ['a space before a value', having(['x', ' a'])],
    ['a tab behind a value', having(['x', 'a\t'])],
    ['connection', having(['connection', 'close'])],
    ['keep-alive', having(['keep-alive', '1'])],
    ['proxy-connection', having(['proxy-connection', '1'])],
    ['transfer-encoding', having(['transfer-encoding', 'chunked'])],
    ['upgrade', having(['upgrade', 'h2c'])],
    ['te but trailers', having(['te', 'gzip'])],
    ['no :method', without(':method')],
    ['no :scheme', without(':scheme')],
    ['no :path', without(':path')],
    ['an empty :path', replacing(':path', '')],
    [':path without its slash', replacing(':path', 'a')],
    [':path of * but for OPTIONS', replacing(':path', '*')],
    ['a space in :path', replacing(':path', '/a b')],
    ['a fragment in :path', replacing(':path', '/#a')],
    [':method that is no token', replacing(':method', 'G T')],
    ['an empty :authority', replacing(':authority', '')],
    ['userinfo in :authority', replacing(':authority', 'u@a.test')],
    ['host that differs from :authority', having(['host', 'b.test'])],
    ['host twice', having(['host', 'a.test'], ['host', 'a.test'])],
    [':method twice', [[':method', 'GET'], ...get()]],
    ['a pseudo-header field after a field', [...without(':path'), ['x', '1'], [':path', '/']]],
    ['one that is not known', having([':x', '1'])],
    [':status in a request', having([':status', '200'])],
    [':protocol without CONNECT', [[':protocol', 'x'], ...get()]],
    [
      'CONNECT with :path',
      [
        [':method', 'CONNECT'],
        [':authority', 'a:1'],
        [':path', '/'],
      ],
    ],
    ['CONNECT without :authority', [[':method', 'CONNECT']]],
    [
      'extended CONNECT without :path',
      [
        [':method', 'CONNECT'],
        [':protocol', 'x'],
        [':authority', 'a'],
        [':scheme', 'http'],
      ],
    ],
    [':scheme in upper case without :path', replacing(':scheme', 'HTTP', replacing(':path', ''))],
    ['an empty :scheme', replacing(':scheme', '')],
    [':scheme that is none', replacing(':scheme', '1x')],
    ['more than an authority in :authority', replacing(':authority', 'a b/../c?d#e')],
    ['a port that is none in :authority', replacing(':authority', 'a:x')],
    ['userinfo in host', [...without(':authority'), ['host', 'user@a']]],
    ['a space in host', [...without(':authority'), ['host', 'a b']]],
    ['an empty host', [...without(':authority'), ['host', '']]],
    ['http without :authority and host', without(':authority')],
    ['https without :authority and host', without(':authority', replacing(':scheme', 'https'))],
    ['an octet above 7 bits in :path', replacing(':path', '/\xff')],
    [
      'CONNECT without a port',
      [
        [':method', 'CONNECT'],
        [':authority', 'a'],
      ],
    ],
    [
      'CONNECT with an empty port',
      [
        [':method', 'CONNECT'],
        [':authority', 'a:'],
      ],
    ],
    ['an empty :protocol', [[':method', 'CONNECT'], [':protocol', ''], ...without(':method')]],
    ['Content-Length twice', having(['content-length', '0'], ['content-length', '0'])],
    ['Content-Length that is none', having(['content-length', '-1'])],
  ])('%s is malformed', (_name, fields) => {
    const bed = open();
    expect(bed.feed(headers(5, fields))).toEqual(['RST_STREAM 5 PROTOCOL_ERROR']);
    expect(bed.exchanges).toHaveLength(2);
    stillServes(bed);
  });

  it.each<[string, Pairs, string]>([
    ['te: trailers', having(['te', 'trailers']), 'GET / a.test'],
    ['host as :authority', having(['host', 'A.test']), 'GET / a.test'],
    ['host alone', [...without(':authority'), ['host', 'b.test']], 'GET / b.test'],
    [
      'OPTIONS *',
      [[':method', 'OPTIONS'], ...without(':method', replacing(':path', '*'))],
      'OPTIONS * a.test',
    ],
    [
      'CONNECT',
      [
        [':method', 'CONNECT'],
        [':authority', 'a:1'],
      ],
      'CONNECT a:1 a:1',
    ],
    ['an IP-literal and a port', replacing(':authority', '[::1]:80'), 'GET / [::1]:80'],
    [':scheme in upper case', replacing(':scheme', 'HTTPS'), 'GET / a.test'],
    ['what browsers send in :path', replacing(':path', '/a|"b"?^{}'), 'GET /a|"b"?^{} a.test'],
    [
      'another scheme without an authority',
      without(':authority', replacing(':scheme', 'urn', replacing(':path', 'x'))),
      'GET x undefined',
    ],
    ['octets above 7 bits in a value', having(['x', 'caf\xe9']), 'GET / a.test'],
  ])('%s is well-formed', (_name, fields, seen) => {
    const bed = open();
    expect(bed.feed(headers(5, fields, false))).toEqual([]);
    const { method, target, authority } = bed.exchange.request;
    expect(`${method} ${target} ${authority}`).toBe(seen);
    stillServes(bed);
  });

  it('cookie crumbs are joined', () => {
    const bed = open();
    bed.feed(headers(5, having(['cookie', 'a=1'], ['cookie', 'b=2'])));
    expect(bed.exchange.request.fields.get('cookie')).toBe('a=1; b=2');
    stillServes(bed);
  });

  it.each<[string, string, Pairs, boolean]>([
    ['no :status', 'PROTOCOL_ERROR', [['x', '1']], false],
    ['a status of two digits', 'PROTOCOL_ERROR', [[':status', '20']], false],
    ['101', 'PROTOCOL_ERROR', [[':status', '101']], false],
    ['an interim response that ends the stream', 'PROTOCOL_ERROR', [[':status', '103']], true],
    ['a response of a request’s fields', 'PROTOCOL_ERROR', get(), false],
    [
      'a list over the limit',
      'CANCEL',
      [
        [':status', '200'],
        ['x', 'y'.repeat(500)],
      ],
      false,
    ],
  ])('a response: %s', (_name, code, fields, end) => {
    const bed = new H2Bed('client', { h2: { maxHeaderListBytes: 400 } });
    const told: string[] = [];
    const listener = {
      response: () => told.push('answer'),
      failed: (error: { code: string; cites: string; limit?: string }) =>
        told.push([error.code, error.cites, error.limit].join(' ').trim()),
    };
    bed.client.request({ authority: 'a.test' }, listener);
    bed.frames();
    expect(bed.feed(headers(1, fields, end))).toEqual([`RST_STREAM 1 ${code}`]);
    expect(told).toEqual([
      code === 'CANCEL'
        ? 'headers-too-large RFC 9113 §6.5.2 maxHeaderListBytes'
        : 'malformed RFC 9113 §8.1.1',
    ]);
    bed.close();
  });

  it('a response: DATA before its head, or of one that has none', () => {
    const bed = new H2Bed('client');
    const listener = { response: () => {}, failed: () => {} };
    bed.client.request({ authority: 'a.test' }, listener);
    bed.client.request({ authority: 'a.test', method: 'HEAD' }, listener);
    bed.frames();
    expect(bed.feed(data(1, 1))).toEqual(['RST_STREAM 1 PROTOCOL_ERROR']);
    const head: Pairs = [
      [':status', '200'],
      ['content-length', '5'],
    ];
    expect(bed.feed(headers(3, head, false), data(3, 1))).toEqual(['RST_STREAM 3 PROTOCOL_ERROR']);
    bed.close();
  });
});
