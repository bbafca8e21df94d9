// One small exchange, over and over, both ends in this process: a GET with two fields, answered with 13 octets of
// text. The ways to do it: two bare sessions, two endpoints over the memory transport, node:http over a Duplex pair.
import { Agent, createServer, type RequestOptions as NodeRequest, request as nodeRequest } from 'node:http';
import { Duplex } from 'node:stream';
import { createClient } from '../../src/endpoint/client.js';
import { h1 } from '../../src/endpoint/h1.js';
import { listen } from '../../src/endpoint/server.js';
import type { Lease, Ledger } from '../../src/memory/index.js';
import type {
  BodyConsumer,
  RequestOptions,
  ResponseHead,
  ResponseListener,
  ServerExchange,
} from '../../src/stream/contract.js';
import { h1ClientSession } from '../../src/stream/h1-client.js';
import { h1ServerSession } from '../../src/stream/h1-server.js';
import { memoryNetwork } from '../../src/transport/memory.js';
import { platformClock } from '../../src/transport/node/clock.js';
import { nodeText } from '../../src/transport/node/text.js';
import type { Contestant } from './measure.js';
import { SessionDriver } from './session-driver.js';

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

/** A client session and a server session, wired to one another. */
export function sessionPair(name: string, ledger: Ledger | null = null): Contestant {
  const clientEnd = new SessionDriver(ledger);
  const serverEnd = new SessionDriver(ledger);
  serverEnd.start(h1ServerSession(serverEnd.context, {}, answerSmall));
  const client = h1ClientSession(clientEnd.context);
  clientEnd.start(client.session);
  const taker = new Taker(() => {});
  return {
    name,
    run(count: number): void {
      const before = taker.bodyBytes;
      for (taker.left = count; taker.left > 0; ) {
        client.request(asked, taker);
        clientEnd.turn();
        while (clientEnd.flush(serverEnd) || serverEnd.flush(clientEnd)) {}
      }
      if (taker.bodyBytes - before !== count * answer.length) throw new Error('answers are missing');
    },
  };
}

/** A client and a server over the memory transport, each with its connection, on the platform's clock. */
export async function endpointPair(name: string, ledger: Ledger | null = null): Promise<Contestant> {
  const network = memoryNetwork(platformClock, { text: nodeText });
  await listen(network.listenable('bench'), h1(), answerSmall, { ledger });
  const client = createClient(network.connectable('bench'), h1(), { maxConnections: 1, ledger });
  let done: () => void = () => {};
  const taker = new Taker(() => {
    if (taker.left > 0) client.request(asked, taker);
    else done();
  });
  return {
    name,
    async run(count: number): Promise<void> {
      const before = taker.bodyBytes;
      taker.left = count;
      await new Promise<void>((resolve) => {
        done = resolve;
        client.request(asked, taker);
      });
      if (taker.bodyBytes - before !== count * answer.length) throw new Error('answers are missing');
    },
  };
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

/** node:http's server and client on a pipe in memory, one connection, kept alive. */
export function nodeOverDuplex(name: string): Contestant {
  const server = createServer((incoming, outgoing) => {
    if (incoming.url === undefined) outgoing.destroy();
    outgoing.setHeader('Content-Type', 'text/plain');
    outgoing.end(text);
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const connect = (): Duplex => {
    const near = new PipeEnd();
    const far = new PipeEnd();
    near.peer = far;
    far.peer = near;
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
