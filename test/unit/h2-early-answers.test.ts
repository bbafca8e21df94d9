// A whole answer before the request is: the peer is told that the rest is not needed (RFC 9113 §8.1), and the exchange has ended
// in good order.
import { describe, expect, it } from 'vitest';
import type { ServerExchange } from '../../src/stream/contract.js';
import { data, get, H2Bed, headers, put, reset } from '../support/h2-bed.js';

const answer = (exchange: ServerExchange): void => exchange.reply(403, [], new Uint8Array(3));
const connect: [string, string][] = [
  [':method', 'CONNECT'],
  [':authority', 'a.test:1'],
];

describe('a whole answer before the end of the request', () => {
  it.each<[string, [string, string][], (exchange: ServerExchange) => void]>([
    ['an upload', put(), answer],
    [
      'an upload that is discarded',
      put(),
      (it) => {
        it.body.discard();
        answer(it);
      },
    ],
    [
      'an upload that is answered bit by bit',
      put(),
      (it) => {
        it.respond(403, [], { length: 3 });
        it.send(new Uint8Array(3));
        it.end();
      },
    ],
    ['a CONNECT that is refused', connect, answer],
  ])('%s: RST_STREAM with NO_ERROR, and no error', (_, fields, act) => {
    const bed = new H2Bed('server');
    bed.feed(headers(1, fields, false));
    const told: (string | undefined)[] = [];
    const { exchange } = bed;
    exchange.onClosed = (error) => told.push(error?.code);
    act(exchange);
    expect(bed.frames().at(-1)).toBe('RST_STREAM 1 NO_ERROR');
    expect(told).toEqual([undefined]);
    expect(exchange.closed).toBe(true);
    // What was on its way is ignored, and credited.
    expect(bed.feed(data(1, 10), headers(1, []), reset(1, 8))).toEqual([]);
    bed.feed(headers(3, get()));
    answer(bed.exchange);
    expect(bed.frames()).toHaveLength(2);
    expect(told).toEqual([undefined]);
    bed.close();
  });

  it('whoever asks for the body then learns that nobody has it', () => {
    const bed = new H2Bed('server');
    bed.feed(headers(1, put(), false));
    answer(bed.exchange);
    bed.frames();
    let failed: string | undefined;
    bed.exchange.body.consume({
      data: () => {},
      end: () => {},
      failed: (error) => {
        failed = `${error.fault} ${error.code}`;
      },
    });
    expect(failed).toBe('api-misuse body-undrained');
    bed.close();
  });

  it('one that is broken off all the same is told so', () => {
    const bed = new H2Bed('server');
    bed.feed(headers(1, put(), false));
    let told: string | undefined;
    bed.exchange.onClosed = (error) => {
      told = error?.code;
    };
    answer(bed.exchange);
    bed.exchange.abort();
    expect(bed.frames().at(-1)).toMatch(/^RST_STREAM 1 /);
    expect(told).toBe('aborted');
    bed.close();
  });
});
