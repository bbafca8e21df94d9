// What a peer sends, at the edges of what it may: what each refusal is called and by what right, what is lent and what is
// copied, and what settings and deadlines mean before and after they hold.
import { describe, expect, it } from 'vitest';
import type { UndercoatError } from '../../src/errors.js';
import {
  FLAG_END_HEADERS,
  FLAG_END_STREAM,
  FRAME_HEADERS,
  FRAME_PRIORITY_UPDATE,
} from '../../src/session/h2/frames-codes.js';
import { PREFACE } from '../../src/session/h2/frames-preface.js';
import type { H2Session } from '../../src/session/h2/session.js';
import type { ServerExchange } from '../../src/stream/contract.js';
import { ask, taker } from '../support/h2-asked.js';
import {
  type BedOptions,
  block,
  data,
  frame,
  get,
  H2Bed,
  headers,
  put,
  reset,
  settings,
  settingsAck,
  uint32,
  warningAnswered,
  windowUpdate,
} from '../support/h2-bed.js';
import { ToldSink } from '../support/h2-stream-alone.js';
import { some } from '../support/memory.js';
import { concat } from '../support/proxy-headers.js';

const ok: [string, string][] = [[':status', '200']];
const empty = new Uint8Array(0);
const none = { burst: 0, perSecond: 0 };
const sessionOf = (bed: H2Bed): H2Session => bed.end.session as H2Session;

describe('a mistake that ends the connection', () => {
  it.each<[what: string, frames: Uint8Array[], error: object]>([
    ['DATA on an idle stream', [data(3, 1)], { code: 'idle-stream', cites: 'RFC 9113 §5.1' }],
    ['HEADERS on an idle stream', [headers(2, get())], { code: 'idle-stream', cites: 'RFC 9113 §5.1' }],
    ['WINDOW_UPDATE on an idle stream', [windowUpdate(3, 1)], { code: 'idle-stream' }],
    ['RST_STREAM on an idle stream', [reset(3, 8)], { code: 'idle-stream' }],
    [
      'PRIORITY_UPDATE on an idle stream',
      [frame(FRAME_PRIORITY_UPDATE, 0, 0, uint32(2))],
      { code: 'idle-stream' },
    ],
    ['DATA on a closed stream', [data(1, 1)], { code: 'closed-stream', cites: 'RFC 9113 §5.1' }],
    ['HEADERS on a closed stream', [headers(1, get())], { code: 'closed-stream' }],
    [
      'a stream is begun below one',
      [headers(5, get()), headers(3, get())],
      { code: 'stream-order', cites: 'RFC 9113 §5.1.1' },
    ],
    [
      'more streams have a priority',
      [3, 5].map((id) => frame(FRAME_PRIORITY_UPDATE, 0, 0, uint32(id))),
      { code: 'priorities-over-streams', cites: 'RFC 9218 §7.1' },
    ],
  ])('says what it was: %s', (what, frames, error) => {
    const bed = new H2Bed('server', { h2: { maxConcurrentStreams: 1 } });
    bed.feed(headers(1, get()));
    bed.exchange.reply(204, [], empty);
    bed.frames();
    bed.feed(...frames);
    expect(bed.end.session.error).toMatchObject(error);
    expect(bed.end.session.error?.message).toContain(what);
    bed.close();
  });
});

describe('a mistake that ends a client’s request', () => {
  it.each<[what: string, frames: Uint8Array[], code: string, cites: string]>([
    ['DATA before the head', [data(1, 1)], 'data-before-head', 'RFC 9113 §8.1'],
    [
      'an interim response with END_STREAM',
      [headers(1, [[':status', '103']])],
      'malformed',
      'RFC 9113 §8.1.1',
    ],
    [
      'trailers without END_STREAM',
      [headers(1, ok, false), headers(1, [['x', 'y']], false)],
      'malformed',
      'RFC 9113 §8.1.1',
    ],
    ['the peer reset the stream: CANCEL', [reset(1, 8)], 'peer-reset', 'RFC 9113 §6.4'],
  ])('says what it was: %s', (what, frames, code, cites) => {
    const bed = new H2Bed('client');
    const { exchange } = ask(bed);
    let told: UndercoatError | undefined;
    exchange.onClosed = (error) => {
      told = error;
    };
    bed.feed(...frames);
    expect(told).toMatchObject({ code, cites });
    expect(told?.message).toContain(what);
    bed.close();
  });

  it('is none where the answer was whole and the rest of the request is not wanted; another code is', () => {
    for (const [code, closed] of [
      [0, 'closed in order'],
      [8, 'closed peer-reset'],
    ] as const) {
      const bed = new H2Bed('client');
      const { exchange, told } = ask(bed, { method: 'PUT', end: false });
      bed.feed(headers(1, ok));
      exchange.body.discard();
      bed.frames();
      bed.feed(reset(1, code));
      expect([code, told.at(-1)]).toEqual([code, closed]);
      bed.close();
    }
  });

  it('is no Content-Length of an answer that has no content (RFC 9110 §8.6), and is content of it', () => {
    for (const status of ['204', '304']) {
      const head: [string, string][] = [
        [':status', status],
        ['content-length', '5'],
      ];
      const bed = new H2Bed('client');
      const { told } = ask(bed);
      expect(bed.feed(headers(1, head))).toEqual([]);
      expect(told[0]).toBe(`response ${status}`);
      const more = ask(bed);
      expect(bed.feed(headers(3, head, false), data(3, 5, true))).toEqual(['RST_STREAM 3 PROTOCOL_ERROR']);
      expect(more.told.at(-1)).toBe('closed content-length');
      bed.close();
    }
  });
});

describe('a limit', () => {
  it('on fields holds for trailers', () => {
    for (const [count, said] of [
      [2, []],
      [3, ['RST_STREAM 1 CANCEL']],
    ] as const) {
      const bed = new H2Bed('server', { h2: { maxFields: 2 } });
      bed.feed(headers(1, put(), false));
      const trailers = Array.from({ length: count }, (_, i): [string, string] => [`x${i}`, 'y']);
      expect([count, bed.feed(headers(1, trailers))]).toEqual([count, said]);
      bed.close();
    }
  });

  it('on refusals is named: too many heads, and requests beyond what may be open', () => {
    const heads = new H2Bed('server', { h2: { maxFields: 0, resets: none } });
    expect(heads.feed(headers(1, [...get(), ['x', 'y']])).at(-1)).toBe('GOAWAY 1 ENHANCE_YOUR_CALM');
    expect(heads.end.session.error).toMatchObject({ code: 'calm-down', limit: 'resets' });
    heads.close();
    const streams = new H2Bed('server', { h2: { maxConcurrentStreams: 1, resets: none } });
    streams.feed(headers(1, get()));
    expect(streams.feed(headers(3, get()))).toEqual([
      'RST_STREAM 3 REFUSED_STREAM',
      'GOAWAY 3 ENHANCE_YOUR_CALM',
    ]);
    expect(streams.end.session.error).toMatchObject({ code: 'calm-down', limit: 'resets' });
    streams.close();
  });

  it('on streams that nobody reads is no mistake of the peer’s, but a frame without use', () => {
    const bed = new H2Bed('server', {
      h2: { maxConcurrentStreams: 1, maxUnreadStreams: 0, resets: none, trifles: { burst: 1, perSecond: 0 } },
    });
    bed.feed(headers(1, put(), false));
    bed.exchange.body.consume(taker([]));
    bed.exchange.body.pause();
    bed.exchange.reply(204, [], empty);
    bed.feed(data(1, 5, true));
    // Closing it earned nothing: it is there until it is read.
    expect(bed.feed(headers(3, get()))).toEqual(['RST_STREAM 3 REFUSED_STREAM']);
    expect(bed.feed(headers(5, get()))).toEqual([
      'RST_STREAM 5 REFUSED_STREAM',
      'GOAWAY 5 ENHANCE_YOUR_CALM',
    ]);
    expect(bed.end.session.error).toMatchObject({ limit: 'trifles' });
    bed.close();
  });
});

describe('DATA', () => {
  /** A server that reads, and where the bytes that it is given lie: where they were received, or in a slab of their own. */
  function reading(options: BedOptions = {}) {
    const bed = new H2Bed('server', options);
    bed.feed(headers(1, put(), false));
    const lent: boolean[] = [];
    bed.exchange.body.consume({
      data: (lease) => {
        lent.push(lease.bytes === bed.end.input.bytes);
        lease.release();
      },
      end: () => {},
      failed: () => {},
    });
    bed.frames();
    return { bed, lent };
  }

  it('is lent where it lies from so many octets on, and copied below; nothing is held behind it', () => {
    const { bed, lent } = reading({ h2: { lendFromBytes: 100 } });
    const { heldBytes } = bed.end.pool;
    for (const length of [99, 100]) bed.feed(data(1, length));
    expect(lent).toEqual([false, true]);
    expect(bed.end.pool.heldBytes).toBeLessThanOrEqual(heldBytes);
    bed.close();
  });

  it('is lent where it lies when there is no slab to copy it to', () => {
    const slabBytes = 16_384 + 64;
    const { bed, lent } = reading({ end: { slabBytes, limitBytes: slabBytes } });
    bed.feed(data(1, 5));
    expect(lent).toEqual([true]);
    bed.close();
  });

  it('of a stream that no exchange has is thrown away, and credited', () => {
    for (const isTunnel of [false, true]) {
      const bed = new H2Bed('server');
      bed.feed(headers(1, put(), false));
      const { connection } = sessionOf(bed);
      const stream = some(connection.streams.live.get(1));
      const { sink } = stream;
      stream.sink = null;
      stream.isTunnel = isTunnel;
      expect(bed.feed(data(1, 10))).toEqual([]);
      expect([connection.window.held, stream.isLive]).toEqual([0, true]);
      stream.sink = sink;
      bed.close();
    }
  });

  it('on the last stream that will be taken is a mistake when that is over', () => {
    const bed = new H2Bed('server');
    bed.feed(headers(1, get()), headers(3, get()));
    bed.end.shutdown();
    bed.frames();
    bed.feed(warningAnswered);
    bed.exchange.reply(204, [], empty);
    bed.frames();
    expect(bed.feed(headers(5, put(), false), data(5, 1))).toEqual([]);
    expect(bed.feed(data(3, 1))).toEqual(['GOAWAY 3 STREAM_CLOSED']);
    bed.close();
  });
});

describe('a client’s stream that no exchange has yet', () => {
  it('takes interim heads and a final one', () => {
    const bed = new H2Bed('client');
    const stream = sessionOf(bed).takeUpSent();
    expect(bed.feed(headers(1, [[':status', '103']], false), headers(1, ok))).toEqual([]);
    expect([stream.headReceived, stream.inputComplete]).toEqual([true, true]);
    bed.close();
  });
});

it.each<[what: string, frame: Uint8Array, said: string, code: string]>([
  ['HEADERS', headers(1, [['x', 'y']]), 'PROTOCOL_ERROR', 'headers-in-tunnel'],
  ['DATA for whoever let go of it', data(1, 3), 'CANCEL', 'tunnel-let-go'],
])('a tunnel is broken off by %s', (_, frame, said, code) => {
  const bed = new H2Bed('client');
  const { connection } = sessionOf(bed);
  const stream = connection.firstStream();
  const sink = new ToldSink();
  sink.discardsBody = true;
  stream.sink = sink;
  stream.headReceived = true;
  stream.isTunnel = true;
  bed.frames();
  expect(bed.feed(frame)).toEqual([`RST_STREAM 1 ${said}`]);
  expect(sink.error).toMatchObject({ code, cites: 'RFC 9113 §8.5' });
  bed.close();
});

describe('settings', () => {
  it('of the table hold once they are acknowledged (RFC 9113 §6.5.3)', () => {
    // A dynamic table size update to 8192, and one above it.
    for (const [update, said] of [
      [[0x3f, 0xe1, 0x3f], []],
      [[0x3f, 0xe2, 0x3f], ['GOAWAY 0 COMPRESSION_ERROR']],
    ] as const) {
      const bed = new H2Bed('server', { h2: { headerTableBytes: 8192 } });
      const request = frame(FRAME_HEADERS, FLAG_END_HEADERS | FLAG_END_STREAM, 1, [
        ...update,
        ...block(get()),
      ]);
      expect(bed.feed(request)).toEqual(said);
      bed.close();
    }
    const before = new H2Bed('server', { silent: true, h2: { headerTableBytes: 8192 } });
    const request = frame(FRAME_HEADERS, FLAG_END_HEADERS, 1, [0x3f, 0xe1, 0x3f, ...block(get())]);
    before.feed(PREFACE, settings());
    expect(before.feed(request)).toEqual(['GOAWAY 0 COMPRESSION_ERROR']);
    before.close();
  });

  it('that were asked for with an upgrade hold at once, and once', () => {
    const bed = new H2Bed('client', { silent: true, h2: { streamWindowBytes: 100_000 } });
    const stream = sessionOf(bed).takeUpSent();
    stream.sink = new ToldSink();
    expect(stream.receiveWindow.available).toBe(100_000);
    bed.feed(settings(), settingsAck);
    expect(stream.receiveWindow.available).toBe(100_000);
    bed.close();
  });

  it('say whether extended CONNECT may be asked for (RFC 8441 §3)', () => {
    const request: [string, string][] = [
      [':method', 'CONNECT'],
      [':protocol', 'websocket'],
      [':scheme', 'http'],
      [':authority', 'a.test'],
      [':path', '/'],
    ];
    for (const extendedConnect of [true, false]) {
      const bed = new H2Bed('server', { h2: { extendedConnect } });
      expect(bed.feed(headers(1, request, false))).toEqual(
        extendedConnect ? [] : ['RST_STREAM 1 PROTOCOL_ERROR'],
      );
      expect(bed.exchanges).toHaveLength(extendedConnect ? 1 : 0);
      bed.close();
    }
  });

  it('TE may say trailers in what a client sends, and not in what a server does', () => {
    const bed = new H2Bed('server');
    bed.feed(headers(1, get()));
    expect(() => bed.exchange.respond(200, [['te', 'trailers']])).toThrow('field-framing');
    bed.close();
    const client = new H2Bed('client');
    client.client.request(
      { authority: 'a.test', fields: [['te', 'trailers']] },
      { response: () => {}, failed: () => {} },
    );
    expect(client.frames()[0]).toContain('te: trailers');
    client.close();
  });
});

describe('the beginning', () => {
  it('may come in any pieces, and what comes with it is read with it', () => {
    for (const pieces of [
      [PREFACE.subarray(0, 10), PREFACE.subarray(10, 20), PREFACE.subarray(20), settings()],
      [concat(PREFACE, settings())],
      [PREFACE.subarray(0, 23), concat(PREFACE.subarray(23), settings())],
    ]) {
      const bed = new H2Bed('server', { silent: true });
      expect(pieces.flatMap((piece) => bed.feed(piece))).toEqual(['SETTINGS ACK']);
      bed.close();
    }
  });

  it('of the first frame is where its deadline runs from', () => {
    const bed = new H2Bed('client', { silent: true, end: { deadlines: { head: 50, settings: 1000 } } });
    bed.end.now = 5;
    bed.feed(settings([3, 1]).subarray(0, 3));
    expect(bed.end.deadline()).toBe(55);
    bed.close();
  });
});

it('a request’s field says its priority (RFC 9218 §5), unless PRIORITY_UPDATE came before', () => {
  const bed = new H2Bed('server');
  bed.feed(frame(FRAME_PRIORITY_UPDATE, 0, 0, [...uint32(3), 0x75, 0x3d, 0x31]));
  for (const id of [1, 3]) bed.feed(headers(id, [...get(), ['priority', 'u=6, i']]));
  bed.feed(headers(5, get()));
  const said = (bed.exchanges as ServerExchange[]).map(({ id }) => {
    const { urgency, incremental } = some(sessionOf(bed).connection.streams.live.get(id));
    return [urgency, incremental];
  });
  expect(said).toEqual([
    [6, true],
    [1, false],
    [3, false],
  ]);
  bed.close();
});
