/** Response heads: how each is framed by status, fields and the request's method, and what is refused. */

import { describe, expect, it } from 'vitest';
import { octets, oneByOne, readHead, seen } from '../support/h1.js';

const read = (text: string, requestMethod = 'GET') =>
  readHead(text, [text.length], { role: 'response', requestMethod });
const response = (line: string, ...fields: string[]) => [line, ...fields, '', ''].join('\r\n');

describe('RFC 9112 §6.3: the framing of a response', () => {
  const length = 'Content-Length: 5';
  const chunked = 'Transfer-Encoding: chunked';
  it.each([
    [200, 'GET', [length], 'length'],
    [200, 'GET', ['Content-Length: 0'], 'length'],
    [200, 'GET', [chunked], 'chunked'],
    [200, 'GET', [], 'until-close'],
    [404, 'POST', [length], 'length'],
    [200, 'HEAD', [length], 'none'],
    [200, 'HEAD', [chunked], 'none'],
    [200, 'HEAD', ['Transfer-Encoding: gzip'], 'none'],
    [404, 'HEAD', [], 'none'],
    [100, 'GET', [], 'none'],
    [101, 'GET', [], 'none'],
    [103, 'GET', [length], 'none'],
    [204, 'GET', [length], 'none'],
    [304, 'GET', [length], 'none'],
    [304, 'GET', [chunked], 'none'],
    [200, 'CONNECT', [], 'tunnel'],
    [299, 'CONNECT', [length], 'tunnel'],
    [204, 'CONNECT', [], 'none'],
    [300, 'CONNECT', [length], 'length'],
    [407, 'CONNECT', [], 'until-close'],
  ] as const)('%i to %s with %j is %s', (status, method, fields, framing) => {
    expect(read(response(`HTTP/1.1 ${status} x`, ...fields), method)).toMatchObject({
      kind: 'complete',
      status,
      framing,
    });
  });

  it('HTTP/1.0 closes by default, HTTP/1.1 does not', () => {
    expect(read(response('HTTP/1.0 200 OK'))).toMatchObject({
      minor: 0,
      persistent: false,
      framing: 'until-close',
    });
    expect(read(response('HTTP/1.0 200 OK', 'Connection: keep-alive', length))).toMatchObject({
      persistent: true,
    });
    expect(read(response('HTTP/1.2 200 OK', length))).toMatchObject({ minor: 1, persistent: true });
    expect(read(response('HTTP/1.1 200 OK', length, 'Connection: close'))).toMatchObject({
      persistent: false,
    });
  });

  it('Host and Expect mean nothing in a response', () => {
    const text = response('HTTP/1.1 200 OK', 'Host: a b', 'Host: c', 'Expect: x', length);
    expect(read(text)).toMatchObject({ kind: 'complete', framing: 'length' });
  });

  it('101 with its fields grants an upgrade', () => {
    const text = response('HTTP/1.1 101 Switching Protocols', 'Upgrade: x', 'Connection: upgrade');
    expect(read(text)).toMatchObject({ upgrades: true });
  });
});

describe('RFC 9112 §4: the status-line', () => {
  it.each(['OK', '', 'Not Found', 'Gef\xfchlt \t"anders"'])('reason %j', (reason) => {
    expect(read(response(`HTTP/1.1 404 ${reason}`))).toMatchObject({ kind: 'complete', status: 404, reason });
  });

  it.each([
    ['\r\nHTTP/1.1 200 OK\r\n', 'h1-status-version-invalid', '\r'],
    ['HTTP/1.1  200 OK\r\n', 'h1-status-code-invalid', 'HTTP/1.1  '],
    ['HTTP/1.1 20 OK\r\n', 'h1-status-code-invalid', 'HTTP/1.1 20 '],
    ['HTTP/1.1 099 OK\r\n', 'h1-status-code-invalid', 'HTTP/1.1 0'],
    ['HTTP/1.1 600 OK\r\n', 'h1-status-code-invalid', 'HTTP/1.1 6'],
    ['HTTP/1.1 2000 OK\r\n', 'h1-status-code-invalid', 'HTTP/1.1 2000'],
    ['HTTP/1.1 200\r\n', 'h1-status-code-invalid', 'HTTP/1.1 200\r'],
    ['HTTP/2.0 200 OK\r\n', 'h1-version-unsupported', 'HTTP/2.0'],
    ['HTTP/1,1 200 OK\r\n', 'h1-status-version-invalid', 'HTTP/1,'],
    ['ICY 200 OK\r\n', 'h1-status-version-invalid', 'I'],
    ['HTTP/1.1 200 O\x00\r\n', 'h1-reason-invalid', 'HTTP/1.1 200 O\x00'],
    ['HTTP/1.1 200 OK\n', 'h1-bare-lf', 'HTTP/1.1 200 OK\n'],
    ['HTTP/1.1 200 OK\rX', 'h1-bare-cr', 'HTTP/1.1 200 OK\rX'],
    ['HTTP/1.1 200 OK\r\nX : y\r\n', 'h1-space-before-colon', 'HTTP/1.1 200 OK\r\nX '],
  ])('%j: %s, and a client closes', (text, code, upTo) => {
    expect(read(text)).toMatchObject({ kind: 'error', code, at: upTo.length - 1, answer: { kind: 'close' } });
  });

  it.each([
    [['Content-Length: 5', 'Transfer-Encoding: chunked'], 'h1-length-and-coding'],
    [['Transfer-Encoding: gzip, chunked'], 'h1-coding-unsupported'],
    [['Transfer-Encoding: gzip'], 'h1-coding-unsupported'],
    [['Content-Length: 5', 'Content-Length: 5'], 'h1-content-length-repeated'],
  ])('%j: %s', (fields, code) => {
    expect(read(response('HTTP/1.1 200 OK', ...fields))).toMatchObject({ kind: 'error', code });
  });

  const telling = octets(' \t\r\n/:.0159aHTP\x00\xff');

  it.each([...octets('HTTP/1.1 259 OK\r\n\r\n').entries()])(
    'CON-6: read in one step as octet by octet, with another in place %i',
    (at, octet) => {
      for (const status of ['259', '100', '599', '200', '909']) {
        const text = `HTTP/1.1 ${status} OK\r\n\r\n`;
        for (const other of [octet, octet ^ 0x20, octet - 1, octet + 1, ...telling]) {
          const given = text.slice(0, at) + String.fromCharCode(other & 255) + text.slice(at + 1);
          const slow = seen(readHead(given, oneByOne(given.length), { role: 'response' }));
          expect(seen(readHead(given, [given.length], { role: 'response' }))).toBe(slow);
        }
      }
    },
  );

  it.each(['HTTP/1.1 200 x', 'HTTP/1.1 200 '])(
    'CON-6: nothing is read in one step behind the end of %j',
    (text) => {
      for (let end = 0; end <= text.length; end++) {
        expect(
          readHead(text.slice(0, end), [end], { role: 'response', around: { offsets: [0], fills: [0x20] } }),
        ).toEqual({ kind: 'need-data' });
      }
    },
  );

  it.each(['OKAY', 'O', 'oK', 'ON', 'OK ', ' OK'])(
    'a reason that is nearly the usual one, %j, is itself',
    (reason) => {
      expect(read(response(`HTTP/1.1 200 ${reason}`))).toMatchObject({ reason });
    },
  );

  it('a line is limited', () => {
    const text = 'HTTP/1.1 200 abcdef\r\n\r\n';
    const limited = (maxFieldLineBytes: number) =>
      readHead(text, [text.length], { role: 'response', limits: { maxFieldLineBytes } });
    expect(limited(19)).toMatchObject({ kind: 'complete' });
    expect(limited(18)).toMatchObject({ kind: 'error', code: 'h1-field-line-too-long', at: 18 });
    // What could not stand there anyway is not too long.
    const limits = { maxFieldLineBytes: 14 };
    expect(readHead('HTTP/1.1 200 a\x00', [15], { role: 'response', limits })).toMatchObject({
      code: 'h1-reason-invalid',
      at: 14,
    });
  });
});
