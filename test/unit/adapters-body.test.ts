// Bodies for applications that wait: own copies, leases, whole; back-pressure and breaking off.
import { expect, test } from 'vitest';
import { bodyLeases, collectBody, readBody } from '../../src/adapters/body.js';
import type { Handler } from '../../src/endpoint/handler.js';
import type { Lease } from '../../src/memory/index.js';
import type { Fields } from '../../src/stream/contract.js';
import { createPair, latin1Bytes } from '../support/pair.js';

const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

test('chunks are the application’s own, and come in order', async () => {
  const kept: Uint8Array[] = [];
  const pair = await createPair({
    handler: async (exchange) => {
      for await (const chunk of readBody(exchange.body)) kept.push(chunk);
      exchange.reply(200, undefined, latin1Bytes('ok'));
    },
  });
  const pieces = ['one ', 'two '.repeat(1000), 'three'];
  const outcome = pair.request({ method: 'POST' }, pieces);
  await pair.run();
  expect(outcome).toMatchObject({ status: 200, body: 'ok' });
  await pair.finish();
  // The ledger has poisoned what was received: copies are not touched by it.
  expect(kept.map(text).join('')).toBe(pieces.join(''));
});

test('leases are where the bytes were received, and go back one by one', async () => {
  let seen = '';
  const pair = await createPair({
    handler: async (exchange) => {
      for await (const lease of bodyLeases(exchange.body)) {
        seen += text(lease.view());
        lease.release();
      }
      exchange.reply(200, undefined, latin1Bytes('ok'));
    },
  });
  const outcome = pair.request({ method: 'POST' }, ['x'.repeat(20_000)]);
  await pair.run();
  expect(outcome.body).toBe('ok');
  expect(seen).toBe('x'.repeat(20_000));
  await pair.finish();
});

test('a body that is not asked for is not read: the reader’s pace is the writer’s', async () => {
  let release = (): void => {};
  let length = 0;
  const handler: Handler = async (exchange) => {
    for await (const chunk of readBody(exchange.body)) {
      length += chunk.length;
      if (length < 10_000) await new Promise<void>((resolve) => (release = resolve));
    }
    exchange.reply(200, undefined, latin1Bytes(String(length)));
  };
  const pair = await createPair({ handler });
  const wire = pair.wire();
  wire.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n');
  for (let i = 0; i < 100; i++) wire.write('y'.repeat(5000));
  await pair.run();
  expect(wire.writtenBytes).toBeLessThan(100_000);
  for (let i = 0; i < 10; i++) {
    release();
    await pair.run();
  }
  expect(wire.text).toMatch(/500000$/);
  wire.transport.end();
  await pair.finish();
});

test.each(['chunks', 'leases'])('leaving a loop over %s early gives the body up', async (kind) => {
  const kept: Lease[] = [];
  const pair = await createPair({
    handler: async (exchange) => {
      if (kind === 'chunks') {
        for await (const _ of readBody(exchange.body)) break;
      } else {
        for await (const lease of bodyLeases(exchange.body)) {
          kept.push(lease);
          break;
        }
      }
      exchange.reply(200, undefined, latin1Bytes('enough'));
    },
  });
  const outcome = pair.request({ method: 'POST' }, ['x'.repeat(30_000)]);
  await pair.run();
  expect(outcome).toMatchObject({ status: 200, body: 'enough' });
  expect(kept.every((lease) => !lease.live)).toBe(true);
  await pair.finish();
});

test('a whole body, and its trailers', async () => {
  let trailers: Fields | undefined;
  let name: string | undefined;
  const pair = await createPair({
    handler: async (exchange) => {
      const bytes = await collectBody(exchange.body, 100, {
        trailers: (fields) => {
          trailers = fields;
          name = fields?.get('checksum');
        },
      });
      exchange.reply(200, undefined, bytes);
    },
  });
  const wire = pair.wire();
  wire.write(
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nChecksum: 7\r\n\r\n',
  );
  await pair.run();
  expect(wire.text).toMatch(/abcde$/);
  expect(trailers).toBeDefined();
  expect(name).toBe('7');
  wire.transport.end();
  await pair.finish();
});

test.each([
  ['said', '101', undefined],
  ['found', undefined, 'chunked'],
])('a body over the limit is %s to be: 413', async (_, declared, coding) => {
  const pair = await createPair({
    handler: async (exchange) => {
      await collectBody(exchange.body, 100);
    },
  });
  const wire = pair.wire();
  const framing = declared === undefined ? `Transfer-Encoding: ${coding}` : `Content-Length: ${declared}`;
  const body = declared === undefined ? `65\r\n${'x'.repeat(101)}\r\n` : 'x';
  wire.write(`POST / HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n${body}`);
  await pair.run();
  expect(wire.text).toMatch(/^HTTP\/1\.1 413 /);
  expect(pair.errors).toMatchObject([{ code: 'body-over-limit', limit: 'limitBytes' }]);
  await pair.finish();
});

test('a body that breaks off rejects with whose fault it was, in the middle of a wait', async () => {
  const errors: unknown[] = [];
  const pair = await createPair({
    handler: async (exchange) => {
      try {
        for await (const _ of readBody(exchange.body));
      } catch (error) {
        errors.push(error);
        throw error;
      }
    },
  });
  const wire = pair.wire();
  wire.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc');
  await pair.run();
  wire.transport.abort();
  await pair.run();
  expect(errors).toMatchObject([{ code: 'connection-reset', fault: 'transport-failed' }]);
  await pair.finish();
});
