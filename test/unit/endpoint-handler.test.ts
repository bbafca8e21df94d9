// Everything that a handler can do wrong has an outcome, and holds nothing.
import { expect, test } from 'vitest';
import type { Handler } from '../../src/endpoint/handler.js';
import { answerStatus, LimitError } from '../../src/errors.js';
import type { Lease } from '../../src/memory/index.js';
import type { ServerExchange } from '../../src/stream/contract.js';
import { createPair, latin1Bytes, type Outcome, type Pair } from '../support/pair.js';

async function run(handler: Handler, pieces: readonly string[] = []): Promise<[Outcome, Pair]> {
  const pair = await createPair({ handler });
  const outcome = pair.request({ method: pieces.length > 0 ? 'POST' : 'GET' }, pieces);
  await pair.run();
  return [outcome, pair];
}

test.each([
  [
    'throws',
    () => {
      throw new Error('mine');
    },
  ],
  ['rejects', () => Promise.reject(new Error('mine'))],
] as [string, Handler][])('a handler that %s before it answered: 500, reported once', async (_, handler) => {
  const [outcome, pair] = await run(handler);
  expect(outcome.status).toBe(500);
  expect(outcome.complete).toBe(true);
  expect(pair.errors).toEqual([new Error('mine')]);
  await pair.finish();
});

test('a typed error keeps its answer', async () => {
  const [outcome, pair] = await run(() => {
    throw new LimitError('mine', 'too-much', 'WS-9', 'too much', answerStatus(413));
  });
  expect(outcome.status).toBe(413);
  await pair.finish();
});

test('a handler that begins an answer and never ends it: a visible truncation at the total deadline', async () => {
  const handler: Handler = (exchange) => {
    exchange.respond(200);
    exchange.send(latin1Bytes('part'));
  };
  const pair = await createPair({ handler, server: { deadlines: { total: 1000 } } });
  const outcome = pair.request({});
  await pair.advance(999);
  expect(outcome).toMatchObject({ status: 200, body: 'part', over: false });
  expect(pair.server.connections).toBe(1);
  await pair.advance(1);
  await pair.run();
  expect(outcome).toMatchObject({ complete: false, over: true });
  expect(pair.server.connections).toBe(0);
  await pair.finish();
});

test.each([
  [
    'throws',
    (exchange) => {
      exchange.respond(200, [], { length: 100 });
      exchange.send(latin1Bytes('part'));
      throw new Error('mine');
    },
  ],
  [
    'rejects',
    async (exchange) => {
      exchange.respond(200);
      exchange.send(latin1Bytes('part'));
      await undefined;
      throw new Error('mine');
    },
  ],
] as [string, Handler][])('a handler that %s after it answered: a visible truncation', async (_, handler) => {
  const [outcome, pair] = await run(handler);
  expect(outcome.complete).toBe(false);
  expect(outcome.failed).toBeDefined();
  expect(pair.errors).toEqual([new Error('mine')]);
  await pair.finish();
});

test('a promise that resolves without an answer: 500, reported', async () => {
  const [outcome, pair] = await run(async () => {});
  expect(outcome.status).toBe(500);
  expect(pair.errors).toMatchObject([{ code: 'no-answer' }]);
  await pair.finish();
});

test('a promise that resolves after the handler broke the exchange off is no error', async () => {
  const [outcome, pair] = await run(async (exchange) => {
    await undefined;
    exchange.abort();
  });
  expect(outcome.status).toBe(500);
  expect(pair.errors).toEqual([]);
  await pair.finish();
});

test('a handler without a promise may answer later', async () => {
  let later: ServerExchange | undefined;
  const [outcome, pair] = await run((exchange) => {
    later = exchange;
  });
  expect(outcome.over).toBe(false);
  later?.reply(204, undefined, new Uint8Array(0));
  await pair.run();
  expect(outcome).toMatchObject({ status: 204, complete: true });
  await pair.finish();
});

test('a handler that never answers: 503 at the first-byte deadline', async () => {
  const pair = await createPair({ handler: () => {}, server: { deadlines: { firstByte: 5000 } } });
  const outcome = pair.request();
  await pair.advance(4999);
  expect(outcome.over).toBe(false);
  await pair.advance(1);
  expect(outcome).toMatchObject({ status: 503, complete: true });
  await pair.finish();
});

test('a second answer is misuse at the call, and the first one stands', async () => {
  let thrown: unknown;
  const [outcome, pair] = await run((exchange) => {
    exchange.reply(200, undefined, latin1Bytes('first'));
    try {
      exchange.reply(200, undefined, latin1Bytes('second'));
    } catch (error) {
      thrown = error;
    }
  });
  expect(thrown).toMatchObject({ fault: 'api-misuse', code: 'responded' });
  expect(outcome).toMatchObject({ status: 200, body: 'first', complete: true });
  await pair.finish();
});

test('a second answer that is not caught does not spoil the first one', async () => {
  const [outcome, pair] = await run((exchange) => {
    exchange.reply(200, undefined, latin1Bytes('first'));
    exchange.reply(200, undefined, latin1Bytes('second'));
  });
  expect(outcome).toMatchObject({ status: 200, body: 'first', complete: true });
  expect(pair.errors).toMatchObject([{ code: 'responded' }]);
  await pair.finish();
});

test.each([
  ['is drained, and its connection used again', 100, 1],
  ['is not drained: its connection closes', 100_000, 2],
  ['is not drained: its connection closes', 900_000, 2],
])('an abandoned body %s (%i bytes)', async (_, bytes, connections) => {
  let accepted = 0;
  const pair = await createPair({
    handler: (exchange) => exchange.reply(200, undefined, latin1Bytes('done')),
    decorate: (transport, side) => {
      if (side === 'server') accepted += 1;
      return transport;
    },
  });
  const outcome = pair.request({ method: 'POST' }, ['x'.repeat(bytes)]);
  await pair.run();
  expect(outcome).toMatchObject({ status: 200, body: 'done', complete: true });
  const again = pair.request();
  await pair.run();
  expect(again).toMatchObject({ status: 200, complete: true });
  expect(accepted).toBe(connections);
  await pair.finish();
});

test('a body that is broken off in the middle, with the answer given: the same', async () => {
  const [outcome, pair] = await run(
    (exchange) => {
      let first = true;
      exchange.body.consume({
        data: (lease) => {
          lease.release();
          if (first) {
            exchange.body.discard();
            exchange.reply(200, undefined, latin1Bytes('enough'));
          }
          first = false;
        },
        end: () => {},
        failed: () => {},
      });
    },
    ['x'.repeat(50_000)],
  );
  expect(outcome).toMatchObject({ status: 200, body: 'enough' });
  await pair.finish();
});

test('leases that a handler keeps are revoked when the exchange ends', async () => {
  const kept: Lease[] = [];
  const [outcome, pair] = await run(
    (exchange) => {
      exchange.body.consume({
        data: (lease) => kept.push(lease),
        end: () => exchange.reply(200, undefined, latin1Bytes('kept')),
        failed: () => {},
      });
    },
    ['x'.repeat(5000)],
  );
  expect(outcome).toMatchObject({ status: 200, body: 'kept' });
  expect(kept.length).toBeGreaterThan(0);
  expect(kept.every((lease) => !lease.live)).toBe(true);
  await pair.finish();
});

test.each(['data', 'end', 'onWritable', 'onClosed'])('what %s throws is reported', async (where) => {
  const throws = (name: string) => {
    if (name === where) throw new Error(`thrown by ${name}`);
  };
  const [outcome, pair] = await run(
    (exchange) => {
      exchange.onWritable = () => throws('onWritable');
      exchange.onClosed = () => throws('onClosed');
      exchange.body.consume({
        data: (lease) => {
          lease.release();
          throws('data');
        },
        end: () => {
          throws('end');
          exchange.respond(200);
          exchange.send(new Uint8Array(200_000));
          exchange.end();
        },
        failed: () => {},
      });
    },
    ['body'],
  );
  if (where === 'data' || where === 'end') expect(outcome.status).toBe(500);
  await pair.finish();
  // What is thrown when everything is over has no exchange any more that could end with it.
  if (where !== 'onClosed' && where !== 'onWritable')
    expect(pair.errors).toEqual([new Error(`thrown by ${where}`)]);
});

test('an onError that throws is not swallowed', async () => {
  const pair = await createPair({
    handler: () => {
      throw new Error('mine');
    },
    server: {
      onError: () => {
        throw new Error('theirs');
      },
    },
  });
  pair.request();
  await expect(pair.run()).rejects.toMatchObject({ code: 'on-error-threw' });
  await pair.run();
  await pair.finish();
});

test.each([5, null, 'text', {}])('a handler that returns %j is no promise to wait for', async (value) => {
  const [outcome, pair] = await run((exchange) => {
    exchange.reply(200, undefined, latin1Bytes('mine'));
    return value as unknown as undefined;
  });
  expect(outcome).toMatchObject({ status: 200, body: 'mine', complete: true });
  expect(pair.errors).toEqual([]);
  const later = pair.request();
  await pair.run();
  expect(later).toMatchObject({ status: 200, complete: true });
  expect(pair.server.connections).toBe(1);
  await pair.finish();
});

const tooLate: [string, Handler][] = [
  [
    'onClosed',
    (exchange) => {
      exchange.onClosed = () => {
        throw new Error('mine');
      };
      exchange.reply(200, undefined, latin1Bytes('whole'));
    },
  ],
  [
    'returned',
    (exchange) => {
      exchange.respond(200);
      exchange.send(new Uint8Array(20_000), true, () => {
        throw new Error('mine');
      });
    },
  ],
  [
    'the end of a body after the answer',
    (exchange) => {
      exchange.reply(200, undefined, latin1Bytes('whole'));
      exchange.body.consume({
        data: (lease) => lease.release(),
        end: () => {
          throw new Error('mine');
        },
        failed: () => {},
      });
    },
  ],
];
test.each(tooLate)('what %s throws, too late to break anything off, is reported once', async (_, handler) => {
  const [outcome, pair] = await run(handler, ['a body']);
  await pair.run();
  expect(outcome).toMatchObject({ status: 200, complete: true });
  expect(pair.errors).toEqual([new Error('mine')]);
  await pair.finish();
});

test('what a consumer throws when it is told of a failure is reported once', async () => {
  const pair = await createPair({
    handler: (exchange) =>
      exchange.body.consume({
        data: (lease) => lease.release(),
        end: () => {},
        failed: () => {
          throw new Error('mine');
        },
      }),
  });
  const wire = pair.wire();
  wire.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\npart');
  await pair.run();
  wire.transport.abort();
  await pair.run();
  expect(pair.errors).toEqual([new Error('mine')]);
  await pair.finish();
});
