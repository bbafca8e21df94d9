// OWN-4 from the sender's side: a short range is the sender's again when `send` returns, a long one when it was told so;
// whatever it does to the bytes then, the peer gets what was sent.
import { describe, expect, it } from 'vitest';
import { plainText } from '../../src/memory/text.js';
import { codeOf, octets, ServerBench } from '../support/h1-bench.js';
import { get as getFields, H2Bed, headers, reset, settings } from '../support/h2-bed.js';

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

describe('OWN-4: a buffer that is used again after every short send', () => {
  const pieces = 900;

  it.each([
    ['of a declared length', { length: pieces * 1000 }],
    ['in chunks', {}],
  ])('is never lent: without a slab left the exchange is broken off (WS-9); content %s', (_, options) => {
    const sent: number[] = [];
    const bench = new ServerBench(undefined, { slabBytes: 4096, limitBytes: 20 * 4096 });
    bench.feed(get);
    const buffer = new Uint8Array(1000);
    bench.exchange.respond(200, [], options);
    for (let i = 0; i < pieces; i++) {
      buffer.fill(0x41 + (i % 26));
      bench.exchange.send(buffer, false, (outcome) => sent.push(outcome === 'written' ? 1 : 0));
    }
    // The pipe takes what there is before the session's next turn.
    const text = plainText.latin1(bench.end.take(), 0, bench.end.inFlight);
    bench.end.written(bench.end.inFlight);
    bench.work();
    const copied = sent.lastIndexOf(1) + 1;
    const letters = text.slice(text.indexOf('\r\n\r\n') + 4).match(/[A-Z]{1000}/g) ?? [];
    expect(letters.map((run) => new Set(run).size)).toEqual(letters.map(() => 1));
    expect(letters.map((run) => run.charCodeAt(0) - 0x41)).toEqual(letters.map((_run, i) => i % 26));
    expect([sent.length, letters.length]).toEqual([pieces, copied]);
    expect(copied).toBeGreaterThan(50);
    expect(sent.slice(copied)).toEqual(new Array(pieces - copied).fill(0));
    expect([bench.code, bench.stands]).toEqual(['output-exhausted', 'closed abort']);
    bench.close();
  });

  it.each([
    ['of a declared length', { length: 1000 }],
    ['in one chunk', {}],
  ])('is copied to as many slabs as it takes; content %s', (_, options) => {
    const bench = new ServerBench(
      (exchange) => {
        const buffer = octets('0123456789'.repeat(100));
        exchange.respond(200, [], options);
        exchange.send(buffer, true);
        buffer.fill(0);
      },
      { slabBytes: 300 },
    );
    const text = bench.feed(get).drain();
    expect(text).toContain('0123456789'.repeat(100));
    expect(text.includes('3e8\r\n')).toBe(!('length' in options));
    expect(codeOf(() => bench.close())).toBe('nothing');
  });
});

describe('OWN-4: a long range of H2', () => {
  /** An answer of two frames, the second short enough to be copied; what its sender was told. */
  function answered(): { readonly bed: H2Bed; readonly told: string[] } {
    const told: string[] = [];
    const bed = new H2Bed('server', {
      exchange: (exchange) => {
        exchange.respond(200);
        exchange.send(new Uint8Array(17_000).fill(0x61), true, (outcome) => told.push(outcome));
      },
    });
    return { bed, told };
  }

  it('whose last part is copied comes back when what was lent before it is written', () => {
    const { bed, told } = answered();
    bed.end.deliver(headers(1, getFields()), 0, headers(1, getFields()).length);
    while (bed.end.due) bed.end.turn();
    expect(told).toEqual([]);
    expect(bed.frames()).toEqual(['HEADERS 1 | :status: 200', 'DATA 1 16384', 'DATA 1 END 616']);
    expect(told).toEqual(['written']);
    bed.close();
  });

  it('of which a part is on its way when the stream is reset comes back when that is written', () => {
    const { bed, told } = answered();
    bed.feed(settings([4, 16_384]));
    for (const bytes of [headers(1, getFields()), reset(1, 8)]) {
      bed.end.deliver(bytes, 0, bytes.length);
      while (bed.end.due) bed.end.turn();
    }
    expect(told).toEqual([]);
    expect(bed.frames()).toEqual(['HEADERS 1 | :status: 200', 'DATA 1 16384']);
    expect(told).toEqual(['failed']);
    bed.close();
  });

  it('of which all that was lent is written when the stream is reset comes back at once', () => {
    const { bed, told } = answered();
    bed.feed(settings([4, 16_384]));
    bed.feed(headers(1, getFields()));
    bed.feed(reset(1, 8));
    expect(told).toEqual(['failed']);
    bed.close();
  });
});
