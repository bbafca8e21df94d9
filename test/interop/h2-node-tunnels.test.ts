// Tunnels in streams of H2 against node:http2, both ways: CONNECT (RFC 9113 §8.5) and extended CONNECT (RFC 8441).
import { type ClientHttp2Stream, connect, createServer, type Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createClient } from '../../src/endpoint/client.js';
import { h2 } from '../../src/endpoint/h2.js';
import { listen } from '../../src/endpoint/server.js';
import { CheckedLedger } from '../../src/memory/index.js';
import type { RequestOptions } from '../../src/stream/contract.js';
import type { Transport } from '../../src/transport/contract.js';
import { tcp } from '../../src/transport/node/tcp.js';

const ledger = new CheckedLedger();
const closers: (() => Promise<unknown>)[] = [];
const content = Buffer.from(new Uint8Array(300_000).map((_, i) => i % 251));

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  ledger.assertQuiescent();
  expect(ledger.violations).toEqual([]);
});

/** What came through a pipe, when both ends have passed and it closed in order. */
function heard(pipe: Transport, onPiece: (piece: Uint8Array) => void, onEnd: () => void): Promise<Buffer> {
  return new Promise((done, failed) => {
    const room = { bytes: new Uint8Array(10_000), start: 0, end: 10_000 };
    const pieces: Uint8Array[] = [];
    pipe.open({
      opened() {},
      room: () => room,
      received(count) {
        const piece = room.bytes.slice(0, count);
        pieces.push(piece);
        onPiece(piece);
      },
      ended: onEnd,
      written() {},
      closed: (error) => (error === undefined ? done(Buffer.concat(pieces)) : failed(error)),
    });
  });
}

function echoes(pipe: Transport): void {
  const sendBack = (piece: Uint8Array): void => pipe.write([{ bytes: piece, start: 0, end: piece.length }]);
  void heard(pipe, sendBack, () => pipe.end());
}

function bytesOf(stream: ClientHttp2Stream): Promise<Buffer> {
  return new Promise((done, failed) => {
    const pieces: Buffer[] = [];
    stream.on('data', (piece: Buffer) => pieces.push(piece));
    stream.on('error', failed);
    stream.on('close', () => done(Buffer.concat(pieces)));
  });
}

test.each([
  ['CONNECT', { ':method': 'CONNECT', ':authority': 'a.test:1' }],
  [
    'extended CONNECT',
    {
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      ':scheme': 'http',
      ':authority': 'a.test',
      ':path': '/chat',
    },
  ],
])('node:http2 asks our server for a tunnel by %s, and sends ahead of the agreement', async (_name, head) => {
  let agree = (): void => {};
  const { promise: asked, resolve: isAsked } = promised();
  const server = await listen(
    tcp({ port: 0 }),
    h2(),
    (exchange) => {
      agree = () => exchange.upgrade(echoes);
      isAsked();
    },
    { ledger },
  );
  closers.push(() => server.close({ within: 1000 }));
  const session = connect(`http://127.0.0.1:${(server.address as AddressInfo).port}`);
  const settled = promised();
  session.on('remoteSettings', settled.resolve);
  await settled.promise;
  const stream = session.request(head);
  const echoed = bytesOf(stream);
  stream.write(content.subarray(0, 1000));
  await asked;
  agree();
  stream.end(content.subarray(1000));
  expect((await echoed).equals(content)).toBe(true);
  session.close();
});

test.each([
  ['CONNECT', { target: 'a.test:1' }],
  ['extended CONNECT, the first of its connection', { target: '/chat', protocol: 'websocket' }],
])('our client asks node:http2 for a tunnel by %s', async (_name, how) => {
  const asked: unknown[] = [];
  const server = createServer({ settings: { enableConnectProtocol: true } });
  server.on('stream', (stream, head) => {
    asked.push([head[':method'], head[':protocol']]);
    stream.respond({ ':status': 200 });
    stream.pipe(stream);
  });
  const port = await listening(server);
  const client = createClient(tcp({ host: '127.0.0.1', port }), h2(), { ledger, maxConnections: 1 });
  closers.push(() => client.close({ within: 1000 }));
  const options: RequestOptions = { method: 'CONNECT', authority: 'a.test', ...how };
  const echoed = new Promise<Buffer>((done, failed) => {
    client.request(options, {
      response: ({ status }) => failed(new Error(`answered with ${status}`)),
      failed,
      upgraded: (_head, pipe) => {
        done(
          heard(
            pipe,
            () => {},
            () => {},
          ),
        );
        pipe.write([{ bytes: content, start: 0, end: content.length }]);
        pipe.end();
      },
    });
  });
  expect((await echoed).equals(content)).toBe(true);
  expect(asked).toEqual([['CONNECT', 'protocol' in how ? how.protocol : undefined]]);
});

function promised(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

async function listening(server: Http2Server): Promise<number> {
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  closers.push(
    () =>
      new Promise<void>((done) => {
        server.close(() => done());
      }),
  );
  return (server.address() as AddressInfo).port;
}
