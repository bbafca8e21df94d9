/**
 * What a PROXY protocol header says, whichever version said it: the values, the registered numbers and the
 * limits. All values are copies; nothing here refers to received bytes. This file does not know how either
 * version is written on the wire.
 *
 * Source: HAProxy's proxy-protocol.txt, cited as "proxy-protocol.txt §n".
 */

import type { LimitError, ProtocolError } from '../../errors.js';

/** Text of an IPv4 address in dotted decimal, and a port from 0 to 65535. */
export interface ProxyIpv4Address {
  readonly family: 'ipv4';
  readonly address: string;
  readonly port: number;
}

/** Text of an IPv6 address as RFC 5952 writes it, without a zone, and a port from 0 to 65535. */
export interface ProxyIpv6Address {
  readonly family: 'ipv6';
  readonly address: string;
  readonly port: number;
}

/**
 * A Unix socket address. `bytes` are the 108 bytes of the wire; `path` is what stands before the first NUL, as
 * text, or `undefined` where that is no UTF-8. An abstract name begins with a NUL: its path is empty and its
 * name is in `bytes`.
 */
export interface ProxyUnixAddress {
  readonly family: 'unix';
  readonly path: string | undefined;
  readonly bytes: Uint8Array;
}

/** The sender relays a connection but cannot or will not say from where: the real endpoints are to be used. */
export interface ProxyUnspecAddress {
  readonly family: 'unspec';
}

export type ProxyAddress = ProxyIpv4Address | ProxyIpv6Address | ProxyUnixAddress | ProxyUnspecAddress;

export const addressUnspec: ProxyUnspecAddress = Object.freeze({ family: 'unspec' });

/** Registered TLV types (proxy-protocol.txt §2.2). */
export const TLV_ALPN = 0x01;
export const TLV_AUTHORITY = 0x02;
export const TLV_CRC32C = 0x03;
export const TLV_NOOP = 0x04;
export const TLV_UNIQUE_ID = 0x05;
export const TLV_SSL = 0x20;
export const TLV_NETNS = 0x30;

/** Registered types inside a TLV of type SSL (proxy-protocol.txt §2.2.6). */
export const SSL_VERSION = 0x21;
export const SSL_CN = 0x22;
export const SSL_CIPHER = 0x23;
export const SSL_SIG_ALG = 0x24;
export const SSL_KEY_ALG = 0x25;
export const SSL_GROUP = 0x26;
export const SSL_SIG_SCHEME = 0x27;
export const SSL_CLIENT_CERT = 0x28;

/** Bits of the `client` field of a TLV of type SSL (proxy-protocol.txt §2.2.6). */
export const SSL_CLIENT_SSL = 0x01;
export const SSL_CLIENT_CERT_CONN = 0x02;
export const SSL_CLIENT_CERT_SESS = 0x04;

/**
 * A TLV whose value is text. `value` is what was on the wire, `text` the same as a string, or `undefined`
 * where it is no UTF-8: a certificate's name in some old charset is no reason to drop the connection.
 */
export interface ProxyTextTlv {
  readonly kind: 'alpn' | 'authority' | 'netns';
  readonly type: number;
  readonly value: Uint8Array;
  readonly text: string | undefined;
}

/** A TLV whose value is opaque; `unknown` is any type that is not registered. */
export interface ProxyBytesTlv {
  readonly kind: 'noop' | 'unique-id' | 'unknown';
  readonly type: number;
  readonly value: Uint8Array;
}

/** CRC32C of the whole header, with this field counted as zeros. A reader has verified it. */
export interface ProxyCrc32cTlv {
  readonly kind: 'crc32c';
  readonly type: typeof TLV_CRC32C;
  /** An unsigned 32-bit integer. An encoder computes it, whatever is given here. */
  readonly checksum: number;
}

/** One TLV inside a TLV of type SSL. `text` is `undefined` where the type is not text or the value no UTF-8. */
export interface ProxySslSubTlv {
  readonly kind:
    | 'version'
    | 'cn'
    | 'cipher'
    | 'sig-alg'
    | 'key-alg'
    | 'group'
    | 'sig-scheme'
    | 'client-cert'
    | 'unknown';
  readonly type: number;
  readonly value: Uint8Array;
  readonly text: string | undefined;
}

/** How the client spoke TLS to the sender. */
export interface ProxySslTlv {
  readonly kind: 'ssl';
  readonly type: typeof TLV_SSL;
  /** Bit field of `SSL_CLIENT_*`; other bits are kept as they came. */
  readonly client: number;
  /** 0 where a client certificate was presented and verified; an unsigned 32-bit integer. */
  readonly verify: number;
  readonly tlvs: readonly ProxySslSubTlv[];
}

export type ProxyTlv = ProxyTextTlv | ProxyBytesTlv | ProxyCrc32cTlv | ProxySslTlv;

export type ProxyTransport = 'stream' | 'datagram' | 'unspec';

/** One header, of either version. */
export interface ProxyHeader {
  readonly version: 1 | 2;
  /** `local`: the sender speaks for itself, so that the real endpoints are to be used. Version 2 only. */
  readonly command: 'local' | 'proxy';
  /** What the client spoke to the sender. `unspec` for version 1's UNKNOWN and for `local`. */
  readonly transport: ProxyTransport;
  /** Both present and of one family for `proxy`; both absent for `local`. */
  readonly source?: ProxyAddress;
  readonly destination?: ProxyAddress;
  /** In the order of the wire. Empty in version 1 and for `local`, whose block is skipped unread. */
  readonly tlvs: readonly ProxyTlv[];
}

/** Which versions a reader accepts. A version that is not accepted is as wrong as no header at all. */
export type ProxyVersions = 1 | 2 | 'either';

export interface ProxyReadLimits {
  readonly versions: ProxyVersions;
  /** Most bytes of a version 2 header, its 16 fixed bytes included; from 107 to 65551. */
  readonly maxHeaderBytes: number;
  /** Most TLVs of one header, those inside SSL counted too. */
  readonly maxTlvs: number;
}

/** Longest line of version 1, CRLF included (proxy-protocol.txt §2.1). */
export const V1_MAX_BYTES = 107;
/** Bytes of version 2 before the address block: signature, version and command, family, length. */
export const V2_PREFIX_BYTES = 16;
/** Longest header that version 2 can write. */
export const V2_MAX_BYTES = V2_PREFIX_BYTES + 0xffff;
/** Bytes of one Unix socket address in version 2. */
export const UNIX_ADDRESS_BYTES = 108;
/** Longest value of a TLV of type UNIQUE_ID (proxy-protocol.txt §2.2.5). */
export const UNIQUE_ID_MAX_BYTES = 128;

/** CR LF CR LF NUL CR LF `QUIT` LF. */
export const V2_SIGNATURE = Uint8Array.of(
  0x0d,
  0x0a,
  0x0d,
  0x0a,
  0x00,
  0x0d,
  0x0a,
  0x51,
  0x55,
  0x49,
  0x54,
  0x0a,
);

/** Bytes of version 2's address block, by family: UNSPEC, INET, INET6, UNIX (proxy-protocol.txt §2.2). */
export const V2_ADDRESS_BYTES: readonly number[] = [0, 12, 36, 2 * UNIX_ADDRESS_BYTES];

/** Bytes of a TLV before its value: type and length. */
export const TLV_PREFIX_BYTES = 3;
/** Bytes of a TLV of type SSL's value before the TLVs in it: `client` and `verify`. */
export const SSL_PREFIX_BYTES = 5;

/** Room for two Unix addresses, a certificate chain's worth of SSL values, and some more. */
export const defaultProxyReadLimits: ProxyReadLimits = Object.freeze({
  versions: 'either',
  maxHeaderBytes: 4096,
  maxTlvs: 64,
});

/**
 * What a reader found in the bytes given.
 * - `need-data`: so far so good. The whole header has at least `atLeast` bytes, which are more than were given;
 *   a wrong byte is found as soon as it is there.
 * - `complete`: the header is the first `length` bytes; what follows is not the reader's.
 * - `error`: no bytes that follow can make it right. `at` is the offset from the first byte of the
 *   connection of the byte, or of the field, that is wrong.
 */
export type ProxyRead =
  | { readonly kind: 'need-data'; readonly atLeast: number }
  | { readonly kind: 'complete'; readonly length: number; readonly header: ProxyHeader }
  | { readonly kind: 'error'; readonly at: number; readonly error: ProtocolError | LimitError };
