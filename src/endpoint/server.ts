/**
 * The server: accepts transports, gives each one a connection with the stack on it, and its exchanges to the handler.
 *
 * `await listen(tcp({ port: 0 }), proxy({ trust: ['127.0.0.0/8'] }).then(h1()), handler)`
 *
 * This file does not know which transports are accepted or what is spoken on them.
 */
import { answerAbort, LimitError, MisuseError, UndercoatError } from '../errors.js';
import type { SlabPool } from '../memory/index.js';
import {
  callback,
  having,
  limitRule,
  type OptionRules,
  optionalRule,
  readOptions,
  requireOption,
} from '../options.js';
import type { Listenable, Listener, Transport } from '../transport/contract.js';
import type { Address } from '../transport/facts.js';
import { Connection } from './connection.js';
import type { ConnectionKeeper, ConnectionSettings } from './connection-settings.js';
import { connectionSettings, counting, type EndpointOptions } from './endpoint-options.js';
import { type ErrorReport, type Handler, serverListener } from './handler.js';
import { type Closed, type CloseOptions, Keep, withinOf } from './keep.js';
import type { Application, Steps } from './step.js';

export interface ServerOptions extends EndpointOptions {
  /**
   * Most connections at a time; default 10000. More are accepted and torn down at once, without a byte: what would be
   * the answer depends on what the peer speaks, and reading that is what the limit is there to avoid. Tunnels do not
   * count: they have `maxTunnels`.
   */
  readonly maxConnections?: number;
  /**
   * Most tunnels at a time, pipes that handlers took over; default 10000. Over it a request is answered with 503 in place
   * of the agreement, and `takeOver` is not called. Those of H2 are streams and count as such.
   */
  readonly maxTunnels?: number;
  /** Told of what handlers throw, and of bugs. Without it they show in the answers alone. */
  readonly onError?: ErrorReport;
}

export interface Server {
  /** Where it listens. */
  readonly address: Address;
  /** Connections that are open now, tunnels not among them. */
  readonly connections: number;
  /** Pipes that handlers took over and that are still open. */
  readonly tunnels: number;
  /** How many were refused over `maxConnections` or `maxTunnels`. */
  readonly refused: number;
  readonly pool: SlabPool;
  /**
   * Graceful: accepts no more, closes idle connections at once and the others after what they have begun; what is
   * still there after `within` milliseconds is torn down. Resolves when nothing is left,
   * with how many were torn down.
   */
  close(options?: CloseOptions): Promise<Closed>;
  /** Tears everything down now. `close` then resolves soon. */
  abort(): void;
}

type Own = Pick<Required<ServerOptions>, 'maxConnections' | 'maxTunnels'>;

const rules: OptionRules<Own & { readonly onError: ErrorReport | undefined }> = {
  maxConnections: limitRule(10_000, 'OWN-8', 1),
  maxTunnels: limitRule(10_000),
  onError: optionalRule(callback()),
};

const listenableKind = having<Listenable>('a transport that can be listened on', 'listen');

/**
 * Listens. @throws TransportError (rejects) when the address cannot be had, MisuseError OWN-8 or LAY-1 for options or
 * a stack that cannot work
 */
export async function listen(
  listenable: Listenable,
  stack: Steps,
  handler: Handler,
  options: ServerOptions = {},
): Promise<Server> {
  requireOption('listenable', listenable, listenableKind, 'option-value', 'LAY-1');
  const settings = connectionSettings(listenable.platform, stack, 'server', options);
  if (typeof handler !== 'function') {
    throw new MisuseError('handler', 'WS-9', 'a server needs a function that answers its exchanges');
  }
  const server = new ListeningServer(listenable, settings, handler, options);
  await server.start(listenable);
  return server;
}

class ListeningServer implements Server, ConnectionKeeper<Connection> {
  refused = 0;
  readonly pool: SlabPool;
  private readonly settings: ConnectionSettings;
  private readonly application: Application;
  private readonly maxConnections: number;
  private readonly maxTunnels: number;
  private readonly onError: ErrorReport | undefined;
  private readonly keep: Keep;
  private readonly nextId: () => number;
  /** Errors that were reported where they happened; the connection that ends with one does not report it again. */
  private readonly reported = new WeakSet<object>();
  private listener: Listener | undefined = undefined;
  private closing = false;

  constructor(
    listenable: Listenable,
    settings: ConnectionSettings,
    handler: Handler,
    options: ServerOptions,
  ) {
    const { maxConnections, maxTunnels, onError } = readOptions(rules, options);
    this.pool = settings.pool;
    this.settings = settings;
    this.maxConnections = maxConnections;
    this.maxTunnels = maxTunnels;
    this.onError = onError;
    this.keep = new Keep(settings.clock);
    this.nextId = options.nextId ?? counting();
    this.application = {
      role: 'server',
      exchange: serverListener(handler, (error, exchange) => this.report(error, exchange), settings.clock),
      httpDate: listenable.platform.httpDate,
      report: (error, exchange) => this.report(error, exchange),
    };
  }

  async start(listenable: Listenable): Promise<void> {
    this.listener = await listenable.listen((transport) => this.accept(transport));
  }

  get address(): Address {
    return (this.listener as Listener).address;
  }

  get connections(): number {
    return this.keep.size;
  }

  get tunnels(): number {
    return this.keep.tunnelled;
  }

  async close(options: CloseOptions = {}): Promise<Closed> {
    withinOf(options);
    this.closing = true;
    const [closed] = await Promise.all([this.keep.drain(options), this.listener?.close()]);
    return closed;
  }

  abort(): void {
    this.closing = true;
    this.listener?.close().catch((error: unknown) => this.report(error, undefined));
    this.keep.abort();
  }

  admitsTunnel(connection: Connection): boolean {
    const { keep, maxTunnels } = this;
    if (keep.promise(connection, maxTunnels)) return true;
    this.refused += 1;
    return false;
  }

  tunnelled(connection: Connection): void {
    if (this.admitsTunnel(connection)) {
      this.keep.tunnel(connection);
      return;
    }
    // A session that hands over what it did not ask for.
    const message = `more than ${this.maxTunnels} tunnels are open`;
    connection.abort(new LimitError('maxTunnels', 'too-many-tunnels', 'OWN-8', message, answerAbort));
  }

  closed(connection: Connection): void {
    const { error } = connection;
    // What application code threw in a callback is the cause of the reason why its connection ended.
    if (error?.fault === 'api-misuse' && error.cause !== undefined) this.report(error, undefined);
    this.keep.delete(connection);
  }

  threw(error: unknown): void {
    this.report(error, undefined);
  }

  private accept(transport: Transport): void {
    if (this.closing || this.keep.size >= this.maxConnections) {
      if (!this.closing) this.refused += 1;
      transport.abort();
      return;
    }
    const connection = new Connection(transport, this.settings, this.application, this, this.nextId());
    this.keep.add(connection);
    connection.start();
  }

  private report(error: unknown, exchange: Parameters<ErrorReport>[1]): void {
    const { onError, reported } = this;
    const cause = error instanceof UndercoatError && error.cause !== undefined ? error.cause : error;
    if (typeof cause === 'object' && cause !== null) {
      if (reported.has(cause)) return;
      reported.add(cause);
    }
    if (onError === undefined) return;
    try {
      onError(cause, exchange);
    } catch (thrown) {
      // Not ours to swallow, and nobody here to catch it: it is the platform's.
      this.settings.clock.defer(() => {
        throw new MisuseError('on-error-threw', 'OWN-9', `onError threw: ${String(thrown)}`);
      });
    }
  }
}
