// How H2 connections begin, drain and end: SETTINGS, GOAWAY in two phases, retryability, deadlines.
import { describe, expect, it } from 'vitest';
import { FLAG_ACK } from '../../src/session/h2/frames-codes.js';
import { PREFACE } from '../../src/session/h2/frames-preface.js';
import {
  data,
  get,
  goaway,
  H2Bed,
  headers,
  ping,
  put,
  reset,
  settings,
  warningAnswered,
} from '../support/h2-bed.js';

const ok: [string, string][] = [[':status', '200']];

/** A client's requests, and what it was told of each. */
function asks(bed: H2Bed, count: number, options: { end?: boolean } = {}): string[] {
  const told: string[] = [];
  for (let i = 0; i < count; i++) {
    const exchange = bed.client.request(
      { authority: 'a.test', ...(options.end === false ? { method: 'PUT', end: false } : {}) },
      {
        response: (head, it) => {
          told.push(`${it.id} ${head.status}`);
          it.body.discard();
        },
        failed: (error, retryable) =>
          told.push(`${exchange.id} ${error.code}${retryable ? ' retryable' : ''}`),
      },
    );
  }
  bed.frames();
  return told;
}

describe('the beginning', () => {
  it('a client sends its preface and SETTINGS, and takes no push', () => {
    const bed = new H2Bed('client', { silent: true });
    expect(bed.end.sent.subarray(0, 24)).toEqual(PREFACE);
    expect(bed.client.available).toBe(100);
    expect(bed.feed(settings([3, 2]))).toEqual(['SETTINGS ACK']);
    expect(bed.client.available).toBe(2);
    bed.close();
  });

  it('waits for a free stream, and takes what the peer sets in flight', () => {
    const bed = new H2Bed('client');
    let available = 0;
    bed.client.onAvailable = () => {
      available = bed.client.available;
    };
    bed.feed(settings([3, 1]));
    const told = asks(bed, 1);
    expect(bed.client.available).toBe(0);
    expect(() => asks(bed, 1)).toThrow('not-available');
    bed.feed(headers(1, ok));
    expect([told, available]).toEqual([['1 200'], 1]);
    bed.close();
  });
});

describe('GOAWAY', () => {
  it('a server warns, takes what was on its way, and then says its last', () => {
    const bed = new H2Bed('server');
    bed.feed(headers(1, get()));
    bed.end.shutdown();
    expect(bed.frames()).toEqual(['GOAWAY 2147483647 NO_ERROR', 'PING']);
    bed.feed(headers(3, get()));
    expect(bed.exchanges).toHaveLength(2);
    // The answer to another PING says nothing of what is on its way.
    expect(bed.feed(ping(FLAG_ACK))).toEqual([]);
    expect(bed.feed(warningAnswered)).toEqual(['GOAWAY 3 NO_ERROR']);
    expect(bed.feed(headers(5, get()), data(5, 0))).toEqual([]);
    expect(bed.exchanges).toHaveLength(2);
    for (const exchange of bed.exchanges) exchange.reply(204, [], new Uint8Array(0));
    expect(bed.frames()).toEqual(['HEADERS 1 END | :status: 204', 'HEADERS 3 END | :status: 204']);
    expect(bed.end.session.ending).toBe('linger');
    bed.close();
  });

  it('its last stream may end before the warning is answered', () => {
    const bed = new H2Bed('server');
    bed.feed(headers(1, get()));
    bed.end.shutdown();
    bed.exchange.reply(204, [], new Uint8Array(0));
    bed.frames();
    expect(bed.end.state).toBe('open');
    expect(bed.feed(warningAnswered)).toEqual(['GOAWAY 1 NO_ERROR']);
    expect(bed.end.state).toBe('ended');
    bed.close();
  });

  it('streams above the last are safe to retry, the others go on; none is begun any more', () => {
    const bed = new H2Bed('client');
    const told = asks(bed, 3);
    bed.feed(goaway(1));
    expect(told).toEqual(['3 goaway retryable', '5 goaway retryable']);
    expect(bed.client.available).toBe(0);
    expect(bed.feed(headers(1, ok))).toEqual(['GOAWAY 0 NO_ERROR']);
    expect(told.at(-1)).toBe('1 200');
    bed.close();
  });

  it('again, with less; and with an error that the close brings to an end', () => {
    const bed = new H2Bed('client');
    const told = asks(bed, 2);
    bed.feed(goaway(3), goaway(1));
    expect(told).toEqual(['3 goaway retryable']);
    bed.end.endInput();
    expect(told.at(-1)).toBe('1 ended');
    bed.close();
  });

  it('a refused stream is safe to retry, a cancelled one is not', () => {
    const bed = new H2Bed('client');
    const told = asks(bed, 2);
    bed.feed(reset(1, 7), reset(3, 8));
    expect(told).toEqual(['1 peer-reset retryable', '3 peer-reset']);
    bed.close();
  });

  it('a client that is shut down lets its requests end', () => {
    const bed = new H2Bed('client');
    const told = asks(bed, 1);
    bed.end.shutdown();
    expect(bed.frames()).toEqual(['GOAWAY 0 NO_ERROR']);
    bed.feed(headers(1, ok));
    expect(told).toEqual(['1 200']);
    expect(bed.end.state).toBe('ended');
    bed.close();
  });

  it.each(['server', 'client'] as const)('an idle %s that is shut down leaves at once', (role) => {
    for (const silent of [true, false]) {
      const bed = new H2Bed(role, { silent });
      bed.end.shutdown();
      expect(bed.frames()).toEqual(['GOAWAY 0 NO_ERROR']);
      expect(bed.end.state).toBe('ended');
      bed.close();
    }
  });

  it('the last word stands, whatever the peer begins behind it', () => {
    const ends: [string, (bed: H2Bed) => string[]][] = [
      ['GOAWAY 1 NO_ERROR', (bed) => bed.at(30_000)],
      ['GOAWAY 1 PROTOCOL_ERROR', (bed) => bed.feed(data(0, 1))],
    ];
    for (const [said, end] of ends) {
      const bed = new H2Bed('server');
      bed.feed(headers(1, get()));
      bed.end.shutdown();
      bed.frames();
      expect(bed.feed(warningAnswered, headers(7, get()))).toEqual(['GOAWAY 1 NO_ERROR']);
      expect(end(bed)).toEqual([said]);
      bed.close();
    }
  });

  it('errors and SETTINGS while it drains, from either side', () => {
    const bed = new H2Bed('server');
    bed.feed(headers(1, put(), false), goaway(0), settings());
    bed.end.shutdown();
    bed.frames();
    bed.feed(goaway(0));
    expect(bed.feed(data(0, 1))).toEqual(['GOAWAY 1 PROTOCOL_ERROR']);
    bed.close();
    const early = new H2Bed('client', { silent: true });
    const told = asks(early, 1);
    early.end.shutdown();
    early.feed(settings());
    expect(early.feed(data(0, 1)).at(-1)).toBe('GOAWAY 0 PROTOCOL_ERROR');
    expect(told).toEqual(['1 h2-frame-without-stream']);
    early.close();
  });
});

describe('the end of the peer and of the pipe', () => {
  it('what was asked for whole is still answered', () => {
    const bed = new H2Bed('server');
    bed.feed(headers(1, get()), headers(3, put(), false));
    bed.end.endInput();
    expect(bed.frames()).toEqual(['RST_STREAM 3 INTERNAL_ERROR']);
    bed.exchanges[0]?.reply(204, [], new Uint8Array(0));
    expect(bed.frames()).toEqual(['HEADERS 1 END | :status: 204']);
    expect([bed.end.state, bed.end.session.ending]).toEqual(['ended', 'end']);
    bed.close();
  });

  it('at any time', () => {
    const stages: ((bed: H2Bed) => void)[] = [
      () => {},
      (bed) => bed.feed(PREFACE),
      (bed) => bed.feed(PREFACE, settings()),
      (bed) => {
        bed.feed(PREFACE, settings(), headers(1, put(), false));
        bed.end.shutdown();
      },
    ];
    for (const stage of stages) {
      const lost = new H2Bed('server', { silent: true });
      stage(lost);
      lost.close();
      const ended = new H2Bed('server', { silent: true });
      stage(ended);
      ended.end.endInput();
      ended.frames();
      expect(ended.end.state).toBe('ended');
      ended.close();
      const failed = new H2Bed('server', { silent: true });
      stage(failed);
      if (stage !== stages[0]) failed.feed(data(0, 1));
      else failed.feed(Uint8Array.of(0));
      expect(failed.end.state).toBe('ended');
      failed.close();
    }
  });
});

describe('deadlines', () => {
  const deadlines = {
    settings: 10,
    idle: 50,
    drain: 100,
    firstByte: 30,
    betweenBytes: 20,
    body: 60,
    write: 25,
    total: 1000,
  };
  const end = { deadlines };

  it.each([true, false])('SETTINGS that do not come, or are not acknowledged', (isSilent) => {
    const bed = new H2Bed('server', { silent: true, end });
    if (!isSilent) bed.feed(PREFACE, settings());
    expect(bed.at(9)).toEqual([]);
    expect(bed.at(10)).toEqual(['GOAWAY 0 SETTINGS_TIMEOUT']);
    expect(bed.end.session.error).toMatchObject({
      code: 'settings-timeout',
      limit: 'settings',
      cites: 'RFC 9113 §6.5.3',
    });
    bed.close();
    const client = new H2Bed('client', { silent: true, end });
    expect(client.at(10)).toEqual(['GOAWAY 0 SETTINGS_TIMEOUT']);
    client.close();
  });

  it('an idle connection leaves without an error', () => {
    const bed = new H2Bed('client', { end });
    expect(bed.at(49)).toEqual([]);
    expect(bed.at(50)).toEqual(['GOAWAY 0 NO_ERROR']);
    expect(bed.error).toBeUndefined();
    bed.close();
  });

  it('a drain that does not end', () => {
    const bed = new H2Bed('server', { end: { deadlines: { ...deadlines, firstByte: 1000 } } });
    bed.feed(headers(1, get()));
    bed.end.shutdown();
    bed.frames();
    expect(bed.at(100)).toEqual(['GOAWAY 1 NO_ERROR']);
    expect(bed.end.session.error).toMatchObject({
      code: 'drain-timeout',
      limit: 'drain',
      cites: 'RFC 9113 §6.8',
    });
    bed.close();
  });

  it('an application that does not answer: 503; a request that does not come: 408', () => {
    const bed = new H2Bed('server', { end });
    bed.feed(headers(1, get()), headers(3, put(), false), headers(5, get()));
    bed.exchanges[1]?.body.consume({ data: (lease) => lease.release(), end: () => {}, failed: () => {} });
    bed.exchanges[2]?.respond(200);
    const told: unknown[] = [];
    for (const exchange of bed.exchanges) exchange.onClosed = (reason) => told.push(reason);
    bed.frames();
    expect(bed.at(20)).toEqual(['HEADERS 3 END | :status: 408', 'RST_STREAM 3 NO_ERROR']);
    expect(bed.at(30)).toEqual(['HEADERS 1 END | :status: 503']);
    expect(bed.at(1000)).toEqual(['RST_STREAM 5 CANCEL']);
    const timedOut = { code: 'stream-timeout', limit: 'deadlines', cites: 'LAY-4' };
    expect(told).toEqual(Array(3).fill(expect.objectContaining(timedOut)));
    bed.close();
  });

  it('a window that is held shut', () => {
    const bed = new H2Bed('server', { end });
    bed.feed(settings([4, 0]), headers(1, get()));
    bed.end.now = 5;
    bed.exchange.reply(200, [], new Uint8Array(10));
    bed.frames();
    expect(bed.at(29)).toEqual([]);
    expect(bed.at(30)).toEqual(['RST_STREAM 1 CANCEL']);
    bed.close();
  });

  it('an answer that does not come', () => {
    const bed = new H2Bed('client', { end });
    bed.end.now = 10;
    const told = asks(bed, 1);
    expect(bed.at(39)).toEqual([]);
    expect(bed.at(40)).toEqual(['RST_STREAM 1 CANCEL']);
    expect(told).toEqual(['1 stream-timeout']);
    bed.close();
  });
});
