// HPACK against a model that shares nothing with it, and against hpack.js, over generated connections.

import fc from 'fast-check';
import hpackJs, { type HpackJsField } from 'hpack.js';
import { describe, expect, it } from 'vitest';
import {
  type ModelRecipe,
  type ModelTable,
  modelDecode,
  modelEncode,
  modelSetLimit,
  modelTable,
  modelTableSize,
} from '../../models/hpack-block.js';
import { plainText } from '../../src/memory/text.js';
import { HpackDecoder } from '../../src/session/h2/hpack/decoder.js';
import { HpackEncoder } from '../../src/session/h2/hpack/encoder.js';
import { INDEXING_BY_POLICY, type Indexing } from '../../src/session/h2/hpack/indexing.js';
import { nodeText } from '../../src/transport/node/text.js';
import { decodeCut, FieldList, hexOf } from '../support/hpack.js';

const MAX_STRING = 5000;

/** A short alphabet, so that fields meet again; octets of every code length; and now and then a long one. */
const name = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom('a', 'x-own', 'cookie', 'authorization', ':path', ':status', 'date'),
  },
  { weight: 1, arbitrary: fc.constantFrom('', 'Content-Type', 'X-Own', 'te', 'grpc-status', 'user-agent') },
);
const value = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('', '1', '2', '/', '200', 'GET', 'gzip, deflate', 'v'.repeat(30)) },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.nat({ max: 255 }), { maxLength: 12 })
      .map((octets) => String.fromCharCode(...octets)),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({
        length: fc.constantFrom(63, 94, 95, 126, 127, 128, 255, 300, 1500),
        fill: fc.constantFrom('a', 'X', '\xff'),
      })
      .map(({ length, fill }) => fill.repeat(length)),
  },
);
const zeros = fc.constantFrom(0, 0, 0, 1, 4);
const recipe: fc.Arbitrary<ModelRecipe> = fc.oneof(
  fc.record({ kind: fc.constant('indexed' as const), index: fc.nat({ max: 90 }), zeros }),
  fc.record({
    kind: fc.constant('literal' as const),
    how: fc.constantFrom('add' as const, 'add' as const, 'none' as const, 'never' as const),
    name: fc.oneof(fc.nat({ max: 90 }), name),
    value,
    huffman: fc.boolean(),
    zeros,
  }),
);
const tableSize = fc.constantFrom(0, 31, 32, 33, 64, 100, 160, 300, 4096, 10_000);
const cuts = fc.array(fc.nat(), { maxLength: 6 });
const block = fc.record({
  limits: fc.array(tableSize, { maxLength: 2 }),
  updates: fc.array(tableSize, { maxLength: 2 }),
  recipes: fc.array(recipe, { maxLength: 12 }),
  cuts,
});
const mutation = fc.record({
  kind: fc.constantFrom('set', 'insert', 'remove', 'cut'),
  place: fc.nat(),
  octet: fc.oneof(fc.constantFrom(0, 0x1f, 0x20, 0x3f, 0x40, 0x7f, 0x80, 0xff), fc.nat({ max: 255 })),
});

/** Updates that the changed limits demand, and such of the wanted as they allow. */
function dueUpdates(wanted: readonly number[], table: ModelTable): number[] {
  const lowest = Math.min(...table.limitsSince);
  const allowed = wanted.filter((size) => size <= table.limit);
  return lowest < table.maxSize ? [lowest, ...allowed.slice(0, 1)] : allowed;
}

function mutate(
  bytes: Uint8Array,
  { kind, place, octet }: { kind: string; place: number; octet: number },
): Uint8Array {
  const at = bytes.length === 0 ? 0 : place % bytes.length;
  if (kind === 'insert') return Uint8Array.of(...bytes.subarray(0, at), octet, ...bytes.subarray(at));
  if (kind === 'remove') return Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(at + 1));
  if (kind === 'cut') return bytes.slice(0, at);
  const set = bytes.slice();
  if (set.length > 0) set[at] = octet;
  return set;
}

function entries(table: ModelTable): [string, string][] {
  return table.entries.map((entry) => [entry.name, entry.value]);
}

/** Gives one block to decoder and model, and compares all that comes of it. False: it was refused. */
function same(
  decoder: HpackDecoder,
  table: ModelTable,
  bytes: Uint8Array,
  places: readonly number[],
): boolean {
  const expected = modelDecode(bytes, table, MAX_STRING);
  const list = new FieldList();
  const ok = decodeCut(
    decoder,
    bytes,
    places.map((place) => place % (bytes.length + 1)),
    list,
  );
  if (typeof expected === 'string') {
    expect(ok).toBe(false);
    expect(decoder.error?.code).toMatch(`hpack-${expected}`);
    return false;
  }
  expect(decoder.error).toBeUndefined();
  expect(list.fields).toEqual(expected);
  expect(decoder.tableEntries()).toEqual(entries(table));
  expect(decoder.tableBytes).toBe(modelTableSize(table));
  expect(decoder.fieldCount).toBe(expected.length);
  return true;
}

describe('the HPACK decoder', () => {
  it('CON-5, CON-6: any blocks, cut anywhere, give the fields and the table of the model', () => {
    fc.assert(
      fc.property(tableSize, fc.array(block, { minLength: 1, maxLength: 6 }), (limit, blocks) => {
        const writing = modelTable(limit);
        const reading = modelTable(limit);
        const decoder = new HpackDecoder(limit, MAX_STRING, nodeText);
        for (const { limits, updates, recipes, cuts: places } of blocks) {
          for (const changed of limits) {
            modelSetLimit(writing, changed);
            modelSetLimit(reading, changed);
            decoder.setLimit(changed);
          }
          const bytes = modelEncode(dueUpdates(updates, writing), recipes, writing);
          expect(same(decoder, reading, bytes, places)).toBe(true);
          expect(entries(reading)).toEqual(entries(writing));
        }
      }),
      { numRuns: 70 },
    );
  });

  it('WIRE-3: blocks that were damaged are refused where the model refuses them, and for the same', () => {
    fc.assert(
      fc.property(
        tableSize,
        fc.array(block, { minLength: 1, maxLength: 3 }),
        fc.array(mutation, { minLength: 1, maxLength: 3 }),
        (limit, blocks, mutations) => {
          const writing = modelTable(limit);
          const reading = modelTable(limit);
          const decoder = new HpackDecoder(limit, MAX_STRING);
          for (const { updates, recipes, cuts: places } of blocks) {
            const valid = modelEncode(dueUpdates(updates, writing), recipes, writing);
            const bytes = mutations.reduce(mutate, valid);
            if (!same(decoder, reading, bytes, places)) return;
          }
        },
      ),
      { numRuns: 300 },
    );
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
        same(new HpackDecoder(4096, MAX_STRING), modelTable(4096), Uint8Array.from(given), places);
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

const fields = fc.array(fc.tuple(name, value, fc.constantFrom<Indexing>(INDEXING_BY_POLICY, 0, 1, 2, 3)), {
  maxLength: 15,
});
type Fields = readonly (readonly [string, string, Indexing])[];

function encode(encoder: HpackEncoder, list: Fields, bytes: Uint8Array, at: number, end: number): number {
  encoder.begin(bytes, at, end);
  for (const [fieldName, fieldValue, how] of list) encoder.field(fieldName, fieldValue, how);
  return encoder.finish();
}

describe('the HPACK encoder', () => {
  it('WIRE-4, WS-8: the model decodes what was sent; what did not fit never was', () => {
    fc.assert(
      fc.property(
        tableSize,
        fc.array(
          fc.record({
            limits: fc.array(tableSize, { maxLength: 3 }),
            list: fields,
            room: fc.nat({ max: 400 }),
          }),
          { minLength: 1, maxLength: 8 },
        ),
        (capacity, steps) => {
          const encoder = new HpackEncoder(capacity, plainText);
          const twin = new HpackEncoder(capacity, nodeText);
          const table = modelTable(4096);
          const bytes = new Uint8Array(40_000);
          const twinBytes = new Uint8Array(40_000);
          for (const { limits, list, room } of steps) {
            for (const limit of limits) {
              encoder.setLimit(limit);
              twin.setLimit(limit);
              modelSetLimit(table, limit);
            }
            const twinEnd = encode(twin, list, twinBytes, 0, twinBytes.length);
            bytes.fill(0x5a, 0, 500);
            const first = encode(encoder, list, bytes, 5, 5 + room);
            expect(first).toBe(twinEnd <= room ? 5 + twinEnd : -1);
            expect(bytes.subarray(5 + room, 500).every((octet) => octet === 0x5a)).toBe(true);
            const end = first >= 0 ? first : encode(encoder, list, bytes, 5, bytes.length);
            expect(hexOf(bytes.subarray(5, end))).toBe(hexOf(twinBytes.subarray(0, twinEnd)));
            expect(modelDecode(bytes.slice(5, end), table, 65_536)).toEqual(
              list.map(([fieldName, fieldValue, how]) => ({
                name: fieldName.toLowerCase(),
                value: fieldValue,
                neverIndexed: how === 3 || (how === 0 && isSensitive(fieldName, fieldValue)),
              })),
            );
            expect(encoder.tableEntries()).toEqual(entries(table));
            expect(encoder.tableBytes).toBe(modelTableSize(table));
            expect(table.maxSize).toBeLessThanOrEqual(capacity);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('finds in its table what is there', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { minLength: 1, maxLength: 6 }), (list) => {
        const encoder = new HpackEncoder();
        const bytes = new Uint8Array(20_000);
        const all = list.map(([fieldName, fieldValue]) => [fieldName, fieldValue, 1] as const);
        encode(encoder, all, bytes, 0, bytes.length);
        fc.pre(encoder.tableBytes < 2000);
        // Each is one indexed field by now, of one octet or two.
        const end = encode(encoder, all, bytes, 0, bytes.length);
        expect(end).toBeLessThanOrEqual(2 * list.length);
      }),
      { numRuns: 100 },
    );
  });
});

function isSensitive(fieldName: string, fieldValue: string): boolean {
  return fieldName === 'authorization' || (fieldName === 'cookie' && fieldValue.length < 20);
}

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

  it('decodes what we encode', () => {
    fc.assert(
      fc.property(lists, (sections) => {
        const encoder = new HpackEncoder();
        const decompressor = hpackJs.decompressor.create({ table: { size: 4096 } });
        const bytes = new Uint8Array(40_000);
        for (const section of sections) {
          const list = section.map(({ name: n, value: v, never }) => [n, v, never ? 3 : 0] as const);
          const end = encode(encoder, list, bytes, 0, bytes.length);
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

  it('encodes what we decode', () => {
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
