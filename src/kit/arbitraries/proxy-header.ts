/**
 * PROXY protocol headers of both versions (HAProxy's proxy-protocol.txt §2), with every family, command and kind of TLV,
 * at the edges of what each may be. This file does not know how one is written.
 */
import fc from 'fast-check';
import { proxyLocal, proxyUnixAddress } from '../../session/proxy/encode.js';
import type { ProxyAddress, ProxyHeader, ProxyTlv } from '../../session/proxy/header.js';
import { formatIpv6 } from '../../session/proxy/ip-text.js';
import { bytesTlv, crc32cTlv, sslSubTlv, sslTlv, textTlv } from '../../session/proxy/tlv.js';

const port = fc.oneof(
  fc.integer({ min: 0, max: 65535 }),
  fc.constantFrom(0, 1, 9, 10, 255, 256, 65534, 65535),
);
const octet = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 9, 10, 99, 100, 199, 255));
const ipv4Text = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.'));

/** Groups with many zeros, so that `::` is found at every place. */
const ipv6Bytes = fc
  .array(
    fc.oneof(
      { weight: 2, arbitrary: fc.constant(0) },
      fc.integer({ min: 0, max: 0xffff }),
      fc.constant(0xffff),
    ),
    {
      minLength: 8,
      maxLength: 8,
    },
  )
  .map((groups) => Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff])));

const ipv6Text = ipv6Bytes.map((bytes) => formatIpv6(bytes, 0));

const ipv4Pair = fc
  .tuple(ipv4Text, port, ipv4Text, port)
  .map(([from, fromPort, to, toPort]): [ProxyAddress, ProxyAddress] => [
    { family: 'ipv4', address: from, port: fromPort },
    { family: 'ipv4', address: to, port: toPort },
  ]);

const ipv6Pair = fc
  .tuple(ipv6Text, port, ipv6Text, port)
  .map(([from, fromPort, to, toPort]): [ProxyAddress, ProxyAddress] => [
    { family: 'ipv6', address: from, port: fromPort },
    { family: 'ipv6', address: to, port: toPort },
  ]);

const path = fc.oneof(
  fc.constantFrom('', '/', '/run/proxy.sock', '\0abstract', 'é'.repeat(54), 'x'.repeat(108)),
  fc.string({ maxLength: 40 }),
);
const unixPair = fc
  .tuple(path, path)
  .map(([from, to]): [ProxyAddress, ProxyAddress] => [proxyUnixAddress(from), proxyUnixAddress(to)]);

const unspec: ProxyAddress = { family: 'unspec' };

/** A value as its length and what it is filled with. */
const value = (maxLength: number) =>
  fc
    .tuple(fc.integer({ min: 0, max: maxLength }), fc.integer({ min: 0, max: 255 }))
    .map(([length, fill]) => new Uint8Array(length).fill(fill));

const sub = fc.oneof(
  fc
    .tuple(fc.integer({ min: 0x21, max: 0x27 }), fc.string({ maxLength: 12 }))
    .map(([t, s]) => sslSubTlv(t, s)),
  fc.tuple(fc.constantFrom(0x00, 0x28, 0x29, 0xff), value(40)).map(([t, v]) => sslSubTlv(t, v)),
);

const tlv: fc.Arbitrary<ProxyTlv> = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('alpn' as const, 'authority' as const, 'netns' as const),
      fc.string({ unit: 'grapheme', maxLength: 12 }),
    )
    .map(([kind, text]) => textTlv(kind, text)),
  fc.tuple(fc.constantFrom(0x00, 0x04, 0x06, 0x21, 0xe0, 0xff), value(60)).map(([t, v]) => bytesTlv(t, v)),
  value(128).map((v) => bytesTlv(0x05, v)),
  fc
    .tuple(octet, fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xffffffff), fc.array(sub, { maxLength: 4 }))
    .map(([client, verify, tlvs]) => sslTlv(client, verify, tlvs)),
);

/** TLVs, sometimes with a checksum somewhere among them. */
const tlvList = fc
  .tuple(fc.array(tlv, { maxLength: 5 }), fc.option(fc.nat({ max: 5 })))
  .map(([list, checksum]) => (checksum === null ? list : list.toSpliced(checksum, 0, crc32cTlv())));

/** Version 1: one line of text, without TLVs. */
export const proxyV1Header: fc.Arbitrary<ProxyHeader> = fc.oneof(
  fc.oneof(ipv4Pair, ipv6Pair).map(
    ([source, destination]): ProxyHeader => ({
      version: 1,
      command: 'proxy',
      transport: 'stream',
      source,
      destination,
      tlvs: [],
    }),
  ),
  fc.constant<ProxyHeader>({
    version: 1,
    command: 'proxy',
    transport: 'unspec',
    source: unspec,
    destination: unspec,
    tlvs: [],
  }),
);

/** Version 2: LOCAL, or PROXY with addresses of every family, and TLVs. */
export const proxyV2Header: fc.Arbitrary<ProxyHeader> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(proxyLocal) },
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        fc.oneof(ipv4Pair, ipv6Pair, unixPair),
        fc.constantFrom('stream' as const, 'datagram' as const),
        tlvList,
      )
      .map(
        ([[source, destination], transport, tlvs]): ProxyHeader => ({
          version: 2,
          command: 'proxy',
          transport,
          source,
          destination,
          tlvs,
        }),
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('stream' as const, 'datagram' as const, 'unspec' as const), tlvList)
      .map(
        ([transport, tlvs]): ProxyHeader => ({
          version: 2,
          command: 'proxy',
          transport,
          source: unspec,
          destination: unspec,
          tlvs,
        }),
      ),
  },
);
