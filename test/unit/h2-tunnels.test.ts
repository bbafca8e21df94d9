// What holds for messages and not for tunnels (RFC 9110 §9.3.6, RFC 9113 §8.5): lengths, limits, and what a failure says.
import { describe, expect, it } from 'vitest';
import { TransportError } from '../../src/errors.js';
import { H2Session } from '../../src/session/h2/session.js';
import type { Transport } from '../../src/transport/contract.js';
import { data, H2Bed, headers, reset, settings, windowUpdate } from '../support/h2-bed.js';
import { open, tunnel, write } from '../support/h2-tunnel.js';

type Pairs = [string, string][];

const connect: Pairs = [
  [':method', 'CONNECT'],
  [':authority', 'a:1'],
];
const asked = { method: 'CONNECT', authority: 'a:1', target: 'a:1' };

describe.each(['server', 'client'] as const)('a tunnel of a %s', (role) => {
  it('ignores Content-Length, in what it receives and in what it sends', () => {
    const { bed, it } = open(role, [['content-length', '0']]);
    expect(bed.feed(data(1, 3))).toEqual([]);
    expect(it.received).toBe(3);
    it.pipe.write([{ bytes: new Uint8Array(5), start: 0, end: 5 }]);
    expect(bed.frames()).toEqual(['DATA 1 5']);
    bed.close();
  });

  it('has no limit on what comes through', () => {
    const { bed, it } = open(role, [], { maxBodyBytes: 10 });
    expect(bed.feed(data(1, 8), data(1, 8))).toEqual([]);
    expect(it.received).toBe(16);
    bed.close();
  });

  it('takes a batch whole, whatever waits', () => {
    const { bed, it } = open(role, [], { outputLimitBytes: 100 });
    const bytes = new Uint8Array(40_000);
    const segments = [0, 1, 2].map(() => ({ bytes, start: 0, end: bytes.length }));
    it.pipe.write(segments);
    it.pipe.write(segments);
    bed.feed(windowUpdate(0, 400_000), windowUpdate(1, 400_000));
    bed.settle();
    expect(it.written).toBe(240_000);
    bed.close();
  });

  it('CON-2, OWN-4: what is short is not told as written before what is long and was there first', () => {
    const { bed, it } = open(role, []);
    bed.feed(settings([4, 0]));
    const long = write(it, 5000, 0x41);
    for (let i = 0; i < 3; i++) write(it, 2000, 0x42);
    bed.settle();
    expect(it.written).toBe(0);
    // Of the long piece the pipe below has something: it is not its owner's again.
    bed.feed(windowUpdate(1, 3000));
    expect(it.written).toBe(0);
    bed.feed(windowUpdate(1, 20_000));
    expect(it.written).toBe(11_000);
    long.fill(0x5a);
    const { sent } = bed.end;
    expect(sent.includes(0x5a)).toBe(false);
    bed.close();
  });

  it('OWN-8: short pieces too are written no faster than the peer takes them', () => {
    const { bed, it } = open(role, [], { outputLimitBytes: 1000 });
    for (let i = 0; i < 100; i++) {
      write(it, 2000);
      bed.settle();
    }
    expect(it.written).toBeLessThanOrEqual(65_535);
    bed.close();
  });

  it.each(['before', 'after'])('OWN-4, OWN-7: a reset %s the transport took what is lent', (when) => {
    const { bed, it } = open(role, []);
    const long = write(it, 5000, 0x41);
    const frame = reset(1, 8);
    if (bed.end.due) bed.end.turn();
    if (when === 'after') bed.end.take();
    bed.end.deliver(frame, 0, frame.length);
    while (bed.end.due) bed.end.turn();
    // The bytes may be on their way.
    if (when === 'after') expect(it.log).toEqual([]);
    if (it.log.length > 0) long.fill(0x5a);
    bed.end.written(bed.end.inFlight);
    bed.settle();
    expect(it.log).toEqual(['closed tunnel-reset']);
    expect(bed.end.sent.includes(0x5a)).toBe(false);
    bed.close();
  });

  it('OWN-4: released with bytes that wait for a window, it sends none of them', () => {
    const { bed, it } = open(role, []);
    bed.feed(settings([4, 0]));
    const long = write(it, 5000, 0x41);
    bed.settle();
    it.pipe.release();
    bed.settle();
    expect([it.log, it.written]).toEqual([['closed in order'], 0]);
    expect(bed.frames().at(-1)).toBe('DATA 1 END 0');
    long.fill(0x5a);
    expect(bed.feed(windowUpdate(1, 10_000))).toEqual([]);
    expect(bed.end.sent.includes(0x5a)).toBe(false);
    bed.close();
  });

  it('released, it waits a while for the peer to end, too', () => {
    const { bed, it } = open(role, []);
    it.pipe.release();
    expect(bed.frames()).toEqual(['DATA 1 END 0']);
    expect(bed.at(1999)).toEqual([]);
    expect(bed.at(2001)).toEqual(['RST_STREAM 1 CANCEL']);
    expect(bed.end.session instanceof H2Session && bed.end.session.busy).toBe(false);
    bed.close();
  });

  it('released, it takes the end of the peer, and resets the stream when more comes', () => {
    const { bed, it } = open(role, []);
    it.pipe.release();
    bed.frames();
    expect(bed.feed(data(1, 0, true))).toEqual([]);
    expect(bed.end.session instanceof H2Session && bed.end.session.busy).toBe(false);
    bed.close();
    const again = open(role, []);
    again.it.pipe.release();
    again.bed.frames();
    expect(again.bed.feed(data(1, 10))).toEqual(['RST_STREAM 1 CANCEL']);
    again.bed.close();
  });

  it('paused, it is not told of the end', () => {
    const { bed, it } = open(role, []);
    it.pipe.pause();
    bed.feed(data(1, 0, true));
    expect(it.log).toEqual([]);
    it.pipe.resume();
    bed.settle();
    expect(it.log).toEqual(['ended']);
    bed.close();
  });

  it('has no trailers: HEADERS are an error of the stream', () => {
    const { bed, it } = open(role, []);
    expect(bed.feed(headers(1, [['x', 'y']], true))).toEqual(['RST_STREAM 1 PROTOCOL_ERROR']);
    expect(it.log).toEqual(['closed tunnel-reset']);
    bed.close();
  });

  it('OWN-9: opened when the stream is gone, it is told so behind the call', () => {
    let pipe: Transport | undefined;
    const bed = new H2Bed(role, {
      exchange: (exchange) => {
        exchange.upgrade((it) => {
          pipe = it;
        });
      },
    });
    if (role === 'server') bed.feed(headers(1, connect, false));
    else {
      const upgraded = (_head: unknown, it: Transport): void => {
        pipe = it;
      };
      bed.client.request(asked, { response: () => {}, upgraded, failed: () => {} });
      bed.frames();
      bed.feed(headers(1, [[':status', '200']], false));
    }
    bed.feed(reset(1, 8));
    const it = tunnel(pipe as Transport);
    expect(it.log).toEqual([]);
    bed.settle();
    expect(it.log).toEqual(['closed tunnel-reset']);
    bed.close();
  });

  it('says CONNECT_ERROR when what it leads to fails', () => {
    const { bed, it } = open(role, []);
    it.pipe.abort(new TransportError('reset', 'the peer reset the connection'));
    expect(bed.frames()).toEqual(['RST_STREAM 1 CONNECT_ERROR']);
    bed.close();
  });
});

describe.each(['server', 'client'] as const)(
  'a tunnel of a %s that is torn down when both have ended it',
  (role) => {
    it('keeps no stream for an end that nobody took', () => {
      const { bed, it } = open(role, []);
      it.pipe.pause();
      it.pipe.end();
      bed.frames();
      bed.feed(data(1, 0, true));
      it.pipe.abort();
      expect(bed.frames()).toEqual([]);
      expect(it.log.at(-1)).toMatch(/^closed/);
      expect(bed.end.session.busy).toBe(false);
      bed.close();
    });

    it('sends no more of what waits, and says so to the peer', () => {
      const { bed, it } = open(role, []);
      bed.feed(settings([4, 0]));
      bed.frames();
      write(it, 5000);
      it.pipe.end();
      bed.feed(data(1, 0, true));
      it.pipe.abort();
      expect(bed.frames()).toEqual(['RST_STREAM 1 CANCEL']);
      expect(it.log.at(-1)).toMatch(/^closed/);
      expect(bed.feed(windowUpdate(1, 10_000))).toEqual([]);
      bed.close();
    });
  },
);
