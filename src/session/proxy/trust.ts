/**
 * Which peers may say from where a connection comes (proxy-protocol.txt §5): a list of CIDR blocks, read once, and
 * asked for every connection. This file does not know what a trusted peer goes on to say.
 */

import { MisuseError } from '../../errors.js';
import type { Address } from '../../transport/facts.js';
import { isIpv4Mapped, parseIpv4, parseIpv6 } from './ip-text.js';

const UNIX = 'unix';
const MEMORY = 'memory';

/**
 * A list of trusted peers: blocks as `10.0.0.0/8` or `2001:db8::/32`, single addresses, `unix` for any peer on a
 * Unix socket (its permissions are then the list), and `memory` for any peer in this process.
 *
 * IPv4-mapped IPv6 addresses are IPv4 addresses here, in the list and as peers: only IPv4 blocks match them, so
 * that `::/0` alone does not let IPv4 peers in.
 */
export class TrustList {
  private readonly unix: boolean;
  private readonly memory: boolean;
  /** Network and mask of each IPv4 block. */
  private readonly ipv4: Uint32Array;
  /** Four words of network and four of mask of each IPv6 block. */
  private readonly ipv6: Uint32Array;

  /** Throws `MisuseError` on an entry that is none of these, or a block with bits set behind its prefix. */
  constructor(entries: readonly string[]) {
    const ipv4: number[] = [];
    const ipv6: number[] = [];
    for (const entry of entries) {
      if (entry !== UNIX && entry !== MEMORY) addBlock(entry, ipv4, ipv6);
    }
    this.unix = entries.includes(UNIX);
    this.memory = entries.includes(MEMORY);
    this.ipv4 = Uint32Array.from(ipv4);
    this.ipv6 = Uint32Array.from(ipv6);
  }

  /** Whether the peer is in the list. A peer without an address is not trusted; a zone is not looked at. */
  trusts(peer: Address | undefined): boolean {
    if (peer === undefined) return false;
    switch (peer.family) {
      case 'unix':
        return this.unix;
      case 'memory':
        return this.memory;
      case 'ipv4': {
        const bytes = parseIpv4(peer.address);
        return bytes !== undefined && this.matchesIpv4(word(bytes, 0));
      }
      case 'ipv6': {
        const zone = peer.address.indexOf('%');
        const bytes = parseIpv6(zone < 0 ? peer.address : peer.address.slice(0, zone));
        if (bytes === undefined) return false;
        return isIpv4Mapped(bytes, 0) ? this.matchesIpv4(word(bytes, 12)) : this.matchesIpv6(bytes);
      }
    }
  }

  private matchesIpv4(address: number): boolean {
    const blocks = this.ipv4;
    for (let i = 0; i < blocks.length; i += 2) {
      if ((address & (blocks[i + 1] as number)) >>> 0 === blocks[i]) return true;
    }
    return false;
  }

  private matchesIpv6(address: Uint8Array): boolean {
    const blocks = this.ipv6;
    for (let i = 0; i < blocks.length; i += 8) {
      let matches = true;
      for (let w = 0; w < 4 && matches; w++) {
        matches = (word(address, w * 4) & (blocks[i + 4 + w] as number)) >>> 0 === blocks[i + w];
      }
      if (matches) return true;
    }
    return false;
  }
}

function addBlock(block: string, ipv4: number[], ipv6: number[]): void {
  const slash = block.indexOf('/');
  const text = slash < 0 ? block : block.slice(0, slash);
  const prefix = slash < 0 ? undefined : prefixLength(block, block.slice(slash + 1));
  const four = parseIpv4(text);
  if (four !== undefined) {
    addIpv4(block, word(four, 0), prefix ?? 32, ipv4);
    return;
  }
  const sixteen = parseIpv6(text);
  if (sixteen === undefined) {
    throw new MisuseError(
      'proxy-trust-address',
      'proxy-protocol.txt §5',
      `"${block}" is no address, block, "unix" or "memory"`,
    );
  }
  const bits = prefix ?? 128;
  if (isIpv4Mapped(sixteen, 0) && bits >= 96) {
    addIpv4(block, word(sixteen, 12), bits - 96, ipv4);
    return;
  }
  const masks: number[] = [];
  for (let w = 0; w < 4; w++) {
    const network = word(sixteen, w * 4);
    const mask = maskOf(block, bits - w * 32, 128 - bits);
    checkHostBits(block, network, mask);
    ipv6.push(network);
    masks.push(mask);
  }
  ipv6.push(...masks);
}

function addIpv4(block: string, network: number, bits: number, ipv4: number[]): void {
  const mask = maskOf(block, bits, 32 - bits);
  checkHostBits(block, network, mask);
  ipv4.push(network, mask);
}

function checkHostBits(block: string, network: number, mask: number): void {
  if ((network & ~mask) !== 0) {
    throw new MisuseError(
      'proxy-trust-host-bits',
      'proxy-protocol.txt §5',
      `"${block}" has bits set behind its prefix`,
    );
  }
}

/** A word with its first `bits` bits set; `left` tells a prefix that is longer than the address. */
function maskOf(block: string, bits: number, left: number): number {
  if (left < 0) {
    throw new MisuseError(
      'proxy-trust-prefix',
      'proxy-protocol.txt §5',
      `the prefix of "${block}" is too long`,
    );
  }
  if (bits <= 0) return 0;
  return bits >= 32 ? 0xffffffff : (0xffffffff << (32 - bits)) >>> 0;
}

function prefixLength(block: string, text: string): number {
  if (!/^(?:0|[1-9][0-9]{0,2})$/.test(text)) {
    throw new MisuseError(
      'proxy-trust-prefix',
      'proxy-protocol.txt §5',
      `the prefix of "${block}" is no number`,
    );
  }
  return Number(text);
}

function word(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)) >>>
    0
  );
}
