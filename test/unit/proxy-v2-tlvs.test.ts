/** The TLVs of PROXY version 2, right and wrong, written out by hand from proxy-protocol.txt §2.2; and what cannot be sent. */

import { describe, expect, it } from 'vitest';
import { slowCrc32c } from '../../models/proxy-header.js';
import {
  encodeProxyHeader,
  proxyHeaderSize,
  proxyLocal,
  proxyUnixAddress,
} from '../../src/session/proxy/encode.js';
import type { ProxyHeader } from '../../src/session/proxy/header.js';
import { proxyReadLimits, readProxyHeader } from '../../src/session/proxy/read.js';
import { bytesTlv, crc32cTlv, sslSubTlv, sslTlv, textTlv } from '../../src/session/proxy/tlv.js';
import { ascii, inet, limits, read, tcp4, unspec } from '../support/proxy-v2.js';

describe('PROXY version 2: TLVs', () => {
  const tlv = (type: number, value: readonly number[]) => [
    type,
    value.length >> 8,
    value.length & 255,
    ...value,
  ];
  const ssl = [
    ...[0x05, 0x00, 0x00, 0x00, 0x01],
    ...tlv(0x21, ascii('TLSv1.3')),
    ...tlv(0x22, [0xc3, 0xa9, 0x78]),
    ...tlv(0x23, ascii('TLS_AES_128_GCM_SHA256')),
    ...tlv(0x24, ascii('SHA256')),
    ...tlv(0x25, ascii('RSA2048')),
    ...tlv(0x26, ascii('x25519')),
    ...tlv(0x27, ascii('rsa_pss_rsae_sha256')),
    ...tlv(0x28, [0x30, 0xff]),
    ...tlv(0x7f, [7]),
  ];
  const every = [
    ...tlv(0x01, ascii('h2')),
    ...tlv(0x02, ascii('example.org')),
    ...tlv(0x04, [0, 0]),
    ...tlv(0x05, [1, 2, 3]),
    ...tlv(0x20, ssl),
    ...tlv(0x30, ascii('blue')),
    ...tlv(0xea, [1, 0x76]),
  ];
  const everyTlv = [
    textTlv('alpn', 'h2'),
    textTlv('authority', 'example.org'),
    bytesTlv(0x04, Uint8Array.of(0, 0)),
    bytesTlv(0x05, Uint8Array.of(1, 2, 3)),
    sslTlv(0x05, 1, [
      sslSubTlv(0x21, 'TLSv1.3'),
      sslSubTlv(0x22, 'éx'),
      sslSubTlv(0x23, 'TLS_AES_128_GCM_SHA256'),
      sslSubTlv(0x24, 'SHA256'),
      sslSubTlv(0x25, 'RSA2048'),
      sslSubTlv(0x26, 'x25519'),
      sslSubTlv(0x27, 'rsa_pss_rsae_sha256'),
      sslSubTlv(0x28, Uint8Array.of(0x30, 0xff)),
      sslSubTlv(0x7f, Uint8Array.of(7)),
    ]),
    textTlv('netns', 'blue'),
    bytesTlv(0xea, Uint8Array.of(1, 0x76)),
  ];

  it('reads and writes all of them in order', () => {
    expect(read(inet(...every))).toEqual({
      kind: 'complete',
      length: 28 + every.length,
      header: tcp4(everyTlv),
    });
    const bytes = new Uint8Array(proxyHeaderSize(tcp4(everyTlv)));
    encodeProxyHeader(tcp4(everyTlv), bytes, 0);
    expect([...bytes]).toEqual(inet(...every));
  });

  it('names what it knows and keeps what it does not', () => {
    const result = read(inet(...every));
    if (result.kind !== 'complete') throw new Error('not complete');
    expect(result.header.tlvs.map((t) => t.kind)).toEqual([
      'alpn',
      'authority',
      'noop',
      'unique-id',
      'ssl',
      'netns',
      'unknown',
    ]);
    const sub = result.header.tlvs[4];
    if (sub?.kind !== 'ssl') throw new Error('no ssl');
    expect(sub.tlvs.map((t) => [t.kind, t.text])).toEqual([
      ['version', 'TLSv1.3'],
      ['cn', 'éx'],
      ['cipher', 'TLS_AES_128_GCM_SHA256'],
      ['sig-alg', 'SHA256'],
      ['key-alg', 'RSA2048'],
      ['group', 'x25519'],
      ['sig-scheme', 'rsa_pss_rsae_sha256'],
      ['client-cert', undefined],
      ['unknown', undefined],
    ]);
  });

  it('keeps text that is no UTF-8 as bytes alone', () => {
    const result = read(inet(...tlv(0x02, [0xe9]), ...tlv(0x20, [1, 0, 0, 0, 0, ...tlv(0x22, [0xe9])])));
    expect(result).toMatchObject({
      header: {
        tlvs: [{ text: undefined, value: Uint8Array.of(0xe9) }, { tlvs: [{ kind: 'cn', text: undefined }] }],
      },
    });
  });

  it('verifies the checksum over the whole header, its own field as zeros', () => {
    const unsummed = [...tlv(0x03, [0, 0, 0, 0]), ...tlv(0x01, ascii('h2'))];
    const sum = slowCrc32c(Uint8Array.from(inet(...unsummed)));
    const field = [sum >>> 24, (sum >>> 16) & 255, (sum >>> 8) & 255, sum & 255];
    const bytes = inet(...tlv(0x03, field), ...tlv(0x01, ascii('h2')));
    const expected = tcp4([{ kind: 'crc32c', type: 3, checksum: sum }, textTlv('alpn', 'h2')]);
    expect(read(bytes)).toEqual({ kind: 'complete', length: bytes.length, header: expected });
    const written = new Uint8Array(bytes.length);
    encodeProxyHeader(tcp4([crc32cTlv(), textTlv('alpn', 'h2')]), written, 0);
    expect([...written]).toEqual(bytes);
    for (const at of [16, 27, 31, 34, bytes.length - 1]) {
      const changed = bytes.with(at, (bytes[at] as number) ^ 1);
      expect(read(changed)).toMatchObject({ kind: 'error', at: 31, error: { code: 'proxy-v2-crc32c' } });
    }
  });

  it.each([
    ['a TLV of two bytes', [...tlv(0x04, []), 0x01, 0x00], 31, 'proxy-v2-tlv-truncated', '§2.2'],
    ['a TLV longer than the header', [0x01, 0x00, 0x03, 0x68, 0x32], 28, 'proxy-v2-tlv-truncated', '§2.2'],
    ['a checksum of three bytes', tlv(0x03, [0, 0, 0]), 28, 'proxy-v2-crc32c-length', '§2.2.3'],
    ['a checksum of five bytes', tlv(0x03, [0, 0, 0, 0, 0]), 28, 'proxy-v2-crc32c-length', '§2.2.3'],
    [
      'two checksums',
      [...tlv(0x03, [0, 0, 0, 0]), ...tlv(0x03, [0, 0, 0, 0])],
      35,
      'proxy-v2-crc32c-duplicate',
      '§2.2.3',
    ],
    ['a wrong checksum', tlv(0x03, [0, 0, 0, 0]), 31, 'proxy-v2-crc32c', '§2.2.3'],
    [
      'a unique ID of 129 bytes',
      tlv(0x05, new Array(129).fill(1)),
      28,
      'proxy-v2-unique-id-length',
      '§2.2.5',
    ],
    ['an SSL value of four bytes', tlv(0x20, [1, 0, 0, 0]), 28, 'proxy-v2-ssl-length', '§2.2.6'],
    ['an SSL TLV cut short', tlv(0x20, [1, 0, 0, 0, 0, 0x21, 0]), 36, 'proxy-v2-tlv-truncated', '§2.2'],
    [
      'an SSL TLV that runs into the next TLV',
      [...tlv(0x20, [1, 0, 0, 0, 0, 0x21, 0, 3, 0x41, 0x42]), ...tlv(0x04, [])],
      36,
      'proxy-v2-tlv-truncated',
      '§2.2',
    ],
  ])('refuses %s', (_, tlvs, at, code, section) => {
    const bytes = inet(...tlvs);
    const error = { code, cites: `proxy-protocol.txt ${section}`, fault: 'peer-misbehaved' };
    expect(read(bytes)).toMatchObject({ kind: 'error', at, error });
    expect(read(bytes.slice(0, -1)).kind).toBe('need-data');
    expect(read([...bytes, ...new Array(300).fill(0)])).toMatchObject({ kind: 'error', at, error: { code } });
  });

  it('takes a unique ID of 128 bytes and none', () => {
    expect(read(inet(...tlv(0x05, new Array(128).fill(1)), ...tlv(0x05, []))).kind).toBe('complete');
  });

  it('counts TLVs, those inside SSL too, against its limit', () => {
    const nested = tlv(0x20, [1, 0, 0, 0, 0, ...tlv(0x21, []), ...tlv(0x22, [])]);
    const bytes = inet(...tlv(0x04, []), ...nested, ...tlv(0x04, []));
    expect(read(bytes, { ...limits, maxTlvs: 5 }).kind).toBe('complete');
    const refused = read(bytes, { ...limits, maxTlvs: 4 });
    const error = { limit: 'maxTlvs', cites: 'WORK-1' };
    expect(refused).toMatchObject({ kind: 'error', at: 28 + 3 + nested.length, error });
    expect(read(bytes, { ...limits, maxTlvs: 3 })).toMatchObject({ at: 28 + 3 + 8 + 3 });
    expect(read(inet(...new Array(64).fill(tlv(0x04, [])).flat())).kind).toBe('complete');
    expect(read(inet(...new Array(65).fill(tlv(0x04, [])).flat())).kind).toBe('error');
  });

  const citations = new Map([
    ['proxy-crc32c', 'proxy-protocol.txt §2.2.3'],
    ['proxy-unique-id', 'proxy-protocol.txt §2.2.5'],
    ['proxy-ssl', 'proxy-protocol.txt §2.2.6'],
    ['proxy-ipv4', 'WIRE-4'],
    ['proxy-ipv6', 'WIRE-4'],
    ['proxy-port', 'WIRE-4'],
  ]);

  it.each<[string, ProxyHeader, string]>([
    [
      'two families',
      { ...tcp4(), destination: { family: 'ipv6', address: '::1', port: 1 } },
      'proxy-families',
    ],
    ['no addresses', { version: 2, command: 'proxy', transport: 'stream', tlvs: [] }, 'proxy-families'],
    ['no source', { ...tcp4(), source: undefined as never }, 'proxy-families'],
    ['no destination', { ...tcp4(), destination: undefined as never }, 'proxy-families'],
    [
      'a family that is none',
      {
        ...tcp4(),
        source: { family: 'ipx' as 'ipv4', address: '1.1.1.1', port: 1 },
        destination: { family: 'ipx' as 'ipv4', address: '1.1.1.1', port: 1 },
      },
      'proxy-families',
    ],
    ['addresses of LOCAL', { ...tcp4(), command: 'local' }, 'proxy-local'],
    ['a source of LOCAL', { ...proxyLocal, source: unspec }, 'proxy-local'],
    ['a destination of LOCAL', { ...proxyLocal, destination: unspec }, 'proxy-local'],
    ['TLVs of LOCAL', { ...proxyLocal, tlvs: [crc32cTlv()] }, 'proxy-local'],
    ['a transport of LOCAL', { ...proxyLocal, transport: 'stream' }, 'proxy-local'],
    ['addresses of no transport', { ...tcp4(), transport: 'unspec' }, 'proxy-v2-transport'],
    ['a transport that is none', { ...tcp4(), transport: 'x' as 'stream' }, 'proxy-families'],
    [
      'an IPv4 address that is none',
      { ...tcp4(), source: { family: 'ipv4', address: '1.2.3.04', port: 1 } },
      'proxy-ipv4',
    ],
    [
      'an IPv4 address that is no text',
      { ...tcp4(), source: { family: 'ipv4', address: undefined as never, port: 1 } },
      'proxy-ipv4',
    ],
    [
      'a Unix address that is no bytes',
      {
        ...tcp4(),
        source: { family: 'unix', path: 'x', bytes: 'x' as never },
        destination: { family: 'unix', path: 'x', bytes: 'x' as never },
      },
      'proxy-unix',
    ],
    [
      'an IPv6 address that is none',
      {
        ...tcp4(),
        source: { family: 'ipv6', address: '::1', port: 1 },
        destination: { family: 'ipv6', address: '::1%lo', port: 1 },
      },
      'proxy-ipv6',
    ],
    [
      'a port of IPv6 that is none',
      {
        ...tcp4(),
        source: { family: 'ipv6', address: '::1', port: 65536 },
        destination: { family: 'ipv6', address: '::1', port: 1 },
      },
      'proxy-port',
    ],
    [
      'a port that is none',
      { ...tcp4(), source: { family: 'ipv4', address: '1.2.3.4', port: -1 } },
      'proxy-port',
    ],
    [
      'a Unix address of 107 bytes',
      {
        ...tcp4(),
        source: { family: 'unix', path: 'a', bytes: new Uint8Array(107) },
        destination: proxyUnixAddress('b'),
      },
      'proxy-unix',
    ],
    ['two checksums', tcp4([crc32cTlv(), crc32cTlv()]), 'proxy-crc32c'],
    ['a unique ID of 129 bytes', tcp4([bytesTlv(5, new Uint8Array(129))]), 'proxy-unique-id'],
    ['a value of 65536 bytes', tcp4([bytesTlv(4, new Uint8Array(65536))]), 'proxy-tlv-length'],
    [
      'a certificate of 65536 bytes',
      tcp4([sslTlv(1, 0, [sslSubTlv(0x28, new Uint8Array(65536))])]),
      'proxy-tlv-length',
    ],
    [
      'SSL over 65535 bytes',
      tcp4([sslTlv(1, 0, [sslSubTlv(0x28, new Uint8Array(65530))])]),
      'proxy-tlv-length',
    ],
    ['more than the length can say', tcp4([bytesTlv(4, new Uint8Array(65521))]), 'proxy-v2-too-long'],
    ['a value as long as a value can be', tcp4([bytesTlv(4, new Uint8Array(65535))]), 'proxy-v2-too-long'],
    ['a client field of nine bits', tcp4([sslTlv(256, 0, [])]), 'proxy-tlv-type'],
    ['a client field below zero', tcp4([sslTlv(-1, 0, [])]), 'proxy-tlv-type'],
    ['half a client field', tcp4([sslTlv(0.5, 0, [])]), 'proxy-tlv-type'],
    ['a verify field below zero', tcp4([sslTlv(1, -1, [])]), 'proxy-ssl'],
    ['a verify field of 33 bits', tcp4([sslTlv(1, 2 ** 32, [])]), 'proxy-ssl'],
    ['a checksum of another type', tcp4([{ ...crc32cTlv(), type: 4 as 3 }]), 'proxy-tlv-type'],
    ['SSL of another type', tcp4([{ ...sslTlv(1, 0, []), type: 4 as 0x20 }]), 'proxy-tlv-type'],
    [
      'bytes of the type of a checksum',
      tcp4([{ kind: 'noop', type: 3, value: new Uint8Array(4) }]),
      'proxy-tlv-type',
    ],
    [
      'a type that is not its kind’s',
      tcp4([{ kind: 'noop', type: 0x20, value: new Uint8Array(5) }]),
      'proxy-tlv-type',
    ],
  ])('WS-8: writes nothing of %s', (_, given, code) => {
    const bytes = new Uint8Array(70_000);
    const cites = citations.get(code) ?? 'proxy-protocol.txt §2.2';
    const misuse = expect.objectContaining({ code, cites, fault: 'api-misuse' });
    expect(() => proxyHeaderSize(given)).toThrow(misuse);
    expect(() => encodeProxyHeader(given, bytes, 0)).toThrow(misuse);
    expect(bytes.every((byte) => byte === 0)).toBe(true);
  });

  it('writes as much as the length can say', () => {
    const given = tcp4([bytesTlv(4, new Uint8Array(65520))]);
    expect(proxyHeaderSize(given)).toBe(65551);
    const bytes = new Uint8Array(65551);
    encodeProxyHeader(given, bytes, 0);
    expect(readProxyHeader(bytes, 0, 65551, proxyReadLimits({ maxHeaderBytes: 65551 })).kind).toBe(
      'complete',
    );
  });

  it.each<[string, () => unknown, string, string]>([
    ['a type of nine bits', () => bytesTlv(256, new Uint8Array()), 'proxy-tlv-type', 'WIRE-4'],
    ['a type below zero', () => bytesTlv(-1, new Uint8Array()), 'proxy-tlv-type', 'WIRE-4'],
    ['half a type', () => bytesTlv(0.5, new Uint8Array()), 'proxy-tlv-type', 'WIRE-4'],
    ['bytes of type ALPN', () => bytesTlv(0x01, new Uint8Array()), 'proxy-tlv-type', 'WIRE-4'],
    ['bytes of type CRC32C', () => bytesTlv(0x03, new Uint8Array()), 'proxy-tlv-type', 'WIRE-4'],
    ['bytes of type SSL', () => bytesTlv(0x20, new Uint8Array()), 'proxy-tlv-type', 'WIRE-4'],
    ['a type inside SSL below zero', () => sslSubTlv(-1, ''), 'proxy-tlv-type', 'WIRE-4'],
    ['a type inside SSL of nine bits', () => sslSubTlv(256, ''), 'proxy-tlv-type', 'WIRE-4'],
    ['half a surrogate pair', () => textTlv('authority', '\ud800'), 'proxy-text', 'WIRE-4'],
    ['a path of 110 bytes', () => proxyUnixAddress('é'.repeat(55)), 'proxy-unix', 'proxy-protocol.txt §2.2'],
    ['half a pair in a path', () => proxyUnixAddress('\udc00'), 'proxy-unix', 'proxy-protocol.txt §2.2'],
  ])('makes nothing of %s', (_, make, code, cites) => {
    expect(make).toThrow(expect.objectContaining({ code, cites, fault: 'api-misuse' }));
  });

  it('makes TLVs of copies', () => {
    for (const make of [bytesTlv, sslSubTlv]) {
      const value = Uint8Array.of(1);
      const made = make(4, value);
      value[0] = 2;
      expect(made.value).toEqual(Uint8Array.of(1));
    }
  });

  it('has no text of a certificate or of what it does not know', () => {
    expect(sslSubTlv(0x28, 'certificate').text).toBeUndefined();
    expect(sslSubTlv(0x7f, 'unknown').text).toBeUndefined();
    expect(sslSubTlv(0x22, 'name').text).toBe('name');
  });
});
