// Heads: from octets that arrived to a request that can be used.
import type { Way } from '../measure.js';
import { everyValue, readingHeads, usable } from '../ours.js';
import { feeding } from '../peers/contestants.js';
import { httpParserJs } from '../peers/http-parser-js.js';
import { llhttpBinding } from '../peers/llhttp-binding.js';
import { undiciWasm } from '../peers/undici-wasm.js';
import type { RateRow } from '../row.js';
import { browserGet, smallGet } from '../workloads.js';

function headRow(work: string, target: number | null, ours: Way, bytes: Uint8Array): RateRow {
  return {
    work,
    unit: 'per second',
    target,
    ways: [
      ours,
      () => feeding(llhttpBinding(), bytes),
      () => feeding(undiciWasm(), bytes),
      () => feeding(httpParserJs(), bytes),
    ],
  };
}

export const headRows: readonly RateRow[] = [
  headRow('H1 head, 77 B GET', 3, () => readingHeads('undercoat', smallGet, 1, usable), smallGet),
  headRow(
    'H1 head, 669 B browser GET, 14 fields',
    1.8,
    () => readingHeads('undercoat', browserGet, 1, usable),
    browserGet,
  ),
  headRow(
    'H1 head, 77 B GET, every value as a string',
    null,
    () => readingHeads('undercoat', smallGet, 1, everyValue),
    smallGet,
  ),
  headRow(
    'H1 head, 669 B browser GET, every value as a string',
    null,
    () => readingHeads('undercoat', browserGet, 1, everyValue),
    browserGet,
  ),
];
