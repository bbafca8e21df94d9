/** The plain codec and Node's, against one another and against what they promise. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainText } from '../../src/memory/text.js';
import { nodeText } from '../../src/transport/node/text.js';

const codecs = [
  ['plain', plainText],
  ['node', nodeText],
] as const;
/** Every length around the places where a codec changes its way, and some beyond an engine's argument limit. */
const lengths = [...Array.from({ length: 70 }, (_, i) => i), 4095, 4096, 4097, 8192, 200_000];
const pattern = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 0xff);

describe.each(codecs)('the %s codec', (_, codec) => {
  it('gives one character for every octet, from any place', () => {
    for (const length of lengths) {
      const bytes = pattern(length + 6);
      const text = codec.latin1(bytes, 3, 3 + length);
      expect(text.length).toBe(length);
      for (let i = 0; i < length; i++)
        if (text.charCodeAt(i) !== bytes[3 + i]) expect.fail(`octet ${i} of ${length}`);
    }
  });

  it('writes back what it gave, and nothing else', () => {
    for (const length of lengths) {
      const bytes = pattern(length);
      const text = plainText.latin1(bytes, 0, length);
      const target = new Uint8Array(length + 10).fill(0xee);
      expect(codec.write(text, target, 4)).toBe(4 + length);
      const around = new Uint8Array(length + 10).fill(0xee);
      around.set(bytes, 4);
      expect(Buffer.compare(target, around)).toBe(0);
    }
  });

  it('OWN-6: finds an octet between the bounds, not outside', () => {
    fc.assert(
      fc.property(fc.nat({ max: 300 }), fc.nat({ max: 300 }), fc.nat({ max: 300 }), (from, length, place) => {
        const bytes = new Uint8Array(700);
        bytes[place] = 13;
        bytes[place + 1] = 13;
        const end = from + length;
        const inside = [place, place + 1].find((at) => at >= from && at < end) ?? -1;
        expect(codec.indexOf(bytes, 13, from, end)).toBe(inside);
      }),
    );
  });

  it('OWN-6: does not find the octet that stands at the end', () => {
    for (const length of [0, 1, 20, 100]) {
      const bytes = new Uint8Array(200);
      bytes[50 + length] = 13;
      expect(codec.indexOf(bytes, 13, 50, 50 + length)).toBe(-1);
    }
  });

  it('works on a view into a larger buffer', () => {
    const view = pattern(500).subarray(101, 401);
    expect(codec.latin1(view, 5, 105)).toBe(plainText.latin1(Uint8Array.from(view), 5, 105));
    expect(codec.indexOf(view, view[250] as number, 200, 300)).toBe(250);
    expect(codec.write('x'.repeat(100), view, 10)).toBe(110);
    expect(view[109]).toBe(0x78);
    expect(view[110]).not.toBe(0x78);
  });
});
