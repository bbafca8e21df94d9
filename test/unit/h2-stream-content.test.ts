// Content on an H2 stream, both ways: its order, its end, what padding is and what it is not, and whose time runs while it waits.
import { describe, expect, it } from 'vitest';
import { FLAG_END_STREAM, FLAG_PADDED, FRAME_DATA } from '../../src/session/h2/frames-codes.js';
import type { ServerExchange } from '../../src/stream/contract.js';
import { data, frame, get, H2Bed, headers, put, settings, windowUpdate } from '../support/h2-bed.js';
import { refusal } from '../support/memory.js';

const none = new Uint8Array(0);
const shut = settings([4, 0]);
const padded = (id: number, count: number, padding: number, flags = 0) =>
  frame(FRAME_DATA, FLAG_PADDED | flags, id, [padding, ...new Uint8Array(count + padding)]);

/** A server with an exchange that reads, and what it was given. */
function reading(fields: [string, string][] = put(), h2: object = {}): { bed: H2Bed; taken: number[] } {
  const bed = new H2Bed('server', { h2 });
  const taken: number[] = [];
  bed.feed(headers(1, fields, false));
  bed.exchange.body.consume({
    data: (lease) => {
      taken.push(lease.length);
      lease.release();
    },
    end: () => taken.push(-1),
    failed: () => taken.push(-2),
  });
  bed.frames();
  return { bed, taken };
}

/** A server with an exchange that has answered, and no window. */
function answering(length?: number): { bed: H2Bed; exchange: ServerExchange } {
  const bed = new H2Bed('server');
  bed.feed(shut, headers(1, get()));
  const { exchange } = bed;
  exchange.respond(200, [], length === undefined ? {} : { length });
  bed.frames();
  return { bed, exchange };
}

describe('content that comes', () => {
  it('keeps its order, though it is asked for again as more arrives', () => {
    const { bed, taken } = reading();
    bed.exchange.body.pause();
    bed.feed(data(1, 2));
    bed.exchange.body.resume();
    // No turn was taken since.
    const more = data(1, 3);
    bed.end.deliver(more, 0, more.length);
    bed.frames();
    expect(taken).toEqual([2, 3]);
    bed.close();
  });

  it('keeps its order within a frame, too', () => {
    const { bed, taken } = reading();
    bed.exchange.body.pause();
    const bytes = data(1, 5);
    bed.feed(bytes.subarray(0, 11));
    bed.exchange.body.resume();
    bed.end.deliver(bytes, 11, bytes.length);
    bed.frames();
    expect(taken).toEqual([2, 3]);
    bed.close();
  });

  it('is counted without its padding', () => {
    const { bed, taken } = reading(put(['content-length', '5']));
    expect(bed.feed(padded(1, 3, 9), padded(1, 2, 200, FLAG_END_STREAM))).toEqual([]);
    expect(taken).toEqual([3, 2, -1]);
    bed.close();
  });

  it('that is padding only is credited to its stream, too', () => {
    const { bed } = reading();
    const said: string[] = [];
    for (let i = 0; i < 128; i++) said.push(...bed.feed(padded(1, 0, 255)));
    expect(said.filter((text) => text.startsWith('WINDOW_UPDATE 1'))).toEqual(['WINDOW_UPDATE 1 32768']);
    bed.close();
  });

  it('is of use, a single octet or the end of it; only nothing is not', () => {
    const strict = { trifles: { burst: 0, perSecond: 0 } };
    const { bed, taken } = reading(put(), strict);
    expect(bed.feed(data(1, 1), padded(1, 1, 5), data(1, 0, true))).toEqual([]);
    expect(taken).toEqual([1, 1, -1]);
    bed.close();
    for (const nothing of [data(1, 0), padded(1, 0, 5)]) {
      const empty = reading(put(), strict).bed;
      expect(empty.feed(nothing)).toEqual(['GOAWAY 1 ENHANCE_YOUR_CALM']);
      empty.close();
    }
  });

  it('that nobody reads keeps no stream whose answer is whole', () => {
    const bed = new H2Bed('server', { h2: { maxConcurrentStreams: 1, maxUnreadStreams: 0 } });
    for (const id of [1, 3]) {
      expect(bed.feed(headers(id, put(), false), data(id, 10, true))).toEqual([]);
      let closed: string | undefined;
      bed.exchange.onClosed = (error) => {
        closed = error?.code ?? 'ok';
      };
      bed.exchange.reply(204, [], none);
      expect(bed.frames()).toEqual([`HEADERS ${id} END | :status: 204`]);
      expect(closed).toBe('ok');
    }
    bed.close();
  });
});

describe('content that goes', () => {
  it('of no octets is no frame, unless it is the end', () => {
    const { bed, exchange } = answering();
    exchange.send(none);
    expect(bed.frames()).toEqual([]);
    exchange.send(none, true);
    expect(bed.frames()).toEqual(['DATA 1 END 0']);
    bed.close();
  });

  it('in a lease may be the end', () => {
    for (const last of [true, false]) {
      const bed = new H2Bed('server', {
        exchange: (exchange) => {
          exchange.respond(200);
          exchange.body.consume({
            data: (lease) => exchange.sendLease(lease, last),
            end: () => {},
            failed: () => {},
          });
        },
      });
      bed.feed(headers(1, put(), false));
      expect(bed.feed(data(1, 5)).filter((text) => text.startsWith('DATA'))).toEqual([
        last ? 'DATA 1 END 5' : 'DATA 1 5',
      ]);
      bed.close();
    }
  });

  it('is followed by its trailers, though it had to wait', () => {
    const { bed, exchange } = answering();
    exchange.send(new Uint8Array(10));
    exchange.end([['x', 'y']]);
    expect(bed.frames()).toEqual([]);
    expect(bed.feed(windowUpdate(1, 4))).toEqual(['DATA 1 4']);
    expect(bed.feed(windowUpdate(1, 6))).toEqual(['DATA 1 6', 'HEADERS 1 END | x: y']);
    bed.close();
  });

  it('is held to what was declared at its end, and trailers to what they may say', () => {
    const { bed, exchange } = answering(5);
    exchange.send(new Uint8Array(4));
    expect(refusal(() => exchange.end())).toBe('length-underrun RFC 9110 §8.6');
    expect(refusal(() => exchange.end([['content-length', '5']]))).toBe('field-framing RFC 9110 §6.5.1');
    exchange.send(new Uint8Array(1));
    exchange.end();
    expect(bed.feed(windowUpdate(1, 9)).at(-1)).toBe('DATA 1 END 1');
    bed.close();
  });

  it('goes no further ahead of the transport than the mark and a frame', () => {
    const mark = 20_000;
    const bed = new H2Bed('server', { h2: { outputHighWaterBytes: mark } });
    bed.feed(settings([4, 1_000_000]), windowUpdate(0, 1_000_000), headers(1, get()));
    bed.exchange.respond(200, [], { length: 200_000 });
    bed.exchange.send(new Uint8Array(200_000), true);
    let sent = 0;
    bed.end.turn();
    while (bed.end.output.pendingBytes > 0) {
      expect(bed.end.output.pendingBytes).toBeLessThan(mark + 16_384 + 9);
      sent += bed.end.take().length;
      bed.end.written(bed.end.inFlight);
      if (bed.end.due) bed.end.turn();
    }
    expect(sent).toBeGreaterThan(200_000);
    bed.close();
  });

  it('has the deadline of writing from when it began to wait, however much more is sent', () => {
    const deadlines = { write: 25, firstByte: 1000, total: 1000 };
    const bed = new H2Bed('server', { end: { deadlines } });
    bed.feed(shut, headers(1, get()));
    bed.exchange.respond(200);
    bed.frames();
    for (const now of [5, 10, 20]) {
      bed.end.now = now;
      bed.exchange.send(new Uint8Array(10));
      bed.frames();
      expect([now, bed.end.deadline()]).toEqual([now, 30]);
    }
    expect(bed.at(30)).toEqual(['RST_STREAM 1 CANCEL']);
    bed.close();
  });
});
