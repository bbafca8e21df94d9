// `npm run bench`: measures our rows against the peers and prints what came of it. Arguments are substrings of the
// rows to run (all of them if there are none); `--json` prints one JSON object, `--quick` takes fewer samples. Each row
// has a process of its own, which starts those of its contestants, so that one that hangs or fails costs no other.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fullBudget, quickBudget, type Samples } from './measure.js';
import { measureRates } from './own-process.js';
import { type MeasuredRow, resultOf, table } from './report.js';
import type { Row } from './row.js';
import { rows } from './rows/index.js';

/** A row that takes longer than this hangs: its process is ended, and its contestants end with it. */
const rowMs = 300_000;
const childMark = '--row';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    row: { type: 'string' },
  },
});

const budget = values.quick ? quickBudget : fullBudget;

if (values.row !== undefined) await runRow(Number(values.row));
else process.exitCode = await runAll();

/** In a child: measures the row and sends its samples to the parent. */
async function runRow(index: number): Promise<void> {
  const row = rows[index] as Row;
  const samples = 'ways' in row ? await measureRates(index, row, budget) : await row.measure(budget);
  await new Promise<void>((resolve) => process.send?.(samples, undefined, undefined, () => resolve()));
  // What the row has started must not hold the process.
  process.exit();
}

function isWanted({ work }: Row): boolean {
  return (
    positionals.length === 0 || positionals.some((part) => work.toLowerCase().includes(part.toLowerCase()))
  );
}

async function runAll(): Promise<number> {
  if (!rows.some(isWanted)) {
    process.stderr.write(`no row has ${positionals.join(' or ')} in its name; there are:\n`);
    for (const { work } of rows) process.stderr.write(`  ${work}\n`);
    return 2;
  }
  const measured: MeasuredRow[] = [];
  let failed = false;
  for (const [index, row] of rows.entries()) {
    if (!isWanted(row)) continue;
    const samples = await inChild(index);
    if (samples === undefined) {
      failed = true;
      process.stderr.write(`failed: ${row.work}\n`);
      continue;
    }
    const result = resultOf(row, samples);
    measured.push(result);
    if (!values.json) process.stdout.write(`${table(result)}\n`);
  }
  if (values.json)
    process.stdout.write(`${JSON.stringify({ rows: measured.map(({ result }) => result) })}\n`);
  return failed ? 1 : 0;
}

/** The samples of a row, from its process; undefined when it failed. */
function inChild(index: number): Promise<readonly Samples[] | undefined> {
  const args = [childMark, String(index), ...(values.quick ? ['--quick'] : [])];
  const child = fork(fileURLToPath(import.meta.url), args, { stdio: ['ignore', 2, 2, 'ipc'] });
  let samples: readonly Samples[] | undefined;
  child.on('message', (message) => {
    samples = message as Samples[];
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), rowMs);
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve(code === 0 ? samples : undefined);
    });
  });
}
