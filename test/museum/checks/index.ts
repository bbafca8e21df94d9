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
import { answersAreAskedFor } from '../../support/properties/h1-answers.js';
import { headsInAnyRoom } from '../../support/properties/h1-builders.js';
import { errorsClose } from '../../support/properties/h1-errors.js';
import {
  bodiesByGrammar,
  requestsByGrammar,
  responsesByGrammar,
} from '../../support/properties/h1-grammar.js';
import { blocksAreDecoded } from '../../support/properties/h2-blocks.js';
import { creditByModel } from '../../support/properties/h2-credit.js';
import { floodsEnd } from '../../support/properties/h2-floods.js';
import { framesByModel } from '../../support/properties/h2-frames.js';
import { declaredIsDelivered } from '../../support/properties/h2-lengths.js';
import { queuedOnce } from '../../support/properties/h2-scheduler.js';
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
import { receiveByModel } from '../../support/properties/receive-buffer.js';
import { sendByModel } from '../../support/properties/send-buffer.js';
import { simulated } from '../../support/properties/simulated.js';
import { workspaceByModel } from '../../support/properties/workspace.js';
import { sessions as sessionList } from '../../support/sessions.js';
import { stacks } from './stacks.js';

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
    property: (subject) => property(stacks.get(subject) as StackUnderTest),
  };
}

/** One part by itself, or one end against a peer by hand: `subject` says which. */
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
    // A run has what an exhibit needs one time in forty.
    runs: () => 400,
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
  headerOfItsOwn: of('proxy', 30, headerOfItsOwn),
  anyHeaderIsTaken: of('proxy', 100, anyHeaderIsTaken),
  errorsClose: {
    runs: () => 500,
    subjects: ['h1', 'h1 pipelined'],
    property: (subject) => errorsClose(stacks.get(subject) as StackUnderTest),
  },
  answersAreAskedFor: of('h1 client', 60, answersAreAskedFor),
  declaredIsDelivered: of('h2 server', 150, declaredIsDelivered),
  windowsAreKept: of('h2 server', 80, windowsAreKept),
  blocksAreDecoded: of('h2 server', 100, blocksAreDecoded),
  floodsEnd: of('h2 server', 60, floodsEnd),
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
  creditByModel: of('h2 server', 60, () => creditByModel()),
  queuedOnce: of('h2 scheduler', 300, queuedOnce),
  hpackDecoderByModel: of('hpack', 150, hpackDecoderByModel),
  hpackDamagedByModel: of('hpack', 600, hpackDamagedByModel),
  hpackEncoderByModel: of('hpack', 150, hpackEncoderByModel),
} satisfies Record<string, Check>;

export type CheckName = keyof typeof checks;
