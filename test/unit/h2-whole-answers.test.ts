// Answers that are given whole: built in one go where there is room, and the same frames where there is none.
import { describe, expect, it } from 'vitest';
import { Owner, SendBuffer, SlabPool } from '../../src/memory/index.js';
import {
  FLAG_END_HEADERS,
  FLAG_END_STREAM,
  FRAME_DATA,
  FRAME_HEADERS,
} from '../../src/session/h2/frames-codes.js';
import { FRAME_COMPLETE, FrameView } from '../../src/session/h2/frames-reader.js';
import { HpackEncoder } from '../../src/session/h2/hpack/encoder.js';
import { FrameWriter } from '../../src/session/h2/writer.js';
import { get, H2Bed, headers } from '../support/h2-bed.js';

const slabBytes = 600;
const copyBelow = 100;

/** What is written for an answer with a field of `length` octets, frame by frame: type, flags, octets. */
function written(length: number, bodyBytes: number): number[][] {
  const pool = new SlabPool({ slabBytes });
  const output = new SendBuffer(pool, new Owner('session', 'test', 1));
  const writer = new FrameWriter(output, copyBelow);
  const fields = [['x', '~'.repeat(length)]] as const;
  const body = new Uint8Array(bodyBytes).fill(0x61);
  expect(writer.message(1, new HpackEncoder(), { status: 200, pseudo: [], fields }, body, 16_384)).toBe(true);
  const pieces = output.take().map(({ bytes, start, end }) => bytes.slice(start, end));
  const bytes = Uint8Array.from(pieces.flatMap((piece) => [...piece]));
  const view = new FrameView();
  const frames: number[][] = [];
  let at = 0;
  while (view.read(bytes, at, bytes.length) === FRAME_COMPLETE) {
    frames.push([view.type, view.flags, view.length]);
    if (view.type === FRAME_DATA) expect(bytes.slice(view.bodyStart, view.bodyEnd)).toEqual(body);
    at = view.next;
  }
  expect(at).toBe(bytes.length);
  output.written(bytes.length);
  expect(pool.heldBytes).toBe(0);
  return frames;
}

describe('a whole answer', () => {
  const lengths = Array.from({ length: 120 }, (_, i) => 460 + i);
  it.each([
    ['copied', copyBelow],
    ['lent', copyBelow + 1],
  ])('is the same frames wherever the slab ends, its content %s', (_, bodyBytes) => {
    for (const length of lengths) {
      const [head, ...rest] = written(length, bodyBytes);
      expect(head?.slice(0, 2)).toEqual([FRAME_HEADERS, FLAG_END_HEADERS]);
      expect(rest).toEqual([[FRAME_DATA, FLAG_END_STREAM, bodyBytes]]);
    }
  });

  it.each([
    ['copied', 1000, 4],
    ['lent', 999, 6],
  ])('goes at once while less is on its way than may be, its content %s', (_, copyBelowBytes, most) => {
    const bed = new H2Bed('server', { h2: { outputHighWaterBytes: 4000, copyBelowBytes } });
    const ids = Array.from({ length: 10 }, (_, i) => 2 * i + 1);
    for (const id of ids) bed.feed(headers(id, get()));
    for (const exchange of bed.exchanges) exchange.reply(200, [], new Uint8Array(1000));
    const order = bed.frames().map((text) => text.split(' ').slice(0, 2).join(' '));
    expect(order).toEqual([
      ...ids.slice(0, most).flatMap((id) => [`HEADERS ${id}`, `DATA ${id}`]),
      ...ids.slice(most).map((id) => `HEADERS ${id}`),
      ...ids.slice(most).map((id) => `DATA ${id}`),
    ]);
    bed.close();
  });

  it('to HEAD ends with its head, and says how long the content would be', () => {
    const bed = new H2Bed('server');
    bed.feed(headers(1, [[':method', 'HEAD'], ...get().slice(1)]));
    bed.exchange.reply(200, [], new Uint8Array(3));
    expect(bed.frames()).toEqual(['HEADERS 1 END | :status: 200 | content-length: 3']);
    bed.close();
  });

  it('in parts: what is refused for its length leaves the count as it was', () => {
    const bed = new H2Bed('server');
    bed.feed(headers(1, get()));
    const { exchange } = bed;
    exchange.respond(200, [], { length: 4 });
    expect(() => exchange.send(new Uint8Array(2), true)).toThrow(/length-underrun/);
    expect(() => exchange.send(new Uint8Array(5))).toThrow(/length-overrun/);
    exchange.send(new Uint8Array(4), true);
    expect(bed.frames()).toEqual(['HEADERS 1 | :status: 200 | content-length: 4', 'DATA 1 END 4']);
    bed.close();
  });
});
