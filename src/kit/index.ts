/**
 * The property kit: Undercoat's own properties and conformance suites, as functions over what is under test. Run them on
 * a transport or a stack of sessions of your own, in any test runner. Needs `fast-check`, which you bring.
 * `undercoat/kit`.
 */

// Arbitraries: what to try.
export { type ByteEdit, byteEdits, editBytes } from './arbitraries/byte-edits.js';
export { pipePlan, roomyMemory, scarceMemory } from './arbitraries/connection-memory.js';
export { type ConnectionScriptShape, connectionScript } from './arbitraries/connection-script.js';
export { fieldList } from './arbitraries/field-list.js';
export { type H1ChunkedBody, h1ChunkedBody } from './arbitraries/h1-chunked-body.js';
export { h1Authority, h1RequestHead, h1ResponseHead } from './arbitraries/h1-head.js';
export { type H1Mutation, h1Mutation, mutateH1 } from './arbitraries/h1-mutation.js';
export { encodeH2Frames, type H2FrameRecipe, h2Frames } from './arbitraries/h2-frames.js';
export { type H2Mutation, h2Mutation, mutateH2 } from './arbitraries/h2-mutation.js';
export { pipeFaults } from './arbitraries/pipe-faults.js';
export { proxyV1Header, proxyV2Header } from './arbitraries/proxy-header.js';
export { type Segmentation, segmentation, segmentEnds } from './arbitraries/segmentation.js';
export { assertReaching } from './assert-reaching.js';
export type { CarriedPair } from './carried-ends.js';
// Transports: the contract as a list of cases.
export { actsFrom, type PipeAct, runActs } from './conformance/acts.js';
export { carriedConformance } from './conformance/carried.js';
export type { ConformanceCase, PropertyOptions } from './conformance/case.js';
export { ConformanceFailure, type PipePair } from './conformance/pipe.js';
export { underwayOctets } from './conformance/probe.js';
export { sessionConformance } from './conformance/session.js';
export { stackConformance } from './conformance/stack.js';
export { type ConformanceOptions, transportConformance } from './conformance/transport.js';
export type { TransportCapabilities } from './conformance/transport-cases.js';
export { workspaceConformance } from './conformance/workspace.js';
// Sessions: both ends of a connection without a transport, and what must hold of them.
export type { ConnectionScript, ExchangeScript } from './exchange-script.js';
export { type PlainServer, plainServer } from './plain-server.js';
export {
  type DueRequest,
  type DueResponse,
  type RequestGrammar,
  type ResponseGrammar,
  requestAcceptance,
  responseAcceptance,
} from './properties/acceptance.js';
export { agreement } from './properties/agreement.js';
export { exhaustion } from './properties/exhaustion.js';
export { faultAtEveryAct, quiescence } from './properties/quiescence.js';
export { sameAtAnyCut, sameInAnyTail, sameUnderEmulation } from './properties/replays.js';
export { PropertyFailure } from './properties/require.js';
export { roundTrip } from './properties/round-trip.js';
export { streamAgreement } from './properties/stream-agreement.js';
export { Reached } from './reached.js';
export { type ConnectionRun, runConnection } from './run-connection.js';
export { SessionEnd, type SessionEndOptions } from './session-end.js';
export { type PairOptions, SessionPair } from './session-pair.js';
export { handedOn, type SessionInstance, type SessionUnderTest } from './session-under-test.js';
// Simulation: both endpoints over a network in memory, from one seed. It needs no `fast-check`.
export {
  type CampaignFailure,
  type CampaignHost,
  type CampaignOptions,
  campaign,
  type StackAccount,
} from './simulation/campaign.js';
export { Coverage, type CoverageCounts } from './simulation/coverage.js';
export { drawRecipe } from './simulation/draw.js';
export type { Recipe } from './simulation/recipe.js';
export { type RunFailure, type RunOptions, type RunResult, runRecipe } from './simulation/run.js';
export { type SimulatedStack, simulatedStacks } from './simulation/stacks.js';
export {
  h1Stack,
  h1UpgradeStack,
  h2Stack,
  proxyH1Stack,
  proxyH2Stack,
  type StackCapabilities,
  type StackUnderTest,
} from './stack-under-test.js';
export type { TunnelKind } from './tunnel-request.js';
