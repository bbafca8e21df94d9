// Bodies for applications that wait: own copies, leases, whole; back-pressure and breaking off.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { bodyLeases, collectBody, readBody } from '../../src/adapters/body.js';
import { h1 } from '../../src/endpoint/h1.js';
import { h2 } from '../../src/endpoint/h2.js';
import type { Handler } from '../../src/endpoint/handler.js';
import { listen } from '../../src/endpoint/server.js';
import type { UndercoatError } from '../../src/errors.js';
import type { Lease } from '../../src/memory/index.js';
import type { Fields, IncomingBody } from '../../src/stream/contract.js';
import { memoryNetwork } from '../../src/transport/memory.js';
import { VirtualClock } from '../../src/transport/virtual-clock.js';
import { createPair, latin1Bytes } from '../support/pair.js';
import { Wire } from '../support/wire.js';

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

/** What of the leases was alive when it came, as text; a lease that is dead is said to be. */
async function walk(leases: AsyncIterable<Lease>, keep: boolean): Promise<string> {
  const seen: string[] = [];
  for await (const lease of leases) {
    seen.push(lease.live ? text(lease.view()) : 'DEAD');
    if (!keep && lease.live) lease.release();
  }
  return seen.join('');
}

const chunks = ['one', 'two', 'three', 'four', 'five'];
const pieces = chunks.map((chunk) => chunk.repeat(40));

test.each([
  ['h1', false],
  ['h1', true],
  ['h2', false],
  ['h2', true],
] as const)(
  'a client’s leases of an answer that came in one read over %s are alive (kept: %s)',
  async (protocol, keep) => {
    const stack = protocol === 'h1' ? h1() : h2({ lendFromBytes: 16 });
    const pair = await createPair({
      serverStack: stack,
      clientStack: stack,
      handler: (exchange) => {
        exchange.respond(200);
        for (const [at, piece] of pieces.entries())
          exchange.send(latin1Bytes(piece), at === pieces.length - 1);
      },
    });
    const answered = pair.client.exchange({ authority: 'a' });
    await pair.run();
    const response = await answered;
    let closed = false;
    response.exchange.onClosed = () => {
      closed = true;
    };
    const walked = walk(bodyLeases(response.exchange.body), keep);
    await pair.run();
    expect(await walked).toBe(pieces.join(''));
    expect(closed).toBe(true);
    await pair.finish();
  },
);

test.each(['h1', 'h2'])(
  'a server’s leases of a request over %s are alive when it has answered',
  async (protocol) => {
    const stack = protocol === 'h1' ? h1() : h2({ lendFromBytes: 16 });
    let walked: Promise<string> | undefined;
    const pair = await createPair({
      serverStack: stack,
      clientStack: stack,
      handler: (exchange) => {
        walked = walk(bodyLeases(exchange.body), false);
        exchange.reply(200, undefined, latin1Bytes('ok'));
      },
    });
    const outcome = pair.request({ method: 'POST' }, pieces);
    await pair.run();
    expect(await walked).toBe(pieces.join(''));
    expect(outcome).toMatchObject({ status: 200, body: 'ok' });
    await pair.finish();
  },
);

const fiveChunks = `${pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join('')}0\r\n\r\n`;
const chunkedHead = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';

test.each(['chunks', 'leases'])(
  'whoever asks for more %s than there are gets each once, in order',
  async (kind) => {
    const seen: string[] = [];
    const ask = async (items: AsyncIterator<Uint8Array | Lease, undefined>): Promise<void> => {
      const { done, value } = await items.next();
      if (done) seen.push('end');
      else if (value instanceof Uint8Array) seen.push(text(value));
      else {
        seen.push(text(value.view()));
        value.release();
      }
    };
    const pair = await createPair({
      handler: async (exchange) => {
        const items = kind === 'chunks' ? readBody(exchange.body) : bodyLeases(exchange.body);
        exchange.reply(200, undefined, latin1Bytes('ok'));
        await Promise.all(Array.from({ length: 7 }, () => ask(items)));
      },
    });
    const wire = pair.wire();
    wire.write(chunkedHead + fiveChunks);
    await pair.run();
    expect(seen).toEqual([...pieces, 'end', 'end']);
    wire.transport.end();
    await pair.finish();
  },
);

test('leaving settles whoever still waits', async () => {
  const seen: unknown[] = [];
  const pair = await createPair({
    handler: async (exchange) => {
      const items = readBody(exchange.body);
      const first = items.next();
      const second = items.next();
      seen.push(await items.return?.());
      seen.push(await first, await second, await items.next());
      exchange.reply(200, undefined, latin1Bytes('ok'));
    },
  });
  const wire = pair.wire();
  wire.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n');
  await pair.run();
  expect(seen).toEqual(Array.from({ length: 4 }, () => ({ value: undefined, done: true })));
  wire.write('abc');
  await pair.run();
  expect(wire.text).toMatch(/ok$/);
  wire.transport.end();
  await pair.finish();
});

test.each(['chunks', 'leases'])(
  'a body that fails: of %s, what is the application’s own comes before the error',
  async (kind) => {
    const seen: string[] = [];
    let goOn = (): void => {};
    const pair = await createPair({
      handler: async (exchange) => {
        const items = kind === 'chunks' ? readBody(exchange.body) : bodyLeases(exchange.body);
        await new Promise<void>((resolve) => (goOn = resolve));
        try {
          for await (const item of items) seen.push(item instanceof Uint8Array ? text(item) : 'lease');
        } catch (error) {
          seen.push((error as UndercoatError).code);
        }
      },
    });
    const wire = pair.wire();
    wire.write(`${chunkedHead}3\r\nabc\r\n2\r\nde\r\n`);
    await pair.run();
    wire.transport.abort();
    await pair.run();
    goOn();
    await pair.run();
    expect(seen).toEqual(kind === 'chunks' ? ['abcde', 'connection-reset'] : ['connection-reset']);
    await pair.finish();
  },
);

/** A body of chunks of these sizes, and the same as H1 sends it. */
function chunked(sizes: readonly number[]): { readonly body: string; readonly sent: string } {
  let at = 0;
  const chunks = sizes.map((size) =>
    Array.from({ length: size }, () => String.fromCharCode(33 + (at++ % 89))).join(''),
  );
  const sent = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('');
  return { body: chunks.join(''), sent: `${sent}0\r\n\r\n` };
}

const mixed = [1, 1, 2, 1, 900, 1, 3500, 1, 5000, 1, 4095, 1, 1, 20_000, 3, ...Array<number>(3000).fill(1)];

test.each([
  ['one chunk', [7]],
  ['two octets', [1, 1]],
  ['chunks of all sizes', mixed],
])('a body of %s is gathered whole', async (_, sizes) => {
  const { body, sent } = chunked(sizes);
  let collected: Uint8Array | undefined;
  const pair = await createPair({
    handler: async (exchange) => {
      collected = await collectBody(exchange.body, body.length);
      exchange.reply(200, undefined, latin1Bytes('ok'));
    },
  });
  const wire = pair.wire();
  wire.write(chunkedHead + sent);
  await pair.run();
  expect(text(collected ?? new Uint8Array(0))).toBe(body);
  expect(collected?.buffer.byteLength).toBe(body.length);
  wire.transport.end();
  await pair.finish();
});

test('small chunks that lie ready come together, and memory that waits is bounded by what it is', async () => {
  const { body, sent } = chunked(mixed);
  const seen: Uint8Array[] = [];
  let goOn = (): void => {};
  const pair = await createPair({
    handler: async (exchange) => {
      const chunks = readBody(exchange.body);
      await new Promise<void>((resolve) => (goOn = resolve));
      for await (const chunk of chunks) seen.push(chunk);
      exchange.reply(200, undefined, latin1Bytes('ok'));
    },
  });
  const wire = pair.wire();
  wire.write(chunkedHead + sent);
  await pair.run();
  goOn();
  await pair.run();
  expect(seen.map(text).join('')).toBe(body);
  expect(seen.every((chunk) => chunk.buffer.byteLength === chunk.length)).toBe(true);
  // Of two neighbours, together they are too many for one.
  expect(seen.length).toBeLessThan((2 * body.length) / 4096 + 2);
  wire.transport.end();
  await pair.finish();
});

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes that are reachable. */
function reachable(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

// What the engine itself keeps of code that it has just run is half a megabyte; an array for each octet is 15 and 43.
test.each([
  ['gathered whole', 200_000, 8_000_000],
  ['not asked for', 60_000, 4_000_000],
])('of a body that is %s, one octet a chunk, memory goes by octets', async (how, octets, most) => {
  let body: IncomingBody | undefined;
  const handler: Handler = (exchange) => {
    body = exchange.body;
    if (how === 'not asked for') readBody(exchange.body);
    else collectBody(exchange.body, octets).catch(() => {});
  };
  // A ledger keeps account of each lease: not here.
  const clock = new VirtualClock({ maxSteps: 1_000_000 });
  const network = memoryNetwork(clock);
  const server = await listen(network.listenable('server'), h1(), handler);
  const wire = new Wire(network.connectable('server').connect());
  const some = '1\r\nx\r\n'.repeat(1000);
  wire.write(`${chunkedHead}${some}`);
  clock.run();
  const before = reachable();
  for (let sent = 1000; sent < octets; sent += 1000) {
    wire.write(some);
    clock.run();
  }
  expect(reachable() - before).toBeLessThan(most);
  expect(body?.complete).toBe(false);
  server.abort();
});
