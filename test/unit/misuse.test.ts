// What a program without type checks may give where something else belongs: refused at the call, as misuse that names its
// rule, before anything is begun; and what can be looked at only later says the same when it is due.
import { describe, expect, test } from 'vitest';
import { fetchHandler } from '../../src/adapters/fetch-handler.js';
import { nodeListener } from '../../src/adapters/node/listener.js';
import { createClient } from '../../src/endpoint/client.js';
import { h1 } from '../../src/endpoint/h1.js';
import { byPreface, h2 } from '../../src/endpoint/h2.js';
import type { Handler } from '../../src/endpoint/handler.js';
import { listen } from '../../src/endpoint/server.js';
import { byAlpn, byHandoff, stack } from '../../src/endpoint/stack.js';
import { MisuseError } from '../../src/errors.js';
import { memoryNetwork } from '../../src/transport/memory.js';
import { fromDuplex, toDuplex } from '../../src/transport/node/duplex.js';
import { VirtualClock } from '../../src/transport/virtual-clock.js';
import { createPair, latin1Bytes, type Outcome, type Pair } from '../support/pair.js';

const none = undefined as never;
const five = 5 as never;
const text = 'x' as never;
const empty = {} as never;

const network = memoryNetwork(new VirtualClock());
const listenable = network.listenable('here');
const connectable = network.connectable('here');
const hello: Handler = (exchange) => exchange.reply(200, [], latin1Bytes('hello'));
const listener = { response: () => {}, failed: () => {} };
const asked = { authority: 'pair.test' };

type Act = (pair: Pair) => unknown;

const acts: readonly (readonly [name: string, code: string, act: Act])[] = [
  ['listen(undefined)', 'option-value', () => listen(none, h1(), hello)],
  ['listen on no transport', 'option-value', () => listen(empty, h1(), hello)],
  ['listen without a platform', 'option-value', () => listen({ ...listenable, platform: none }, h1(), hello)],
  ['listen without a stack', 'not-a-step', () => listen(listenable, none, hello)],
  ['listen with no steps', 'not-a-step', () => listen(listenable, [five], hello)],
  ['listen without a handler', 'handler', () => listen(listenable, h1(), none)],
  ['createClient(undefined)', 'option-value', () => createClient(none)],
  ['createClient of no transport', 'option-value', () => createClient(empty)],
  ['createClient without a clock', 'option-value', () => createClient({ ...connectable, platform: empty })],
  ['createClient with no stack', 'not-a-step', () => createClient(connectable, five)],
  ['stack(5)', 'not-a-step', () => stack(five)],
  ['stack(undefined)', 'not-a-step', () => stack(none)],
  ['stack of half a step', 'not-a-step', () => stack({ kind: 'session', name: 'half' } as never)],
  ['then(5)', 'not-a-step', () => h1().then(five)],
  ['byAlpn()', 'option-value', () => byAlpn(none, none)],
  ['byAlpn without the other', 'not-a-step', () => byAlpn({ h2: h2() }, none)],
  ['byAlpn of no stack', 'not-a-step', () => byAlpn({ h2: five }, h1())],
  ['byHandoff()', 'option-value', () => byHandoff(none)],
  ['byHandoff of no stack', 'not-a-step', () => byHandoff({ h1: none })],
  ['byPreface()', 'option-value', () => byPreface(none)],
  ['byPreface({})', 'not-a-step', () => byPreface(empty)],
  ['byPreface of one', 'not-a-step', () => byPreface({ h1: h1(), h2: none })],
  ['fetchHandler(5)', 'handler', () => fetchHandler(five)],
  ['nodeListener(5)', 'handler', () => nodeListener(five)],
  ['toDuplex(5)', 'option-value', () => toDuplex(five)],
  ['toDuplex({})', 'option-value', () => toDuplex(empty)],
  ['fromDuplex(5)', 'option-value', () => fromDuplex(five)],
  ['fromDuplex({})', 'option-value', () => fromDuplex(empty)],
  ['request(undefined)', 'authority', ({ client }) => client.request(none, listener)],
  ['request without a listener', 'response-listener', ({ client }) => client.request(asked, none)],
  ['request with half a listener', 'response-listener', ({ client }) => client.request(asked, empty)],
  ['exchange(undefined)', 'authority', ({ client }) => client.exchange(none)],
  ['exchange with no body', 'body-type', ({ client }) => client.exchange(asked, five)],
  ['exchange with no signal', 'option-value', ({ client }) => client.exchange({ ...asked, signal: text })],
  ['after("x")', 'limit-value', ({ client }) => client.after(text, () => {})],
  ['after(1, 5)', 'option-value', ({ client }) => client.after(1, five)],
];

async function thrownBy(act: () => unknown): Promise<unknown> {
  try {
    const result = act();
    // A stack has a `then`, too, which refuses to be awaited: that would pass for what is looked for.
    if (result instanceof Promise) await result;
  } catch (error) {
    return error;
  }
  return undefined;
}

describe.each(['at first', 'with a connection'])('%s', (when) => {
  test.each(acts)('%s', async (_, code, act) => {
    const requests: string[] = [];
    const pair = await createPair({
      handler: (exchange) => {
        requests.push(exchange.request.target);
        return hello(exchange);
      },
    });
    if (when === 'with a connection') pair.request({ target: '/first' });
    await pair.run();
    requests.length = 0;
    const error = await thrownBy(() => act(pair));
    // What would be thrown by nobody's call is thrown here.
    await pair.advance(10);
    expect(error).toBeInstanceOf(MisuseError);
    expect(error).toMatchObject({ fault: 'api-misuse', code });
    expect(requests).toEqual([]);
    expect(pair.client.waiting).toBe(0);
    await pair.finish();
  });
});

test.each(['throws', 'returns no transport'])(
  'a transport of one’s own whose connect() %s: whoever waits is told why, and the client goes on',
  async (how) => {
    const mine = new Error('no such way');
    const pair = await createPair({ handler: hello });
    const real = pair.network.connectable('server');
    let isBroken = true;
    const errors: unknown[] = [];
    const client = createClient(
      {
        ...real,
        connect: () => {
          if (!isBroken) return real.connect();
          if (how === 'throws') throw mine;
          return five;
        },
      },
      h1(),
      { onError: (error) => errors.push(error), maxConnections: 2 },
    );
    const refused = Promise.allSettled([1, 2, 3].map(() => client.exchange(asked)));
    await pair.run();
    const cause = how === 'throws' ? mine : expect.objectContaining({ fault: 'api-misuse' });
    for (const outcome of await refused) {
      expect(outcome).toMatchObject({
        reason: { code: 'connection-lost', retryable: true, cause: { cause } },
      });
    }
    expect(errors).toEqual([cause, cause, cause]);
    expect(client.waiting + client.connections).toBe(0);
    isBroken = false;
    const answered = client.exchange(asked);
    await pair.run();
    expect((await answered).status).toBe(200);
    client.abort();
    await pair.finish();
  },
);

async function answered(handler: Handler): Promise<[Outcome, Pair]> {
  const pair = await createPair({ handler });
  const outcome = pair.request();
  await pair.run();
  return [outcome, pair];
}

test('bytes that nobody could be told of are not sent', async () => {
  const thrown: unknown[] = [];
  const [outcome, pair] = await answered((exchange) => {
    exchange.respond(200);
    for (const wrong of [five, text, empty, null as never]) {
      try {
        exchange.send(latin1Bytes('no'), false, wrong);
      } catch (error) {
        thrown.push(error);
      }
    }
    exchange.send(latin1Bytes('yes'), true);
  });
  expect(outcome).toMatchObject({ status: 200, body: 'yes', complete: true });
  expect(thrown.map((error) => error instanceof MisuseError && error.code)).toEqual(
    Array(4).fill('callback'),
  );
  expect(pair.errors).toEqual([]);
  await pair.finish();
});

test('onClosed that is no function is said at the end, and the answer stands', async () => {
  const [outcome, pair] = await answered((exchange) => {
    exchange.onClosed = five;
    exchange.reply(200, [], latin1Bytes('fine'));
  });
  expect(outcome).toMatchObject({ status: 200, body: 'fine', complete: true });
  expect(pair.errors).toEqual([expect.objectContaining({ code: 'callback', cites: 'OWN-9' })]);
  await pair.finish();
});

test('onWritable that is no function is said when it is due', async () => {
  const [outcome, pair] = await answered((exchange) => {
    exchange.respond(200);
    exchange.onWritable = five;
    exchange.send(new Uint8Array(300_000));
  });
  expect(outcome).toMatchObject({ status: 200, complete: false, over: true });
  expect(pair.errors).toEqual([expect.objectContaining({ code: 'callback', cites: 'OWN-9' })]);
  await pair.finish();
});

test('null stands for no callback', async () => {
  const [outcome, pair] = await answered((exchange) => {
    exchange.onClosed = null as never;
    exchange.onWritable = null as never;
    exchange.respond(200);
    exchange.send(new Uint8Array(300_000), true);
  });
  expect(outcome).toMatchObject({ status: 200, complete: true });
  expect(pair.errors).toEqual([]);
  await pair.finish();
});
