// Which identifiers of streams are used up, passed over, reset or spoken of before they are begun (RFC 9113 §5.1.1), and how
// many of them are remembered.
import { describe, expect, it } from 'vitest';
import { defaultDeadlines } from '../../src/session/deadlines.js';
import { MAX_31_BITS } from '../../src/session/h2/frames-codes.js';
import { Streams } from '../../src/session/h2/streams.js';
import { streamAlone, ToldSink } from '../support/h2-stream-alone.js';
import { checkedPool, session } from '../support/memory.js';

const streams = (isServer = true, maxPriorities = 2) =>
  new Streams(isServer, defaultDeadlines, maxPriorities, session);

describe('identifiers', () => {
  it('are odd of clients and even of servers, idle until they are begun', () => {
    const server = streams(true);
    const client = streams(false);
    expect([server.next, client.next]).toEqual([2, 1]);
    expect([1, 2, 3].map((id) => [server.isOurs(id), client.isOurs(id)])).toEqual([
      [false, true],
      [true, false],
      [false, true],
    ]);
    server.begunByPeer(5);
    expect([2, 3, 5, 7].map((id) => server.isIdle(id))).toEqual([true, false, false, true]);
    client.next = 5;
    expect([2, 3, 5].map((id) => client.isIdle(id))).toEqual([true, false, true]);
  });

  it('are used up behind the last of 31 bits', () => {
    const client = streams(false);
    client.next = MAX_31_BITS;
    expect(client.usedUp).toBe(false);
    client.next += 2;
    expect(client.usedUp).toBe(true);
  });
});

describe('what the peer passed over', () => {
  it.each<[begun: number[], over: number[]]>([
    [[1], []],
    [[1, 3, 5], []],
    [[3], [1]],
    [[1, 5], [3]],
    [
      [5, 7, 13],
      [1, 3, 9, 11],
    ],
  ])('%j: %j', (begun, over) => {
    const known = streams();
    for (const id of begun) known.begunByPeer(id);
    const all = [1, 3, 5, 7, 9, 11, 13, 15];
    expect(all.filter((id) => known.wasPassedOver(id))).toEqual(over);
  });

  it('is known however many are begun in their order behind it', () => {
    const known = streams();
    for (let id = 3; id < 100; id += 2) known.begunByPeer(id);
    expect([1, 3, 99].map((id) => known.wasPassedOver(id))).toEqual([true, false, false]);
  });

  it('is known of the last sixteen gaps', () => {
    const known = streams();
    for (let i = 1; i <= 16; i++) known.begunByPeer(4 * i - 1);
    expect([1, 5, 61].map((id) => known.wasPassedOver(id))).toEqual([true, true, true]);
    known.begunByPeer(4 * 17 - 1);
    expect([1, 5, 61, 65].map((id) => known.wasPassedOver(id))).toEqual([false, true, true, true]);
  });
});

describe('what we reset', () => {
  it('is known one by one of 128 streams; of those before them any may have been', () => {
    const known = streams();
    for (let i = 0; i < 128; i++) known.rememberReset(4 * i + 1);
    expect([1, 3, 5, 7, 509, 511].map((id) => known.wasReset(id))).toEqual([
      true,
      false,
      true,
      false,
      true,
      false,
    ]);
    known.rememberReset(513);
    expect([1, 3, 5, 7].map((id) => known.wasReset(id))).toEqual([true, false, true, false]);
    known.rememberReset(517);
    expect([1, 3, 5, 7].map((id) => known.wasReset(id))).toEqual([true, true, true, false]);
  });
});

describe('priorities of streams to come', () => {
  const urgent = (urgency: number) => ({ urgency, incremental: false });

  it('are given once, and are what was said last', () => {
    const known = streams();
    expect(known.takePriority(1)).toBeUndefined();
    expect(known.rememberPriority(1, urgent(1), 9)).toBe(true);
    expect(known.rememberPriority(1, urgent(2), 9)).toBe(true);
    expect(known.takePriority(3)).toBeUndefined();
    expect(known.takePriority(1)).toEqual(urgent(2));
    expect(known.takePriority(1)).toBeUndefined();
  });

  it('are remembered of so many; more are forgotten', () => {
    const known = streams(true, 2);
    for (const id of [1, 3, 5]) expect(known.rememberPriority(id, urgent(1), 9)).toBe(true);
    expect(known.rememberPriority(3, urgent(7), 9)).toBe(true);
    expect([1, 3, 5].map((id) => known.takePriority(id)?.urgency)).toEqual([1, 7, undefined]);
  });

  it('are no more than there may be streams', () => {
    const known = streams(true, 9);
    expect([1, 3, 5].map((id) => known.rememberPriority(id, urgent(1), 2))).toEqual([true, true, false]);
    expect(known.rememberPriority(3, urgent(0), 2)).toBe(true);
    expect(known.takePriority(3)).toEqual(urgent(0));
    expect(known.rememberPriority(5, urgent(1), 2)).toBe(true);
  });

  it('of streams that were begun or passed over make room', () => {
    const known = streams(true, 2);
    known.rememberPriority(3, urgent(1), 9);
    known.rememberPriority(5, urgent(1), 9);
    known.begunByPeer(3);
    known.rememberPriority(7, urgent(4), 9);
    expect([3, 5, 7].map((id) => known.takePriority(id)?.urgency)).toEqual([undefined, 1, 4]);
  });
});

describe('streams that there are', () => {
  it('are ours or the peer’s, and go once', () => {
    const known = streams(true);
    const [one, two] = [streamAlone(1), streamAlone(2)];
    known.add(one);
    expect([known.peerCount, known.ourCount]).toEqual([1, 0]);
    known.add(two);
    expect([known.peerCount, known.ourCount]).toEqual([1, 1]);
    expect([known.delete(one), known.delete(one), one.isLive]).toEqual([true, false, false]);
    expect([known.peerCount, known.ourCount, known.live.size]).toEqual([0, 1, 1]);
  });

  it('are due by their own deadlines, and nothing is due without them', () => {
    const known = streams(true);
    const { total, firstByte, betweenBytes } = defaultDeadlines;
    const [one, three] = [streamAlone(1), streamAlone(3)];
    for (const stream of [one, three]) {
      stream.headReceived = true;
      known.add(stream);
    }
    // Nobody has it, and so nothing of it is waited for.
    known.dueBy(one);
    expect(known.due).toBe(firstByte);
    one.headSent = true;
    const sink = new ToldSink();
    sink.wantsBody = true;
    three.sink = sink;
    expect(known.overdue(0)).toEqual([]);
    expect(known.due).toBe(Math.min(total, betweenBytes));
    // A tunnel that nobody has waits for nothing.
    three.sink = null;
    three.isTunnel = true;
    expect(known.overdue(0)).toEqual([]);
    expect(known.due).toBe(total);
    known.delete(one);
    expect(known.due).toBe(total);
    known.delete(three);
    expect(known.due).toBe(Number.POSITIVE_INFINITY);
  });

  it('that are over leave sixteen packers to others, and no more', () => {
    const known = streams(true);
    const { pool } = checkedPool();
    const made = Array.from({ length: 17 }, (_, i) => streamAlone(2 * i + 1));
    const packers = made.map((stream) => {
      known.add(stream);
      const packer = known.packer(stream, pool);
      expect(known.packer(stream, pool)).toBe(packer);
      return packer;
    });
    for (const stream of made) known.delete(stream);
    const again = made.map((_, i) => known.packer(streamAlone(101 + 2 * i), pool));
    expect(new Set(again).size).toBe(17);
    expect(again.filter((packer) => packers.includes(packer))).toHaveLength(16);
  });
});
