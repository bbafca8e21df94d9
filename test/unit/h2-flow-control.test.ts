// Flow control both ways: what is credited, and how far DATA goes, in which order.
import { describe, expect, it } from 'vitest';
import type { Lease } from '../../src/memory/index.js';
import { FLAG_PADDED, FRAME_DATA, FRAME_PRIORITY_UPDATE } from '../../src/session/h2/frames-codes.js';
import {
  data,
  frame,
  get,
  H2Bed,
  headers,
  put,
  reset,
  settings,
  uint32,
  windowUpdate,
} from '../support/h2-bed.js';
import { open, reading, stillServes } from '../support/h2-open-streams.js';

describe('flow control', () => {
  it('credits what the consumer gives back, padding at once, and what nobody wants', () => {
    const taken: string[] = [];
    const bed = new H2Bed('server', { exchange: reading(taken), h2: { connectionWindowBytes: 65_535 } });
    bed.feed(headers(1, put(), false));
    expect(bed.feed(data(1, 16_000), data(1, 16_000))).toEqual([]);
    const padded = frame(FRAME_DATA, FLAG_PADDED, 1, [255, ...new Uint8Array(1000)]);
    expect(bed.feed(padded)).toEqual(['WINDOW_UPDATE 0 33001', 'WINDOW_UPDATE 1 33001']);
    expect(taken.at(-1)).toBe('1: 745');
    bed.feed(reset(1, 8));
    bed.feed(headers(3, put(), false));
    bed.exchange.abort();
    expect(bed.frames().at(-1)).toMatch(/^RST_STREAM 3/);
    // DATA of a stream that is over is charged and credited (CON-4).
    expect(bed.feed(data(3, 16_384), data(3, 16_384))).toEqual(['WINDOW_UPDATE 0 32768']);
    bed.close();
  });

  it('nothing is credited while the consumer keeps it', () => {
    const bed = open();
    const kept: { release(): void }[] = [];
    bed.exchange.body.consume({ data: (lease) => kept.push(lease), end: () => {}, failed: () => {} });
    bed.frames();
    const all = Array.from({ length: 4 }, () => data(3, 16_000));
    expect(bed.feed(...all)).toEqual([]);
    for (const lease of kept) lease.release();
    expect(bed.frames()).toEqual(['WINDOW_UPDATE 3 64000']);
    stillServes(bed);
  });

  it('sends as far as both windows allow, also after SETTINGS made one negative', () => {
    const bed = new H2Bed('server');
    bed.feed(settings([4, 100]), headers(1, get()));
    bed.exchange.reply(200, [], new Uint8Array(250));
    expect(bed.frames().slice(1)).toEqual(['DATA 1 100']);
    expect(bed.feed(settings([4, 50]))).toEqual(['SETTINGS ACK']);
    expect(bed.feed(windowUpdate(1, 50))).toEqual([]);
    expect(bed.feed(windowUpdate(1, 1))).toEqual(['DATA 1 1']);
    expect(bed.feed(settings([4, 1000]))).toEqual(['SETTINGS ACK', 'DATA 1 END 149']);
    bed.close();
  });

  it('what we set holds from its acknowledgement on', () => {
    const bed = new H2Bed('server', { silent: true, h2: { streamWindowBytes: 10 } });
    const preface = new H2Bed('client', { silent: true }).end.sent.subarray(0, 24);
    bed.feed(preface, settings(), headers(1, put(), false), data(1, 5));
    bed.feed(data(1, 12_000));
    // Less than nothing is left now.
    bed.feed(frame(4, 1, 0));
    expect(bed.feed(data(1, 1))).toEqual(['RST_STREAM 1 FLOW_CONTROL_ERROR']);
    bed.feed(headers(3, put(), false), data(3, 10));
    expect(bed.feed(data(3, 1))).toEqual(['RST_STREAM 3 FLOW_CONTROL_ERROR']);
    bed.close();
  });

  it('urgent DATA goes first, and streams of one urgency take turns', () => {
    const bed = new H2Bed('server');
    bed.feed(settings([4, 0]), frame(FRAME_PRIORITY_UPDATE, 0, 0, [...uint32(5), 0x75, 0x3d, 0x30]));
    bed.feed(headers(1, get()), headers(3, get()), headers(5, get()));
    for (const exchange of bed.exchanges) exchange.reply(200, [], new Uint8Array(20_000));
    bed.frames();
    expect(bed.feed(settings([4, 30_000]))).toEqual([
      'SETTINGS ACK',
      'DATA 5 16384',
      'DATA 5 END 3616',
      'DATA 1 16384',
      'DATA 1 END 3616',
      'DATA 3 16384',
      'DATA 3 END 3616',
    ]);
    bed.close();
  });

  /** What is sent of bodies of these lengths, asked for with this Priority, when the windows open. */
  function sent(priority: string, ...lengths: number[]): string[] {
    const bed = new H2Bed('server', { h2: { outputHighWaterBytes: 1_000_000 } });
    bed.feed(settings([4, 0]), windowUpdate(0, 10_000_000));
    for (const [i, length] of lengths.entries()) {
      bed.feed(headers(2 * i + 1, [...get(), ['priority', priority]]));
      bed.exchange.respond(200, [], { length });
      bed.exchange.send(new Uint8Array(length), true);
    }
    bed.frames();
    const said = bed.feed(settings([4, 1_000_000])).slice(1);
    bed.close();
    return said.map((text) => (/ (END )?16384$/.test(text) ? (text.split(' ')[1] as string) : text));
  }

  it('what is used as it comes takes turns of a frame, what is not of four, and a small one is not held up', () => {
    expect(sent('i', 50_000, 50_000)).toEqual([
      '1',
      '3',
      '1',
      '3',
      '1',
      '3',
      'DATA 1 END 848',
      'DATA 3 END 848',
    ]);
    expect(sent('u=3', 100_000, 100, 70_000)).toEqual([
      ...['1', '1', '1', '1', 'DATA 3 END 100', '5', '5', '5', '5'],
      ...['1', '1', 'DATA 1 END 1696', 'DATA 5 END 4464'],
    ]);
  });

  it('a priority that is changed, before its stream and after; no more of idle streams than there may be', () => {
    const prioritise = (id: number, text: string) =>
      frame(FRAME_PRIORITY_UPDATE, 0, 0, [...uint32(id), ...Array.from(text, (it) => it.charCodeAt(0))]);
    const bed = new H2Bed('server', { h2: { maxIdlePriorities: 2 } });
    bed.feed(settings([4, 0]));
    // The third is forgotten, and what is closed is nobody's.
    bed.feed(prioritise(5, 'u=1'), prioritise(3, 'u=7'), prioritise(7, 'u=0'));
    for (const id of [1, 3, 5, 7]) {
      bed.feed(headers(id, [...get(), ['priority', 'u=2']]));
      bed.exchange.respond(200, [], { length: 10 });
      bed.exchange.send(new Uint8Array(10), true);
    }
    bed.frames();
    bed.feed(prioritise(1, 'u=4, i'));
    const order = bed.feed(settings([4, 100])).slice(1);
    expect(order).toEqual(['DATA 5 END 10', 'DATA 7 END 10', 'DATA 1 END 10', 'DATA 3 END 10']);
    expect(bed.feed(prioritise(1, 'u=1'))).toEqual([]);
    bed.close();
  });
});

it("leases that are sent are the stream's while they wait, and are split as windows allow", () => {
  let given: Lease | undefined;
  const bed = new H2Bed('server', {
    h2: { lendFromBytes: 16, copyBelowBytes: 100 },
    exchange: (exchange) =>
      exchange.body.consume({
        data: (lease) => {
          given = lease;
          exchange.respond(200);
          exchange.sendLease(lease);
        },
        end: () => exchange.end(),
        failed: () => {},
      }),
  });
  bed.feed(settings([4, 0]), headers(1, put(), false));
  expect(bed.feed(data(1, 1000))).toEqual(['HEADERS 1 | :status: 200']);
  expect(() => given?.release()).toThrow('lease-ended');
  expect(bed.feed(windowUpdate(1, 400))).toEqual(['DATA 1 400']);
  expect(bed.feed(windowUpdate(1, 50))).toEqual(['DATA 1 50']);
  bed.feed(data(1, 0, true));
  expect(bed.feed(windowUpdate(1, 1000))).toEqual(['DATA 1 END 550']);
  bed.close();
});
