/**
 * What needs Node: sockets, TLS, streams, the platform's clock and text routines, listeners of the `node:http` kind,
 * and scenarios for `undercoat run`. `undercoat/node`.
 */

export type { IncomingRequest } from './adapters/node/incoming-request.js';
export { type NodeListener, nodeListener } from './adapters/node/listener.js';
export type { OutgoingResponse } from './adapters/node/outgoing-response.js';
export {
  type Composition,
  defineScenario,
  type ExchangeKind,
  type Laboratory,
  type MessageKind,
  type Scenario,
  type ScenarioStack,
  type Size,
} from './lab/scenario.js';
export * from './transport/node/index.js';
