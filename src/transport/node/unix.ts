/**
 * Unix sockets: to listen at a path and to connect to it. A socket file that a dead process left behind is
 * replaced; anything else at the path never is. This file does not know what is spoken on it.
 */
import { lstat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { TransportError } from '../../errors.js';
import { type OptionKind, readOptions, requireOption, text } from '../../options.js';
import type { TransportOptions } from '../base.js';
import type { Clock } from '../clock.js';
import type { Connectable, Listenable, Listener, Transport } from '../contract.js';
import { transportRules } from '../transport-rules.js';
import { platformCode } from './errors.js';
import { platformWith } from './platform.js';
import { backlogRule, listenSocket, type SocketKind, SocketTransport } from './socket.js';

export interface UnixOptions extends TransportOptions {
  readonly path: string;
  /** Connections that may wait to be accepted. */
  readonly backlog?: number;
  /** The platform's if absent. */
  readonly clock?: Clock;
}

const rules = { ...transportRules, backlog: backlogRule };
const pathKind: OptionKind<string> = {
  what: 'the path of a socket',
  fits: (value): value is string => text.fits(value) && value !== '',
};

/** Unix sockets at one path: listen there or connect to it. @throws MisuseError `path`, `option-value` */
export function unix(options: UnixOptions): Listenable & Connectable {
  const { clock, id } = readOptions(rules, options);
  const path: unknown = options?.path;
  requireOption('path', path, pathKind, 'path', 'LAY-1');
  let made = id;
  // The platform does not tell the paths of a connected pair: each side knows the one it was given.
  const accepted: SocketKind = {
    kind: 'unix',
    addresses: () => ({ local: { family: 'unix', path }, remote: { family: 'unix', path: '' } }),
  };
  const connected: SocketKind = {
    kind: 'unix',
    addresses: () => ({ local: { family: 'unix', path: '' }, remote: { family: 'unix', path } }),
  };
  return {
    kind: 'unix',
    platform: platformWith(clock),
    key: `unix:${path}`,
    listen: (accept) => listen(accepted, options, accept),
    connect: () => new SocketTransport(connected, { path }, { ...options, id: made++ }),
  };
}

async function listen(
  kind: SocketKind,
  options: UnixOptions,
  accept: (transport: Transport) => void,
): Promise<Listener> {
  const { path, backlog } = options;
  const at = backlog === undefined ? { path } : { path, backlog };
  try {
    return await listenSocket(kind, at, options, accept);
  } catch (error) {
    if (!(error instanceof TransportError) || error.code !== 'address-in-use') throw error;
    if (!(await isStale(path))) throw error;
    await unlink(path);
    return listenSocket(kind, at, options, accept);
  }
}

/** True if the path is a socket and nobody answers there. */
async function isStale(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSocket() !== true) return false;
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', (error) => resolve(platformCode(error) === 'ECONNREFUSED'));
  });
}
