// What `undercoat get --verbose` says of the bytes that pass: the same, however they are cut.
import { describe, expect, test } from 'vitest';
import type { FrameLines, Tell } from '../../src/lab/get/frame-lines.js';
import { H1Lines } from '../../src/lab/get/h1-lines.js';
import { H2Lines } from '../../src/lab/get/h2-lines.js';
import { octets } from '../support/h1.js';

/** What is told when the bytes come in pieces of so many. */
function told(make: (tell: Tell) => FrameLines, bytes: Uint8Array, size: number): string[] {
  const lines: string[] = [];
  const reader = make((kind, text, list = []) => lines.push([`${kind} ${text}`, ...list].join('\n  ')));
  for (let at = 0; at < bytes.length; at += size) {
    // Nothing around the piece is readable, and nothing of it later.
    const piece = bytes.slice(at, at + size);
    reader.take(piece, 0, piece.length);
    piece.fill(0xdb);
  }
  return lines;
}

/** A frame of HTTP/2, its payload as octets in text. */
function frame(type: number, flags: number, stream: number, payload: string): string {
  const head = [
    payload.length >> 16,
    (payload.length >> 8) & 255,
    payload.length & 255,
    type,
    flags,
    0,
    0,
    0,
    stream,
  ];
  return String.fromCharCode(...head) + payload;
}

const cuts = [1, 2, 3, 7, 10_000];

describe('H2', () => {
  // RFC 7541 C.4.1, then an insertion that C.4.2 refers to.
  const first = '\x82\x86\x84\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff';
  const second = '\x82\x86\x84\xbe\x58\x86\xa8\xeb\x10\x64\x9c\xbf';
  const bytes = octets(
    [
      frame(4, 0, 0, '\0\x04\0\x01\0\0\0\x42\0\0\0\x07'),
      frame(4, 1, 0, ''),
      frame(1, 4, 1, first),
      frame(1, 0x29, 3, `\x02\x80\0\0\x01\x0f${second.slice(0, 5)}\0\0`),
      frame(9, 4, 3, second.slice(5)),
      frame(0, 0x08, 1, '\x03abcdef\0\0\0'),
      frame(0, 1, 1, ''),
      frame(8, 0, 0, '\0\0\x10\0'),
      frame(3, 0, 3, '\0\0\0\x08'),
      frame(6, 1, 0, '\x01\x02\x03\x04\x05\x06\x07\x08'),
      frame(0x10, 0, 0, '\0\0\0\x05u=3'),
      frame(0x0c, 0, 0, 'new'),
      frame(8, 0, 1, '\0\0\0\0'),
      frame(7, 0, 0, '\0\0\0\x03\0\0\0\x0bcalm'),
    ].join(''),
  );

  test.each(cuts)('in pieces of %i', (size) => {
    expect(told((tell) => new H2Lines(tell), bytes, size)).toEqual([
      'SETTINGS INITIAL_WINDOW_SIZE=65536, 0x42=7',
      'SETTINGS ACK',
      'HEADERS stream 1, 17 bytes, END_HEADERS\n  :method: GET\n  :scheme: http\n  :path: /\n  :authority: www.example.com',
      'HEADERS stream 3, 5 bytes, padding 3, END_STREAM, depends on 1 alone, weight 16',
      'CONTINUATION stream 3, 7 bytes, END_HEADERS\n  :method: GET\n  :scheme: http\n  :path: /\n  :authority: www.example.com\n  cache-control: no-cache',
      'DATA stream 1, 6 bytes, padding 4',
      'DATA stream 1, 0 bytes, END_STREAM',
      'WINDOW_UPDATE +4096',
      'RST_STREAM stream 3, CANCEL',
      'PING ACK, 0102030405060708',
      'PRIORITY_UPDATE of stream 5, "u=3"',
      '0xc 3 bytes',
      expect.stringMatching(/^WINDOW_UPDATE stream 1, refused: .*RFC 9113 §6\.9/),
      'GOAWAY ENHANCE_YOUR_CALM, last stream 3, "calm"',
    ]);
  });
});

describe('H1', () => {
  const answers = octets(
    'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n' +
      'HTTP/1.1 204 No Content\r\n\r\n' +
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=1\r\nabc\r\n0\r\nSum: 3\r\n\r\n' +
      'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n' +
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello' +
      'HTTP/1.0 200 \r\n\r\nall that comes',
  );
  /** Content is told as it comes. */
  const pieces = /^(chunk|content|bytes) /;

  test.each(cuts)('in pieces of %i', (size) => {
    const lines = told((tell) => new H1Lines('response', 'GET', tell), answers, size);
    expect(lines.filter((line) => !pieces.test(line))).toEqual([
      'head HTTP/1.1 103 Early Hints\n  Link: </a>',
      'head HTTP/1.1 204 No Content',
      'head HTTP/1.1 200 OK\n  Transfer-Encoding: chunked',
      'last chunk, 1 trailers\n  Sum: 3',
      'head HTTP/1.1 304 Not Modified\n  Content-Length: 5',
      'head HTTP/1.1 200 OK\n  Content-Length: 5',
      'head HTTP/1.0 200',
    ]);
    const count = (kind: string) =>
      lines.reduce((sum, line) => sum + Number(new RegExp(`^${kind} (\\d+)`).exec(line)?.[1] ?? 0), 0);
    expect([count('chunk'), count('content'), count('bytes')]).toEqual([3, 5, 14]);
  });

  test('a response to HEAD has no content, and what is no head is said to be none', () => {
    const text = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
    expect(told((tell) => new H1Lines('response', 'HEAD', tell), octets(text), 1000)).toEqual([
      'head HTTP/1.1 200 OK\n  Content-Length: 5',
      expect.stringMatching(/^no head .*RFC 9112/),
      'bytes 5',
    ]);
    const asked = octets('PUT /a HTTP/1.1\r\nHost: b\r\nContent-Length: 4\r\n\r\nfour');
    expect(told((tell) => new H1Lines('request', 'PUT', tell), asked, 1000)).toEqual([
      'head PUT /a HTTP/1.1\n  Host: b\n  Content-Length: 4',
      'content 4 bytes',
    ]);
  });
});
