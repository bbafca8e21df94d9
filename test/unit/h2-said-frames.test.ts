// What an H2 connection says of itself, octet by octet, and what it makes of what the peer says of its own: SETTINGS, GOAWAY,
// and the marks at which it stops reading or ends.
import { describe, expect, it } from 'vitest';
import type { UndercoatError } from '../../src/errors.js';
import {
  FRAME_GOAWAY,
  FRAME_PRIORITY,
  FRAME_SETTINGS,
  SETTING_ENABLE_CONNECT_PROTOCOL,
  SETTING_ENABLE_PUSH,
} from '../../src/session/h2/frames-codes.js';
import { FRAME_COMPLETE, FrameView } from '../../src/session/h2/frames-reader.js';
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
  settingsAck,
  windowUpdate,
} from '../support/h2-bed.js';
import { latin1 } from '../support/memory.js';

const none = new Uint8Array(0);
const nobody = { response: () => {}, failed: () => {} };

/** The payloads of the frames of a type that were written. */
function said(bed: H2Bed, type: number, from = 0): Uint8Array[] {
  const { sent } = bed.end;
  const view = new FrameView();
  const found: Uint8Array[] = [];
  for (let at = from; view.read(sent, at, sent.length, 1 << 24) === FRAME_COMPLETE; at = view.next) {
    if (view.type === type) found.push(sent.slice(at + 9, view.next));
  }
  return found;
}

describe('SETTINGS', () => {
  const entries = (bed: H2Bed, from: number): [number, number][] => {
    const [payload = none] = said(bed, FRAME_SETTINGS, from);
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    return Array.from({ length: payload.length / 6 }, (_, i) => [
      view.getUint16(6 * i),
      view.getUint32(6 * i + 2),
    ]);
  };
  const h2 = {
    headerTableBytes: 1000,
    maxConcurrentStreams: 7,
    streamWindowBytes: 12_345,
    maxHeaderListBytes: 5000,
  };
  const ours: [number, number][] = [
    [1, 1000],
    [3, 7],
    [4, 12_345],
    [6, 5000],
    [9, 1],
  ];

  it('announce what was set, and what each side has of its own', () => {
    const server = new H2Bed('server', { h2, silent: true });
    expect(entries(server, 0)).toEqual([...ours, [SETTING_ENABLE_CONNECT_PROTOCOL, 1]]);
    server.close();
    const without = new H2Bed('server', { h2: { ...h2, extendedConnect: false }, silent: true });
    expect(entries(without, 0)).toEqual(ours);
    without.close();
    const client = new H2Bed('client', { h2, silent: true });
    expect(entries(client, 24)).toEqual([...ours, [SETTING_ENABLE_PUSH, 0]]);
    client.close();
  });

  it('a server may not say that it takes push; of a client it is read over', () => {
    const client = new H2Bed('client');
    expect(client.feed(settings([SETTING_ENABLE_PUSH, 1]))).toEqual(['GOAWAY 0 PROTOCOL_ERROR']);
    client.close();
    const server = new H2Bed('server');
    expect(server.feed(settings([SETTING_ENABLE_PUSH, 1]))).toEqual(['SETTINGS ACK']);
    server.close();
  });
});

describe('GOAWAY', () => {
  it('says in words what was wrong, in 128 octets of ASCII at most, and nothing where nothing was', () => {
    const wrong = new H2Bed('server');
    wrong.feed(data(0, 1));
    const [payload = none] = said(wrong, FRAME_GOAWAY);
    expect(latin1(payload.subarray(8))).toBe(
      wrong.end.session.error?.message.slice(0, 128).replace(/§/g, "'"),
    );
    expect(payload.length).toBeGreaterThan(40);
    expect(payload.length).toBeLessThanOrEqual(8 + 128);
    wrong.close();
    const idle = new H2Bed('server');
    idle.end.shutdown();
    idle.frames();
    expect(said(idle, FRAME_GOAWAY).map((octets) => octets.length)).toEqual([8]);
    idle.close();
  });

  it('that comes again gives no more time: the drain runs from the first', () => {
    const deadlines = { drain: 100, firstByte: 5000, total: 5000 };
    const bed = new H2Bed('client', { end: { deadlines } });
    bed.client.request({ authority: 'a.test' }, nobody);
    bed.frames();
    bed.end.now = 10;
    bed.feed(goaway(3));
    bed.end.now = 50;
    bed.feed(goaway(1));
    expect(bed.end.deadline()).toBe(110);
    bed.close();
  });

  it('is told to whoever waits for a place', () => {
    const bed = new H2Bed('client');
    const told: number[] = [];
    bed.client.onAvailable = () => told.push(bed.client.available);
    bed.client.request({ authority: 'a.test' }, nobody);
    bed.frames();
    bed.feed(goaway(1));
    expect(told).toEqual([0]);
    bed.close();
  });

  it('of ours, and the end of the peer: no request may begin', () => {
    for (const act of [(bed: H2Bed) => bed.end.shutdown(), (bed: H2Bed) => bed.end.endInput()]) {
      const bed = new H2Bed('client');
      bed.client.request({ authority: 'a.test' }, nobody);
      bed.frames();
      expect(bed.client.available).toBeGreaterThan(0);
      act(bed);
      expect(bed.client.available).toBe(0);
      bed.close();
    }
  });
});

describe('what is of a stream that is over', () => {
  it('is read over though it is wrong: such a stream cannot be reset', () => {
    const bed = new H2Bed('server');
    bed.feed(headers(1, get()));
    bed.exchange.reply(204, [], none);
    bed.frames();
    expect(bed.feed(frame(FRAME_PRIORITY, 0, 1, [0]), windowUpdate(1, 0), reset(1, 8))).toEqual([]);
    expect(bed.end.state).toBe('open');
    bed.close();
  });
});

describe('a client', () => {
  it('resets an answer that is too long, and says which limit of its own that is', () => {
    const bed = new H2Bed('client', { h2: { maxBodyBytes: 10 } });
    const told: UndercoatError[] = [];
    const taking = {
      response: (_: unknown, exchange: { body: { discard(): void } }) => exchange.body.discard(),
      failed: (error: UndercoatError) => told.push(error),
    };
    for (let i = 0; i < 2; i++) {
      const exchange = bed.client.request({ authority: 'a.test' }, taking);
      exchange.onClosed = (error) => error !== undefined && told.push(error);
    }
    bed.frames();
    for (const id of [1, 3]) bed.feed(headers(id, [[':status', '200']], false));
    expect(bed.feed(data(1, 10, true))).toEqual([]);
    expect(bed.feed(data(3, 11))).toEqual(['RST_STREAM 3 CANCEL']);
    expect(told).toEqual([
      expect.objectContaining({ code: 'body-too-large', limit: 'maxBodyBytes', cites: 'OWN-8' }),
    ]);
    bed.close();
  });
});

describe('content that comes', () => {
  it('is lent where it lies from the mark on, and copied below it', () => {
    const bed = new H2Bed('server', { h2: { lendFromBytes: 100 } });
    const slabs: ArrayBufferLike[] = [];
    bed.feed(headers(1, put(), false));
    bed.exchange.body.consume({
      data: (lease) => {
        slabs.push(lease.bytes.buffer);
        lease.release();
      },
      end: () => {},
      failed: () => {},
    });
    bed.frames();
    bed.feed(data(1, 100));
    const lent = slabs[0];
    bed.feed(data(1, 99), data(1, 100));
    expect(slabs.map((slab) => slab === lent)).toEqual([true, false, true]);
    bed.close();
  });
});

describe('a server whose peer does not read', () => {
  const options: BedOptions = { h2: { outputHighWaterBytes: 0, owedLimitBytes: 34 } };

  it('ends when it owes more than the limit, and not at it', () => {
    // An answer to a PING has seventeen octets.
    for (const [count, state] of [
      [2, 'open'],
      [3, 'finishing'],
    ] as const) {
      const bed = new H2Bed('server', options);
      const pings = Uint8Array.from(Array.from({ length: count }, () => [...ping()]).flat());
      bed.end.deliver(pings, 0, pings.length);
      expect([count, bed.end.state]).toEqual([count, state]);
      expect(bed.end.session.error).toEqual(
        count === 2 ? undefined : expect.objectContaining({ code: 'calm-down', limit: 'owedLimitBytes' }),
      );
      bed.close();
    }
  });

  it('reads on while so much waits as is allowed, a frame, and what may be owed; and not with an octet more', () => {
    const most = 16_384 + 34;
    for (const over of [0, 1]) {
      const bed = new H2Bed('server', { h2: { ...options.h2, outputHighWaterBytes: 0 } });
      bed.feed(headers(1, get()));
      // As much as makes the output as full as it may be: a head, DATA's frame header, and this.
      bed.exchange.respond(200);
      const before = bed.end.output.pendingBytes;
      bed.end.output.lend(new Uint8Array(most), 0, most - before + over);
      const asked = headers(3, get());
      bed.end.deliver(asked, 0, asked.length);
      expect([over, bed.exchanges.length, bed.end.verdict]).toEqual([
        over,
        over === 0 ? 2 : 1,
        over === 0 ? 'need-data' : 'paused',
      ]);
      if (over === 1) {
        expect(bed.end.session.pausedBy).toBe('peer');
        bed.end.take();
        bed.end.written(1);
        expect([bed.exchanges.length, bed.end.verdict, bed.end.session.pausedBy]).toEqual([
          2,
          'need-data',
          undefined,
        ]);
      }
      bed.close();
    }
  });

  it('settings that were acknowledged are acknowledged once: again is a frame without use', () => {
    const bed = new H2Bed('server', { h2: { trifles: { burst: 1, perSecond: 0 } } });
    expect(bed.feed(settingsAck)).toEqual([]);
    expect(bed.feed(settingsAck)).toEqual(['GOAWAY 0 ENHANCE_YOUR_CALM']);
    bed.close();
  });
});
