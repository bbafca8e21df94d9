// H2 against node:http2 and http2-wrapper with no socket anywhere: their ends stand on our transports seen as streams.
import { once } from 'node:events';
import http2, { type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import http2Wrapper from 'http2-wrapper';
import { afterEach, describe, expect, test } from 'vitest';
import { collectBody } from '../../src/adapters/body.js';
import { createClient } from '../../src/endpoint/client.js';
import { h1 } from '../../src/endpoint/h1.js';
import { h2 } from '../../src/endpoint/h2.js';
import type { Handler } from '../../src/endpoint/handler.js';
import { listen } from '../../src/endpoint/server.js';
import { byAlpn, stack } from '../../src/endpoint/stack.js';
import type { Steps } from '../../src/endpoint/step.js';
import { CheckedLedger } from '../../src/memory/index.js';
import { memoryNetwork } from '../../src/transport/memory.js';
import { platformClock } from '../../src/transport/node/clock.js';
import { toDuplex } from '../../src/transport/node/duplex.js';
import { nodeText } from '../../src/transport/node/text.js';
import { tlsServer } from '../../src/transport/node/tls.js';
import { certificates } from '../support/certificates.js';

const ledger = new CheckedLedger();
const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  ledger.assertQuiescent();
  expect(ledger.violations).toEqual([]);
});

const content = new Uint8Array(200_000).map((_, i) => i % 253);
const echo: Handler = async (exchange) => {
  const bytes = await collectBody(exchange.body, 10_000_000);
  exchange.respond(200, [['target', exchange.request.target]]);
  exchange.send(bytes);
  exchange.end([['sum', String(bytes.length)]]);
};

/** A network, and a server of ours in it. */
async function network(steps: Steps): Promise<() => Duplex> {
  const net = memoryNetwork(platformClock, { text: nodeText });
  const server = await listen(net.listenable('here'), steps, echo, { ledger });
  closers.push(() => server.close({ within: 1000 }));
  return () => toDuplex(net.connectable('here').connect());
}

/** What came of a request: its status, and its body's length or content. */
async function answerOf(stream: ClientHttp2Stream): Promise<[status: number, target: unknown, body: Buffer]> {
  // At once: a stream that is over is read by nobody any more.
  const [[fields], body] = await Promise.all([once(stream, 'response'), buffer(stream)]);
  return [fields[':status'], fields['target'], body];
}

function sessionOver(duplex: Duplex): ClientHttp2Session {
  const session = http2.connect('http://memory.test', { createConnection: () => duplex });
  closers.push(
    () =>
      new Promise<void>((done) => {
        session.close(done);
      }),
  );
  return session;
}

test('node:http2 asks our server', async () => {
  const dial = await network(h2());
  const session = sessionOver(dial());
  const answers = Array.from({ length: 20 }, async (_, i) => {
    const stream = session.request({ ':path': `/${i}`, ':method': 'PUT' });
    stream.end(content.subarray(0, i * 10_000));
    const [status, target, body] = await answerOf(stream);
    expect([status, target, body.equals(content.subarray(0, i * 10_000))]).toEqual([200, `/${i}`, true]);
  });
  await Promise.all(answers);
});

test('our client asks node:http2', async () => {
  const net = memoryNetwork(platformClock, { text: nodeText });
  const server = http2.createServer((request, response) => {
    response.setHeader('target', request.url);
    request.pipe(response);
  });
  const listener = await net.listenable('there').listen((transport) => {
    server.emit('connection', toDuplex(transport));
  });
  closers.push(async () => listener.close());
  const client = createClient(net.connectable('there'), h2(), { ledger, maxConnections: 1 });
  closers.push(() => client.close({ within: 1000 }));
  const answers = Array.from({ length: 20 }, async (_, i) => {
    const sent = content.subarray(0, i * 10_000);
    const response = await client.exchange({ method: 'PUT', target: `/${i}`, authority: 'there' }, sent);
    const bytes = await response.bytes();
    expect([response.status, response.fields.get('target'), bytes.length]).toEqual([
      200,
      `/${i}`,
      sent.length,
    ]);
    expect(Buffer.from(bytes).equals(sent)).toBe(true);
  });
  await Promise.all(answers);
});

/** Asks by http2-wrapper, as node's `request` is asked. */
function ask(
  options: http2Wrapper.RequestOptions,
  path: string,
  body: Uint8Array,
): Promise<[number, string, Buffer]> {
  return new Promise((done, failed) => {
    const request = http2Wrapper.request(
      { ...options, hostname: 'localhost', path, method: 'PUT' },
      (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('end', () =>
          done([response.statusCode ?? 0, String(response.headers['target']), Buffer.concat(pieces)]),
        );
        response.on('error', failed);
      },
    );
    request.on('error', failed);
    request.end(Buffer.from(body));
  });
}

async function askMany(options: http2Wrapper.RequestOptions): Promise<void> {
  const answers = Array.from({ length: 15 }, async (_, i) => {
    const sent = content.subarray(0, i * 12_000);
    const [status, target, body] = await ask(options, `/${i}`, sent);
    expect([status, target, body.equals(sent)]).toEqual([200, `/${i}`, true]);
  });
  await Promise.all(answers);
}

describe('http2-wrapper', () => {
  test('many requests on one session over a pipe in memory', async () => {
    const dial = await network(h2());
    let dialled = 0;
    const session = sessionOver(dial());
    session.once('connect', () => {
      dialled += 1;
    });
    await askMany({ h2session: session });
    expect(dialled).toBe(1);
  });

  test('an agent for each transport, over TLS on a pipe in memory', async () => {
    const { ca, server: identity } = await certificates();
    const tls = tlsServer({ ...identity, alpn: ['h2', 'http/1.1'] });
    const dial = await network(stack(tls, byAlpn({ h2: h2(), 'http/1.1': h1() }, h1())));
    // Its pool tells agents apart by name and options, and not by what carries them.
    const sockets: TLSSocket[] = [];
    class Agent extends http2Wrapper.Agent {
      override async createConnection(): Promise<TLSSocket> {
        const socket = connectTls({ socket: dial(), servername: 'localhost', ca, ALPNProtocols: ['h2'] });
        sockets.push(socket);
        await once(socket, 'secureConnect');
        return socket;
      }
    }
    const agents = [new Agent(), new Agent()];
    for (const agent of agents) closers.push(async () => agent.destroy());
    await Promise.all(agents.map((agent) => askMany({ agent })));
    expect(sockets).toHaveLength(2);
    expect(sockets.map(({ alpnProtocol }) => alpnProtocol)).toEqual(['h2', 'h2']);
    const gone = sockets.map((socket) => once(socket, 'close'));
    for (const agent of agents) agent.destroy();
    await Promise.all(gone);
  });
});
