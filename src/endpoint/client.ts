/**
 * The client: requests go to connections that it opens, keeps and uses again. A connection is used again only while
 * its session says that it is idle and clean. A request that fails is reported, with whether it is safe to try again;
 * the client itself never does.
 *
 * This file does not know which transports it connects or what is spoken on them.
 */
import { type ClientResponse, type ExchangeOptions, exchange } from '../adapters/client-exchange.js';
import type { BodySource } from '../adapters/send-body.js';
import { MisuseError, UndercoatError } from '../errors.js';
import type { SlabPool } from '../memory/index.js';
import {
  callback,
  duration,
  having,
  limitRule,
  type OptionRules,
  optionalRule,
  readOptions,
  requireOption,
  timeRule,
} from '../options.js';
import type { ClientExchange, ClientSession, RequestOptions } from '../stream/contract.js';
import { requireListener } from '../stream/given.js';
import { requireAuthority, requireRequest } from '../stream/require-request.js';
import type { Timer } from '../transport/clock.js';
import type { Connectable, Transport } from '../transport/contract.js';
import type { Client, ClientListener, ClientOptions, PendingRequest } from './client-contract.js';
import { connectionLost, takenBack, tooManyWaiting, waitedTooLong } from './client-errors.js';
import { Connection } from './connection.js';
import type { ConnectionKeeper, ConnectionSettings } from './connection-settings.js';
import { connectionSettings, counting } from './endpoint-options.js';
import { h1 } from './h1.js';
import { type Closed, type CloseOptions, Keep, withinOf } from './keep.js';
import { LazyTimer } from './lazy-timer.js';
import { type Application, type Steps, sharesConnections } from './step.js';

type Own = Pick<Required<ClientOptions>, 'maxConnections' | 'maxWaiting' | 'waitTimeout'>;

const rules: OptionRules<Own & { readonly onError: ((error: unknown) => void) | undefined }> = {
  maxConnections: limitRule(8, 'OWN-8', 1),
  maxWaiting: limitRule(1024),
  waitTimeout: timeRule(30_000),
  onError: optionalRule(callback()),
};

export type { Client, ClientListener, ClientOptions, PendingRequest } from './client-contract.js';

const connectableKind = having<Connectable>('a transport that can be connected', 'connect');
const transportKind = having<Transport>('a transport', 'open', 'write', 'end', 'abort');

/**
 * A client of whoever `connectable` reaches. Nothing is connected before the first request.
 * @throws MisuseError for what cannot be connected, a stack that is none, or options that cannot work
 */
export function createClient(
  connectable: Connectable,
  stack: Steps = h1(),
  options: ClientOptions = {},
): Client {
  requireOption('connectable', connectable, connectableKind, 'option-value', 'LAY-1');
  return new PoolingClient(
    connectable,
    connectionSettings(connectable.platform, stack, 'client', options),
    options,
  );
}

/** A connection and the session that takes requests on it. */
interface Line {
  readonly connection: Connection;
  readonly session: ClientSession;
}

class Waiting implements PendingRequest {
  readonly options: RequestOptions;
  readonly listener: ClientListener;
  exchange: ClientExchange | undefined = undefined;
  /** When it has waited too long, on the clock's scale. */
  dueAt = Number.POSITIVE_INFINITY;
  private readonly client: PoolingClient;

  constructor(client: PoolingClient, options: RequestOptions, listener: ClientListener) {
    this.client = client;
    this.options = options;
    this.listener = listener;
  }

  abort(reason?: UndercoatError): void {
    if (this.exchange !== undefined) this.exchange.abort(reason);
    else this.client.withdraw(this, reason ?? takenBack());
  }
}

class PoolingClient implements Client, ConnectionKeeper<Connection> {
  readonly pool: SlabPool;
  private readonly connectable: Connectable;
  private readonly settings: ConnectionSettings;
  private readonly maxConnections: number;
  private readonly maxWaiting: number;
  private readonly waitTimeout: number;
  private readonly onError: ((error: unknown) => void) | undefined;
  private readonly keep: Keep;
  /** Each connection with the session that takes requests on it; null until that is there. */
  private readonly lines = new Map<Connection, Line | null>();
  /** Connections that have taken no request yet. */
  private readonly unused = new Set<Connection>();
  /** Requests share a connection (RFC 9113 §9.1); undefined until the first one tells. */
  private shares: boolean | undefined;
  /** Requests that wait for a connection, first come, first served. */
  private queue: Waiting[] = [];
  /** For the first of the queue: all wait equally long, so that nobody is due before him. */
  private readonly timer: LazyTimer;
  private scheduled = false;
  private closing = false;
  private readonly nextId: () => number;
  private readonly pump = (): void => {
    this.scheduled = false;
    this.serve();
  };

  constructor(connectable: Connectable, settings: ConnectionSettings, options: ClientOptions) {
    const { maxConnections, maxWaiting, waitTimeout, onError } = readOptions(rules, options);
    this.pool = settings.pool;
    this.connectable = connectable;
    this.settings = settings;
    this.maxConnections = maxConnections;
    this.maxWaiting = maxWaiting;
    this.waitTimeout = waitTimeout;
    this.onError = onError;
    this.shares = sharesConnections(settings.steps);
    this.keep = new Keep(settings.clock);
    this.timer = new LazyTimer(settings.clock, () => this.expire());
    this.nextId = options.nextId ?? counting();
  }

  get connections(): number {
    return this.keep.size;
  }

  get tunnels(): number {
    return this.keep.tunnelled;
  }

  get waiting(): number {
    return this.queue.length;
  }

  request(options: RequestOptions, listener: ClientListener): PendingRequest {
    if (this.closing) throw new MisuseError('client-closed', 'LAY-3', 'the client takes no more requests');
    requireAuthority(options);
    requireListener(listener);
    const request = new Waiting(this, options, listener);
    const line = this.queue.length === 0 ? this.free(options) : undefined;
    if (line !== undefined) {
      this.begin(request, line, false);
      return request;
    }
    if (this.queue.length >= this.maxWaiting) throw tooManyWaiting(this.maxWaiting);
    // Nothing is opened, and nobody waits, for what cannot be sent.
    requireRequest(options);
    request.dueAt = this.settings.clock.now() + this.waitTimeout;
    if (this.queue.push(request) === 1) this.timer.want(request.dueAt);
    // Where no connection can be opened for it, whichever takes requests again says so.
    if (this.keep.size < this.maxConnections) this.schedule();
    return request;
  }

  exchange(options: ExchangeOptions, body?: BodySource): Promise<ClientResponse> {
    return exchange(this, options, body);
  }

  after(milliseconds: number, told: () => void): Timer {
    requireOption('milliseconds', milliseconds, duration, 'limit-value', 'LAY-4');
    requireOption('callback', told, callback(), 'option-value', 'LAY-4');
    const { clock } = this.settings;
    return clock.at(clock.now() + milliseconds, told);
  }

  async close(options: CloseOptions = {}): Promise<Closed> {
    withinOf(options);
    this.closing = true;
    this.failWaiting();
    return this.keep.drain(options);
  }

  abort(): void {
    this.closing = true;
    this.failWaiting();
    this.keep.abort();
  }

  /** Takes a request out of the queue; its listener is told later. */
  withdraw(request: Waiting, reason: UndercoatError): void {
    const at = this.queue.indexOf(request);
    if (at < 0) return;
    this.queue.splice(at, 1);
    this.refuse(request, reason);
    this.rest();
  }

  tunnelled(connection: Connection): void {
    this.lines.delete(connection);
    this.unused.delete(connection);
    this.keep.tunnel(connection);
    this.schedule();
    this.rest();
  }

  closed(connection: Connection): void {
    const unused = this.unused.delete(connection);
    this.lines.delete(connection);
    this.keep.delete(connection);
    const { error } = connection;
    // It ended before it took a request: one of those who wait is told why, the others try again. So a peer that closes
    // every connection at once meets as many as there are requests, and no more.
    if (unused) {
      const first = this.queue.shift();
      if (first !== undefined) this.refuse(first, error ?? connectionLost());
    }
    // What application code threw in a callback is the cause of the reason why its connection ended.
    if (error?.fault === 'api-misuse' && error.cause !== undefined) this.threw(error.cause);
    this.schedule();
    this.rest();
  }

  threw(error: unknown): void {
    const { onError } = this;
    if (onError === undefined) return;
    try {
      onError(error);
    } catch (thrown) {
      this.settings.clock.defer(() => {
        throw thrown;
      });
    }
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.settings.clock.defer(this.pump);
  }

  /** Gives waiting requests to sessions that take them, and opens connections for the others. */
  private serve(): void {
    for (let first = this.queue[0]; first !== undefined; first = this.queue[0]) {
      const line = this.free(first.options);
      if (line === undefined) break;
      this.shares ??= line.session.available > 1;
      this.begin(this.queue.shift() as Waiting, line, true);
    }
    const [first] = this.queue;
    if (first === undefined) return;
    let opening = 0;
    for (const line of this.lines.values()) {
      if (line === null || line.session.awaits?.(first.options) === true) opening += 1;
    }
    // One that may take all who wait is waited for, before another one is opened beside it.
    const most = this.shares === false ? this.maxConnections : 1;
    while (opening < Math.min(most, this.queue.length) && this.keep.size < this.maxConnections) {
      if (this.connect()) opening += 1;
    }
  }

  /**
   * A session takes requests again, or never will. It says so as the last act of its turn: what waits begins in that
   * turn, and goes out with it.
   */
  private goOn(line: Line): void {
    for (let first = this.queue[0]; first !== undefined; first = this.queue[0]) {
      if (!takes(line, first.options)) break;
      this.begin(this.queue.shift() as Waiting, line, true);
    }
    if (this.queue.length > 0) this.schedule();
  }

  /** Whoever has waited too long waits no more. */
  private expire(): void {
    const now = this.settings.clock.now();
    for (let first = this.queue[0]; first !== undefined && first.dueAt <= now; first = this.queue[0]) {
      this.withdraw(first, waitedTooLong(this.waitTimeout));
    }
    this.timer.want(this.queue[0]?.dueAt ?? Number.POSITIVE_INFINITY);
  }

  /** With nobody waiting and no connection there is nothing that a timer may hold the process for. */
  private rest(): void {
    if (this.queue.length === 0 && this.keep.size === 0) this.timer.cancel();
  }

  private free(options: RequestOptions): Line | undefined {
    for (const line of this.lines.values()) if (line !== null && takes(line, options)) return line;
    return undefined;
  }

  private begin(request: Waiting, { connection, session }: Line, waited: boolean): void {
    const { listener } = request;
    let begun: ClientExchange;
    try {
      begun = session.request(request.options, listener);
    } catch (error) {
      // Whoever asked at once is told by the call.
      if (!waited) throw error;
      this.refuse(request, error instanceof UndercoatError ? error : connectionLost(error));
      return;
    }
    this.unused.delete(connection);
    request.exchange = begun;
    if (listener.begun === undefined) return;
    try {
      listener.begun(begun);
    } catch (error) {
      this.threw(error);
      begun.abort();
    }
  }

  /** Begins a connection; false when there is none to begin, which one of those who wait is told. */
  private connect(): boolean {
    const transport = this.transport();
    if (transport === undefined) return false;
    const application: Application = {
      role: 'client',
      report: (error) => this.threw(error),
      ready: (session) => {
        const line: Line = { connection, session };
        this.lines.set(connection, line);
        session.onAvailable = () => this.goOn(line);
        this.schedule();
      },
    };
    const connection = new Connection(transport, this.settings, application, this, this.nextId());
    this.lines.set(connection, null);
    this.unused.add(connection);
    this.keep.add(connection);
    connection.start();
    return true;
  }

  /** A fresh one. Code of somebody else's may throw in place of it; so each of those who wait may try it once. */
  private transport(): Transport | undefined {
    try {
      const transport = this.connectable.connect();
      requireOption('what connect() returns', transport, transportKind, 'option-value', 'LAY-1');
      return transport;
    } catch (error) {
      this.threw(error);
      this.refuse(this.queue.shift() as Waiting, connectionLost(error));
      this.rest();
      return undefined;
    }
  }

  private failWaiting(): void {
    const waiting = this.queue;
    this.queue = [];
    this.timer.cancel();
    for (const request of waiting) this.refuse(request, takenBack());
  }

  /** Told outside of whatever call found it out (OWN-9). Not a byte of it was sent. */
  private refuse(request: Waiting, error: UndercoatError): void {
    this.settings.clock.defer(() => {
      try {
        request.listener.failed(error, true);
      } catch (thrown) {
        this.threw(thrown);
      }
    });
  }
}

/** Whether a request may begin there now. */
function takes({ session }: Line, options: RequestOptions): boolean {
  return session.available > 0 && session.awaits?.(options) !== true;
}
