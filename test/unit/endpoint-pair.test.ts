// A server and a client of production over the memory network: the whole way there and back.
import { expect, test } from 'vitest';
import type { Handler } from '../../src/endpoint/handler.js';
import { createPair, latin1Bytes } from '../support/pair.js';

const hello: Handler = (exchange) => {
  exchange.reply(200, [['Content-Type', 'text/plain']], latin1Bytes(`hello ${exchange.request.target}`));
};

/** Gives the body back, lease by lease. */
const echo: Handler = (exchange) => {
  exchange.respond(200);
  exchange.body.consume({
    data: (lease) => void exchange.sendLease(lease),
    end: () => exchange.end(),
    failed: () => {},
  });
};

test('a request and its answer, and the connection used again', async () => {
  const pair = await createPair({ handler: hello });
  const first = pair.request({ target: '/one' });
  await pair.run();
  expect(first).toMatchObject({ status: 200, body: 'hello /one', complete: true });
  expect(first.fields['content-length']).toBe('10');
  const second = pair.request({ target: '/two' });
  await pair.run();
  expect(second).toMatchObject({ status: 200, body: 'hello /two', complete: true });
  expect(pair.client.connections).toBe(1);
  await pair.finish();
});

test('a body there and back, chunked', async () => {
  const pair = await createPair({ handler: echo });
  const pieces = ['one ', 'two ', 'three '.repeat(2000), 'end'];
  const outcome = pair.request({ method: 'POST' }, pieces);
  await pair.run();
  expect(outcome.status).toBe(200);
  expect(outcome.body).toBe(pieces.join(''));
  expect(outcome.complete).toBe(true);
  await pair.finish();
});

test('the deadlines of a request on a connection that was idle for long count from the request', async () => {
  const slow: Handler = (exchange) => {
    pair.clock.at(pair.clock.now() + 1000, () => hello(exchange));
  };
  const pair = await createPair({ handler: slow });
  const first = pair.request();
  await pair.advance(1000);
  expect(first.complete).toBe(true);
  await pair.advance(70_000);
  expect(pair.client.connections).toBe(1);
  const second = pair.request();
  await pair.advance(1000);
  expect(second).toMatchObject({ status: 200, complete: true });
  await pair.finish();
});
