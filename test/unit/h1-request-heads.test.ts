/** Request heads: what is accepted and how it is framed, and each fault with its code, its answer and its octet. */

import { describe, expect, it } from 'vitest';
import { plainText } from '../../src/memory/text.js';
import {
  HAS_HOST,
  HAS_UPGRADE,
  SAYS_CLOSE,
  SAYS_KEEP_ALIVE,
  SAYS_UPGRADE,
} from '../../src/session/h1/field-section.js';
import { HeadReader } from '../../src/session/h1/head-reader.js';
import type { HeadLimits } from '../../src/session/h1/limits.js';
import { defaultHeadLimits } from '../../src/session/h1/limits.js';
import { COMPLETE, ERROR, NEED_DATA } from '../../src/session/h1/results.js';
import { FORM_ABSOLUTE, FORM_ASTERISK, FORM_AUTHORITY, FORM_ORIGIN } from '../../src/session/h1/target.js';
import { octets, oneByOne, readHead, seen, TRUE_REST } from '../support/h1.js';

const read = (text: string, limits: Partial<HeadLimits> = {}) => readHead(text, [text.length], { limits });
const get = (...fields: string[]) => ['GET / HTTP/1.1', 'Host: a', ...fields, '', ''].join('\r\n');
const post = (...fields: string[]) => ['POST / HTTP/1.1', 'Host: a', ...fields, '', ''].join('\r\n');

describe('what a request head says', () => {
  it('the usual', () => {
    const text = 'GET /a?b HTTP/1.1\r\nHost: a.b:80\r\nAccept: \t*/* \r\nX:\r\n\r\nrest';
    expect(read(text)).toEqual({
      kind: 'complete',
      end: text.length,
      length: text.length - 4,
      method: 'GET',
      target: '/a?b',
      form: FORM_ORIGIN,
      authority: 'a.b:80',
      minor: 1,
      fields: [
        ['Host', 'a.b:80'],
        ['Accept', '*/*'],
        ['X', ''],
      ],
      framing: 'none',
      contentLength: -1,
      persistent: true,
      flags: HAS_HOST,
      count: 3,
      upgrades: false,
      expectsContinue: false,
    });
  });

  it.each([
    ['GET /%7e/a:b@c?x=/?&y=%FF HTTP/1.1', FORM_ORIGIN, 'h'],
    ['GET // HTTP/1.1', FORM_ORIGIN, 'h'],
    ['GET http://a.b:8080/p?q HTTP/1.1', FORM_ABSOLUTE, 'a.b:8080'],
    ['GET HTTP://[::1]?q HTTP/1.1', FORM_ABSOLUTE, '[::1]'],
    ['OPTIONS http://a HTTP/1.1', FORM_ABSOLUTE, 'a'],
    ['OPTIONS * HTTP/1.1', FORM_ASTERISK, 'h'],
    ['CONNECT a.b:443 HTTP/1.1', FORM_AUTHORITY, 'a.b:443'],
    ['CONNECT [2001:db8::1]:443 HTTP/1.1', FORM_AUTHORITY, '[2001:db8::1]:443'],
    ['X-ANY / HTTP/1.9', FORM_ORIGIN, 'h'],
  ])('RFC 9112 §3.2: %s', (line, form, authority) => {
    const [method, target] = line.split(' ');
    expect(read(`${line}\r\nHost: h\r\n\r\n`)).toMatchObject({
      kind: 'complete',
      method,
      target,
      form,
      authority,
      minor: 1,
    });
  });

  it('RFC 9110 §9.1: any method, known or not', () => {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH', 'BREW']) {
      expect(read(`${method} / HTTP/1.1\r\nHost: h\r\n\r\n`)).toMatchObject({ method });
    }
  });

  it.each([
    [post('Content-Length: 5'), 'length', 5],
    [post('content-length:0'), 'length', 0],
    [post('CONTENT-LENGTH: 0009007199254740991'), 'length', Number.MAX_SAFE_INTEGER],
    [post('Transfer-Encoding: chunked'), 'chunked', -1],
    [post('transfer-encoding:\tCHUNKED\t'), 'chunked', -1],
    [post(), 'none', -1],
    ['CONNECT a:1 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n', 'none', 0],
  ])('RFC 9112 §6.3: %j', (text, framing, contentLength) => {
    expect(read(text)).toMatchObject({ kind: 'complete', framing, contentLength });
  });

  it.each([
    [get(), true, HAS_HOST],
    [get('Connection: close'), false, HAS_HOST | SAYS_CLOSE],
    [get('Connection: Keep-Alive'), true, HAS_HOST | SAYS_KEEP_ALIVE],
    [get('Connection: x,,\t CLOSE ,'), false, HAS_HOST | SAYS_CLOSE],
    [get('Connection:'), true, HAS_HOST],
    [get('Connection: keep-alive', 'Connection: close'), false, HAS_HOST | SAYS_KEEP_ALIVE | SAYS_CLOSE],
    [get('Connection: closed, xclose, keep_alive'), true, HAS_HOST],
    [get('Connection: clase, upgrxde, keep-alivf'), true, HAS_HOST],
    ['GET / HTTP/1.0\r\n\r\n', false, 0],
    ['GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n', true, SAYS_KEEP_ALIVE],
    ['GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n', false, SAYS_KEEP_ALIVE | SAYS_CLOSE],
    [get('TE: trailers', 'Trailer: x', 'Date: x', 'Keep-Alive: x', 'Proxy-Connection: x'), true, HAS_HOST],
    [
      get('Tf: x', 'Dbte: x', 'Hosu: x', 'Keep_Alive: x', 'Trailes: x', 'Connectioo: y,"', 'Expecs: y'),
      true,
      HAS_HOST,
    ],
  ])('RFC 9112 §9.3: %j', (text, persistent, flags) => {
    expect(read(text)).toMatchObject({ kind: 'complete', persistent, flags });
  });

  it('RFC 9110 §7.8: an upgrade needs the field, the option and HTTP/1.1', () => {
    const both = HAS_HOST | HAS_UPGRADE | SAYS_UPGRADE;
    expect(read(get('Upgrade: h2c', 'Connection: Upgrade'))).toMatchObject({ upgrades: true, flags: both });
    expect(read(get('Upgrade: h2c'))).toMatchObject({ upgrades: false });
    expect(read(get('Connection: upgrade'))).toMatchObject({ upgrades: false });
    expect(read('GET / HTTP/1.0\r\nUpgrade: a\r\nConnection: upgrade\r\n\r\n')).toMatchObject({
      upgrades: false,
    });
  });

  it('RFC 9110 §10.1.1: 100-continue is expected of HTTP/1.1 only', () => {
    expect(read(post('Expect: 100-Continue'))).toMatchObject({ expectsContinue: true });
    expect(read('POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n')).toMatchObject({ expectsContinue: false });
  });

  it('obs-text and every visible octet may stand in a value', () => {
    let value = '';
    for (let code = 0x21; code < 0x100; code++) if (code !== 0x7f) value += String.fromCharCode(code);
    expect(read(get(`X: ${value}`))).toMatchObject({
      fields: [
        ['Host', 'a'],
        ['X', value],
      ],
    });
  });
});

describe('what is refused: code, answer, and the octet that decides', () => {
  const cases: readonly (readonly [text: string, status: number, code: string, upTo: string])[] = [
    ['\nGET / HTTP/1.1\r\n', 400, 'h1-bare-lf', '\n'],
    ['\rGET', 400, 'h1-bare-cr', '\rG'],
    ['\r\n\r\n\r\nGET', 400, 'h1-too-many-empty-lines', '\r\n\r\n\r'],
    [' GET / HTTP/1.1\r\n', 400, 'h1-method-invalid', ' '],
    ['G(T / HTTP/1.1\r\n', 400, 'h1-method-invalid', 'G('],
    ['GET\r\n', 400, 'h1-method-invalid', 'GET\r'],
    ['GET  / HTTP/1.1\r\n', 400, 'h1-target-invalid', 'GET  '],
    ['GET /\r\n\r\n', 400, 'h1-target-invalid', 'GET /\r'],
    ['GET /a#b HTTP/1.1\r\n', 400, 'h1-target-invalid', 'GET /a#'],
    ['GET /a[b HTTP/1.1\r\n', 400, 'h1-target-invalid', 'GET /a['],
    ['GET /%zz HTTP/1.1\r\n', 400, 'h1-target-invalid', 'GET /%z'],
    ['GET /%2 HTTP/1.1\r\n', 400, 'h1-target-invalid', 'GET /%2 '],
    ['GET /\x80 HTTP/1.1\r\n', 400, 'h1-target-invalid', 'GET /\x80'],
    ['GET /\x00 HTTP/1.1\r\n', 400, 'h1-target-invalid', 'GET /\x00'],
    ['GET * HTTP/1.1\r\nHost: a', 400, 'h1-target-invalid', 'GET * HTTP/1.1\r\n'],
    ['GET a.b:80 HTTP/1.1\r\nHost: a', 400, 'h1-target-invalid', 'GET a.b:80 HTTP/1.1\r\n'],
    ['GET urn:a HTTP/1.1\r\nHost: a', 400, 'h1-target-invalid', 'GET urn:a HTTP/1.1\r\n'],
    ['GET http:///p HTTP/1.1\r\nHost: a', 400, 'h1-target-invalid', 'GET http:///p HTTP/1.1\r\n'],
    ['GET http://u@a/ HTTP/1.1\r\nHost: a', 400, 'h1-target-invalid', 'GET http://u@a/ HTTP/1.1\r\n'],
    ['GET http://a/[ HTTP/1.1\r\nHost: a', 400, 'h1-target-invalid', 'GET http://a/[ HTTP/1.1\r\n'],
    ['GET 1a://a/ HTTP/1.1\r\nHost: a', 400, 'h1-target-invalid', 'GET 1a://a/ HTTP/1.1\r\n'],
    ['CONNECT / HTTP/1.1\r\nHost: a', 400, 'h1-target-invalid', 'CONNECT / HTTP/1.1\r\n'],
    ['CONNECT a HTTP/1.1\r\nHost: a', 400, 'h1-target-invalid', 'CONNECT a HTTP/1.1\r\n'],
    ['CONNECT a: HTTP/1.1\r\nHost: a', 400, 'h1-target-invalid', 'CONNECT a: HTTP/1.1\r\n'],
    ['CONNECT http://a:1 HTTP/1.1\r\nHost: a', 400, 'h1-target-invalid', 'CONNECT http://a:1 HTTP/1.1\r\n'],
    ['GET / http/1.1\r\n', 400, 'h1-version-invalid', 'GET / h'],
    ['GET / HTTP/11\r\n', 400, 'h1-version-invalid', 'GET / HTTP/11'],
    ['GET / HTTP/1.x\r\n', 400, 'h1-version-invalid', 'GET / HTTP/1.x'],
    ['GET / HTTP/1.1 \r\n', 400, 'h1-version-invalid', 'GET / HTTP/1.1 '],
    ['GET / HTTP/1.1\n', 400, 'h1-bare-lf', 'GET / HTTP/1.1\n'],
    ['GET / HTTP/1.1\rX', 400, 'h1-bare-cr', 'GET / HTTP/1.1\rX'],
    ['GET / HTTP/0.9\r\n', 505, 'h1-version-unsupported', 'GET / HTTP/0.9'],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505, 'h1-version-unsupported', 'PRI * HTTP/2.0'],
  ];
  it.each(cases)('request-line %j: %i %s', (text, status, code, upTo) => {
    const answer = { kind: 'status', status };
    expect(read(text)).toMatchObject({ kind: 'error', at: upTo.length - 1, code, answer });
  });

  const fields: readonly (readonly [lines: string, status: number, code: string, upTo: string])[] = [
    [' X: y\r\n', 400, 'h1-line-folding', ' '],
    ['X: y\r\n z\r\n', 400, 'h1-line-folding', 'X: y\r\n '],
    ['X : y\r\n', 400, 'h1-space-before-colon', 'X '],
    ['X\t: y\r\n', 400, 'h1-space-before-colon', 'X\t'],
    [': y\r\n', 400, 'h1-field-name-empty', ':'],
    ['X\r\n', 400, 'h1-field-name-invalid', 'X\r'],
    ['X\n', 400, 'h1-bare-lf', 'X\n'],
    ['\n', 400, 'h1-bare-lf', '\n'],
    ['X(: y\r\n', 400, 'h1-field-name-invalid', 'X('],
    ['X\x80: y\r\n', 400, 'h1-field-name-invalid', 'X\x80'],
    ['X: a\nb\r\n', 400, 'h1-bare-lf', 'X: a\n'],
    ['X: a\rb\r\n', 400, 'h1-bare-cr', 'X: a\rb'],
    ['X: a\r\r\n', 400, 'h1-bare-cr', 'X: a\r\r'],
    ['X: \x00\r\n', 400, 'h1-field-value-invalid', 'X: \x00'],
    ['X: aaaaaaaaaaaaaaa\x1f\r\n', 400, 'h1-field-value-invalid', 'X: aaaaaaaaaaaaaaa\x1f'],
    ['X: \x7f\r\n', 400, 'h1-field-value-invalid', 'X: \x7f'],
    ['X: a\r\n\rX', 400, 'h1-bare-cr', 'X: a\r\n\rX'],
    ['Host: a\r\nHost: a\r\n', 400, 'h1-host-repeated', 'Host: a\r\nHost: a\r\n'],
    ['Host: a b\r\n', 400, 'h1-host-invalid', 'Host: a b\r\n'],
    ['Host: u@a\r\n', 400, 'h1-host-invalid', 'Host: u@a\r\n'],
    ['Host: a, b\r\n', 400, 'h1-host-invalid', 'Host: a, b\r\n'],
    ['Host: a:65536\r\n', 400, 'h1-host-invalid', 'Host: a:65536\r\n'],
    ['Host: :80\r\n', 400, 'h1-host-invalid', 'Host: :80\r\n'],
    ['Host: [::1\r\n', 400, 'h1-host-invalid', 'Host: [::1\r\n'],
    ['Host: a%2\r\n', 400, 'h1-host-invalid', 'Host: a%2\r\n'],
    ['X: y\r\n\r\n', 400, 'h1-host-missing', 'X: y\r\n\r\n'],
    ['Host:\r\n\r\n', 400, 'h1-host-invalid', 'Host:\r\n\r\n'],
    ['Host: \r\n\r\n', 400, 'h1-host-invalid', 'Host: \r\n\r\n'],
    ['Hosted: a\r\n\r\n', 400, 'h1-host-missing', 'Hosted: a\r\n\r\n'],
    ['Content-Length: \r\n', 400, 'h1-content-length-invalid', 'Content-Length: \r\n'],
    ['Content-Length: +5\r\n', 400, 'h1-content-length-invalid', 'Content-Length: +5\r\n'],
    ['Content-Length: 5, 5\r\n', 400, 'h1-content-length-invalid', 'Content-Length: 5, 5\r\n'],
    [
      'Content-Length: 9007199254740992\r\n',
      400,
      'h1-content-length-invalid',
      'Content-Length: 9007199254740992\r\n',
    ],
    [
      'Content-Length: 18446744073709551621\r\n',
      400,
      'h1-content-length-invalid',
      'Content-Length: 18446744073709551621\r\n',
    ],
    [
      'Content-Length: 5\r\nContent-Length: 5\r\n',
      400,
      'h1-content-length-repeated',
      'Content-Length: 5\r\nContent-Length: 5\r\n',
    ],
    [
      'Content-Length: 0\r\nContent-Length: 0\r\n',
      400,
      'h1-content-length-repeated',
      'Content-Length: 0\r\nContent-Length: 0\r\n',
    ],
    [
      'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n',
      400,
      'h1-length-and-coding',
      'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n',
    ],
    [
      'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n',
      400,
      'h1-length-and-coding',
      'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n',
    ],
    ['Transfer-Encoding: \r\n', 400, 'h1-coding-malformed', 'Transfer-Encoding: \r\n'],
    ['Transfer-Encoding: chunked,\r\n', 400, 'h1-coding-malformed', 'Transfer-Encoding: chunked,\r\n'],
    ['Transfer-Encoding: "chunked"\r\n', 400, 'h1-coding-malformed', 'Transfer-Encoding: "chunked"\r\n'],
    ['Transfer-Encoding: gzip;a\r\n', 400, 'h1-coding-malformed', 'Transfer-Encoding: gzip;a\r\n'],
    ['Transfer-Encoding: chunked;a=b\r\n', 400, 'h1-chunked-parameter', 'Transfer-Encoding: chunked;a=b\r\n'],
    [
      'Transfer-Encoding: chunked, chunked\r\n',
      400,
      'h1-chunked-repeated',
      'Transfer-Encoding: chunked, chunked\r\n',
    ],
    [
      'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n',
      400,
      'h1-chunked-repeated',
      'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n',
    ],
    [
      'Transfer-Encoding: chunked, gzip\r\n',
      400,
      'h1-chunked-not-final',
      'Transfer-Encoding: chunked, gzip\r\n',
    ],
    [
      'Host: a\r\nTransfer-Encoding: xchunked\r\n\r\n',
      400,
      'h1-chunked-not-final',
      'Host: a\r\nTransfer-Encoding: xchunked\r\n\r\n',
    ],
    [
      'Host: a\r\nTransfer-Encoding: gzip;q="a, b", chunked\r\n\r\n',
      501,
      'h1-coding-unsupported',
      'Host: a\r\nTransfer-Encoding: gzip;q="a, b", chunked\r\n\r\n',
    ],
    ['Connection: "close"\r\n', 400, 'h1-connection-malformed', 'Connection: "close"\r\n'],
    ['Connection: a b\r\n', 400, 'h1-connection-malformed', 'Connection: a b\r\n'],
    ['Expect: 100-continue, x\r\n', 417, 'h1-expectation-unsupported', 'Expect: 100-continue, x\r\n'],
    ['Expect:\r\n', 417, 'h1-expectation-unsupported', 'Expect:\r\n'],
    ['Expect: 100-continux\r\n', 417, 'h1-expectation-unsupported', 'Expect: 100-continux\r\n'],
  ];
  it.each(fields)('fields %j: %i %s', (lines, status, code, upTo) => {
    const answer = { kind: 'status', status };
    const line = 'GET / HTTP/1.1\r\n';
    expect(read(line + lines)).toMatchObject({
      kind: 'error',
      at: line.length + upTo.length - 1,
      code,
      answer,
    });
  });

  it.each([
    ['GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n', 'h1-coding-in-1.0'],
    ['GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n', 'h1-host-repeated'],
    ['CONNECT a:1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n', 'h1-connect-with-content'],
    ['CONNECT a:1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n', 'h1-connect-with-content'],
  ])('%j: %s', (text, code) => {
    expect(read(text)).toMatchObject({ kind: 'error', code, answer: { kind: 'status', status: 400 } });
  });

  it.each([
    ['chunkex', 'h1-chunked-not-final'],
    ['gzip;q=a', 'h1-chunked-not-final'],
    ['gzip;q="a', 'h1-coding-malformed'],
    ['gzip;q="a\\', 'h1-coding-malformed'],
    ['gzip;q="a\\"', 'h1-coding-malformed'],
    ['gzip;q=', 'h1-coding-malformed'],
    ['gzip;q=,chunked', 'h1-coding-malformed'],
    ['gzip;=a', 'h1-coding-malformed'],
    ['gzip;q;a=b', 'h1-coding-malformed'],
    ['gzip ; q = a ; r="\\a\\"\\\\" , chunked', 'h1-coding-unsupported'],
    ['gzip;q="\\"", chunked', 'h1-coding-unsupported'],
  ])('RFC 9112 §7: a coding %s is %s', (coding, code) => {
    expect(read(get(`Transfer-Encoding: ${coding}`))).toMatchObject({ kind: 'error', code });
  });

  it('RFC 9112 §3.2: an empty Host where the target has, or needs, no authority', () => {
    expect(read('OPTIONS * HTTP/1.1\r\nHost:\r\n\r\n')).toMatchObject({ kind: 'complete', authority: '' });
    expect(read('GET http://a/ HTTP/1.1\r\nHost: \r\n\r\n')).toMatchObject({
      kind: 'complete',
      authority: 'a',
    });
    expect(read('GET / HTTP/1.0\r\nHost:\r\n\r\n')).toMatchObject({ kind: 'complete', authority: '' });
  });
});

describe('limits are met to the octet', () => {
  const head = 'GET /abc HTTP/1.1\r\nHost: a\r\nX: yz\r\n\r\n';
  it.each([
    ['maxHeadBytes', head.length, 431, 'h1-head-too-large', head.length - 1],
    ['maxFieldLineBytes', 7, 431, 'h1-field-line-too-long', 25],
    ['maxFields', 2, 431, 'h1-too-many-fields', 28],
    ['maxTargetBytes', 4, 414, 'h1-target-too-long', 7],
    ['maxMethodBytes', 3, 501, 'h1-method-too-long', 2],
  ] as const)('%s', (name, most, status, code, at) => {
    expect(read(head, { [name]: most })).toMatchObject({ kind: 'complete' });
    const answer = { kind: 'status', status };
    expect(read(head, { [name]: most - 1 })).toMatchObject({ kind: 'error', code, answer, at });
  });

  it('a percent-encoding that does not fit, a name that fills its line, a head that ends in its target', () => {
    expect(read('GET /a%20 HTTP/1.1', { maxTargetBytes: 4 })).toMatchObject({
      code: 'h1-target-too-long',
      at: 6,
    });
    expect(read('GET /a%20 HTTP/1.1', { maxTargetBytes: 5 })).toMatchObject({ kind: 'need-data' });
    expect(read('GET / HTTP/1.1\r\nabcde: f', { maxFieldLineBytes: 5 })).toMatchObject({
      code: 'h1-field-line-too-long',
      at: 21,
    });
    expect(read('GET /abcdef', { maxHeadBytes: 8 })).toMatchObject({ code: 'h1-target-too-long', at: 8 });
    expect(read('GET / HTTP/1.1', { maxHeadBytes: 8 })).toMatchObject({ code: 'h1-head-too-large', at: 8 });
  });

  it('what could not stand there anyway is not too long', () => {
    const code = (text: string, limits: Partial<HeadLimits>) => read(text, limits);
    expect(code('GET /abc#', { maxTargetBytes: 4 })).toMatchObject({ code: 'h1-target-invalid', at: 8 });
    expect(code('GET(', { maxMethodBytes: 3 })).toMatchObject({ code: 'h1-method-invalid', at: 3 });
    expect(code('GET / HTTP/1.1\r\nX: a\x00', { maxFieldLineBytes: 4 })).toMatchObject({
      code: 'h1-field-value-invalid',
      at: 20,
    });
  });

  it('a limit counts from where the head begins', () => {
    const around = { offsets: [head.length], fills: [0x2f] };
    const limits = { maxHeadBytes: head.length };
    const short = head.length - 1;
    expect(readHead(head, [short], { limits, around })).toEqual({ kind: 'need-data' });
    expect(readHead(head, [short, head.length], { limits, around })).toMatchObject({ kind: 'complete' });
  });

  it('every limit error names its option', () => {
    const reader = new HeadReader('request', { ...defaultHeadLimits, maxFields: 0 });
    const bytes = octets(head);
    expect(reader.read(bytes, 0, bytes.length)).toBe(ERROR);
    expect(reader.error).toMatchObject({ fault: 'limit-reached', limit: 'maxFields', cites: 'RFC 6585 §5' });
  });
});

describe('what is read in one step is read as octet by octet (CON-6)', () => {
  const others = (octet: number) => [
    octet ^ 0x20,
    octet - 1,
    octet + 1,
    ...octets(' \t\r\n/:.0129aHhP\x00\xff'),
  ];
  /** Among octets that a request might begin with, as if more of one stood before it. */
  const around = { offsets: [11], fills: [0x2f] };

  it.each([
    'GET / HTTP/1.1\r\nHost: a.b\r\n\r\n',
    'POST / HTTP/1.1\r\nhOST: a\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
    'GET HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET /GET HTTP/1.1\r\nHost: a\r\n\r\n',
  ])('%j, and with any octet of it another', (text) => {
    const same = (given: string) => {
      const slow = seen(readHead(given, oneByOne(given.length)));
      expect(seen(readHead(given, [given.length]))).toBe(slow);
      expect(seen(readHead(given, [given.length], { around }))).toBe(slow);
    };
    same(text);
    for (const [at, octet] of octets(text).entries()) {
      for (const other of others(octet)) {
        same(text.slice(0, at) + String.fromCharCode(other & 255) + text.slice(at + 1));
      }
    }
  });

  it.each([
    'GET /0123456789 HTTP/1.1\r\nHost: abcdef\r\n\r\n',
    'POST / HTTP/1.1\r\nHost:  a\r\nX: y\r\n\r\n',
  ])('OWN-6: a beginning of %j is one, with the rest of it right behind', (text) => {
    for (let end = 0; end < text.length; end++) {
      const behind = { offsets: [0], fills: [TRUE_REST] };
      expect(readHead(text, [end], { around: behind })).toEqual({ kind: 'need-data' });
      expect(readHead(text, [end, text.length], { around: behind })).toMatchObject({
        kind: 'complete',
        length: text.length,
      });
    }
  });
});

describe('the reader as a machine', () => {
  it('stays where it ended until it is reset, and reads the next head after that', () => {
    const reader = new HeadReader('request');
    const bytes = octets(
      'GET / HTTP/1.1\r\nHost: a\r\n\r\n\r\nPUT /x HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc',
    );
    expect(reader.read(bytes, 0, 0)).toBe(NEED_DATA);
    expect(reader.read(bytes, 0, bytes.length)).toBe(COMPLETE);
    const next = reader.length;
    expect(reader.read(bytes, 0, bytes.length)).toBe(COMPLETE);
    expect(reader.length).toBe(next);
    reader.reset();
    expect(reader.read(bytes, next, next + 1)).toBe(NEED_DATA);
    expect(reader.read(bytes, next, bytes.length)).toBe(COMPLETE);
    expect(reader).toMatchObject({
      method: 'PUT',
      contentLength: 3,
      persistent: false,
      minor: 0,
    });
    expect(reader.targetOf(bytes, next, plainText)).toBe('/x');
    expect(next + reader.length).toBe(bytes.length - 3);
    reader.reset();
    expect(reader.read(bytes, next + reader.length, bytes.length)).toBe(NEED_DATA);
    reader.reset();
    expect(reader.read(octets('\n'), 0, 1)).toBe(ERROR);
    expect(reader.read(bytes, 0, bytes.length)).toBe(ERROR);
    expect(reader.error).toMatchObject({ code: 'h1-bare-lf' });
    expect(reader.errorAt).toBe(0);
    reader.reset();
    expect(reader.error).toBeUndefined();
    expect(reader.read(bytes, 0, bytes.length)).toBe(COMPLETE);
  });

  it('RFC 9112 §2.2: every head may have its empty lines', () => {
    const reader = new HeadReader('request');
    const bytes = octets(`\r\n\r\n${get()}`);
    for (let head = 0; head < 3; head++) {
      reader.reset();
      expect(reader.read(bytes, 0, bytes.length)).toBe(COMPLETE);
    }
  });

  it('what one head said does not colour the next', () => {
    const reader = new HeadReader('request');
    for (const text of [
      post('Transfer-Encoding: chunked', 'Connection: close', 'Expect: 100-continue'),
      get(),
      'GET / HTTP/1.0\r\n\r\n',
    ]) {
      reader.reset();
      expect(reader.read(octets(text), 0, text.length)).toBe(COMPLETE);
    }
    expect(reader).toMatchObject({
      flags: 0,
      framing: 0,
      contentLength: -1,
      authorityAt: 0,
      authorityEnd: 0,
      fieldCount: 0,
    });
  });
});
