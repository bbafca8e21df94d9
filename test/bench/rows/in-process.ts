// Both ends in one process, without a socket: what client and server cost when no kernel has a part in it.
import {
  endpointPair,
  h2EndpointPair,
  h2SessionPair,
  nodeHttp2OverDuplex,
  nodeOverDuplex,
  sessionPair,
} from '../exchanges.js';
import { type Contestant, measureRates } from '../measure.js';
import type { Row, RowGroup } from '../row.js';

function pairRow(
  work: string,
  target: number,
  ours: () => Contestant | Promise<Contestant>,
  theirs: () => Contestant,
): Row {
  return {
    work: `both ends in one process, ${work}`,
    unit: 'per second',
    target,
    measure: async (budget) => measureRates([await ours(), theirs()], budget),
  };
}

const h1Row = (work: string, ours: () => Contestant | Promise<Contestant>): Row =>
  pairRow(work, 8, ours, () => nodeOverDuplex('node:http over Duplex'));

const h2Row = (work: string, depth: number, ours: (depth: number) => Contestant | Promise<Contestant>): Row =>
  pairRow(
    work,
    20,
    () => ours(depth),
    () => nodeHttp2OverDuplex('node:http2 over Duplex', depth),
  );

export const inProcessRows: readonly RowGroup[] = [
  [h1Row('H1, bare sessions', () => sessionPair('undercoat'))],
  [h1Row('H1, endpoints over the memory transport', () => endpointPair('undercoat'))],
  [h2Row('H2, 10 streams, bare sessions', 10, (depth) => h2SessionPair('undercoat', depth))],
  [h2Row('H2, 1 stream, bare sessions', 1, (depth) => h2SessionPair('undercoat', depth))],
  [
    h2Row('H2, 10 streams, endpoints over the memory transport', 10, (depth) =>
      h2EndpointPair('undercoat', depth),
    ),
  ],
];
