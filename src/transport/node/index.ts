/** What needs Node: sockets, TLS, streams, the platform's clock and text routines. `undercoat/node`. */
export { PlatformClock, platformClock } from './clock.js';
export { fromDuplex, TransportDuplex, toDuplex, type UnusedRange } from './duplex.js';
export { transportError } from './errors.js';
export type { StreamTransportOptions } from './stream-transport.js';
export { type TcpOptions, tcp } from './tcp.js';
export { nodeText } from './text.js';
export {
  type TlsClientOptions,
  type TlsServerOptions,
  type TlsStep,
  tls,
  tlsClient,
  tlsServer,
} from './tls.js';
export { type UnixOptions, unix } from './unix.js';
