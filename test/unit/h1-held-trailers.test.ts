// Trailers that were taken and that their exchange still holds: whatever ends it then, they go back with the row that says so
// (OWN-2, OWN-7). The benches audit every act.
import { describe, it } from 'vitest';
import type { ServerExchange } from '../../src/stream/contract.js';
import { DoneActs } from '../support/done-acts.js';
import { ClientBench, octets, ServerBench, Taker } from '../support/h1-bench.js';

const chunked = 'Transfer-Encoding: chunked\r\n';
const first = '1\r\na\r\n';
const rest = '0\r\nA: b\r\n\r\n';
const late = 600_000;

describe('OWN-2: trailers of a request', () => {
  function asked(more: string): { bench: ServerBench; done: DoneActs } {
    const done = new DoneActs();
    const bench = new ServerBench(({ body }) => body.consume(new Taker()), { observer: done.observer });
    bench.feed(`POST / HTTP/1.1\r\nHost: a\r\n${more}${chunked}\r\n${first}`);
    return { bench, done };
  }

  const begun = (exchange: ServerExchange): void => {
    exchange.respond(200);
    exchange.send(octets('a'));
  };

  it.each<[string, (bench: ServerBench) => void]>([
    ['exchange --timeout--> closing', (bench) => void bench.at(late)],
    ['exchange --transport-gone--> failed', () => {}],
    ['exchange --refuse--> closing', ({ exchange }) => exchange.abort()],
    [
      'exchange --abort--> closed',
      ({ exchange }) => {
        begun(exchange);
        exchange.abort();
      },
    ],
    ['exchange --exchange-complete--> idle', ({ exchange }) => exchange.reply(200, [], octets('a'))],
  ])('%s', (row, act) => {
    const { bench, done } = asked('');
    bench.feed(rest);
    act(bench);
    bench.drain();
    bench.close();
    done.expect(row, 'release trailers');
  });

  it.each([
    ['drain --exchange-complete--> idle', ''],
    ['drain --last-exchange-complete--> closing', 'Connection: close\r\n'],
  ])('%s: behind the answer', (row, more) => {
    const { bench, done } = asked(more);
    bench.exchange.reply(200, [], octets('a'));
    bench.drain();
    bench.feed(rest);
    bench.drain();
    bench.close();
    done.expect('exchange --response-complete--> drain', 'take trailers');
    done.expect(row, 'release trailers');
  });

  it('exchange --upgrade--> handed-off', () => {
    const { bench, done } = asked('Connection: upgrade\r\nUpgrade: x\r\n');
    bench.feed(rest);
    bench.exchange.upgrade(() => {}, [['Upgrade', 'x']]);
    bench.drain();
    bench.close();
    done.expect('exchange --upgrade--> handed-off', 'release trailers');
  });
});

describe('OWN-2: trailers of a response', () => {
  function asking(end: boolean) {
    const done = new DoneActs();
    const bench = new ClientBench({ observer: done.observer, h1: { maxPipelined: 2 } });
    bench.onResponse = (_, { body }) => body.consume(new Taker());
    const exchange = bench.ask({ method: 'PUT', end });
    bench.drain();
    bench.feed(`HTTP/1.1 200 OK\r\n${chunked}\r\n${first}`);
    return { bench, done, exchange };
  }

  it.each<[string, (it: ReturnType<typeof asking>) => void]>([
    ['body --timeout--> closed', ({ bench }) => void bench.at(late)],
    ['body --abort--> closed', ({ exchange }) => exchange.abort()],
    ['body --transport-gone--> failed', () => {}],
    ['body --body-complete--> idle', ({ exchange }) => exchange.end()],
  ])('%s: before the request is whole', (row, act) => {
    const it = asking(false);
    it.bench.feed(rest);
    act(it);
    it.bench.drain();
    it.bench.close();
    it.done.expect(row, 'release trailers');
  });

  it('body --request--> body: another request is under way', () => {
    const { bench, done } = asking(true);
    bench.ask();
    bench.drain();
    bench.feed(rest);
    bench.drain();
    bench.close();
    done.expect('body --request--> body', 'take trailers');
    done.expect('body --body-complete-more--> waiting', 'release trailers');
  });
});
