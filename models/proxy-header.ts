/**
 * The PROXY protocol read a second time, slowly: version 1 by a regular expression and the platform's address
 * checks, version 2 by slices and a DataView. Shares no code with the readers it is a model of.
 */

import { isIPv4, isIPv6 } from 'node:net';
import type { ProxyAddress, ProxyHeader, ProxyTlv } from '../src/session/proxy/header.js';

export type ModelRead =
  | { readonly kind: 'need-data' }
  | { readonly kind: 'complete'; readonly length: number; readonly header: ProxyHeader }
  | { readonly kind: 'error' };

const MORE: ModelRead = { kind: 'need-data' };
const WRONG: ModelRead = { kind: 'error' };

const PORT = '(0|[1-9][0-9]{0,4})';
const TCP_LINE = new RegExp(`^PROXY TCP([46]) ([^ ]*) ([^ ]*) ${PORT} ${PORT}\r\n`);
const UNKNOWN_LINE = /^PROXY UNKNOWN(?: [^\r\n]*)?\r\n/;
const UNSPEC: ProxyAddress = { family: 'unspec' };

/** The header that `text`, bytes as Latin-1, begins with, however long the line; nothing if there is none. */
export function modelV1(text: string): { length: number; header: ProxyHeader } | undefined {
  const unknown = UNKNOWN_LINE.exec(text);
  if (unknown !== null) {
    const header = {
      version: 1,
      command: 'proxy',
      transport: 'unspec',
      source: UNSPEC,
      destination: UNSPEC,
      tlvs: [],
    };
    return { length: unknown[0].length, header: header as ProxyHeader };
  }
  const tcp = TCP_LINE.exec(text);
  if (tcp === null) return undefined;
  const [line, family, source, destination, sourcePort, destinationPort] = tcp as unknown as string[];
  const isAddress = family === '4' ? isIPv4 : (a: string) => isIPv6(a) && !a.includes('%');
  if (!isAddress(source as string) || !isAddress(destination as string)) return undefined;
  const ports = [Number(sourcePort), Number(destinationPort)];
  if (ports.some((port) => port > 65535)) return undefined;
  const address = (given: string, port: number): ProxyAddress =>
    family === '4'
      ? { family: 'ipv4', address: given, port }
      : { family: 'ipv6', address: ipv6(given), port };
  return {
    length: (line as string).length,
    header: {
      version: 1,
      command: 'proxy',
      transport: 'stream',
      source: address(source as string, ports[0] as number),
      destination: address(destination as string, ports[1] as number),
      tlvs: [],
    },
  };
}

/** RFC 5952 text of any RFC 4291 text. */
export function ipv6(text: string): string {
  const tail = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  const hex = (high: string | undefined, low: string | undefined) =>
    (Number(high) * 256 + Number(low)).toString(16);
  const plain = tail === null ? text : `${tail[1]}${hex(tail[2], tail[3])}:${hex(tail[4], tail[5])}`;
  const [before, after] = plain.split('::');
  const left = before === '' || before === undefined ? [] : before.split(':');
  const right = after === '' || after === undefined ? [] : after.split(':');
  const middle = after === undefined ? [] : new Array(8 - left.length - right.length).fill('0');
  return ipv6OfGroups([...left, ...middle, ...right].map((group) => Number.parseInt(group, 16)));
}

function ipv6OfGroups(groups: readonly number[]): string {
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    const [high, low] = [groups[6] as number, groups[7] as number];
    return `::ffff:${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  }
  const full = groups.map((group) => group.toString(16)).join(':');
  const runs = full.match(/(?<![^:])0(?::0)+(?![^:])/g) ?? [];
  const longest = runs.reduce((a, b) => (b.length > a.length ? b : a), '');
  if (longest === '') return full;
  const at = full.search(new RegExp(`(?<![^:])${longest}(?![^:])`));
  return `${full.slice(0, at).replace(/:$/, '')}::${full.slice(at + longest.length).replace(/^:/, '')}`;
}

/** What a version 2 reader should find in all the bytes given. */
export function modelV2(bytes: Uint8Array, maxHeaderBytes: number, maxTlvs: number): ModelRead {
  const signature = [...'\r\n\r\n\0\r\nQUIT\n'].map((c) => c.charCodeAt(0));
  if ([...bytes.slice(0, 12)].some((byte, i) => byte !== signature[i])) return WRONG;
  if (bytes.length < 13) return MORE;
  if (bytes[12] !== 0x20 && bytes[12] !== 0x21) return WRONG;
  const isLocal = bytes[12] === 0x20;
  if (bytes.length < 14) return MORE;
  const [family, transport] = [(bytes[13] as number) / 16, (bytes[13] as number) % 16].map(Math.floor) as [
    number,
    number,
  ];
  if (!isLocal && (family > 3 || transport > 2)) return WRONG;
  if (bytes.length < 16) return MORE;
  const length = 16 + (bytes[14] as number) * 256 + (bytes[15] as number);
  const addressBytes = [0, 12, 36, 216][family] ?? 0;
  if (length > maxHeaderBytes || (!isLocal && length < 16 + addressBytes)) return WRONG;
  if (bytes.length < length) return MORE;
  if (isLocal) {
    return {
      kind: 'complete',
      length,
      header: { version: 2, command: 'local', transport: 'unspec', tlvs: [] },
    };
  }
  const header = bytes.slice(0, length);
  const raw = chain(header.slice(16 + addressBytes));
  if (raw === undefined && family !== 0) return WRONG;
  const tlvs: ProxyTlv[] = [];
  let count = 0;
  for (const item of raw ?? []) {
    count++;
    const tlv = modelTlv(item);
    if (tlv === undefined) return WRONG;
    if (tlv.kind === 'ssl') count += tlv.tlvs.length;
    if (tlv.kind === 'crc32c') {
      if (tlvs.some((other) => other.kind === 'crc32c')) return WRONG;
      const zeroed = header.slice();
      zeroed.fill(0, item.at + 16 + addressBytes + 3, item.at + 16 + addressBytes + 7);
      if (slowCrc32c(zeroed) !== tlv.checksum) return WRONG;
    }
    tlvs.push(tlv);
  }
  if (count > maxTlvs) return WRONG;
  const [source, destination] = addresses(header.slice(16, 16 + addressBytes), transport === 0 ? 0 : family);
  const name = (['unspec', 'stream', 'datagram'] as const)[transport] as ProxyHeader['transport'];
  return {
    kind: 'complete',
    length,
    header: { version: 2, command: 'proxy', transport: name, source, destination, tlvs },
  };
}

function addresses(block: Uint8Array, family: number): [ProxyAddress, ProxyAddress] {
  const view = new DataView(block.buffer);
  if (family === 1) {
    const text = (at: number) => [...block.slice(at, at + 4)].join('.');
    return [
      { family: 'ipv4', address: text(0), port: view.getUint16(8) },
      { family: 'ipv4', address: text(4), port: view.getUint16(10) },
    ];
  }
  if (family === 2) {
    const text = (at: number) => ipv6OfGroups([0, 2, 4, 6, 8, 10, 12, 14].map((i) => view.getUint16(at + i)));
    return [
      { family: 'ipv6', address: text(0), port: view.getUint16(32) },
      { family: 'ipv6', address: text(16), port: view.getUint16(34) },
    ];
  }
  if (family === 3) {
    const unix = (bytes: Uint8Array): ProxyAddress => {
      const upTo = [...bytes, 0].indexOf(0);
      return { family: 'unix', path: text(bytes.slice(0, upTo)), bytes };
    };
    return [unix(block.slice(0, 108)), unix(block.slice(108))];
  }
  return [UNSPEC, UNSPEC];
}

interface RawTlv {
  readonly at: number;
  readonly type: number;
  readonly value: Uint8Array;
}

function chain(region: Uint8Array): RawTlv[] | undefined {
  const found: RawTlv[] = [];
  let at = 0;
  while (at < region.length) {
    if (region.length - at < 3) return undefined;
    const length = new DataView(region.buffer).getUint16(at + 1);
    const value = region.slice(at + 3, at + 3 + length);
    if (value.length < length) return undefined;
    found.push({ at, type: region[at] as number, value });
    at += 3 + length;
  }
  return found;
}

const KINDS: Record<number, string> = { 1: 'alpn', 2: 'authority', 4: 'noop', 5: 'unique-id', 48: 'netns' };
const SUB_KINDS = ['version', 'cn', 'cipher', 'sig-alg', 'key-alg', 'group', 'sig-scheme', 'client-cert'];

function modelTlv({ type, value }: RawTlv): ProxyTlv | undefined {
  const view = new DataView(value.buffer);
  if (type === 3) {
    return value.length === 4 ? { kind: 'crc32c', type: 3, checksum: view.getUint32(0) } : undefined;
  }
  if (type === 0x20) {
    const inner = value.length < 5 ? undefined : chain(value.slice(5));
    if (inner === undefined) return undefined;
    const tlvs = inner.map((sub) => {
      const kind = SUB_KINDS[sub.type - 0x21] ?? 'unknown';
      const isText = kind !== 'unknown' && kind !== 'client-cert';
      return { kind, type: sub.type, value: sub.value, text: isText ? text(sub.value) : undefined };
    });
    return { kind: 'ssl', type: 0x20, client: view.getUint8(0), verify: view.getUint32(1), tlvs } as ProxyTlv;
  }
  if (type === 5 && value.length > 128) return undefined;
  const kind = KINDS[type] ?? 'unknown';
  const tlv = { kind, type, value };
  return (['alpn', 'authority', 'netns'].includes(kind) ? { ...tlv, text: text(value) } : tlv) as ProxyTlv;
}

function text(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** CRC32C bit by bit, most significant first on reversed bits, as RFC 9260 Appendix A introduces it. */
export function slowCrc32c(bytes: Uint8Array): number {
  const reverse = (value: number, bits: number) => {
    let out = 0;
    for (let i = 0; i < bits; i++) if (value & (1 << i)) out |= 1 << (bits - 1 - i);
    return out >>> 0;
  };
  let register = 0xffffffff;
  for (const byte of bytes) {
    register = (register ^ (reverse(byte, 8) << 24)) >>> 0;
    for (let i = 0; i < 8; i++) {
      register = (register & 0x80000000 ? (register << 1) ^ 0x1edc6f41 : register << 1) >>> 0;
    }
  }
  return (reverse(register, 32) ^ 0xffffffff) >>> 0;
}
