/**
 * How a tunnel is asked for and agreed to, in each way that there is. This file does not know what carries it.
 */
import { UndercoatError } from '../errors.js';
import type { RequestOptions, ServerExchange } from '../stream/contract.js';
import type { Transport } from '../transport/contract.js';

/** CONNECT (RFC 9110 §9.3.6), Upgrade (RFC 9110 §7.8), extended CONNECT (RFC 8441). */
export type TunnelKind = 'connect' | 'upgrade' | 'extended';

const authority = 'example.test';

/** A request that asks for a tunnel, or for none. @param content bytes of a request that is no CONNECT */
export function tunnelRequest(asks: TunnelKind | 'neither', content: number): RequestOptions {
  if (asks === 'connect') return { authority, method: 'CONNECT', target: 'example.test:443' };
  if (asks === 'extended') return { authority, method: 'CONNECT', target: '/chat', protocol: 'websocket' };
  const length = content === 0 ? {} : { length: content };
  return { authority, method: 'POST', ...length, ...(asks === 'upgrade' ? { upgrade: 'tunnel' } : {}) };
}

/** @returns whether it was agreed to; false where it may not be, now or ever */
export function agreeTo(
  exchange: ServerExchange,
  asks: TunnelKind | 'neither',
  takeOver: (pipe: Transport) => void,
): boolean {
  try {
    exchange.upgrade(takeOver, asks === 'upgrade' ? [['Upgrade', 'tunnel']] : []);
    return true;
  } catch (error) {
    if (error instanceof UndercoatError && error.fault === 'api-misuse') return false;
    throw error;
  }
}
