// Both ends in one process, without a socket: what client and server cost when no kernel has a part in it.
import { endpointPair, nodeOverDuplex, sessionPair } from '../exchanges.js';
import { type Contestant, measureRates } from '../measure.js';
import type { Row, RowGroup } from '../row.js';

function pairRow(work: string, ours: () => Contestant | Promise<Contestant>): Row {
  return {
    work,
    unit: 'per second',
    target: 8,
    measure: async (budget) => measureRates([await ours(), nodeOverDuplex('node:http over Duplex')], budget),
  };
}

export const inProcessRows: readonly RowGroup[] = [
  [pairRow('both ends in one process, H1, bare sessions', () => sessionPair('undercoat'))],
  [
    pairRow('both ends in one process, H1, endpoints over the memory transport', () =>
      endpointPair('undercoat'),
    ),
  ],
];
