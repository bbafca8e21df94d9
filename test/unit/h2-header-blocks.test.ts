// Header blocks that we send: over CONTINUATION, as much as a slab takes, and no more than the peer says that it takes.
import { describe, expect, it } from 'vitest';
import { frameBlock, mostBlockBytes, writeHeaders } from '../../src/session/h2/frames-writer.js';
import type { ClientExchange, ServerExchange } from '../../src/stream/contract.js';
import { get, H2Bed, headers, put, settings } from '../support/h2-bed.js';

const end = { slabBytes: 65_536 };
const nobody = { response: () => {}, failed: () => {} };
/** Too long for the tables, and not shorter when it is coded. */
const long = (bytes: number): [string, string] => ['x', '\u00ff'.repeat(bytes)];
const exchangeOf = (bed: H2Bed): ServerExchange => bed.exchange;

describe('CONTINUATION', () => {
  it('is what one frame leaves over, with nothing in between; the tables stay the same', () => {
    const bed = new H2Bed('server', { end });
    bed.feed(headers(1, get()), headers(3, get()));
    bed.exchanges[1]?.respond(200, [['date', 'now']]);
    exchangeOf(bed).send(new Uint8Array(5000));
    bed.exchanges[0]?.respond(200, [['date', 'now'], long(40_000)], { end: true });
    const [first, data, second] = bed.frames();
    expect([first, data]).toEqual(['HEADERS 3 | :status: 200 | date: now', 'DATA 3 5000']);
    expect(second?.slice(0, 30)).toBe('HEADERS 1 END + 16384 + 7245 |');
    exchangeOf(bed).end([['date', 'now']]);
    expect(bed.frames()).toEqual(['HEADERS 3 END | date: now']);
    bed.close();
  });

  it('of trailers, and of a client', () => {
    const bed = new H2Bed('client', { end });
    const exchange: ClientExchange = bed.client.request(
      { authority: 'a.test', method: 'PUT', end: false, fields: [long(17_000)] },
      nobody,
    );
    exchange.end([long(20_000)]);
    const texts = bed.frames().map((text) => text.slice(0, 24));
    expect(texts[0]).toMatch(/^HEADERS 1 \+ 6\d\d \| /);
    expect(texts[1]).toMatch(/^HEADERS 1 END \+ 36\d\d \|/);
    bed.close();
  });

  it('a block that no slab takes with its frame headers was never begun', () => {
    for (const over of [0, 1]) {
      const bed = new H2Bed('server', { end });
      bed.feed(headers(1, get()), headers(3, get()));
      // Beside the value: the status, the date, a length of 0, and the value's name and length.
      const room = mostBlockBytes(65_536, 16_384) - (1 + 5 + 4 + 3 + 4);
      bed.exchanges[0]?.respond(200, [['date', 'now'], long(room + over)], { end: true });
      const said = bed.frames().map((text) => text.slice(0, 40));
      if (over === 0)
        expect(said).toEqual([expect.stringMatching(/^HEADERS 1 END \+ 16384 \+ 16384 \+ 16348 \|/)]);
      else expect(said).toEqual(['RST_STREAM 1 INTERNAL_ERROR']);
      // The tables are as the peer's.
      exchangeOf(bed).respond(200, [['date', 'now']], { end: true });
      expect(bed.frames()).toEqual(['HEADERS 3 END | :status: 200 | date: now | content-length: 0']);
      bed.close();
    }
  });

  it('framed in place is what framing a copy gives, at every size', () => {
    for (let size = 0; size < 40; size++) {
      for (const maxFrame of [1, 2, 7, 8, 20, 64]) {
        const block = Uint8Array.from({ length: size }, (_, i) => i + 1);
        const due = new Uint8Array(1000);
        const length = writeHeaders(5, block, 0, size, true, maxFrame, due, 0, 1000);
        expect(mostBlockBytes(length, maxFrame)).toBe(size);
        const found = new Uint8Array(1000);
        found.set(block, 9);
        expect(frameBlock(5, found, 0, size, true, maxFrame)).toBe(length);
        expect(found.subarray(0, length)).toEqual(due.subarray(0, length));
      }
    }
  });
});

describe("the peer's SETTINGS_MAX_HEADER_LIST_SIZE", () => {
  const limited = (bytes: number) => settings([6, bytes]);

  it('a request over it is refused at the call, and nothing has changed', () => {
    const bed = new H2Bed('client');
    bed.feed(limited(200));
    // Four pseudo-header fields, and one of 33 and its value.
    const size = 4 * 32 + ':method:scheme:authority:path'.length + 'GEThttpa.test/'.length + 33;
    const ask = (value: number) => () =>
      bed.client.request({ authority: 'a.test', fields: [['x', 'v'.repeat(value)]] }, nobody);
    expect(size).toBeGreaterThan(200);
    expect(ask(0)).toThrow('peer-header-list');
    bed.feed(limited(size + 7));
    expect(ask(8)).toThrow('peer-header-list');
    expect(bed.frames()).toEqual([]);
    ask(7)();
    expect(bed.frames()).toHaveLength(1);
    bed.close();
  });

  it('an answer over it is refused at the call: there may be another, or it is a 500', () => {
    const bed = new H2Bed('server', {
      exchange: (it) => {
        if (it.request.target === '/throws') it.respond(200, [long(300)]);
      },
    });
    bed.feed(limited(300), headers(1, put(), true));
    const exchange = exchangeOf(bed);
    expect(() => exchange.inform(103, [long(300)])).toThrow('peer-header-list');
    expect(() => exchange.respond(200, [long(300)])).toThrow('peer-header-list');
    expect(() => exchange.reply(200, [long(300)], new Uint8Array(1))).toThrow('peer-header-list');
    expect(bed.frames()).toEqual([]);
    exchange.respond(200);
    exchange.send(new Uint8Array(1));
    expect(() => exchange.end([long(300)])).toThrow('peer-header-list');
    exchange.end();
    expect(bed.frames()).toEqual(['HEADERS 1 | :status: 200', 'DATA 1 1', 'DATA 1 END 0']);
    expect(bed.feed(headers(3, get('/throws')))).toEqual(['HEADERS 3 END | :status: 500']);
    bed.close();
  });

  it('is advice: what has no field of the application goes whatever it says', () => {
    const bed = new H2Bed('server');
    bed.feed(limited(0), headers(1, put(['expect', '100-continue']), false), headers(3, get('/ ')));
    exchangeOf(bed).body.discard();
    exchangeOf(bed).respond(204, [], { end: true });
    expect(bed.frames()).toEqual(['HEADERS 1 END | :status: 204', 'RST_STREAM 1 NO_ERROR']);
    bed.close();
  });
});
