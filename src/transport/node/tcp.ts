/**
 * TCP: to listen and to connect. This file does not know what is spoken on it.
 */
import type { Socket } from 'node:net';
import { MisuseError } from '../../errors.js';
import type { TransportOptions } from '../base.js';
import type { Clock } from '../clock.js';
import type { Connectable, Listenable } from '../contract.js';
import { platformWith } from './platform.js';
import { ipAddress, listenSocket, type SocketKind, SocketTransport } from './socket.js';

export interface TcpOptions extends TransportOptions {
  /** 0 to listen on a free port, which the listener's address then tells. */
  readonly port: number;
  /** Name or address; 127.0.0.1 if absent. */
  readonly host?: string;
  /** Connections that may wait to be accepted. */
  readonly backlog?: number;
  /** The platform's if absent. */
  readonly clock?: Clock;
}

const kind: SocketKind = { kind: 'tcp', addresses };

/** TCP at one address: listen there or connect to it. Nagle's algorithm is off. @throws MisuseError `port` */
export function tcp(options: TcpOptions): Listenable & Connectable {
  const { port, host = '127.0.0.1', backlog } = options;
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw new MisuseError(
      'port',
      'RFC 9293 §3.1',
      `a port is an integer from 0 to 65535, not ${String(port)}`,
    );
  }
  let made = options.id ?? 0;
  return {
    kind: 'tcp',
    platform: platformWith(options.clock),
    key: `tcp:${host}:${port}`,
    listen: (accept) =>
      listenSocket(kind, backlog === undefined ? { port, host } : { port, host, backlog }, options, accept),
    connect: () => new SocketTransport(kind, { port, host }, { ...options, id: made++ }),
  };
}

function addresses(socket: Socket) {
  return {
    local: ipAddress(socket.localFamily, socket.localAddress, socket.localPort),
    remote: ipAddress(socket.remoteFamily, socket.remoteAddress, socket.remotePort),
  };
}
