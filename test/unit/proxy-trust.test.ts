/** The list of peers that may send a PROXY header (proxy-protocol.txt §5). */

import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIpv4, formatIpv6 } from '../../src/session/proxy/ip-text.js';
import { TrustList } from '../../src/session/proxy/trust.js';
import type { Address } from '../../src/transport/facts.js';

const peer = (address: string): Address => ({
  family: address.includes(':') ? 'ipv6' : 'ipv4',
  address,
  port: 4242,
});
const trusts = (trust: readonly string[], address: string) => new TrustList(trust).trusts(peer(address));

describe('TrustList', () => {
  it.each([
    [['127.0.0.0/8'], '127.0.0.1', true],
    [['127.0.0.0/8'], '127.255.255.255', true],
    [['127.0.0.0/8'], '128.0.0.0', false],
    [['127.0.0.0/8'], '::ffff:127.0.0.1', true],
    [['127.0.0.0/8'], '::ffff:7f00:1', true],
    [['127.0.0.0/8'], '::1', false],
    [['192.0.2.128/25'], '192.0.2.127', false],
    [['192.0.2.128/25'], '192.0.2.128', true],
    [['192.0.2.7'], '192.0.2.7', true],
    [['192.0.2.7'], '192.0.2.6', false],
    [['192.0.2.7/32'], '192.0.2.7', true],
    [['0.0.0.0/0'], '255.1.2.3', true],
    [['0.0.0.0/0'], '::ffff:1.2.3.4', true],
    [['0.0.0.0/0'], '2001:db8::1', false],
    [['::/0'], '2001:db8::1', true],
    [['::/0'], '1.2.3.4', false],
    [['::/0'], '::ffff:1.2.3.4', false],
    [['::ffff:10.0.0.0/104'], '10.1.2.3', true],
    [['::ffff:10.0.0.0/104'], '::ffff:10.1.2.3', true],
    [['::ffff:10.0.0.0/104'], '11.1.2.3', false],
    [['::ffff:0:0/96'], '1.2.3.4', true],
    [['::ffff:0:0/96'], '::ffff:1.2.3.4', true],
    [['2001:db8::/33'], '2001:db8:7fff::1', true],
    [['2001:db8::/33'], '2001:db8:8000::1', false],
    [['fe80::/10'], 'fe80::1%eth0', true],
    [['::1'], '::1', true],
    [['::1'], '::2', false],
    [['10.0.0.0/8', '::1', '192.0.2.0/24'], '192.0.2.9', true],
    [[], '127.0.0.1', false],
    [['0.0.0.0/0', '::/0'], 'localhost', false],
    [['0.0.0.0/0', '::/0'], '', false],
    [['0.0.0.0/0', '::/0'], '1.2.3', false],
    [['0.0.0.0/0', '::/0'], '::g', false],
  ])('%j on %s: %s', (list, address, expected) => {
    expect(trusts(list, address)).toBe(expected);
  });

  it('trusts peers without an IP address only by their kind', () => {
    const all = new TrustList(['0.0.0.0/0', '::/0']);
    const unix: Address = { family: 'unix', path: '' };
    const memory: Address = { family: 'memory', name: 'a' };
    for (const nobody of [unix, memory, undefined]) expect(all.trusts(nobody)).toBe(false);
    const local = new TrustList(['unix', '10.0.0.0/8']);
    expect([unix, memory, undefined].map((p) => local.trusts(p))).toEqual([true, false, false]);
    expect(local.trusts(peer('10.1.1.1'))).toBe(true);
    const inProcess = new TrustList(['memory']);
    expect([unix, memory, undefined].map((p) => inProcess.trusts(p))).toEqual([false, true, false]);
  });

  it.each([
    ['10.0.0.1/8', 'proxy-trust-host-bits'],
    ['2001:db8::1/64', 'proxy-trust-host-bits'],
    ['::1/127', 'proxy-trust-host-bits'],
    ['::ffff:10.0.0.1/104', 'proxy-trust-host-bits'],
    ['::ffff:0:0/95', 'proxy-trust-host-bits'],
    ['10.0.0.0/33', 'proxy-trust-prefix'],
    ['/08', 'proxy-trust-prefix'],
    ['::/129', 'proxy-trust-prefix'],
    ['::ffff:0:0/129', 'proxy-trust-prefix'],
    ['10.0.0.0/08', 'proxy-trust-prefix'],
    ['10.0.0.0/', 'proxy-trust-prefix'],
    ['10.0.0.0/-1', 'proxy-trust-prefix'],
    ['10.0.0.0/8/8', 'proxy-trust-prefix'],
    ['10.0.0.0/255.0.0.0', 'proxy-trust-prefix'],
    ['10/8', 'proxy-trust-address'],
    ['010.0.0.0/8', 'proxy-trust-address'],
    ['localhost', 'proxy-trust-address'],
    ['fe80::%eth0/64', 'proxy-trust-address'],
    ['', 'proxy-trust-address'],
  ])('refuses %j at construction', (block, code) => {
    const misuse = { code, cites: 'proxy-protocol.txt §5', fault: 'api-misuse' };
    expect(() => new TrustList([block])).toThrow(expect.objectContaining(misuse));
    if (block !== '') expect(() => new TrustList([block])).toThrow(block);
  });

  it('agrees with the platform’s block list', () => {
    const bytes = fc.array(fc.constantFrom(0, 1, 0x7f, 0x80, 0xfe, 0xff), { minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(bytes, bytes, fc.boolean(), fc.nat({ max: 128 }), (network, other, isIpv4, given) => {
        const size = isIpv4 ? 4 : 16;
        const bits = given % (size * 8 + 1);
        const cut = (from: readonly number[]) =>
          Uint8Array.from(
            from.slice(0, size),
            (byte, i) => byte & ~(0xff >> Math.max(0, Math.min(8, bits - i * 8))),
          );
        const text = isIpv4 ? formatIpv4 : formatIpv6;
        const base = text(cut(network), 0);
        const reference = new BlockList();
        reference.addSubnet(base, bits, isIpv4 ? 'ipv4' : 'ipv6');
        const list = new TrustList([`${base}/${bits}`]);
        // Half of the time a peer that differs behind the prefix only.
        const near = cut(network).map(
          (byte, i) => byte | ((other[i] as number) & (0xff >> Math.max(0, Math.min(8, bits - i * 8)))),
        );
        for (const address of [text(near, 0), text(Uint8Array.from(other.slice(0, size)), 0)]) {
          expect(list.trusts(peer(address))).toBe(reference.check(address, isIpv4 ? 'ipv4' : 'ipv6'));
        }
      }),
      { numRuns: 200 },
    );
  });
});
