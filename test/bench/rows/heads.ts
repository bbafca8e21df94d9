// Heads: from octets that arrived to a request that can be used.
import type { Contestant } from '../measure.js';
import { measureRates } from '../measure.js';
import { everyValue, readingHeads, usable } from '../ours.js';
import { feeding } from '../peers/contestants.js';
import { httpParserJs } from '../peers/http-parser-js.js';
import { llhttpBinding } from '../peers/llhttp-binding.js';
import { undiciWasm } from '../peers/undici-wasm.js';
import type { Row, RowGroup } from '../row.js';
import { browserGet, smallGet } from '../workloads.js';

function headRow(work: string, target: number | null, ours: () => Contestant, bytes: Uint8Array): Row {
  return {
    work,
    unit: 'per second',
    target,
    measure: (budget) =>
      measureRates(
        [
          ours(),
          feeding(llhttpBinding(), bytes),
          feeding(undiciWasm(), bytes),
          feeding(httpParserJs(), bytes),
        ],
        budget,
      ),
  };
}

export const headRows: readonly RowGroup[] = [
  [headRow('H1 head, 77 B GET', 3, () => readingHeads('undercoat', smallGet, 1, usable), smallGet)],
  [
    headRow(
      'H1 head, 669 B browser GET, 14 fields',
      1.8,
      () => readingHeads('undercoat', browserGet, 1, usable),
      browserGet,
    ),
  ],
  [
    headRow(
      'H1 head, 77 B GET, every value as a string',
      null,
      () => readingHeads('undercoat', smallGet, 1, everyValue),
      smallGet,
    ),
  ],
  [
    headRow(
      'H1 head, 669 B browser GET, every value as a string',
      null,
      () => readingHeads('undercoat', browserGet, 1, everyValue),
      browserGet,
    ),
  ],
];
