/**
 * What differs between H1 and H2: each stack that carried its exchanges over H2 beside the one that did the same work over
 * H1, on the same transport and behind the same layers. This file does not know how it is shown.
 */
import { copiedPerDelivered, isClean, isWhole, type StackReport } from './report.js';

export interface Figure {
  readonly name: string;
  readonly h1: number;
  readonly h2: number;
  /** H2's to H1's; null where H1 has none. */
  readonly ratio: number | null;
}

export interface Comparison {
  readonly transport: string;
  /** Names of the two stacks. */
  readonly h1: string;
  readonly h2: string;
  readonly figures: readonly Figure[];
}

/** On the wire, copied, held. */
const figures: readonly (readonly [name: string, of: (stack: StackReport) => number])[] = [
  ['bytesIn', ({ bytesIn }) => bytesIn],
  ['bytesOut', ({ bytesOut }) => bytesOut],
  ['copiedBytes', ({ copiedBytes }) => copiedBytes],
  ['copiedPerDelivered', copiedPerDelivered],
  ['heldPeakBytes', ({ heldPeakBytes }) => heldPeakBytes],
  ['heldPeakBySession', ({ heldPeakByLayer }) => heldPeakByLayer.session],
  ['heldPeakByApplication', ({ heldPeakByLayer }) => heldPeakByLayer.application],
];

/** In the order of the H2 stacks; left out are those that have nobody beside them, or did not do all of their work. */
export function compareStacks(stacks: readonly StackReport[]): readonly Comparison[] {
  const clean = stacks.filter((stack) => isClean(stack) && isWhole(stack));
  return clean.flatMap((stack) => {
    const peer = clean.find((other) => other.transport === stack.transport && isBeside(other, stack));
    return peer === undefined ? [] : [compare(peer, stack)];
  });
}

/** `proxy-v1+h1` is beside `proxy-v2+h2`: a header's version is of no weight. */
function isBeside(h1: StackReport, h2: StackReport): boolean {
  const behind = /^(.*?)(?:h2|h1\+h2c)$/.exec(layers(h2));
  return behind !== null && layers(h1) === `${behind[1]}h1`;
}

function layers({ session }: StackReport): string {
  return session.replace(/^proxy-v[12]/, 'proxy');
}

function compare(h1: StackReport, h2: StackReport): Comparison {
  return {
    transport: h2.transport,
    h1: h1.name,
    h2: h2.name,
    figures: figures.map(([name, of]) => {
      const [first, second] = [of(h1), of(h2)];
      return { name, h1: first, h2: second, ratio: first === 0 ? null : second / first };
    }),
  };
}
