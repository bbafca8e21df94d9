// DATA that nobody takes yet, without a connection: when its pieces are joined, what is not joined, and what happens where
// there is no slab to join them in.
import { describe, expect, it } from 'vitest';
import { ReceiveBuffer, SlabPool } from '../../src/memory/index.js';
import type { H2Stream } from '../../src/session/h2/stream.js';
import { StreamMap } from '../../src/session/h2/stream-map.js';
import { WaitingData } from '../../src/session/h2/waiting-data.js';
import { type Credited, piecesOf, streamAlone } from '../support/h2-stream-alone.js';
import { checkedPool, session, some, starve } from '../support/memory.js';

const slabBytes = 2048;

function bed(windowBytes = 100_000, ids = [1, 3], isWatched = true) {
  const options = { slabBytes, limitBytes: 6 * slabBytes };
  const { pool, ledger } = isWatched
    ? checkedPool(options)
    : { pool: new SlabPool(options), ledger: undefined };
  const input = new ReceiveBuffer(pool, session);
  const waiting = new WaitingData(input, session, windowBytes);
  const streams = new StreamMap<H2Stream>();
  const credited: Credited = new Map();
  const made = ids.map((id) => streamAlone(id, credited));
  for (const stream of made) streams.add(stream);
  let next = 0;
  const arrive = (count: number): void => {
    for (let left = count; left > 0; ) {
      const room = some(input.room());
      const here = Math.min(left, room.end - room.start);
      for (let i = 0; i < here; i++) room.bytes[room.start + i] = next++;
      input.received(here);
      left -= here;
    }
  };
  return {
    pool,
    input,
    waiting,
    stream: made[0] as H2Stream,
    streams: made,
    arrive,
    /** So many octets, each another than the one before, come and wait. */
    add: (stream: H2Stream, count: number): void => {
      arrive(count);
      waiting.add(stream, count, streams);
    },
    /** The stream's octets, which are let go of with it. */
    octets: (stream: H2Stream): number[] => stream.backlog.flatMap((lease) => [...lease.view()]),
    /** All is let go of, was credited to its streams, and nothing is held. */
    end: (...bytes: number[]): void => {
      for (const stream of made) for (const lease of stream.backlog) lease.release();
      expect(made.map(({ id }) => credited.get(id) ?? 0)).toEqual(bytes);
      waiting.close();
      input.close();
      ledger?.assertQuiescent();
      expect(pool.heldBytes).toBe(0);
    },
  };
}

const octetsFrom = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => (from + i) & 255);

describe('what waits is joined', () => {
  it('when as much was packed as the window holds', () => {
    const { add, stream, octets, end } = bed(10);
    for (let i = 0; i < 5; i++) add(stream, 2);
    expect(piecesOf(stream)).toEqual([2, 2, 2, 2, 2]);
    add(stream, 2);
    expect(piecesOf(stream)).toEqual([10, 2]);
    // What was packed is counted from there on.
    for (let i = 0; i < 4; i++) add(stream, 2);
    expect(piecesOf(stream)).toEqual([10, 2, 2, 2, 2, 2]);
    add(stream, 2);
    expect(piecesOf(stream)).toEqual([20, 2]);
    expect(octets(stream)).toEqual(octetsFrom(0, 22));
    end(22, 0);
  });

  it('when the pieces are many; the more are left, the later', () => {
    const ids = [1, 3, 5, 7, 9];
    const { add, streams, end } = bed(100_000, ids, false);
    const [first] = streams as [H2Stream];
    for (const stream of streams.slice(1)) add(stream, 1);
    for (let i = 0; i < 508; i++) add(first, 1);
    expect(piecesOf(first)).toHaveLength(508);
    add(first, 1);
    expect(piecesOf(first)).toEqual([508, 1]);
    // Five were left, and one came: 512 and twice as many may gather.
    for (let i = 0; i < 516; i++) add(first, 1);
    expect(piecesOf(first)).toHaveLength(518);
    add(first, 1);
    expect(piecesOf(first)).toEqual([1025, 1]);
    end(1026, 1, 1, 1, 1);
  });

  it('stream by stream, each with its octets', () => {
    const { add, streams, octets, end } = bed(10);
    const [one, three] = streams as [H2Stream, H2Stream];
    for (let i = 0; i < 2; i++) {
      add(one, 2);
      add(three, 3);
    }
    add(one, 1);
    expect([piecesOf(one), piecesOf(three)]).toEqual([[4, 1], [6]]);
    expect(octets(one)).toEqual([0, 1, 5, 6, 10]);
    expect(octets(three)).toEqual([2, 3, 4, 7, 8, 9]);
    end(5, 6);
  });

  it('in as many pieces as slabs need', () => {
    const { add, stream, octets, end } = bed(slabBytes + 100);
    for (let i = 0; i < 3; i++) add(stream, 1000);
    expect(piecesOf(stream)).toEqual([1000, 1000, 48, 952]);
    add(stream, 10);
    expect(piecesOf(stream)).toEqual([2048, 952, 10]);
    expect(octets(stream)).toEqual(octetsFrom(0, 3010));
    end(3010, 0);
  });

  it('but what never was DATA, which is charged to nobody', () => {
    const { add, arrive, input, stream, octets, end } = bed(4);
    add(stream, 2);
    arrive(3);
    stream.keepReceived(input.take(3, stream.machine.owner, 'body'));
    add(stream, 1);
    add(stream, 1);
    add(stream, 1);
    expect(piecesOf(stream)).toEqual([2, 3, 2, 1]);
    expect(octets(stream)).toEqual(octetsFrom(0, 8));
    end(5, 0);
  });
});

describe('where there is no slab', () => {
  it('what comes stays where it came', () => {
    const { arrive, waiting, stream, octets, pool, end } = bed();
    arrive(10);
    const feed = starve(pool);
    const { heldBytes } = pool;
    waiting.add(stream, 10, new StreamMap());
    expect(piecesOf(stream)).toEqual([10]);
    expect(stream.backlog[0]?.owner).toBe(stream.machine.owner);
    expect(pool.heldBytes).toBe(heldBytes);
    expect(octets(stream)).toEqual(octetsFrom(0, 10));
    feed();
    end(10, 0);
  });

  it('what waits stays in its pieces, all of it and in order', () => {
    const { add, arrive, waiting, stream, octets, pool, end } = bed(6);
    for (let i = 0; i < 3; i++) add(stream, 2);
    arrive(2);
    const feed = starve(pool);
    const streams = new StreamMap<H2Stream>();
    streams.add(stream);
    waiting.add(stream, 2, streams);
    expect(piecesOf(stream)).toEqual([2, 2, 2, 2]);
    expect(octets(stream)).toEqual(octetsFrom(0, 8));
    feed();
    end(8, 0);
  });

  it('holds none when nothing waits', () => {
    const { add, waiting, stream, pool, input } = bed();
    add(stream, 10);
    const [lease] = stream.backlog;
    lease?.release();
    waiting.settle();
    input.close();
    expect(pool.heldBytes).toBe(0);
  });
});
