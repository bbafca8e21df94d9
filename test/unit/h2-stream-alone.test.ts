// A stream without its connection: what it counts and keeps, what it asks of its host once nothing more goes out, and whose time
// begins with a turn.
import { describe, expect, it } from 'vitest';
import { Content } from '../../src/session/h2/outgoing.js';
import type { Waiting } from '../../src/session/h2/stream.js';
import { get, H2Bed, headers, put } from '../support/h2-bed.js';
import { streamAlone } from '../support/h2-stream-alone.js';
import { refusal } from '../support/memory.js';

const block = { status: 204, pseudo: [], fields: [] };
const waiting = (start: number, end: number): Waiting => ({
  bytes: new Uint8Array(end),
  start,
  end,
  lease: undefined,
  returned: undefined,
  lent: false,
});

describe('content', () => {
  it('is as long as its range, wherever that begins', () => {
    const stream = streamAlone(1);
    stream.content = new Content(3, false, false);
    expect(refusal(() => stream.send(new Uint8Array(9), 5, 9, false, undefined))).toBe(
      'length-overrun RFC 9110 §8.6',
    );
    stream.send(new Uint8Array(9), 5, 8, true, undefined);
    stream.keepWaiting(waiting(5, 8));
    stream.keepWaiting(waiting(1, 2));
    expect([stream.waitingBytes, stream.waiting.length]).toEqual([4, 2]);
  });

  it('that is only counted ends its message, as bytes and as a lease', () => {
    for (const lease of [false, true]) {
      const bed = new H2Bed('server', { h2: { lendFromBytes: 1 } });
      bed.feed(headers(1, [[':method', 'HEAD'], ...put().slice(1)], false));
      const { exchange } = bed;
      exchange.respond(200);
      let closed = false;
      exchange.onClosed = () => {
        closed = true;
      };
      exchange.body.consume({
        data: (it) => {
          if (lease) exchange.sendLease(it, true);
          else {
            exchange.send(it.view(), true);
            it.release();
          }
        },
        end: () => {},
        failed: () => {},
      });
      bed.frames();
      const content = new Uint8Array([0, 0, 2, 0, 1, 0, 0, 0, 1, 7, 7]);
      expect(bed.feed(content)).toEqual(['DATA 1 END 0']);
      expect(closed).toBe(true);
      bed.close();
    }
  });

  it('ends without trailers when there are none of them', () => {
    const bed = new H2Bed('server');
    bed.feed(headers(1, get()));
    bed.exchange.respond(200);
    bed.exchange.end([]);
    expect(bed.frames()).toEqual(['HEADERS 1 | :status: 200', 'DATA 1 END 0']);
    bed.close();
  });

  it('that is discarded while it waits is credited at once', () => {
    const bed = new H2Bed('server', { h2: { connectionWindowBytes: 65_535 } });
    bed.feed(headers(1, put(), false));
    const octets = new Uint8Array(9 + 16_384);
    octets.set([0, 0x40, 0, 0, 0, 0, 0, 0, 1]);
    expect(bed.feed(octets, octets, octets)).toEqual([]);
    bed.exchange.body.discard();
    expect(bed.frames()).toEqual(['WINDOW_UPDATE 0 49152', 'WINDOW_UPDATE 1 49152']);
    bed.close();
  });
});

it('nothing is asked of the host once the stream is over', () => {
  const said: string[] = [];
  const stream = streamAlone(1, new Map(), said);
  stream.content = new Content(-1, false, false);
  const act = (): void => {
    stream.head(block, true);
    stream.cutShort();
    stream.message(block, new Uint8Array(1));
    stream.end(undefined, undefined);
    if (stream.send(new Uint8Array(1), 0, 1, true, undefined) === 'failed') said.push('failed');
  };
  act();
  expect(said.splice(0)).toEqual(['head', 'cut short', 'message', 'end', 'data']);
  stream.isLive = false;
  act();
  expect(said).toEqual(['failed']);
});

it('what began since the last turn began with this one, and nothing else', () => {
  const never = Number.POSITIVE_INFINITY;
  const names = ['since', 'bodyAt', 'completeAt', 'sentAt'] as const;
  for (const name of names) {
    const stream = streamAlone(1);
    stream[name] = never;
    stream.timed(7);
    expect(names.map((it) => stream[it])).toEqual(names.map((it) => (it === name ? 7 : 0)));
  }
});
