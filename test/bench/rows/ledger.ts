// What the checked ledger costs: the same work with it and without it. The peer is ourselves with the ledger off, so
// the ratio says which part of the speed is left.
import { CheckedLedger, type Ledger } from '../../../src/memory/index.js';
import { endpointPair, exchangeWarmUpMs, h2EndpointPair, h2SessionPair, sessionPair } from '../exchanges.js';
import type { Contestant } from '../measure.js';
import { readingHeads, usable } from '../ours.js';
import type { RateRow } from '../row.js';
import { smallGet } from '../workloads.js';
import { serving } from './pipelines.js';

type Work = (name: string, ledger: Ledger | null) => Contestant | Promise<Contestant>;

function ledgerRow(work: string, way: Work): RateRow {
  return {
    work: `checked ledger: ${work}`,
    unit: 'per second',
    target: null,
    warmUpMs: exchangeWarmUpMs,
    ways: [() => way('undercoat', new CheckedLedger()), () => way('ledger off', null)],
  };
}

export const ledgerRows: readonly RateRow[] = [
  ledgerRow('H1 head, 77 B GET', (name, ledger) => readingHeads(name, smallGet, 1, usable, ledger)),
  ledgerRow('pipelined 64 B requests, the whole server session', serving),
  ledgerRow('both ends in one process, H1, bare sessions', sessionPair),
  ledgerRow('both ends in one process, H1, endpoints over the memory transport', endpointPair),
  ledgerRow('both ends in one process, H2, 10 streams, bare sessions', (name, ledger) =>
    h2SessionPair(name, 10, ledger),
  ),
  ledgerRow('both ends in one process, H2, 10 streams, endpoints over the memory transport', (name, ledger) =>
    h2EndpointPair(name, 10, ledger),
  ),
];
