/** What is written: heads, framing, chunks; all-or-nothing at every size; misuse refused before a byte. */

import { describe, expect, it } from 'vitest';
import { MisuseError } from '../../src/errors.js';
import {
  CONNECTION_CLOSE,
  CONNECTION_HTTP2_SETTINGS,
  CONNECTION_KEEP_ALIVE,
  CONNECTION_TE,
  CONNECTION_UNSAID,
  CONNECTION_UPGRADE,
  encodeChunk,
  encodeChunkSize,
  encodeLastChunk,
  encodeRequestHead,
  encodeResponseFrom,
  encodeResponseHead,
  LINE_END,
  lineEndWithHost,
  requireAuthority,
  requireMethod,
  requireTarget,
} from '../../src/session/h1/encode.js';
import {
  FieldJudge,
  judgeTrailers,
  type OutgoingFields,
  PreparedFields,
} from '../../src/session/h1/encode-fields.js';
import {
  EXPECTS_CONTINUE,
  HAS_DATE,
  HAS_HOST,
  HAS_TE,
  HAS_UPGRADE,
  SAYS_CLOSE,
  SAYS_KEEP_ALIVE,
} from '../../src/session/h1/field-section.js';
import {
  FRAMING_CHUNKED,
  FRAMING_LENGTH,
  FRAMING_NONE,
  FRAMING_UNTIL_CLOSE,
} from '../../src/session/h1/head-reader.js';
import { characters, octets } from '../support/h1.js';

type Write = (bytes: Uint8Array, at: number, end: number) => number;

/** What is written, at an offset; and that no smaller room is enough, nor touched at or behind its end. */
function written(write: Write): string {
  const bytes = new Uint8Array(2000).fill(0xee);
  const end = write(bytes, 7, bytes.length);
  expect(end).toBeGreaterThan(7);
  for (let room = 7; room < end; room++) {
    const tight = new Uint8Array(2000).fill(0xee);
    expect(write(tight, 7, room)).toBe(-1);
    expect(tight.subarray(0, 7).every((octet) => octet === 0xee)).toBe(true);
    expect(tight.subarray(room).every((octet) => octet === 0xee)).toBe(true);
  }
  const exact = new Uint8Array(2000).fill(0xee);
  expect(write(exact, 7, end)).toBe(end);
  expect(exact.subarray(end).every((octet) => octet === 0xee)).toBe(true);
  expect(exact.subarray(0, end)).toEqual(bytes.subarray(0, end));
  return characters(bytes, 7, end);
}

describe('WS-8: heads are written whole or not at all', () => {
  const fields: OutgoingFields = [
    ['X-A', 'b'],
    ['content-length', '12'],
    ['Connection', 'close'],
    ['Empty', ''],
    ['Long', 'é'.repeat(80)],
  ];
  const date = new PreparedFields([['Date', 'Sun, 06 Nov 1994 08:49:37 GMT']]);

  it('a response', () => {
    const write: Write = (bytes, at, end) =>
      encodeResponseHead(bytes, at, end, 200, fields, FRAMING_LENGTH, 12, CONNECTION_CLOSE, date);
    expect(written(write)).toBe(
      'HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nX-A: b\r\nEmpty: \r\n' +
        `Long: ${'é'.repeat(80)}\r\nContent-Length: 12\r\nConnection: close\r\n\r\n`,
    );
  });

  it('a Date that is shorter than the status-line', () => {
    const write: Write = (bytes, at, end) =>
      encodeResponseHead(bytes, at, end, 511, [], FRAMING_NONE, -1, CONNECTION_UNSAID, date);
    expect(written(write)).toBe(
      'HTTP/1.1 511 Network Authentication Required\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n',
    );
  });

  it.each([
    [FRAMING_LENGTH, 0, CONNECTION_UNSAID, 'Content-Length: 0\r\n'],
    [FRAMING_LENGTH, Number.MAX_SAFE_INTEGER, CONNECTION_UNSAID, 'Content-Length: 9007199254740991\r\n'],
    [FRAMING_CHUNKED, -1, CONNECTION_KEEP_ALIVE, 'Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n'],
    [FRAMING_NONE, -1, CONNECTION_UPGRADE, 'Connection: upgrade\r\n'],
    [FRAMING_UNTIL_CLOSE, -1, CONNECTION_CLOSE, 'Connection: close\r\n'],
    [FRAMING_NONE, -1, CONNECTION_CLOSE | CONNECTION_UPGRADE, 'Connection: close, upgrade\r\n'],
    [
      FRAMING_NONE,
      -1,
      CONNECTION_KEEP_ALIVE | CONNECTION_UPGRADE | CONNECTION_TE | CONNECTION_HTTP2_SETTINGS,
      'Connection: keep-alive, upgrade, TE, HTTP2-Settings\r\n',
    ],
  ])('framing %i of %i, connection %i', (framing, length, connection, lines) => {
    const write: Write = (bytes, at, end) =>
      encodeResponseHead(bytes, at, end, 599, [], framing, length, connection, undefined);
    expect(written(write)).toBe(`HTTP/1.1 599 \r\n${lines}\r\n`);
  });

  it.each([1, 9, 10, 11, 99, 100, 999, 1000, 10 ** 15 - 1, 10 ** 15])('a length of %i', (length) => {
    const write: Write = (bytes, at, end) =>
      encodeResponseHead(bytes, at, end, 200, [], FRAMING_LENGTH, length, CONNECTION_UNSAID, undefined);
    expect(written(write)).toBe(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`);
  });

  it('a response that begins as another did', () => {
    const front = octets('HTTP/1.1 200 OK\r\nDate: now\r\nX-A: b\r\n');
    const write: Write = (bytes, at, end) =>
      encodeResponseFrom(front, bytes, at, end, FRAMING_LENGTH, 12, CONNECTION_CLOSE);
    expect(written(write)).toBe(
      'HTTP/1.1 200 OK\r\nDate: now\r\nX-A: b\r\nContent-Length: 12\r\nConnection: close\r\n\r\n',
    );
  });

  it('a request', () => {
    const write: Write = (bytes, at, end) =>
      encodeRequestHead(
        bytes,
        at,
        end,
        'POST',
        '/a?b',
        lineEndWithHost('a.b:80'),
        fields,
        FRAMING_CHUNKED,
        -1,
        CONNECTION_UNSAID,
      );
    expect(written(write)).toBe(
      `POST /a?b HTTP/1.1\r\nHost: a.b:80\r\nX-A: b\r\nEmpty: \r\nLong: ${'é'.repeat(80)}\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    const prepared = new PreparedFields([['host', 'x']]);
    const hosted: Write = (bytes, at, end) =>
      encodeRequestHead(bytes, at, end, 'GET', '*', LINE_END, prepared, FRAMING_NONE, -1, CONNECTION_CLOSE);
    expect(written(hosted)).toBe('GET * HTTP/1.1\r\nhost: x\r\nConnection: close\r\n\r\n');
  });

  it('a status that is none is misuse', () => {
    for (const status of [99, 600, 200.5, Number.NaN, -1]) {
      expect(() =>
        encodeResponseHead(new Uint8Array(99), 0, 99, status, [], FRAMING_NONE, 0, 0, undefined),
      ).toThrow(expect.objectContaining({ code: 'status', cites: 'RFC 9110 §15', fault: 'api-misuse' }));
    }
  });
});

describe('WS-8: chunks are written whole or not at all', () => {
  it.each([
    1,
    9,
    10,
    15,
    16,
    255,
    256,
    65_535,
    65_536,
    2 ** 31,
    2 ** 32,
    2 ** 40 + 1,
    Number.MAX_SAFE_INTEGER,
  ])('a size of %i', (size) => {
    expect(written((bytes, at, end) => encodeChunkSize(size, bytes, at, end))).toBe(
      `${size.toString(16)}\r\n`,
    );
  });

  it('a size that is none is misuse', () => {
    for (const size of [0, -1, 1.5, Number.NaN, 2 ** 53]) {
      expect(() => encodeChunkSize(size, new Uint8Array(99), 0, 99)).toThrow(
        expect.objectContaining({ code: 'chunk-size', cites: 'RFC 9112 §7.1', fault: 'api-misuse' }),
      );
    }
  });

  it('a chunk with its data', () => {
    const data = octets('..hello world, how are you..');
    const write: Write = (bytes, at, end) => encodeChunk(data, 2, 26, bytes, at, end);
    expect(written(write)).toBe('18\r\nhello world, how are you\r\n');
    expect(written((bytes, at, end) => encodeChunk(data, 2, 3, bytes, at, end))).toBe('1\r\nh\r\n');
  });

  it('the last chunk, with and without trailers', () => {
    expect(written((bytes, at, end) => encodeLastChunk(undefined, bytes, at, end))).toBe('0\r\n\r\n');
    expect(written((bytes, at, end) => encodeLastChunk([], bytes, at, end))).toBe('0\r\n\r\n');
    const trailers: OutgoingFields = [
      ['X-Sum', '1'],
      ['Date', 'y'],
    ];
    expect(written((bytes, at, end) => encodeLastChunk(trailers, bytes, at, end))).toBe(
      '0\r\nX-Sum: 1\r\nDate: y\r\n\r\n',
    );
    const before = new Uint8Array(50);
    expect(() =>
      encodeLastChunk(
        [
          ['X', 'y'],
          ['Host', 'a'],
        ],
        before,
        0,
        50,
      ),
    ).toThrow(MisuseError);
    expect(before).toEqual(new Uint8Array(50));
  });
});

describe('what a caller may say in its fields', () => {
  const judged = (...fields: OutgoingFields) => {
    const judge = new FieldJudge();
    judge.judge([['X', 'content-length: 1']]);
    judge.judge(fields);
    return { contentLength: judge.contentLength, flags: judge.flags };
  };

  it('declares and asks', () => {
    expect(judged()).toEqual({ contentLength: -1, flags: 0 });
    expect(judged(['Content-Length', '007'])).toEqual({ contentLength: 7, flags: 0 });
    expect(judged(['CONNECTION', 'Close'])).toEqual({
      contentLength: -1,
      flags: SAYS_CLOSE,
    });
    expect(judged(['Tf', 'a'], ['Dbte', 'b'], ['hosu', 'c'], ['Connectioo', 'upgrade'])).toEqual({
      contentLength: -1,
      flags: 0,
    });
    expect(judged(['connection', 'keep-alive , close']).flags).toBe(SAYS_CLOSE | SAYS_KEEP_ALIVE);
    expect(
      judged(['host', 'a'], ['date', 'b'], ['te', 'c'], ['trailer', 'd'], ['upgrade', 'e'], ['expect', 'f'])
        .flags,
    ).toBe(HAS_HOST | HAS_DATE | HAS_TE | HAS_UPGRADE | EXPECTS_CONTINUE);
  });

  /** By what right a field is refused. */
  const sections = {
    'field-name': 'RFC 9110 §5.1',
    'field-value': 'RFC 9110 §5.5',
    'field-framing': 'RFC 9110 §7.6.1',
  };

  it.each([
    ['', 'x', 'field-name'],
    ['a b', 'x', 'field-name'],
    ['a:', 'x', 'field-name'],
    ['a\r\nb', 'x', 'field-name'],
    ['é', 'x', 'field-name'],
    ['\u0141', 'x', 'field-name'],
    ['a', 'x\r\ny: z', 'field-value'],
    ['a', 'x\n', 'field-value'],
    ['a', 'x\0y', 'field-value'],
    ['a', '\x7f', 'field-value'],
    ['a', ' x', 'field-value'],
    ['a', 'x\t', 'field-value'],
    ['a', 'x ', 'field-value'],
    ['a', '\tx', 'field-value'],
    ['a', ' ', 'field-value'],
    ['a', 'x\u010dy', 'field-value'],
    ['Transfer-Encoding', 'chunked', 'field-framing'],
    ['Keep-Alive', 'timeout=5', 'field-framing'],
    ['Proxy-Connection', 'close', 'field-framing'],
    ['Connection', 'upgrade', 'field-framing'],
    ['Connection', '', 'field-framing'],
    ['Content-Length', '+1', 'field-framing'],
    ['Content-Length', '', 'field-framing'],
    ['Content-Length', '9007199254740992', 'field-framing'],
  ] as const)('%j: %j is %s', (name, value, code) => {
    expect(() => judged(['X', 'y'], [name, value])).toThrow(
      expect.objectContaining({
        code,
        cites: name === 'Content-Length' ? 'RFC 9110 §8.6' : sections[code],
        fault: 'api-misuse',
      }),
    );
    expect(() => new PreparedFields([[name, value]])).toThrow(MisuseError);
  });

  it('some only once', () => {
    expect(() => judged(['Content-Length', '1'], ['content-length', '1'])).toThrow(MisuseError);
    expect(() => judged(['Content-Length', '0'], ['content-length', '0'])).toThrow(MisuseError);
    expect(() => judged(['Host', 'a'], ['host', 'a'])).toThrow(MisuseError);
  });

  it('RFC 9110 §6.5.1: trailers carry no framing, routing or connection', () => {
    judgeTrailers([
      ['X-Sum', '1'],
      ['Date', 'x'],
    ]);
    for (const name of [
      'Content-Length',
      'Transfer-Encoding',
      'Host',
      'Connection',
      'TE',
      'Trailer',
      'Upgrade',
      'Expect',
      'Keep-Alive',
    ]) {
      expect(() =>
        judgeTrailers([
          ['X', 'y'],
          [name, '1'],
        ]),
      ).toThrow(expect.objectContaining({ code: 'field-framing', cites: 'RFC 9110 §6.5.1' }));
    }
    expect(() => judgeTrailers([['a b', '1']])).toThrow(MisuseError);
    expect(() => judgeTrailers([['a', '\r']])).toThrow(MisuseError);
  });
});

describe('what a client may ask for', () => {
  it('methods', () => {
    requireMethod('GET');
    requireMethod("a!#$%&'*+-.^_`|~9");
    for (const method of ['', 'G T', 'GET\r\n', 'É'])
      expect(() => requireMethod(method)).toThrow(
        expect.objectContaining({ code: 'method', cites: 'RFC 9110 §9.1' }),
      );
  });

  it.each([
    ['GET', '/', true],
    ['GET', '/a%2f?b', true],
    ['GET', '/a%2', false],
    ['GET', '/a%2g', false],
    ['GET', '/a%g2', false],
    ['GET', 'xa/b', false],
    ['GET', '1a/b', false],
    ['GET', 'a:/b', false],
    ['GET', '/a b', false],
    ['GET', '/a\r\n', false],
    ['GET', '/\u0141', false],
    ['GET', '/[', false],
    ['GET', '', false],
    ['GET', 'a', false],
    ['GET', '*', false],
    ['OPTIONS', '*', true],
    ['GET', 'http://a/[', false],
    ['GET', 'http://[::1]/', true],
    ['CONNECT', 'a:1', true],
    ['CONNECT', 'a', false],
    ['CONNECT', '/', false],
  ])('%s %j: %s', (method, target, valid) => {
    if (valid) requireTarget(method, target);
    else
      expect(() => requireTarget(method, target)).toThrow(
        expect.objectContaining({ code: 'target', cites: 'RFC 9112 §3.2' }),
      );
  });

  it('authorities', () => {
    for (const authority of ['a', 'a:80', '[::1]:80', '192.0.2.1:']) requireAuthority(authority);
    for (const authority of ['', ':80', 'a b', 'a/b', 'u@a', 'a\r\n', 'a:x', '\u0141'])
      expect(() => requireAuthority(authority)).toThrow(
        expect.objectContaining({ code: 'authority', cites: 'RFC 9112 §3.2' }),
      );
  });
});
