/**
 * The transport on a socket of the platform's, TCP or Unix, accepted or to be connected; and the listening that
 * both have in common. This file does not know which of the two it carries.
 */
import {
  connect,
  createServer,
  type ListenOptions,
  type NetConnectOpts,
  type Server,
  type Socket,
} from 'node:net';
import { optionalRule, whole } from '../../options.js';
import type { Listener, Transport } from '../contract.js';
import type { Address, TransportFacts } from '../facts.js';
import { transportError } from './errors.js';
import { StreamTransport, type StreamTransportOptions } from './stream-transport.js';

/** What the two kinds of socket do not share. */
export interface SocketKind {
  readonly kind: 'tcp' | 'unix';
  readonly addresses: (socket: Socket) => Pick<TransportFacts, 'local' | 'remote'>;
}

// One read takes this much at most, in the buffer that is ours.
const readBytes = 65_536;

/** Connections that may wait to be accepted, as an option. */
export const backlogRule = optionalRule(whole(1, 2 ** 31 - 1), 'OWN-8');

/** A failure that nobody hears of yet is no reason for the process to end. */
export const unheard = (): void => {};

export class SocketTransport extends StreamTransport<Socket> {
  private readonly of: SocketKind;
  /** The accepted socket, or where to connect to. */
  private readonly from: Socket | NetConnectOpts;
  private socket: Socket | null = null;

  constructor(of: SocketKind, from: Socket | NetConnectOpts, options: StreamTransportOptions) {
    super(of.kind, options);
    this.of = of;
    this.from = from;
    if ('destroy' in from) {
      this.socket = from;
      from.on('error', unheard);
    }
  }

  protected begin(): void {
    if ('destroy' in this.from) {
      this.adopt(this.from, null);
      return;
    }
    const buffer = new Uint8Array(readBytes);
    const socket = connect({
      ...this.from,
      allowHalfOpen: true,
      noDelay: true,
      onread: {
        buffer,
        callback: (count) => this.onRead(buffer.subarray(0, count)),
      },
    });
    this.socket = socket;
    this.adopt(socket, 'connect');
  }

  protected factsOf(socket: Socket): TransportFacts {
    return { kind: this.kind, ...this.of.addresses(socket) };
  }

  protected override destroy(socket: Socket): void {
    // While a shutdown is on its way libuv refuses a reset, and Node then keeps the handle for good: the process would
    // never come to its end.
    const shutting = socket.writableEnded && !socket.writableFinished;
    if (this.kind === 'tcp' && !socket.connecting && !shutting) socket.resetAndDestroy();
    else socket.destroy();
  }

  /** The kernel goes on with what it was given. */
  protected override leave(socket: Socket): void {
    socket.destroy();
  }

  protected override tearDown(error: Parameters<StreamTransport<Socket>['abort']>[0]): void {
    super.tearDown(error);
    // An accepted socket that nobody opened.
    if (this.isIdle && this.socket !== null) this.destroy(this.socket);
  }
}

/**
 * Listens; accepted sockets read nothing before they are opened.
 * @throws TransportError (rejects) when the address cannot be had.
 */
export async function listenSocket(
  of: SocketKind,
  at: ListenOptions,
  options: StreamTransportOptions,
  accept: (transport: Transport) => void,
): Promise<Listener> {
  let made = options.id ?? 0;
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (socket) => {
    accept(new SocketTransport(of, socket, { ...options, id: made++ }));
  });
  await listening(server, at);
  // A connection that could not be accepted is the peer's loss, and it hears of it.
  server.on('error', unheard);
  return {
    address: listeningAddress(server),
    close: async () => {
      // Its callback would wait for the accepted ones; they live on, and no more can come.
      server.close();
    },
  };
}

function listening(server: Server, at: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: unknown): void => reject(transportError(error));
    server.once('error', failed);
    server.listen(at, () => {
      server.off('error', failed);
      resolve();
    });
  });
}

function listeningAddress(server: Server): Address {
  const address = server.address();
  if (typeof address === 'string') return { family: 'unix', path: address };
  return ipAddress(address?.family, address?.address, address?.port);
}

/** An IP address as the platform says it. */
export function ipAddress(family?: string, address?: string, port?: number): Address {
  return { family: family === 'IPv6' ? 'ipv6' : 'ipv4', address: address ?? '', port: port ?? 0 };
}
