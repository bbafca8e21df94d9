// The list that was sent last is remembered; what its owner does to it afterwards must show in the next message.
import { describe, expect, it } from 'vitest';
import { MisuseError } from '../../src/errors.js';
import { plainText } from '../../src/memory/text.js';
import { PreparedFields } from '../../src/session/h1/encode-fields.js';
import { FieldMemory } from '../../src/session/h1/field-memory.js';

type List = [string, string][];

/** The lines that `recall` gives, whichever way. */
function lines(memory: FieldMemory, list: List): string {
  const given = memory.recall(list);
  const { bytes } = given instanceof PreparedFields ? given : new PreparedFields(given);
  return plainText.latin1(bytes, 0, bytes.length);
}

/** A memory that has the list by heart. */
function knowing(list: List): FieldMemory {
  const memory = new FieldMemory();
  expect(memory.recall(list)).toBe(list);
  expect(memory.recall(list)).toBeInstanceOf(PreparedFields);
  return memory;
}

describe('the memory for fields', () => {
  it('gives the same encoding as long as the list stays the same', () => {
    const list: List = [['Content-Type', 'text/plain']];
    const memory = knowing(list);
    expect(memory.recall(list)).toBe(memory.recall(list));
    expect(lines(memory, list)).toBe('Content-Type: text/plain\r\n');
  });

  it('sees a value that was changed in place', () => {
    const list: List = [
      ['A', '1'],
      ['B', '2'],
    ];
    const memory = knowing(list);
    list[1] = ['B', '3'];
    expect(lines(memory, list)).toBe('A: 1\r\nB: 3\r\n');
    (list[0] as [string, string])[1] = '4';
    expect(lines(memory, list)).toBe('A: 4\r\nB: 3\r\n');
    (list[0] as [string, string])[0] = 'C';
    expect(lines(memory, list)).toBe('C: 4\r\nB: 3\r\n');
  });

  it('sees a field that was added, and one that was taken away', () => {
    const list: List = [['A', '1']];
    const memory = knowing(list);
    list.push(['B', '2']);
    expect(lines(memory, list)).toBe('A: 1\r\nB: 2\r\n');
    list.shift();
    expect(lines(memory, list)).toBe('B: 2\r\n');
    list.push(['C', '3']);
    expect(lines(memory, list)).toBe('B: 2\r\nC: 3\r\n');
    expect(lines(memory, list)).toBe('B: 2\r\nC: 3\r\n');
    list.pop();
    expect(lines(memory, list)).toBe('B: 2\r\n');
  });

  it('knows one list from another with the same length', () => {
    const list: List = [['A', '1']];
    const memory = knowing(list);
    expect(lines(memory, [['A', '2']])).toBe('A: 2\r\n');
    expect(lines(memory, list)).toBe('A: 1\r\n');
  });

  it('refuses a list that became invalid, every time', () => {
    const list: List = [['A', '1']];
    const memory = knowing(list);
    list[0] = ['A', 'x\r\ny'];
    expect(() => memory.recall(list)).toThrow(MisuseError);
    expect(() => memory.recall(list)).toThrow(MisuseError);
    list[0] = ['A', '1'];
    expect(lines(memory, list)).toBe('A: 1\r\n');
  });

  it('does not keep what is long or has many fields', () => {
    const long: List = [['A', 'x'.repeat(2000)]];
    const many: List = Array.from({ length: 20 }, (_, i) => [`F${i}`, 'v']);
    for (const list of [long, many]) {
      const memory = new FieldMemory();
      memory.recall(list);
      expect(memory.recall(list)).toBe(list);
      expect(memory.recall(list)).toBe(list);
    }
  });
});
