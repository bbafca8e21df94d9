/**
 * Writes a PROXY protocol version 1 line (proxy-protocol.txt §2.1). Addresses are checked and written in their
 * canonical form. This file does not know where the line goes.
 */

import { MisuseError } from '../../errors.js';
import type { ProxyHeader } from './header.js';
import { formatIpv6, parseIpv4, parseIpv6 } from './ip-text.js';

const CITES = 'proxy-protocol.txt §2.1';

/** The line with its CRLF, all ASCII. Throws on a header that version 1 cannot say. */
export function proxyV1Line(header: ProxyHeader): string {
  const { source, destination } = header;
  if (header.command !== 'proxy') throw new MisuseError('proxy-v1-local', CITES, 'version 1 has no LOCAL');
  if (header.tlvs.length > 0) throw new MisuseError('proxy-v1-tlvs', CITES, 'version 1 has no TLVs');
  if (source === undefined || destination === undefined || source.family !== destination.family) {
    throw new MisuseError('proxy-families', CITES, 'source and destination are not of one family');
  }
  if (source.family === 'unspec') {
    if (header.transport !== 'unspec') {
      throw new MisuseError('proxy-v1-transport', CITES, 'UNKNOWN does not say what the client spoke');
    }
    return 'PROXY UNKNOWN\r\n';
  }
  if (source.family !== 'ipv4' && source.family !== 'ipv6') {
    throw new MisuseError('proxy-v1-family', CITES, `version 1 has IPv4 and IPv6 only, not ${source.family}`);
  }
  if (header.transport !== 'stream') {
    throw new MisuseError('proxy-v1-transport', CITES, `version 1 relays TCP only, not ${header.transport}`);
  }
  const target = destination as typeof source;
  const isIpv4 = source.family === 'ipv4';
  const canonical = isIpv4 ? canonicalIpv4 : canonicalIpv6;
  const from = canonical(source.address);
  const to = canonical(target.address);
  const ports = `${checkedPort(source.port)} ${checkedPort(target.port)}`;
  return `PROXY ${isIpv4 ? 'TCP4' : 'TCP6'} ${from} ${to} ${ports}\r\n`;
}

/** The port, if it is one. */
export function checkedPort(port: number): number {
  if (!Number.isInteger(port) || port < 0 || port > 0xffff) {
    throw new MisuseError('proxy-port', 'WIRE-4', `${port} is no port`);
  }
  return port;
}

/** The four bytes of the address, if it is one. */
export function checkedIpv4(address: string): Uint8Array {
  const bytes = typeof address === 'string' ? parseIpv4(address) : undefined;
  if (bytes === undefined) throw new MisuseError('proxy-ipv4', 'WIRE-4', `"${address}" is no IPv4 address`);
  return bytes;
}

/** The sixteen bytes of the address, if it is one. */
export function checkedIpv6(address: string): Uint8Array {
  const bytes = typeof address === 'string' ? parseIpv6(address) : undefined;
  if (bytes === undefined) throw new MisuseError('proxy-ipv6', 'WIRE-4', `"${address}" is no IPv6 address`);
  return bytes;
}

/** The grammar has one text for each IPv4 address. */
function canonicalIpv4(address: string): string {
  checkedIpv4(address);
  return address;
}

function canonicalIpv6(address: string): string {
  return formatIpv6(checkedIpv6(address), 0);
}
