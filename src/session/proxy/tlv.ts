/**
 * The type-length-value region of a PROXY protocol version 2 header (proxy-protocol.txt §2.2): reading it, and
 * making TLVs to send. This file knows where the region ends and nothing else of the header: the checksum is
 * only found here, not verified.
 */

import { answerClose, LimitError, MisuseError, ProtocolError } from '../../errors.js';
import {
  type ProxyBytesTlv,
  type ProxyCrc32cTlv,
  type ProxySslSubTlv,
  type ProxySslTlv,
  type ProxyTextTlv,
  type ProxyTlv,
  SSL_CIPHER,
  SSL_CLIENT_CERT,
  SSL_CN,
  SSL_GROUP,
  SSL_KEY_ALG,
  SSL_PREFIX_BYTES,
  SSL_SIG_ALG,
  SSL_SIG_SCHEME,
  SSL_VERSION,
  TLV_ALPN,
  TLV_AUTHORITY,
  TLV_CRC32C,
  TLV_NETNS,
  TLV_NOOP,
  TLV_PREFIX_BYTES,
  TLV_SSL,
  TLV_UNIQUE_ID,
  UNIQUE_ID_MAX_BYTES,
} from './header.js';
import { decodeUtf8, encodeUtf8 } from './utf8.js';

/**
 * Whether `bytes[start, end)` divide into TLVs without a remainder. Looks at types and lengths only.
 */
export function isTlvChain(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (end - at >= TLV_PREFIX_BYTES) at += TLV_PREFIX_BYTES + uint16(bytes, at + 1);
  return at === end;
}

/** Reads a region of TLVs. After an error the reader is spent. */
export class TlvReader {
  readonly tlvs: ProxyTlv[] = [];
  /** Where the value of the TLV of type CRC32C stands, or -1. */
  checksumAt = -1;
  checksum = 0;
  error: ProtocolError | LimitError | undefined = undefined;
  /** Where the TLV begins that is wrong. */
  errorAt = -1;

  private readonly bytes: Uint8Array;
  private readonly maxTlvs: number;
  private count = 0;

  constructor(bytes: Uint8Array, maxTlvs: number) {
    this.bytes = bytes;
    this.maxTlvs = maxTlvs;
  }

  /** Reads `bytes[start, end)`, which is the whole region. False after an error. */
  read(start: number, end: number): boolean {
    let at = start;
    while (at < end) {
      const valueEnd = this.next(at, end);
      if (valueEnd < 0) return false;
      const tlv = this.tlv(at, valueEnd);
      if (tlv === undefined) return false;
      this.tlvs.push(tlv);
      at = valueEnd;
    }
    return true;
  }

  /** End of the TLV that begins at `at`, or -1 where it does not end within the region or is one too many. */
  private next(at: number, end: number): number {
    if (++this.count > this.maxTlvs) {
      this.error = new LimitError(
        'maxTlvs',
        'proxy-v2-too-many-tlvs',
        'WORK-1',
        `PROXY v2: more than ${this.maxTlvs} TLVs`,
        answerClose,
      );
      this.errorAt = at;
      return -1;
    }
    const valueAt = at + TLV_PREFIX_BYTES;
    if (valueAt <= end) {
      const valueEnd = valueAt + uint16(this.bytes, at + 1);
      if (valueEnd <= end) return valueEnd;
    }
    this.fail(at, 'proxy-v2-tlv-truncated', '§2.2', 'a TLV runs beyond what contains it');
    return -1;
  }

  private fail(at: number, code: string, section: string, message: string): undefined {
    this.error = new ProtocolError(
      code,
      `proxy-protocol.txt ${section}`,
      `PROXY v2: ${message}`,
      answerClose,
    );
    this.errorAt = at;
    return undefined;
  }

  private tlv(at: number, end: number): ProxyTlv | undefined {
    const bytes = this.bytes;
    const type = bytes[at] as number;
    const valueAt = at + TLV_PREFIX_BYTES;
    if (type === TLV_CRC32C) {
      if (end - valueAt !== 4) {
        return this.fail(at, 'proxy-v2-crc32c-length', '§2.2.3', 'a CRC32C is not four bytes');
      }
      if (this.checksumAt >= 0) {
        return this.fail(at, 'proxy-v2-crc32c-duplicate', '§2.2.3', 'a second CRC32C');
      }
      this.checksumAt = valueAt;
      this.checksum = uint32(bytes, valueAt);
      return { kind: 'crc32c', type: TLV_CRC32C, checksum: this.checksum };
    }
    if (type === TLV_SSL) return this.ssl(at, end);
    const value = bytes.slice(valueAt, end);
    const textKind = textKindOf(type);
    if (textKind !== undefined) {
      return { kind: textKind, type, value, text: decodeUtf8(value, 0, value.length) };
    }
    if (type === TLV_UNIQUE_ID && value.length > UNIQUE_ID_MAX_BYTES) {
      return this.fail(
        at,
        'proxy-v2-unique-id-length',
        '§2.2.5',
        `a UNIQUE_ID over ${UNIQUE_ID_MAX_BYTES} bytes`,
      );
    }
    return { kind: bytesKindOf(type), type, value };
  }

  private ssl(start: number, end: number): ProxySslTlv | undefined {
    const bytes = this.bytes;
    const valueAt = start + TLV_PREFIX_BYTES;
    if (end - valueAt < SSL_PREFIX_BYTES) {
      return this.fail(start, 'proxy-v2-ssl-length', '§2.2.6', 'an SSL value under five bytes');
    }
    const tlvs: ProxySslSubTlv[] = [];
    let at = valueAt + SSL_PREFIX_BYTES;
    while (at < end) {
      const valueEnd = this.next(at, end);
      if (valueEnd < 0) return undefined;
      tlvs.push(subTlv(bytes[at] as number, bytes.slice(at + TLV_PREFIX_BYTES, valueEnd)));
      at = valueEnd;
    }
    return {
      kind: 'ssl',
      type: TLV_SSL,
      client: bytes[valueAt] as number,
      verify: uint32(bytes, valueAt + 1),
      tlvs,
    };
  }
}

/** A TLV of type ALPN, AUTHORITY or NETNS to send. */
export function textTlv(kind: ProxyTextTlv['kind'], text: string): ProxyTextTlv {
  return { kind, type: TEXT_TYPES[kind], value: utf8(text), text };
}

/** A TLV of any other type to send. `value` is copied. */
export function bytesTlv(type: number, value: Uint8Array): ProxyBytesTlv {
  if (!Number.isInteger(type) || type < 0 || type > 0xff) {
    throw new MisuseError('proxy-tlv-type', 'WIRE-4', `a TLV's type is one byte, not ${type}`);
  }
  if (type === TLV_CRC32C || type === TLV_SSL || textKindOf(type) !== undefined) {
    throw new MisuseError('proxy-tlv-type', 'WIRE-4', `TLV type ${type} has a shape of its own`);
  }
  return { kind: bytesKindOf(type), type, value: value.slice() };
}

/** A TLV of type CRC32C to send: the encoder fills in the checksum. */
export function crc32cTlv(): ProxyCrc32cTlv {
  return { kind: 'crc32c', type: TLV_CRC32C, checksum: 0 };
}

/** A TLV of type SSL to send; `client` is a byte of `SSL_CLIENT_*`, `verify` an unsigned 32-bit integer. */
export function sslTlv(client: number, verify: number, tlvs: readonly ProxySslSubTlv[]): ProxySslTlv {
  return { kind: 'ssl', type: TLV_SSL, client, verify, tlvs: [...tlvs] };
}

/** A TLV inside SSL to send. Text is sent as UTF-8; bytes are copied. */
export function sslSubTlv(type: number, value: string | Uint8Array): ProxySslSubTlv {
  if (!Number.isInteger(type) || type < 0 || type > 0xff) {
    throw new MisuseError('proxy-tlv-type', 'WIRE-4', `a TLV's type is one byte, not ${type}`);
  }
  return subTlv(type, typeof value === 'string' ? utf8(value) : value.slice());
}

const TEXT_TYPES = { alpn: TLV_ALPN, authority: TLV_AUTHORITY, netns: TLV_NETNS } as const;

function textKindOf(type: number): ProxyTextTlv['kind'] | undefined {
  switch (type) {
    case TLV_ALPN:
      return 'alpn';
    case TLV_AUTHORITY:
      return 'authority';
    case TLV_NETNS:
      return 'netns';
    default:
      return undefined;
  }
}

function bytesKindOf(type: number): ProxyBytesTlv['kind'] {
  if (type === TLV_NOOP) return 'noop';
  return type === TLV_UNIQUE_ID ? 'unique-id' : 'unknown';
}

/** `value` is kept, not copied. */
function subTlv(type: number, value: Uint8Array): ProxySslSubTlv {
  const kind = subKindOf(type);
  const isText = kind !== 'client-cert' && kind !== 'unknown';
  return { kind, type, value, text: isText ? decodeUtf8(value, 0, value.length) : undefined };
}

function subKindOf(type: number): ProxySslSubTlv['kind'] {
  switch (type) {
    case SSL_VERSION:
      return 'version';
    case SSL_CN:
      return 'cn';
    case SSL_CIPHER:
      return 'cipher';
    case SSL_SIG_ALG:
      return 'sig-alg';
    case SSL_KEY_ALG:
      return 'key-alg';
    case SSL_GROUP:
      return 'group';
    case SSL_SIG_SCHEME:
      return 'sig-scheme';
    case SSL_CLIENT_CERT:
      return 'client-cert';
    default:
      return 'unknown';
  }
}

function utf8(text: string): Uint8Array {
  const bytes = encodeUtf8(text);
  if (bytes === undefined) {
    throw new MisuseError('proxy-text', 'WIRE-4', 'a text with a lone surrogate has no UTF-8');
  }
  return bytes;
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function uint32(bytes: Uint8Array, at: number): number {
  return ((uint16(bytes, at) << 16) | uint16(bytes, at + 2)) >>> 0;
}
