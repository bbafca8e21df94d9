// How many connections a client opens for requests that come at once: one where they can share it (RFC 9113 §9.1), and as many
// as it may where they cannot.
import { describe, expect, it } from 'vitest';
import { createClient } from '../../src/endpoint/client.js';
import { h1 } from '../../src/endpoint/h1.js';
import { byPreface, h2 } from '../../src/endpoint/h2.js';
import { listen } from '../../src/endpoint/server.js';
import { Stack } from '../../src/endpoint/stack.js';
import type { Step, Steps } from '../../src/endpoint/step.js';
import type { ServerExchange } from '../../src/stream/contract.js';
import { memoryNetwork } from '../../src/transport/memory.js';
import { VirtualClock } from '../../src/transport/virtual-clock.js';

/** What only the connection tells, as ALPN does. */
function either(chosen: Steps, among?: readonly Steps[]): Stack {
  const choice: Step = {
    kind: 'choice',
    name: 'either',
    ...(among === undefined ? {} : { among }),
    choose: () => chosen,
  };
  return new Stack([choice]);
}

async function bed(stack: Steps) {
  const clock = new VirtualClock();
  const network = memoryNetwork(clock);
  const exchanges: ServerExchange[] = [];
  const server = await listen(network.listenable('there'), byPreface({ h1: h1(), h2: h2() }), (exchange) => {
    exchanges.push(exchange);
  });
  const there = network.connectable('there');
  /** How many connections the server had whenever one was opened. */
  const opened: number[] = [];
  const connect = () => {
    opened.push(server.connections);
    return there.connect();
  };
  const client = createClient({ kind: there.kind, key: there.key, platform: there.platform, connect }, stack);
  const told: string[] = [];
  const ask = (count: number): void => {
    for (let i = 0; i < count; i++) {
      client.request(
        { authority: 'there' },
        {
          response: (head, { body }) => {
            told.push(`${head.status}`);
            body.discard();
          },
          failed: (error) => told.push(error.code),
        },
      );
    }
    clock.run();
  };
  const answer = (): void => {
    for (const exchange of exchanges.splice(0)) exchange.reply(204, [], new Uint8Array(0));
    clock.run();
  };
  const finish = async (): Promise<void> => {
    const closing = Promise.all([client.close(), server.close()]);
    clock.run();
    await Promise.resolve();
    clock.run();
    await closing;
  };
  return { client, server, opened, exchanges, told, ask, answer, finish };
}

describe('twenty requests at once', () => {
  it.each<[string, Steps, number[], number]>([
    ['H2', h2(), [0], 20],
    ['H1', h1(), [0, 0, 0, 0, 0, 0, 0, 0], 8],
    ['what turns out to be H2', either(h2(), [h1(), h2()]), [0], 20],
    ['what turns out to be H1', either(h1(), [h1(), h2()]), [0, 1, 1, 1, 1, 1, 1, 1], 8],
    ['either kind of H1', either(h1(), [h1(), h1()]), [0, 0, 0, 0, 0, 0, 0, 0], 8],
    ['a choice of which nothing is known', either(h2()), [0], 20],
  ])('of %s', async (_, stack, due, begun) => {
    const { client, server, opened, exchanges, told, ask, answer, finish } = await bed(stack);
    ask(20);
    expect(opened).toEqual(due);
    expect([client.connections, server.connections, exchanges.length]).toEqual([
      due.length,
      due.length,
      begun,
    ]);
    expect(client.waiting).toBe(20 - begun);
    while (exchanges.length > 0) answer();
    expect(told).toEqual(Array.from({ length: 20 }, () => '204'));
    await finish();
  });
});

it('another one is opened when the first has no place left, and not before', async () => {
  const { client, exchanges, told, ask, answer, finish } = await bed(h2());
  ask(100);
  expect([client.connections, exchanges.length]).toEqual([1, 100]);
  ask(20);
  expect([client.connections, exchanges.length]).toEqual([2, 120]);
  while (exchanges.length > 0) answer();
  expect(told).toHaveLength(120);
  await finish();
});

it('what cannot be reached is tried for each of them, and each is told', async () => {
  const { client, server, told, ask } = await bed(h2());
  server.abort();
  ask(20);
  expect(told).toEqual(Array.from({ length: 20 }, () => 'connection-refused'));
  expect(client).toMatchObject({ connections: 0, waiting: 0 });
});

it('a connect() that throws is tried for each of them, and no oftener', () => {
  const clock = new VirtualClock();
  const there = memoryNetwork(clock).connectable('there');
  let tried = 0;
  const connect = () => {
    tried += 1;
    throw new Error('no');
  };
  const { kind, key, platform } = there;
  const client = createClient({ kind, key, platform, connect }, h2(), { onError: () => {} });
  const told: string[] = [];
  for (let i = 0; i < 20; i++) {
    client.request({ authority: 'there' }, { response: () => {}, failed: (error) => told.push(error.code) });
  }
  clock.run();
  expect([tried, told]).toEqual([20, Array.from({ length: 20 }, () => 'connection-lost')]);
});
