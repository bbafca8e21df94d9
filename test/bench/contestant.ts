// One contestant in a process of its own, so that neither the garbage nor the compiled code of another is its matter:
// `contestant.js ROW WAY`. It warms itself up when it is told the budget, says its name, and answers each order for a
// slice with the rate of it. It ends with its parent.
import { calibrate, rateOf } from './measure.js';
import type { FromContestant, ToContestant } from './own-process.js';
import type { RateRow } from './row.js';
import { rows } from './rows/index.js';

const [, , row, way] = process.argv;
const start = (rows[Number(row)] as RateRow).ways[Number(way)];
if (start === undefined) throw new Error(`row ${row} has no way ${way}`);
const contestant = await start();
let count = 0;

process.on('disconnect', () => process.exit());
process.on('message', async (order: ToContestant) => {
  if (order === 'slice') {
    tell({ rate: await rateOf(contestant, count) });
    return;
  }
  count = await calibrate(contestant, order);
  tell({ name: contestant.name });
});

function tell(message: FromContestant): void {
  process.send?.(message);
}
