/**
 * Addresses as people write them, and the transports that listen to them and reach them. This file does not know what
 * is spoken there.
 */
import { isIP } from 'node:net';
import type { MachineObserver } from '../machine/index.js';
import type { Connectable, Listenable } from '../transport/contract.js';
import type { Address } from '../transport/facts.js';
import { tcp } from '../transport/node/tcp.js';
import { unix } from '../transport/node/unix.js';

/** A way to whoever listens at `address`. @throws Error for an address that only its own network can reach */
export function reach(address: Address, observer: MachineObserver | null): Connectable {
  switch (address.family) {
    case 'ipv4':
    case 'ipv6':
      return tcp({ host: address.address, port: address.port, observer });
    case 'unix':
      return unix({ path: address.path, observer });
    default:
      throw new Error(`a stack on ${addressText(address)} has to say how to connect`);
  }
}

/**
 * What `text` names: `127.0.0.1:8080`, `localhost:8080`, `[::1]:8080`, `unix:/run/undercoat.sock`. Port 0 is any free
 * one. Undefined if it names nothing.
 */
export function listenableOf(text: string): Listenable | undefined {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    return path === '' ? undefined : unix({ path });
  }
  const found = /^(?:\[([^\]]*)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  if (found === null) return undefined;
  const [, bracketed, host = bracketed, digits] = found;
  const port = Number(digits);
  if (host === undefined || port > 65_535) return undefined;
  if (bracketed !== undefined && isIP(bracketed) !== 6) return undefined;
  return tcp({ host, port });
}

/** The address as `listenableOf` reads it. */
export function addressText(address: Address): string {
  switch (address.family) {
    case 'ipv4':
      return `${address.address}:${address.port}`;
    case 'ipv6':
      return `[${address.address}]:${address.port}`;
    case 'unix':
      return `unix:${address.path}`;
    default:
      return `memory:${address.name}`;
  }
}
