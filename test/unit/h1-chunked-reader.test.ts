/** The chunked coding: sizes at their edges, extensions, trailers, limits; each fault with its code and its octet. */

import { describe, expect, it } from 'vitest';
import { ChunkedReader } from '../../src/session/h1/chunked-reader.js';
import type { ChunkedLimits } from '../../src/session/h1/limits.js';
import { COMPLETE, DATA, ERROR, NEED_DATA } from '../../src/session/h1/results.js';
import { octets, readChunked } from '../support/h1.js';

const read = (text: string, limits: Partial<ChunkedLimits> = {}) =>
  readChunked(text, [text.length], { limits });

describe('what is read', () => {
  it('RFC 9112 §7.1: chunks, extensions and trailers', () => {
    const text = '5\r\nhello\r\n006;a=b;c="d\\"e"\r\n world\r\n0;x\r\nX-Sum: 1\r\nDate: y\r\n\r\nnext';
    expect(read(text)).toEqual({
      kind: 'complete',
      end: text.length,
      length: text.length - 4,
      data: 'hello world',
      trailers: [
        ['X-Sum', '1'],
        ['Date', 'y'],
      ],
      count: 2,
    });
  });

  it('data is given as ranges of what was given, without a copy', () => {
    const reader = new ChunkedReader('request');
    const bytes = octets('a\r\n0123456789\r\n0\r\n\r\n');
    expect(reader.read(bytes, 0, 7)).toBe(DATA);
    expect([reader.dataStart, reader.dataEnd, reader.position]).toEqual([3, 7, 7]);
    expect(reader.read(bytes, 7, 7)).toBe(NEED_DATA);
    expect(reader.read(bytes, 7, bytes.length)).toBe(DATA);
    expect([reader.dataStart, reader.dataEnd, reader.position]).toEqual([7, 13, 13]);
    expect(reader.read(bytes, 13, bytes.length)).toBe(COMPLETE);
    expect(reader.position).toBe(bytes.length);
    expect(reader.read(bytes, bytes.length, bytes.length)).toBe(COMPLETE);
    // What comes behind is of the next message.
    expect(reader.read(bytes, 0, bytes.length)).toBe(COMPLETE);
    reader.reset();
    expect(reader.read(bytes, 0, bytes.length)).toBe(DATA);
  });

  it.each([
    ['7fffffff', 2 ** 31 - 1],
    ['80000000', 2 ** 31],
    ['ffffffff', 2 ** 32 - 1],
    ['100000000', 2 ** 32],
    ['100000005', 2 ** 32 + 5],
    ['1fffffffffffff', 2 ** 53 - 1],
  ])('a chunk of %s octets is as long as it says', (digits, size) => {
    const reader = new ChunkedReader('request');
    const head = octets(`${digits}\r\n`);
    expect(reader.read(head, 0, head.length)).toBe(NEED_DATA);
    const data = new Uint8Array(2 ** 20);
    let left = size;
    // As much as can be given in reasonable time: none of it may be taken for anything but data.
    for (let i = 0; i < 3000 && left > data.length; i++) {
      expect(reader.read(data, 0, data.length)).toBe(DATA);
      expect(reader.dataEnd).toBe(data.length);
      left -= data.length;
    }
    if (left < data.length) {
      expect(reader.read(data, 0, data.length)).toBe(DATA);
      expect(reader.dataEnd).toBe(left);
    } else expect(reader.read(data, 0, data.length)).toBe(DATA);
  });
});

describe('what is refused', () => {
  it.each([
    ['\r\n', 'h1-chunk-size-invalid', '\r'],
    [' 5\r\n', 'h1-chunk-size-invalid', ' '],
    ['+5\r\n', 'h1-chunk-size-invalid', '+'],
    ['-5\r\n', 'h1-chunk-size-invalid', '-'],
    ['0x5\r\n', 'h1-chunk-size-line', '0x'],
    ['5g\r\n', 'h1-chunk-size-line', '5g'],
    ['5 \r\n', 'h1-chunk-extension-invalid', '5 \r'],
    ['5\n', 'h1-bare-lf', '5\n'],
    ['5\rX', 'h1-bare-cr', '5\rX'],
    ['20000000000000\r\n', 'h1-chunk-size-invalid', '20000000000000'],
    ['ffffffffffffffff\r\n', 'h1-chunk-size-invalid', 'ffffffffffffff'],
    ['00000000000000001\r\n', 'h1-chunk-size-too-long', '00000000000000001'],
    ['5;\r\n', 'h1-chunk-extension-invalid', '5;\r'],
    ['5;a=\r\n', 'h1-chunk-extension-invalid', '5;a=\r'],
    ['5;a b\r\n', 'h1-chunk-extension-invalid', '5;a b'],
    ['5;a="b\r\n', 'h1-chunk-extension-invalid', '5;a="b\r'],
    ['5;a="b"c\r\n', 'h1-chunk-extension-invalid', '5;a="b"c'],
    ['5;a=b\n', 'h1-bare-lf', '5;a=b\n'],
    ['5;a\x00\r\n', 'h1-chunk-extension-invalid', '5;a\x00'],
    ['5\r\nhelloXX', 'h1-chunk-data-end', '5\r\nhelloX'],
    ['5\r\nhello\n', 'h1-chunk-data-end', '5\r\nhello\n'],
    ['5\r\nhello\rX', 'h1-chunk-data-end', '5\r\nhello\rX'],
    ['4\r\nhello\r\n', 'h1-chunk-data-end', '4\r\nhello'],
    ['6\r\nhello\r\n0\r\n\r\n', 'h1-chunk-data-end', '6\r\nhello\r\n'],
    ['5\r\nhello\r\n\r\n', 'h1-chunk-size-invalid', '5\r\nhello\r\n\r'],
    ['0\r\nX : y\r\n', 'h1-space-before-colon', '0\r\nX '],
    ['0\r\n\n', 'h1-bare-lf', '0\r\n\n'],
    ['0\r\nContent-Length: 1\r\n', 'h1-trailer-forbidden', '0\r\nContent-Length: 1\r\n'],
    ['0\r\ntransfer-encoding: chunked\r\n', 'h1-trailer-forbidden', '0\r\ntransfer-encoding: chunked\r\n'],
    ['0\r\nHOST: a\r\n', 'h1-trailer-forbidden', '0\r\nHOST: a\r\n'],
    ['0\r\nTE: a\r\n', 'h1-trailer-forbidden', '0\r\nTE: a\r\n'],
  ])('%j: %s', (text, code, upTo) => {
    const answer = { kind: 'status', status: 400 };
    expect(read(text)).toMatchObject({ kind: 'error', code, answer, at: upTo.length - 1 });
  });

  it('WIRE-2: nothing after a fault is read', () => {
    const reader = new ChunkedReader('response');
    expect(reader.read(octets('x'), 0, 1)).toBe(ERROR);
    expect(reader.error).toMatchObject({ code: 'h1-chunk-size-invalid', answer: { kind: 'close' } });
    expect(reader.read(octets('0\r\n\r\n'), 0, 5)).toBe(ERROR);
    expect(reader.read(octets(''), 0, 0)).toBe(ERROR);
    reader.reset();
    expect(reader.error).toBeUndefined();
    expect(reader.read(octets('0\r\n\r\n'), 0, 5)).toBe(COMPLETE);
  });
});

describe('limits are met to the octet', () => {
  const body = '3;abc=d\r\nxyz\r\n0;ef\r\nA: b\r\nC: d\r\n\r\n';
  it.each([
    ['maxChunkSizeDigits', 1, 400, 'h1-chunk-size-too-long', 0],
    ['maxChunkExtensionBytes', 6, 400, 'h1-chunk-extension-too-long', 6],
    ['maxExtensionBytes', 9, 400, 'h1-chunk-extensions-too-long', 17],
    ['maxTrailerBytes', 14, 431, 'h1-trailers-too-large', 33],
    ['maxFieldLineBytes', 4, 431, 'h1-field-line-too-long', 23],
    ['maxTrailerFields', 2, 431, 'h1-too-many-trailers', 26],
  ] as const)('%s', (name, most, status, code, at) => {
    expect(read(body, { [name]: most })).toMatchObject({ kind: 'complete', data: 'xyz' });
    const answer = { kind: 'status', status };
    expect(read(body, { [name]: most - 1 })).toMatchObject({ kind: 'error', code, answer, at });
  });
});
