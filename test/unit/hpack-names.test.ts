// Names that are known, marks of fields, and which fields an encoder keeps: octet by octet and name by name.
import { describe, expect, it } from 'vitest';
import { plainText } from '../../src/memory/text.js';
import { HpackEncoder } from '../../src/session/h2/hpack/encoder.js';
import {
  MARK_BAD_NAME,
  MARK_BAD_VALUE,
  MARK_PSEUDO,
  marksOfEnds,
  marksOfName,
  marksOfValue,
} from '../../src/session/h2/hpack/field-marks.js';
import { NAME_NUMBERS, NAME_OTHER, NAMES, recogniseOctets } from '../../src/session/h2/hpack/field-names.js';
import { huffmanDecode, huffmanOctets } from '../../src/session/h2/hpack/huffman-decode.js';
import { huffmanBits, writeHuffman } from '../../src/session/h2/hpack/huffman-encode.js';
import { STATIC_NAMES } from '../../src/session/h2/hpack/static-table.js';
import { octets } from '../support/h1.js';
import { hexOf } from '../support/hpack.js';

describe('names that are known', () => {
  it('are all of the static table, by their own numbers', () => {
    for (const name of STATIC_NAMES.slice(1)) {
      const number = recogniseOctets(octets(name), 0, name.length);
      expect([name, NAMES[number], NAME_NUMBERS.get(name)]).toEqual([name, name, number]);
    }
    for (const [number, name] of NAMES.entries()) {
      if (number > 0) expect([name, NAME_NUMBERS.get(name)]).toEqual([name, number]);
    }
  });

  it('are told from all that begins as they do, amid others', () => {
    const all = NAMES.join('');
    const bytes = octets(all);
    let start = 0;
    for (const [number, name] of NAMES.entries()) {
      const lengths = Math.min(40, all.length - start);
      const texts = Array.from({ length: lengths + 1 }, (_, length) => all.slice(start, start + length));
      expect(texts.map((text) => recogniseOctets(bytes, start, text.length))).toEqual(
        texts.map((text) => NAME_NUMBERS.get(text) ?? NAME_OTHER),
      );
      expect(recogniseOctets(bytes, start, name.length)).toBe(number);
      start += name.length;
    }
  });
});

describe('marks of a field', () => {
  it.each([
    ['', ':', MARK_BAD_NAME],
    [':', 'a', MARK_BAD_NAME | MARK_PSEUDO],
    ['a', ':', 0],
    ['a ', 'a', MARK_BAD_NAME],
  ])('the name %j before %j', (name, rest, marks) => {
    expect(marksOfName(octets(name + rest), 0, name.length)).toBe(marks);
  });

  it.each([
    ['', ' ', 0],
    ['a', ' ', 0],
    ['a ', 'a', MARK_BAD_VALUE],
    [' a', 'a', MARK_BAD_VALUE],
    ['\0', 'a', MARK_BAD_VALUE],
  ])('the value %j before %j', (value, rest, marks) => {
    expect(marksOfValue(octets(value + rest), 0, value.length)).toBe(marks);
    if (value !== '\0') expect(marksOfEnds(octets(value + rest), 0, value.length)).toBe(marks);
  });
});

describe('Huffman strings', () => {
  it('have no code for a character that is no octet, nor for EOS (RFC 7541 §5.2)', () => {
    expect(huffmanBits('\xff')).toBe(26);
    for (const text of ['\u0100', 'a\u0101', '\u2603'])
      expect([text, huffmanBits(text)]).toEqual([text, Number.NaN]);
  });

  it('are decoded whole, however long', () => {
    // "a" has five bits: eight of them for each five octets, longer than all before.
    const length = Math.ceil(huffmanOctets().length / 8) * 8 + 8;
    const text = 'a'.repeat(length);
    const bytes = new Uint8Array((length / 8) * 5);
    expect(writeHuffman(text, bytes, 0)).toBe(bytes.length);
    expect(huffmanDecode(bytes, 0, bytes.length)).toBe(length);
    expect(plainText.latin1(huffmanOctets(), 0, length)).toBe(text);
  });
});

describe('the policy of an encoder', () => {
  const encoder = (sensitive: readonly string[] = []) => new HpackEncoder(4096, plainText, 4096, sensitive);
  const encode = (by: HpackEncoder, name: string, value: string): string => {
    const bytes = new Uint8Array(8192);
    return hexOf(bytes.subarray(0, by.encode([[name, value]], bytes, 0, bytes.length)));
  };
  /** The first octet's pattern (§6). */
  const kind = (block: string): string => {
    const first = Number.parseInt(block.slice(0, 2), 16);
    if (first >= 0x80) return 'indexed';
    return first >= 0x40 ? 'added' : first >= 0x10 ? 'never' : 'plain';
  };

  it.each([
    ...[':path', 'age', 'content-length', 'content-range', 'etag', 'expires', 'grpc-message', 'grpc-timeout'],
    ...['if-match', 'if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since', 'last-modified'],
    ...[
      'location',
      'range',
      'server-timing',
      'traceparent',
      'tracestate',
      'x-correlation-id',
      'x-request-id',
    ],
  ])('keeps no %s, which changes with every message', (name) => {
    const by = encoder();
    expect(kind(encode(by, name, '/another'))).toBe('plain');
    expect(by.tableEntries()).toEqual([]);
  });

  it.each([
    ['cookie', 'c'.repeat(19), 'never'],
    ['cookie', 'c'.repeat(20), 'added'],
    // Three quarters of the table, and one octet more.
    ['x-large', 'v'.repeat(3033), 'added'],
    ['x-large', 'v'.repeat(3034), 'plain'],
  ])('%s, %s', (name, value, expected) => {
    expect(kind(encode(encoder(), name, value))).toBe(expected);
  });

  it('never indexes what its user calls sensitive, however that is written', () => {
    const by = encoder(['X-Secret', 'User-Agent']);
    for (const name of ['x-secret', 'X-Secret', 'user-agent', 'User-Agent']) {
      expect([name, kind(encode(by, name, 'value'))]).toEqual([name, 'never']);
    }
    expect(kind(encode(by, 'x-other', 'value'))).toBe('added');
    expect(kind(encode(by, 'accept', 'value'))).toBe('added');
  });

  it('refers to the last entry of the static table too, and to the newest of a name', () => {
    const by = encoder();
    expect(encode(by, 'www-authenticate', '')).toBe('bd');
    expect(kind(encode(by, 'x-own', '1'))).toBe('added');
    expect(encode(by, 'x-own', '2')).toBe('7e0132');
    expect(encode(by, 'x-own', '3')).toBe('7e0133');
  });

  it('looks in the table for what it does not keep only if the static table has no such name', () => {
    const bytes = new Uint8Array(100);
    const by = encoder();
    by.begin(bytes, 0, 100);
    by.field('etag', '"1"', 1);
    by.field('traceparent', '00', 1);
    by.finish();
    // Literal without indexing, by the static table's name 34; indexed; by the name of an entry.
    expect(encode(by, 'etag', '"1"')).toMatch(/^0f13/);
    expect(encode(by, 'traceparent', '00')).toBe('be');
    expect(encode(by, 'traceparent', '0')).toBe('0f2f0130');
  });
});
