// How frames come into the send buffer: what is copied and what is lent, when the lender hears, and what is written where a
// slab has little room, or there is none (WS-9).
import { describe, expect, it } from 'vitest';
import { SendBuffer } from '../../src/memory/index.js';
import { FRAME_COMPLETE, FrameView } from '../../src/session/h2/frames-reader.js';
import { HpackEncoder } from '../../src/session/h2/hpack/encoder.js';
import type { Waiting } from '../../src/session/h2/stream.js';
import { FrameWriter, type HeaderFields } from '../../src/session/h2/writer.js';
import { checkedPool, session } from '../support/memory.js';

const copyBelow = 100;
const blockOf = (length: number): HeaderFields => ({
  status: 200,
  pseudo: [],
  // Longer in Huffman's code than as it is.
  fields: [['x', '~'.repeat(length)]],
});

function bed(slabBytes = 600, slabs = 8) {
  const { pool, ledger } = checkedPool({ slabBytes, limitBytes: slabs * slabBytes });
  const output = new SendBuffer(pool, session);
  const writer = new FrameWriter(output, copyBelow);
  const taken: Uint8Array[] = [];
  let count = 0;
  /** Segments that are with the transport from now on. */
  const take = () => {
    const segments = output.take();
    for (const { bytes, start, end } of segments) {
      taken.push(bytes.slice(start, end));
      count += end - start;
    }
    return segments;
  };
  return {
    pool,
    output,
    writer,
    take,
    /** So much of the slab that is being built in is used. */
    fill: (length: number) => expect(output.append(new Uint8Array(length), 0, length)).toBe(true),
    /** Frames behind the first `skip` octets, as type and length; all is written then, and nothing is held. */
    frames: (skip = 0): [type: number, length: number][] => {
      take();
      const all = Uint8Array.from(taken.flatMap((piece) => [...piece]));
      const view = new FrameView();
      const found: [number, number][] = [];
      let at = skip;
      while (view.read(all, at, all.length) === FRAME_COMPLETE) {
        found.push([view.type, view.length]);
        at = view.next;
      }
      expect(at).toBe(all.length);
      output.written(count);
      ledger.assertQuiescent();
      expect(pool.heldBytes).toBe(0);
      return found;
    },
  };
}

describe('content', () => {
  it('of a whole answer is copied up to the limit, and lent above it', () => {
    for (const length of [copyBelow, copyBelow + 1]) {
      const { writer, take, frames } = bed();
      const body = new Uint8Array(length);
      expect(writer.message(1, new HpackEncoder(), blockOf(1), body, 16_384)).toBe(true);
      expect([length, take().some(({ bytes }) => bytes === body)]).toEqual([length, length > copyBelow]);
      expect(frames().map(([type]) => type)).toEqual([1, 0]);
    }
  });

  it('that waited is copied up to the limit, and lent above it', () => {
    for (const count of [copyBelow, copyBelow + 1]) {
      const { writer, take, frames } = bed();
      const item: Waiting = {
        bytes: new Uint8Array(300),
        start: 0,
        end: 300,
        lease: undefined,
        returned: undefined,
        lent: false,
      };
      writer.data(1, item, count, false);
      expect([count, take().some(({ bytes }) => bytes === item.bytes)]).toEqual([count, count > copyBelow]);
      expect(item.lent).toBe(count > copyBelow);
      expect(frames()).toEqual([[0, count]]);
    }
  });

  it('comes back at once when all of it was copied, and behind what was lent of it before (OWN-4)', () => {
    for (const first of [0, 200]) {
      const { writer, take, output, frames } = bed();
      const told: string[] = [];
      const item: Waiting = {
        bytes: new Uint8Array(first + 50),
        start: 0,
        end: first + 50,
        lease: undefined,
        returned: (outcome) => told.push(outcome),
        lent: false,
      };
      if (first > 0) writer.data(1, item, first, false);
      item.start = first;
      writer.data(1, item, 50, true);
      expect([first, told]).toEqual([first, first === 0 ? ['written'] : []]);
      take();
      if (first > 0) {
        // All but the last octet of the copy, which is behind what was lent.
        output.written(9 + first + 9 + 50 - 1);
        expect(told).toEqual([]);
        output.written(1);
        expect(told).toEqual(['written']);
      } else expect(frames()).toEqual([[0, 50]]);
    }
  });
});

describe('a frame that the slab has no room for', () => {
  it('takes the rest of a slab to its last octet, or a fresh one', () => {
    for (const [reason, slabs] of [
      [83, 1],
      [84, 2],
    ] as const) {
      const { writer, fill, pool, frames } = bed(400);
      fill(300);
      writer.goaway(1, 0, 'x'.repeat(reason));
      expect(pool.heldBytes).toBe(slabs * 400);
      expect(frames(300)).toEqual([[7, 8 + reason]]);
    }
  });

  it('has a buffer of its own when there is no other slab, or it is longer than one', () => {
    const full = bed(600, 1);
    full.fill(590);
    full.writer.reset(1, 8);
    full.writer.windowUpdate(1, 8);
    expect(full.frames(590)).toEqual([
      [3, 4],
      [8, 4],
    ]);
    const long = bed(64);
    long.writer.goaway(1, 0, 'x'.repeat(100));
    long.writer.reset(1, 8);
    expect(long.frames()).toEqual([
      [7, 108],
      [3, 4],
    ]);
    const late = bed(64);
    late.fill(10);
    late.writer.goaway(1, 0, 'x'.repeat(100));
    expect(late.frames(10)).toEqual([[7, 108]]);
  });

  it('says 128 octets of a reason at most', () => {
    const { writer, frames } = bed();
    writer.goaway(1, 0, 'x'.repeat(129));
    writer.goaway(1, 0, 'x'.repeat(128));
    expect(frames()).toEqual([
      [7, 136],
      [7, 136],
    ]);
  });
});

describe('a header block that the slab has no room for', () => {
  it('is built in a fresh one, whatever is left of this one', () => {
    for (const left of [100, 200, 400]) {
      const { writer, fill, frames } = bed();
      fill(600 - left);
      expect(writer.headers(1, new HpackEncoder(), blockOf(400), true, 16_384)).toBe(true);
      const [found, ...more] = frames(600 - left);
      expect([left, found?.[0], more]).toEqual([left, 1, []]);
      expect(found?.[1]).toBeGreaterThan(400);
    }
    // Not even the frame's header has room.
    const { writer, fill, frames } = bed(32);
    fill(24);
    const small = { status: 200, pseudo: [], fields: [] };
    expect(writer.headers(1, new HpackEncoder(), small, true, 16_384)).toBe(true);
    expect(frames(24)).toEqual([[1, 1]]);
  });

  it('is not written when it fits none, or there is none; what follows is (WS-8)', () => {
    for (const [slabs, length] of [
      [8, 700],
      [1, 400],
    ] as const) {
      const { writer, fill, frames } = bed(600, slabs);
      const encoder = new HpackEncoder();
      fill(300);
      expect(writer.headers(1, encoder, blockOf(length), true, 16_384)).toBe(false);
      expect(writer.message(1, encoder, blockOf(length), new Uint8Array(9), 16_384)).toBe(false);
      writer.reset(1, 8);
      expect(frames(300)).toEqual([[3, 4]]);
    }
  });

  it('leaves no room open when a character is no octet', () => {
    const { writer, frames } = bed();
    const wrong: HeaderFields = { status: 200, pseudo: [], fields: [['x', '\u0100']] };
    expect(() => writer.headers(1, new HpackEncoder(), wrong, true, 16_384)).toThrow();
    writer.reset(1, 8);
    expect(frames()).toEqual([[3, 4]]);
  });
});
