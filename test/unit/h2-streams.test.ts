// Each stream error of RFC 9113 with its code, header rules one by one, and that no stream disturbs another.
import { describe, expect, it } from 'vitest';
import type { Lease } from '../../src/memory/index.js';
import {
  FLAG_END_STREAM,
  FLAG_PADDED,
  FRAME_DATA,
  FRAME_PRIORITY,
  FRAME_PRIORITY_UPDATE,
  MAX_31_BITS,
} from '../../src/session/h2/frames-codes.js';
import type { ServerExchange } from '../../src/stream/contract.js';
import {
  type BedOptions,
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
  uint32,
  windowUpdate,
} from '../support/h2-bed.js';

type Pairs = [string, string][];

/** The application takes what comes, as text, and gives each byte back at once. */
function reading(taken: string[]): (exchange: ServerExchange) => void {
  return (exchange) =>
    exchange.body.consume({
      data: (lease) => {
        taken.push(`${exchange.id}: ${lease.length}`);
        lease.release();
      },
      end: (trailers) =>
        taken.push(`${exchange.id}: end ${trailers === undefined ? '' : [...trailers].join()}`),
      failed: (error) => taken.push(`${exchange.id}: ${error.code}`),
    });
}

/** An end whose streams 1 and 3 are open; 1 must live through whatever happens to 3. */
function open(options: BedOptions = {}, fields: Pairs = put()): H2Bed {
  const bed = new H2Bed('server', options);
  bed.feed(headers(1, put(), false), headers(3, fields, false));
  return bed;
}

function stillServes(bed: H2Bed): void {
  expect(bed.end.state).toBe('open');
  bed.feed(data(1, 1, true));
  (bed.exchanges[0] as ServerExchange).reply(200, [], new Uint8Array(3));
  expect(bed.frames()).toEqual(['HEADERS 1 | :status: 200 | content-length: 3', 'DATA 1 END 3']);
  bed.close();
}

describe('a stream error resets its stream, and no other', () => {
  const length = (value: string): Pairs => put(['content-length', value]);
  it.each<[string, string, string, Pairs, Uint8Array[]]>([
    ['a WINDOW_UPDATE of 0', 'PROTOCOL_ERROR', 'h2-window-increment-zero', put(), [windowUpdate(3, 0)]],
    ['a window over 2^31-1', 'FLOW_CONTROL_ERROR', 'window-overflow', put(), [windowUpdate(3, MAX_31_BITS)]],
    [
      'PRIORITY of a wrong length',
      'FRAME_SIZE_ERROR',
      'h2-priority-length',
      put(),
      [frame(FRAME_PRIORITY, 0, 3, [1])],
    ],
    [
      'DATA without the pad length it announces',
      'FRAME_SIZE_ERROR',
      'h2-data-too-short',
      put(),
      [frame(FRAME_DATA, FLAG_PADDED, 3)],
    ],
    ['DATA after END_STREAM', 'STREAM_CLOSED', 'data-after-end', put(), [data(3, 1, true), data(3, 1)]],
    [
      'HEADERS after END_STREAM',
      'STREAM_CLOSED',
      'headers-after-end',
      put(),
      [data(3, 1, true), headers(3, [])],
    ],
    ['trailers without END_STREAM', 'PROTOCOL_ERROR', 'malformed', put(), [headers(3, [['a', 'b']], false)]],
    [
      'trailers with a pseudo-header field',
      'PROTOCOL_ERROR',
      'malformed',
      put(),
      [headers(3, [[':path', '/']])],
    ],
    [
      'trailers with Content-Length',
      'PROTOCOL_ERROR',
      'malformed',
      put(),
      [headers(3, [['content-length', '0']])],
    ],
    ['more DATA than Content-Length', 'PROTOCOL_ERROR', 'content-length', length('3'), [data(3, 4)]],
    ['less DATA than Content-Length', 'PROTOCOL_ERROR', 'content-length', length('3'), [data(3, 2, true)]],
    [
      'less DATA than Content-Length, and trailers',
      'PROTOCOL_ERROR',
      'content-length',
      length('3'),
      [data(3, 2), headers(3, [])],
    ],
  ])('%s', (_name, code, error, fields, frames) => {
    const bed = open({}, fields);
    let told: string | undefined;
    bed.exchange.onClosed = (reason) => {
      told = reason?.code;
    };
    expect(bed.feed(...frames)).toEqual([`RST_STREAM 3 ${code}`]);
    expect(told).toBe(error);
    // What was on its way is ignored.
    expect(bed.feed(data(3, 5), headers(3, []), windowUpdate(3, 1), reset(3, 8))).toEqual([]);
    stillServes(bed);
  });

  it('DATA beyond the stream window', () => {
    const bed = open({ h2: { connectionWindowBytes: 1_000_000 } });
    const all = Array.from({ length: 4 }, () => data(3, 16_384));
    expect(bed.feed(...all)).toEqual(['RST_STREAM 3 FLOW_CONTROL_ERROR']);
    stillServes(bed);
  });

  it('a body over the limit: 413 before the answer, RST_STREAM after', () => {
    const bed = open({ h2: { maxBodyBytes: 10 } });
    expect(bed.feed(data(3, 11))).toEqual(['HEADERS 3 END | :status: 413', 'RST_STREAM 3 NO_ERROR']);
    bed.feed(headers(5, put(), false));
    bed.exchange.body.consume({ data: (lease) => lease.release(), end: () => {}, failed: () => {} });
    bed.exchange.respond(200);
    bed.frames();
    expect(bed.feed(data(5, 11))).toEqual(['RST_STREAM 5 INTERNAL_ERROR']);
    stillServes(bed);
  });

  it('a request with Content-Length and END_STREAM never reaches the application', () => {
    const bed = open();
    expect(bed.feed(headers(5, put(['content-length', '1'])))).toEqual(['RST_STREAM 5 PROTOCOL_ERROR']);
    expect(bed.exchanges).toHaveLength(2);
    stillServes(bed);
  });
});

describe('header rules of RFC 9113 §8.2 and §8.3', () => {
  const without = (name: string, fields = get()): Pairs => fields.filter(([it]) => it !== name);
  const having = (...more: Pairs): Pairs => [...get(), ...more];
  const replacing = (name: string, value: string, fields = get()): Pairs =>
    fields.map(([it, old]) => [it, it === name ? value : old]);
  it.each<[string, Pairs]>([
    ['a name in upper case', having(['X-a', '1'])],
    ['an empty name', having(['', '1'])],
    ['a space in a name', having(['x a', '1'])],
    ['a colon in a name', having(['x:a', '1'])],
    ['NUL in a value', having(['x', 'a\0b'])],
    ['CR in a value', having(['x', 'a\rb'])],
    ['LF in a value', having(['x', 'a\nb'])],
    ['a space before a value', having(['x', ' a'])],
    ['a tab behind a value', having(['x', 'a\t'])],
    ['connection', having(['connection', 'close'])],
    ['keep-alive', having(['keep-alive', '1'])],
    ['proxy-connection', having(['proxy-connection', '1'])],
    ['transfer-encoding', having(['transfer-encoding', 'chunked'])],
    ['upgrade', having(['upgrade', 'h2c'])],
    ['te but trailers', having(['te', 'gzip'])],
    ['no :method', without(':method')],
    ['no :scheme', without(':scheme')],
    ['no :path', without(':path')],
    ['an empty :path', replacing(':path', '')],
    [':path without its slash', replacing(':path', 'a')],
    [':path of * but for OPTIONS', replacing(':path', '*')],
    ['a space in :path', replacing(':path', '/a b')],
    ['a fragment in :path', replacing(':path', '/#a')],
    [':method that is no token', replacing(':method', 'G T')],
    ['an empty :authority', replacing(':authority', '')],
    ['userinfo in :authority', replacing(':authority', 'u@a.test')],
    ['host that differs from :authority', having(['host', 'b.test'])],
    ['host twice', having(['host', 'a.test'], ['host', 'a.test'])],
    [':method twice', [[':method', 'GET'], ...get()]],
    ['a pseudo-header field after a field', [...without(':path'), ['x', '1'], [':path', '/']]],
    ['one that is not known', having([':x', '1'])],
    [':status in a request', having([':status', '200'])],
    [':protocol without CONNECT', [[':protocol', 'x'], ...get()]],
    [
      'CONNECT with :path',
      [
        [':method', 'CONNECT'],
        [':authority', 'a:1'],
        [':path', '/'],
      ],
    ],
    ['CONNECT without :authority', [[':method', 'CONNECT']]],
    [
      'extended CONNECT without :path',
      [
        [':method', 'CONNECT'],
        [':protocol', 'x'],
        [':authority', 'a'],
        [':scheme', 'http'],
      ],
    ],
    [':scheme in upper case without :path', replacing(':scheme', 'HTTP', replacing(':path', ''))],
    ['an empty :scheme', replacing(':scheme', '')],
    [':scheme that is none', replacing(':scheme', '1x')],
    ['more than an authority in :authority', replacing(':authority', 'a b/../c?d#e')],
    ['a port that is none in :authority', replacing(':authority', 'a:x')],
    ['userinfo in host', [...without(':authority'), ['host', 'user@a']]],
    ['a space in host', [...without(':authority'), ['host', 'a b']]],
    ['an empty host', [...without(':authority'), ['host', '']]],
    ['http without :authority and host', without(':authority')],
    ['https without :authority and host', without(':authority', replacing(':scheme', 'https'))],
    ['an octet above 7 bits in :path', replacing(':path', '/\xff')],
    [
      'CONNECT without a port',
      [
        [':method', 'CONNECT'],
        [':authority', 'a'],
      ],
    ],
    [
      'CONNECT with an empty port',
      [
        [':method', 'CONNECT'],
        [':authority', 'a:'],
      ],
    ],
    ['an empty :protocol', [[':method', 'CONNECT'], [':protocol', ''], ...without(':method')]],
    ['Content-Length twice', having(['content-length', '0'], ['content-length', '0'])],
    ['Content-Length that is none', having(['content-length', '-1'])],
  ])('%s is malformed', (_name, fields) => {
    const bed = open();
    expect(bed.feed(headers(5, fields))).toEqual(['RST_STREAM 5 PROTOCOL_ERROR']);
    expect(bed.exchanges).toHaveLength(2);
    stillServes(bed);
  });

  it.each<[string, Pairs, string]>([
    ['te: trailers', having(['te', 'trailers']), 'GET / a.test'],
    ['host as :authority', having(['host', 'A.test']), 'GET / a.test'],
    ['host alone', [...without(':authority'), ['host', 'b.test']], 'GET / b.test'],
    [
      'OPTIONS *',
      [[':method', 'OPTIONS'], ...without(':method', replacing(':path', '*'))],
      'OPTIONS * a.test',
    ],
    [
      'CONNECT',
      [
        [':method', 'CONNECT'],
        [':authority', 'a:1'],
      ],
      'CONNECT a:1 a:1',
    ],
    ['an IP-literal and a port', replacing(':authority', '[::1]:80'), 'GET / [::1]:80'],
    [':scheme in upper case', replacing(':scheme', 'HTTPS'), 'GET / a.test'],
    ['what browsers send in :path', replacing(':path', '/a|"b"?^{}'), 'GET /a|"b"?^{} a.test'],
    [
      'another scheme without an authority',
      without(':authority', replacing(':scheme', 'urn', replacing(':path', 'x'))),
      'GET x undefined',
    ],
    ['octets above 7 bits in a value', having(['x', 'caf\xe9']), 'GET / a.test'],
  ])('%s is well-formed', (_name, fields, seen) => {
    const bed = open();
    expect(bed.feed(headers(5, fields, false))).toEqual([]);
    const { method, target, authority } = bed.exchange.request;
    expect(`${method} ${target} ${authority}`).toBe(seen);
    stillServes(bed);
  });

  it('cookie crumbs are joined', () => {
    const bed = open();
    bed.feed(headers(5, having(['cookie', 'a=1'], ['cookie', 'b=2'])));
    expect(bed.exchange.request.fields.get('cookie')).toBe('a=1; b=2');
    stillServes(bed);
  });

  it.each<[string, string, Pairs, boolean]>([
    ['no :status', 'PROTOCOL_ERROR', [['x', '1']], false],
    ['a status of two digits', 'PROTOCOL_ERROR', [[':status', '20']], false],
    ['101', 'PROTOCOL_ERROR', [[':status', '101']], false],
    ['an interim response that ends the stream', 'PROTOCOL_ERROR', [[':status', '103']], true],
    ['a response of a request’s fields', 'PROTOCOL_ERROR', get(), false],
    [
      'a list over the limit',
      'CANCEL',
      [
        [':status', '200'],
        ['x', 'y'.repeat(500)],
      ],
      false,
    ],
  ])('a response: %s', (_name, code, fields, end) => {
    const bed = new H2Bed('client', { h2: { maxHeaderListBytes: 400 } });
    const told: string[] = [];
    const listener = {
      response: () => told.push('answer'),
      failed: (error: { code: string }) => told.push(error.code),
    };
    bed.client.request({ authority: 'a.test' }, listener);
    bed.frames();
    expect(bed.feed(headers(1, fields, end))).toEqual([`RST_STREAM 1 ${code}`]);
    expect(told).toEqual([code === 'CANCEL' ? 'headers-too-large' : 'malformed']);
    bed.close();
  });

  it('a response: DATA before its head, or of one that has none', () => {
    const bed = new H2Bed('client');
    const listener = { response: () => {}, failed: () => {} };
    bed.client.request({ authority: 'a.test' }, listener);
    bed.client.request({ authority: 'a.test', method: 'HEAD' }, listener);
    bed.frames();
    expect(bed.feed(data(1, 1))).toEqual(['RST_STREAM 1 PROTOCOL_ERROR']);
    const head: Pairs = [
      [':status', '200'],
      ['content-length', '5'],
    ];
    expect(bed.feed(headers(3, head, false), data(3, 1))).toEqual(['RST_STREAM 3 PROTOCOL_ERROR']);
    bed.close();
  });
});

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

describe('what one stream does not do to another', () => {
  it('a reset in the middle of everything takes only its own along', () => {
    const taken: string[] = [];
    const bed = open({ exchange: reading(taken) });
    bed.feed(data(1, 10), data(3, 10));
    bed.feed(reset(3, 8));
    bed.feed(data(1, 20, true));
    expect(taken).toEqual(['1: 10', '3: 10', '3: peer-reset', '1: 20', '1: end ']);
    bed.exchanges[0]?.reply(200, [], new Uint8Array(0));
    expect(bed.frames()).toEqual(['HEADERS 1 END | :status: 200 | content-length: 0']);
    bed.close();
  });

  it('the answer is whole: what is left of a request that nobody reads is not needed', () => {
    const bed = open();
    bed.exchange.reply(403, [], new Uint8Array(1));
    expect(bed.frames()).toEqual([
      'HEADERS 3 | :status: 403 | content-length: 1',
      'DATA 3 END 1',
      'RST_STREAM 3 NO_ERROR',
    ]);
    expect(bed.feed(data(3, 100, true))).toEqual([]);
    stillServes(bed);
  });

  it('a client hears NO_ERROR behind a whole answer as an answer', () => {
    const bed = new H2Bed('client');
    const told: string[] = [];
    const exchange = bed.client.request(
      { authority: 'a.test', method: 'PUT', end: false },
      { response: (head) => told.push(String(head.status)), failed: (error) => told.push(error.code) },
    );
    exchange.onClosed = (error) => told.push(error?.code ?? 'ok');
    bed.frames();
    bed.feed(headers(1, [[':status', '403']]), reset(1, 0));
    expect(told).toEqual(['403', 'ok']);
    bed.close();
  });

  it('trailers of an empty body wait for whoever takes it', () => {
    const bed = new H2Bed('client');
    const told: string[] = [];
    const exchange = bed.client.request(
      { authority: 'a.test' },
      { response: (head) => told.push(String(head.status)), failed: (error) => told.push(error.code) },
    );
    exchange.onClosed = (error) => told.push(error?.code ?? 'ok');
    bed.frames();
    bed.feed(headers(1, [[':status', '200']], false), headers(1, [['x-sum', '0']]));
    expect(told).toEqual(['200']);
    exchange.body.consume({
      data: () => {},
      end: (trailers) => told.push(`end ${trailers?.get('x-sum')}`),
      failed: (error) => told.push(error.code),
    });
    bed.frames();
    expect(told).toEqual(['200', 'end 0', 'ok']);
    bed.close();
  });

  it('trailers and interim responses both ways', () => {
    const taken: string[] = [];
    const bed = open({ exchange: reading(taken) });
    bed.feed(data(3, 2), headers(3, [['x-sum', '1']]));
    expect(taken).toEqual(['3: 2', '3: end x-sum,1']);
    bed.exchange.inform(103, [['link', '</a>']]);
    bed.exchange.respond(200);
    bed.exchange.send(new Uint8Array(1));
    bed.exchange.end([['X-End', '2']]);
    expect(bed.frames()).toEqual([
      'HEADERS 3 | :status: 103 | link: </a>',
      'HEADERS 3 | :status: 200',
      'DATA 3 1',
      'HEADERS 3 END | x-end: 2',
    ]);
    stillServes(bed);
  });

  it('PING is answered with what it said, priorities and unknown frames are read over', () => {
    const bed = open();
    const unknown = frame(0xfa, 255, 3, new Uint8Array(5000));
    const priority = frame(FRAME_PRIORITY, 0, 9, [0, 0, 0, 1, 5]);
    expect(bed.feed(unknown, priority, ping(), goaway(0), frame(FRAME_DATA, FLAG_END_STREAM, 3))).toEqual([
      'PING ACK',
    ]);
    bed.close();
  });
});

describe('streams that count (RFC 9113 §5.1.2)', () => {
  /** A server that answers at once, and reads nothing of the requests until it is told to. */
  function slow(h2: BedOptions['h2']) {
    const taken: string[] = [];
    const bed = new H2Bed('server', {
      h2: { ...h2, resets: { burst: 1, perSecond: 0 } },
      exchange: (exchange) => {
        reading(taken)(exchange);
        exchange.body.pause();
        if (exchange.request.method === 'PUT') exchange.reply(200, [], new Uint8Array(1));
      },
    });
    return { bed, taken };
  }
  const finished = (id: number) => [headers(id, put(), false), data(id, 1, true)];
  const answered = (id: number) => [`HEADERS ${id} | :status: 200 | content-length: 1`, `DATA ${id} END 1`];

  it('one that is over on both sides does not, though its body is not read yet', () => {
    const { bed, taken } = slow({ maxConcurrentStreams: 1 });
    for (const id of [1, 3, 5, 7]) expect(bed.feed(...finished(id))).toEqual(answered(id));
    expect(bed.feed(headers(9, get()))).toEqual([]);
    // It is open: now one more is too many, and the peer's fault.
    expect(bed.feed(headers(11, get()))).toEqual(['RST_STREAM 11 REFUSED_STREAM']);
    for (const { body } of bed.exchanges) body.resume();
    bed.frames();
    expect(taken).toEqual([
      '1: 1',
      '1: end ',
      '3: 1',
      '3: end ',
      '5: 1',
      '5: end ',
      '7: 1',
      '7: end ',
      '9: end ',
    ]);
    bed.close();
  });

  it('one that our application ended outside of a turn is over, whether a turn was taken since or not', () => {
    const { bed } = slow({ maxConcurrentStreams: 1 });
    bed.feed(headers(1, get()));
    bed.exchange.reply(200, [], new Uint8Array(1));
    const written = bed.end.take().length;
    bed.end.deliver(headers(3, get()), 0, headers(3, get()).length);
    bed.end.written(written);
    expect(bed.frames()).toEqual(answered(1));
    expect(bed.exchanges).toHaveLength(2);
    bed.close();
  });

  it('so many that are not read are kept, and a peer that keeps to its limit is not charged for what is refused', () => {
    const { bed, taken } = slow({ maxConcurrentStreams: 1, maxUnreadStreams: 2 });
    for (const id of [1, 3, 5]) bed.feed(...finished(id));
    for (const id of [7, 9, 11])
      expect(bed.feed(...finished(id))).toEqual([`RST_STREAM ${id} REFUSED_STREAM`]);
    bed.exchange.body.resume();
    bed.frames();
    expect(taken).toEqual(['5: 1', '5: end ']);
    expect(bed.feed(...finished(13))).toEqual(answered(13));
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
