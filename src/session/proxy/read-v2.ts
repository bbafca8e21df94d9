/**
 * Reads a PROXY protocol version 2 header (proxy-protocol.txt §2.2). The 16 fixed bytes are judged one by one;
 * the block behind them when all of it is there, as the specification asks, and never beyond its own length.
 * This file does not know whom the header is from.
 */

import { answerClose, LimitError, ProtocolError } from '../../errors.js';
import { crc32c } from './crc32c.js';
import {
  addressUnspec,
  type ProxyAddress,
  type ProxyHeader,
  type ProxyRead,
  type ProxyReadLimits,
  type ProxyTransport,
  UNIX_ADDRESS_BYTES,
  V2_ADDRESS_BYTES,
  V2_PREFIX_BYTES,
  V2_SIGNATURE,
} from './header.js';
import { formatIpv4, formatIpv6 } from './ip-text.js';
import { isTlvChain, TlvReader } from './tlv.js';
import { decodeUtf8 } from './utf8.js';

const CITES = 'proxy-protocol.txt §2.2';

const FAMILY_UNSPEC = 0;
const FAMILY_INET6 = 2;
const FAMILY_UNIX = 3;
const TRANSPORTS: readonly ProxyTransport[] = ['unspec', 'stream', 'datagram'];

/**
 * Reads a version 2 header from `bytes[start, end)`, where `start` is the first byte of the connection. Pure:
 * nothing is changed, nothing at or beyond `end`, nor behind the header, is looked at (LAY-2, OWN-6). What it
 * costs until the block is complete does not grow with the block.
 */
export function readProxyV2(
  bytes: Uint8Array,
  start: number,
  end: number,
  limits: ProxyReadLimits,
): ProxyRead {
  const have = end - start;
  for (let i = 0; i < V2_SIGNATURE.length; i++) {
    if (i >= have) return needData(V2_PREFIX_BYTES);
    if (bytes[start + i] !== V2_SIGNATURE[i]) {
      return fail(i, 'proxy-signature', 'the connection does not begin with a PROXY header');
    }
  }
  if (have < 13) return needData(V2_PREFIX_BYTES);
  const versionCommand = bytes[start + 12] as number;
  if (versionCommand >> 4 !== 2) {
    const error = new ProtocolError(
      'proxy-v2-version',
      CITES,
      `PROXY v2: version ${versionCommand >> 4} after the signature`,
      answerClose,
      'peer-incompatible',
    );
    return { kind: 'error', at: 12, error };
  }
  const command = versionCommand & 0x0f;
  if (command > 1) return fail(12, 'proxy-v2-command', `command ${command} is neither LOCAL nor PROXY`);
  if (have < 14) return needData(V2_PREFIX_BYTES);
  const isLocal = command === 0;
  const family = (bytes[start + 13] as number) >> 4;
  const transport = (bytes[start + 13] as number) & 0x0f;
  if (!isLocal && family > FAMILY_UNIX) {
    return fail(13, 'proxy-v2-family', `address family ${family} is unassigned`);
  }
  if (!isLocal && transport > 2) {
    return fail(13, 'proxy-v2-transport', `transport protocol ${transport} is unassigned`);
  }
  if (have < V2_PREFIX_BYTES) return needData(V2_PREFIX_BYTES);
  const blockLength = ((bytes[start + 14] as number) << 8) | (bytes[start + 15] as number);
  const length = V2_PREFIX_BYTES + blockLength;
  if (length > limits.maxHeaderBytes) {
    const error = new LimitError(
      'maxHeaderBytes',
      'proxy-v2-too-long',
      'WORK-1',
      `PROXY v2: a header of ${length} bytes, over ${limits.maxHeaderBytes}`,
      answerClose,
    );
    return { kind: 'error', at: 14, error };
  }
  if (!isLocal && blockLength < (V2_ADDRESS_BYTES[family] as number)) {
    return fail(14, 'proxy-v2-length', `${blockLength} bytes are too few for the addresses`);
  }
  if (have < length) return needData(length);
  if (isLocal) {
    return {
      kind: 'complete',
      length,
      header: { version: 2, command: 'local', transport: 'unspec', tlvs: [] },
    };
  }
  return block(bytes, start, length, family, transport, limits);
}

function block(
  bytes: Uint8Array,
  start: number,
  length: number,
  family: number,
  transport: number,
  limits: ProxyReadLimits,
): ProxyRead {
  const headerEnd = start + length;
  const addressAt = start + V2_PREFIX_BYTES;
  const tlvAt = addressAt + (V2_ADDRESS_BYTES[family] as number);
  const reader = new TlvReader(bytes, limits.maxTlvs);
  // Behind family UNSPEC may stand addresses of any length, which are to be skipped: a block that is no chain
  // of TLVs is taken to be that.
  if (family !== FAMILY_UNSPEC || isTlvChain(bytes, tlvAt, headerEnd)) {
    if (!reader.read(tlvAt, headerEnd)) {
      const error = reader.error as ProtocolError | LimitError;
      return { kind: 'error', at: reader.errorAt - start, error };
    }
  }
  const { checksumAt } = reader;
  if (checksumAt >= 0 && crc32c(bytes, start, headerEnd, checksumAt) !== reader.checksum) {
    const error = new ProtocolError(
      'proxy-v2-crc32c',
      'proxy-protocol.txt §2.2.3',
      'PROXY v2: the CRC32C is not that of the header',
      answerClose,
    );
    return { kind: 'error', at: checksumAt - start, error };
  }
  const header: ProxyHeader = {
    version: 2,
    command: 'proxy',
    transport: TRANSPORTS[transport] as ProxyTransport,
    source: address(bytes, addressAt, family, transport, 0),
    destination: address(bytes, addressAt, family, transport, 1),
    tlvs: reader.tlvs,
  };
  return { kind: 'complete', length, header };
}

/** The source (`which` 0) or destination (1) of the address block at `at`. */
function address(
  bytes: Uint8Array,
  at: number,
  family: number,
  transport: number,
  which: 0 | 1,
): ProxyAddress {
  if (family === FAMILY_UNSPEC || transport === 0) return addressUnspec;
  if (family === FAMILY_UNIX) {
    const from = at + which * UNIX_ADDRESS_BYTES;
    return unixAddressOf(bytes.slice(from, from + UNIX_ADDRESS_BYTES));
  }
  const isInet6 = family === FAMILY_INET6;
  const size = isInet6 ? 16 : 4;
  const portAt = at + 2 * size + 2 * which;
  const port = ((bytes[portAt] as number) << 8) | (bytes[portAt + 1] as number);
  return isInet6
    ? { family: 'ipv6', address: formatIpv6(bytes, at + which * size), port }
    : { family: 'ipv4', address: formatIpv4(bytes, at + which * size), port };
}

/** The address whose 108 bytes these are; they are kept, not copied. */
function unixAddressOf(bytes: Uint8Array): ProxyAddress {
  const nul = bytes.indexOf(0);
  return { family: 'unix', path: decodeUtf8(bytes, 0, nul < 0 ? bytes.length : nul), bytes };
}

function needData(atLeast: number): ProxyRead {
  return { kind: 'need-data', atLeast };
}

function fail(at: number, code: string, message: string): ProxyRead {
  const error = new ProtocolError(code, CITES, `PROXY v2: ${message}`, answerClose);
  return { kind: 'error', at, error };
}
