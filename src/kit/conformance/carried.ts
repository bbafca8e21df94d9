/**
 * The conformance suite for a stack over a transport of yours, or a transport of yours under a stack: the endpoint
 * drives both ends over it.
 *
 * ```ts
 * for (const { name, run } of carriedConformance(h1Stack(), makePair)) it(name, run);
 * ```
 *
 * This file does not know which transport it is, nor which protocol.
 */
import type { CarriedPair } from '../carried-ends.js';
import { carriedExhaustion, carriedQuiescence, carriedRoundTrip } from '../properties/carried.js';
import { carriedAgreement } from '../properties/carried-agreement.js';
import type { StackUnderTest } from '../stack-under-test.js';
import { type ConformanceCase, type PropertyOptions, propertyCase } from './case.js';

const defaultRuns = 15;

/** The cases, in order. Each run makes pairs of its own and leaves none open. */
export function carriedConformance(
  stack: StackUnderTest,
  makePair: () => CarriedPair | Promise<CarriedPair>,
  options: PropertyOptions = {},
): readonly ConformanceCase[] {
  const { runs = defaultRuns, seed } = options;
  const { tunnels } = stack.capabilities;
  const cases = [
    propertyCase(
      ['WIRE-4', 'CON-1', 'CON-2', 'OWN-5'],
      'what each side sends is what the other receives, over the transport, in either workspace and with any dead bytes',
      (reached) => carriedRoundTrip(stack, makePair, reached),
      ['request content', 'response content', 'another exchange', 'bump workspace', 'emulated workspace'],
      runs,
      seed,
    ),
    propertyCase(
      ['OWN-7', 'LAY-4'],
      'nothing is held, and everybody is told once, however it ends, over the transport',
      (reached) => carriedQuiescence(stack, makePair, reached),
      ['torn down by the server', 'torn down by the client', 'ended well', 'failed'],
      runs,
      seed,
    ),
    propertyCase(
      ['WS-9'],
      'with too little memory it succeeds, or its failure is handled, over the transport',
      (reached) => carriedExhaustion(stack, makePair, reached),
      ['memory sufficed', 'memory ran out'],
      runs,
      seed,
    ),
  ];
  if (tunnels.length === 0) return cases;
  // Each run is one of every kind.
  const agreements = propertyCase(
    ['LAY-7', 'CON-3'],
    'a tunnel begins with the agreement, and every byte of it comes, over the transport',
    (reached) => carriedAgreement(stack, makePair, reached),
    tunnels.flatMap((kind) => [`${kind} agreed to`, `${kind} refused`]),
    Math.ceil(runs / 4),
    seed,
  );
  return [...cases, agreements];
}
