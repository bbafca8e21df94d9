// Floods beside a connection that behaves well, on one server and one pool: whoever floods is held to its share of memory
// and to work for what it sends, is told why, and is closed; the other is served as if it were alone.
import { describe, expect, it } from 'vitest';
import { h2, h2ReceiveBytes } from '../../src/endpoint/h2.js';
import { stepsOf } from '../../src/endpoint/step.js';
import { defaultDeadlines } from '../../src/session/deadlines.js';
import {
  errorCodeName,
  FLAG_END_HEADERS,
  FLAG_END_STREAM,
  FRAME_GOAWAY,
  FRAME_HEADERS,
  FRAME_PRIORITY,
  MAX_31_BITS,
} from '../../src/session/h2/frames-codes.js';
import { PREFACE } from '../../src/session/h2/frames-preface.js';
import { FRAME_COMPLETE, FrameView } from '../../src/session/h2/frames-reader.js';
import type { ServerExchange } from '../../src/stream/contract.js';
import { Bed } from '../support/connection-bed.js';
import {
  endlessBlock,
  type FloodAct,
  madeToReset,
  odd,
  pings,
  priorityUpdates,
  rapidReset,
  unknownFrames,
  windowUpdates,
} from '../support/flood-acts.js';
import {
  block,
  data,
  frame,
  get,
  H2Bed,
  headers,
  put,
  settings,
  settingsAck,
  uint32,
  windowUpdate,
} from '../support/h2-bed.js';
import type { Wire } from '../support/wire.js';

const slabBytes = 16_384;
const receiveBytes = h2ReceiveBytes({}, slabBytes);
const sendBytes = 262_144;
const body = Uint8Array.from('well served', (it) => it.charCodeAt(0));
const request = (id: number, octets: readonly number[], end = true) =>
  frame(FRAME_HEADERS, FLAG_END_HEADERS | (end ? FLAG_END_STREAM : 0), id, octets);
const many = (count: number, octets: readonly number[]): number[] => {
  const all: number[] = [];
  for (let i = 0; i < count; i++) all.push(...octets);
  return all;
};
const start = block(get());
/** One and the same, again and again; the first may be another. */
const requests = (octets: readonly number[], first = octets): FloodAct => {
  const pieces = [request(odd(0), first), request(odd(0), octets)] as const;
  return (i) => {
    const piece = Uint8Array.from(pieces[Math.min(i, 1) as 0 | 1]);
    piece.set(uint32(odd(i)), 5);
    return [piece];
  };
};
/** A field of 1000 octets that goes into the table, and its name there. */
const long = [0x40, 1, 0x78, 127, 0xe9, 0x06, ...new Uint8Array(1000).fill(0x61)];
/** That field, ten thousand times. */
const bomb = many(10_000, [0xbe]);

interface Flood {
  readonly name: string;
  /** Sent before it begins. */
  readonly first?: Uint8Array[];
  /** The `i`-th act of it. */
  readonly act: FloodAct;
  /** The error code of the GOAWAY; ENHANCE_YOUR_CALM if absent. */
  readonly answer?: string;
  /** Acts that a flooder gets by with at most; 1200 if absent: the allowance for frames without use, and what work earned. */
  readonly acts?: number;
}

const floods: readonly Flood[] = [
  {
    name: 'rapid reset, CVE-2023-44487',
    act: rapidReset,
    acts: 210,
  },
  {
    name: 'resets that we are made to send, CVE-2025-8671',
    act: madeToReset,
    acts: 210,
  },
  {
    name: 'DATA on a stream that is over',
    act: (i) => [request(odd(i), start), data(odd(i), 1)],
    answer: 'STREAM_CLOSED',
    acts: 1,
  },
  {
    name: 'CONTINUATION without end, CVE-2024-27316',
    act: endlessBlock(start, many(500, [0x82])),
    acts: 20,
  },
  {
    name: 'empty CONTINUATION without end',
    act: endlessBlock(start, []),
    acts: 20,
  },
  { name: 'PING', act: pings },
  { name: 'SETTINGS', act: () => [settings([4, 65_535])] },
  { name: 'acknowledgements', act: () => [settingsAck] },
  { name: 'empty DATA', first: [headers(1, put(), false)], act: () => [data(1, 0)] },
  { name: 'unknown frames', act: unknownFrames },
  {
    name: 'fields of no length',
    act: requests([...start, ...many(2000, [0, 0, 0])]),
    acts: 210,
  },
  {
    name: 'values of no length',
    act: requests([...start, ...many(2000, [0, 1, 0x79, 0])]),
    acts: 210,
  },
  {
    name: 'a tiny indexed field 15,000 times, behind a shut window',
    first: [settings([4, 0])],
    act: requests([...start, ...many(15_000, [0x90])]),
    acts: 210,
  },
  {
    name: 'streams held open behind a shut window',
    first: [settings([4, 0])],
    act: requests([...start, ...many(90, [0x90])]),
    acts: 310,
  },
  {
    name: 'cookie crumbs',
    act: requests([...start, ...many(3000, [0x0f, 0x11, 1, 0x61])]),
    acts: 210,
  },
  { name: 'PRIORITY', act: (i) => [frame(FRAME_PRIORITY, 0, odd(i), [...uint32(0), 1])] },
  { name: 'PRIORITY_UPDATE of streams that are not there', act: priorityUpdates },
  { name: 'WINDOW_UPDATE', act: windowUpdates },
  {
    name: 'an HPACK bomb',
    act: requests([...start, ...bomb], [...start, ...long, ...bomb]),
    acts: 210,
  },
  {
    name: 'windows of one byte',
    first: [settings([4, 0]), request(1, start), request(3, start)],
    act: () => [windowUpdate(1, 1), windowUpdate(3, 1)],
  },
  {
    name: 'a window over 2^31-1',
    act: () => [windowUpdate(0, MAX_31_BITS)],
    answer: 'FLOW_CONTROL_ERROR',
    acts: 1,
  },
];

/** A client by hand: writes octets, and says what came. */
class Hand {
  sentBytes = 0;
  private readonly wire: Wire;
  private readonly bed: Bed;

  constructor(bed: Bed) {
    this.bed = bed;
    this.wire = bed.connect().wire;
    this.give(PREFACE, settings(), settingsAck);
  }

  give(...pieces: Uint8Array[]): void {
    for (const bytes of pieces) {
      this.wire.transport.write([{ bytes, start: 0, end: bytes.length }]);
      this.sentBytes += bytes.length;
    }
    this.bed.clock.run();
  }

  get closed(): boolean {
    return this.wire.ends > 0;
  }

  get receivedBytes(): number {
    return this.wire.text.length;
  }

  get text(): string {
    return this.wire.text;
  }

  /** The code of the last GOAWAY. */
  get goaway(): string | undefined {
    const octets = Uint8Array.from(this.wire.text, (it) => it.charCodeAt(0));
    const view = new FrameView();
    let said: string | undefined;
    for (let at = 0; view.read(octets, at, octets.length, 1 << 24) === FRAME_COMPLETE; at = view.next) {
      if (view.type === FRAME_GOAWAY) said = errorCodeName(view.errorCode);
    }
    return said;
  }

  stopReading(): void {
    this.wire.reading = false;
  }

  leave(): void {
    this.wire.transport.abort();
    this.bed.clock.run();
  }
}

describe('a flood ends the connection it is on, and disturbs no other', () => {
  it.each(floods)('$name', ({ first = [], act, answer = 'ENHANCE_YOUR_CALM', acts = 1200 }) => {
    let rows = 0;
    const bed = new Bed(stepsOf(h2()), {
      slabBytes,
      receiveBytes,
      sendBytes,
      limitBytes: 2 * (receiveBytes + sendBytes),
      took: () => {
        rows += 1;
      },
      application: {
        role: 'server',
        httpDate: undefined,
        exchange: (exchange: ServerExchange) => {
          if (exchange.request.method === 'GET') exchange.reply(200, [], body);
        },
      },
    });
    const good = new Hand(bed);
    const bad = new Hand(bed);
    bad.give(...first);
    let served = 0;
    const serve = (): void => {
      good.give(request(odd(served), start));
      served += 1;
      expect(good.text.split('well served')).toHaveLength(served + 1);
    };
    let i = 0;
    for (; !bad.closed; i++) {
      expect(i).toBeLessThan(acts);
      const before = { rows, came: bad.receivedBytes, sent: bad.sentBytes };
      bad.give(...act(i));
      // Work and answers are for what was sent: a few rows for each frame, and no frame is shorter than nine octets.
      const sent = bad.sentBytes - before.sent;
      expect(rows - before.rows).toBeLessThanOrEqual(2 + sent);
      expect(bad.receivedBytes - before.came).toBeLessThanOrEqual(300 + 4 * sent);
      expect(bed.pool.heldBytes).toBeLessThanOrEqual(receiveBytes + sendBytes + slabBytes);
      if (i % 64 === 0) serve();
    }
    expect(bad.goaway).toBe(answer);
    for (let k = 0; k < 5; k++) serve();
    expect([good.closed, good.goaway]).toEqual([false, undefined]);
    expect(bed.thrown).toEqual([]);
    bad.leave();
    good.leave();
    bed.assertQuiescent();
  });
});

/** Fifteen octets that ask for something, and what answers them in ten. */
const short = [0x82, 0x86, 0x84, 0x01, 1, 0x61];
const shortBytes = 15;
const shortly = (exchange: ServerExchange) => exchange.reply(204, [], new Uint8Array(0));

/** Gives the session as much of the flood as it takes, which the peer reads nothing of. @returns octets that were taken */
function giveUnread(bed: H2Bed, first: number, count: number): number {
  const octets = Uint8Array.from(
    Array.from({ length: count }, (_, i) => [...request(odd(first + i), short)]).flat(),
  );
  for (let at = 0; ; ) {
    const taken =
      bed.end.state === 'open' ? bed.end.deliver(octets, at, Math.min(at + 4096, octets.length)) : 0;
    if (taken === 0) return at;
    at += taken;
  }
}

describe('short requests from a peer that does not read', () => {
  const tight = { outputHighWaterBytes: 8192, owedLimitBytes: 4096 };
  const most = 8192 + 16_384 + 4096 + 10;

  it('are not read either while so much waits for it; what it reads lets as many more be answered', () => {
    const bed = new H2Bed('server', { h2: tight, exchange: shortly });
    const { end } = bed;
    const count = 6000;
    let given = giveUnread(bed, 0, count);
    expect([end.verdict, end.session.pausedBy]).toEqual(['paused', 'peer']);
    // What was answered, and a buffer that is full.
    expect(given).toBeLessThanOrEqual((most / 10) * shortBytes + slabBytes + 64 + shortBytes);
    expect(end.output.pendingBytes).toBeGreaterThan(most - 10);
    const octets = Uint8Array.from(
      Array.from({ length: count }, (_, i) => [...request(odd(i), short)]).flat(),
    );
    // Ten octets now and then: one more answer each time.
    end.take();
    for (let i = 0; i < 500; i++) {
      end.written(10);
      end.take();
      given += end.deliver(octets, given, given + shortBytes);
      expect(end.output.pendingBytes).toBeLessThanOrEqual(most);
    }
    expect(bed.exchanges.length * shortBytes).toBeGreaterThan(given - slabBytes - 128);
    expect(end.pool.heldBytes).toBeLessThanOrEqual(5 * (slabBytes + 64));
    // It reads everything, and all it asked for is answered.
    end.written(end.inFlight);
    bed.settle();
    bed.feed(octets.subarray(given));
    expect(end.verdict).toBe('need-data');
    expect(bed.exchanges).toHaveLength(count);
    bed.close();
  });

  it('are read to the end when it has half-closed, before the connection ends', () => {
    const bed = new H2Bed('server', { h2: tight, exchange: shortly });
    const given = giveUnread(bed, 0, 6000);
    bed.end.endInput();
    expect(bed.end.state).toBe('open');
    bed.settle();
    expect(bed.exchanges).toHaveLength(Math.floor(given / shortBytes));
    expect(bed.end.state).toBe('ended');
    bed.close();
  });

  it('end the connection when memory for their answers runs out before that', () => {
    const bed = new H2Bed('server', { exchange: shortly, end: { limitBytes: 4 * (slabBytes + 64) } });
    const given = giveUnread(bed, 0, 12_000);
    expect(given).toBeLessThan(12_000 * shortBytes);
    expect(bed.error).toBe('calm-down');
    const said = bed.frames();
    expect(said.at(-1)).toMatch(/^GOAWAY \d+ ENHANCE_YOUR_CALM$/);
    expect(said.filter((it) => it.startsWith('RST_STREAM'))).toHaveLength(201);
    bed.close();
  });

  it('the deadline of writing ends it', () => {
    const bed = new Bed(stepsOf(h2()), {
      slabBytes,
      receiveBytes,
      sendBytes,
      limitBytes: receiveBytes + sendBytes,
      application: { role: 'server', httpDate: undefined, exchange: shortly },
    });
    const bad = new Hand(bed);
    bad.stopReading();
    bad.give(...Array.from({ length: 12_000 }, (_, i) => request(odd(i), short)));
    expect(bed.closed).toEqual([]);
    bed.clock.advance(defaultDeadlines.write);
    expect(bed.closed.map(({ error }) => error?.code)).toEqual(['write-timeout']);
    bed.assertQuiescent();
  });
});
