/** PROXY version 2 headers, right and wrong, written out by hand from proxy-protocol.txt §2.2. */

import { describe, expect, it } from 'vitest';
import { encodeProxyHeader, proxyHeaderSize, proxyLocal } from '../../src/session/proxy/encode.js';
import type { ProxyHeader } from '../../src/session/proxy/header.js';
import { proxyReadLimits } from '../../src/session/proxy/read.js';
import {
  ascii,
  header,
  INET,
  INET6,
  inet,
  limits,
  read,
  SIGNATURE,
  tcp4,
  unixBlock,
  unspec,
} from '../support/proxy-v2.js';

describe('PROXY version 2: families', () => {
  it.each([
    ['TCP over IPv4', inet(), tcp4()],
    ['UDP over IPv4', header(0x21, 0x12, INET), { ...tcp4(), transport: 'datagram' }],
    [
      'TCP over IPv6',
      header(0x21, 0x21, INET6),
      {
        ...tcp4(),
        source: { family: 'ipv6', address: '2001:db8::1', port: 56324 },
        destination: { family: 'ipv6', address: '2001:db8::2', port: 443 },
      },
    ],
    [
      'Unix stream',
      header(0x21, 0x31, [...unixBlock('/run/a.sock'), ...unixBlock('\0name')]),
      {
        ...tcp4(),
        source: { family: 'unix', path: '/run/a.sock', bytes: Uint8Array.from(unixBlock('/run/a.sock')) },
        destination: { family: 'unix', path: '', bytes: Uint8Array.from(unixBlock('\0name')) },
      },
    ],
    [
      'UNSPEC',
      header(0x21, 0x00, []),
      { ...tcp4(), transport: 'unspec', source: unspec, destination: unspec },
    ],
    [
      'UNSPEC with addresses of a family unknown to us',
      header(0x21, 0x00, [1, 2, 3, 4, 5]),
      { ...tcp4(), transport: 'unspec', source: unspec, destination: unspec },
    ],
    [
      'UNSPEC with TLVs',
      header(0x21, 0x00, [0x05, 0, 1, 9]),
      {
        ...tcp4([{ kind: 'unique-id', type: 5, value: Uint8Array.of(9) }]),
        transport: 'unspec',
        source: unspec,
        destination: unspec,
      },
    ],
    [
      'IPv4 of no transport, whose addresses are passed over',
      header(0x21, 0x10, [...INET, 0x04, 0, 0]),
      {
        ...tcp4([{ kind: 'noop', type: 4, value: new Uint8Array() }]),
        transport: 'unspec',
        source: unspec,
        destination: unspec,
      },
    ],
    ['LOCAL', header(0x20, 0x00, []), proxyLocal],
    ['LOCAL with addresses', header(0x20, 0x11, INET), proxyLocal],
    ['LOCAL of a family with too few addresses', header(0x20, 0x21, [1, 2, 3]), proxyLocal],
    ['LOCAL of no family, with no TLVs', header(0x20, 0xff, [0x03, 0xff, 0xff]), proxyLocal],
  ])('reads %s', (_, bytes, expected) => {
    expect(read(bytes)).toEqual({ kind: 'complete', length: bytes.length, header: expected });
    expect(read([...bytes, 0x04, 0, 0])).toEqual({
      kind: 'complete',
      length: bytes.length,
      header: expected,
    });
    expect(read(bytes.slice(0, -1)).kind).toBe('need-data');
  });

  it('keeps the bytes of a Unix path that is no UTF-8, or has no NUL', () => {
    const block = [0xff, ...new Array(107).fill(0x41)];
    const result = read(header(0x21, 0x32, [...block, ...new Array(108).fill(0x42)]));
    expect(result).toMatchObject({
      header: {
        transport: 'datagram',
        source: { family: 'unix', path: undefined, bytes: Uint8Array.from(block) },
        destination: { path: 'B'.repeat(108) },
      },
    });
  });

  it.each([
    ['another signature', [...SIGNATURE.slice(0, 11), 0x0b], 11, 'proxy-signature', 'peer-misbehaved'],
    ['version 1 after the signature', [...SIGNATURE, 0x11], 12, 'proxy-v2-version', 'peer-incompatible'],
    ['version 3', [...SIGNATURE, 0x31], 12, 'proxy-v2-version', 'peer-incompatible'],
    ['command 2', [...SIGNATURE, 0x22], 12, 'proxy-v2-command', 'peer-misbehaved'],
    ['command 15', [...SIGNATURE, 0x2f], 12, 'proxy-v2-command', 'peer-misbehaved'],
    ['family 4', [...SIGNATURE, 0x21, 0x41], 13, 'proxy-v2-family', 'peer-misbehaved'],
    ['transport 3', [...SIGNATURE, 0x21, 0x13], 13, 'proxy-v2-transport', 'peer-misbehaved'],
    ['IPv4 in 11 bytes', [...SIGNATURE, 0x21, 0x11, 0, 11], 14, 'proxy-v2-length', 'peer-misbehaved'],
    ['IPv6 in 35 bytes', [...SIGNATURE, 0x21, 0x22, 0, 35], 14, 'proxy-v2-length', 'peer-misbehaved'],
    ['Unix in 215 bytes', [...SIGNATURE, 0x21, 0x30, 0, 215], 14, 'proxy-v2-length', 'peer-misbehaved'],
    ['4097 bytes', [...SIGNATURE, 0x21, 0x11, 0x0f, 0xf1], 14, 'proxy-v2-too-long', 'limit-reached'],
    ['4097 bytes of LOCAL', [...SIGNATURE, 0x20, 0x00, 0x0f, 0xf1], 14, 'proxy-v2-too-long', 'limit-reached'],
  ])('refuses %s as soon as it is there', (_, bytes, at, code, fault) => {
    const cites = fault === 'limit-reached' ? 'WORK-1' : 'proxy-protocol.txt §2.2';
    expect(read(bytes)).toMatchObject({ kind: 'error', at, error: { code, cites, fault } });
    expect(read(bytes.slice(0, -1)).kind).toBe('need-data');
  });

  it('takes 4096 bytes by default, and says how many it needs', () => {
    const block = [...INET, 0x04, 0x0f, 0xe1, ...new Array(4065).fill(0)];
    const bytes = header(0x21, 0x11, block);
    expect(bytes.length).toBe(4096);
    expect(read(bytes)).toMatchObject({ kind: 'complete', length: 4096 });
    expect(read(bytes.slice(0, 16))).toEqual({ kind: 'need-data', atLeast: 4096 });
    expect(read(bytes.slice(0, 15))).toEqual({ kind: 'need-data', atLeast: 16 });
    expect(read(bytes, { ...limits, maxHeaderBytes: 4095 })).toMatchObject({
      error: { limit: 'maxHeaderBytes' },
    });
  });

  it('refuses the version that is not accepted at the first byte', () => {
    const line = ascii('PROXY UNKNOWN\r\n');
    expect(read(line, { ...limits, versions: 1 }).kind).toBe('complete');
    expect(read(line, { ...limits, versions: 2 })).toMatchObject({
      at: 0,
      error: { code: 'proxy-signature' },
    });
    expect(read(inet(), { ...limits, versions: 2 }).kind).toBe('complete');
    expect(read(inet(), { ...limits, versions: 1 })).toMatchObject({
      at: 0,
      error: { code: 'proxy-signature' },
    });
    expect(read([], { ...limits, versions: 2 })).toEqual({ kind: 'need-data', atLeast: 16 });
    expect(read([], limits)).toEqual({ kind: 'need-data', atLeast: 15 });
  });

  it.each([
    ['either', / a PROXY header \[/],
    [1, / of version 1 \[/],
    [2, / of version 2 \[/],
  ] as const)('says that a header of version %j is missing', (versions, message) => {
    const found = read(ascii('GET / HTTP/1.1\r\n'), { ...limits, versions });
    expect(found).toMatchObject({
      kind: 'error',
      at: 0,
      error: { code: 'proxy-signature', cites: 'proxy-protocol.txt §2.2', fault: 'peer-misbehaved' },
    });
    expect(found.kind === 'error' && found.error.message).toMatch(message);
  });

  it('refuses limits that are none', () => {
    for (const given of [
      { maxHeaderBytes: 106 },
      { maxHeaderBytes: 65552 },
      { maxHeaderBytes: 200.5 },
      { maxTlvs: -1 },
    ]) {
      const code = 'maxTlvs' in given ? 'proxy-max-tlvs' : 'proxy-max-header-bytes';
      expect(() => proxyReadLimits(given)).toThrow(expect.objectContaining({ code, fault: 'api-misuse' }));
    }
    expect(() => proxyReadLimits({ versions: 3 as 2 })).toThrow(
      expect.objectContaining({ code: 'proxy-versions' }),
    );
    expect(proxyReadLimits({ maxTlvs: 0 })).toEqual({ versions: 'either', maxHeaderBytes: 4096, maxTlvs: 0 });
  });
});

describe('PROXY version 2: headers of no known kind', () => {
  it.each([
    ['version', { ...tcp4(), version: 3 }, 'proxy-versions', 'proxy-protocol.txt §2'],
    ['command', { ...tcp4(), command: 'relay' }, 'proxy-command', 'proxy-protocol.txt §2.2'],
  ])('refuses to send a %s that there is not', (_, header, code, cites) => {
    const given = header as unknown as ProxyHeader;
    const bytes = new Uint8Array(64).fill(0xaa);
    expect(() => proxyHeaderSize(given)).toThrow(expect.objectContaining({ code, cites }));
    expect(() => encodeProxyHeader(given, bytes, 0)).toThrow(expect.objectContaining({ code, cites }));
    expect(bytes.every((byte) => byte === 0xaa)).toBe(true);
  });
});
