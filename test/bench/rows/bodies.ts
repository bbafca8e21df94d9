// Chunked bodies: the data as views of what arrived.
import type { Way } from '../measure.js';
import { readingBodies, readingRanges } from '../ours.js';
import { feedingBodies } from '../peers/contestants.js';
import { llhttpBinding } from '../peers/llhttp-binding.js';
import { undiciWasm } from '../peers/undici-wasm.js';
import type { RateRow } from '../row.js';
import { chunkedOnly, chunkedPost } from '../workloads.js';

const length = 16_384;
const chunk = 4096;

function bodyRow(work: string, target: number | null, ours: Way): RateRow {
  const message = chunkedPost(length, chunk);
  return {
    work,
    unit: 'per second',
    target,
    ways: [
      ours,
      () => feedingBodies(llhttpBinding(), message, length),
      () => feedingBodies(undiciWasm(), message, length),
    ],
  };
}

export const bodyRows: readonly RateRow[] = [
  bodyRow('chunked 16 KiB body, 4 KiB chunks, views', 10, () =>
    readingRanges('undercoat', chunkedOnly(length, chunk), length),
  ),
  bodyRow('chunked 16 KiB body, 4 KiB chunks, head and data as leases', 10, () =>
    readingBodies('undercoat', chunkedPost(length, chunk), length, false),
  ),
  bodyRow('chunked 16 KiB body, 4 KiB chunks, copied in, head and data as leases', null, () =>
    readingBodies('undercoat', chunkedPost(length, chunk), length, true),
  ),
];
