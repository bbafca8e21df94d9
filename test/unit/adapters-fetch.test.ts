// Fetch-style handlers and the promise of a response, against each other over the memory network.
import { expect, test } from 'vitest';
import { fetchHandler } from '../../src/adapters/fetch-handler.js';
import { h1 } from '../../src/endpoint/h1.js';
import { h2 } from '../../src/endpoint/h2.js';
import type { BodyConsumer } from '../../src/stream/contract.js';
import { createPair, latin1Bytes, type Pair } from '../support/pair.js';

/** Runs both ends until the promise is settled. */
async function settled<T>(pair: Pair, promise: Promise<T>): Promise<T> {
  let done = false;
  const end = () => {
    done = true;
  };
  promise.then(end, end);
  // Streams of the platform take turns of the event loop that no virtual clock knows.
  for (let i = 0; i < 1000 && !done; i++) {
    await pair.run();
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return promise;
}

/** Takes a body, and makes nothing of it. */
const noConsumer: BodyConsumer = { data: (lease) => lease.release(), end: () => {}, failed: () => {} };

/** So many turns of the event loop. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}

test('a request and a response of the web', async () => {
  const pair = await createPair({
    handler: fetchHandler(async (request) => {
      const url = new URL(request.url);
      const body = `${request.method} ${url.pathname}?${url.searchParams.get('q')} ${request.headers.get('x-a')}`;
      return new Response(body, { status: 201, headers: { 'x-b': 'two' } });
    }),
  });
  const response = await settled(
    pair,
    pair.client.exchange({ authority: 'pair.test', target: '/path?q=1', fields: [['X-A', 'one']] }),
  );
  expect(response.status).toBe(201);
  expect(response.fields.get('X-B')).toBe('two');
  expect(await settled(pair, response.text())).toBe('GET /path?1 one');
  await pair.finish();
});

test('bodies stream both ways', async () => {
  const pair = await createPair({
    handler: fetchHandler((request) => {
      const upper = new TransformStream<Uint8Array, Uint8Array>({
        transform: (chunk, controller) => controller.enqueue(chunk.map((byte) => byte ^ 0x20)),
      });
      return new Response(request.body?.pipeThrough(upper) ?? null);
    }),
  });
  async function* source() {
    for (let i = 0; i < 200; i++) yield 'a'.repeat(1000);
  }
  const response = await settled(
    pair,
    pair.client.exchange({ authority: 'pair.test', method: 'POST' }, source()),
  );
  const collect = async () => {
    let text = '';
    for await (const chunk of response) text += String.fromCharCode(...chunk);
    return text;
  };
  expect(await settled(pair, collect())).toBe('A'.repeat(200_000));
  await pair.finish();
});

test.each([
  ['HEAD', 200],
  ['GET', 204],
  ['GET', 304],
])('%s answered with %i has no content', async (method, status) => {
  const pair = await createPair({
    handler: fetchHandler(() => new Response(status === 200 ? 'never sent' : null, { status })),
  });
  const outcome = pair.request({ method });
  await settled(pair, Promise.resolve());
  await pair.run();
  expect(outcome).toMatchObject({ status, body: '', complete: true });
  const again = pair.request({ method });
  await pair.run();
  expect(again.complete).toBe(true);
  expect(pair.client.connections).toBe(1);
  await pair.finish();
});

test.each(['TRACE', 'CONNECT', 'TRACK', 'get', 'Post', 'dElete', 'trace'])(
  '%s is not for the web’s classes: 501, and the server is told',
  async (method) => {
    const seen: string[] = [];
    const pair = await createPair({
      handler: fetchHandler((request) => {
        seen.push(request.method);
        return new Response('no');
      }),
    });
    const wire = pair.wire();
    wire.write(`${method} ${method === 'CONNECT' ? 'a:1' : '/'} HTTP/1.1\r\nHost: a:1\r\n\r\n`);
    await pair.run();
    expect(wire.text).toMatch(/^HTTP\/1\.1 501 /);
    expect(seen).toEqual([]);
    expect(pair.errors).toEqual([
      expect.objectContaining({ code: 'method-unsayable', cites: 'RFC 9110 §9.1' }),
    ]);
    wire.transport.end();
    await pair.finish();
  },
);

test.each(['GET', 'PATCH', 'patch', 'purge', 'OPTIONS'])('%s arrives as it was sent', async (method) => {
  const pair = await createPair({ handler: fetchHandler((request) => new Response(request.method)) });
  const response = await settled(pair, pair.client.exchange({ authority: 'pair.test', method }));
  expect(await settled(pair, response.text())).toBe(method);
  await pair.finish();
});

test('a handler that throws: 500; a request that makes no URL: 400', async () => {
  const pair = await createPair({
    handler: fetchHandler((request) => {
      throw new Error(request.url);
    }),
  });
  const thrown = pair.request();
  await pair.run();
  expect(thrown.status).toBe(500);
  expect(pair.errors).toEqual([new Error('http://pair.test/')]);
  const wire = pair.wire();
  wire.write('GET http:// HTTP/1.1\r\nHost: a\r\n\r\n');
  await pair.run();
  expect(wire.text).toMatch(/^HTTP\/1\.1 400 /);
  await pair.finish();
});

test('the request’s signal aborts when the peer goes away, and its body fails', async () => {
  const seen: string[] = [];
  const pair = await createPair({
    handler: fetchHandler(async (request) => {
      request.signal.addEventListener('abort', () => seen.push('aborted'));
      await request.text().catch(() => seen.push('body failed'));
      return new Response('too late');
    }),
  });
  const wire = pair.wire();
  wire.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc');
  await settled(pair, new Promise<void>((resolve) => setImmediate(resolve)));
  wire.transport.abort();
  await settled(pair, new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve))));
  expect(seen.sort()).toEqual(['aborted', 'body failed']);
  await pair.finish();
});

test('a response stream that fails is a visible truncation; one that nobody takes any more is cancelled', async () => {
  let cancelled = false;
  const pair = await createPair({
    handler: fetchHandler((request) => {
      const fails = new URL(request.url).pathname === '/fails';
      return new Response(
        new ReadableStream({
          pull(controller) {
            if (fails) controller.error(new Error('mine'));
            else controller.enqueue(new Uint8Array(10_000));
          },
          cancel: () => {
            cancelled = true;
          },
        }),
      );
    }),
  });
  const broken = pair.request({ target: '/fails' });
  await settled(pair, new Promise<void>((resolve) => setImmediate(resolve)));
  expect(broken.complete).toBe(false);
  expect(broken.over).toBe(true);
  expect(pair.errors).toEqual([new Error('mine')]);
  const wire = pair.wire();
  wire.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  wire.onText = () => wire.transport.abort();
  await settled(pair, new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve))));
  await pair.run();
  expect(cancelled).toBe(true);
  await pair.finish();
});

test.each(['h1', 'h2'])(
  'a response over %s is sent without the fields of the connection that it came over',
  async (protocol) => {
    const steps = protocol === 'h1' ? h1() : h2();
    const headers: [string, string][] = [
      ['connection', 'keep-alive, X-Hop'],
      ['keep-alive', 'timeout=5'],
      ['transfer-encoding', 'chunked'],
      ['te', 'trailers'],
      ['x-hop', 'one'],
      ['x-end', 'two'],
    ];
    const pair = await createPair({
      handler: fetchHandler(() => new Response('body', { headers })),
      serverStack: steps,
      clientStack: steps,
    });
    const response = await settled(pair, pair.client.exchange({ authority: 'pair.test' }));
    expect(response.status).toBe(200);
    expect(response.fields.get('x-end')).toBe('two');
    for (const name of ['connection', 'keep-alive', 'te', 'x-hop'])
      expect(response.fields.has(name)).toBe(false);
    expect(await settled(pair, response.text())).toBe('body');
    expect(pair.errors).toEqual([]);
    await pair.finish();
  },
);

test('a response stream that waits is told at once that the peer is gone', async () => {
  const reasons: unknown[] = [];
  const pair = await createPair({
    handler: fetchHandler(
      () =>
        new Response(
          new ReadableStream({
            start: (controller) => controller.enqueue(new Uint8Array(3)),
            cancel: (reason) => void reasons.push(reason),
          }),
        ),
    ),
  });
  const wire = pair.wire();
  wire.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await settled(pair, turns(3));
  expect(wire.text).toMatch(/^HTTP\/1\.1 200 /);
  expect(reasons).toEqual([]);
  wire.transport.abort();
  await settled(pair, turns(3));
  expect(reasons).toMatchObject([{ code: 'connection-reset' }]);
  expect(pair.errors).toEqual([]);
  await pair.finish();
});

test('a source of a request body that waits is left at once when nobody takes it any more', async () => {
  let left = 0;
  const source: AsyncIterableIterator<string> = {
    next: (() => {
      let asked = 0;
      return () =>
        asked++ === 0 ? Promise.resolve({ value: 'first', done: false }) : new Promise<never>(() => {});
    })(),
    return: () => {
      left += 1;
      return Promise.resolve({ value: undefined, done: true });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
  const pair = await createPair({ handler: (exchange) => void exchange.body.consume(noConsumer) });
  const controller = new AbortController();
  const { signal } = controller;
  const answer = pair.client.exchange({ authority: 'a', method: 'POST', signal }, source);
  await pair.run();
  expect(left).toBe(0);
  controller.abort();
  await expect(settled(pair, answer)).rejects.toMatchObject({ code: 'aborted' });
  await pair.run();
  expect(left).toBe(1);
  await pair.finish();
});

test('a promised response: known length, failure with its reason, signal, trailers, discard', async () => {
  const pair = await createPair({
    handler: (exchange) => {
      const { target, fields } = exchange.request;
      if (target === '/never') return;
      if (target === '/trailers') {
        exchange.respond(200);
        exchange.send(latin1Bytes('x'));
        exchange.end([['Checksum', '9']]);
        return;
      }
      exchange.reply(200, [['Said', fields.get('content-length') ?? 'nothing']], latin1Bytes('done'));
    },
  });
  const posted = await settled(
    pair,
    pair.client.exchange({ authority: 'a', method: 'POST' }, new Uint8Array(7)),
  );
  expect(posted.fields.get('said')).toBe('7');
  posted.discard();
  const trailing = await settled(pair, pair.client.exchange({ authority: 'a', target: '/trailers' }));
  expect(trailing.trailers).toBeUndefined();
  expect(await settled(pair, trailing.text())).toBe('x');
  expect(trailing.trailers?.get('checksum')).toBe('9');
  const controller = new AbortController();
  const never = pair.client.exchange({ authority: 'a', target: '/never', signal: controller.signal });
  await pair.run();
  controller.abort();
  await expect(settled(pair, never)).rejects.toMatchObject({ code: 'aborted', retryable: false });
  async function* bad() {
    yield 'some';
    throw new Error('source');
  }
  const sending = pair.client.exchange({ authority: 'a', method: 'POST', target: '/never' }, bad());
  await expect(settled(pair, sending)).rejects.toMatchObject({ code: 'body-source-failed' });
  await pair.server.close();
  pair.client.abort();
  await pair.run();
  await expect(pair.client.exchange({ authority: 'a' })).rejects.toMatchObject({ code: 'client-closed' });
  await pair.finish();
});

test('a response whose body was read already is 500, and no head goes out before', async () => {
  const pair = await createPair({
    handler: fetchHandler(async () => {
      const response = new Response('hello', { status: 201 });
      await response.text();
      return response;
    }),
  });
  const response = await settled(pair, pair.client.exchange({ authority: 'pair.test' }));
  expect(response.status).toBe(500);
  expect(await settled(pair, response.text())).toBe('');
  expect(pair.errors).toEqual([expect.any(TypeError)]);
  await pair.finish();
});
