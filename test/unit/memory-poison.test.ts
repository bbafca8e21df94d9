// Poison and fingerprint find every changed byte, wherever it stands among the words they read.
import { describe, expect, test } from 'vitest';
import { fingerprint, Poison } from '../../src/memory/poison.js';

const values: readonly (readonly [string, number | ((offset: number) => number)])[] = [
  ['one value', 0xdb],
  ['all ones', 0xff],
  ['zero', 0],
  ['a line feed', 0x0a],
  ['more than a byte', 0x1db],
  ['a value for each offset', (offset) => offset * 7 + 3],
];

/** Ranges of all alignments, shorter and longer than what is read by words. */
const ranges = [0, 1, 2, 3].flatMap((start) =>
  [0, 1, 5, 7, 8, 31, 32, 33, 64, 99, 255, 256, 257, 291].map((length) => [start, start + length] as const),
);

describe.each(values)('poison of %s', (_, value) => {
  const poison = new Poison(value);

  test('is found intact, and what lies outside the range does not matter', () => {
    for (const [start, end] of ranges) {
      const bytes = new Uint8Array(300).fill(0x55);
      poison.fill(bytes, start, end);
      expect(poison.firstOther(bytes, new Int32Array(bytes.buffer), start, end)).toBe(-1);
      expect([...bytes.subarray(0, start), ...bytes.subarray(end)].every((byte) => byte === 0x55)).toBe(true);
    }
  });

  test('the first changed byte is found, with a few bytes behind the last word, too', () => {
    for (const length of [296, 298, 300, 318]) {
      const bytes = new Uint8Array(length);
      const words = new Int32Array(bytes.buffer, 0, length >> 2);
      // To the very end, too: behind it there is no word to read.
      const toTheEnd = [0, 1, 256, 290].map((start) => [start, length] as const);
      for (const [start, end] of [...ranges, ...toTheEnd]) {
        if (end > length) continue;
        // Compared all at once: an expectation takes a hundred times what is tried here.
        const changed: number[] = [];
        const found: number[] = [];
        for (let at = start; at < end; at++) {
          poison.fill(bytes, start, end);
          bytes[at] = (bytes[at] as number) ^ 0x80;
          changed.push(at);
          found.push(poison.firstOther(bytes, words, start, end));
        }
        expect(found).toEqual(changed);
      }
    }
  });
});

test('the fingerprint changes with each bit of the range, and with nothing outside', () => {
  for (const offset of [0, 1, 6]) {
    for (const [start, end] of ranges) {
      const bytes = new Uint8Array(new ArrayBuffer(320), offset, 300);
      const print = fingerprint(bytes, start, end);
      const told: number[] = [];
      for (let at = 0; at < bytes.length; at++) {
        const changes = [1, 0x80].filter((bit) => {
          bytes[at] = bit;
          return fingerprint(bytes, start, end) !== print;
        });
        bytes[at] = 0;
        if (changes.length > 0) told.push(at, changes.length);
      }
      const inside = Array.from({ length: end - start }, (_, i) => [start + i, 2]).flat();
      expect(told).toEqual(inside);
    }
  }
});
