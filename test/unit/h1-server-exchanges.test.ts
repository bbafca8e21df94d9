// A server's exchange of H1, by hand: what its request declares, one that is over beside one that is not, and a tunnel for
// which there is no place.
import { expect, test } from 'vitest';
import type { UndercoatError } from '../../src/errors.js';
import { LimitError } from '../../src/errors.js';
import { octets, ServerBench, Taker } from '../support/h1-bench.js';
import { type Tunnel, tunnel } from '../support/h2-tunnel.js';
import { refusal } from '../support/memory.js';
import { createPair } from '../support/pair.js';

test.each<[want: number | undefined, fields: string]>([
  [0, ''],
  [0, 'Content-Length: 0\r\n'],
  [5, 'Content-Length: 5\r\n'],
  [undefined, 'Transfer-Encoding: chunked\r\n'],
])('the declared length is %s with %j', (want, fields) => {
  const bench = new ServerBench();
  bench.feed(`PUT / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
  expect(bench.exchange.body.declaredLength).toBe(want);
  bench.close();
});

test('CON-1: what is said of the body of an exchange that is over is nothing to the next one', () => {
  const bench = new ServerBench((exchange) => exchange.reply(200, [], octets('ok')));
  bench.feed('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  bench.drain();
  const [first] = bench.exchanges;
  const taker = new Taker();
  bench.handler = ({ body }) => body.consume(taker);
  bench.feed('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc');
  first?.body.discard();
  bench.work();
  bench.feed('def');
  expect(taker.told.join('')).toBe('abcdef<end>');
  bench.close();
});

test('whose answer is said to be whole with its head sends no content', () => {
  const said: string[] = [];
  const bench = new ServerBench((exchange) => {
    exchange.respond(204, [], { end: true });
    said.push(refusal(() => exchange.send(octets('x'))));
    said.push(refusal(() => exchange.end()));
  });
  bench.feed('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(said).toEqual(['after-end RFC 9112 §6', 'after-end LAY-3']);
  expect(bench.closed).toEqual(['ok']);
  bench.close();
});

test('OWN-9: what is thrown behind a whole answer is reported, what is thrown before is answered', () => {
  const bench = new ServerBench(() => {
    throw new Error('in time');
  });
  bench.feed('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(bench.drain()).toMatch(/^HTTP\/1.1 500 /);
  expect(bench.reported).toEqual([]);
  bench.close();
  const late = new ServerBench((exchange) => {
    exchange.onClosed = () => {
      throw new Error('late');
    };
    exchange.reply(200, [], octets('ok'));
  });
  late.feed('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(late.drain()).toMatch(/^HTTP\/1.1 200 /);
  expect(late.reported.map(String)).toEqual(['Error: late']);
  late.close();
});

test('OWN-8: where there is no place for another tunnel the answer is a 503, and nobody takes it over', async () => {
  const ends: Tunnel[] = [];
  const errors: (UndercoatError | undefined)[] = [];
  const pair = await createPair({
    server: { maxTunnels: 1 },
    handler: (exchange) => {
      exchange.onClosed = (error) => errors.push(error);
      exchange.upgrade((pipe) => ends.push(tunnel(pipe)), [['Upgrade', 'z']]);
    },
  });
  const told: string[] = [];
  const ours: Tunnel[] = [];
  for (let i = 0; i < 2; i++) {
    pair.client.request(
      { authority: 'pair.test', upgrade: 'z' },
      {
        response: ({ status }, { body }) => {
          told.push(`response ${status}`);
          body.discard();
        },
        upgraded: (head, pipe) => {
          told.push(`upgraded ${head.status}`);
          ours.push(tunnel(pipe));
        },
        failed: (error) => told.push(error.code),
      },
    );
    await pair.run();
  }
  expect([told, ends.length]).toEqual([['upgraded 101', 'response 503'], 1]);
  const refused = errors.find((error) => error !== undefined);
  expect(refused).toBeInstanceOf(LimitError);
  expect(refused).toMatchObject({ limit: 'maxTunnels', code: 'too-many-tunnels', cites: 'OWN-8' });
  for (const { pipe } of [...ends, ...ours]) pipe.end();
  await pair.run();
  await pair.finish();
});
