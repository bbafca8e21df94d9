// The handler of `undercoat serve`, on memory and virtual time: nothing is gathered, nothing is lost.
import { expect, test } from 'vitest';
import { h1 } from '../../src/endpoint/h1.js';
import { h2 } from '../../src/endpoint/h2.js';
import { echo, sayOk } from '../../src/lab/echo.js';
import { createPair } from '../support/pair.js';

const length = 1_000_000;

test('content that nobody reads back is not read any further', async () => {
  // Memory alone would stop it, too, were there not enough of it.
  const pair = await createPair({ handler: echo, server: { receiveBytes: 2 * length } });
  const wire = pair.wire();
  wire.reading = false;
  wire.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`);
  wire.write('x'.repeat(length));
  await pair.run();
  const { writtenBytes } = wire;
  expect(writtenBytes).toBeGreaterThan(1000);
  expect(writtenBytes).toBeLessThan(200_000);
  expect(pair.pool.heldBytes).toBeLessThan(200_000);
  wire.read();
  await pair.run();
  expect(wire.writtenBytes).toBeGreaterThan(length);
  expect(wire.text.endsWith('x'.repeat(length))).toBe(true);
  wire.transport.end();
  await pair.finish();
});

test.each([
  ['GET', '/', 'undercoat OK'],
  ['DELETE', '/echoes', 'undercoat OK'],
  ['GET', '/echo', 'GET /echo HTTP/1.1\r\nHost: pair.test\r\n\r\n'],
  ['GET', 'http://pair.test/echo?a', 'GET http://pair.test/echo?a HTTP/1.1\r\nHost: pair.test\r\n\r\n'],
  ['HEAD', '/echo', ''],
  ['OPTIONS', '*', 'undercoat OK'],
])('%s %s', async (method, target, body) => {
  const pair = await createPair({ handler: echo });
  const outcome = pair.request({ method, target });
  await pair.run();
  expect(outcome).toMatchObject({ status: 200, body, complete: true });
  await pair.finish();
});

test.each([
  ['h1', echo],
  ['h1', sayOk],
  ['h2', echo],
  ['h2', sayOk],
] as const)(
  'over %s no tunnel is opened, and asking for one is no mistake of ours',
  async (protocol, handler) => {
    const steps = protocol === 'h1' ? h1() : h2();
    const pair = await createPair({ handler, serverStack: steps, clientStack: steps });
    const outcome = pair.request({ method: 'CONNECT', target: 'a.test:443', authority: 'a.test:443' });
    await pair.run();
    expect(outcome).toMatchObject({ status: 501, body: '', complete: true });
    expect(pair.errors).toEqual([]);
    await pair.finish();
  },
);

test('a head is given back octet by octet', async () => {
  const pair = await createPair({ handler: echo });
  const wire = pair.wire();
  const head =
    'PUT /echo?a HTTP/1.1\r\nhost:\t a \r\nX-ODD:1\r\nx-odd:  \xe4 ,\t2\t\r\nConTENT-length: 3\r\n\r\n';
  wire.write(`${head}abcGET`);
  await pair.run();
  expect(wire.text.slice(wire.text.indexOf('\r\n\r\n') + 4)).toBe(`${head}abc`);
  wire.transport.end();
  await pair.finish();
});

test('H2: a request without content is one, and its answer says how long it is', async () => {
  const pair = await createPair({ handler: echo, serverStack: h2(), clientStack: h2() });
  const lengths: (number | undefined)[] = [];
  for (const method of ['GET', 'POST', 'HEAD']) {
    pair.client.request(
      { authority: 'pair.test', method },
      {
        response: (_head, { body }) => {
          lengths.push(body.declaredLength);
          body.discard();
        },
        failed: () => lengths.push(-1),
      },
    );
  }
  await pair.run();
  expect(lengths).toEqual([12, 12, 0]);
  await pair.finish();
});

test('of H2 the field list is given back in text', async () => {
  const pair = await createPair({ handler: echo, serverStack: h2(), clientStack: h2() });
  const outcome = pair.request({ target: '/echo', fields: [['X-Odd', 'a  b']] });
  await pair.run();
  expect(outcome.body).toBe(
    ':method: GET\r\n:scheme: http\r\n:authority: pair.test\r\n:path: /echo\r\nx-odd: a  b\r\n\r\n',
  );
  await pair.finish();
});

test('trailers follow content whose length was not said', async () => {
  const pair = await createPair({ handler: echo });
  const wire = pair.wire();
  wire.write('PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nSum: 3\r\n\r\n');
  await pair.run();
  expect(wire.text).toMatch(/\r\n\r\n2\r\nhi\r\n0\r\nSum: 3\r\n\r\n$/);
  wire.transport.end();
  await pair.finish();
});

test('without echo content is not looked at', async () => {
  const pair = await createPair({ handler: sayOk });
  const outcome = pair.request({ method: 'POST', length: 5 }, ['hello']);
  await pair.run();
  expect(outcome).toMatchObject({ status: 200, body: 'undercoat OK', complete: true });
  await pair.finish();
});
