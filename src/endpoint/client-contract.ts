/**
 * What an application sees of a client: what is set on it, what it asks for, and what it is told. This file does not know how
 * a request finds its connection.
 */
import type { ClientResponse, ExchangeOptions } from '../adapters/client-exchange.js';
import type { BodySource } from '../adapters/send-body.js';
import type { UndercoatError } from '../errors.js';
import type { SlabPool } from '../memory/index.js';
import type { ClientExchange, RequestOptions, ResponseListener } from '../stream/contract.js';
import type { Timer } from '../transport/clock.js';
import type { EndpointOptions } from './endpoint-options.js';
import type { Closed, CloseOptions } from './keep.js';

export interface ClientOptions extends EndpointOptions {
  /** Most connections at a time; default 8. Further requests wait. */
  readonly maxConnections?: number;
  /** Most requests that wait for a connection; default 1024. Another one fails at once with a LimitError. */
  readonly maxWaiting?: number;
  /** Milliseconds that a request may wait; default 30000. Then it fails with a LimitError; it was not sent. */
  readonly waitTimeout?: number;
  /** Told of bugs: of what application code threw in callbacks that no exchange could catch. */
  readonly onError?: (error: unknown) => void;
}

/** Whoever waits for a response, and for the connection that the request goes out on. */
export interface ClientListener extends ResponseListener {
  /** The request has its connection: its body can be sent now. */
  begun?(exchange: ClientExchange): void;
}

/** A request that was asked for. */
export interface PendingRequest {
  /** Undefined while it waits for a connection. */
  readonly exchange: ClientExchange | undefined;
  /** Takes it back: out of the queue, or by breaking its exchange off. The listener is told. Idempotent. */
  abort(reason?: UndercoatError): void;
}

export interface Client {
  /** Connections that are open or opening, tunnels not among them. */
  readonly connections: number;
  readonly tunnels: number;
  /** Requests that wait for a connection. */
  readonly waiting: number;
  readonly pool: SlabPool;
  /**
   * Sends a request as soon as a connection can take it.
   * @throws MisuseError `client-closed`, or what is wrong with the method, the target, the authority or the fields;
   *   LimitError `too-many-waiting`
   */
  request(options: RequestOptions, listener: ClientListener): PendingRequest;
  /**
   * The same as a promise of the response, which comes with its head; `body` is sent meanwhile.
   * @throws (rejects) RequestFailed, which says whether it may be tried again; what `request` throws
   */
  exchange(options: ExchangeOptions, body?: BodySource): Promise<ClientResponse>;
  /** Calls back once, when so many milliseconds have passed on the clock of its connections. */
  after(milliseconds: number, callback: () => void): Timer;
  /** Finishes what has begun; requests that wait fail. Resolves when no connection is left. */
  close(options?: CloseOptions): Promise<Closed>;
  abort(): void;
}
