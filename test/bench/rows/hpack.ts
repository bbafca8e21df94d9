// HPACK: field lists that vary, as over one connection, to blocks and back, every name and value a string.
import hpackJs from 'hpack.js';
import { HpackDecoder } from '../../../src/session/h2/hpack/decoder.js';
import { HpackEncoder } from '../../../src/session/h2/hpack/encoder.js';
import { nodeText } from '../../../src/transport/node/text.js';
import { browserRequests, type FieldRecipe, serverResponses } from '../h2-workloads.js';
import type { Contestant, Way } from '../measure.js';
import type { RateRow } from '../row.js';

const TABLE_BYTES = 4096;
const LISTS = 500;

/** All blocks of a connection, as we encode them. */
function blocksOf(lists: readonly FieldRecipe[]): Buffer[] {
  const encoder = new HpackEncoder(TABLE_BYTES, nodeText);
  const room = new Uint8Array(65_536);
  return lists.map((list) => Buffer.from(room.slice(0, encoder.encode(list, room, 0, room.length))));
}

/** Runs over all of `items`, again and again, with something new for each connection. */
function cycling<Item, Coder>(
  name: string,
  items: readonly Item[],
  connect: () => Coder,
  each: (coder: Coder, item: Item) => void,
): Contestant {
  return {
    name,
    run(count) {
      for (let done = 0; done < count; ) {
        const coder = connect();
        for (let i = 0; i < items.length && done < count; i++, done++) each(coder, items[i] as Item);
      }
    },
  };
}

function decoding(lists: readonly FieldRecipe[]): Way[] {
  const sink = {
    octets: 0,
    field(name: string, value: string) {
      this.octets += name.length + value.length;
    },
  };
  return [
    () =>
      cycling(
        'undercoat',
        blocksOf(lists),
        () => new HpackDecoder(TABLE_BYTES, undefined, nodeText),
        (decoder, block) => {
          if (!decoder.decodeBlock(block, 0, block.length, sink, 65_536)) throw decoder.error;
        },
      ),
    () =>
      cycling(
        'hpack.js',
        blocksOf(lists),
        () => hpackJs.decompressor.create({ table: { size: TABLE_BYTES } }),
        (decompressor, block) => {
          decompressor.write(block);
          decompressor.execute();
          for (let field = decompressor.read(); field !== null; field = decompressor.read()) {
            sink.field(field.name, field.value);
          }
        },
      ),
  ];
}

function encoding(lists: readonly FieldRecipe[]): Way[] {
  const room = new Uint8Array(65_536);
  const objects = lists.map((list) => list.map(([name, value]) => ({ name, value })));
  return [
    () =>
      cycling(
        'undercoat',
        lists,
        () => new HpackEncoder(TABLE_BYTES, nodeText),
        (encoder, list) => {
          if (encoder.encode(list, room, 0, room.length) < 0) throw new Error('does not fit');
        },
      ),
    () =>
      cycling(
        'hpack.js',
        objects,
        () => hpackJs.compressor.create({ table: { size: TABLE_BYTES } }),
        (compressor, list) => {
          compressor.write(list);
          compressor.read();
        },
      ),
  ];
}

function row(work: string, target: number | null, ways: readonly Way[]): RateRow {
  return { work, unit: 'per second', target, ways };
}

export const hpackRows: readonly RateRow[] = [
  row('HPACK decode, request, varying', 8, decoding(browserRequests(LISTS))),
  row('HPACK encode, request, varying', 4, encoding(browserRequests(LISTS))),
  row('HPACK decode, response, varying', null, decoding(serverResponses(LISTS))),
  row('HPACK encode, response, varying', null, encoding(serverResponses(LISTS))),
];
