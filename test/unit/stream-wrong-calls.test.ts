// What an application may get wrong at an exchange, whichever session carries it: refused at the call, with the code and
// the section or rule that say why, and nothing has changed: the right call comes after it, and the exchange is whole.
import { describe, expect, test } from 'vitest';
import { h1 } from '../../src/endpoint/h1.js';
import { h2 } from '../../src/endpoint/h2.js';
import type { Handler } from '../../src/endpoint/handler.js';
import type { Steps } from '../../src/endpoint/step.js';
import type { UndercoatError } from '../../src/errors.js';
import type { ClientExchange, RequestOptions, ServerExchange } from '../../src/stream/contract.js';
import { refusal } from '../support/memory.js';
import { createPair, latin1Bytes } from '../support/pair.js';

type Session = 'h1' | 'h2';
interface Wrong<E> {
  readonly name: string;
  readonly act: (exchange: E) => unknown;
  /** Code and citation; by session where these differ. */
  readonly says: string | Readonly<Partial<Record<Session, string>>>;
}

const stacks: Readonly<Record<Session, Steps>> = { h1: h1(), h2: h2() };
const sessions: readonly Session[] = ['h1', 'h2'];
const five = 5 as never;
const text = 'x' as never;
const bytes = latin1Bytes('five!');

const atServer: readonly Wrong<ServerExchange>[] = [
  ...[99, 101, 200, 150.5, Number.NaN].map((status) => ({
    name: `inform(${status})`,
    act: (exchange: ServerExchange) => exchange.inform(status),
    says: { h1: `status ${status === 101 ? 'LAY-7' : 'RFC 9110 §15'}`, h2: 'status RFC 9110 §15.2' },
  })),
  ...[100, 199, 200.5, 600, 1000].map((status) => ({
    name: `respond(${status})`,
    act: (exchange: ServerExchange) => exchange.respond(status),
    says: 'status RFC 9110 §15',
  })),
  {
    name: 'a 204 that declares content',
    act: (exchange) => exchange.respond(204, [], { length: 5 }),
    says: 'content-forbidden RFC 9110 §15.3.5',
  },
  {
    name: 'a 204 with content',
    act: (exchange) => exchange.reply(204, [], bytes),
    says: 'content-forbidden RFC 9110 §15.3.5',
  },
  {
    name: 'an upgrade that nobody asked for',
    act: (exchange) => exchange.upgrade(() => {}),
    says: 'no-upgrade LAY-7',
  },
  {
    name: 'an upgrade that nobody takes over',
    act: (exchange) => exchange.upgrade(five),
    says: 'tunnel-taker LAY-7',
  },
  {
    name: 'content that is a text',
    act: (exchange) => exchange.reply(200, [], text),
    says: 'body-type WS-8',
  },
  {
    name: 'content of another type of array',
    act: (exchange) => exchange.reply(200, [], new Uint16Array(2) as never),
    says: 'body-type WS-8',
  },
  ...[-1, 1.5, 2 ** 53].map((length) => ({
    name: `a length of ${length}`,
    act: (exchange: ServerExchange) => exchange.respond(200, [], { length }),
    says: 'length RFC 9110 §8.6',
  })),
  ...(['data', 'end', 'failed'] as const).map((without) => ({
    name: `a consumer without ${without}`,
    act: (exchange: ServerExchange) =>
      exchange.body.consume({
        data: (lease) => lease.release(),
        end: () => {},
        failed: () => {},
        [without]: undefined,
      }),
    says: 'body-consumer OWN-1',
  })),
  {
    name: 'content before its head',
    act: (exchange) => exchange.send(bytes),
    says: { h1: 'before-head RFC 9112 §6', h2: 'before-head RFC 9113 §8.1' },
  },
];

const askedWrong: readonly (Omit<Wrong<never>, 'act'> & { readonly options: Partial<RequestOptions> })[] = [
  { name: 'no authority', options: { authority: five }, says: 'authority RFC 9112 §3.2' },
  { name: 'a length of -1', options: { length: -1 }, says: 'length RFC 9110 §8.6' },
  {
    name: 'a length, and nothing that follows',
    options: { length: 5, end: true },
    says: { h1: 'length-underrun RFC 9110 §8.6', h2: 'length-conflict RFC 9110 §8.6' },
  },
  { name: 'an upgrade over H2', options: { upgrade: 'websocket' }, says: { h2: 'no-upgrade RFC 9113 §8.6' } },
];

const saidBy = (session: Session, says: Wrong<never>['says']): string | undefined =>
  typeof says === 'string' ? says : says[session];

describe.each(sessions)('%s', (session) => {
  const pairOf = (handler: Handler) =>
    createPair({ handler, serverStack: stacks[session], clientStack: stacks[session] });

  test.each(atServer)('the server: $name', async ({ act, says }) => {
    const said: string[] = [];
    const pair = await pairOf((exchange) => {
      said.push(refusal(() => act(exchange)));
      exchange.reply(200, [], latin1Bytes('right'));
    });
    const outcome = pair.request();
    await pair.run();
    expect(said).toEqual([saidBy(session, says)]);
    expect(outcome).toMatchObject({ status: 200, body: 'right', complete: true });
    await pair.finish();
  });

  test('the server: a second head, and content behind the end', async () => {
    const said: string[] = [];
    const pair = await pairOf((exchange) => {
      exchange.respond(200);
      said.push(
        refusal(() => exchange.respond(201)),
        refusal(() => exchange.inform(103)),
        refusal(() => exchange.sendLease(five)),
      );
      exchange.send(latin1Bytes('right'), true);
      said.push(refusal(() => exchange.send(bytes)));
    });
    const outcome = pair.request();
    await pair.run();
    const framing = session === 'h1' ? 'RFC 9112 §6' : 'RFC 9113 §8.1';
    expect(said).toEqual(['responded LAY-3', 'responded LAY-3', 'body-type WS-8', `after-end ${framing}`]);
    expect(outcome).toMatchObject({ status: 200, body: 'right', complete: true });
    await pair.finish();
  });

  test('the server: a CONNECT is accepted by an upgrade alone, with a 2xx', async () => {
    const said: string[] = [];
    const pair = await pairOf((exchange) => {
      said.push(
        refusal(() => exchange.reply(200, [], bytes)),
        refusal(() => exchange.respond(299)),
        refusal(() => exchange.upgrade(() => {}, [], 199)),
        refusal(() => exchange.upgrade(() => {}, [], 300)),
      );
      exchange.reply(403, [], latin1Bytes('right'));
    });
    const outcome = pair.request({ method: 'CONNECT', target: 'far.test:80', authority: 'far.test:80' });
    await pair.run();
    const status = `status RFC 9110 ${session === 'h1' ? '§15' : '§9.3.6'}`;
    expect(said).toEqual(['connect-accepted LAY-7', 'connect-accepted LAY-7', status, status]);
    expect(outcome).toMatchObject({ status: 403, body: 'right', complete: true });
    await pair.finish();
  });

  test('the server: content of another realm is content, and a CONNECT may be refused with 300', async () => {
    const { runInNewContext } = await import('node:vm');
    const foreign = runInNewContext('Uint8Array.of(104, 105)') as Uint8Array;
    const pair = await pairOf((exchange) => exchange.reply(300, [], foreign));
    const outcome = pair.request({ method: 'CONNECT', target: 'far.test:80', authority: 'far.test:80' });
    await pair.run();
    expect(outcome).toMatchObject({ status: 300, body: 'hi', complete: true });
    await pair.finish();
  });

  test.each(askedWrong.filter(({ says }) => saidBy(session, says) !== undefined))(
    'the client: $name',
    async ({ options, says }) => {
      const pair = await pairOf((exchange) => exchange.reply(200, [], latin1Bytes('right')));
      const ask = (): { failed?: unknown } => {
        try {
          return pair.request(options);
        } catch (failed) {
          return { failed };
        }
      };
      // With a connection, and without one.
      for (let i = 0; i < 2; i++) {
        const refused = ask();
        const outcome = pair.request();
        await pair.run();
        const { code, cites } = refused.failed as UndercoatError;
        expect(`${code} ${cites}`).toBe(saidBy(session, says));
        expect(outcome).toMatchObject({ status: 200, body: 'right', complete: true });
      }
      await pair.finish();
    },
  );

  test('the client: priorities that there are not', async () => {
    const said: string[] = [];
    const pair = await pairOf((exchange) => exchange.reply(200, [], bytes));
    pair.client.request(
      { authority: 'pair.test' },
      {
        begun: (exchange: ClientExchange) => {
          said.push(
            refusal(() => exchange.prioritise({ urgency: 8 })),
            refusal(() => exchange.prioritise({ incremental: five })),
          );
          exchange.prioritise({ urgency: 7, incremental: true });
        },
        response: (_, { body }) => body.discard(),
        failed: () => {},
      },
    );
    await pair.run();
    expect(said).toEqual(['priority RFC 9218 §4.1', 'priority RFC 9218 §4.2']);
    await pair.finish();
  });

  test('whoever waits for the go-ahead has it once, with the first read or when told so', async () => {
    const reads: Handler = (exchange) => {
      exchange.body.consume({
        data: (lease) => lease.release(),
        end: () => exchange.reply(200, [], bytes),
        failed: () => {},
      });
    };
    const pair = await pairOf((exchange) => {
      if (exchange.request.target === '/asked') exchange.inform(100);
      if (exchange.request.target === '/early') exchange.reply(200, [], bytes);
      else reads(exchange);
    });
    const waiting = ['/read', '/asked', '/early'].map((target) =>
      pair.request({ method: 'POST', target, length: 5, expectContinue: true }, ['12345']),
    );
    await pair.run();
    expect(waiting.map(({ informs }) => informs)).toEqual([[100], [100], []]);
    expect(waiting.map(({ status }) => status)).toEqual([200, 200, 200]);
    await pair.finish();
  });
});
