// The client: reuse, the line of those who wait, and what is told of failures.
import { expect, test } from 'vitest';
import type { ClientListener } from '../../src/endpoint/client.js';
import type { Handler } from '../../src/endpoint/handler.js';
import type { ServerExchange } from '../../src/stream/contract.js';
import { createPair, latin1Bytes } from '../support/pair.js';
import { Wire } from '../support/wire.js';

const hello: Handler = (exchange) =>
  exchange.reply(200, undefined, latin1Bytes(`hello ${exchange.request.target}`));

function held(): { handler: Handler; exchanges: ServerExchange[] } {
  const exchanges: ServerExchange[] = [];
  return { handler: (exchange) => void exchanges.push(exchange), exchanges };
}

test('requests at the same time take connections of their own, up to the limit; the others wait their turn', async () => {
  const { handler, exchanges } = held();
  const pair = await createPair({ handler, client: { maxConnections: 2 } });
  const outcomes = ['/a', '/b', '/c', '/d'].map((target) => pair.request({ target }));
  await pair.run();
  expect(exchanges.map(({ request }) => request.target)).toEqual(['/a', '/b']);
  expect(pair.client).toMatchObject({ connections: 2, waiting: 2 });
  for (const exchange of exchanges.splice(0)) hello(exchange);
  await pair.run();
  expect(exchanges.map(({ request }) => request.target)).toEqual(['/c', '/d']);
  for (const exchange of exchanges.splice(0)) hello(exchange);
  await pair.run();
  expect(outcomes.map(({ body }) => body)).toEqual(['hello /a', 'hello /b', 'hello /c', 'hello /d']);
  expect(pair.client.connections).toBe(2);
  await pair.finish();
});

test('a connection that is not clean is not used again', async () => {
  const pair = await createPair({
    handler: (exchange) =>
      exchange.reply(
        200,
        exchange.request.target === '/last' ? [['Connection', 'close']] : [],
        latin1Bytes('x'),
      ),
  });
  const first = pair.request({ target: '/last' });
  await pair.run();
  expect(first.complete).toBe(true);
  const second = pair.request();
  await pair.run();
  expect(second.complete).toBe(true);
  await pair.finish();
});

test('a peer that cannot be reached: every request is told, and may be tried again', async () => {
  const pair = await createPair({ handler: hello });
  await pair.server.close();
  const outcomes = [pair.request(), pair.request(), pair.request()];
  await pair.run();
  for (const outcome of outcomes) {
    expect(outcome).toMatchObject({ failed: { code: 'connection-refused' }, retryable: true });
  }
  expect(pair.client).toMatchObject({ connections: 0, waiting: 0 });
  await pair.finish();
});

test('a peer that closes every connection at once is not besieged: each request costs one', async () => {
  const pair = await createPair({ handler: hello });
  await pair.server.close();
  let accepted = 0;
  const listener = await pair.network.listenable('server').listen((transport) => {
    accepted += 1;
    const wire = new Wire(transport);
    wire.transport.end();
  });
  const outcomes = [pair.request(), pair.request(), pair.request()];
  await pair.run();
  expect(outcomes.map(({ retryable }) => retryable)).toEqual([true, true, true]);
  expect(accepted).toBe(3);
  await listener.close();
  await pair.finish();
});

test('a request that went out and was not answered is not called retryable', async () => {
  const { handler } = held();
  const pair = await createPair({ handler });
  const outcome = pair.request({ method: 'POST' }, ['body']);
  await pair.run();
  pair.server.abort();
  await pair.run();
  expect(outcome).toMatchObject({ over: true, retryable: false });
  await pair.finish();
});

test('waiting has a limit and a deadline', async () => {
  const { handler } = held();
  const pair = await createPair({
    handler,
    client: { maxConnections: 1, maxWaiting: 2, waitTimeout: 100 },
  });
  pair.request();
  await pair.run();
  const waits = [pair.request(), pair.request()];
  expect(() => pair.request()).toThrow(expect.objectContaining({ code: 'too-many-waiting' }));
  await pair.advance(99);
  expect(waits.map(({ over }) => over)).toEqual([false, false]);
  await pair.advance(1);
  for (const wait of waits) {
    expect(wait).toMatchObject({ failed: { code: 'waited-too-long' }, retryable: true });
  }
  pair.client.abort();
  await pair.run();
  await pair.finish();
});

test('each who waits has a deadline of his own, wherever the one before him went', async () => {
  const { handler, exchanges } = held();
  const pair = await createPair({ handler, client: { maxConnections: 1, waitTimeout: 100 } });
  pair.request();
  await pair.run();
  const served = pair.request();
  await pair.advance(40);
  const second = pair.request();
  await pair.advance(40);
  const third = pair.request();
  hello(exchanges.shift() as ServerExchange);
  await pair.advance(59);
  expect([served, second, third].map(({ over }) => over)).toEqual([false, false, false]);
  await pair.advance(1);
  expect([served, second, third].map(({ over }) => over)).toEqual([false, true, false]);
  await pair.advance(39);
  expect(third.over).toBe(false);
  await pair.advance(1);
  expect(third.failed).toMatchObject({ code: 'waited-too-long' });
  hello(exchanges.shift() as ServerExchange);
  await pair.run();
  expect(served).toMatchObject({ complete: true, body: 'hello /' });
  await pair.finish();
});

/** Takes an answer and wants nothing of it. */
const careless: ClientListener = { response: (_head, exchange) => exchange.body.discard(), failed: () => {} };

test('no timer is left of those who waited when there is no connection either', async () => {
  const { handler, exchanges } = held();
  const pair = await createPair({ handler, client: { maxConnections: 1 } });
  pair.client.request({ authority: 'pair.test' }, careless).abort();
  await pair.run();
  expect(pair.client.connections).toBe(0);
  expect(pair.clock.timers).toBe(0);
  pair.request();
  pair.request();
  await pair.run();
  for (let i = 0; i < 2; i++) {
    hello(exchanges.shift() as ServerExchange);
    await pair.run();
  }
  const closed = pair.server.close();
  await pair.run();
  await closed;
  expect(pair.client).toMatchObject({ connections: 0, waiting: 0 });
  expect(pair.clock.timers).toBe(0);
  await pair.finish();
});

test('who waits begins in the turn that ends the exchange before', async () => {
  const pair = await createPair({ handler: hello, client: { maxConnections: 1 } });
  const told: string[] = [];
  for (const target of ['/a', '/b']) {
    pair.client.request(
      { target, authority: 'pair.test' },
      {
        ...careless,
        begun: (exchange) => {
          told.push(`begun ${target}`);
          exchange.onClosed = () => pair.clock.defer(() => told.push(`after ${target}`));
        },
      },
    );
  }
  await pair.run();
  expect(told).toEqual(['begun /a', 'begun /b', 'after /a', 'after /b']);
  await pair.finish();
});

test('a request can be taken back while it waits, and broken off when it does not', async () => {
  const { handler, exchanges } = held();
  const pair = await createPair({ handler, client: { maxConnections: 1 } });
  const told: string[] = [];
  const listener = (name: string) => ({
    response: () => {},
    failed: (error: { code: string }, retryable: boolean) => told.push(`${name} ${error.code} ${retryable}`),
  });
  const first = pair.client.request({ authority: 'a' }, listener('first'));
  const second = pair.client.request({ authority: 'a' }, listener('second'));
  await pair.run();
  expect(first.exchange).toBeDefined();
  expect(second.exchange).toBeUndefined();
  second.abort();
  second.abort();
  expect(told).toEqual([]);
  await pair.run();
  expect(told).toEqual(['second taken-back true']);
  first.abort();
  await pair.run();
  expect(told).toEqual(['second taken-back true', 'first aborted false']);
  expect(exchanges).toHaveLength(1);
  await pair.finish();
});

test('close finishes what has begun, fails what waits, and takes nothing new', async () => {
  const { handler, exchanges } = held();
  const pair = await createPair({ handler, client: { maxConnections: 1 } });
  const begun = pair.request();
  await pair.run();
  const waits = pair.request();
  await pair.run();
  const closed = pair.client.close();
  expect(() => pair.request()).toThrow(expect.objectContaining({ code: 'client-closed' }));
  await pair.run();
  expect(waits).toMatchObject({ failed: { code: 'taken-back' }, retryable: true });
  expect(begun.over).toBe(false);
  for (const exchange of exchanges) hello(exchange);
  await pair.run();
  await closed;
  expect(begun.complete).toBe(true);
  expect(pair.client.connections).toBe(0);
  await pair.finish();
});

test('what is wrong with a request is told at the call when it can go out, and to the listener when it waited', async () => {
  const pair = await createPair({ handler: hello });
  // Whether the lengths agree is for the session to say.
  const waited = pair.request({ length: 5, fields: [['Content-Length', '3']] });
  await pair.run();
  expect(waited.failed).toMatchObject({ code: 'length-conflict' });
  expect(() => pair.request({ fields: [['bad name', 'x']] })).toThrow(
    expect.objectContaining({ code: 'field-name' }),
  );
  const fine = pair.request();
  await pair.run();
  expect(fine.complete).toBe(true);
  await pair.finish();
});

test('a connection that closes while it is idle is replaced', async () => {
  const pair = await createPair({ handler: hello, server: { deadlines: { idle: 50 } } });
  const first = pair.request();
  await pair.run();
  expect(first.complete).toBe(true);
  await pair.advance(60);
  expect(pair.client.connections).toBe(0);
  const second = pair.request();
  await pair.run();
  expect(second.complete).toBe(true);
  await pair.finish();
});

test('what cannot be sent is misuse at the call, before anything is connected', async () => {
  const pair = await createPair({ handler: hello });
  const listener = { response: () => {}, failed: () => {} };
  const cases: [string, object][] = [
    ['authority', {}],
    ['authority', { authority: 'a\r\nb' }],
    ['target', { authority: 'a', target: '/a b' }],
    ['method', { authority: 'a', method: 'G T' }],
    ['field-value', { authority: 'a', fields: [['X', '\n']] }],
  ];
  for (const [code, options] of cases) {
    const ask = () => pair.client.request(options as { authority: string }, listener);
    expect(ask).toThrow(expect.objectContaining({ fault: 'api-misuse', code }));
    await expect(pair.client.exchange(options as { authority: string })).rejects.toMatchObject({ code });
    expect(pair.client).toMatchObject({ connections: 0, waiting: 0 });
  }
  await pair.finish();
});

test('what a client callback throws when its exchange is over is reported', async () => {
  const pair = await createPair({ handler: hello });
  pair.client.request(
    { authority: 'a' },
    {
      begun: (exchange) => {
        exchange.onClosed = () => {
          throw new Error('mine');
        };
      },
      response: (_head, exchange) => exchange.body.discard(),
      failed: () => {},
    },
  );
  await pair.run();
  expect(pair.errors).toEqual([new Error('mine')]);
  await pair.finish();
});
