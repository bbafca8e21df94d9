/**
 * What needs Node: sockets, TLS, streams, the platform's clock and text routines, and listeners of the `node:http`
 * kind. `undercoat/node`.
 */

export type { IncomingRequest } from './adapters/node/incoming-request.js';
export { type NodeListener, nodeListener } from './adapters/node/listener.js';
export type { OutgoingResponse } from './adapters/node/outgoing-response.js';
export * from './transport/node/index.js';
