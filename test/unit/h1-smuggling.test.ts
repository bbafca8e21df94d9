/**
 * Messages that some recipient, somewhere, has framed otherwise than the one before it. Each is refused, at the octet
 * where the doubt arises, or has the one framing that the grammar gives it.
 */

import { describe, expect, it } from 'vitest';
import { readChunked, readHead } from '../support/h1.js';

const post = (...lines: string[]) => ['POST / HTTP/1.1', 'Host: a', ...lines, '', ''].join('\r\n');

describe('which of two lengths', () => {
  it.each([
    ['CL.TE', post('Content-Length: 6', 'Transfer-Encoding: chunked')],
    ['TE.CL', post('Transfer-Encoding: chunked', 'Content-Length: 4')],
    ['TE.TE, the second unknown', post('Transfer-Encoding: chunked', 'Transfer-Encoding: x')],
    ['TE.TE, the first unknown', post('Transfer-Encoding: x', 'Transfer-Encoding: chunked')],
    ['TE.TE, identity last', post('Transfer-Encoding: chunked, identity')],
    ['TE disguised by a prefix', post('Transfer-Encoding: xchunked')],
    ['TE disguised by a control octet', post('Transfer-Encoding: \x0bchunked')],
    ['TE disguised by NUL', post('Transfer-Encoding: chunked\0')],
    ['TE disguised by obs-text', post('Transfer-Encoding: \x85chunked')],
    ['TE in quotes', post('Transfer-Encoding: "chunked"')],
    ['TE with a space before its colon', post('Transfer-Encoding : chunked')],
    ['TE with a tab before its colon', post('Transfer-Encoding\t: chunked')],
    ['TE folded', post('Transfer-Encoding:', ' chunked')],
    ['TE in a fold of another field', post('X: y', ' Transfer-Encoding: chunked')],
    ['TE behind a bare LF', post('X: y\nTransfer-Encoding: chunked')],
    ['TE behind a bare CR', post('X: y\rTransfer-Encoding: chunked')],
    ['TE behind CR CR LF', post('X: y\r', 'Transfer-Encoding: chunked')],
    ['TE and an empty element', post('Transfer-Encoding: ,chunked')],
    ['TE and a parameter', post('Transfer-Encoding: chunked;q=1')],
    ['TE in HTTP/1.0', 'POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['CL.CL', post('Content-Length: 6', 'Content-Length: 7')],
    ['CL.CL, the same', post('Content-Length: 6', 'Content-Length: 6')],
    ['CL as a list', post('Content-Length: 6, 6')],
    ['CL signed', post('Content-Length: +6')],
    ['CL hexadecimal', post('Content-Length: 0x6')],
    ['CL with a space in it', post('Content-Length: 1 6')],
    ['CL with an exponent', post('Content-Length: 1e3')],
    ['CL with an underscore', post('Content-Length: 1_000')],
    ['CL beyond 2^53', post('Content-Length: 9007199254740993')],
    ['CL beyond 2^64', post('Content-Length: 18446744073709551622')],
    ['CL empty', post('Content-Length:')],
    ['CL with NUL', post('Content-Length: 6\0')],
    ['CL with a space before its colon', post('Content-Length : 6')],
  ])('%s is refused', (_, text) => {
    expect(readHead(text, [text.length])).toMatchObject({ kind: 'error' });
  });

  it.each([
    ['an underscore makes another field', post('Transfer_Encoding: chunked', 'Content-Length: 6'), 'length'],
    ['so does a letter', post('Transfer-Encodin: chunked', 'Content-Length: 6'), 'length'],
    ['case makes none', post('tRANSFER-eNCODING: cHUNKED'), 'chunked'],
    ['white space around a value is no part of it', post('Content-Length: \t 6 \t'), 'length'],
    ['nor does anything need to stand before it', post('Transfer-Encoding:chunked'), 'chunked'],
  ])('%s', (_, text, framing) => {
    expect(readHead(text, [text.length])).toMatchObject({ kind: 'complete', framing, length: text.length });
  });
});

describe('which of two hosts', () => {
  it.each([
    ['two lines', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
    ['two values', 'GET / HTTP/1.1\r\nHost: a, b\r\n\r\n'],
    ['a path', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n'],
    ['userinfo', 'GET / HTTP/1.1\r\nHost: b@a\r\n\r\n'],
    ['a space before the first field', 'GET / HTTP/1.1\r\n Host: a\r\nHost: b\r\n\r\n'],
    ['userinfo in the target', 'GET http://b@a/ HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a backslash in the target', 'GET http://a\\b/ HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a second port', 'GET / HTTP/1.1\r\nHost: a:80:81\r\n\r\n'],
  ])('%s: refused', (_, text) => {
    expect(readHead(text, [text.length])).toMatchObject({ kind: 'error' });
  });

  it('RFC 9112 §3.2.2: the target’s authority overrides Host', () => {
    const text = 'GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n';
    expect(readHead(text, [text.length])).toMatchObject({ kind: 'complete', authority: 'a' });
  });
});

describe('where a line ends', () => {
  it.each([
    ['a request-line at a bare LF', 'GET / HTTP/1.1\nHost: a\r\n\r\n'],
    ['a request-line at a bare CR', 'GET / HTTP/1.1\rHost: a\r\n\r\n'],
    ['a head at LF LF', 'GET / HTTP/1.1\r\nHost: a\n\n'],
    ['a head at LF CR LF', 'GET / HTTP/1.1\r\nHost: a\n\r\n'],
    ['HTTP/0.9', 'GET /\r\n'],
    ['a second request-line word', 'GET / x HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a tab for a space', 'GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a space behind the version', 'GET / HTTP/1.1 \r\nHost: a\r\n\r\n'],
    ['a line without a colon', 'GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n'],
    ['a line that is a request-line', 'GET / HTTP/1.1\r\nHost: a\r\nGET /b HTTP/1.1\r\n\r\n'],
  ])('%s: refused', (_, text) => {
    expect(readHead(text, [text.length])).toMatchObject({ kind: 'error' });
  });
});

describe('where a chunk ends', () => {
  it.each([
    ['a size that wraps at 2^32', '100000005\r\nhello\r\n0\r\n\r\n', 'need-data'],
    ['a size that wraps at 2^64', '10000000000000005\r\nhello\r\n0\r\n\r\n', 'error'],
    ['a size beyond 2^53', '20000000000005\r\nhello\r\n0\r\n\r\n', 'error'],
    ['a negative size', '-5\r\nhello\r\n0\r\n\r\n', 'error'],
    ['a size with a prefix', '0x5\r\nhello\r\n0\r\n\r\n', 'error'],
    ['a size with an underscore', '0_5\r\nhello\r\n0\r\n\r\n', 'error'],
    ['a size behind a space', ' 5\r\nhello\r\n0\r\n\r\n', 'error'],
    ['a size before a space', '5 \r\nhello\r\n0\r\n\r\n', 'error'],
    ['a size line at a bare LF', '5\nhello\r\n0\r\n\r\n', 'error'],
    ['an extension at a bare LF', '5;a\nhello\r\n0\r\n\r\n', 'error'],
    ['an extension at a bare CR', '5;a\rhello\r\n0\r\n\r\n', 'error'],
    ['any two octets for the line end after data', '5\r\nhelloXX0\r\n\r\n', 'error'],
    ['none', '5\r\nhello0\r\n\r\n', 'error'],
    ['a bare LF after data', '5\r\nhello\n0\r\n\r\n', 'error'],
    ['LF CR after data', '5\r\nhello\n\r0\r\n\r\n', 'error'],
    ['a chunk shorter than it says', '6\r\nhello\r\n0\r\n\r\n', 'error'],
    ['a chunk longer than it says', '4\r\nhello\r\n0\r\n\r\n', 'error'],
    ['a last chunk at a bare LF', '0\n\r\n', 'error'],
    ['an end at a bare LF', '0\r\n\n', 'error'],
    ['a folded trailer', '0\r\nX: y\r\n z\r\n\r\n', 'error'],
    ['a length in a trailer', '0\r\nContent-Length: 5\r\n\r\n', 'error'],
    ['a coding in a trailer', '0\r\nTransfer-Encoding: chunked\r\n\r\n', 'error'],
    ['a host in a trailer', '0\r\nHost: b\r\n\r\n', 'error'],
    ['a last chunk of many zeros', '0000\r\n\r\n', 'complete'],
  ])('%s', (_, text, kind) => {
    expect(readChunked(text, [text.length])).toMatchObject({ kind });
  });
});
