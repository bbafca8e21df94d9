// Both ends in one process, without a socket: what client and server cost when no kernel has a part in it.
import {
  endpointPair,
  exchangeWarmUpMs,
  h2EndpointPair,
  h2SessionPair,
  nodeHttp2OverDuplex,
  nodeOverDuplex,
  sessionPair,
} from '../exchanges.js';
import type { Way } from '../measure.js';
import type { RateRow } from '../row.js';

function pairRow(work: string, target: number, ours: Way, theirs: Way): RateRow {
  return {
    work: `both ends in one process, ${work}`,
    unit: 'per second',
    target,
    ways: [ours, theirs],
    warmUpMs: exchangeWarmUpMs,
  };
}

const h1Row = (work: string, ours: Way): RateRow =>
  pairRow(work, 8, ours, () => nodeOverDuplex('node:http over Duplex'));

const h2Row = (work: string, depth: number, ours: Way): RateRow =>
  pairRow(work, 20, ours, () => nodeHttp2OverDuplex('node:http2 over Duplex', depth));

export const inProcessRows: readonly RateRow[] = [
  h1Row('H1, bare sessions', () => sessionPair('undercoat')),
  h1Row('H1, endpoints over the memory transport', () => endpointPair('undercoat')),
  h2Row('H2, 10 streams, bare sessions', 10, () => h2SessionPair('undercoat', 10)),
  h2Row('H2, 1 stream, bare sessions', 1, () => h2SessionPair('undercoat', 1)),
  h2Row('H2, 10 streams, endpoints over the memory transport', 10, () => h2EndpointPair('undercoat', 10)),
];
