// Each connection error of RFC 9113 with its code, and each flood with its answer.
import { describe, expect, it } from 'vitest';
import {
  FLAG_ACK,
  FLAG_END_HEADERS,
  FLAG_END_STREAM,
  FLAG_PADDED,
  FRAME_CONTINUATION,
  FRAME_DATA,
  FRAME_GOAWAY,
  FRAME_HEADERS,
  FRAME_PRIORITY,
  FRAME_PRIORITY_UPDATE,
  FRAME_PUSH_PROMISE,
  MAX_31_BITS,
} from '../../src/session/h2/frames-codes.js';
import { PREFACE } from '../../src/session/h2/frames-preface.js';
import {
  type BedOptions,
  block,
  data,
  frame,
  get,
  goaway,
  H2Bed,
  headers,
  ping,
  put,
  reset,
  settings,
  settingsAck,
  uint32,
  windowUpdate,
} from '../support/h2-bed.js';

const fragment = block(get());
const text = (characters: string) => Uint8Array.from(characters, (it) => it.charCodeAt(0));

/** By what right: of the errors that are found behind the frame reader, which has a table of its own. */
const sections = new Map([
  ['idle-stream', 'RFC 9113 §5.1'],
  ['closed-stream', 'RFC 9113 §5.1'],
  ['window-overflow', 'RFC 9113 §6.9.1'],
  ['push', 'RFC 9113 §6.6'],
  ['continuation-alone', 'RFC 9113 §6.10'],
  ['block-interrupted', 'RFC 9113 §6.10'],
  ['goaway-raised', 'RFC 9113 §6.8'],
]);

/** What a server with stream 1 closed says to these. */
const mistakes: [name: string, code: string, error: string, frames: Uint8Array[]][] = [
  [
    'a frame beyond SETTINGS_MAX_FRAME_SIZE',
    'FRAME_SIZE_ERROR',
    'h2-frame-too-long',
    [Uint8Array.of(1, 0, 1, 0, 0, 0, 0, 0, 1)],
  ],
  ['DATA on stream 0', 'PROTOCOL_ERROR', 'h2-frame-without-stream', [data(0, 1)]],
  ['DATA on an idle stream', 'PROTOCOL_ERROR', 'idle-stream', [data(3, 1)]],
  ['DATA on a closed stream', 'STREAM_CLOSED', 'closed-stream', [data(1, 1)]],
  ['HEADERS on a closed stream', 'STREAM_CLOSED', 'closed-stream', [headers(1, get())]],
  ['HEADERS on a stream of ours', 'PROTOCOL_ERROR', 'idle-stream', [headers(2, get())]],
  ['RST_STREAM on an idle stream', 'PROTOCOL_ERROR', 'idle-stream', [reset(3, 8)]],
  ['WINDOW_UPDATE on an idle stream', 'PROTOCOL_ERROR', 'idle-stream', [windowUpdate(3, 1)]],
  ['WINDOW_UPDATE of 0', 'PROTOCOL_ERROR', 'h2-connection-window-increment-zero', [windowUpdate(0, 0)]],
  [
    'a stream WINDOW_UPDATE of 0 on an idle stream',
    'PROTOCOL_ERROR',
    'h2-window-increment-zero',
    [windowUpdate(3, 0)],
  ],
  [
    'a connection window over 2^31-1',
    'FLOW_CONTROL_ERROR',
    'window-overflow',
    [windowUpdate(0, MAX_31_BITS)],
  ],
  ['PUSH_PROMISE', 'PROTOCOL_ERROR', 'push', [frame(FRAME_PUSH_PROMISE, 4, 1, uint32(2))]],
  ['CONTINUATION alone', 'PROTOCOL_ERROR', 'continuation-alone', [frame(FRAME_CONTINUATION, 4, 1)]],
  [
    'a block interrupted by another frame',
    'PROTOCOL_ERROR',
    'block-interrupted',
    [frame(FRAME_HEADERS, 0, 3, fragment), ping()],
  ],
  [
    'a block interrupted by another stream',
    'PROTOCOL_ERROR',
    'block-interrupted',
    [frame(FRAME_HEADERS, 0, 3, fragment), frame(FRAME_CONTINUATION, 4, 5)],
  ],
  ['a block that is no HPACK', 'COMPRESSION_ERROR', 'hpack-index-zero', [frame(FRAME_HEADERS, 5, 3, [0x80])]],
  [
    'no HPACK on a closed stream either',
    'COMPRESSION_ERROR',
    'hpack-index-zero',
    [frame(FRAME_HEADERS, 5, 1, [0x80])],
  ],
  ['padding longer than its frame', 'PROTOCOL_ERROR', 'h2-padding', [frame(FRAME_DATA, FLAG_PADDED, 1, [1])]],
  [
    'a setting that may not be',
    'FLOW_CONTROL_ERROR',
    'h2-setting-initial-window-size',
    [settings([4, 0x8000_0000])],
  ],
  [
    'a PRIORITY_UPDATE for a stream of ours',
    'PROTOCOL_ERROR',
    'idle-stream',
    [frame(FRAME_PRIORITY_UPDATE, 0, 0, uint32(2))],
  ],
  [
    'GOAWAY that raises its last stream',
    'PROTOCOL_ERROR',
    'goaway-raised',
    [headers(3, put(), false), goaway(0), goaway(2)],
  ],
  [
    'PRIORITY of a wrong length on an idle stream',
    'FRAME_SIZE_ERROR',
    'h2-priority-length',
    [frame(FRAME_PRIORITY, 0, 9, [0])],
  ],
];

function served(options: BedOptions = {}): H2Bed {
  const bed = new H2Bed('server', options);
  bed.feed(headers(1, get()));
  bed.exchange.respond(200, [], { end: true });
  expect(bed.frames()).toEqual(['HEADERS 1 END | :status: 200 | content-length: 0']);
  return bed;
}

describe('a connection error ends in GOAWAY and in the close', () => {
  it.each(mistakes)('%s', (_name, code, error, frames) => {
    const bed = served();
    const said = bed.feed(...frames);
    expect(said.at(-1)).toMatch(new RegExp(`^GOAWAY [0-3] ${code}$`));
    expect(bed.error).toBe(error);
    const cites = sections.get(error) ?? expect.stringMatching(/^RFC (9113|7541) §/);
    expect(bed.end.session.error).toMatchObject({ fault: 'peer-misbehaved', cites });
    expect([bed.end.state, bed.end.session.ending]).toEqual(['ended', 'linger']);
    expect(bed.feed(ping())).toEqual([]);
    bed.close();
  });

  it('DATA beyond the connection window', () => {
    const bed = new H2Bed('server', { h2: { connectionWindowBytes: 65_535 } });
    const frames = Array.from({ length: 4 }, () => data(1, 16_384));
    expect(bed.feed(headers(1, put(), false), ...frames).at(-1)).toBe('GOAWAY 1 FLOW_CONTROL_ERROR');
    expect(bed.end.session.error).toMatchObject({ code: 'connection-window', cites: 'RFC 9113 §6.9.1' });
    bed.close();
  });

  it('what is no preface, at its first wrong octet', () => {
    const bed = new H2Bed('server', { silent: true });
    expect(bed.feed(PREFACE.subarray(0, 5))).toEqual([]);
    expect(bed.feed(text('X'))).toEqual(['GOAWAY 0 PROTOCOL_ERROR']);
    expect(bed.error).toBe('h2-preface');
    bed.close();
  });

  it.each([
    ['PING', ping()],
    ['an acknowledgement', settingsAck],
    ['HEADERS', headers(1, get())],
    ['DATA', data(1, 1)],
  ])('a first frame that is %s', (_name, first) => {
    const bed = new H2Bed('server', { silent: true });
    expect(bed.feed(PREFACE, first).at(-1)).toBe('GOAWAY 0 PROTOCOL_ERROR');
    expect(bed.end.session.error).toMatchObject({ code: 'settings-first', cites: 'RFC 9113 §3.4' });
    bed.close();
  });

  it('PRIORITY_UPDATE from a server', () => {
    const bed = new H2Bed('client');
    expect(bed.feed(frame(FRAME_PRIORITY_UPDATE, 0, 0, uint32(1)))).toEqual(['GOAWAY 0 PROTOCOL_ERROR']);
    expect(bed.end.session.error).toMatchObject({ code: 'priority-update', cites: 'RFC 9218 §7.1' });
    bed.close();
  });

  it('a window that SETTINGS make too large', () => {
    const bed = new H2Bed('server');
    bed.feed(headers(1, put(), false), windowUpdate(1, MAX_31_BITS - 65_535));
    expect(bed.feed(settings([4, 65_536]))).toEqual(['GOAWAY 1 FLOW_CONTROL_ERROR']);
    expect(bed.end.session.error).toMatchObject({ code: 'window-overflow', cites: 'RFC 9113 §6.9.2' });
    bed.close();
  });
});

describe('floods are calmed down, with bounded work', () => {
  const allowance = { burst: 20, perSecond: 10 };
  const limits = { h2: { resets: allowance, trifles: allowance } };

  /** How many of a flood's acts are let by before the connection ends. */
  function stands(act: (i: number) => Uint8Array[], limit: string, options: BedOptions = limits): number {
    const bed = new H2Bed('server', options);
    for (let i = 0; i < 400; i++) {
      const said = bed.feed(...act(i));
      if (bed.end.state === 'open') continue;
      expect(said.at(-1)).toMatch(/^GOAWAY \d+ ENHANCE_YOUR_CALM$/);
      expect(bed.end.session.error).toMatchObject({
        code: 'calm-down',
        limit,
        cites: 'WORK-1, RFC 9113 §10.5',
      });
      bed.close();
      return i;
    }
    throw new Error('nothing stopped it');
  }
  const odd = (i: number) => 2 * i + 1;

  it.each<[string, string, (i: number) => Uint8Array[]]>([
    ['rapid reset', 'resets', (i) => [headers(odd(i), get()), reset(odd(i), 8)]],
    ['rapid reset without an error', 'resets', (i) => [headers(odd(i), get()), reset(odd(i), 0)]],
    [
      'resets that it makes us send',
      'resets',
      (i) => [headers(odd(i), put(), false), windowUpdate(odd(i), 0)],
    ],
    ['malformed requests', 'resets', (i) => [headers(odd(i), [[':method', 'GET']])]],
    ['PING', 'trifles', () => [ping()]],
    ['PING acknowledged', 'trifles', () => [ping(FLAG_ACK)]],
    ['SETTINGS', 'trifles', () => [settings()]],
    ['SETTINGS acknowledged', 'trifles', () => [settingsAck]],
    ['WINDOW_UPDATE', 'trifles', () => [windowUpdate(0, 1)]],
    ['PRIORITY', 'trifles', () => [frame(FRAME_PRIORITY, 0, 1, [0, 0, 0, 0, 0])]],
    ['PRIORITY_UPDATE', 'trifles', (i) => [frame(FRAME_PRIORITY_UPDATE, 0, 0, uint32(odd(i % 50)))]],
    ['empty DATA', 'trifles', (i) => (i === 0 ? [headers(1, put(), false)] : [data(1, 0)])],
    ['unknown frames', 'trifles', () => [frame(0x77, 0, 0, [1, 2, 3])]],
    [
      'GOAWAY',
      'trifles',
      (i) =>
        i === 0 ? [headers(1, put(), false)] : [frame(FRAME_GOAWAY, 0, 0, [...uint32(0), ...uint32(0)])],
    ],
  ])('%s: %s', (_name, limit, act) => {
    const count = stands(act, limit);
    expect(count).toBeGreaterThanOrEqual(18);
    expect(count).toBeLessThanOrEqual(21);
  });

  it('CONTINUATION without end, empty or not', () => {
    const next = (i: number) =>
      i === 0 ? frame(FRAME_HEADERS, 0, 1, fragment) : frame(FRAME_CONTINUATION, 0, 1);
    expect(stands((i) => [next(i)], 'maxContinuations')).toBe(17);
    const long = frame(FRAME_CONTINUATION, 0, 1, new Uint8Array(8000));
    expect(stands((i) => [i === 0 ? next(0) : long], 'slabBytes')).toBeLessThan(4);
  });

  it('streams beyond the limit are refused, and not for ever', () => {
    const options = { h2: { ...limits.h2, maxConcurrentStreams: 1 } };
    const bed = new H2Bed('server', options);
    bed.feed(headers(1, get()));
    expect(bed.feed(headers(3, get()))).toEqual(['RST_STREAM 3 REFUSED_STREAM']);
    expect(bed.exchanges).toHaveLength(1);
    bed.close();
    expect(stands((i) => [headers(odd(i), get())], 'resets', options)).toBe(21);
  });

  it('SETTINGS of too many entries, a priority that is too long, answers that are not read', () => {
    const entries = (count: number) => [
      settings(...Array.from({ length: count }, (): [number, number] => [0x99, 1])),
    ];
    const priority = (bytes: number) => [
      frame(FRAME_PRIORITY_UPDATE, 0, 0, [...uint32(1), ...new Uint8Array(bytes).fill(0x61)]),
    ];
    expect(stands(() => entries(33), 'maxSettings')).toBe(0);
    expect(stands(() => priority(257), 'maxPriorityText')).toBe(0);
    // What is just not too many is a frame without use, and no more.
    expect(stands(() => entries(32), 'trifles')).toBeGreaterThan(17);
    expect(stands(() => priority(256), 'trifles')).toBeGreaterThan(17);
    const bed = new H2Bed('server', { h2: { outputHighWaterBytes: 0, owedLimitBytes: 100 } });
    const many = Uint8Array.from(Array.from({ length: 20 }, () => [...ping()]).flat());
    expect(bed.feed(many).at(-1)).toBe('GOAWAY 0 ENHANCE_YOUR_CALM');
    expect(bed.end.session.error).toMatchObject({ code: 'calm-down', limit: 'owedLimitBytes' });
    bed.close();
  });

  it('what our application sends is not what we owe, however much of it waits', () => {
    const bed = new H2Bed('server');
    bed.feed(windowUpdate(0, 200_000), settings([4, 200_000]));
    bed.feed(...Array.from({ length: 100 }, (_, i) => headers(odd(i), get())));
    // The transport takes nothing in this instant.
    for (const [i, exchange] of bed.exchanges.entries()) {
      exchange.reply(200, [['x', `${i} ${'?'.repeat(800)}`]], new Uint8Array(i === 0 ? 130_000 : 400));
      bed.end.turn();
    }
    expect(bed.end.output.pendingBytes).toBeGreaterThan(131_072 + 16_384);
    const asked = ping();
    bed.end.deliver(asked, 0, asked.length);
    const said = bed.frames();
    expect(said).toContain('PING ACK');
    expect(said.filter((it) => it.includes(' END '))).toHaveLength(100);
    bed.close();
  });

  it('what was owed and is read does not count', () => {
    const bed = new H2Bed('server', { h2: { owedLimitBytes: 100 } });
    for (let i = 0; i < 40; i++) expect(bed.feed(ping(), ping())).toEqual(['PING ACK', 'PING ACK']);
    // One is always left behind, and it is not always the same.
    const three = Uint8Array.from([...ping(), ...ping(), ...ping()]);
    for (let i = 0; i < 40; i++) {
      bed.end.deliver(three, 0, three.length);
      bed.end.take();
      bed.end.written(bed.end.inFlight - (i % 2 === 0 ? 17 : 0));
    }
    expect(bed.frames().at(-1)).toBe('PING ACK');
    bed.close();
  });

  it('time and useful work give it back', () => {
    const bed = new H2Bed('server', limits);
    for (let i = 0; i < 20; i++) bed.feed(ping());
    bed.at(1000);
    for (let i = 0; i < 10; i++) bed.feed(ping());
    expect(bed.end.state).toBe('open');
    expect(bed.feed(ping(), ping()).at(-1)).toBe('GOAWAY 0 ENHANCE_YOUR_CALM');
    bed.close();
  });

  it('fields beyond the limits, HPACK bombs and zero-length fields are answered 431, and decoded', () => {
    const bed = new H2Bed('server', { h2: { maxHeaderListBytes: 4000, maxFields: 10 } });
    // A long field goes into the table once and is named a thousand times.
    const long = [0x40, 1, 0x78, 127, 0xe9, 0x06, ...new Uint8Array(1000).fill(0x61)];
    const bomb = [...fragment, ...long, ...new Uint8Array(1000).fill(0xbe)];
    const empty = [...fragment, ...Array.from({ length: 11 }, () => [0, 1, 0x79, 0]).flat()];
    for (const [i, octets] of [bomb, empty].entries()) {
      const id = 2 * i + 1;
      expect(bed.feed(frame(FRAME_HEADERS, FLAG_END_HEADERS | FLAG_END_STREAM, id, octets))).toEqual([
        `HEADERS ${id} END | :status: 431`,
      ]);
    }
    expect(bed.exchanges).toEqual([]);
    // The table is as the peer's: what went into it can be named.
    bed.feed(frame(FRAME_HEADERS, FLAG_END_HEADERS | FLAG_END_STREAM, 5, [...fragment, 0xbe]));
    expect(bed.exchange.request.fields.get('x')).toHaveLength(1000);
    bed.close();
  });
});
