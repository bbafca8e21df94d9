// What the properties of PROXY share beside the kit's headers: nearly right addresses, and headers in bytes of their own.
import * as fc from 'fast-check';
import { encodeProxyHeader, proxyHeaderSize } from '../../src/session/proxy/encode.js';
import type { ProxyHeader } from '../../src/session/proxy/header.js';

/** Texts with about as many groups as an IPv6 address may have, with a gap and an IPv4 tail or without. */
export const nearlyIpv6 = fc
  .tuple(
    fc.nat({ max: 8 }),
    fc.option(fc.nat({ max: 8 })),
    fc.constantFrom('', '', '1.2.3.4', '255.255.255.255', '256.0.0.0', '01.2.3.4'),
    fc.constantFrom('0', '1', 'ff', 'ABCD', '00001'),
  )
  .map(([before, after, tail, group]) => {
    const groups = (count: number) => new Array<string>(count).fill(group);
    const last = tail === '' ? [] : [tail];
    if (after === null) return [...groups(before), ...last].join(':');
    return `${groups(before).join(':')}::${[...groups(after), ...last].join(':')}`;
  });

/** The header in bytes of its own. */
export function wire(header: ProxyHeader): Uint8Array {
  const bytes = new Uint8Array(proxyHeaderSize(header));
  encodeProxyHeader(header, bytes, 0);
  return bytes;
}

export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
