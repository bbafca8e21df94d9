/** The values that decide framing and persistence, as octets amid others, which are never looked at. */

import { describe, expect, it } from 'vitest';
import {
  CODINGS_AFTER_CHUNKED,
  CODINGS_CHUNKED,
  CODINGS_CHUNKED_TWICE,
  CODINGS_MALFORMED,
  CODINGS_NONE,
  CODINGS_OTHER,
  CODINGS_PARAMETER,
  OPTION_CLOSE,
  OPTION_KEEP_ALIVE,
  OPTION_UPGRADE,
  OPTIONS_MALFORMED,
  readConnectionOptions,
  readTransferCodings,
} from '../../src/session/h1/field-values.js';
import { octets } from '../support/h1.js';

const surroundings = ['', ' ', 'a', ',', ';', '=', '"', '\\', '=a', ';a=b', 'chunked', '\x00'];

/** What is read of the text in the middle of each of several surroundings, which must not matter. */
function amid(text: string, read: (bytes: Uint8Array, at: number, end: number) => number): number {
  const [first, ...others] = surroundings.map((around) =>
    read(octets(around + text + around), around.length, around.length + text.length),
  );
  for (const other of others) expect(other).toBe(first);
  return first as number;
}

describe('RFC 9112 §6.1: transfer codings', () => {
  const read = (text: string, before: number) =>
    amid(text, (bytes, at, end) => readTransferCodings(bytes, at, end, before));

  it.each([
    ['chunked', CODINGS_CHUNKED],
    ['CHUNKED', CODINGS_CHUNKED],
    ['chunke', CODINGS_OTHER],
    ['chunkee', CODINGS_OTHER],
    ['xchunked', CODINGS_OTHER],
    ['chunkedx', CODINGS_OTHER],
    ['gzip', CODINGS_OTHER],
    ['gzip;q=1', CODINGS_OTHER],
    ['gzip ; q = 1', CODINGS_OTHER],
    ['gzip;q=1;r="2"', CODINGS_OTHER],
    ['gzip;q=""', CODINGS_OTHER],
    ['gzip;q=" a\t\\"\\\\,;="', CODINGS_OTHER],
    ['gzip;q="a", x', CODINGS_OTHER],
    ['chunked;q=1', CODINGS_PARAMETER],
    ['chunked ;q="1"', CODINGS_PARAMETER],
    ['chunked, chunked', CODINGS_CHUNKED_TWICE],
    ['chunked,gzip', CODINGS_AFTER_CHUNKED],
    ['gzip,chunked,x', CODINGS_AFTER_CHUNKED],
    ['', CODINGS_MALFORMED],
    [',', CODINGS_MALFORMED],
    ['gzip,', CODINGS_MALFORMED],
    ['gzip,,x', CODINGS_MALFORMED],
    [',gzip', CODINGS_MALFORMED],
    ['gzip x', CODINGS_MALFORMED],
    ['gzip=x', CODINGS_MALFORMED],
    ['gzip"x"', CODINGS_MALFORMED],
    ['gzip;', CODINGS_MALFORMED],
    ['gzip; ', CODINGS_MALFORMED],
    ['gzip;=1', CODINGS_MALFORMED],
    ['gzip;q', CODINGS_MALFORMED],
    ['gzip;q 1', CODINGS_MALFORMED],
    ['gzip;q,x', CODINGS_MALFORMED],
    ['gzip;q;r=1', CODINGS_MALFORMED],
    ['gzip;q=', CODINGS_MALFORMED],
    ['gzip;q=;r=1', CODINGS_MALFORMED],
    ['gzip;q=,x', CODINGS_MALFORMED],
    ['gzip;q="', CODINGS_MALFORMED],
    ['gzip;q="a', CODINGS_MALFORMED],
    ['gzip;q="a\\', CODINGS_MALFORMED],
    ['gzip;q="a\\"', CODINGS_MALFORMED],
    ['gzip;q="\x00"', CODINGS_MALFORMED],
    ['gzip;q="\\\x00"', CODINGS_MALFORMED],
    ['gzip;q="\x7f"', CODINGS_MALFORMED],
    ['gzip;q="\\\x7f"', CODINGS_MALFORMED],
    ['gzip;q="a"b', CODINGS_MALFORMED],
    ['gzip;q=a"b"', CODINGS_MALFORMED],
  ])('%j', (text, said) => {
    expect(read(text, CODINGS_NONE)).toBe(said);
  });

  it('a line goes on where the one before it ended', () => {
    expect(read('gzip', CODINGS_CHUNKED)).toBe(CODINGS_AFTER_CHUNKED);
    expect(read('chunked', CODINGS_CHUNKED)).toBe(CODINGS_CHUNKED_TWICE);
    const otherChunked = read('chunked', CODINGS_OTHER);
    expect(otherChunked).toBe(read('gzip, chunked', CODINGS_NONE));
    expect(read('gzip', otherChunked)).toBe(CODINGS_AFTER_CHUNKED);
    expect(read('chunked', otherChunked)).toBe(CODINGS_CHUNKED_TWICE);
  });
});

describe('RFC 9110 §7.6.1: connection options', () => {
  it.each([
    ['', 0],
    ['close', OPTION_CLOSE],
    ['Close', OPTION_CLOSE],
    ['closf', 0],
    ['clos', 0],
    ['closed', 0],
    ['upgrade', OPTION_UPGRADE],
    ['upgradf', 0],
    ['keep-alive', OPTION_KEEP_ALIVE],
    ['KEEP-ALIVE', OPTION_KEEP_ALIVE],
    ['keep-alivf', 0],
    ['keep-aliv', 0],
    ['keep-alived', 0],
    [', close,\t,upgrade ,', OPTION_CLOSE | OPTION_UPGRADE],
    ['keep-alive,close', OPTION_KEEP_ALIVE | OPTION_CLOSE],
    ['x,keep-alive', OPTION_KEEP_ALIVE],
    ['close upgrade', OPTIONS_MALFORMED],
    ['close;q', OPTIONS_MALFORMED],
    ['"close"', OPTIONS_MALFORMED],
    ['close, =', OPTIONS_MALFORMED],
    ['aaaa,bbbb"', OPTIONS_MALFORMED],
  ])('%j', (text, options) => {
    expect(amid(text, readConnectionOptions)).toBe(options);
  });
});
