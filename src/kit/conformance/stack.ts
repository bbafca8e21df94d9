/**
 * The conformance suite for stacks: every property of the kit over one stack of sessions, both ends, with what each
 * must have met to count.
 *
 * ```ts
 * describe('my stack', () => {
 *   for (const { name, run } of stackConformance({ ...h1Stack(), name: 'mine', server: myServer, client: myClient }))
 *     it(name, run);
 * });
 * ```
 *
 * This file does not know any protocol: what a stack claims is in its capabilities.
 */
import { agreement } from '../properties/agreement.js';
import { exhaustion } from '../properties/exhaustion.js';
import { quiescence } from '../properties/quiescence.js';
import { sameAtAnyCut, sameInAnyTail, sameUnderEmulation } from '../properties/replays.js';
import { roundTrip } from '../properties/round-trip.js';
import { streamAgreement } from '../properties/stream-agreement.js';
import type { StackUnderTest } from '../stack-under-test.js';
import { type ConformanceCase, type PropertyOptions, propertyCase } from './case.js';

const defaultRuns = 30;

const exchanged = [
  'request content',
  'response content',
  'request trailers',
  'response trailers',
  'interim response',
  '100 Continue',
  'paused body',
  'another exchange',
];
const ended = [
  'ended well',
  'failed',
  'a deadline met',
  'the server threw',
  'the server broke off',
  'never answered',
  'leases retained',
  'fault: lose',
  'fault: end-of-client',
  'fault: end-of-server',
  'fault: shutdown-client',
  'fault: shutdown-server',
  'fault: stall',
];
const played = ['server', 'client', 'damaged', 'undamaged', 'accepted', 'refused'];
const inStreams =
  'a tunnel in a stream begins with the agreement, with every byte behind it, and the connection goes on';
const ofThePipe = 'the pipe is handed over after the agreement, with every byte behind it';

/** The cases, in order. Each runs connections of its own on a time of its own, and holds nothing afterwards. */
export function stackConformance(
  stack: StackUnderTest,
  options: PropertyOptions = {},
): readonly ConformanceCase[] {
  const { runs = defaultRuns, seed } = options;
  const { maxBodyBytes } = stack.capabilities;
  if (maxBodyBytes !== undefined) return replays(stack, [...played, 'a body beyond its limit'], runs, seed);
  return [
    propertyCase(
      ['WIRE-4', 'CON-1', 'CON-2', 'OWN-4'],
      'what each side sends is what the other receives',
      (reached) => roundTrip(stack, reached),
      exchanged,
      runs,
      seed,
    ),
    propertyCase(
      ['OWN-7', 'LAY-4'],
      'nothing is held, and everybody is told once, however it ends',
      (reached) => quiescence(stack, reached),
      stack.capabilities.lends === true ? [...ended, 'lent bytes were queued when the pipe broke'] : ended,
      runs,
      seed,
    ),
    propertyCase(
      ['WS-9'],
      'with too little memory it succeeds, or its failure is handled',
      (reached) => exhaustion(stack, reached),
      ['memory sufficed', 'memory ran out'],
      runs,
      seed,
    ),
    ...agreements(stack, runs, seed),
    ...replays(stack, played, runs, seed),
  ];
}

/** A tunnel in a stream is no handoff of the pipe. */
function agreements(
  stack: StackUnderTest,
  runs: number,
  seed: number | undefined,
): readonly ConformanceCase[] {
  const { interleaves, tunnels } = stack.capabilities;
  if (tunnels.length === 0) return [];
  const floor = [
    'no tunnel asked for',
    ...tunnels.flatMap((kind) => [`${kind} agreed to`, `${kind} refused`]),
  ];
  const streams = ['bytes ahead of the opening', 'bytes behind the opening'];
  return [
    propertyCase(
      ['LAY-7', 'CON-3'],
      interleaves ? inStreams : ofThePipe,
      (reached) => (interleaves ? streamAgreement : agreement)(stack, reached),
      [...floor, ...(interleaves ? streams : ['bytes ahead of the agreement'])],
      runs,
      seed,
    ),
  ];
}

/** What is asked of one end that is played octets. */
function replays(
  stack: StackUnderTest,
  floor: readonly string[],
  runs: number,
  seed: number | undefined,
): readonly ConformanceCase[] {
  return [
    propertyCase(
      ['CON-6', 'LAY-5'],
      'any cut gives the same events, output and error, and no event is lost to the error',
      (reached) => sameAtAnyCut(stack, reached),
      floor,
      runs,
      seed,
    ),
    propertyCase(
      ['OWN-6', 'OWN-5'],
      'neither the tail of a room nor dead bytes are read',
      (reached) => sameInAnyTail(stack, reached),
      floor,
      runs,
      seed,
    ),
    propertyCase(
      ['WS-10'],
      'under emulation all is the same, exhaustion too',
      (reached) => sameUnderEmulation(stack, reached),
      [...floor, 'memory ran out'],
      runs,
      seed,
    ),
  ];
}
