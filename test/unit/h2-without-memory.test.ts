// An H2 message for which there is no memory (WS-9): its head was never sent, its stream is reset, the compression state is
// the peer's still, and other streams go on.
import { describe, expect, it } from 'vitest';
import type { ServerExchange } from '../../src/stream/contract.js';
import { get, H2Bed, headers } from '../support/h2-bed.js';
import { starve } from '../support/memory.js';

const some = new Uint8Array(10);

function serving(): { bed: H2Bed; closed: (string | undefined)[] } {
  const bed = new H2Bed('server', { end: { limitBytes: 4 * (16_384 + 64) } });
  bed.feed(headers(1, get()), headers(3, get()));
  const closed: (string | undefined)[] = [];
  for (const exchange of bed.exchanges) exchange.onClosed = (error) => closed.push(error?.code);
  return { bed, closed };
}

/** The other stream is answered, by the tables as they are at the peer. */
function goesOn(bed: H2Bed): void {
  (bed.exchanges[0] as ServerExchange).reply(200, [['x', 'y']], some);
  expect(bed.frames()).toEqual(['HEADERS 1 | :status: 200 | x: y | content-length: 10', 'DATA 1 END 10']);
  bed.close();
}

describe('an answer that finds no memory', () => {
  it.each<[name: string, code: string, (exchange: ServerExchange) => unknown]>([
    ['a head', 'output-exhausted', (exchange) => exchange.respond(200, [['x', 'y']])],
    [
      'a head that is all',
      'output-exhausted',
      (exchange) => exchange.respond(204, [['x', 'y']], { end: true }),
    ],
    ['an interim one', 'output-exhausted', (exchange) => exchange.inform(103, [['x', 'y']])],
    ['a whole answer', 'output-exhausted', (exchange) => exchange.reply(200, [['x', 'y']], some)],
    [
      'one that is long',
      'output-exhausted',
      (exchange) => exchange.reply(200, [['x', 'y']], new Uint8Array(20_000)),
    ],
    ['a 500 in its place', 'output-exhausted', (exchange) => exchange.abort()],
  ])('%s: the stream is reset, and told so', (_, code, answer) => {
    const { bed, closed } = serving();
    const feed = starve(bed.end.pool);
    answer(bed.exchange);
    expect(bed.frames()).toEqual(['RST_STREAM 3 INTERNAL_ERROR']);
    expect(closed).toEqual([code]);
    feed();
    goesOn(bed);
  });

  it('trailers: the stream is reset behind what was sent', () => {
    const { bed, closed } = serving();
    bed.exchange.respond(200);
    bed.exchange.send(some);
    expect(bed.frames()).toEqual(['HEADERS 3 | :status: 200', 'DATA 3 10']);
    const feed = starve(bed.end.pool);
    bed.exchange.end([['x', 'y']]);
    expect(bed.frames()).toEqual(['RST_STREAM 3 INTERNAL_ERROR']);
    expect(closed).toEqual(['output-exhausted']);
    feed();
    goesOn(bed);
  });

  it('DATA, and the end of a message, need none', () => {
    const { bed, closed } = serving();
    bed.exchange.respond(200);
    bed.frames();
    const feed = starve(bed.end.pool);
    bed.exchange.send(some);
    bed.exchange.end();
    expect(bed.frames()).toEqual(['DATA 3 10', 'DATA 3 END 0']);
    expect(closed).toEqual([undefined]);
    feed();
    goesOn(bed);
  });
});
