// The encoder: what it indexes, what it never does, size updates, and that a block that does not fit never was.

import { describe, expect, it } from 'vitest';
import { MODEL_STATIC, modelDecode, modelTable } from '../../models/hpack-block.js';
import { huffmanCode } from '../../models/hpack-huffman.js';
import { plainText } from '../../src/memory/text.js';
import { HpackEncoder } from '../../src/session/h2/hpack/encoder.js';
import { CODE_BITS, CODES } from '../../src/session/h2/hpack/huffman-code.js';
import { huffmanDecode, huffmanOctets } from '../../src/session/h2/hpack/huffman-decode.js';
import { huffmanBits, writeHuffman } from '../../src/session/h2/hpack/huffman-encode.js';
import { INDEXING_ADD, INDEXING_NEVER, INDEXING_NONE } from '../../src/session/h2/hpack/indexing.js';
import { STATIC_NAMES, STATIC_VALUES } from '../../src/session/h2/hpack/static-table.js';
import { hexOf } from '../support/hpack.js';

type Lines = readonly (readonly [name: string, value: string])[];

function encode(encoder: HpackEncoder, fields: Lines): Uint8Array {
  const bytes = new Uint8Array(65_536);
  return bytes.subarray(0, encoder.encode(fields, bytes, 0, bytes.length));
}

/** The kind of representation that a block of one field begins with. */
function kind(block: Uint8Array): string {
  const first = block[0] as number;
  if (first >= 0x80) return 'indexed';
  if (first >= 0x40) return 'added';
  if (first >= 0x20) return 'update';
  return first >= 0x10 ? 'never' : 'plain';
}

describe('the tables', () => {
  it('the static table is that of RFC 7541 Appendix A', () => {
    expect(STATIC_NAMES.slice(1)).toEqual(MODEL_STATIC.map(({ name }) => name));
    expect(STATIC_VALUES.slice(1)).toEqual(MODEL_STATIC.map(({ value }) => value));
  });

  it('the Huffman code is that of RFC 7541 Appendix B', () => {
    for (let symbol = 0; symbol <= 256; symbol++) {
      const code = (CODES[symbol] as number).toString(2).padStart(CODE_BITS[symbol] as number, '0');
      expect(code).toBe(huffmanCode(symbol));
    }
  });

  it('every pair of octets is coded and decoded, at every offset within an octet', () => {
    const bytes = new Uint8Array(32);
    for (let pair = 0; pair < 65_536; pair += 19) {
      const text = `${'0'.repeat(pair % 8)}${String.fromCharCode(pair >> 8, pair & 0xff)}`;
      const end = writeHuffman(text, bytes, 1);
      expect(end - 1).toBe(Math.ceil(huffmanBits(text) / 8));
      const length = huffmanDecode(bytes, 1, end);
      expect(plainText.latin1(huffmanOctets(), 0, length)).toBe(text);
    }
  });
});

describe('what an encoder indexes', () => {
  it.each([
    [':method', 'GET', 'indexed'],
    [':path', '/', 'indexed'],
    [':path', '/elsewhere', 'plain'],
    [':status', '404', 'indexed'],
    [':status', '418', 'added'],
    ['accept-encoding', 'gzip, deflate', 'indexed'],
    ['user-agent', 'ours', 'added'],
    ['content-length', '17', 'plain'],
    ['date', 'Mon, 21 Oct 2013 20:13:21 GMT', 'added'],
    ['x-own', 'value', 'added'],
    ['authorization', 'Basic eA==', 'never'],
    ['proxy-authorization', 'Basic eA==', 'never'],
    ['set-cookie', 'a=b', 'never'],
    ['cookie', 'a=b', 'never'],
    ['cookie', 'session=0123456789abcdef', 'added'],
    ['Authorization', 'Basic eA==', 'never'],
    ['AUTHORIZATION', 'Basic eA==', 'never'],
    ['x-large', 'v'.repeat(3100), 'plain'],
    ['user-agent', 'v'.repeat(3100), 'plain'],
  ])('%s: %s', (name, value, expected) => {
    const encoder = new HpackEncoder();
    expect(kind(encode(encoder, [[name, value]]))).toBe(expected);
    const again = kind(encode(encoder, [[name, value]]));
    expect(again).toBe(expected === 'added' ? 'indexed' : expected);
  });

  it('a caller decides otherwise', () => {
    const bytes = new Uint8Array(100);
    const one = (encoder: HpackEncoder, how: 1 | 2 | 3): string => {
      encoder.begin(bytes, 0, 100);
      encoder.field('server', 'undercoat', how);
      return kind(bytes.subarray(0, encoder.finish()));
    };
    const encoder = new HpackEncoder();
    expect(one(encoder, INDEXING_NONE)).toBe('plain');
    expect(one(encoder, INDEXING_ADD)).toBe('added');
    expect(one(encoder, INDEXING_NONE)).toBe('indexed');
    expect(one(encoder, INDEXING_NEVER)).toBe('never');
    expect(encoder.tableEntries()).toEqual([['server', 'undercoat']]);
  });

  it('a field that is never indexed does not refer to one, of either table', () => {
    const bytes = new Uint8Array(100);
    const encoder = new HpackEncoder();
    encode(encoder, [['x-token', 'secret']]);
    encoder.begin(bytes, 0, 100);
    encoder.field('x-token', 'secret', INDEXING_NEVER);
    encoder.field(':method', 'GET', INDEXING_NEVER);
    const table = modelTable(4096);
    table.entries = [{ name: 'x-token', value: 'secret' }];
    expect(modelDecode(bytes.slice(0, encoder.finish()), table, 1000)).toEqual([
      { name: 'x-token', value: 'secret', neverIndexed: true },
      { name: ':method', value: 'GET', neverIndexed: true },
    ]);
  });

  it('a status by its number is the same as by its field', () => {
    for (const status of [100, 200, 204, 206, 304, 400, 404, 418, 500, 503]) {
      const bytes = new Uint8Array(100);
      const encoder = new HpackEncoder();
      encoder.begin(bytes, 0, 100);
      encoder.status(status);
      const end = encoder.finish();
      expect(hexOf(bytes.subarray(0, end))).toBe(
        hexOf(encode(new HpackEncoder(), [[':status', String(status)]])),
      );
    }
  });

  it('a status that does not fit is not written, and does not begin the block anew', () => {
    const bytes = new Uint8Array(8).fill(0x5a);
    const encoder = new HpackEncoder();
    encoder.begin(bytes, 2, 2);
    encoder.status(200);
    expect(encoder.finish()).toBe(-1);
    encoder.begin(bytes, 2, 6);
    encoder.field('x-own', 'value');
    encoder.status(200);
    expect(encoder.finish()).toBe(-1);
    expect(bytes.subarray(0, 2)).toEqual(Uint8Array.of(0x5a, 0x5a));
    expect(bytes.subarray(6)).toEqual(Uint8Array.of(0x5a, 0x5a));
  });

  it('WORK-1: looks at sixteen values of one name and no more', () => {
    const encoder = new HpackEncoder();
    for (let i = 1; i <= 17; i++) encode(encoder, [['x-own', String(i)]]);
    expect(kind(encode(encoder, [['x-own', '2']]))).toBe('indexed');
    expect(kind(encode(encoder, [['x-own', '1']]))).toBe('added');
  });

  it('goes round its slots, and counts what is left rightly', () => {
    const encoder = new HpackEncoder(200, plainText, 200);
    const alive: [string, string][] = [];
    for (let i = 10; i < 60; i++) {
      expect([i, kind(encode(encoder, [['x-own', String(i)]]))]).toEqual([i, 'added']);
      alive.unshift(['x-own', String(i)]);
      // 200 octets are five entries of 39.
      alive.splice(5);
      expect(encoder.tableEntries()).toEqual(alive);
      expect(encoder.tableBytes).toBe(39 * alive.length);
    }
  });

  it('does not find what is not there, even a field without an octet', () => {
    const encoder = new HpackEncoder();
    encode(encoder, [['x-own', '1']]);
    expect(kind(encode(encoder, [['', '']]))).toBe('added');
  });

  it('finds values of one name among others, newest first, and evicts the oldest', () => {
    const encoder = new HpackEncoder(200);
    encode(encoder, []);
    const values = ['1', '2', '3', '4', '5', '6'].map((value): [string, string] => ['x-own', value]);
    for (const field of values) expect(kind(encode(encoder, [field]))).toBe('added');
    // 200 octets are five entries of 38.
    expect(encoder.tableEntries().map(([, value]) => value)).toEqual(['6', '5', '4', '3', '2']);
    expect(hexOf(encode(encoder, [['x-own', '2']]))).toBe('c2');
    expect(hexOf(encode(encoder, [['x-own', '6']]))).toBe('be');
    expect(kind(encode(encoder, [['x-own', '1']]))).toBe('added');
  });
});

describe('size updates of an encoder', () => {
  it('say the smallest and the last of the limits, within what we spend', () => {
    const updates = (encoder: HpackEncoder, ...limits: number[]): string => {
      for (const limit of limits) encoder.setLimit(limit);
      return hexOf(encode(encoder, []));
    };
    const encoder = new HpackEncoder(4096);
    expect(updates(encoder)).toBe('');
    expect(updates(encoder, 4096)).toBe('');
    expect(updates(encoder, 65_536)).toBe('');
    expect(updates(encoder, 10)).toBe('2a');
    expect(updates(encoder, 10)).toBe('');
    expect(updates(encoder, 20, 0, 30)).toBe('203e');
    expect(updates(encoder, 4096)).toBe('3fe11f');
    expect(updates(encoder, 100, 4096)).toBe('3f453fe11f');
    expect(hexOf(encode(new HpackEncoder(0), [['a', 'b']]))).toMatch(/^20/);
  });

  it('evict, and what went is not referred to', () => {
    const encoder = new HpackEncoder();
    encode(encoder, [['x-own', 'value']]);
    encoder.setLimit(0);
    encoder.setLimit(4096);
    const block = encode(encoder, [['x-own', 'value']]);
    expect(hexOf(block.subarray(0, 4))).toBe('203fe11f');
    expect(kind(block.subarray(4))).toBe('added');
  });

  it('a table that is larger than the first is used once the peer allows it', () => {
    const encoder = new HpackEncoder(65_536);
    expect(hexOf(encode(encoder, []))).toBe('');
    encoder.setLimit(65_536);
    expect(hexOf(encode(encoder, []))).toBe('3fe1ff03');
    for (let i = 0; i < 1500; i++) encode(encoder, [[`x-${i}`, 'value']]);
    expect(encoder.tableEntries()).toHaveLength(1500);
  });
});

describe('the version of an encoder', () => {
  it('is another one whenever indices mean something else, and -1 when an update is due', () => {
    const encoder = new HpackEncoder(65_536);
    const versions = [encoder.version];
    encode(encoder, [[':method', 'GET']]);
    expect(versions).toEqual([encoder.version]);
    const next = (act: () => void): void => {
      act();
      expect(encoder.version).toBeGreaterThan(versions.at(-1) as number);
      versions.push(encoder.version);
    };
    expect(versions[0]).toBeGreaterThanOrEqual(0);
    next(() => encode(encoder, [['x-own', '1']]));
    next(() => encoder.encode([['x-own', '2']], new Uint8Array(9), 0, 3));
    next(() => {
      encoder.begin(new Uint8Array(9), 0, 9);
      encoder.abandon();
    });
    // Raised, lowered, and lowered and raised again.
    for (const limits of [[8192], [100], [0, 100]]) {
      for (const limit of limits) encoder.setLimit(limit);
      expect(encoder.version).toBe(-1);
      next(() => encode(encoder, []));
    }
    encoder.setLimit(100);
    expect(encoder.version).toBe(versions.at(-1));
  });
});

describe('WS-8: a block that does not fit', () => {
  const lists: Lines[] = [
    [
      [':status', '200'],
      ['server', 'undercoat'],
      ['x-own', 'first'],
    ],
    [
      ['server', 'undercoat'],
      ['x-own', 'second'],
      ['set-cookie', 'a=b'],
      ['x-long', 'v'.repeat(200)],
    ],
    [
      ['x-own', 'first'],
      ['x-more', 'value'],
      [':status', '302'],
      ['set-cookie', ''],
    ],
  ];

  it('leaves table, lookups and updates as they were, whatever room there was', () => {
    const reference = new HpackEncoder(160);
    const expected = lists.map((list, i) => {
      if (i === 2) reference.setLimit(120);
      return hexOf(encode(reference, list));
    });
    for (const [i, list] of lists.entries()) {
      const size = (expected[i] as string).length / 2;
      for (let room = 0; room < size; room++) {
        const encoder = new HpackEncoder(160);
        for (const before of lists.slice(0, i)) encode(encoder, before);
        if (i === 2) encoder.setLimit(120);
        const bytes = new Uint8Array(size + 20).fill(0x5a);
        const before = encoder.tableEntries();
        expect(encoder.encode(list, bytes, 10, 10 + room)).toBe(-1);
        expect(encoder.tableEntries()).toEqual(before);
        expect(bytes.subarray(0, 10).every((octet) => octet === 0x5a)).toBe(true);
        expect(bytes.subarray(10 + room).every((octet) => octet === 0x5a)).toBe(true);
        // The very same block fits into exactly its own size.
        expect(encoder.encode(list, bytes, 10, 10 + size)).toBe(10 + size);
        expect(hexOf(bytes.subarray(10, 10 + size))).toBe(expected[i]);
        for (let j = i + 1; j < lists.length; j++) {
          if (j === 2) encoder.setLimit(120);
          expect(hexOf(encode(encoder, lists[j] as Lines))).toBe(expected[j]);
        }
      }
    }
  });

  it('a block given up, or with a character that is no octet, never was', () => {
    const encoder = new HpackEncoder();
    encode(encoder, [['x-own', 'first']]);
    const before = encoder.tableEntries();
    const bytes = new Uint8Array(1000);
    encoder.begin(bytes, 0, 1000);
    encoder.field('x-more', 'value');
    encoder.abandon();
    encoder.begin(bytes, 0, 1000);
    encoder.field('x-more', 'value');
    expect(() => encoder.field('x-bad', 'snow\u2603man')).toThrow('hpack-octets');
    expect(encoder.tableEntries()).toEqual(before);
    expect(kind(encode(encoder, [['x-own', 'first']]))).toBe('indexed');
  });

  it('that inserts more than there are slots loses none that a rollback needs', () => {
    const encoder = new HpackEncoder(256);
    encode(encoder, [['x-own', 'first']]);
    const before = encoder.tableEntries();
    const bytes = new Uint8Array(4000);
    const many: Lines = Array.from({ length: 400 }, (_, i) => [`x-${i}`, 'v']);
    const size = encode(new HpackEncoder(256), many).length;
    expect(encoder.encode(many, bytes, 0, size - 10)).toBe(-1);
    expect(encoder.tableEntries()).toEqual(before);
    const end = encoder.encode(many, bytes, 0, bytes.length);
    const table = modelTable(4096);
    modelDecode(encode(new HpackEncoder(256), [['x-own', 'first']]), table, 1000);
    expect(modelDecode(bytes.slice(0, end), table, 1000)).toHaveLength(400);
    expect(encoder.tableEntries()).toEqual(table.entries.map(({ name, value }) => [name, value]));
  });

  // The smallest integer of two octets after the first, and of one (RFC 7541 §5.1).
  it.each([
    [31 + 128, '3f8001'],
    [31 + 127, '3f7f'],
  ])('an update to %i is written whole or not', (size, hex) => {
    const length = hex.length / 2;
    for (let room = 0; room <= length; room++) {
      const bytes = new Uint8Array(8).fill(0x5a);
      const encoder = new HpackEncoder();
      encoder.setLimit(size);
      expect(encoder.encode([], bytes, 0, room)).toBe(room < length ? -1 : length);
      expect(hexOf(bytes.subarray(room))).toBe('5a'.repeat(8 - room));
      if (room === length) expect(hexOf(bytes.subarray(0, length))).toBe(hex);
    }
  });

  it('refuses what is out of order', () => {
    const encoder = new HpackEncoder();
    const misuse = (code: string) => expect.objectContaining({ code, cites: 'WS-8', fault: 'api-misuse' });
    expect(() => encoder.finish()).toThrow(misuse('hpack-no-block'));
    expect(() => encoder.abandon()).toThrow(misuse('hpack-no-block'));
    encoder.begin(new Uint8Array(1), 0, 1);
    expect(() => encoder.begin(new Uint8Array(1), 0, 1)).toThrow(misuse('hpack-block-open'));
    expect(() => encoder.setLimit(0)).toThrow(misuse('hpack-block-open'));
  });
});
