// What streams send, without a connection: what goes at once and what waits, each limit at its edge, and who is told when
// what waits is not sent.
import { describe, expect, it } from 'vitest';
import { SendBuffer } from '../../src/memory/index.js';
import { plainText } from '../../src/memory/text.js';
import { type H2Options, h2Settings } from '../../src/session/h2/options.js';
import { Outbound } from '../../src/session/h2/outbound.js';
import type { H2Stream } from '../../src/session/h2/stream.js';
import { h2StreamTable } from '../../src/session/h2/tables.js';
import { streamAlone } from '../support/h2-stream-alone.js';
import { checkedPool, refusal, session } from '../support/memory.js';

const head = { status: 200, pseudo: [], fields: [] };
const frameHeader = 9;
const frame = 16_384;

/** Streams whose heads are sent and written; nothing is pending. */
function bed(options: H2Options = {}) {
  const { pool } = checkedPool();
  const output = new SendBuffer(pool, session);
  const outbound = new Outbound(output, plainText, h2Settings({ copyBelowBytes: 100, ...options }, 16_448));
  const written = (count = output.pendingBytes): void => {
    output.take();
    output.written(count);
  };
  const open = (id: number): H2Stream => {
    const stream = streamAlone(id);
    stream.machine.take(h2StreamTable.event['receive-headers']);
    outbound.head(stream, head, false);
    written();
    return stream;
  };
  const told: string[] = [];
  return {
    output,
    outbound,
    written,
    open,
    told,
    send: (stream: H2Stream, length: number, last = false) =>
      outbound.data(stream, new Uint8Array(length), 0, length, (outcome) => told.push(outcome), last),
  };
}

describe('content goes at once', () => {
  it.each<[what: string, length: number, prepare: (it: ReturnType<typeof bed>, stream: H2Stream) => void]>([
    ['the stream’s window', 50, (_, stream) => stream.sendWindow.spend(65_535 - 50)],
    ['the connection’s window', 50, ({ outbound }) => outbound.window.spend(65_535 - 50)],
    ['a frame', frame, () => {}],
  ])('up to %s', (_, length, prepare) => {
    for (const more of [0, 1]) {
      const it = bed();
      const stream = it.open(1);
      prepare(it, stream);
      it.send(stream, length + more);
      const atOnce = more === 0;
      expect(it.output.pendingBytes).toBe(atOnce ? frameHeader + length : 0);
      expect(stream.waitingBytes).toBe(atOnce ? 0 : length + more);
      expect(it.outbound.framedBytes).toBe(atOnce ? length : 0);
    }
  });

  it('while less is pending than the mark, and half as much again for what is lent', () => {
    for (const [length, mark] of [
      [100, 1000],
      [101, 1500],
    ] as const) {
      for (const pending of [mark - 1, mark]) {
        const { output, outbound, open, send } = bed({ outputHighWaterBytes: 1000 });
        const stream = open(1);
        output.append(new Uint8Array(pending), 0, pending);
        send(stream, length);
        expect([pending, output.pendingBytes > pending]).toEqual([pending, pending < mark]);
        expect(outbound.scheduler.size).toBe(pending < mark ? 0 : 1);
      }
    }
  });

  it('unless another stream waits for its turn', () => {
    const { output, outbound, open, send } = bed();
    const [one, three] = [open(1), open(3)];
    send(one, 20_000);
    send(three, 10);
    expect([output.pendingBytes, outbound.scheduler.size]).toEqual([0, 2]);
  });

  it('and is told by what is answered when it was copied; nobody else hears', () => {
    const { open, send, told, written } = bed();
    const stream = open(1);
    expect([send(stream, 0), send(stream, 1), send(stream, 100)]).toEqual(['written', 'written', 'written']);
    expect(send(stream, 101)).toBeUndefined();
    expect(told).toEqual([]);
    written();
    expect(told).toEqual(['written']);
  });
});

describe('content that waits', () => {
  it('is copied when it is short: its owner may write there again', () => {
    const { output, outbound, open, told } = bed();
    const stream = open(1);
    stream.sendWindow.spend(65_535);
    const bytes = Uint8Array.from({ length: 20 }, (_, i) => i);
    const returned = (outcome: string) => told.push(outcome);
    expect(outbound.data(stream, bytes, 5, 8, returned, false)).toBe('written');
    bytes.fill(255);
    stream.sendWindow.add(100);
    outbound.windowChanged(stream);
    outbound.pump(0);
    const [segment] = output.take();
    expect([...(segment?.bytes.subarray(segment.start + frameHeader, segment.end) ?? [])]).toEqual([5, 6, 7]);
    expect(told).toEqual([]);
  });

  it('of a tunnel stays its owner’s until it is framed, and is told then', () => {
    const { outbound, open, send, told } = bed();
    const stream = open(1);
    stream.isTunnel = true;
    stream.sendWindow.spend(65_535);
    expect(send(stream, 10)).toBeUndefined();
    stream.sendWindow.add(100);
    outbound.windowChanged(stream);
    expect(told).toEqual([]);
    outbound.pump(0);
    expect(told).toEqual(['written']);
  });

  it('is framed while less is pending than the mark', () => {
    for (const pending of [999, 1000]) {
      const { output, outbound, open, send } = bed({ outputHighWaterBytes: 1000 });
      const stream = open(1);
      output.append(new Uint8Array(pending), 0, pending);
      send(stream, 20_000);
      outbound.pump(0);
      expect(output.pendingBytes - pending).toBe(pending < 1000 ? frameHeader + frame : 0);
    }
    // A frame that ends at the mark is the last of its turn.
    const { output, outbound, open, send } = bed({ outputHighWaterBytes: frameHeader + frame });
    send(open(1), 20_000);
    outbound.pump(0);
    expect(output.pendingBytes).toBe(frameHeader + frame);
  });

  it('is framed while the connection has a window, and no empty frame behind that', () => {
    const { output, outbound, open, send } = bed();
    const stream = open(1);
    outbound.window.spend(65_535 - frame);
    send(stream, 20_000);
    outbound.pump(0);
    expect([output.pendingBytes, outbound.framedBytes]).toEqual([frameHeader + frame, frame]);
    expect(outbound.scheduler.size).toBe(1);
  });

  it('has no turn when its window is closed, whoever closed it', () => {
    const { outbound, open, send } = bed();
    const stream = open(1);
    outbound.window.spend(65_535);
    send(stream, 20_000);
    expect(outbound.scheduler.size).toBe(1);
    stream.sendWindow.add(-65_534);
    outbound.windowChanged(stream);
    expect(outbound.scheduler.size).toBe(1);
    stream.sendWindow.add(-1);
    outbound.windowChanged(stream);
    expect(outbound.scheduler.size).toBe(0);
    stream.sendWindow.add(1);
    outbound.windowChanged(stream);
    expect(outbound.scheduler.size).toBe(1);
  });

  it('and is never sent fails: at once, or behind what was lent of it (OWN-4)', () => {
    const part = bed();
    const stream = part.open(1);
    stream.sendWindow.spend(65_535 - frame);
    part.send(stream, 20_000);
    part.outbound.pump(0);
    const { pendingBytes } = part.output;
    expect(pendingBytes).toBe(frameHeader + frame);
    part.outbound.drop(stream);
    part.output.take();
    part.output.written(pendingBytes - 1);
    expect(part.told).toEqual([]);
    part.output.written(1);
    expect(part.told).toEqual(['failed']);

    // What was lent is written already.
    const late = bed();
    const other = late.open(1);
    other.sendWindow.spend(65_535 - frame);
    late.send(other, 20_000);
    late.outbound.pump(0);
    late.written();
    late.outbound.drop(other);
    expect(late.told).toEqual(['failed']);

    // Nothing of it was lent, and something else is on its way.
    const none = bed();
    const third = none.open(1);
    third.sendWindow.spend(65_535);
    none.send(third, 20_000);
    none.outbound.writer.reset(3, 8);
    none.outbound.drop(third);
    expect(none.told).toEqual(['failed']);
  });
});

it('nothing is sent behind the end of a message', () => {
  const { outbound, open, send } = bed();
  const stream = open(1);
  outbound.end(stream, undefined);
  expect(refusal(() => send(stream, 1))).toBe('after-end RFC 9113 §8.1');
});
