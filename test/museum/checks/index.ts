/**
 * The checks that the museum knows, by name: the kit's properties over the stacks, and those that hold one part of a
 * stack to a model. This file does not know any exhibit.
 */
import type fc from 'fast-check';
import { askedAgain } from '../../../src/kit/conformance/session.js';
import { agreement } from '../../../src/kit/properties/agreement.js';
import { exhaustion } from '../../../src/kit/properties/exhaustion.js';
import { quiescence } from '../../../src/kit/properties/quiescence.js';
import { sameAtAnyCut, sameInAnyTail, sameUnderEmulation } from '../../../src/kit/properties/replays.js';
import { roundTrip } from '../../../src/kit/properties/round-trip.js';
import { streamAgreement } from '../../../src/kit/properties/stream-agreement.js';
import type { SessionUnderTest } from '../../../src/kit/session-under-test.js';
import { type SimulatedStack, simulatedStacks } from '../../../src/kit/simulation/stacks.js';
import type { StackUnderTest } from '../../../src/kit/stack-under-test.js';
import { BumpWorkspace } from '../../../src/memory/index.js';
import { h2Entrances } from '../../support/entrances.js';
import { answersAreAskedFor } from '../../support/properties/h1-answers.js';
import { headsInAnyRoom } from '../../support/properties/h1-builders.js';
import { errorsClose } from '../../support/properties/h1-errors.js';
import {
  bodiesByGrammar,
  requestsByGrammar,
  responsesByGrammar,
} from '../../support/properties/h1-grammar.js';
import { bodiesAreServed, requestsAreServed, responsesAreTaken } from '../../support/properties/h1-served.js';
import { blocksAreDecoded } from '../../support/properties/h2-blocks.js';
import { creditByModel } from '../../support/properties/h2-credit.js';
import { floodsEnd } from '../../support/properties/h2-floods.js';
import { framesByModel } from '../../support/properties/h2-frames.js';
import { declaredIsDelivered, paddingFits } from '../../support/properties/h2-lengths.js';
import { retriesAreSafe } from '../../support/properties/h2-retries.js';
import { queuedOnce } from '../../support/properties/h2-scheduler.js';
import { tablesAreKept } from '../../support/properties/h2-tables.js';
import { framesInAnyTail } from '../../support/properties/h2-tails.js';
import { turnsAreShared } from '../../support/properties/h2-turns.js';
import { windowsAreKept } from '../../support/properties/h2-windows.js';
import { handoffKeepsBytes } from '../../support/properties/handoff.js';
import {
  hpackDamagedByModel,
  hpackDecoderByModel,
  hpackEncoderByModel,
} from '../../support/properties/hpack.js';
import { anyHeaderIsTaken, headerOfItsOwn } from '../../support/properties/proxy-facts.js';
import { proxyHandsOver } from '../../support/properties/proxy-handoff.js';
import {
  proxyAmidAnything,
  proxyBeforeLures,
  proxyTotal,
  proxyV1ByGrammar,
  proxyV2ByModel,
} from '../../support/properties/proxy-readers.js';
import { headersAmidAnything, headersByModel } from '../../support/properties/proxy-served.js';
import { receiveByModel } from '../../support/properties/receive-buffer.js';
import { sendByModel } from '../../support/properties/send-buffer.js';
import { simulated } from '../../support/properties/simulated.js';
import { workspaceByModel } from '../../support/properties/workspace.js';
import { sessions as sessionList } from '../../support/sessions.js';
import { announced, h1Openings, stack, stacks } from './stacks.js';

export type AnyProperty = fc.IRawProperty<unknown[], boolean>;

export interface Check {
  /** Cases of a subject that it tries before it says that all is well. */
  readonly runs: (subject: string) => number;
  readonly subjects: readonly string[];
  /** @param subject one of `subjects` */
  readonly property: (subject: string) => AnyProperty;
}

const simulations = new Map(simulatedStacks.map((stack) => [`simulated ${stack.name}`, stack]));
const sessions = new Map(sessionList.map((session) => [session.name, session]));

/** A connection of H2 costs several of H1. */
function overStacks(h1Runs: number, h2Runs: number, property: (stack: StackUnderTest) => AnyProperty): Check {
  return {
    runs: (subject) => (subject.includes('h2') ? h2Runs : h1Runs),
    subjects: [...stacks.keys()],
    property: (subject) => property(stack(subject)),
  };
}

/** A peer by hand, of each of these. */
function byHand<T>(
  runs: number,
  of: ReadonlyMap<string, T>,
  property: (it: T, name: string) => AnyProperty,
): Check {
  return {
    runs: () => runs,
    subjects: [...of.keys()],
    property: (subject) => property(of.get(subject) as T, subject),
  };
}

/** One part by itself: `subject` says which. */
function of(subject: string, runs: number, property: () => AnyProperty): Check {
  return { runs: () => runs, subjects: [subject], property };
}

export const checks = {
  roundTrip: overStacks(80, 60, roundTrip),
  quiescence: overStacks(500, 120, quiescence),
  exhaustion: overStacks(400, 200, exhaustion),
  agreement: overStacks(100, 100, agreement),
  sameAtAnyCut: overStacks(80, 50, sameAtAnyCut),
  sameInAnyTail: overStacks(40, 20, sameInAnyTail),
  sameUnderEmulation: overStacks(100, 60, sameUnderEmulation),
  streamAgreement: { ...overStacks(40, 40, streamAgreement), subjects: ['h2', 'h2c', 'proxy-v2+h2'] },
  simulated: {
    // Some of what exhibits need comes in one run of a hundred; behind a header it comes sooner.
    runs: (subject) => (subject.includes('proxy') ? 150 : 300),
    subjects: [...simulations.keys()],
    property: (subject) => simulated(simulations.get(subject) as SimulatedStack),
  },
  workspaceByModel: of('workspace', 80, () => workspaceByModel()),
  receiveByModel: of('receive buffer', 100, () => receiveByModel(BumpWorkspace)),
  sendByModel: of('send buffer', 150, () => sendByModel(BumpWorkspace)),
  handoffKeepsBytes: {
    runs: () => 200,
    subjects: ['endpoint', 'endpoint, transport swapped'],
    property: (subject) => handoffKeepsBytes(subject === 'endpoint' ? ['session', 'tunnel'] : ['transport']),
  },
  askedAgain: {
    runs: () => 400,
    subjects: [...sessions.keys()],
    property: (subject) => askedAgain(sessions.get(subject) as SessionUnderTest),
  },
  proxyHandsOver: of('proxy receiver', 100, proxyHandsOver),
  headerOfItsOwn: byHand(30, announced, headerOfItsOwn),
  anyHeaderIsTaken: byHand(100, announced, anyHeaderIsTaken),
  headersByModel: byHand(1000, announced, headersByModel),
  headersAmidAnything: byHand(500, announced, headersAmidAnything),
  errorsClose: byHand(500, h1Openings, (opening, name) => errorsClose(stack(name), opening)),
  answersAreAskedFor: byHand(60, h1Openings, (_, name) => answersAreAskedFor(stack(name))),
  requestsAreServed: byHand(3000, h1Openings, (opening, name) => requestsAreServed(stack(name), opening)),
  bodiesAreServed: byHand(1500, h1Openings, (opening, name) => bodiesAreServed(stack(name), opening)),
  responsesAreTaken: byHand(1500, h1Openings, (_, name) => responsesAreTaken(stack(name))),
  declaredIsDelivered: byHand(150, h2Entrances, declaredIsDelivered),
  paddingFits: byHand(60, h2Entrances, paddingFits),
  windowsAreKept: byHand(80, h2Entrances, windowsAreKept),
  blocksAreDecoded: byHand(100, h2Entrances, blocksAreDecoded),
  tablesAreKept: byHand(60, h2Entrances, tablesAreKept),
  turnsAreShared: byHand(40, h2Entrances, turnsAreShared),
  framesInAnyTail: byHand(30, h2Entrances, framesInAnyTail),
  retriesAreSafe: byHand(60, h2Entrances, retriesAreSafe),
  floodsEnd: byHand(60, h2Entrances, floodsEnd),
  headsInAnyRoom: of('h1 writer', 1000, headsInAnyRoom),
  requestsByGrammar: of('h1 reader', 8000, () => requestsByGrammar()),
  responsesByGrammar: of('h1 reader', 3000, () => responsesByGrammar()),
  bodiesByGrammar: of('h1 reader', 3000, () => bodiesByGrammar()),
  proxyAmidAnything: of('proxy reader', 1000, proxyAmidAnything),
  proxyBeforeLures: of('proxy reader', 1000, proxyBeforeLures),
  proxyTotal: of('proxy reader', 1000, proxyTotal),
  proxyV1ByGrammar: of('proxy reader', 2000, proxyV1ByGrammar),
  proxyV2ByModel: of('proxy reader', 2000, proxyV2ByModel),
  framesByModel: of('h2 frame reader', 6000, framesByModel),
  creditByModel: byHand(60, h2Entrances, (entrance) => creditByModel(undefined, entrance)),
  queuedOnce: of('h2 scheduler', 300, queuedOnce),
  hpackDecoderByModel: of('hpack', 150, hpackDecoderByModel),
  hpackDamagedByModel: of('hpack', 600, hpackDamagedByModel),
  hpackEncoderByModel: of('hpack', 150, hpackEncoderByModel),
} satisfies Record<string, Check>;

export type CheckName = keyof typeof checks;
