// Each stream error of RFC 9113 with its code, that no stream disturbs another, and which of them count.
import { describe, expect, it } from 'vitest';
import {
  FLAG_END_STREAM,
  FLAG_PADDED,
  FRAME_DATA,
  FRAME_PRIORITY,
  MAX_31_BITS,
} from '../../src/session/h2/frames-codes.js';
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
  windowUpdate,
} from '../support/h2-bed.js';
import { open, reading, stillServes } from '../support/h2-open-streams.js';

type Pairs = [string, string][];

describe('a stream error resets its stream, and no other', () => {
  const length = (value: string): Pairs => put(['content-length', value]);
  /** By what right: of the errors that are found behind the frame reader, which has a table of its own. */
  const sections = new Map([
    ['window-overflow', 'RFC 9113 §6.9.1'],
    ['data-after-end', 'RFC 9113 §5.1'],
    ['headers-after-end', 'RFC 9113 §5.1'],
    ['malformed', 'RFC 9113 §8.1.1'],
    ['content-length', 'RFC 9113 §8.1.1'],
  ]);
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
    let told: unknown;
    bed.exchange.onClosed = (reason) => {
      told = reason;
    };
    expect(bed.feed(...frames)).toEqual([`RST_STREAM 3 ${code}`]);
    const cites = sections.get(error) ?? expect.stringMatching(/^RFC 9113 §/);
    expect(told).toMatchObject({ fault: 'peer-misbehaved', code: error, cites });
    // What was on its way is ignored.
    expect(bed.feed(data(3, 5), headers(3, []), windowUpdate(3, 1), reset(3, 8))).toEqual([]);
    stillServes(bed);
  });

  it('DATA beyond the stream window', () => {
    const bed = open({ h2: { connectionWindowBytes: 1_000_000 } });
    let told: unknown;
    bed.exchange.onClosed = (reason) => {
      told = reason;
    };
    const all = Array.from({ length: 3 }, () => data(3, 16_384));
    // All of the window, and an octet more.
    expect(bed.feed(...all, data(3, 65_535 - 3 * 16_384))).toEqual([]);
    expect(bed.feed(data(3, 1))).toEqual(['RST_STREAM 3 FLOW_CONTROL_ERROR']);
    expect(told).toMatchObject({ code: 'stream-window', cites: 'RFC 9113 §6.9.1' });
    stillServes(bed);
  });

  it('a body over the limit: 413 before the answer, RST_STREAM after', () => {
    const bed = open({ h2: { maxBodyBytes: 10 } });
    const told: unknown[] = [];
    for (const exchange of bed.exchanges) exchange.onClosed = (reason) => told.push(reason);
    // One more comes at the end, which is just the limit.
    expect(bed.feed(data(1, 9))).toEqual([]);
    expect(bed.feed(data(3, 11))).toEqual(['HEADERS 3 END | :status: 413', 'RST_STREAM 3 NO_ERROR']);
    bed.feed(headers(5, put(), false));
    bed.exchange.body.consume({ data: (lease) => lease.release(), end: () => {}, failed: () => {} });
    bed.exchange.respond(200);
    bed.frames();
    expect(bed.feed(data(5, 11))).toEqual(['RST_STREAM 5 INTERNAL_ERROR']);
    expect(told).toEqual([
      expect.objectContaining({ code: 'body-too-large', limit: 'maxBodyBytes', cites: 'RFC 9110 §15.5.14' }),
    ]);
    stillServes(bed);
  });

  it('a request with Content-Length and END_STREAM never reaches the application', () => {
    const bed = open();
    expect(bed.feed(headers(5, put(['content-length', '1'])))).toEqual(['RST_STREAM 5 PROTOCOL_ERROR']);
    expect(bed.exchanges).toHaveLength(2);
    stillServes(bed);
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
