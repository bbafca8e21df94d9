// The stacks of the picture on real sockets, against ourselves, node:http and undici: sessions hand over to one
// another and to TLS in the middle of a connection, and nothing is held in the end.
import { randomBytes } from 'node:crypto';
import {
  createServer,
  Agent as NodeAgent,
  type Server as NodeServer,
  request as nodeRequest,
} from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { afterEach, expect, test } from 'vitest';
import { collectBody } from '../../src/adapters/body.js';
import { fetchHandler } from '../../src/adapters/fetch-handler.js';
import { nodeListener } from '../../src/adapters/node/listener.js';
import { type Client, type ClientOptions, createClient } from '../../src/endpoint/client.js';
import { h1 } from '../../src/endpoint/h1.js';
import type { Handler } from '../../src/endpoint/handler.js';
import { proxy, proxySend } from '../../src/endpoint/proxy.js';
import { listen, type Server, type ServerOptions } from '../../src/endpoint/server.js';
import { byAlpn, stack } from '../../src/endpoint/stack.js';
import type { Steps } from '../../src/endpoint/step.js';
import { CheckedLedger } from '../../src/memory/index.js';
import { proxyHeaderOf } from '../../src/session/proxy/sender.js';
import type { Connectable, Listenable } from '../../src/transport/contract.js';
import { tcp } from '../../src/transport/node/tcp.js';
import { tlsClient, tlsServer } from '../../src/transport/node/tls.js';
import { unix } from '../../src/transport/node/unix.js';
import { certificates } from '../support/certificates.js';
import { latin1Bytes } from '../support/pair.js';

const { ca, server: identity } = await certificates();
const ledger = new CheckedLedger();
const servers: Server[] = [];
const clients: Client[] = [];

async function serve(
  at: Listenable,
  steps: Steps,
  handler: Handler,
  options: ServerOptions = {},
): Promise<number> {
  const server = await listen(at, steps, handler, { ledger, ...options });
  servers.push(server);
  return 'port' in server.address ? server.address.port : 0;
}

function clientOf(at: Connectable, steps: Steps = h1(), options: ClientOptions = {}): Client {
  const client = createClient(at, steps, { ledger, ...options });
  clients.push(client);
  return client;
}

afterEach(async () => {
  await Promise.all([...clients.splice(0), ...servers.splice(0)].map((end) => end.close({ within: 1000 })));
  ledger.assertQuiescent();
  expect(ledger.violations).toEqual([]);
});

const echo: Handler = async (exchange) => {
  const bytes = await collectBody(exchange.body, 10_000_000);
  exchange.reply(200, [['Target', exchange.request.target]], bytes);
};

/** @returns the port */
async function listening(peer: NodeServer): Promise<number> {
  await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve));
  const address = peer.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Says what the connection knows of itself. */
const facts: Handler = (exchange) => {
  const { transport, proxy: said } = exchange.facts;
  const source = said?.source;
  const text = {
    transport: transport.kind,
    below: transport.below?.kind,
    alpn: transport.tls?.alpn,
    source: source !== undefined && 'address' in source ? source.address : source?.family,
  };
  exchange.reply(200, undefined, latin1Bytes(JSON.stringify(text)));
};

const from = proxyHeaderOf(
  1,
  { family: 'ipv4', address: '192.0.2.7', port: 4711 },
  { family: 'ipv4', address: '192.0.2.1', port: 443 },
);

test('PROXY, then TLS, then H1 by ALPN, over TCP: each in its place', async () => {
  const secure = tlsServer({ ...identity, alpn: ['http/1.1'] });
  const port = await serve(
    tcp({ port: 0 }),
    proxy({ trust: ['127.0.0.0/8', '::1/128'] })
      .then(secure)
      .then(byAlpn({ 'http/1.1': h1() }, h1())),
    facts,
  );
  const asking = tlsClient({ ca, servername: 'localhost', alpn: ['http/1.1'] });
  const client = clientOf(tcp({ port }), proxySend(from).then(asking).then(h1()));
  for (let i = 0; i < 2; i++) {
    const response = await client.exchange({ authority: 'localhost' });
    expect(JSON.parse(await response.text())).toEqual({
      transport: 'tls',
      below: 'tcp',
      alpn: 'http/1.1',
      source: '192.0.2.7',
    });
  }
  expect(client.connections).toBe(1);
});

test('a PROXY header and the TLS hello behind it in one segment: not a byte is lost', async () => {
  const port = await serve(
    tcp({ port: 0 }),
    stack(proxy({ trust: ['127.0.0.0/8', '::1/128'] }), tlsServer(identity), h1()),
    echo,
  );
  const asking = tlsClient({ ca, servername: 'localhost' });
  const client = clientOf(tcp({ port }), stack(proxySend(from), asking, h1()));
  const body = randomBytes(300_000);
  const response = await client.exchange({ authority: 'localhost', method: 'POST' }, body);
  expect(Buffer.compare(await response.bytes(), body)).toBe(0);
});

test('TLS from the first byte, and a client that does not trust it', async () => {
  const port = await serve(tcp({ port: 0 }), stack(tlsServer(identity)).then(h1()), echo);
  const trusting = clientOf(tcp({ port }), stack(tlsClient({ ca, servername: 'localhost' }), h1()));
  const response = await trusting.exchange({ authority: 'localhost', target: '/x' });
  expect(response.fields.get('target')).toBe('/x');
  response.discard();
  const doubting = clientOf(tcp({ port }), stack(tlsClient({ servername: 'localhost' }), h1()));
  await expect(doubting.exchange({ authority: 'localhost' })).rejects.toMatchObject({
    fault: 'transport-failed',
    retryable: true,
  });
});

test('PROXY version 2 over a Unix socket', async () => {
  const path = join(tmpdir(), `undercoat-${process.pid}-${randomBytes(4).toString('hex')}.sock`);
  await serve(unix({ path }), proxy({ trust: ['unix'], versions: 2 }).then(h1()), facts);
  const client = clientOf(unix({ path }), proxySend({ ...from, version: 2 }).then(h1()));
  const response = await client.exchange({ authority: 'localhost' });
  expect(JSON.parse(await response.text())).toEqual({ transport: 'unix', source: '192.0.2.7' });
});

test('a required PROXY header that is not there: closed without a byte', async () => {
  const port = await serve(tcp({ port: 0 }), proxy({ trust: ['127.0.0.0/8', '::1/128'] }).then(h1()), echo);
  const received = await new Promise<string>((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  });
  expect(received).toBe('');
});

test('node:http and undici as clients: keep-alive, large bodies, HEAD', async () => {
  let connections = new Set<unknown>();
  const port = await serve(tcp({ port: 0, host: '127.0.0.1' }), h1(), async (exchange) => {
    connections.add(JSON.stringify(exchange.facts.transport.remote));
    await echo(exchange);
  });
  const agent = new NodeAgent({ keepAlive: true, maxSockets: 1 });
  const body = randomBytes(1_000_000);
  const ask = (method: string): Promise<{ status: number | undefined; bytes: Buffer }> =>
    new Promise((resolve, reject) => {
      const outgoing = nodeRequest({ port, host: '127.0.0.1', method, agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve({ status: response.statusCode, bytes: Buffer.concat(chunks) }));
      });
      outgoing.on('error', reject);
      outgoing.end(method === 'POST' ? body : undefined);
    });
  expect(Buffer.compare((await ask('POST')).bytes, body)).toBe(0);
  expect(await ask('HEAD')).toMatchObject({ status: 200, bytes: Buffer.alloc(0) });
  expect(Buffer.compare((await ask('POST')).bytes, body)).toBe(0);
  expect(connections.size).toBe(1);
  agent.destroy();
  connections = new Set();
  const dispatcher = new Agent({ connections: 1, pipelining: 4 });
  const answers = await Promise.all(
    Array.from({ length: 8 }, async (_, i) => {
      const {
        statusCode,
        headers,
        body: content,
      } = await request(`http://127.0.0.1:${port}/${i}`, {
        dispatcher,
      });
      await content.dump();
      return [statusCode, headers['target']];
    }),
  );
  expect(answers).toEqual(Array.from({ length: 8 }, (_, i) => [200, `/${i}`]));
  expect(connections.size).toBe(1);
  await dispatcher.close();
});

test('node:http as the server: bodies both ways, chunked, its keep-alive used again', async () => {
  const sockets = new Set<unknown>();
  const peer: NodeServer = createServer((req, res) => {
    sockets.add(req.socket);
    res.setHeader('Trailer', 'Length');
    let length = 0;
    req.on('data', (chunk: Buffer) => {
      length += chunk.length;
      res.write(chunk);
    });
    req.on('end', () => {
      res.addTrailers({ Length: String(length) });
      res.end();
    });
  });
  const port = await listening(peer);
  const client = clientOf(tcp({ port, host: '127.0.0.1' }));
  async function* pieces() {
    for (let i = 0; i < 50; i++) yield randomBytes(20_000);
  }
  for (let i = 0; i < 3; i++) {
    const response = await client.exchange({ authority: 'localhost', method: 'PUT' }, pieces());
    expect((await response.bytes()).length).toBe(1_000_000);
    expect(response.trailers?.get('length')).toBe('1000000');
  }
  expect(sockets.size).toBe(1);
  await client.close();
  peer.close();
});

test('fetch-style and node:http-style handlers over TCP', async () => {
  const web = await serve(
    tcp({ port: 0, host: '127.0.0.1' }),
    h1(),
    fetchHandler((incoming) => new Response(incoming.body, { status: 202 })),
  );
  const node = await serve(
    tcp({ port: 0, host: '127.0.0.1' }),
    h1(),
    nodeListener((req, res) => {
      expect(req.socket.remoteAddress).toBe('127.0.0.1');
      req.pipe(res);
    }),
  );
  const body = randomBytes(700_000);
  for (const port of [web, node]) {
    const client = clientOf(tcp({ port, host: '127.0.0.1' }));
    const response = await client.exchange({ authority: 'localhost', method: 'POST' }, body);
    expect(Buffer.compare(await response.bytes(), body)).toBe(0);
  }
});

test('what fetch and node:http gave of an upstream of node:http is handed on', async () => {
  const upstream = createServer((_req, res) => {
    res.writeHead(200, { Connection: 'keep-alive, X-Hop', 'X-Hop': '1', 'X-End': '2' });
    res.write('one ');
    res.end('two');
  });
  const at = await listening(upstream);
  const web = await serve(
    tcp({ port: 0, host: '127.0.0.1' }),
    h1(),
    fetchHandler(() => fetch(`http://127.0.0.1:${at}/`)),
  );
  const node = await serve(
    tcp({ port: 0, host: '127.0.0.1' }),
    h1(),
    nodeListener((_req, res) => {
      nodeRequest({ port: at, host: '127.0.0.1' }, (answer) => {
        res.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(res);
      }).end();
    }),
  );
  for (const port of [web, node]) {
    const client = clientOf(tcp({ port, host: '127.0.0.1' }));
    const response = await client.exchange({ authority: 'localhost' });
    expect(response.status).toBe(200);
    expect(response.fields.get('x-end')).toBe('2');
    expect(response.fields.has('x-hop')).toBe(false);
    expect(await response.text()).toBe('one two');
  }
  upstream.closeAllConnections();
  upstream.close();
});

test('a connection that is refused is told to whoever waits for it, and may be tried again', async () => {
  const port = await serve(tcp({ port: 0, host: '127.0.0.1' }), h1(), echo);
  await servers.pop()?.close();
  const client = clientOf(tcp({ port, host: '127.0.0.1' }));
  await expect(client.exchange({ authority: 'localhost' })).rejects.toMatchObject({
    fault: 'transport-failed',
    retryable: true,
  });
});
