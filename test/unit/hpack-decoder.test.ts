// The decoder at its edges: integers, strings, sizes and updates of the table, limits, marks, and what it keeps of a
// block that comes in pieces.

import { describe, expect, it } from 'vitest';
import { integer, modelEncode, modelTable } from '../../models/hpack-block.js';
import { modelHuffmanEncode } from '../../models/hpack-huffman.js';
import { LimitError, ProtocolError } from '../../src/errors.js';
import { HpackDecoder } from '../../src/session/h2/hpack/decoder.js';
import {
  MARK_BAD_NAME,
  MARK_BAD_VALUE,
  MARK_NAME,
  MARK_NEVER_INDEXED,
  MARK_PSEUDO,
} from '../../src/session/h2/hpack/field-marks.js';
import * as names from '../../src/session/h2/hpack/field-names.js';
import { decodeCut, FieldList, octetsOfHex } from '../support/hpack.js';

/** A literal, new name and all, none of it Huffman-coded. */
function literal(pattern: number, prefix: number, name: string, value: string): number[] {
  return [...integer(pattern, prefix, 0, 0), ...string(name), ...string(value)];
}

function string(text: string): number[] {
  return [...integer(0, 7, text.length, 0), ...[...text].map((character) => character.charCodeAt(0))];
}

const added = (name: string, value: string): number[] => literal(0b01, 6, name, value);
const plain = (name: string, value: string): number[] => literal(0b0000, 4, name, value);
const update = (size: number): number[] => integer(0b001, 5, size, 0);

/** What comes of a block: its fields as lines, or the code of what is wrong. */
function outcome(decoder: HpackDecoder, octets: readonly number[], maxListBytes = 65_536): string[] | string {
  const list = new FieldList();
  const ok = decoder.decodeBlock(Uint8Array.from(octets), 0, octets.length, list, maxListBytes);
  return ok ? list.lines : (decoder.error?.code ?? 'no error');
}

describe('HPACK integers', () => {
  it('takes 2^31-1 and refuses one more, as an index that is too large or as no integer', () => {
    expect(outcome(new HpackDecoder(), integer(1, 7, 2 ** 31 - 1, 0))).toBe('hpack-index');
    expect(outcome(new HpackDecoder(), integer(1, 7, 2 ** 31, 0))).toBe('hpack-integer');
  });

  it('CVE-2021-40346: a length beyond any integer is refused, not wrapped into another', () => {
    for (const exact of [2 ** 32 + 1, 2 ** 33, 2 ** 35 - 1]) {
      const block = [0x40, ...integer(0, 7, exact, 0), ...new Array<number>(300).fill(0x61)];
      expect(outcome(new HpackDecoder(), block)).toBe('hpack-integer');
    }
  });

  it('takes leading zeros up to six octets, and refuses a seventh even of zeros', () => {
    const zeros = (count: number): number[] => [0xff, 0x80, ...new Array<number>(count - 3).fill(0x80), 0x00];
    // 127 is beyond both tables: an integer all the same.
    expect(outcome(new HpackDecoder(), zeros(6))).toBe('hpack-index');
    expect(outcome(new HpackDecoder(), zeros(7))).toBe('hpack-integer');
    expect(outcome(new HpackDecoder(), [0x3f, 0x80, 0x80, 0x80, 0x80, 0x00])).toEqual([]);
  });

  it('refuses the index 0, and any beyond both tables', () => {
    expect(outcome(new HpackDecoder(), [0x80])).toBe('hpack-index-zero');
    expect(outcome(new HpackDecoder(), [0x80 | 62])).toBe('hpack-index');
    expect(outcome(new HpackDecoder(), [0x40 | 62, 0])).toBe('hpack-index');
    expect(outcome(new HpackDecoder(), [...added('a', 'b'), 0x80 | 62])).toEqual(['a: b', 'a: b']);
    expect(outcome(new HpackDecoder(), [...added('a', 'b'), 0x80 | 63])).toBe('hpack-index');
  });
});

describe('HPACK Huffman strings', () => {
  const coded = (...octets: number[]): number[] => [0x04, 0x80 | octets.length, ...octets];

  it('takes every octet', () => {
    for (let octet = 0; octet < 256; octet++) {
      const character = String.fromCharCode(octet);
      const block = coded(...modelHuffmanEncode(character.repeat(3)));
      expect(outcome(new HpackDecoder(), block)).toEqual([`:path: ${character.repeat(3)}`]);
    }
  });

  it('takes padding of at most seven bits, all ones', () => {
    expect(outcome(new HpackDecoder(), coded(0b00011_111))).toEqual([':path: a']);
    // Seven bits of padding behind "!" and "a" and "&": 10 + 8 + 5 bits make one more than two octets.
    expect(outcome(new HpackDecoder(), coded(...modelHuffmanEncode('X0')))).toEqual([':path: X0']);
    expect(outcome(new HpackDecoder(), coded(0b00011_110))).toBe('hpack-huffman');
    expect(outcome(new HpackDecoder(), coded(0b00011_011))).toBe('hpack-huffman');
    expect(outcome(new HpackDecoder(), coded(0b00011_111, 0xff))).toBe('hpack-huffman');
    expect(outcome(new HpackDecoder(), coded(0xff))).toBe('hpack-huffman');
    expect(outcome(new HpackDecoder(), coded())).toEqual([':path: ']);
  });

  it('refuses EOS, also where it would end the string', () => {
    expect(outcome(new HpackDecoder(), coded(0xff, 0xff, 0xff, 0xff))).toBe('hpack-huffman');
    expect(outcome(new HpackDecoder(), coded(0xff, 0xff, 0xff, 0xfc, 0b00011_111))).toBe('hpack-huffman');
    // EOS, then five zeros: the symbol after it, had it been taken for padding.
    expect(outcome(new HpackDecoder(), coded(0xff, 0xff, 0xff, 0xfc | 0b11, 0xff, 0b11111_000))).toBe(
      'hpack-huffman',
    );
  });

  it('refuses a name that is none, also where nobody wants the field', () => {
    const decoder = new HpackDecoder();
    expect(decoder.decodeBlock(Uint8Array.of(0x00, 0x81, 0xff, 0x00), 0, 4, null, 0)).toBe(false);
    expect(decoder.fault?.code).toBe('hpack-huffman');
    const other = new HpackDecoder();
    expect(other.decodeBlock(Uint8Array.of(0x04, 0x81, 0xff), 0, 3, null, 0)).toBe(false);
    expect(other.fault?.code).toBe('hpack-huffman');
  });
});

describe('the dynamic table of a decoder', () => {
  it('holds an entry that just fits, and is emptied by one that does not (RFC 7541 §4.4)', () => {
    const decoder = new HpackDecoder(100);
    expect(outcome(decoder, added('n', 'v'.repeat(67)))).toHaveLength(1);
    expect(decoder.tableBytes).toBe(100);
    expect(outcome(decoder, added('n', 'v'.repeat(68)))).toHaveLength(1);
    expect(decoder.tableBytes).toBe(0);
    expect(outcome(decoder, [0x80 | 62])).toBe('hpack-index');
  });

  it('CVE-2020-11100: entries without an octet wrap around as any other', () => {
    const decoder = new HpackDecoder(32 * 5);
    for (let i = 0; i < 202; i++) {
      const block = i % 7 === 0 ? added('x', String(i)) : added('', '');
      expect(outcome(decoder, block)).toHaveLength(1);
      expect(decoder.tableBytes).toBeLessThanOrEqual(160);
      expect(decoder.tableEntries()[0]).toEqual(i % 7 === 0 ? ['x', String(i)] : ['', '']);
    }
    expect(decoder.tableEntries()).toHaveLength(5);
    expect(outcome(decoder, [0x80 | 66])).toEqual([': ']);
    expect(outcome(decoder, [0x80 | 67])).toBe('hpack-index');
  });

  it('grows to as many entries as its size allows, in order', () => {
    const decoder = new HpackDecoder(65_536);
    for (let i = 0; i < 1000; i++) outcome(decoder, added('n', String(i).padStart(4, '0')));
    const values = decoder.tableEntries().map(([, value]) => Number(value));
    expect(values).toEqual(Array.from({ length: 1000 }, (_, i) => 999 - i));
  });

  it('takes the name from an entry that the new one evicts', () => {
    const decoder = new HpackDecoder(64);
    outcome(decoder, added('name', 'x'.repeat(28)));
    expect(outcome(decoder, [0x40 | 62, ...string('y')])).toEqual(['name: y']);
    expect(decoder.tableEntries()).toEqual([['name', 'y']]);
  });

  it('is not touched by literals that are not indexed', () => {
    const decoder = new HpackDecoder();
    expect(outcome(decoder, [...plain('a', 'b'), ...literal(0b0001, 4, 'c', 'd')])).toEqual([
      'a: b',
      'c: d !',
    ]);
    expect(decoder.tableBytes).toBe(0);
  });
});

describe('dynamic table size updates', () => {
  it('stand at the beginning of a block, at most two', () => {
    expect(outcome(new HpackDecoder(), [...update(0), ...update(4096), 0x82])).toEqual([':method: GET']);
    expect(outcome(new HpackDecoder(), [0x82, ...update(0)])).toBe('hpack-update-late');
    expect(outcome(new HpackDecoder(), [...update(0), 0x82, ...update(0)])).toBe('hpack-update-late');
    expect(outcome(new HpackDecoder(), [...update(0), ...update(0), ...update(0)])).toBe(
      'hpack-update-third',
    );
  });

  it('are at most the limit, and evict', () => {
    const decoder = new HpackDecoder(100);
    outcome(decoder, added('a', 'b'));
    expect(outcome(decoder, update(34))).toEqual([]);
    expect(decoder.tableBytes).toBe(34);
    expect(outcome(decoder, update(33))).toEqual([]);
    expect(decoder.tableBytes).toBe(0);
    expect(outcome(decoder, update(100))).toEqual([]);
    expect(outcome(decoder, update(101))).toBe('hpack-update-over-limit');
  });

  it('must come after the limit was lowered below the size in use', () => {
    const lowered = (): HpackDecoder => {
      const decoder = new HpackDecoder();
      decoder.setLimit(1000);
      return decoder;
    };
    expect(outcome(lowered(), [0x82])).toBe('hpack-update-missing');
    expect(outcome(lowered(), [])).toBe('hpack-update-missing');
    expect(outcome(lowered(), [...update(1000), 0x82])).toEqual([':method: GET']);
    expect(outcome(lowered(), [...update(0), ...update(1000)])).toEqual([]);
    expect(outcome(lowered(), update(1001))).toBe('hpack-update-over-limit');
  });

  it('must tell the smallest of several limits, first', () => {
    const changed = (...limits: number[]): HpackDecoder => {
      const decoder = new HpackDecoder();
      for (const limit of limits) decoder.setLimit(limit);
      return decoder;
    };
    expect(outcome(changed(0, 4096), [0x82])).toBe('hpack-update-missing');
    expect(outcome(changed(0, 4096), update(4096))).toBe('hpack-update-missing');
    expect(outcome(changed(0, 4096), [...update(0), ...update(4096)])).toEqual([]);
    expect(outcome(changed(100, 50, 70), [...update(60), ...update(70)])).toBe('hpack-update-missing');
    expect(outcome(changed(100, 50, 70), [...update(50), ...update(70)])).toEqual([]);
    // Raised only, or lowered to no less than is in use: nothing must come.
    expect(outcome(changed(8192, 5000), [0x82])).toEqual([':method: GET']);
    expect(outcome(changed(8192), update(8192))).toEqual([]);
  });

  it('must come after the limit was lowered to one octet, or to none', () => {
    for (const limit of [0, 1]) {
      const decoder = new HpackDecoder();
      decoder.setLimit(limit);
      expect(outcome(decoder, [0x82])).toBe('hpack-update-missing');
    }
  });

  it('do not come from behind the end of the block (OWN-6)', () => {
    const decoder = new HpackDecoder();
    outcome(decoder, added('a', 'b'));
    const bytes = Uint8Array.from([...update(4096), ...update(0)]);
    expect(decoder.decodeBlock(bytes, 0, update(4096).length, null, 0)).toBe(true);
    expect(decoder.tableBytes).toBe(34);
  });

  it('come too late in a later piece of a block, too', () => {
    const decoder = new HpackDecoder();
    decoder.begin(null, 0);
    expect(decoder.decode(Uint8Array.of(0x82), 0, 1)).toBe(true);
    expect(decoder.decode(Uint8Array.of(0x20), 0, 1)).toBe(false);
    expect(decoder.fault?.code).toBe('hpack-update-late');
  });

  it('are owed once', () => {
    const decoder = new HpackDecoder();
    decoder.setLimit(10);
    expect(outcome(decoder, update(10))).toEqual([]);
    expect(outcome(decoder, [0x82])).toEqual([':method: GET']);
  });
});

describe('limits of a decoder', () => {
  it('CON-5: beyond the limit of the list, fields are counted and decoded but not told', () => {
    const decoder = new HpackDecoder();
    const list = new FieldList();
    const block = Uint8Array.from([0x82, ...added('name', 'value'), ...plain('n', 'v'), 0x80 | 62, 0x84]);
    // 42 for the method and 41 for the name just fit; 34 more do not.
    expect(decoder.decodeBlock(block, 0, block.length, list, 83)).toBe(true);
    expect(list.lines).toEqual([':method: GET', 'name: value']);
    expect(decoder.overLimit).toBe(true);
    expect(decoder.fieldCount).toBe(5);
    expect(decoder.listBytes).toBe(42 + 41 + 34 + 41 + 38);
    expect(decoder.tableEntries()).toEqual([['name', 'value']]);
  });

  it('CON-5: without a sink, all is decoded; the next block starts afresh', () => {
    const decoder = new HpackDecoder();
    const block = Uint8Array.from(added('name', 'value'));
    expect(decoder.decodeBlock(block, 0, block.length, null, 0)).toBe(true);
    expect(decoder.overLimit).toBe(true);
    expect(outcome(decoder, [0x80 | 62])).toEqual(['name: value']);
    expect(decoder.overLimit).toBe(false);
    expect(decoder.fieldCount).toBe(1);
  });

  it('a field without a value is told where it just fits, and counted where nobody wants it', () => {
    const list = new FieldList();
    const decoder = new HpackDecoder();
    const block = Uint8Array.from(plain('n', ''));
    expect(decoder.decodeBlock(block, 0, block.length, list, 33)).toBe(true);
    expect(list.lines).toEqual(['n: ']);
    for (const unwanted of [block, Uint8Array.of(0x04, 0x80)]) {
      expect(decoder.decodeBlock(unwanted, 0, unwanted.length, null, 0)).toBe(true);
      expect(decoder.fieldCount).toBe(1);
    }
  });

  it('a field that fits the list exactly is told, one octet more is not', () => {
    const list = new FieldList();
    const decoder = new HpackDecoder();
    const block = Uint8Array.from(plain('n', 'v'));
    decoder.decodeBlock(block, 0, block.length, list, 34);
    decoder.decodeBlock(block, 0, block.length, list, 33);
    expect(list.lines).toEqual(['n: v']);
    expect(decoder.overLimit).toBe(true);
  });

  it('a string over its limit ends the connection, as soon as its length has come', () => {
    const decoder = new HpackDecoder(4096, 10);
    expect(outcome(decoder, plain('n'.repeat(10), 'v'.repeat(10)))).toHaveLength(1);
    const block = Uint8Array.from(plain('n', 'v'.repeat(11)).slice(0, 4));
    decoder.begin(null, 0);
    expect(decoder.decode(block, 0, block.length)).toBe(false);
    expect(decoder.error).toBeInstanceOf(LimitError);
    expect(decoder.error?.answer).toEqual({ kind: 'h2-connection', code: 0xb });
  });

  it('WORK-1: a block of references to a large entry costs its octets, not what they refer to', () => {
    const decoder = new HpackDecoder();
    outcome(decoder, added('n', 'v'.repeat(4000)));
    const block = new Uint8Array(16_384).fill(0x80 | 62);
    const list = new FieldList();
    expect(decoder.decodeBlock(block, 0, block.length, list, 65_536)).toBe(true);
    expect(list.fields).toHaveLength(Math.floor(65_536 / 4033));
    expect(decoder.listBytes).toBe(16_384 * 4033);
  });
});

describe('a decoder after a fault, or misused', () => {
  it('stays at the fault, whatever comes', () => {
    const decoder = new HpackDecoder();
    expect(outcome(decoder, [0x80])).toBe('hpack-index-zero');
    expect(outcome(decoder, [0x82])).toBe('hpack-index-zero');
    expect(decoder.error).toBeInstanceOf(ProtocolError);
    expect(decoder.error?.answer).toEqual({ kind: 'h2-connection', code: 0x9 });
    expect(decoder.error?.cites).toBe('RFC 7541 §6.1');
  });

  it.each([
    ['hpack-index-zero', 'RFC 7541 §6.1', [0x80]],
    ['hpack-index', 'RFC 7541 §2.3.3', [0x80 | 62]],
    ['hpack-integer', 'RFC 7541 §5.1', integer(1, 7, 2 ** 31, 0)],
    ['hpack-huffman', 'RFC 7541 §5.2', [0x04, 0x81, 0xff]],
    ['hpack-truncated', 'RFC 9113 §4.3', [0x04]],
    ['hpack-update-late', 'RFC 7541 §4.2', [0x82, 0x20]],
    ['hpack-update-third', 'RFC 7541 §4.2', [0x20, 0x20, 0x20]],
    ['hpack-update-over-limit', 'RFC 7541 §6.3', update(4097)],
    ['hpack-update-missing', 'RFC 7541 §4.2', [0x82], 0],
    ['hpack-string-too-long', 'WORK-1', [0x04, ...integer(0, 7, 65_537, 0)]],
  ] as const)('%s breaks %s', (code, cites, octets, limit?: number) => {
    const decoder = new HpackDecoder();
    if (limit !== undefined) decoder.setLimit(limit);
    expect(outcome(decoder, octets)).toBe(code);
    expect(decoder.error).toMatchObject({ code, cites });
  });

  it('keeps nothing after a fault', () => {
    const decoder = new HpackDecoder();
    decoder.begin(null, 0);
    expect(decoder.decode(Uint8Array.of(0x80, 0x82, 0x82), 0, 3)).toBe(false);
    expect(decoder.carriedBytes).toBe(0);
  });

  it('tells what came before the fault (LAY-5)', () => {
    const list = new FieldList();
    expect(new HpackDecoder().decodeBlock(Uint8Array.of(0x82, 0x80), 0, 2, list, 1000)).toBe(false);
    expect(list.lines).toEqual([':method: GET']);
  });

  it('refuses what is out of order', () => {
    const decoder = new HpackDecoder();
    const misuse = (code: string) => expect.objectContaining({ code, cites: 'CON-5', fault: 'api-misuse' });
    expect(() => decoder.decode(Uint8Array.of(), 0, 0)).toThrow(misuse('hpack-no-block'));
    expect(() => decoder.finish()).toThrow(misuse('hpack-no-block'));
    decoder.begin(null, 0);
    expect(() => decoder.begin(null, 0)).toThrow(misuse('hpack-block-open'));
    expect(() => decoder.setLimit(0)).toThrow(misuse('hpack-block-open'));
  });
});

describe('a block in pieces', () => {
  const fields = [
    { kind: 'literal', how: 'add', name: 'name', value: 'v'.repeat(300), huffman: false, zeros: 1 },
    { kind: 'literal', how: 'never', name: 40, value: 'w'.repeat(200), huffman: true, zeros: 0 },
    { kind: 'indexed', index: 61, zeros: 2 },
  ] as const;

  it('CON-6: cut anywhere, once or twice, is the same block', () => {
    const block = modelEncode([0, 4096], fields, modelTable(4096));
    const whole = new FieldList();
    new HpackDecoder().decodeBlock(block, 0, block.length, whole, 65_536);
    expect(whole.fields).toHaveLength(3);
    for (let cut = 0; cut <= block.length; cut++) {
      const cuts = [cut, Math.min(block.length, cut + (cut % 5))];
      const list = new FieldList();
      expect(decodeCut(new HpackDecoder(), block, cuts, list)).toBe(true);
      expect(list.fields).toEqual(whole.fields);
    }
  });

  it('octet by octet', () => {
    const block = modelEncode([], fields, modelTable(4096));
    const list = new FieldList();
    const cuts = Array.from(block, (_, i) => i);
    expect(decodeCut(new HpackDecoder(), block, cuts, list)).toBe(true);
    expect(list.fields).toHaveLength(3);
  });

  it('is refused when it ends within a representation, at any octet', () => {
    const block = modelEncode([4096], fields.slice(0, 2), modelTable(4096));
    const ends = new Set([0]);
    for (let end = 0; end < block.length; end++) {
      const decoder = new HpackDecoder();
      if (decoder.decodeBlock(block, 0, end, null, 0)) ends.add(end);
      else expect(decoder.error?.code).toBe('hpack-truncated');
    }
    // After the update, and after the first field.
    expect(ends.size).toBe(3);
  });

  it('OWN-8: keeps no more of it than one representation has, and nothing after it', () => {
    const value = plain('n', 'v'.repeat(1000));
    const block = Uint8Array.from([...value, ...value]);
    const decoder = new HpackDecoder();
    decoder.begin(null, 0);
    let most = 0;
    for (let at = 0; at < block.length; at += 7) {
      expect(decoder.decode(block, at, Math.min(block.length, at + 7))).toBe(true);
      most = Math.max(most, decoder.carriedBytes);
    }
    expect(most).toBe(value.length);
    expect(decoder.finish()).toBe(true);
    expect(decoder.carriedBytes).toBe(0);
  });

  it('OWN-8: keeps twice what has come at most, however much is announced', () => {
    const decoder = new HpackDecoder();
    const block = Uint8Array.from(plain('n', 'v'.repeat(60_000)));
    decoder.begin(null, 0);
    for (const [from, to] of [
      [0, 10],
      [10, 25],
      [25, 26],
    ] as const) {
      expect(decoder.decode(block, from, to)).toBe(true);
      expect(decoder.carriedBytes).toBeGreaterThanOrEqual(to);
      expect(decoder.carriedBytes).toBeLessThanOrEqual(2 * to);
    }
    decoder.finish();
    expect(decoder.carriedBytes).toBe(0);
  });

  it('OWN-6: nothing beyond a fragment changes the result', () => {
    for (const octet of [0x00, 0x7f, 0x80, 0xff]) {
      const bytes = new Uint8Array(100).fill(octet);
      bytes.set(octetsOfHex('40 01 61 01'), 0);
      const decoder = new HpackDecoder();
      expect(decoder.decodeBlock(bytes, 0, 4, null, 0)).toBe(false);
      expect(decoder.fault?.code).toBe('hpack-truncated');
    }
  });
});

describe('marks of fields', () => {
  const marksOf = (...block: number[]): number => {
    const list = new FieldList();
    expect(new HpackDecoder().decodeBlock(Uint8Array.from(block), 0, block.length, list, 65_536)).toBe(true);
    return list.marks.at(-1) as number;
  };
  const huffman = (name: string, value: string): number[] => {
    const [n, v] = [modelHuffmanEncode(name), modelHuffmanEncode(value)];
    return [0x00, 0x80 | n.length, ...n, 0x80 | v.length, ...v];
  };
  const encodings = [plain, huffman, added];

  it('say which name it is, however it was sent', () => {
    expect(marksOf(0x82)).toBe(names.NAME_METHOD | MARK_PSEUDO);
    expect(marksOf(0x0f, 0x0d, 0x01, 0x30)).toBe(names.NAME_CONTENT_LENGTH);
    for (const encode of encodings) {
      expect(marksOf(...encode('cookie', 'a=b'))).toBe(names.NAME_COOKIE);
      expect(marksOf(...encode('cookies', 'a=b'))).toBe(names.NAME_OTHER);
      expect(marksOf(...encode(':protocol', 'a=b'))).toBe(names.NAME_PROTOCOL | MARK_PSEUDO);
      expect(marksOf(...encode(':other', 'a=b'))).toBe(MARK_PSEUDO);
    }
  });

  it('say that a name is malformed', () => {
    for (const encode of encodings) {
      for (const name of ['', 'Cookie', 'a b', 'a:b', 'a\0', 'caf\xe9', 'a\x7f', 'naïve']) {
        expect(marksOf(...encode(name, 'v')) & MARK_BAD_NAME).toBe(MARK_BAD_NAME);
      }
      for (const name of [':', ':Path', '::path']) {
        expect(marksOf(...encode(name, 'v'))).toBe(MARK_BAD_NAME | MARK_PSEUDO);
      }
      expect(marksOf(...encode("!#$%&'*+-.^_`|~09az", 'v'))).toBe(0);
    }
  });

  it('say that a value is malformed, also when the field is referred to', () => {
    for (const encode of encodings) {
      for (const value of ['a\0', 'a\rb', 'a\nb', '\x7f', '\x1f', ' a', 'a\t', ' ']) {
        expect(marksOf(...encode('n', value))).toBe(MARK_BAD_VALUE);
      }
      for (const value of ['', 'a b', 'a\tb', 'caf\xe9', '\x80']) {
        expect(marksOf(...encode('n', value))).toBe(0);
      }
    }
    expect(marksOf(...added('n', ' '), 0x80 | 62)).toBe(MARK_BAD_VALUE);
  });

  it('of a name that is referred to say nothing of the value it came with, but all of the name', () => {
    expect(marksOf(...added('N', ' '), 0x40 | 62, ...string('v'))).toBe(MARK_BAD_NAME);
    expect(marksOf(...added('cookie', ' '), 0x40 | 62, ...string('v'))).toBe(names.NAME_COOKIE);
  });

  it('say that it is never to be indexed', () => {
    expect(marksOf(...literal(0b0001, 4, 'cookie', 'v'))).toBe(names.NAME_COOKIE | MARK_NEVER_INDEXED);
    expect(marksOf(0x1f, 0x11, 0x01, 0x76)).toBe(names.NAME_COOKIE | MARK_NEVER_INDEXED);
  });

  it('have names for what a session must know', () => {
    const constants = Object.entries(names).filter(([key]) => /^NAME_(?!OTHER|NUMBERS)/.test(key));
    expect(constants.length).toBeGreaterThanOrEqual(20);
    for (const [key, number] of constants) {
      const expected = key.slice('NAME_'.length).toLowerCase().replaceAll('_', '-');
      expect((names.NAMES[number as number] as string).replace(':', '')).toBe(expected);
    }
    expect(names.NAMES.length).toBeLessThanOrEqual(Math.min(128, MARK_NAME + 1));
    expect(new Set(names.NAMES).size).toBe(names.NAMES.length);
  });
});
