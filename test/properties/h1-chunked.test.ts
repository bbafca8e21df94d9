/**
 * The chunked reader against its grammar (WIRE-1), at every segmentation (CON-6), with anything behind the end
 * (OWN-6), on any octets (WIRE-3).
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modelChunked } from '../../models/h1-grammar.js';
import { h1ChunkedBody } from '../../src/kit/arbitraries/h1-chunked-body.js';
import { segmentation, segmentEnds } from '../../src/kit/arbitraries/segmentation.js';
import { oneByOne, readChunked, seen, TRUE_REST } from '../support/h1.js';
import { bodiesByGrammar, h1Bodies } from '../support/properties/h1-grammar.js';

const bodies = h1Bodies;
const surroundings = fc.record({
  offsets: fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 3 }),
  fills: fc.array(fc.oneof(fc.constantFrom(TRUE_REST, 0x0a, 0x0d, 0x30), fc.nat({ max: 255 })), {
    minLength: 1,
    maxLength: 3,
  }),
});

describe('WIRE-1: a chunked body is accepted exactly when the grammar accepts it, with that data', () => {
  it('valid bodies', () => {
    fc.assert(
      fc.property(h1ChunkedBody(), fc.string({ unit: 'binary-ascii', maxLength: 8 }), (body, rest) => {
        const text = body.text + rest;
        const { data, trailers } = body;
        const expected = {
          kind: 'complete',
          length: body.text.length,
          data,
          trailers,
          count: trailers.length,
        };
        expect(readChunked(text, [text.length])).toMatchObject(expected);
        expect(modelChunked(text)).toEqual({ length: body.text.length, data, trailers });
      }),
    );
  });

  it('bodies with mistakes', () => {
    const verdicts = { accepted: 0, refused: 0 };
    fc.assert(bodiesByGrammar(verdicts), { numRuns: 1000 });
    expect(Math.min(verdicts.accepted, verdicts.refused)).toBeGreaterThan(100);
  });
});

describe('CON-6, OWN-6: segmentation, place and surroundings change nothing', () => {
  it('one octet at a time, and any segments', () => {
    fc.assert(
      fc.property(bodies, segmentation(), surroundings, (text, sizes, around) => {
        const whole = readChunked(text, [text.length]);
        expect(seen(readChunked(text, segmentEnds(text.length, sizes), { around }))).toBe(seen(whole));
        const slow = readChunked(text, oneByOne(text.length), { around });
        expect(seen(slow)).toBe(seen(whole));
        if (slow.kind === 'error') expect(slow.end).toBe(slow.at + 1);
        if (slow.kind === 'complete') expect(slow.end).toBe(slow.length);
      }),
      { numRuns: 200 },
    );
  });

  it('two segments, cut at every place', () => {
    fc.assert(
      fc.property(
        bodies.filter((text) => text.length < 200),
        (text) => {
          const whole = readChunked(text, [text.length]);
          for (const fill of [TRUE_REST, 0x0a, 0x30]) {
            for (let cut = 1; cut < text.length; cut++) {
              const around = { offsets: [0], fills: [fill] };
              expect(seen(readChunked(text, [cut, text.length], { around }))).toBe(seen(whole));
            }
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  it('limits, reached anywhere', () => {
    const limits = fc.record({
      maxChunkSizeDigits: fc.integer({ min: 1, max: 4 }),
      maxChunkExtensionBytes: fc.integer({ min: 0, max: 12 }),
      maxExtensionBytes: fc.integer({ min: 0, max: 20 }),
      maxTrailerBytes: fc.integer({ min: 2, max: 40 }),
      maxFieldLineBytes: fc.integer({ min: 3, max: 30 }),
      maxTrailerFields: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(bodies, limits, segmentation(), (text, small, sizes) => {
        const whole = readChunked(text, [text.length], { limits: small });
        expect(seen(readChunked(text, segmentEnds(text.length, sizes), { limits: small }))).toBe(seen(whole));
        const slow = readChunked(text, oneByOne(text.length), { limits: small });
        expect(seen(slow)).toBe(seen(whole));
        if (slow.kind === 'error') expect(slow.end).toBe(slow.at + 1);
      }),
      { numRuns: 200 },
    );
  });
});

describe('WORK-1: nothing but a trailer section need be kept', () => {
  it('what was read is not given again', () => {
    fc.assert(
      fc.property(h1ChunkedBody(), fc.nat({ max: 1000 }), ({ text, trailersAt }, thousandths) => {
        const end = Math.floor((text.length * thousandths) / 1001);
        const read = readChunked(text, oneByOne(end));
        expect(read).toMatchObject({ kind: 'need-data', kept: Math.max(0, end - trailersAt) });
      }),
    );
  });
});

describe('WIRE-3: any octets give a result', () => {
  it('of chunks', () => {
    const soup = fc
      .array(
        fc.oneof(
          fc.constantFrom('5', 'a', '0', '\r\n', '\r', '\n', ';', '=', '"', '\\', 'hello', ':', ' '),
          fc.nat({ max: 255 }).map((code) => String.fromCharCode(code)),
        ),
        { maxLength: 40 },
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(soup, segmentation(), (text, sizes) => {
        const whole = readChunked(text, [text.length]);
        if (whole.kind === 'error') expect(whole.code).toMatch(/^h1-/);
        if (text.length > 0)
          expect(seen(readChunked(text, segmentEnds(text.length, sizes)))).toBe(seen(whole));
      }),
    );
  });
});
