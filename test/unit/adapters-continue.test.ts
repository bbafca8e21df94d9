// A request that waits for leave to send its body (RFC 9110 §10.1.1): the 100, a final answer before it, or nothing.
import { expect, test } from 'vitest';
import { collectBody } from '../../src/adapters/body.js';
import { createClient } from '../../src/endpoint/client.js';
import { h1 } from '../../src/endpoint/h1.js';
import { h2 } from '../../src/endpoint/h2.js';
import type { Handler } from '../../src/endpoint/handler.js';
import { createPair, latin1Bytes, type Pair } from '../support/pair.js';
import { Wire } from '../support/wire.js';

const expecting = { authority: 'a', method: 'PUT', expectContinue: true };

/** Pieces, and what became of their source. */
class Source implements AsyncIterableIterator<string> {
  asked = 0;
  left = 0;

  async next(): Promise<IteratorResult<string, undefined>> {
    this.asked += 1;
    return this.asked > 2 ? { value: undefined, done: true } : { value: `${this.asked} `, done: false };
  }

  async return(): Promise<IteratorResult<string, undefined>> {
    this.left += 1;
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

const pairOf = (protocol: string, handler: Handler): Promise<Pair> => {
  const steps = protocol === 'h1' ? h1() : h2();
  return createPair({ handler, serverStack: steps, clientStack: steps });
};

test.each(['h1', 'h2'])('over %s a body is sent when the peer asks for it', async (protocol) => {
  let take = (): void => {};
  const pair = await pairOf(protocol, async (exchange) => {
    await new Promise<void>((resolve) => (take = resolve));
    exchange.reply(200, undefined, await collectBody(exchange.body, 100));
  });
  const source = new Source();
  const answer = pair.client.exchange(expecting, source);
  await pair.run();
  expect(source.asked).toBe(0);
  take();
  await pair.run();
  const text = (await answer).text();
  await pair.run();
  expect(await text).toBe('1 2 ');
  expect(source).toMatchObject({ asked: 3, left: 0 });
  await pair.finish();
});

test.each(['h1', 'h2'])(
  'over %s a body that was not asked for is not sent when the answer is there',
  async (protocol) => {
    const pair = await pairOf(protocol, (exchange) => exchange.reply(403, undefined, latin1Bytes('no')));
    const source = new Source();
    const answer = pair.client.exchange(expecting, source);
    await pair.run();
    const response = await answer;
    expect(response.status).toBe(403);
    const text = response.text();
    await pair.run();
    expect(await text).toBe('no');
    expect(source).toMatchObject({ asked: 0, left: 1 });
    await pair.finish();
  },
);

test.each(['read', 'left', 'discarded', 'too long'])(
  'a peer that goes on waiting for it loses the connection when the answer was dealt with (%s)',
  async (how) => {
    const pair = await createPair({ handler: () => {} });
    const wires: Wire[] = [];
    const listener = await pair.network
      .listenable('raw')
      .listen((transport) => wires.push(new Wire(transport)));
    const client = createClient(pair.network.connectable('raw'), h1(), { pool: pair.pool });
    const source = new Source();
    const answer = client.exchange(expecting, source);
    await pair.run();
    const [wire] = wires as [Wire];
    expect(wire.text).toMatch(/Expect: 100-continue/i);
    wire.write('HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno');
    await pair.run();
    const response = await answer;
    // The time in which it might have been asked for is over, too.
    await pair.advance(1000);
    expect(wire.closes).toBe(0);
    const uses: Record<string, () => Promise<unknown>> = {
      read: () => response.text(),
      left: async () => response[Symbol.asyncIterator]().return?.(),
      discarded: async () => response.discard(),
      'too long': () => response.text(1).catch((error) => error.code),
    };
    const used = uses[how]?.();
    await pair.run();
    if (how === 'read') expect(await used).toBe('no');
    if (how === 'too long') expect(await used).toBe('body-over-limit');
    expect(wire.closes).toBe(1);
    expect(source).toMatchObject({ asked: 0, left: 1 });
    await listener.close();
    await pair.finish();
  },
);

test('a peer that says nothing is sent the body all the same, when it has had its time', async () => {
  const pair = await createPair({ handler: () => {} });
  const bodies = ['abc', new Source()];
  for (const [at, body] of bodies.entries()) {
    const options = { ...expecting, target: `/${at}`, ...(at === 0 ? {} : { continueTimeout: 50 }) };
    pair.client.exchange(options, body).catch(() => {});
  }
  await pair.advance(49);
  expect(bodies[1]).toMatchObject({ asked: 0 });
  await pair.advance(1);
  expect(bodies[1]).toMatchObject({ asked: 3 });
  pair.client.abort();
  await pair.run();
  await pair.finish();
});

test('nobody waits for leave to send nothing; a timeout is a number of milliseconds', async () => {
  const pair = await createPair({
    handler: (exchange) =>
      exchange.reply(
        200,
        [['Expected', exchange.request.fields.get('expect') ?? 'nothing']],
        new Uint8Array(),
      ),
  });
  const answer = pair.client.exchange(expecting, '');
  await pair.run();
  expect((await answer).fields.get('expected')).toBe('nothing');
  const wrong = pair.client.exchange({ ...expecting, continueTimeout: Number.NaN }, 'x');
  await expect(wrong).rejects.toMatchObject({ code: 'continue-timeout' });
  await pair.finish();
});
