/** PROXY version 1 lines, right and wrong, written out by hand from proxy-protocol.txt §2.1. */

import { describe, expect, it } from 'vitest';
import {
  encodeProxyHeader,
  proxyHeaderSize,
  proxyLocal,
  proxyUnixAddress,
} from '../../src/session/proxy/encode.js';
import type { ProxyAddress, ProxyHeader } from '../../src/session/proxy/header.js';
import { readProxyV1 } from '../../src/session/proxy/read-v1.js';
import { crc32cTlv } from '../../src/session/proxy/tlv.js';

const bytesOf = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const read = (text: string) => {
  const bytes = bytesOf(text);
  return readProxyV1(bytes, 0, bytes.length);
};
const ipv4 = (address: string, port: number): ProxyAddress => ({ family: 'ipv4', address, port });
const ipv6 = (address: string, port: number): ProxyAddress => ({ family: 'ipv6', address, port });
/** What nobody's types allow. */
const ipx = (address: string) => ({ family: 'ipx' as 'ipv6', address, port: 1 });
const tcp = (source: ProxyAddress, destination: ProxyAddress): ProxyHeader => ({
  version: 1,
  command: 'proxy',
  transport: 'stream',
  source,
  destination,
  tlvs: [],
});
const unknown: ProxyHeader = {
  version: 1,
  command: 'proxy',
  transport: 'unspec',
  source: { family: 'unspec' },
  destination: { family: 'unspec' },
  tlvs: [],
};

const LONG6 = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';

describe('PROXY version 1', () => {
  it.each([
    [
      'the specification’s example',
      'PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n',
      tcp(ipv4('192.168.0.1', 56324), ipv4('192.168.0.11', 443)),
    ],
    [
      'the longest TCP4',
      'PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n',
      tcp(ipv4('255.255.255.255', 65535), ipv4('255.255.255.255', 65535)),
    ],
    ['the shortest TCP4', 'PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n', tcp(ipv4('0.0.0.0', 0), ipv4('0.0.0.0', 0))],
    [
      'the longest TCP6',
      `PROXY TCP6 ${LONG6} ${LONG6} 65535 65535\r\n`,
      tcp(ipv6(LONG6, 65535), ipv6(LONG6, 65535)),
    ],
    ['the shortest TCP6', 'PROXY TCP6 :: :: 0 0\r\n', tcp(ipv6('::', 0), ipv6('::', 0))],
    [
      'IPv6 in upper case, written out',
      'PROXY TCP6 2001:0DB8:0000:0000:0008:0800:200C:417A ::1 4124 443\r\n',
      tcp(ipv6('2001:db8::8:800:200c:417a', 4124), ipv6('::1', 443)),
    ],
    [
      'IPv6 with an IPv4 tail',
      'PROXY TCP6 ::ffff:192.0.2.128 64:ff9b::192.0.2.33 1 2\r\n',
      tcp(ipv6('::ffff:192.0.2.128', 1), ipv6('64:ff9b::c000:221', 2)),
    ],
    ['UNKNOWN', 'PROXY UNKNOWN\r\n', unknown],
    ['UNKNOWN with addresses', `PROXY UNKNOWN ${LONG6} ${LONG6} 65535 65535\r\n`, unknown],
    ['UNKNOWN with a space', 'PROXY UNKNOWN \r\n', unknown],
    ['UNKNOWN with octets of no meaning', 'PROXY UNKNOWN \0\x80\xff TCP4\r\n', unknown],
  ])('reads %s', (_, line, header) => {
    expect(read(line)).toEqual({ kind: 'complete', length: line.length, header });
    expect(read(`${line}PROXY TCP4 1.1.1.1 1.1.1.1 1 1\r\n`)).toEqual({
      kind: 'complete',
      length: line.length,
      header,
    });
  });

  it('has 107 bytes at most, CRLF included', () => {
    const line = (length: number) => `PROXY UNKNOWN ${'x'.repeat(length - 16)}\r\n`;
    expect(read(line(107))).toMatchObject({ kind: 'complete', length: 107 });
    expect(read(line(108))).toMatchObject({ kind: 'error', at: 106, error: { code: 'proxy-v1-too-long' } });
    expect(read(line(108).slice(0, 106))).toEqual({ kind: 'need-data', atLeast: 107 });
    const tail = 'ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255';
    const long = `PROXY TCP6 ${tail} ${tail} 65535 65535\r\n`;
    expect(read(long)).toMatchObject({ kind: 'error', at: 106, error: { code: 'proxy-v1-too-long' } });
  });

  it.each([
    ['', 0, 'GET / HTTP/1.1\r\n', 'proxy-signature'],
    ['', 0, ' PROXY TCP4', 'proxy-signature'],
    ['P', 1, 'OST / HTTP/1.1\r\n', 'proxy-signature'],
    ['P', 1, 'roxy TCP4', 'proxy-signature'],
    ['PROXY', 5, '\tTCP4', 'proxy-signature'],
    ['PROXY ', 6, ' TCP4 ', 'proxy-v1-protocol'],
    ['PROXY ', 6, 'UDP4 ', 'proxy-v1-protocol', 1],
    ['PROXY ', 6, 'tcp4 ', 'proxy-v1-protocol'],
    ['PROXY TCP', 9, '5 ', 'proxy-v1-protocol'],
    ['PROXY TCP4', 10, '\t1.1.1.1', 'proxy-v1-protocol'],
    ['PROXY UNKNOWN', 13, 'x\r\n', 'proxy-v1-protocol'],
    ['PROXY UNKNOWN', 13, '\n', 'proxy-v1-protocol'],
    ['PROXY UNK', 9, ' \n', 'proxy-v1-protocol'],
    ['PROXY UNKNOWN a', 15, '\nb\r\n', 'proxy-v1-line-end'],
    ['PROXY UNKNOWN a\r', 16, 'b\r\n', 'proxy-v1-line-end'],
    ['PROXY TCP4 ', 11, ' 1.1.1.1', 'proxy-v1-ipv4'],
    ['PROXY TCP4 ', 11, '::1 ', 'proxy-v1-ipv4'],
    ['PROXY TCP4 1', 12, ' 1.1.1.1 1 1\r\n', 'proxy-v1-ipv4'],
    ['PROXY TCP4 1.1.1', 16, ' 1.1.1.1 1 1\r\n', 'proxy-v1-ipv4'],
    ['PROXY TCP4 25', 13, '6.1.1.1', 'proxy-v1-ipv4'],
    ['PROXY TCP4 0', 12, '1.1.1.1', 'proxy-v1-leading-zero'],
    ['PROXY TCP4 0', 12, 'x1.1.1.1', 'proxy-v1-ipv4'],
    ['PROXY TCP4 1.1.1.0', 18, '0 ', 'proxy-v1-leading-zero'],
    ['PROXY TCP4 1..', 13, '', 'proxy-v1-ipv4'],
    ['PROXY TCP4 1.1.1.1', 18, '.1 ', 'proxy-v1-ipv4'],
    ['PROXY TCP4 1.1.1.1', 18, '\r\n', 'proxy-v1-ipv4'],
    ['PROXY TCP4 1.1.1.1 ', 19, ' 2.2.2.2', 'proxy-v1-ipv4'],
    ['PROXY TCP6 ', 11, '1.1.1.1', 'proxy-v1-ipv6', 1],
    ['PROXY TCP6 ::1', 14, '%eth0 ', 'proxy-v1-ipv6'],
    ['PROXY TCP6 ::', 13, ':1 ', 'proxy-v1-ipv6'],
    ['PROXY TCP6 1::2:', 16, ':3 ', 'proxy-v1-ipv6'],
    ['PROXY TCP6 1:2:3:4:5:6:7:8', 26, '::', 'proxy-v1-ipv6'],
    ['PROXY TCP6 ::2:3:4:5:6:7:8', 26, ':', 'proxy-v1-ipv6'],
    ['PROXY TCP6 1:2:3:4:5:6::1', 26, '.2.3.4 ', 'proxy-v1-ipv6'],
    ['PROXY TCP6 1:2:3:4:5:6:7', 24, ' ', 'proxy-v1-ipv6'],
    ['PROXY TCP6 1:', 13, ' ', 'proxy-v1-ipv6'],
    ['PROXY TCP6 1234', 15, '5:', 'proxy-v1-ipv6'],
    ['PROXY TCP6 ::1.2.3.25', 21, '6 ', 'proxy-v1-ipv6'],
    ['PROXY TCP6 ::1.0', 16, '1.3.25 ', 'proxy-v1-leading-zero'],
    ['PROXY TCP6 ::01', 15, '.2.3.4 ', 'proxy-v1-ipv6'],
    ['PROXY TCP4 1.1.1.1 2.2.2.2 ', 27, '-1 ', 'proxy-v1-port'],
    ['PROXY TCP4 1.1.1.1 2.2.2.2 ', 27, ' 1 1', 'proxy-v1-port'],
    ['PROXY TCP4 1.1.1.1 2.2.2.2 0', 28, '1 1', 'proxy-v1-leading-zero'],
    ['PROXY TCP4 1.1.1.1 2.2.2.2 6553', 31, '6 1', 'proxy-v1-port-range'],
    ['PROXY TCP4 1.1.1.1 2.2.2.2 1', 28, '\r\n', 'proxy-v1-port'],
    ['PROXY TCP4 1.1.1.1 2.2.2.2 1 ', 29, '\r\n', 'proxy-v1-port'],
    ['PROXY TCP4 1.1.1.1 2.2.2.2 1 0', 30, '1\r\n', 'proxy-v1-leading-zero'],
    ['PROXY TCP4 1.1.1.1 2.2.2.2 1 6553', 33, '6\r\n', 'proxy-v1-port-range'],
    ['PROXY TCP4 1.1.1.1 2.2.2.2 1 1', 30, ' \r\n', 'proxy-v1-port'],
    ['PROXY TCP4 1.1.1.1 2.2.2.2 1 1', 30, '\nGET', 'proxy-v1-port'],
    ['PROXY TCP4 1.1.1.1 2.2.2.2 1 1\r', 31, '\r\n', 'proxy-v1-line-end'],
  ])('refuses %j at %i before %j', (right, _, wrong, code, further = 0) => {
    const at = right.length + further - (wrong === '' ? 1 : 0);
    expect(read(right + wrong)).toMatchObject({
      kind: 'error',
      at,
      error: { code, fault: 'peer-misbehaved', cites: 'proxy-protocol.txt §2.1' },
    });
    expect(read((right + wrong).slice(0, at)).kind).toBe('need-data');
  });

  it.each([
    [
      'TCP4',
      tcp(ipv4('192.168.0.1', 56324), ipv4('192.168.0.11', 443)),
      'PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n',
    ],
    [
      'TCP6',
      tcp(ipv6('2001:DB8:0:0:1:0:0:1', 0), ipv6('::FFFF:1.2.3.4', 65535)),
      'PROXY TCP6 2001:db8::1:0:0:1 ::ffff:1.2.3.4 0 65535\r\n',
    ],
    ['UNKNOWN', unknown, 'PROXY UNKNOWN\r\n'],
  ])('writes %s', (_, header, line) => {
    const bytes = new Uint8Array(line.length + 2);
    expect(proxyHeaderSize(header)).toBe(line.length);
    expect(encodeProxyHeader(header, bytes, 1)).toBe(line.length);
    expect(String.fromCharCode(...bytes)).toBe(`\0${line}\0`);
  });

  it.each<[string, ProxyHeader, string]>([
    ['LOCAL', { ...proxyLocal, version: 1 }, 'proxy-v1-local'],
    ['TLVs', { ...unknown, tlvs: [crc32cTlv()] }, 'proxy-v1-tlvs'],
    ['two families', tcp(ipv4('1.1.1.1', 1), ipv6('::1', 1)), 'proxy-families'],
    ['no source', { ...unknown, source: undefined as never }, 'proxy-families'],
    ['no destination', { ...unknown, destination: undefined as never }, 'proxy-families'],
    ['a Unix address', tcp(proxyUnixAddress('/a'), proxyUnixAddress('/b')), 'proxy-v1-family'],
    ['a family that is none', tcp(ipx('::1'), ipx('::2')), 'proxy-v1-family'],
    [
      'datagrams',
      { ...tcp(ipv4('1.1.1.1', 1), ipv4('1.1.1.1', 1)), transport: 'datagram' },
      'proxy-v1-transport',
    ],
    ['UNKNOWN over TCP', { ...unknown, transport: 'stream' }, 'proxy-v1-transport'],
    ['no IPv4 address', tcp(ipv4('1.1.1', 1), ipv4('1.1.1.1', 1)), 'proxy-ipv4'],
    ['an IPv4 address that is no text', tcp(ipv4(1 as never, 1), ipv4('1.1.1.1', 1)), 'proxy-ipv4'],
    ['an IPv6 address that is no text', tcp(ipv6('::1', 1), ipv6(undefined as never, 1)), 'proxy-ipv6'],
    ['no IPv6 address', tcp(ipv6('::1', 1), ipv6('::1%lo', 1)), 'proxy-ipv6'],
    ['no port', tcp(ipv4('1.1.1.1', 65536), ipv4('1.1.1.1', 1)), 'proxy-port'],
    ['a part of a port', tcp(ipv4('1.1.1.1', 1), ipv4('1.1.1.1', 0.5)), 'proxy-port'],
  ])('WS-8: writes nothing of %s', (_, header, code) => {
    const bytes = new Uint8Array(120);
    const cites = /-(?:ipv[46]|port)$/.test(code) ? 'WIRE-4' : 'proxy-protocol.txt §2.1';
    const misuse = expect.objectContaining({ code, cites, fault: 'api-misuse' });
    expect(() => encodeProxyHeader(header, bytes, 0)).toThrow(misuse);
    expect(() => proxyHeaderSize(header)).toThrow(misuse);
    expect(bytes).toEqual(new Uint8Array(120));
  });

  it('WS-8: writes nothing where there is too little room', () => {
    const bytes = new Uint8Array(20);
    expect(() => encodeProxyHeader(unknown, bytes, 6)).toThrow(
      expect.objectContaining({ code: 'proxy-room', cites: 'WS-8' }),
    );
    expect(() => encodeProxyHeader(unknown, bytes, -1)).toThrow(
      expect.objectContaining({ code: 'proxy-room' }),
    );
    expect(bytes).toEqual(new Uint8Array(20));
    expect(encodeProxyHeader(unknown, bytes, 5)).toBe(15);
  });
});
