/**
 * The PROXY sessions over memory of any size, at any segmentation, with a payload behind the header, and with an
 * end, a deadline, a shutdown or a broken transport at every byte.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteEdits, editBytes } from '../../src/kit/arbitraries/byte-edits.js';
import { readProxyHeader } from '../../src/session/proxy/read.js';
import { proxySender } from '../../src/session/proxy/sender.js';
import {
  limits,
  memory,
  outcome,
  payload,
  pieces,
  proxyHandsOver,
  proxyHeader,
  waiting,
} from '../support/properties/proxy-handoff.js';
import { Bench } from '../support/proxy-bench.js';
import { concat, wire } from '../support/proxy-headers.js';

describe('proxyReceiver', () => {
  it('CON-3, WS-9: hands over what is not the header, once, or closes where it cannot fit', () => {
    fc.assert(proxyHandsOver(), { numRuns: 300 });
  });

  it('CON-6: comes to the same at any segmentation, in any memory that holds the header', () => {
    const anyByte = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(
        proxyHeader,
        byteEdits(anyByte),
        payload,
        pieces,
        memory,
        (given, changes, rest, cut, room) => {
          const bytes = concat(editBytes(wire(given), changes), rest);
          const read = readProxyHeader(bytes, 0, bytes.length, limits);
          const bench = waiting({ ...room, slabBytes: 4096 + (room.slabBytes % 100) });
          const received = bench.feed(bytes, cut);
          const expected =
            read.kind === 'error'
              ? { verdict: 'closed', code: read.error.code, ending: 'end' }
              : { verdict: read.kind === 'complete' ? 'handed-off' : 'need-data' };
          expect(outcome(bench, received)).toMatchObject(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('OWN-7: holds nothing after an end, a deadline, a shutdown or a fault at any byte', () => {
    const acts = fc.constantFrom('end', 'expire', 'shutdown', 'fail');
    fc.assert(
      fc.property(proxyHeader, payload, fc.nat(), acts, memory, (given, rest, place, act, room) => {
        const bytes = concat(wire(given), rest);
        const size = bytes.length - rest.length;
        const at = place % (bytes.length + 1);
        const bench = waiting({ ...room, slabBytes: Math.max(size, room.slabBytes) });
        const { session } = bench;
        const received = bench.feed(bytes.subarray(0, at), [7]);
        const begun = at > 0;
        if (bench.verdict === 'handed-off') {
          expect(received).toBeGreaterThanOrEqual(size);
          expect(session.deadline()).toBe(Number.POSITIVE_INFINITY);
          expect(session.busy).toBe(false);
          if (act === 'end') expect(session.end(2000)).toBe('handed-off');
          if (act === 'shutdown') expect(session.shutdown(2000)).toBe('handed-off');
          if (act === 'expire') expect(session.expire(1e9)).toBe('handed-off');
          if (act === 'fail') {
            session.fail(undefined, 2000);
            session.fail(undefined, 2000);
            expect(() => session.handoff()).toThrow(expect.objectContaining({ code: 'proxy-no-handoff' }));
            expect(outcome(bench, received)).toMatchObject({ verdict: 'closed', code: undefined });
          } else {
            expect(outcome(bench, received)).toMatchObject({
              verdict: 'handed-off',
              inputEnded: act === 'end',
            });
          }
          return;
        }
        expect(session.busy).toBe(begun);
        expect(session.deadline()).toBe(4000);
        switch (act) {
          case 'end':
            expect(session.end(2000)).toBe('closed');
            expect(session.error?.code).toBe(begun ? 'proxy-truncated' : undefined);
            break;
          case 'expire':
            expect(session.expire(3999)).toBe('need-data');
            expect(session.expire(4000)).toBe('closed');
            expect(session.error).toMatchObject({ code: 'proxy-header-timeout', fault: 'transport-failed' });
            expect(session.ending).toBe('abort');
            expect(session.expire(1e9)).toBe('closed');
            break;
          case 'shutdown':
            expect(session.shutdown(2000)).toBe(begun ? 'need-data' : 'closed');
            expect(session.error).toBeUndefined();
            break;
          default:
            session.fail(undefined, 2000);
            session.fail(undefined, 2000);
            expect(bench.verdict).toBe('closed');
        }
        expect(session.receive(2000)).toBe(bench.verdict);
        outcome(bench, at);
      }),
      { numRuns: 400 },
    );
  });
});

describe('proxySender', () => {
  it('WIRE-4, WS-8: sends the header whole and first, or nothing', () => {
    fc.assert(
      fc.property(proxyHeader, fc.nat({ max: 40 }), memory, (given, before, room) => {
        const bytes = wire(given);
        const bench = new Bench(proxySender({ header: () => given }), room);
        const { session, output } = bench;
        const filler = new Uint8Array(Math.min(before, room.slabBytes)).fill(0x2e);
        expect(output.append(filler, 0, filler.length)).toBe(true);
        const verdict = session.start(0);
        if (bytes.length > room.slabBytes) {
          expect(verdict).toBe('closed');
          expect(session.error).toMatchObject({ code: 'proxy-header-no-room', limit: 'slabBytes' });
          expect(bench.drain()).toEqual(filler);
          // The room that was too small is closed: whoever shares the outbox goes on.
          expect(output.append(bytes, 0, 1)).toBe(true);
          expect(bench.drain()).toEqual(bytes.slice(0, 1));
        } else {
          expect(verdict).toBe('handed-off');
          output.append(filler, 0, filler.length);
          expect(bench.drain()).toEqual(concat(filler, bytes, filler));
          expect(session.handoff()).toEqual({
            to: 'next',
            unused: undefined,
            facts: bench.context.facts,
            inputEnded: false,
          });
        }
        bench.assertSettled();
      }),
      { numRuns: 200 },
    );
  });

  it('WIRE-4: is understood by the receiver', () => {
    fc.assert(
      fc.property(proxyHeader, payload, pieces, (given, rest, cut) => {
        const sender = new Bench(proxySender({ header: () => given }), { slabBytes: 4096 });
        expect(sender.session.start(0)).toBe('handed-off');
        const bytes = concat(sender.drain(), rest);
        const bench = waiting({ slabBytes: 4096 });
        const received = bench.feed(bytes, cut);
        const read = readProxyHeader(wire(given), 0, bytes.length - rest.length, limits);
        const understood = read.kind === 'complete' ? read.header : 'none';
        expect(outcome(bench, received)).toMatchObject({ verdict: 'handed-off', header: understood });
        sender.session.fail(undefined, 0);
        sender.assertSettled();
      }),
      { numRuns: 100 },
    );
  });
});
