// The examples of RFC 7541 Appendix C: what is decoded, what the tables then have, and what our encoder makes of the
// same fields. Its own policy is told what the examples do.

import { describe, expect, it } from 'vitest';
import { plainText } from '../../src/memory/text.js';
import { HpackDecoder } from '../../src/session/h2/hpack/decoder.js';
import { HpackEncoder } from '../../src/session/h2/hpack/encoder.js';
import { INDEXING_ADD } from '../../src/session/h2/hpack/indexing.js';
import { FieldList, hexOf, octetsOfHex } from '../support/hpack.js';

interface Step {
  readonly hex: string;
  readonly fields: readonly string[];
  readonly table: readonly string[];
  readonly size: number;
}

const REQUESTS = [
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com'],
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com', 'cache-control: no-cache'],
  [
    ':method: GET',
    ':scheme: https',
    ':path: /index.html',
    ':authority: www.example.com',
    'custom-key: custom-value',
  ],
] as const;
const REQUEST_TABLES = [
  { table: [':authority: www.example.com'], size: 57 },
  { table: ['cache-control: no-cache', ':authority: www.example.com'], size: 110 },
  {
    table: ['custom-key: custom-value', 'cache-control: no-cache', ':authority: www.example.com'],
    size: 164,
  },
] as const;

const DATE_21 = 'date: Mon, 21 Oct 2013 20:13:21 GMT';
const DATE_22 = 'date: Mon, 21 Oct 2013 20:13:22 GMT';
const LOCATION = 'location: https://www.example.com';
const COOKIE = 'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1';
const RESPONSES = [
  [':status: 302', 'cache-control: private', DATE_21, LOCATION],
  [':status: 307', 'cache-control: private', DATE_21, LOCATION],
  [':status: 200', 'cache-control: private', DATE_22, LOCATION, 'content-encoding: gzip', COOKIE],
] as const;
const RESPONSE_TABLES = [
  { table: [LOCATION, DATE_21, 'cache-control: private', ':status: 302'], size: 222 },
  { table: [':status: 307', LOCATION, DATE_21, 'cache-control: private'], size: 222 },
  { table: [COOKIE, 'content-encoding: gzip', DATE_22], size: 215 },
] as const;

function steps(
  hexes: readonly string[],
  fields: readonly (readonly string[])[],
  tables: readonly { readonly table: readonly string[]; readonly size: number }[],
): Step[] {
  return hexes.map((hex, i) => ({
    hex,
    fields: fields[i] as readonly string[],
    ...(tables[i] as { table: readonly string[]; size: number }),
  }));
}

const C3 = steps(
  [
    '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
    '8286 84be 5808 6e6f 2d63 6163 6865',
    '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
  ],
  REQUESTS,
  REQUEST_TABLES,
);
const C4 = steps(
  [
    '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
    '8286 84be 5886 a8eb 1064 9cbf',
    '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
  ],
  REQUESTS,
  REQUEST_TABLES,
);
const C5 = steps(
  [
    `4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d
     546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d`,
    '4803 3330 37c1 c0bf',
    `88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f
     6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b
     2076 6572 7369 6f6e 3d31`,
  ],
  RESPONSES,
  RESPONSE_TABLES,
);
const C6 = steps(
  [
    `4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7
     8f0b 97c8 e9ae 82ae 43d3`,
    '4883 640e ffc1 c0bf',
    `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335
     dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07`,
  ],
  RESPONSES,
  RESPONSE_TABLES,
);

function decode(decoder: HpackDecoder, hex: string): string[] {
  const block = octetsOfHex(hex);
  const list = new FieldList();
  expect(decoder.decodeBlock(block, 0, block.length, list, 65_536)).toBe(true);
  return list.lines;
}

function lines(entries: readonly (readonly [string, string])[]): string[] {
  return entries.map(([name, value]) => `${name}: ${value}`);
}

describe('RFC 7541 Appendix C', () => {
  it.each([
    ['C.1.1: 10 in a prefix of 5 bits', '2a', 10],
    ['C.1.2: 1337 in a prefix of 5 bits', '3f 9a 0a', 1337],
  ])('%s', (_, hex, size) => {
    const decoder = new HpackDecoder();
    expect(decode(decoder, hex)).toEqual([]);
    const encoder = new HpackEncoder(size);
    const bytes = new Uint8Array(8);
    expect(hexOf(bytes.subarray(0, encoder.encode([], bytes, 0, 8)))).toBe(hexOf(octetsOfHex(hex)));
  });

  it('C.1.3: 42 in a prefix of 8 bits is what a string of 42 octets begins with, Huffman-coded or not', () => {
    const bytes = new Uint8Array(100);
    const end = new HpackEncoder().encode([['x', '\x01'.repeat(42)]], bytes, 0, 100);
    expect(bytes[end - 43]).toBe(42);
  });

  it.each([
    [
      'C.2.1',
      '400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572',
      'custom-key: custom-header',
      55,
    ],
    ['C.2.2', '040c 2f73 616d 706c 652f 7061 7468', ':path: /sample/path', 0],
    ['C.2.3', '1008 7061 7373 776f 7264 0673 6563 7265 74', 'password: secret !', 0],
    ['C.2.4', '82', ':method: GET', 0],
  ])('%s: one field', (_, hex, line, size) => {
    const decoder = new HpackDecoder();
    expect(decode(decoder, hex)).toEqual([line]);
    expect(decoder.tableBytes).toBe(size);
  });

  it.each([
    ['C.3: requests', 4096, C3],
    ['C.4: requests with Huffman coding', 4096, C4],
    ['C.5: responses, evicting', 256, C5],
    ['C.6: responses with Huffman coding, evicting', 256, C6],
  ])('%s are decoded, and the table is theirs', (_, limit, examples) => {
    const decoder = new HpackDecoder(limit);
    for (const { hex, fields, table, size } of examples) {
      expect(decode(decoder, hex)).toEqual(fields);
      expect(lines(decoder.tableEntries())).toEqual(table);
      expect(decoder.tableBytes).toBe(size);
    }
  });

  it.each([
    ['C.4: requests', 4096, C4],
    ['C.6: responses, evicting', 256, C6],
  ])('%s are encoded to the same octets, and the table is theirs', (_, limit, examples) => {
    const encoder = new HpackEncoder(limit, plainText, limit);
    const bytes = new Uint8Array(256);
    for (const { hex, fields, table, size } of examples) {
      encoder.begin(bytes, 0, 256);
      for (const line of fields) {
        const [, name, value] = /^(.[^:]*): (.*)$/.exec(line) as unknown as [string, string, string];
        encoder.field(name, value, INDEXING_ADD);
      }
      // Of two codings of one length ours is the plain one, the example's the other.
      const expected = hexOf(octetsOfHex(hex)).replace('83640eff', '03333037');
      expect(hexOf(bytes.subarray(0, encoder.finish()))).toBe(expected);
      expect(lines(encoder.tableEntries())).toEqual(table);
      expect(encoder.tableBytes).toBe(size);
    }
  });
});
