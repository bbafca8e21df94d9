// HPACK against a model that shares nothing with it, over generated connections: the decoder and its table (CON-5), the
// encoder, its table, and what it does when there is no room (WIRE-4, WS-8).
import fc from 'fast-check';
import {
  type ModelRecipe,
  type ModelTable,
  modelDecode,
  modelEncode,
  modelSetLimit,
  modelTable,
  modelTableSize,
} from '../../../models/hpack-block.js';
import { requireEqual, requireThat } from '../../../src/kit/properties/require.js';
import { plainText } from '../../../src/memory/text.js';
import { HpackDecoder } from '../../../src/session/h2/hpack/decoder.js';
import { HpackEncoder } from '../../../src/session/h2/hpack/encoder.js';
import { INDEXING_BY_POLICY, type Indexing } from '../../../src/session/h2/hpack/indexing.js';
import { nodeText } from '../../../src/transport/node/text.js';
import { decodeCut, FieldList, hexOf } from '../hpack.js';

export const MAX_STRING = 5000;

/** A short alphabet, so that fields meet again; octets of every code length; and now and then a long one. */
export const hpackName = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom('a', 'x-own', 'cookie', 'authorization', ':path', ':status', 'date'),
  },
  { weight: 1, arbitrary: fc.constantFrom('', 'Content-Type', 'X-Own', 'te', 'grpc-status', 'user-agent') },
);
export const hpackValue = fc.oneof(
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
    name: fc.oneof(fc.nat({ max: 90 }), hpackName),
    value: hpackValue,
    huffman: fc.boolean(),
    zeros,
  }),
);
const tableSize = fc.constantFrom(0, 31, 32, 33, 64, 100, 160, 300, 4096, 10_000);
export const cuts = fc.array(fc.nat(), { maxLength: 6 });
export const block = fc.record({
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
export function sameAsModel(
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
    requireThat('CON-5', !ok, () => `accepted what is to be refused for ${expected}`);
    const code = decoder.error?.code;
    requireThat('CON-5', code?.includes(`hpack-${expected}`) === true, () => `${code} for ${expected}`);
    return false;
  }
  requireEqual('CON-5', decoder.error?.code, undefined, 'error');
  requireEqual('CON-5', list.fields.map(textOf), expected.map(textOf), 'fields');
  requireEqual('CON-5', decoder.tableEntries(), entries(table), 'table');
  requireEqual('CON-5', decoder.tableBytes, modelTableSize(table), 'size of the table');
  requireEqual('CON-5', decoder.fieldCount, expected.length, 'number of fields');
  return true;
}

function textOf({
  name,
  value,
  neverIndexed,
}: {
  name: string;
  value: string;
  neverIndexed: boolean;
}): string {
  return `${name}: ${value}${neverIndexed ? ' !' : ''}`;
}

/** CON-5, CON-6: any blocks, cut anywhere, give the fields and the table of the model. */
export function hpackDecoderByModel() {
  return fc.property(tableSize, fc.array(block, { minLength: 1, maxLength: 6 }), (limit, blocks) => {
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
      requireThat('CON-5', sameAsModel(decoder, reading, bytes, places), () => 'a valid block was refused');
      requireEqual('CON-5', entries(reading), entries(writing), 'tables');
    }
  });
}

/** Blocks that were damaged are refused where the model refuses them, and for the same. */
export function hpackDamagedByModel() {
  return fc.property(
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
        if (!sameAsModel(decoder, reading, bytes, places)) return;
      }
    },
  );
}

const fields = fc.array(
  fc.tuple(hpackName, hpackValue, fc.constantFrom<Indexing>(INDEXING_BY_POLICY, 0, 1, 2, 3)),
  {
    maxLength: 15,
  },
);
type Fields = readonly (readonly [string, string, Indexing])[];

export function encodeBlock(
  encoder: HpackEncoder,
  list: Fields,
  bytes: Uint8Array,
  at: number,
  end: number,
): number {
  encoder.begin(bytes, at, end);
  for (const [fieldName, fieldValue, how] of list) encoder.field(fieldName, fieldValue, how);
  return encoder.finish();
}

/** WIRE-4, WS-8: the model decodes what was sent; what did not fit never was. */
export function hpackEncoderByModel() {
  return fc.property(
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
        const twinEnd = encodeBlock(twin, list, twinBytes, 0, twinBytes.length);
        bytes.fill(0x5a, 0, 500);
        const first = encodeBlock(encoder, list, bytes, 5, 5 + room);
        requireEqual('WS-8', first, twinEnd <= room ? 5 + twinEnd : -1, `in a room of ${room}`);
        const beyond = bytes.subarray(5 + room, 500);
        requireThat(
          'WS-8',
          beyond.every((octet) => octet === 0x5a),
          () => 'written beyond the room',
        );
        const end = first >= 0 ? first : encodeBlock(encoder, list, bytes, 5, bytes.length);
        const twinned = hexOf(twinBytes.subarray(0, twinEnd));
        requireEqual('WS-8', hexOf(bytes.subarray(5, end)), twinned, 'built again');
        const read = modelDecode(bytes.slice(5, end), table, 65_536);
        const due = list.map(([fieldName, fieldValue, how]) => ({
          name: fieldName.toLowerCase(),
          value: fieldValue,
          neverIndexed: how === 3 || (how === 0 && isSensitive(fieldName, fieldValue)),
        }));
        const decoded = typeof read === 'string' ? read : read.map(textOf);
        requireEqual('WIRE-4', decoded, due.map(textOf), 'decoded');
        requireEqual('CON-5', encoder.tableEntries(), entries(table), 'table');
        requireEqual('CON-5', encoder.tableBytes, modelTableSize(table), 'size of the table');
        requireThat('CON-5', table.maxSize <= capacity, () => `a table of ${table.maxSize} bytes`);
      }
    },
  );
}

export function isSensitive(fieldName: string, fieldValue: string): boolean {
  return fieldName === 'authorization' || (fieldName === 'cookie' && fieldValue.length < 20);
}
