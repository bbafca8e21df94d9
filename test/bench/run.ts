// `npm run bench`: measures our rows against the peers and prints what came of it. Arguments are substrings of the
// rows to run (all of them if there are none); `--json` prints one JSON object, `--quick` takes fewer samples.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fullBudget, quickBudget } from './measure.js';
import { type MeasuredRow, resultOf, table } from './report.js';
import type { RowGroup } from './row.js';
import { rowGroups } from './rows/index.js';

/** A group that takes longer than this hangs: its process is ended. */
const groupMs = 60_000;
const childMark = '--group';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    group: { type: 'string' },
  },
});

const wanted = (work: string): boolean =>
  positionals.length === 0 || positionals.some((part) => work.toLowerCase().includes(part.toLowerCase()));

if (values.group !== undefined) await runGroup(rowGroups[Number(values.group)] as RowGroup);
else process.exitCode = await runAll();

/** In a child: measures the group's rows and sends each to the parent. */
async function runGroup(group: RowGroup): Promise<void> {
  const budget = values.quick ? quickBudget : fullBudget;
  for (const row of group) {
    if (wanted(row.work)) await tell(resultOf(row, await row.measure(budget)));
  }
  // What the rows have started, timers above all, must not hold the process.
  process.exit();
}

function tell(measured: MeasuredRow): Promise<void> {
  return new Promise((resolve) => process.send?.(measured, undefined, undefined, () => resolve()));
}

async function runAll(): Promise<number> {
  const measured: MeasuredRow[] = [];
  let failed = false;
  for (const [index, group] of rowGroups.entries()) {
    if (!group.some(({ work }) => wanted(work))) continue;
    const rows = await inChild(index);
    if (rows === undefined) {
      failed = true;
      process.stderr.write(`failed: ${group.map(({ work }) => work).join(', ')}\n`);
    } else for (const row of rows) measured.push(row);
    if (!values.json && rows !== undefined) process.stdout.write(`${table(rows)}\n`);
  }
  if (measured.length === 0 && !failed) {
    process.stderr.write(`no row has ${positionals.join(' or ')} in its name; there are:\n`);
    for (const { work } of rowGroups.flat()) process.stderr.write(`  ${work}\n`);
    return 2;
  }
  if (values.json)
    process.stdout.write(`${JSON.stringify({ rows: measured.map(({ result }) => result) })}\n`);
  return failed ? 1 : 0;
}

/** The rows of one group, measured in a process of their own; undefined when it failed. */
function inChild(index: number): Promise<MeasuredRow[] | undefined> {
  const args = [childMark, String(index), ...positionals, ...(values.quick ? ['--quick'] : [])];
  const child = fork(fileURLToPath(import.meta.url), args, { stdio: ['ignore', 2, 2, 'ipc'] });
  const rows: MeasuredRow[] = [];
  child.on('message', (row) => rows.push(row as MeasuredRow));
  const timer = setTimeout(() => child.kill('SIGKILL'), groupMs);
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve(code === 0 ? rows : undefined);
    });
  });
}
