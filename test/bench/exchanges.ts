// One small exchange, over and over, both ends in this process: a GET with two fields, answered with 13 octets of
// text, their length, their type and the date. The ways to do it: two bare sessions, two endpoints over the memory
// transport, node:http over a Duplex pair, and the same for H2, with many exchanges at a time.
import { Agent, createServer, type RequestOptions as NodeRequest, request as nodeRequest } from 'node:http';
import {
  type ClientHttp2Stream,
  connect as connectHttp2,
  createServer as createHttp2Server,
} from 'node:http2';
import { Duplex } from 'node:stream';
import { createClient } from '../../src/endpoint/client.js';
import { h1 } from '../../src/endpoint/h1.js';
import { h2 } from '../../src/endpoint/h2.js';
import { listen } from '../../src/endpoint/server.js';
import type { Stack } from '../../src/endpoint/stack.js';
import type { Application } from '../../src/endpoint/step.js';
import type { Lease, Ledger } from '../../src/memory/index.js';
import type { Session } from '../../src/session/contract.js';
import type {
  BodyConsumer,
  ClientSession,
  RequestOptions,
  ResponseHead,
  ResponseListener,
  ServerExchange,
} from '../../src/stream/contract.js';
import { memoryNetwork } from '../../src/transport/memory.js';
import { platformWith } from '../../src/transport/node/platform.js';
import type { Contestant } from './measure.js';
import { SessionDriver } from './session-driver.js';

/** Two ends of a connection are a lot of code: before this much processor time not all that is hot is compiled. */
export const exchangeWarmUpMs = 2500;

const platform = platformWith(undefined);
const { httpDate } = platform;
const text = 'Hello, world!';
const answer = Uint8Array.from(text, (c) => c.charCodeAt(0));
const answerFields = [['Content-Type', 'text/plain']] as const;
const asked: RequestOptions = {
  target: '/index.html',
  authority: 'www.example.com',
  fields: [['Accept', '*/*']],
};

/** The handler of both our servers here. */
function answerSmall(exchange: ServerExchange): void {
  if (exchange.request.target.length === 0) exchange.abort();
  else exchange.reply(200, answerFields, answer);
}

/** Takes responses one after the other; `next` is called after each. */
class Taker implements ResponseListener, BodyConsumer {
  left: number;
  bodyBytes: number;
  private readonly next: () => void;

  constructor(next: () => void) {
    this.left = 0;
    this.bodyBytes = 0;
    this.next = next;
  }

  response(head: ResponseHead, exchange: { readonly body: { consume(consumer: BodyConsumer): void } }): void {
    if (head.status !== 200) throw new Error(`the answer is ${head.status}`);
    exchange.body.consume(this);
  }

  data(lease: Lease): void {
    this.bodyBytes += lease.length;
    lease.release();
  }

  end(): void {
    this.left -= 1;
    this.next();
  }

  failed(error: Error): void {
    throw error;
  }
}

/** `depth` exchanges at a time between two bare sessions, wired to one another. */
function sessions(name: string, ledger: Ledger | null, depth: number, stack: () => Stack): Contestant {
  const clientEnd = new SessionDriver(ledger);
  const serverEnd = new SessionDriver(ledger);
  let client: ClientSession | undefined;
  serverEnd.start(sessionOf(stack(), serverEnd, { role: 'server', exchange: answerSmall, httpDate }));
  const ready = (session: ClientSession): void => {
    client = session;
  };
  clientEnd.start(sessionOf(stack(), clientEnd, { role: 'client', ready }));
  const pass = (): void => {
    while (clientEnd.flush(serverEnd) || serverEnd.flush(clientEnd)) {}
  };
  pass();
  const taker = new Taker(() => {});
  return {
    name,
    run(count: number): void {
      const asking = client as ClientSession;
      const before = taker.bodyBytes;
      for (taker.left = count; taker.left > 0; ) {
        for (let i = Math.min(depth, taker.left); i > 0; i--) asking.request(asked, taker);
        clientEnd.turn();
        pass();
      }
      if (taker.bodyBytes - before !== count * answer.length) throw new Error('answers are missing');
    },
  };
}

/** The session of a stack that has no other step. */
function sessionOf({ steps }: Stack, { context }: SessionDriver, application: Application): Session {
  const [step] = steps;
  if (step?.kind !== 'session') throw new Error('the stack begins with no session');
  return step.start(context, application);
}

/** An H1 client session and a server session. */
export function sessionPair(name: string, ledger: Ledger | null = null): Contestant {
  return sessions(name, ledger, 1, h1);
}

/** An H2 client session and a server session. */
export function h2SessionPair(name: string, depth: number, ledger: Ledger | null = null): Contestant {
  return sessions(name, ledger, depth, h2);
}

/** `depth` exchanges at a time of a client and a server over the memory transport, on the platform's clock. */
async function endpoints(
  name: string,
  ledger: Ledger | null,
  depth: number,
  stack: () => Stack,
): Promise<Contestant> {
  const network = memoryNetwork(platform.clock, { text: platform.text });
  // With the platform's calendar, so that answers have a date, as on a socket.
  await listen({ ...network.listenable('bench'), platform }, stack(), answerSmall, { ledger });
  const client = createClient(network.connectable('bench'), stack(), { maxConnections: 1, ledger });
  let done: () => void = () => {};
  let unasked = 0;
  const ask = (): void => {
    unasked -= 1;
    client.request(asked, taker);
  };
  const taker = new Taker(() => {
    if (unasked > 0) ask();
    else if (taker.left === 0) done();
  });
  return {
    name,
    async run(count: number): Promise<void> {
      const before = taker.bodyBytes;
      taker.left = count;
      unasked = count;
      await new Promise<void>((resolve) => {
        done = resolve;
        for (let i = Math.min(depth, count); i > 0; i--) ask();
      });
      if (taker.bodyBytes - before !== count * answer.length) throw new Error('answers are missing');
    },
  };
}

/** A client and a server, each with its connection, that speak H1. */
export function endpointPair(name: string, ledger: Ledger | null = null): Promise<Contestant> {
  return endpoints(name, ledger, 1, h1);
}

/** The same for H2. */
export function h2EndpointPair(
  name: string,
  depth: number,
  ledger: Ledger | null = null,
): Promise<Contestant> {
  return endpoints(name, ledger, depth, h2);
}

/** One end of a pipe between two Duplex streams. */
class PipeEnd extends Duplex {
  peer: PipeEnd | undefined = undefined;
  private resume_: (() => void) | undefined = undefined;

  override _read(): void {
    const resume = this.resume_;
    this.resume_ = undefined;
    resume?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    const { peer } = this;
    if (peer === undefined || peer.push(chunk)) callback();
    else peer.resume_ = callback;
  }

  /** node:http asks for these of a socket. */
  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}

function pipe(): [near: PipeEnd, far: PipeEnd] {
  const near = new PipeEnd();
  const far = new PipeEnd();
  near.peer = far;
  far.peer = near;
  return [near, far];
}

/** node:http's server and client on a pipe in memory, one connection, kept alive. */
export function nodeOverDuplex(name: string): Contestant {
  const server = createServer((incoming, outgoing) => {
    if (incoming.url === undefined) outgoing.destroy();
    outgoing.setHeader('Content-Type', 'text/plain');
    outgoing.end(text);
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const connect = (): Duplex => {
    const [near, far] = pipe();
    server.emit('connection', far);
    return near;
  };
  const options: NodeRequest = {
    agent,
    host: 'www.example.com',
    path: '/index.html',
    headers: { Accept: '*/*' },
  };
  Object.assign(agent, { createConnection: connect });
  const exchange = (done: (bytes: number) => void): void => {
    const sent = nodeRequest(options, (incoming) => {
      let bytes = 0;
      incoming.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      incoming.on('end', () => done(bytes));
    });
    sent.end();
  };
  return {
    name,
    run(count: number): Promise<void> {
      let left = count;
      return new Promise((resolve, reject) => {
        const next = (bytes: number): void => {
          if (bytes !== text.length) reject(new Error('the answer is not whole'));
          else if (--left === 0) resolve();
          else exchange(next);
        };
        exchange(next);
      });
    },
  };
}

/** node:http2's stream API on a pipe in memory, `depth` exchanges at a time. */
export function nodeHttp2OverDuplex(name: string, depth: number): Contestant {
  const [near, far] = pipe();
  const server = createHttp2Server();
  server.on('stream', (stream, headers) => {
    if (headers[':path'] === undefined) stream.destroy();
    stream.respond({ ':status': 200, 'content-type': 'text/plain' });
    stream.end(text);
  });
  server.emit('connection', far);
  const session = connectHttp2('http://www.example.com', { createConnection: () => near });
  const request = { ':path': '/index.html', accept: '*/*' };
  const exchange = (done: (bytes: number) => void): void => {
    const stream: ClientHttp2Stream = session.request(request);
    let bytes = 0;
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    stream.on('end', () => done(bytes));
  };
  return {
    name,
    run(count: number): Promise<void> {
      let left = count;
      let unasked = count;
      return new Promise((resolve, reject) => {
        const next = (bytes: number): void => {
          if (bytes !== text.length) reject(new Error('the answer is not whole'));
          left -= 1;
          if (unasked > 0) ask();
          else if (left === 0) resolve();
        };
        const ask = (): void => {
          unasked -= 1;
          exchange(next);
        };
        for (let i = Math.min(depth, count); i > 0; i--) ask();
      });
    },
  };
}
