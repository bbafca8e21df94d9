// PROXY version 2 by hand: octets as proxy-protocol.txt §2.2 has them, and what they say.
import type { ProxyHeader, ProxyTlv } from '../../src/session/proxy/header.js';
import { proxyReadLimits, readProxyHeader } from '../../src/session/proxy/read.js';

export const SIGNATURE = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
export const ascii = (text: string) => [...text].map((c) => c.charCodeAt(0));
export const limits = proxyReadLimits();

export function read(bytes: readonly number[], given = limits) {
  return readProxyHeader(Uint8Array.from(bytes), 0, bytes.length, given);
}

/** A header of command and family with this block. */
export function header(command: number, family: number, block: readonly number[]): number[] {
  return [...SIGNATURE, command, family, block.length >> 8, block.length & 255, ...block];
}

/** 192.0.2.1:56324 to 198.51.100.2:443. */
export const INET = [192, 0, 2, 1, 198, 51, 100, 2, 0xdc, 0x04, 0x01, 0xbb];
export const INET6 = [
  ...[0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01],
  ...[0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02],
  ...[0xdc, 0x04, 0x01, 0xbb],
];
export const unixBlock = (path: string) => [...ascii(path), ...new Array(108 - path.length).fill(0)];
export const tcp4 = (tlvs: readonly ProxyTlv[] = []): ProxyHeader => ({
  version: 2,
  command: 'proxy',
  transport: 'stream',
  source: { family: 'ipv4', address: '192.0.2.1', port: 56324 },
  destination: { family: 'ipv4', address: '198.51.100.2', port: 443 },
  tlvs,
});
export const unspec = { family: 'unspec' } as const;
export const inet = (...tlvs: readonly number[]) => header(0x21, 0x11, [...INET, ...tlvs]);
