// H1 against clients and servers that are not ours: node:http at either end of a pipe in memory, and undici over TLS and
// on a Duplex of ours.
import {
  createServer,
  type IncomingMessage,
  Agent as NodeAgent,
  request as nodeRequest,
  type RequestOptions,
} from 'node:http';
import type { Duplex } from 'node:stream';
import { Agent, request } from 'undici';
import { afterEach, expect, test } from 'vitest';
import { collectBody } from '../../src/adapters/body.js';
import { createClient } from '../../src/endpoint/client.js';
import { h1 } from '../../src/endpoint/h1.js';
import type { Handler } from '../../src/endpoint/handler.js';
import { listen, type Server } from '../../src/endpoint/server.js';
import { stack } from '../../src/endpoint/stack.js';
import type { Steps } from '../../src/endpoint/step.js';
import { CheckedLedger } from '../../src/memory/index.js';
import type { Listenable } from '../../src/transport/contract.js';
import { memoryNetwork } from '../../src/transport/memory.js';
import { platformClock } from '../../src/transport/node/clock.js';
import { toDuplex } from '../../src/transport/node/duplex.js';
import { tcp } from '../../src/transport/node/tcp.js';
import { tlsServer } from '../../src/transport/node/tls.js';
import { certificates } from '../support/certificates.js';

const ledger = new CheckedLedger();
const ends: { close(options: { within: number }): Promise<unknown> }[] = [];

afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end.close({ within: 1000 })));
  ledger.assertQuiescent();
  expect(ledger.violations).toEqual([]);
});

const large = Buffer.alloc(500_000, 'abcdefghijk');
let connections = 0;

/** Gives a body back in pieces, chunked, with a trailer that says how long it was. */
const echo: Handler = async (exchange) => {
  const { method, fields } = exchange.request;
  const bytes = await collectBody(exchange.body, 10_000_000);
  const said: [string, string][] = [
    ['Trailer', 'Length'],
    ['Said', fields.get('expect') ?? 'nothing'],
  ];
  if (method === 'HEAD') {
    exchange.respond(200, said, { length: 77, end: true });
    return;
  }
  exchange.respond(200, said);
  exchange.send(bytes.subarray(0, 100));
  exchange.send(bytes.subarray(100));
  exchange.end([['Length', String(bytes.length)]]);
};

async function serve(at: Listenable, steps: Steps = h1()): Promise<Server> {
  const server = await listen(at, steps, echo, { ledger });
  ends.push(server);
  return server;
}

/** Our server, and a way to it as a stream of Node's. */
async function onMemory(): Promise<() => Duplex> {
  const network = memoryNetwork(platformClock);
  await serve(network.listenable('server'));
  connections = 0;
  return () => {
    connections += 1;
    return toDuplex(network.connectable('server').connect());
  };
}

interface Got {
  readonly answer: IncomingMessage;
  readonly body: Buffer;
  readonly continued: boolean;
}

/** With a body that is sent when the server asks for it, if it is expected to. */
function ask(options: RequestOptions, body: Buffer | undefined): Promise<Got> {
  return new Promise((resolve, reject) => {
    let continued = false;
    const asking = nodeRequest(options, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () => resolve({ answer, body: Buffer.concat(parts), continued }));
      answer.on('error', reject);
    });
    asking.on('error', reject);
    asking.on('continue', () => {
      continued = true;
      asking.end(body);
    });
    if (asking.getHeader('Expect') === undefined) asking.end(body);
    else asking.flushHeaders();
  });
}

test('a client of node:http and our server, on one connection in memory', async () => {
  const connect = await onMemory();
  class OnMemory extends NodeAgent {
    override createConnection(): Duplex {
      return connect();
    }
  }
  const agent = new OnMemory({ keepAlive: true, maxSockets: 1 });
  const host = 'localhost';
  const posted = await ask({ agent, host, method: 'POST' }, large);
  expect(posted.body.equals(large)).toBe(true);
  expect(posted.answer.trailers).toEqual({ length: String(large.length) });
  const expecting = { agent, host, method: 'PUT', headers: { Expect: '100-continue' } };
  const put = await ask(expecting, Buffer.from('small'));
  expect(put.continued).toBe(true);
  expect(put.answer.headers['said']).toBe('100-continue');
  expect(put.body.toString()).toBe('small');
  const head = await ask({ agent, host, method: 'HEAD' }, undefined);
  expect(head.answer.headers['content-length']).toBe('77');
  expect(head.body.length).toBe(0);
  expect(connections).toBe(1);
  agent.destroy();
});

test('our client and a server of node:http, on one connection in memory', async () => {
  const network = memoryNetwork(platformClock);
  let accepted = 0;
  const peer = createServer((req, res) => {
    const trailer = req.method === 'HEAD' ? {} : { Trailer: 'Length' };
    res.writeHead(200, { ...trailer, Said: req.headers.expect ?? 'nothing' });
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
  const listener = await network.listenable('peer').listen((transport) => {
    accepted += 1;
    peer.emit('connection', toDuplex(transport));
  });
  const client = createClient(network.connectable('peer'), h1(), { ledger, maxConnections: 1 });
  ends.push(client);
  const posted = await client.exchange({ authority: 'localhost', method: 'POST' }, large);
  expect(Buffer.from(await posted.bytes()).equals(large)).toBe(true);
  expect(posted.trailers?.get('length')).toBe(String(large.length));
  const put = { authority: 'localhost', method: 'PUT', expectContinue: true, continueTimeout: 1e9 };
  const expected = await client.exchange(put, ['one ', 'two']);
  expect(expected.fields.get('said')).toBe('100-continue');
  expect(await expected.text()).toBe('one two');
  const head = await client.exchange({ authority: 'localhost', method: 'HEAD' });
  expect(await head.text()).toBe('');
  expect(accepted).toBe(1);
  await listener.close();
});

test('undici and our server, on a Duplex in memory', async () => {
  const connect = await onMemory();
  const dispatcher = new Agent({
    connections: 1,
    // It takes a connection that is there at once for none: its callback is called later.
    connect: (_options, callback) => {
      const stream = connect();
      setImmediate(() => callback(null, stream as never));
    },
  });
  for (const body of [large, Buffer.from('small')]) {
    const answer = await request('http://localhost/', { dispatcher, method: 'POST', body });
    expect(answer.statusCode).toBe(200);
    expect(Buffer.from(await answer.body.arrayBuffer()).equals(body)).toBe(true);
    expect(answer.trailers).toEqual({ length: String(body.length) });
  }
  expect(connections).toBe(1);
  await dispatcher.close();
});

test('undici and our server, over TLS', async () => {
  const { ca, server: identity } = await certificates();
  const steps = stack(tlsServer({ ...identity, alpn: ['http/1.1'] }), h1());
  const server = await serve(tcp({ port: 0, host: '127.0.0.1' }), steps);
  const port = 'port' in server.address ? server.address.port : 0;
  const dispatcher = new Agent({ connections: 1, connect: { ca, servername: 'localhost' } });
  for (const body of [large, Buffer.from('small')]) {
    const answer = await request(`https://127.0.0.1:${port}/`, { dispatcher, method: 'POST', body });
    expect(answer.statusCode).toBe(200);
    expect(Buffer.from(await answer.body.arrayBuffer()).equals(body)).toBe(true);
    expect(answer.trailers).toEqual({ length: String(body.length) });
  }
  expect(server.connections).toBe(1);
  await dispatcher.close();
});
