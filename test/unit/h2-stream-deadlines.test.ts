// From when the deadlines of H2's messages count (LAY-4): what a peer could not send, or we did not ask for, is not held
// against it; and an application has its time from what it was last given.
import { describe, expect, it } from 'vitest';
import type { BodyConsumer, ClientExchange } from '../../src/stream/contract.js';
import { data, get, H2Bed, headers, put, windowUpdate } from '../support/h2-bed.js';

const deadlines = { betweenBytes: 30, firstByte: 60, body: 1000, write: 500, total: 10_000, settings: 10 };
const end = { deadlines };
const ok: [string, string][] = [[':status', '200']];

function telling(told: string[]): BodyConsumer {
  return {
    data: (lease) => {
      told.push(`${lease.length}`);
      lease.release();
    },
    end: () => told.push('end'),
    failed: (error) => told.push(error.code),
  };
}

/** A server that reads an upload, of which 100 octets have come each time. */
function uploading(): { bed: H2Bed; told: string[] } {
  const bed = new H2Bed('server', { end });
  const told: string[] = [];
  bed.feed(headers(1, put(), false));
  bed.exchange.body.consume(telling(told));
  bed.frames();
  return { bed, told };
}

describe('betweenBytes', () => {
  it('begins anew when a paused body goes on', () => {
    const { bed, told } = uploading();
    bed.feed(data(1, 100));
    bed.exchange.body.pause();
    bed.frames();
    expect(bed.at(55)).toEqual([]);
    bed.exchange.body.resume();
    expect(bed.frames()).toEqual([]);
    expect(bed.at(84)).toEqual([]);
    expect(bed.at(85)).toEqual(['HEADERS 1 END | :status: 408', 'RST_STREAM 1 NO_ERROR']);
    expect(told).toEqual(['100', 'stream-timeout']);
    bed.close();
  });

  it('counts from what waited, too, when that is given', () => {
    const { bed, told } = uploading();
    bed.exchange.body.pause();
    bed.feed(data(1, 100));
    expect(bed.at(40)).toEqual([]);
    bed.exchange.body.resume();
    bed.frames();
    expect(told).toEqual(['100']);
    expect(bed.at(69)).toEqual([]);
    bed.feed(data(1, 100));
    expect(bed.at(98)).toEqual([]);
    expect(bed.at(99)).toEqual(['HEADERS 1 END | :status: 408', 'RST_STREAM 1 NO_ERROR']);
    bed.close();
  });

  it('begins when a response is asked for, however long after its head', () => {
    const bed = new H2Bed('client', { end });
    const told: string[] = [];
    const exchanges: ClientExchange[] = [];
    bed.client.request(
      { authority: 'a.test' },
      { response: (_head, it) => exchanges.push(it), failed: () => {} },
    );
    bed.frames();
    bed.feed(headers(1, ok, false), data(1, 100));
    bed.at(31);
    exchanges[0]?.body.consume(telling(told));
    expect(bed.frames()).toEqual([]);
    expect(bed.at(60)).toEqual([]);
    expect(bed.at(61)).toEqual(['RST_STREAM 1 CANCEL']);
    expect(told).toEqual(['100', 'stream-timeout']);
    bed.close();
  });
});

describe('firstByte', () => {
  it.each([
    ['with its last content', (it: ClientExchange) => void it.send(new Uint8Array(10), true)],
    ['by itself', (it: ClientExchange) => it.end()],
    ['with trailers', (it: ClientExchange) => it.end([['a', 'b']])],
  ])("of a client's counts from the end of its request, %s", (_, finish) => {
    const bed = new H2Bed('client', { end });
    let told: string | undefined;
    const exchange = bed.client.request(
      { authority: 'a.test', method: 'PUT', end: false },
      {
        response: () => {},
        failed: (error) => {
          told = error.code;
        },
      },
    );
    bed.frames();
    for (let now = 20; now <= 80; now += 20) {
      expect(bed.at(now)).toEqual([]);
      exchange.send(new Uint8Array(10));
      expect(bed.frames()).toEqual(['DATA 1 10']);
    }
    finish(exchange);
    bed.frames();
    expect(bed.at(139)).toEqual([]);
    expect(bed.at(140)).toEqual(['RST_STREAM 1 CANCEL']);
    expect(told).toBe('stream-timeout');
    bed.close();
  });

  it('nor does it count while the end of the request waits for a window', () => {
    const bed = new H2Bed('client', { end });
    const exchange = bed.client.request(
      { authority: 'a.test', method: 'PUT', end: false },
      { response: () => {}, failed: () => {} },
    );
    exchange.send(new Uint8Array(70_000), true);
    bed.frames();
    expect(bed.at(300)).toEqual([]);
    expect(bed.feed(windowUpdate(0, 10_000), windowUpdate(1, 10_000))).toEqual(['DATA 1 END 4465']);
    expect(bed.at(359)).toEqual([]);
    expect(bed.at(360)).toEqual(['RST_STREAM 1 CANCEL']);
    bed.close();
  });

  it("of a server's application that pauses counts from what it was last given, and is its own fault", () => {
    const { bed, told } = uploading();
    for (let now = 20; now <= 80; now += 20) {
      expect(bed.at(now)).toEqual([]);
      bed.feed(data(1, 100));
    }
    bed.exchange.body.pause();
    bed.exchange.inform(102);
    expect(bed.frames()).toEqual(['HEADERS 1 | :status: 102']);
    expect(bed.at(120)).toEqual([]);
    // What it does not take changes nothing.
    expect(bed.feed(data(1, 100))).toEqual([]);
    expect(bed.at(139)).toEqual([]);
    expect(bed.at(140)).toEqual(['HEADERS 1 END | :status: 503', 'RST_STREAM 1 NO_ERROR']);
    expect(told).toEqual(['100', '100', '100', '100', 'stream-timeout']);
    bed.close();
  });

  it("of a server's counts from the end of a request as before", () => {
    const { bed } = uploading();
    bed.at(20);
    bed.feed(data(1, 1, true), headers(3, get()));
    expect(bed.at(79)).toEqual([]);
    expect(bed.at(80)).toEqual(['HEADERS 1 END | :status: 503', 'HEADERS 3 END | :status: 503']);
    bed.close();
  });
});
