// HPACK against a model that shares nothing with it, and against hpack.js, over generated connections.

import fc from 'fast-check';
import hpackJs, { type HpackJsField } from 'hpack.js';
import { describe, expect, it } from 'vitest';
import { modelEncode, modelTable } from '../../models/hpack-block.js';
import { HpackDecoder } from '../../src/session/h2/hpack/decoder.js';
import { HpackEncoder } from '../../src/session/h2/hpack/encoder.js';
import { decodeCut, FieldList } from '../support/hpack.js';
import {
  block,
  cuts,
  encodeBlock,
  hpackDamagedByModel,
  hpackDecoderByModel,
  hpackEncoderByModel,
  hpackName,
  hpackValue,
  isSensitive,
  MAX_STRING,
  sameAsModel,
} from '../support/properties/hpack.js';

const name = hpackName;
const value = hpackValue;

describe('the HPACK decoder', () => {
  it('CON-5, CON-6: any blocks, cut anywhere, give the fields and the table of the model', () => {
    fc.assert(hpackDecoderByModel(), { numRuns: 70 });
  });

  it('WIRE-3: blocks that were damaged are refused where the model refuses them, and for the same', () => {
    fc.assert(hpackDamagedByModel(), { numRuns: 300 });
  });

  it('WIRE-3: any octets are fields, or refused as the model does', () => {
    const octets = fc.array(
      fc.oneof(fc.constantFrom(0x00, 0x40, 0x82, 0x85, 0xbe, 0xff), fc.nat({ max: 255 })),
      {
        maxLength: 60,
      },
    );
    fc.assert(
      fc.property(octets, cuts, (given, places) => {
        sameAsModel(new HpackDecoder(4096, MAX_STRING), modelTable(4096), Uint8Array.from(given), places);
      }),
      { numRuns: 500 },
    );
  });

  it('CON-5: what is told, and whether anything is, does not change the table or what is counted', () => {
    fc.assert(
      fc.property(
        fc.array(block, { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat({ max: 1500 }), { minLength: 4, maxLength: 4 }),
        (blocks, limits) => {
          const table = modelTable(4096);
          const full = new HpackDecoder(4096, MAX_STRING);
          const some = new HpackDecoder(4096, MAX_STRING);
          for (const [i, { recipes, cuts: places }] of blocks.entries()) {
            const limit = limits[i] as number;
            const bytes = modelEncode([], recipes, table);
            const all = new FieldList();
            const told = new FieldList();
            expect(full.decodeBlock(bytes, 0, bytes.length, all, 1e9)).toBe(true);
            expect(
              decodeCut(
                some,
                bytes,
                places.map((place) => place % (bytes.length + 1)),
                i % 3 === 2 ? null : told,
                limit,
              ),
            ).toBe(true);
            expect(some.tableEntries()).toEqual(full.tableEntries());
            expect(some.listBytes).toBe(full.listBytes);
            expect(some.overLimit).toBe(full.listBytes > limit);
            let size = 0;
            const fitting = all.fields.filter((field) => {
              size += field.name.length + field.value.length + 32;
              return size <= limit;
            });
            expect(told.fields).toEqual(i % 3 === 2 ? [] : fitting);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('the HPACK encoder', () => {
  it('WIRE-4, WS-8: the model decodes what was sent; what did not fit never was', () => {
    fc.assert(hpackEncoderByModel(), { numRuns: 60 });
  });

  it('WORK-1: finds in its table what is there, so that what is sent again costs an octet or two', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { minLength: 1, maxLength: 6 }), (list) => {
        const encoder = new HpackEncoder();
        const bytes = new Uint8Array(20_000);
        const all = list.map(([fieldName, fieldValue]) => [fieldName, fieldValue, 1] as const);
        encodeBlock(encoder, all, bytes, 0, bytes.length);
        fc.pre(encoder.tableBytes < 2000);
        // Each is one indexed field by now, of one octet or two.
        const end = encodeBlock(encoder, all, bytes, 0, bytes.length);
        expect(end).toBeLessThanOrEqual(2 * list.length);
      }),
      { numRuns: 100 },
    );
  });
});

describe('hpack.js', () => {
  const text = fc
    .array(fc.nat({ max: 0x7e }), { maxLength: 20 })
    .map((octets) => String.fromCharCode(...octets));
  const lists = fc.array(
    fc.array(
      fc.record({
        name: name.filter((it) => it !== ''),
        value: fc.oneof(
          text,
          value.filter((it) => /^[\0-\x7e]*$/.test(it)),
        ),
        never: fc.boolean(),
      }),
      { maxLength: 10 },
    ),
    { minLength: 1, maxLength: 5 },
  );

  it('WIRE-4: decodes what we encode', () => {
    fc.assert(
      fc.property(lists, (sections) => {
        const encoder = new HpackEncoder();
        const decompressor = hpackJs.decompressor.create({ table: { size: 4096 } });
        const bytes = new Uint8Array(40_000);
        for (const section of sections) {
          const list = section.map(({ name: n, value: v, never }) => [n, v, never ? 3 : 0] as const);
          const end = encodeBlock(encoder, list, bytes, 0, bytes.length);
          decompressor.write(Buffer.from(bytes.subarray(0, end)));
          decompressor.execute();
          const decoded: string[] = [];
          for (let field = decompressor.read(); field !== null; field = decompressor.read()) {
            decoded.push(`${field.name}: ${field.value}${field.neverIndex ? ' !' : ''}`);
          }
          const expected = section.map(({ name: n, value: v, never }) => {
            const sensitive = never || isSensitive(n, v);
            return `${n.toLowerCase()}: ${v}${sensitive ? ' !' : ''}`;
          });
          expect(decoded).toEqual(expected);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('WIRE-4: encodes what we decode', () => {
    fc.assert(
      fc.property(lists, (sections) => {
        const decoder = new HpackDecoder();
        const compressor = hpackJs.compressor.create({ table: { size: 4096 } });
        for (const section of sections) {
          compressor.write(
            section.map(
              ({ name: n, value: v, never }): HpackJsField => ({ name: n, value: v, neverIndex: never }),
            ),
          );
          const bytes = compressor.read() ?? new Uint8Array(0);
          const list = new FieldList();
          expect(decoder.decodeBlock(bytes, 0, bytes.length, list, 1e9)).toBe(true);
          expect(list.lines).toEqual(
            section.map(({ name: n, value: v, never }) => `${n}: ${v}${never ? ' !' : ''}`),
          );
        }
      }),
      { numRuns: 40 },
    );
  });
});
