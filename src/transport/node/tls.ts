/**
 * TLS as either end, on any transport of ours: fresh, or in the middle of its life (after a PROXY header), when
 * the bytes that were received already are handed over and read first. Server and client are steps that stand
 * in a stack of sessions; `tls` puts them on whatever listens or connects. This file does not know what carries
 * the ciphertext, nor what is spoken inside.
 */
import { EventEmitter } from 'node:events';
import {
  type ConnectionOptions,
  connect,
  createSecureContext,
  createServer,
  type SecureContextOptions,
  type TLSSocket,
} from 'node:tls';
import { among, flag, optionalRule, readOptions, text, texts, timeRule } from '../../options.js';
import type { TransportOptions } from '../base.js';
import type { Clock } from '../clock.js';
import type { Connectable, Listenable, Transport } from '../contract.js';
import { transportRules } from '../transport-rules.js';
import type { UnusedRange } from './duplex.js';
import { tlsUnverified } from './tls-facts.js';
import { type Handshake, TlsTransport, type TlsTransportOptions } from './tls-transport.js';

type Pem = string | Uint8Array | readonly (string | Uint8Array)[];

interface TlsOptions extends TransportOptions {
  /** Our certificate with its chain, and its key: PEM. A client shows them if asked. */
  readonly cert?: Pem;
  readonly key?: Pem;
  readonly passphrase?: string;
  /** Whom we trust, PEM; the platform's list if absent. */
  readonly ca?: Pem;
  /** Protocols for ALPN, best first: `h2`, `http/1.1`. */
  readonly alpn?: readonly string[];
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3';
  /** For what must come after a call; the platform's if absent. */
  readonly clock?: Clock;
  /** How long the pipe below is kept after TLS failed, for the peer to read our alert; 1000 ms if absent. */
  readonly lingerMs?: number;
}

export interface TlsServerOptions extends TlsOptions {
  readonly cert: Pem;
  readonly key: Pem;
  /**
   * The client's certificate: `none` is asked for; `request`: it may show one, and the facts say whether it
   * verified; `require`: without one that verifies the handshake fails. `none` if absent.
   */
  readonly clientCertificate?: 'none' | 'request' | 'require';
}

export interface TlsClientOptions extends TlsOptions {
  /** The name that we ask for (SNI) and that the certificate must bear. */
  readonly servername?: string;
  /** The address that the certificate must bear where there is no `servername`: SNI names no addresses (RFC 6066 §3). */
  readonly host?: string;
  /** False to go on with a certificate that does not verify; the facts say so. */
  readonly verify?: boolean;
}

/** TLS as a step of a stack, or on its own: `wrap` puts it on a transport that nobody opened. */
export interface TlsStep {
  readonly kind: 'transport';
  readonly name: 'tls';
  readonly role: 'server' | 'client';
  /** `unused` was received on `lower` before, and comes first as ciphertext; it is copied and let go of at `open`. */
  wrap(lower: Transport, handed?: { readonly unused?: UnusedRange }): Transport;
}

const version = optionalRule(among('TLSv1.2', 'TLSv1.3'), 'RFC 8446 §4.2.1');
const rules = {
  ...transportRules,
  passphrase: optionalRule(text),
  alpn: optionalRule(texts, 'RFC 7301 §3.1'),
  minVersion: version,
  maxVersion: version,
  lingerMs: timeRule(1000),
};
const serverRules = {
  ...rules,
  clientCertificate: {
    kind: among('none', 'request', 'require'),
    fallback: 'none',
    code: 'option-value',
    cites: 'RFC 8446 §4.3.2',
  },
} as const;
const clientRules = {
  ...rules,
  servername: optionalRule(text, 'RFC 6066 §3'),
  host: optionalRule(text, 'RFC 9110 §4.3.4'),
  verify: { kind: flag, fallback: true, code: 'option-value', cites: 'RFC 9110 §4.3.4' },
};

/** @throws MisuseError `option-value`; the platform's error for certificates or keys that it cannot read. */
export function tlsServer(options: TlsServerOptions): TlsStep {
  const { clientCertificate: wanted } = readOptions(serverRules, options);
  const server = createServer({
    ...contextOptions(options),
    requestCert: wanted !== 'none',
    rejectUnauthorized: wanted === 'require',
    allowHalfOpen: true,
    // The deadline of the handshake is the endpoint's: here none is short enough to interfere.
    handshakeTimeout: 0x7fffffff,
    ...(options.alpn === undefined ? undefined : { ALPNProtocols: [...options.alpn] }),
  });
  const handshake: Handshake = (pipe, secured, failed) => {
    // The server tells of all its connections; a view of it that hears of this one alone stands in for it.
    const view: EventEmitter = Object.create(server);
    view.emit = (event: string | symbol, ...args: unknown[]): boolean => {
      if (event === 'secureConnection') {
        const socket = args[0] as TLSSocket;
        // The name asked for; the platform says false where there was none.
        secured(socket, (socket as { servername?: string | false }).servername || undefined);
      } else if (event === 'tlsClientError') {
        // A certificate that does not verify ends the connection without saying why, but the socket knows: by a
        // code, whatever the platform's types say.
        const why: unknown = (args[1] as TLSSocket).authorizationError;
        failed(typeof why === 'string' ? tlsUnverified(why, args[0]) : args[0]);
      } else return server.emit(event, ...args);
      return true;
    };
    EventEmitter.prototype.emit.call(view, 'connection', pipe);
  };
  return step('server', handshake, options);
}

/** @throws as `tlsServer` does. */
export function tlsClient(options: TlsClientOptions = {}): TlsStep {
  const { servername, host, alpn, verify } = readOptions(clientRules, options);
  const common: ConnectionOptions = {
    secureContext: createSecureContext(contextOptions(options)),
    rejectUnauthorized: verify,
    ...(servername === undefined ? undefined : { servername }),
    ...(host === undefined ? undefined : { host }),
    ...(alpn === undefined ? undefined : { ALPNProtocols: [...alpn] }),
  };
  const handshake: Handshake = (pipe, secured, failed) => {
    const socket = connect({ ...common, socket: pipe });
    socket.once('error', failed);
    socket.once('secureConnect', () => {
      socket.off('error', failed);
      secured(socket, servername);
    });
  };
  return step('client', handshake, options);
}

function step(role: 'server' | 'client', handshake: Handshake, options: TlsTransportOptions): TlsStep {
  let made = options.id ?? 0;
  return {
    kind: 'transport',
    name: 'tls',
    role,
    wrap: (lower, handed) => new TlsTransport(lower, handed?.unused, handshake, { ...options, id: made++ }),
  };
}

/** TLS on all that a listenable accepts, as its server, or on all that a connectable connects, as its client. */
export function tls(
  options: TlsServerOptions & TlsClientOptions,
  below: Listenable & Connectable,
): Listenable & Connectable;
export function tls(options: TlsServerOptions, below: Listenable): Listenable;
export function tls(options: TlsClientOptions, below: Connectable): Connectable;
export function tls(options: TlsOptions, below: Listenable | Connectable): Partial<Listenable & Connectable> {
  const { platform } = below;
  const made: { -readonly [K in keyof (Listenable & Connectable)]?: (Listenable & Connectable)[K] } = {
    kind: 'tls',
    platform,
  };
  if ('listen' in below && options.cert !== undefined && options.key !== undefined) {
    const { cert, key } = options;
    const server = tlsServer({ ...options, cert, key });
    made.listen = (accept) => below.listen((transport) => accept(server.wrap(transport)));
  }
  if ('connect' in below) {
    const client = tlsClient(options);
    // Peers are the same only if they are asked the same way: one key for each call of `tls`.
    made.key = `tls${++differentPeers}:${below.key}`;
    made.connect = () => client.wrap(below.connect());
  }
  return made;
}

let differentPeers = 0;

function contextOptions(options: TlsOptions): SecureContextOptions {
  const { cert, key, ca, passphrase, minVersion, maxVersion } = options;
  const pem = (value: Pem | undefined): string | Buffer | (string | Buffer)[] | undefined => {
    const one = (text: string | Uint8Array) => (typeof text === 'string' ? text : Buffer.from(text));
    if (value === undefined) return undefined;
    return typeof value === 'string' || value instanceof Uint8Array ? one(value) : value.map(one);
  };
  const all = { cert: pem(cert), key: pem(key), ca: pem(ca), passphrase, minVersion, maxVersion };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
