// A server in a process of its own, so that its processor time is its own: `serve.js KIND BODY_BYTES`. It says its
// port when it listens, answers `cpu` with what it has used so far, and ends when its parent does or says so.
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { createServer as createNetServer } from 'node:net';
import { h1 } from '../../../src/endpoint/h1.js';
import { h2 } from '../../../src/endpoint/h2.js';
import { listen } from '../../../src/endpoint/server.js';
import type { Stack } from '../../../src/endpoint/stack.js';
import { CheckedLedger, type Ledger } from '../../../src/memory/index.js';
import { tcp } from '../../../src/transport/node/tcp.js';
import { type FromServer, requestTo, type ToServer } from './protocol.js';

const [, , kind, bodyBytes] = process.argv;
const body = new Uint8Array(Number(bodyBytes)).fill(0x61);

const kinds: Record<string, () => Promise<number>> = {
  undercoat: () => undercoat(h1(), null),
  'undercoat-checked': () => undercoat(h1(), new CheckedLedger()),
  'undercoat-h2': () => undercoat(h2(), null),
  'undercoat-h2-checked': () => undercoat(h2(), new CheckedLedger()),
  'node-http': nodeHttp,
  'node-http2': nodeHttp2,
  'node-http2-compat': nodeHttp2Compat,
  'raw-net': rawNet,
};

async function undercoat(stack: Stack, ledger: Ledger | null): Promise<number> {
  const fields = [['Content-Type', 'text/plain']] as const;
  const server = await listen(
    tcp({ port: 0, host: '127.0.0.1' }),
    stack,
    (exchange) => {
      if (exchange.request.target !== '/') exchange.reply(404, undefined, new Uint8Array(0));
      else exchange.reply(200, fields, body);
    },
    { ledger },
  );
  return (server.address as unknown as AddressInfo).port;
}

function nodeHttp(): Promise<number> {
  const buffer = Buffer.from(body);
  const server = createHttpServer((incoming, outgoing) => {
    if (incoming.url !== '/') outgoing.statusCode = 404;
    outgoing.setHeader('Content-Type', 'text/plain');
    outgoing.end(buffer);
  });
  return listening(server);
}

/** The same answer as ours: nothing but its Content-Length is node's to add. */
function nodeHttp2(): Promise<number> {
  const buffer = Buffer.from(body);
  const server = createHttp2Server();
  server.on('stream', (stream, headers) => {
    stream.respond({
      ':status': headers[':path'] === '/' ? 200 : 404,
      'content-type': 'text/plain',
      'content-length': buffer.length,
    });
    stream.end(buffer);
  });
  return listening(server);
}

function nodeHttp2Compat(): Promise<number> {
  const buffer = Buffer.from(body);
  const server = createHttp2Server((incoming, outgoing) => {
    if (incoming.url !== '/') outgoing.statusCode = 404;
    outgoing.setHeader('Content-Type', 'text/plain');
    outgoing.setHeader('Content-Length', buffer.length);
    outgoing.end(buffer);
  });
  return listening(server);
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

/** Answers every so many octets, whatever they are: what sockets in JavaScript cost without HTTP. */
function rawNet(): Promise<number> {
  const head =
    `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: ${new Date().toUTCString()}\r\n` +
    `Content-Length: ${body.length}\r\n\r\n`;
  const answer = Buffer.concat([Buffer.from(head, 'latin1'), body]);
  let length = 0;
  const server = createNetServer({ noDelay: true }, (socket) => {
    let pending = 0;
    socket.on('data', (chunk) => {
      pending += chunk.length;
      const count = Math.floor(pending / length);
      pending -= count * length;
      if (count === 1) socket.write(answer);
      else if (count > 1) socket.write(Buffer.concat(new Array<Buffer>(count).fill(answer)));
    });
    socket.on('error', () => socket.destroy());
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      length = requestTo(port).length;
      resolve(port);
    });
  });
}

const say = (message: FromServer): void => {
  process.send?.(message);
};

const start = kinds[kind as string];
if (start === undefined) throw new Error(`there is no server ${kind}`);
process.on('disconnect', () => process.exit());
process.on('message', (message: ToServer) => {
  if (message === 'cpu') {
    const { user, system } = process.cpuUsage();
    say({ cpuMicroseconds: user + system });
  }
});
say({ port: await start() });
