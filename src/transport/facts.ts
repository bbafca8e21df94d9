/**
 * What is known of a connection: addresses, and what TLS or a PROXY header said. Plain data, copied out of
 * whatever carried it, so that it outlives every buffer. This file does not know how a fact was learnt.
 */

export type Address =
  | { readonly family: 'ipv4' | 'ipv6'; readonly address: string; readonly port: number }
  /** `path` is empty for an unnamed socket. */
  | { readonly family: 'unix'; readonly path: string }
  | { readonly family: 'memory'; readonly name: string };

/** What TLS agreed. */
export interface TlsFacts {
  /** `TLSv1.3`, as the platform names it. */
  readonly version: string;
  readonly cipher: string;
  /** The protocol that ALPN chose; undefined when nothing was agreed. */
  readonly alpn?: string;
  /** The name that the client asked for (SNI). */
  readonly servername?: string;
  /** True when the peer showed a certificate and it verified against our trust anchors. */
  readonly authorized: boolean;
  /** DER bytes of the peer's certificate, when it showed one; a copy. */
  readonly peerCertificate?: Uint8Array;
}

/** What a transport knows of its pipe. */
export interface TransportFacts {
  /** `memory`, `tcp`, `unix`, `tls`, `duplex`, or a user's own. */
  readonly kind: string;
  readonly local?: Address;
  readonly remote?: Address;
  readonly tls?: TlsFacts;
  /** The transport that this one stands on. */
  readonly below?: TransportFacts;
}
