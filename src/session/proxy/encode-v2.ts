/**
 * Writes a PROXY protocol version 2 header (proxy-protocol.txt §2.2): sizes and checks first, bytes afterwards, so
 * that nothing is written of a header that cannot be written whole (WS-8). This file does not know where the
 * header goes.
 */

import { MisuseError } from '../../errors.js';
import { crc32c } from './crc32c.js';
import { checkedIpv4, checkedIpv6, checkedPort } from './encode-v1.js';
import {
  type ProxyAddress,
  type ProxyHeader,
  type ProxySslTlv,
  type ProxyTlv,
  type ProxyUnixAddress,
  SSL_PREFIX_BYTES,
  TLV_CRC32C,
  TLV_PREFIX_BYTES,
  TLV_SSL,
  TLV_UNIQUE_ID,
  UNIQUE_ID_MAX_BYTES,
  UNIX_ADDRESS_BYTES,
  V2_ADDRESS_BYTES,
  V2_MAX_BYTES,
  V2_PREFIX_BYTES,
  V2_SIGNATURE,
} from './header.js';

const CITES = 'proxy-protocol.txt §2.2';
const FAMILIES: readonly ProxyAddress['family'][] = ['unspec', 'ipv4', 'ipv6', 'unix'];
const TRANSPORTS: readonly ProxyHeader['transport'][] = ['unspec', 'stream', 'datagram'];

/** Bytes of the whole header. Throws on a header that version 2 cannot say. */
export function proxyV2Size(header: ProxyHeader): number {
  if (header.command === 'local') {
    checkLocal(header);
    return V2_PREFIX_BYTES;
  }
  let size = V2_PREFIX_BYTES + (V2_ADDRESS_BYTES[checkedFamily(header)] as number);
  let checksums = 0;
  for (const tlv of header.tlvs) {
    size += TLV_PREFIX_BYTES + valueSize(tlv);
    if (tlv.kind === 'crc32c') checksums++;
  }
  if (checksums > 1)
    throw new MisuseError('proxy-crc32c', 'proxy-protocol.txt §2.2.3', 'more than one CRC32C');
  if (size > V2_MAX_BYTES) {
    throw new MisuseError('proxy-v2-too-long', CITES, `a header of ${size} bytes, over ${V2_MAX_BYTES}`);
  }
  return size;
}

/** Writes the header, which has `size` bytes and has been checked, and its checksum if it has one. */
export function writeProxyV2(header: ProxyHeader, bytes: Uint8Array, offset: number, size: number): void {
  const isLocal = header.command === 'local';
  const { source, destination, tlvs } = header;
  const family = isLocal || source === undefined ? 0 : FAMILIES.indexOf(source.family);
  bytes.set(V2_SIGNATURE, offset);
  bytes[offset + 12] = isLocal ? 0x20 : 0x21;
  bytes[offset + 13] = (family << 4) | TRANSPORTS.indexOf(header.transport);
  putUint16(bytes, offset + 14, size - V2_PREFIX_BYTES);
  let at = offset + V2_PREFIX_BYTES;
  if (source !== undefined && destination !== undefined) {
    at = putAddresses(bytes, at, source, destination);
  }
  let checksumAt = -1;
  for (const tlv of tlvs) {
    if (tlv.kind === 'crc32c') checksumAt = at + TLV_PREFIX_BYTES;
    at = putTlv(bytes, at, tlv);
  }
  if (checksumAt >= 0) putUint32(bytes, checksumAt, crc32c(bytes, offset, offset + size, checksumAt));
}

function checkLocal(header: ProxyHeader): void {
  if (header.source !== undefined || header.destination !== undefined || header.tlvs.length > 0) {
    throw new MisuseError('proxy-local', CITES, 'LOCAL is sent without addresses and TLVs');
  }
  if (header.transport !== 'unspec') {
    throw new MisuseError('proxy-local', CITES, 'LOCAL relays nothing, so its transport is unspec');
  }
}

/** The family's number, if both addresses are of it and are addresses. */
function checkedFamily(header: ProxyHeader): number {
  const { source, destination } = header;
  if (source === undefined || destination === undefined || source.family !== destination.family) {
    throw new MisuseError('proxy-families', CITES, 'source and destination are not of one family');
  }
  const family = FAMILIES.indexOf(source.family);
  if (family < 0 || TRANSPORTS.indexOf(header.transport) < 0) {
    throw new MisuseError(
      'proxy-families',
      CITES,
      `no such family or transport: ${source.family}, ${header.transport}`,
    );
  }
  if (family > 0 && header.transport === 'unspec') {
    throw new MisuseError('proxy-v2-transport', CITES, 'a receiver ignores addresses of transport unspec');
  }
  checkAddress(source);
  checkAddress(destination);
  return family;
}

function checkAddress(address: ProxyAddress): void {
  if (address.family === 'ipv4') {
    checkedIpv4(address.address);
    checkedPort(address.port);
  } else if (address.family === 'ipv6') {
    checkedIpv6(address.address);
    checkedPort(address.port);
  } else if (address.family === 'unix') {
    const { bytes } = address;
    if (bytes instanceof Uint8Array && bytes.length === UNIX_ADDRESS_BYTES) return;
    throw new MisuseError('proxy-unix', CITES, `a Unix address has ${UNIX_ADDRESS_BYTES} bytes`);
  }
}

/** Bytes of the TLV's value, if it is one. */
function valueSize(tlv: ProxyTlv): number {
  checkByte(tlv.type);
  if (tlv.kind === 'crc32c') return checkShape(tlv.type === TLV_CRC32C, 4);
  if (tlv.kind === 'ssl') return checkShape(tlv.type === TLV_SSL, sslSize(tlv));
  checkShape(tlv.type !== TLV_CRC32C && tlv.type !== TLV_SSL, 0);
  const { length } = tlv.value;
  if (tlv.type === TLV_UNIQUE_ID && length > UNIQUE_ID_MAX_BYTES) {
    const message = `a UNIQUE_ID of ${length} bytes, over ${UNIQUE_ID_MAX_BYTES}`;
    throw new MisuseError('proxy-unique-id', 'proxy-protocol.txt §2.2.5', message);
  }
  return checkLength(length);
}

function sslSize(tlv: ProxySslTlv): number {
  checkByte(tlv.client);
  if (!Number.isInteger(tlv.verify) || tlv.verify < 0 || tlv.verify > 0xffffffff) {
    throw new MisuseError(
      'proxy-ssl',
      'proxy-protocol.txt §2.2.6',
      `verify is ${tlv.verify}, not of 32 bits`,
    );
  }
  let size = SSL_PREFIX_BYTES;
  for (const sub of tlv.tlvs) {
    checkByte(sub.type);
    size += TLV_PREFIX_BYTES + checkLength(sub.value.length);
  }
  return checkLength(size);
}

function checkShape(holds: boolean, size: number): number {
  if (!holds) throw new MisuseError('proxy-tlv-type', CITES, 'the type of a TLV is not that of its kind');
  return size;
}

function checkLength(length: number): number {
  if (length > 0xffff) throw new MisuseError('proxy-tlv-length', CITES, `a value of ${length} bytes`);
  return length;
}

function checkByte(value: number): void {
  if (!Number.isInteger(value) || value < 0 || value > 0xff) {
    throw new MisuseError('proxy-tlv-type', CITES, `${value} is not one byte`);
  }
}

/** Writes the address block and returns its end. */
function putAddresses(
  bytes: Uint8Array,
  at: number,
  source: ProxyAddress,
  destination: ProxyAddress,
): number {
  if (source.family === 'unix') {
    bytes.set(source.bytes, at);
    bytes.set((destination as ProxyUnixAddress).bytes, at + UNIX_ADDRESS_BYTES);
    return at + 2 * UNIX_ADDRESS_BYTES;
  }
  if (source.family === 'unspec') return at;
  const target = destination as typeof source;
  const isIpv4 = source.family === 'ipv4';
  const parse = isIpv4 ? checkedIpv4 : checkedIpv6;
  const size = isIpv4 ? 4 : 16;
  bytes.set(parse(source.address), at);
  bytes.set(parse(target.address), at + size);
  putUint16(bytes, at + 2 * size, source.port);
  putUint16(bytes, at + 2 * size + 2, target.port);
  return at + 2 * size + 4;
}

/** Writes a TLV and returns its end. A checksum comes last, over all the rest: here only its place is kept. */
function putTlv(bytes: Uint8Array, at: number, tlv: ProxyTlv): number {
  if (tlv.kind === 'crc32c') return putTlvPrefix(bytes, at, tlv.type, 4) + 4;
  if (tlv.kind !== 'ssl')
    return putValue(bytes, putTlvPrefix(bytes, at, tlv.type, tlv.value.length), tlv.value);
  let end = putTlvPrefix(bytes, at, tlv.type, sslSize(tlv));
  bytes[end] = tlv.client;
  putUint32(bytes, end + 1, tlv.verify);
  end += SSL_PREFIX_BYTES;
  for (const sub of tlv.tlvs) {
    end = putValue(bytes, putTlvPrefix(bytes, end, sub.type, sub.value.length), sub.value);
  }
  return end;
}

function putTlvPrefix(bytes: Uint8Array, at: number, type: number, length: number): number {
  bytes[at] = type;
  putUint16(bytes, at + 1, length);
  return at + TLV_PREFIX_BYTES;
}

function putValue(bytes: Uint8Array, at: number, value: Uint8Array): number {
  bytes.set(value, at);
  return at + value.length;
}

function putUint16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value;
}

function putUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
