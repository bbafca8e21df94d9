/** WIRE-4: what is written is read back the same; and no reader is given anything to refuse. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { h1Authority } from '../../src/kit/arbitraries/h1-head.js';
import { segmentation, segmentEnds } from '../../src/kit/arbitraries/segmentation.js';
import {
  CONNECTION_CLOSE,
  CONNECTION_UNSAID,
  encodeChunk,
  encodeLastChunk,
  encodeRequestHead,
  encodeResponseHead,
  lineEndWithHost,
  requireAuthority,
  requireTarget,
} from '../../src/session/h1/encode.js';
import { FieldJudge, type OutgoingFields, PreparedFields } from '../../src/session/h1/encode-fields.js';
import { FRAMING_CHUNKED, FRAMING_LENGTH, FRAMING_NONE } from '../../src/session/h1/head-reader.js';
import { characters, octets, readChunked, readHead } from '../support/h1.js';

const name = fc
  .string({ unit: fc.constantFrom(..."!#$%&'*+-.^_`|~09azAZ"), minLength: 1, maxLength: 20 })
  .filter((text) => !/^(te|host|date|expect)$/i.test(text));
const value = fc.oneof(
  fc
    .string({ unit: fc.constantFrom(...'\t !"#,:;az\x80\xff'), maxLength: 30 })
    .map((text) => text.replace(/^[ \t]+|[ \t]+$/g, '')),
  fc.nat({ max: 300 }).map((length) => 'v'.repeat(length)),
);
const fields: fc.Arbitrary<[string, string][]> = fc.array(fc.tuple(name, value), { maxLength: 8 });
const framings = fc.oneof(
  fc.constant({ framing: FRAMING_NONE, length: -1, reads: 'none' }),
  fc.constant({ framing: FRAMING_CHUNKED, length: -1, reads: 'chunked' }),
  fc
    .oneof(fc.constantFrom(0, 1, 65_536, Number.MAX_SAFE_INTEGER), fc.nat())
    .map((length) => ({ framing: FRAMING_LENGTH, length, reads: 'length' })),
);
const own = /^(host|content-length|transfer-encoding|connection)$/i;

describe('WIRE-4: heads', () => {
  it('requests', () => {
    const target = fc
      .string({ unit: fc.constantFrom(...'/?:@!$&*+,;=-._~aZ0'), maxLength: 30 })
      .map((rest) => `/${rest}`);
    fc.assert(
      fc.property(
        name,
        target,
        h1Authority,
        fields,
        framings,
        fc.boolean(),
        segmentation(),
        (method, path, authority, list, { framing, length, reads }, close, sizes) => {
          new FieldJudge().judge(list);
          requireTarget(method, path);
          requireAuthority(authority);
          const bytes = new Uint8Array(8192);
          const connection = close ? CONNECTION_CLOSE : CONNECTION_UNSAID;
          const end = encodeRequestHead(
            bytes,
            0,
            8192,
            method,
            path,
            lineEndWithHost(authority),
            list,
            framing,
            length,
            connection,
          );
          const read = readHead(characters(bytes, 0, end), segmentEnds(end, sizes));
          expect(read).toMatchObject({
            kind: 'complete',
            length: end,
            method,
            target: path,
            authority,
            framing: reads,
            contentLength: length,
            persistent: !close,
          });
          if (read.kind === 'complete')
            expect(read.fields.filter(([given]) => !own.test(given))).toEqual(list);
        },
      ),
    );
  });

  it('responses, from a list and prepared', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 200, max: 599 }),
        fields,
        framings,
        (status, list, { framing, length, reads }) => {
          const bytes = new Uint8Array(8192);
          const end = encodeResponseHead(
            bytes,
            0,
            8192,
            status,
            list,
            framing,
            length,
            CONNECTION_UNSAID,
            undefined,
          );
          const again = new Uint8Array(8192);
          expect(
            encodeResponseHead(
              again,
              0,
              8192,
              status,
              new PreparedFields(list),
              framing,
              length,
              CONNECTION_UNSAID,
              undefined,
            ),
          ).toBe(end);
          expect(characters(again, 0, end)).toBe(characters(bytes, 0, end));
          const read = readHead(characters(bytes, 0, end), [end], { role: 'response' });
          const bodiless = status === 204 || status === 304;
          const expected = bodiless ? 'none' : reads === 'none' ? 'until-close' : reads;
          expect(read).toMatchObject({
            kind: 'complete',
            length: end,
            status,
            framing: expected,
            contentLength: length,
          });
          if (read.kind === 'complete')
            expect(read.fields.filter(([given]) => !own.test(given))).toEqual(list);
        },
      ),
    );
  });

  it('what would not be read back is refused before it is written', () => {
    const odd = fc.string({
      unit: fc.constantFrom('a', ' ', '\t', '\r', '\n', '\0', ':', '\x7f', '\x80', '\u0100'),
      maxLength: 4,
    });
    fc.assert(
      fc.property(odd, odd, (oddName, oddValue) => {
        const list: OutgoingFields = [[oddName, oddValue]];
        let judged = true;
        try {
          new FieldJudge().judge(list);
        } catch {
          judged = false;
        }
        const text = `GET / HTTP/1.1\r\nHost: a\r\n${oddName}: ${oddValue}\r\n\r\n`;
        const representable = !/[^\0-\xff]/.test(text);
        const read = representable ? readHead(text, [text.length]) : { kind: 'error' as const };
        const same =
          read.kind === 'complete' &&
          read.length === text.length &&
          read.fields.length === 2 &&
          read.fields[1]?.[0] === oddName &&
          read.fields[1]?.[1] === oddValue;
        expect(judged).toBe(same);
      }),
      { numRuns: 500 },
    );
  });
});

describe('WIRE-4: chunked bodies', () => {
  it('data and trailers', () => {
    const trailers = fields.map((list) =>
      list.map(([given, text]): [string, string] => [`x-${given}`, text]),
    );
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 300 }), { maxLength: 5 }),
        trailers,
        segmentation(),
        (chunks, list, sizes) => {
          const bytes = new Uint8Array(16_384);
          let at = 0;
          for (const chunk of chunks)
            at = encodeChunk(octets(`>${chunk}<`), 1, chunk.length + 1, bytes, at, bytes.length);
          at = encodeLastChunk(list, bytes, at, bytes.length);
          const read = readChunked(characters(bytes, 0, at), segmentEnds(at, sizes));
          expect(read).toMatchObject({ kind: 'complete', length: at, data: chunks.join(''), trailers: list });
        },
      ),
    );
  });
});
