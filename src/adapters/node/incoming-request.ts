/**
 * A request the way `node:http` shows it to a listener: a Readable with method, url, headers and facts of the
 * connection. This file does not know how the listener answers.
 */
import { Readable } from 'node:stream';
import type { ServerExchange } from '../../stream/contract.js';
import type { Address, TransportFacts } from '../../transport/facts.js';
import { nodeFields } from './node-fields.js';

/** What listeners read of `req.socket`. It is no socket: nothing can be written to it. */
export interface SocketFacts {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly remoteFamily: string | undefined;
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
  readonly encrypted: boolean;
  readonly authorized: boolean;
  readonly alpnProtocol: string | false;
  readonly servername: string | false;
  /** Breaks the exchange off. */
  destroy(error?: Error): void;
}

export class IncomingRequest extends Readable {
  readonly method: string;
  url: string;
  readonly httpVersion: string;
  readonly httpVersionMajor: number;
  readonly httpVersionMinor: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly rawHeaders: string[];
  trailers: Record<string, string | string[] | undefined> = {};
  rawTrailers: string[] = [];
  /** True when the request was received whole. */
  complete = false;
  /** True when it will not be. */
  aborted = false;
  readonly socket: SocketFacts;
  readonly connection: SocketFacts;
  /** The exchange behind it, for what this interface has no place for. */
  readonly exchange: ServerExchange;
  private consumed = false;

  constructor(exchange: ServerExchange) {
    super({ autoDestroy: true });
    const { request } = exchange;
    this.exchange = exchange;
    this.method = request.method;
    this.url = request.target;
    this.httpVersion = request.version === '2' ? '2.0' : request.version;
    this.httpVersionMajor = Number(this.httpVersion[0]);
    this.httpVersionMinor = Number(this.httpVersion[2]);
    const { headers, rawHeaders } = nodeFields(request.fields);
    this.headers = headers;
    this.rawHeaders = rawHeaders;
    this.socket = socketFacts(exchange);
    this.connection = this.socket;
  }

  override _read(): void {
    const { body } = this.exchange;
    if (this.consumed) {
      body.resume();
      return;
    }
    this.consumed = true;
    body.consume({
      data: (lease) => {
        const bytes = lease.copy();
        lease.release();
        if (!this.push(bytes)) body.pause();
      },
      end: (trailers) => {
        this.complete = true;
        if (trailers !== undefined) {
          const { headers, rawHeaders } = nodeFields(trailers);
          this.trailers = headers;
          this.rawTrailers = rawHeaders;
        }
        this.push(null);
      },
      failed: (error) => {
        this.aborted = true;
        this.destroy(error);
      },
    });
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (!this.complete && !this.aborted) this.exchange.body.discard();
    // Node reports a request that broke off to those who listen, and crashes nobody who does not.
    callback(error !== null && this.listenerCount('error') > 0 ? error : null);
  }

  /** The exchange is over, and well: who did not read sees the end, as of `node:http`, and no content. */
  dump(): void {
    if (this.consumed || this.destroyed) return;
    this.consumed = true;
    this.complete = this.exchange.body.complete;
    this.push(null);
    this.resume();
  }

  /** Accepted for the sake of listeners that call it; deadlines are options of the endpoint. */
  setTimeout(_ms: number, _callback?: () => void): this {
    return this;
  }
}

/** Of the connection that the client made: behind a PROXY header that is not the one that came here. */
function socketFacts(exchange: ServerExchange): SocketFacts {
  const { transport, proxy } = exchange.facts;
  const remote = relayed(proxy?.source) ?? addressOf(transport, 'remote');
  const local = relayed(proxy?.destination) ?? addressOf(transport, 'local');
  const tls = transport.tls;
  return {
    remoteAddress: textOf(remote),
    remotePort: portOf(remote),
    remoteFamily: remote?.family === 'ipv4' ? 'IPv4' : remote?.family === 'ipv6' ? 'IPv6' : undefined,
    localAddress: textOf(local),
    localPort: portOf(local),
    encrypted: tls !== undefined,
    authorized: tls?.authorized ?? false,
    alpnProtocol: tls?.alpn ?? false,
    servername: tls?.servername ?? false,
    destroy: () => exchange.abort(),
  };
}

/** Of the outermost transport that knows it. */
function addressOf(facts: TransportFacts, side: 'local' | 'remote'): Address | undefined {
  let at: TransportFacts | undefined = facts;
  while (at !== undefined && at[side] === undefined) at = at.below;
  return at?.[side];
}

type ProxyFacts = NonNullable<ServerExchange['facts']['proxy']>;
type InetAddress = Extract<Address, { readonly family: 'ipv4' | 'ipv6' }>;

/** Where the header says nothing, the real endpoints are to be used (proxy-protocol.txt §2.1, §2.2). */
function relayed(address: ProxyFacts['source']): InetAddress | undefined {
  return address?.family === 'ipv4' || address?.family === 'ipv6' ? address : undefined;
}

function textOf(address: Address | undefined): string | undefined {
  return address !== undefined && 'address' in address ? address.address : undefined;
}

function portOf(address: Address | undefined): number | undefined {
  return address !== undefined && 'port' in address ? address.port : undefined;
}
