/**
 * TCP: to listen and to connect. This file does not know what is spoken on it.
 */
import type { Socket } from 'node:net';
import { readOptions, requireOption, text, whole } from '../../options.js';
import type { TransportOptions } from '../base.js';
import type { Clock } from '../clock.js';
import type { Connectable, Listenable } from '../contract.js';
import { transportRules } from '../transport-rules.js';
import { platformWith } from './platform.js';
import { backlogRule, ipAddress, listenSocket, type SocketKind, SocketTransport } from './socket.js';

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

const rules = {
  ...transportRules,
  host: { kind: text, fallback: '127.0.0.1', code: 'option-value', cites: 'RFC 3986 §3.2.2' },
  backlog: backlogRule,
};

const kind: SocketKind = { kind: 'tcp', addresses };

/** TCP at one address: listen there or connect to it. Nagle's algorithm is off. @throws MisuseError `port`, `option-value` */
export function tcp(options: TcpOptions): Listenable & Connectable {
  const { host, backlog, clock, id } = readOptions(rules, options);
  const port: unknown = options?.port;
  requireOption('port', port, whole(0, 65_535), 'port', 'RFC 9293 §3.1');
  let made = id;
  return {
    kind: 'tcp',
    platform: platformWith(clock),
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
