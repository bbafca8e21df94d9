/** The PROXY protocol: sessions that require or send a header, its readers and encoders, and the trust list. */
export { encodeProxyHeader, proxyHeaderSize, proxyLocal, proxyUnixAddress } from './encode.js';
export {
  defaultProxyReadLimits,
  type ProxyAddress,
  type ProxyBytesTlv,
  type ProxyCrc32cTlv,
  type ProxyHeader,
  type ProxyIpv4Address,
  type ProxyIpv6Address,
  type ProxyRead,
  type ProxyReadLimits,
  type ProxySslSubTlv,
  type ProxySslTlv,
  type ProxyTextTlv,
  type ProxyTlv,
  type ProxyTransport,
  type ProxyUnixAddress,
  type ProxyUnspecAddress,
  type ProxyVersions,
  SSL_CLIENT_CERT_CONN,
  SSL_CLIENT_CERT_SESS,
  SSL_CLIENT_SSL,
} from './header.js';
export { proxyReadLimits, readProxyHeader } from './read.js';
export { type ProxyReceiverOptions, proxyReceiver } from './receiver.js';
export { type ProxySenderOptions, proxyHeaderOf, proxySender } from './sender.js';
export { bytesTlv, crc32cTlv, sslSubTlv, sslTlv, textTlv } from './tlv.js';
export { TrustList } from './trust.js';
