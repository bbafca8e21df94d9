// Both ends of production: a server and a client over the memory network, on one virtual clock, with one checked
// ledger under both. `run` goes on until nothing can happen without time moving; `finish` closes both ends and holds
// them to quiescence (OWN-7).
import {
  type Client,
  type ClientListener,
  type ClientOptions,
  createClient,
} from '../../src/endpoint/client.js';
import { h1 } from '../../src/endpoint/h1.js';
import type { Handler } from '../../src/endpoint/handler.js';
import { listen, type Server, type ServerOptions } from '../../src/endpoint/server.js';
import type { Steps } from '../../src/endpoint/step.js';
import type { UndercoatError } from '../../src/errors.js';
import { type CheckedLedger, SlabPool, type SlabPoolOptions } from '../../src/memory/index.js';
import type { ClientExchange, RequestOptions, ResponseHead } from '../../src/stream/contract.js';
import type { Transport } from '../../src/transport/contract.js';
import { type MemoryNetwork, memoryNetwork } from '../../src/transport/memory.js';
import { VirtualClock } from '../../src/transport/virtual-clock.js';
import { audited } from './audited.js';
import { Wire } from './wire.js';

export interface PairOptions {
  readonly handler: Handler;
  /** Default `h1()`. */
  readonly serverStack?: Steps;
  readonly clientStack?: Steps;
  readonly server?: ServerOptions;
  readonly client?: ClientOptions;
  /** One pool for both ends. */
  readonly memory?: SlabPoolOptions;
  /** Puts decorators on the accepted and on the connecting transports. */
  readonly decorate?: (transport: Transport, side: 'server' | 'client') => Transport;
}

/** What became of a request, as strings that outlive it. */
export interface Outcome {
  status: number | undefined;
  fields: Record<string, string>;
  body: string;
  trailers: Record<string, string>;
  informs: number[];
  /** The body came whole. */
  complete: boolean;
  failed: UndercoatError | undefined;
  retryable: boolean | undefined;
  /** True once nothing more can come. */
  over: boolean;
}

export class Pair {
  readonly clock: VirtualClock;
  readonly ledger: CheckedLedger;
  readonly pool: SlabPool;
  readonly network: MemoryNetwork;
  readonly server: Server;
  readonly client: Client;
  /** What `onError` of either end was told. */
  readonly errors: unknown[];

  constructor(base: Omit<Pair, 'run' | 'advance' | 'request' | 'wire' | 'finish'>) {
    this.clock = base.clock;
    this.ledger = base.ledger;
    this.pool = base.pool;
    this.network = base.network;
    this.server = base.server;
    this.client = base.client;
    this.errors = base.errors;
  }

  /** Runs all that can happen without time moving, promises included. */
  async run(): Promise<void> {
    await settle(this.clock);
  }

  /** Lets time pass. */
  async advance(ms: number): Promise<void> {
    await settle(this.clock);
    this.clock.advance(ms);
    await settle(this.clock);
  }

  /** Sends a request, with its body in the pieces given, and collects what comes back. */
  request(options: Partial<RequestOptions> = {}, pieces: readonly string[] = []): Outcome {
    return collect(this.client, { authority: 'pair.test', ...options }, pieces);
  }

  /** The far end of a connection to the server, for bytes that no client would send. */
  wire(): Wire {
    return new Wire(this.network.connectable('server').connect());
  }

  /** Ends both endpoints and asserts that nothing is held any more. Throws what was violated. */
  async finish(within = 1_000_000): Promise<void> {
    const closed = Promise.all([this.client.close({ within }), this.server.close({ within })]);
    await settle(this.clock);
    for (let i = 0; this.server.connections + this.client.connections + this.server.tunnels > 0; i++) {
      if (i === 100) throw new Error('connections do not end');
      this.clock.advance(within / 50);
      await settle(this.clock);
    }
    await closed;
    this.ledger.assertQuiescent();
    if (this.ledger.violations.length > 0) throw this.ledger.violations[0];
    if (this.pool.heldBytes !== 0 && this.ledger.retained.size === 0) {
      throw new Error(`${this.pool.heldBytes} bytes are held`);
    }
  }
}

/** Both ends, listening; nothing is connected yet. */
export async function createPair(options: PairOptions): Promise<Pair> {
  const clock = new VirtualClock({ maxSteps: 1_000_000 });
  const { ledger, audit } = audited();
  const pool = new SlabPool({ ledger, slabBytes: 4096, ...options.memory });
  const network = memoryNetwork(clock);
  const errors: unknown[] = [];
  const both = { pool, observer: audit, onError: (error: unknown) => void errors.push(error) };
  const { decorate = (transport: Transport) => transport } = options;
  const listenable = network.listenable('server');
  const server = await listen(
    { ...listenable, listen: (accept) => listenable.listen((it) => accept(decorate(it, 'server'))) },
    options.serverStack ?? h1(),
    options.handler,
    { ...both, ...options.server },
  );
  const connectable = network.connectable('server');
  const client = createClient(
    { ...connectable, connect: () => decorate(connectable.connect(), 'client') },
    options.clientStack ?? h1(),
    { ...both, ...options.client },
  );
  return new Pair({ clock, ledger, pool, network, server, client, errors });
}

/** Sends a request and collects what comes back. */
function collect(client: Client, options: RequestOptions, pieces: readonly string[]): Outcome {
  const outcome: Outcome = {
    status: undefined,
    fields: {},
    body: '',
    trailers: {},
    informs: [],
    complete: false,
    failed: undefined,
    retryable: undefined,
    over: false,
  };
  const end = (error: UndercoatError | undefined): void => {
    outcome.failed = error;
    outcome.over = true;
  };
  const listener: ClientListener = {
    begun: (exchange) => {
      for (const [index, piece] of pieces.entries()) {
        exchange.send(latin1Bytes(piece), index === pieces.length - 1);
      }
    },
    inform: (head) => void outcome.informs.push(head.status),
    response: (head, exchange) => {
      outcome.status = head.status;
      outcome.fields = fieldsOf(head);
      consume(exchange, outcome, end);
    },
    failed: (error, retryable) => {
      outcome.retryable = retryable;
      end(error);
    },
  };
  const body = pieces.length > 0 && options.end === undefined ? { end: false } : {};
  client.request({ ...options, ...body }, listener);
  return outcome;
}

function consume(
  exchange: ClientExchange,
  outcome: Outcome,
  end: (error: UndercoatError | undefined) => void,
): void {
  exchange.body.consume({
    data: (lease) => {
      outcome.body += String.fromCharCode(...lease.view());
      lease.release();
    },
    end: (trailers) => {
      for (const [name, value] of trailers ?? []) outcome.trailers[name.toLowerCase()] = value;
      outcome.complete = true;
      end(undefined);
    },
    failed: end,
  });
}

function fieldsOf(head: ResponseHead): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [name, value] of head.fields) fields[name.toLowerCase()] = value;
  return fields;
}

export function latin1Bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Deferred work of the clock and promise reactions, until neither is left. */
async function settle(clock: VirtualClock): Promise<void> {
  for (let quiet = 0; quiet < 32; ) {
    quiet = clock.run() > 0 ? 0 : quiet + 1;
    await undefined;
  }
}
