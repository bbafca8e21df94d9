// How a tunnel in a stream of H2 ends, and what its exchange has to say of it, at either end by hand.
import { describe, expect, test } from 'vitest';
import type { Transport } from '../../src/transport/contract.js';
import { taker } from '../support/h2-asked.js';
import { data, H2Bed, headers, reset } from '../support/h2-bed.js';
import { tunnel } from '../support/h2-tunnel.js';
import { refusal } from '../support/memory.js';

type Pairs = [string, string][];

const connect: Pairs = [
  [':method', 'CONNECT'],
  [':authority', 'a:1'],
];
const asked = { method: 'CONNECT', authority: 'a:1', target: 'a:1' };
const five = new Uint8Array(5).fill(0x61);

/** A tunnel in stream 1 that is agreed to, and not opened yet. */
function agreed(role: 'server' | 'client') {
  const pipes: Transport[] = [];
  const upgraded = (_head: unknown, pipe: Transport): void => {
    pipes.push(pipe);
  };
  const bed = new H2Bed(role, { exchange: (it) => it.upgrade((pipe) => upgraded(undefined, pipe)) });
  if (role === 'server') {
    bed.feed(headers(1, connect, false));
    return { bed, exchange: bed.exchange, pipe: pipes[0] as Transport };
  }
  const exchange = bed.client.request(asked, { response: () => {}, upgraded, failed: () => {} });
  bed.frames();
  bed.feed(headers(1, [[':status', '200']], false));
  return { bed, exchange, pipe: pipes[0] as Transport };
}

describe.each(['server', 'client'] as const)('a tunnel of a %s', (role) => {
  test('opened when the connection is over, it is told so in the call', () => {
    const { bed, pipe } = agreed(role);
    bed.close();
    expect(tunnel(pipe).log).toEqual(['closed tunnel-reset']);
  });

  test('released when the exchange is broken off, it sends no end', () => {
    const { bed, exchange, pipe } = agreed(role);
    tunnel(pipe);
    bed.settle();
    exchange.abort();
    pipe.release();
    expect(bed.frames()).toEqual([expect.stringMatching(/^RST_STREAM 1 /)]);
    bed.close();
  });

  test('ended by both, its exchange is over in order, and content is still by the pipe alone', () => {
    const { bed, exchange, pipe } = agreed(role);
    const told: unknown[] = [];
    exchange.onClosed = (error) => told.push(error?.code ?? 'in order');
    const it = tunnel(pipe);
    bed.feed(data(1, 0, true));
    pipe.write([{ bytes: five, start: 0, end: 5 }]);
    bed.settle();
    expect([exchange.closed, told]).toEqual([false, []]);
    pipe.end();
    bed.settle();
    expect([exchange.closed, told, it.written, it.log]).toEqual([
      true,
      ['in order'],
      5,
      ['ended', 'closed in order'],
    ]);
    expect(refusal(() => exchange.send(five))).toBe('after-end LAY-7');
    bed.close();
  });

  test('its end waits for a reader who pauses, though both have ended', () => {
    const { bed, pipe } = agreed(role);
    const it = tunnel(pipe);
    bed.settle();
    pipe.pause();
    pipe.end();
    bed.feed(data(1, 0, true));
    expect(it.log).toEqual([]);
    pipe.resume();
    bed.settle();
    expect(it.log).toEqual(['ended', 'closed in order']);
    bed.close();
  });

  test('reset behind the end of the peer, it is told so', () => {
    const { bed, pipe } = agreed(role);
    const it = tunnel(pipe);
    bed.feed(data(1, 0, true), reset(1, 8));
    expect(it.log).toEqual(['ended', 'closed tunnel-reset']);
    bed.close();
  });

  test('the empty body beside it is told of its end behind the call, or in the call when all is over', () => {
    for (const over of [false, true]) {
      const { bed, exchange } = agreed(role);
      const taken: string[] = [];
      if (over) bed.feed(reset(1, 8));
      exchange.body.consume(taker(taken));
      expect(taken).toEqual(over ? ['end '] : []);
      bed.settle();
      expect(taken).toEqual(['end ']);
      bed.close();
    }
  });
});
