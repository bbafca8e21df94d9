// A client's exchange of H1, by hand: what it declares, what it refuses, and what it hands over.
import { expect, test } from 'vitest';
import type { ResponseHead } from '../../src/stream/contract.js';
import type { Transport } from '../../src/transport/contract.js';
import { ClientBench, octets } from '../support/h1-bench.js';
import { type Tunnel, tunnel } from '../support/h2-tunnel.js';
import { refusal } from '../support/memory.js';
import { createPair } from '../support/pair.js';

test('its session has one who is told of what becomes available', () => {
  const bench = new ClientBench();
  const told = (): void => {};
  bench.session.onAvailable = told;
  expect(bench.session.onAvailable).toBe(told);
  bench.close();
});

test('there is one request at a time', () => {
  const bench = new ClientBench();
  bench.ask();
  expect(refusal(() => bench.ask())).toBe('not-available RFC 9112 §9.3.2');
  bench.close();
});

test.each([{}, { length: 0 }, { end: true }])(
  'behind a request that is whole, %j, comes no content',
  (options) => {
    const bench = new ClientBench();
    const exchange = bench.ask({ method: 'PUT', ...options });
    expect(refusal(() => exchange.send(octets('x')))).toBe('after-end RFC 9112 §6');
    expect(refusal(() => exchange.end())).toBe('after-end RFC 9112 §6');
    expect(bench.drain()).toBe('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n');
    bench.close();
  },
);

test.each<[want: number | undefined, method: string, head: string]>([
  [2, 'GET', '200 OK\r\nContent-Length: 2'],
  [0, 'GET', '200 OK\r\nContent-Length: 0'],
  [0, 'GET', '204 No Content'],
  [0, 'HEAD', '200 OK\r\nContent-Length: 2'],
  [undefined, 'GET', '200 OK\r\nTransfer-Encoding: chunked'],
  [undefined, 'GET', '200 OK'],
])('the declared length is %s for %s answered with %j', (want, method, head) => {
  const bench = new ClientBench();
  const found: (number | undefined)[] = [];
  bench.onResponse = (_, { body }) => found.push(body.declaredLength);
  const early = bench.ask({ method });
  const { body } = early;
  expect(body.declaredLength).toBeUndefined();
  bench.drain();
  bench.feed(`HTTP/1.1 ${head}\r\n\r\n`);
  expect([body.declaredLength, found]).toEqual([want, [want]]);
  bench.close();
});

test.each(['Upgrade: \r\n', 'Upgrade: ,\r\n', 'Upgrade: x, y\r\n', ''])(
  'LAY-7: a 101 that does not name what was asked for, with %j, is no agreement',
  (field) => {
    const bench = new ClientBench();
    bench.ask({ upgrade: 'x' });
    bench.drain();
    bench.feed(`HTTP/1.1 101 Switching\r\n${field}Connection: upgrade\r\n\r\n`);
    expect(bench.told).toEqual(['failed upgrade-unasked false']);
    bench.close();
  },
);

test('what was agreed to is read behind the handoff, and the tunnel carries both ways', async () => {
  const ends: Tunnel[] = [];
  const pair = await createPair({
    handler: (exchange) =>
      exchange.upgrade(
        (pipe) => ends.push(tunnel(pipe)),
        [
          ['X', 'y'],
          ['Upgrade', 'z'],
        ],
      ),
  });
  const found: [ResponseHead, Transport][] = [];
  pair.client.request(
    { authority: 'pair.test', upgrade: 'z' },
    { response: () => {}, upgraded: (head, pipe) => found.push([head, pipe]), failed: () => {} },
  );
  await pair.run();
  const [[head, pipe]] = found as [[ResponseHead, Transport]];
  expect([head.status, head.version, head.reason, head.fields.get('x')]).toEqual([
    101,
    '1.1',
    'Switching Protocols',
    'y',
  ]);
  const ours = tunnel(pipe);
  pipe.write([{ bytes: octets('hello'), start: 0, end: 5 }]);
  pipe.end();
  await pair.run();
  expect([ours.written, ends[0]?.received, ends[0]?.log]).toEqual([5, 5, ['ended']]);
  ends[0]?.pipe.end();
  await pair.run();
  expect(ours.log).toEqual(['ended', 'closed in order']);
  await pair.finish();
});
