/**
 * Undercoat: HTTP's transport, session and stream layers as separate state machines under one rulebook of buffer
 * ownership. This entry needs no platform; sockets, TLS and `node:http`-style listeners are in `undercoat/node`, the
 * property kit in `undercoat/kit`.
 */

// Adapters: ways to handle an exchange.
export { bodyLeases, collectBody, type ReadBodyOptions, readBody } from './adapters/body.js';
export {
  ClientResponse,
  type ExchangeOptions,
  exchange,
  type Requester,
  RequestFailed,
} from './adapters/client-exchange.js';
export { CopiedFields } from './adapters/copied-fields.js';
export { type FetchHandler, type FetchHandlerOptions, fetchHandler } from './adapters/fetch-handler.js';
export { BodySender, type BodySource } from './adapters/send-body.js';

// Endpoint: servers, clients and the stacks that they stand on.
export {
  type Client,
  type ClientListener,
  type ClientOptions,
  createClient,
  type PendingRequest,
} from './endpoint/client.js';
export type { EndpointOptions } from './endpoint/endpoint-options.js';
export { type H1StepOptions, h1 } from './endpoint/h1.js';
export { byPreface, h2 } from './endpoint/h2.js';
export type { H2cOptions } from './endpoint/h2c.js';
export type { ErrorReport, Handler } from './endpoint/handler.js';
export type { Closed, CloseOptions } from './endpoint/keep.js';
export { proxy, proxySend } from './endpoint/proxy.js';
export { listen, type Server, type ServerOptions } from './endpoint/server.js';
export { byAlpn, byHandoff, Stack, stack } from './endpoint/stack.js';
export type {
  Application,
  ChoiceStep,
  Role,
  SessionStep,
  Step,
  Steps,
  TransportStep,
} from './endpoint/step.js';
export * from './errors.js';

// Memory and machine: what every layer stands on.
export * from './machine/index.js';
export * from './memory/index.js';
export { plainText, type TextCodec } from './memory/text.js';
export type { Carried, UpgradedRequest } from './session/carried.js';
// Session: the contract, the deadlines, and what PROXY and H1 can be told.
export type {
  Ending,
  Handoff,
  PauseCause,
  Session,
  SessionContext,
  Verdict,
} from './session/contract.js';
export { type Deadlines, defaultDeadlines } from './session/deadlines.js';
export type { ConnectionFacts } from './session/facts.js';
export { PreparedFields } from './session/h1/encode-fields.js';
export type { H1ClientOptions, H1Options, H1ServerOptions } from './session/h1/options.js';
export type { Allowance } from './session/h2/budget.js';
export type { H2Options } from './session/h2/options.js';
export * from './session/proxy/index.js';

// Stream: the exchange.
export type * from './stream/contract.js';
export { BaseTransport, type TransportOptions } from './transport/base.js';
// Transport: the contract, memory pipes, virtual time, decorators.
export type { Clock, Timer } from './transport/clock.js';
export type * from './transport/contract.js';
export {
  DecoratedTransport,
  decorateConnectable,
  decorateListenable,
  stacked,
  type TransportDecorator,
} from './transport/decorator.js';
export type { Address, TlsFacts, TransportFacts } from './transport/facts.js';
export { FaultLog, faultInjector, type PipeFault } from './transport/fault-injector.js';
export {
  type MemoryNetwork,
  type MemoryPair,
  memoryNetwork,
  memoryPair,
} from './transport/memory.js';
export { MeterCounts, meter } from './transport/meter.js';
export { poisoner } from './transport/poisoner.js';
export { type RecordedAct, recorder } from './transport/recording.js';
export { Replayer } from './transport/replayer.js';
export { segmenter } from './transport/segmenter.js';
export { VirtualClock } from './transport/virtual-clock.js';
