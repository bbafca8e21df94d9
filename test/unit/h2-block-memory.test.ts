// The header block that was sent last: what makes the next one the same, and that a change of anything in it does not.
import { describe, expect, it } from 'vitest';
import { BlockMemory } from '../../src/session/h2/block-memory.js';
import { HpackEncoder } from '../../src/session/h2/hpack/encoder.js';
import type { FieldList, HeaderFields } from '../../src/session/h2/writer.js';

const pseudo: FieldList = [];
const pairs = (count: number): [string, string][] =>
  Array.from({ length: count }, (_, i) => [`name${i}`, `value${i}`]);
const blockOf = (fields: FieldList, more: Partial<HeaderFields> = {}): HeaderFields => ({
  status: 200,
  pseudo,
  fields,
  ...more,
});

/** A memory that has seen one block twice: what it says is no matter of the memory's. */
function remembering(fields: FieldList, length = 20, more: Partial<HeaderFields> = {}) {
  const memory = new BlockMemory();
  const encoder = new HpackEncoder();
  const octets = Uint8Array.from({ length: 7 + length }, (_, i) => i);
  const block = blockOf(fields, more);
  const note = (one = block, before = encoder.version): void =>
    memory.note(one, encoder, before, octets, 7, 7 + length);
  const into = new Uint8Array(1000);
  const recall = (one = block, by = encoder, end = 1000): number => memory.recall(one, by, into, 9, end);
  note();
  note();
  return { memory, encoder, block, octets, into, note, recall };
}

describe('the block before', () => {
  it('is said again from the second time on, octet by octet', () => {
    const memory = new BlockMemory();
    const encoder = new HpackEncoder();
    const octets = Uint8Array.from({ length: 40 }, (_, i) => i);
    const into = new Uint8Array(40);
    const block = blockOf(pairs(2));
    expect(memory.recall(block, encoder, into, 9, 40)).toBe(-1);
    memory.note(block, encoder, encoder.version, octets, 10, 15);
    expect(memory.recall(block, encoder, into, 9, 40)).toBe(-1);
    memory.note(block, encoder, encoder.version, octets, 10, 15);
    expect(memory.recall(block, encoder, into, 9, 40)).toBe(14);
    expect([...into.subarray(8, 16)]).toEqual([0, 10, 11, 12, 13, 14, 0, 0]);
    // It stays the one before.
    expect(memory.recall(block, encoder, into, 20, 40)).toBe(25);
  });

  it('fits its room to the octet, or is encoded', () => {
    const { recall, encoder, block } = remembering(pairs(1));
    expect(recall(block, encoder, 29)).toBe(29);
    expect(recall(block, encoder, 28)).toBe(-1);
  });

  it('is one of its encoder, as its table was', () => {
    const it = remembering(pairs(1));
    expect(it.recall(it.block, new HpackEncoder())).toBe(-1);
    it.encoder.begin(new Uint8Array(100), 0, 100);
    it.encoder.field('custom', 'value');
    it.encoder.finish();
    expect(it.recall()).toBe(-1);
    // A block that added to the table would say something else the second time.
    it.note(it.block, it.encoder.version - 1);
    expect(it.recall()).toBe(-1);
    it.note();
    expect(it.recall()).toBe(29);
  });

  it.each<[what: string, more: Partial<HeaderFields>]>([
    ['status', { status: 204 }],
    ['pseudo-header fields', { pseudo: [[':method', 'GET']] }],
    ['Date', { date: 'x' }],
    ['Content-Length', { contentLength: 5 }],
    ['fields, as a list', { fields: pairs(2) }],
    ['names that are never indexed', { sensitive: ['name0'] }],
  ])('has the same %s, and another was not there twice', (_, more) => {
    const fields = pairs(2);
    const it = remembering(fields);
    const other = blockOf(fields, more);
    expect([it.recall(other), it.recall()]).toEqual([-1, 29]);
    it.note(other);
    expect([it.recall(other), it.recall()]).toEqual([-1, -1]);
  });

  it('with names that are never indexed is not kept', () => {
    expect(remembering(pairs(2), 20, { sensitive: ['name0'] }).recall()).toBe(-1);
  });

  it.each<[what: string, change: (fields: [string, string][]) => void]>([
    ['a name', (fields) => fields.splice(2, 1, ['other', 'value2'])],
    ['a value', (fields) => fields.splice(2, 1, ['name2', 'other'])],
    ['the first name', (fields) => fields.splice(0, 1, ['other', 'value0'])],
    ['the first value', (fields) => fields.splice(0, 1, ['name0', 'other'])],
    ['a field more', (fields) => fields.push(['name3', 'value3'])],
    ['a field less', (fields) => fields.pop()],
    ['none left', (fields) => fields.splice(0)],
  ])('is not the same when its list has changed in place: %s', (_, change) => {
    const fields = pairs(3);
    const { recall } = remembering(fields);
    expect(recall()).toBe(29);
    change(fields);
    expect(recall()).toBe(-1);
  });

  it('of strings that are equal is the same, whoever made them', () => {
    const fields = pairs(3);
    const { recall } = remembering(fields);
    fields.splice(0, 3, ...pairs(3));
    expect(recall()).toBe(29);
  });

  it('is kept up to 16 fields and 512 octets', () => {
    expect(remembering(pairs(16)).recall()).toBe(29);
    expect(remembering(pairs(17)).recall()).toBe(-1);
    expect(remembering(pairs(1), 512).recall()).toBe(521);
    expect(remembering(pairs(1), 513).recall()).toBe(-1);
    expect(remembering(pairs(17), 513).recall()).toBe(-1);
  });
});
