// H2 against node:http2, both ways, over TCP and over TLS with ALPN; and H1 and H2 on one port by the preface.
import { request as nodeRequest } from 'node:http';
import {
  type ClientHttp2Session,
  connect,
  createSecureServer,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { collectBody } from '../../src/adapters/body.js';
import { type Client, createClient } from '../../src/endpoint/client.js';
import { h1 } from '../../src/endpoint/h1.js';
import { byPreface, h2 } from '../../src/endpoint/h2.js';
import type { Handler } from '../../src/endpoint/handler.js';
import { listen, type Server } from '../../src/endpoint/server.js';
import { byAlpn, stack } from '../../src/endpoint/stack.js';
import type { Steps } from '../../src/endpoint/step.js';
import { CheckedLedger } from '../../src/memory/index.js';
import { tcp } from '../../src/transport/node/tcp.js';
import { tlsClient, tlsServer } from '../../src/transport/node/tls.js';
import { certificates } from '../support/certificates.js';

const { ca, server: identity } = await certificates();
const ledger = new CheckedLedger();
const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  ledger.assertQuiescent();
  expect(ledger.violations).toEqual([]);
});

async function serve(steps: Steps, handler: Handler): Promise<number> {
  const server: Server = await listen(tcp({ port: 0 }), steps, handler, { ledger });
  closers.push(() => server.close({ within: 1000 }));
  return (server.address as { port: number }).port;
}

function clientOf(port: number, steps: Steps): Client {
  const client = createClient(tcp({ host: '127.0.0.1', port }), steps, { ledger, maxConnections: 1 });
  closers.push(() => client.close({ within: 1000 }));
  return client;
}

const echo: Handler = async (exchange) => {
  const bytes = await collectBody(exchange.body, 10_000_000);
  exchange.respond(200, [['target', exchange.request.target]]);
  exchange.send(bytes);
  exchange.end([['sum', String(bytes.length)]]);
};

const content = new Uint8Array(300_000).map((_, i) => i % 251);

/** One request of node's. */
function ask(session: ClientHttp2Session, path: string, body?: Uint8Array) {
  return new Promise<{ status: number; target: string; bytes: Buffer; sum: string }>((done, failed) => {
    const stream = session.request(
      body === undefined ? { ':path': path } : { ':path': path, ':method': 'PUT' },
      { endStream: body === undefined },
    );
    const pieces: Buffer[] = [];
    let head: IncomingHttpHeaders & { ':status'?: number | undefined } = {};
    let trailers: IncomingHttpHeaders = {};
    stream.on('response', (fields) => {
      head = fields;
    });
    stream.on('trailers', (fields) => {
      trailers = fields;
    });
    stream.on('data', (piece: Buffer) => pieces.push(piece));
    stream.on('error', failed);
    stream.on('end', () =>
      done({
        status: head[':status'] ?? 0,
        target: String(head['target']),
        bytes: Buffer.concat(pieces),
        sum: String(trailers['sum']),
      }),
    );
    if (body !== undefined) stream.end(body);
  });
}

async function askAll(session: ClientHttp2Session): Promise<void> {
  closers.push(
    () =>
      new Promise<void>((done) => {
        session.close(done);
      }),
  );
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => ask(session, `/${i}`, i % 2 === 0 ? content : undefined)),
  );
  for (const [i, { status, target, bytes, sum }] of answers.entries()) {
    expect([status, target, sum]).toEqual([200, `/${i}`, i % 2 === 0 ? '300000' : '0']);
    expect(bytes.equals(i % 2 === 0 ? content : new Uint8Array(0))).toBe(true);
  }
}

test('node:http2 asks our server over TCP', async () => {
  const port = await serve(h2(), echo);
  await askAll(connect(`http://127.0.0.1:${port}`));
});

const byName = byAlpn({ h2: h2(), 'http/1.1': h1() }, h1());

test('node:http2 asks our server over TLS, by ALPN', async () => {
  const tls = tlsServer({ ...identity, alpn: ['h2', 'http/1.1'] });
  const port = await serve(stack(tls, byName), echo);
  await askAll(connect(`https://localhost:${port}`, { ca }));
});

test('both are told apart on one port by what comes first', async () => {
  const port = await serve(byPreface({ h1: h1(), h2: h2() }), echo);
  const status = new Promise((done, failed) => {
    nodeRequest({ port, path: '/old' }, (response) => {
      response.resume();
      response.on('end', () => done([response.httpVersion, response.headers['target']]));
    })
      .on('error', failed)
      .end();
  });
  expect(await status).toEqual(['1.1', '/old']);
  await askAll(connect(`http://127.0.0.1:${port}`));
});

/** A server of node's that echoes, with trailers. */
async function nodeServer(server: Http2Server): Promise<number> {
  server.on('stream', (stream, fields) => {
    const pieces: Buffer[] = [];
    stream.on('data', (piece: Buffer) => pieces.push(piece));
    stream.on('end', () => {
      const bytes = Buffer.concat(pieces);
      const head: OutgoingHttpHeaders = { ':status': 200, target: fields[':path'] ?? '' };
      stream.respond(head, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ sum: String(bytes.length) }));
      stream.end(bytes);
    });
  });
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

async function askNode(client: Client): Promise<void> {
  const answers = Array.from({ length: 20 }, async (_, i) => {
    const body = i % 2 === 0 ? content : undefined;
    const response = await client.exchange(
      { method: body ? 'PUT' : 'GET', target: `/${i}`, authority: 'localhost' },
      body,
    );
    const bytes = await response.bytes();
    expect([response.status, response.fields.get('target'), bytes.length]).toEqual([
      200,
      `/${i}`,
      body?.length ?? 0,
    ]);
    expect(Buffer.from(bytes).equals(body ?? new Uint8Array(0))).toBe(true);
  });
  await Promise.all(answers);
  expect(client.connections).toBe(1);
}

test('our client asks node:http2 over TCP', async () => {
  const port = await nodeServer(createServer());
  await askNode(clientOf(port, h2()));
});

test('our client asks node:http2 over TLS, by ALPN', async () => {
  const port = await nodeServer(createSecureServer({ key: identity.key, cert: identity.cert }));
  const tls = tlsClient({ ca, servername: 'localhost', alpn: ['h2', 'http/1.1'] });
  await askNode(clientOf(port, stack(tls, byName)));
});

test('a request that node breaks off takes no other along', async () => {
  const open = new Set<unknown>();
  const port = await serve(h2(), (exchange) => {
    if (exchange.request.target === '/slow') {
      open.add(exchange);
      exchange.onClosed = () => open.delete(exchange);
      return;
    }
    return echo(exchange);
  });
  const session = connect(`http://127.0.0.1:${port}`);
  const slow = session.request({ ':path': '/slow' });
  slow.on('error', () => {});
  const whole = ask(session, '/1', content);
  await ask(session, '/0');
  expect(open.size).toBe(1);
  slow.close(8);
  expect((await whole).bytes.length).toBe(300_000);
  await ask(session, '/2');
  expect(open.size).toBe(0);
  await askAll(session);
});
