// `npm run bench`: measures our rows against the peers and prints what came of it. Arguments are substrings of the
// rows to run (all of them if there are none); `--json` prints one JSON object, `--quick` takes fewer samples.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fullBudget, quickBudget, type Samples } from './measure.js';
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

const budget = values.quick ? quickBudget : fullBudget;
const wanted = (work: string): boolean =>
  positionals.length === 0 || positionals.some((part) => work.toLowerCase().includes(part.toLowerCase()));

if (values.group !== undefined) await runGroup(rowGroups[Number(values.group)] as RowGroup);
else process.exitCode = await runAll();

/** In a child: measures the group's rows and sends the samples of each to the parent. */
async function runGroup(group: RowGroup): Promise<void> {
  for (const row of group) if (wanted(row.work)) await tell(await row.measure(budget));
  // What the rows have started, timers above all, must not hold the process.
  process.exit();
}

function tell(samples: readonly Samples[]): Promise<void> {
  return new Promise((resolve) => process.send?.(samples, undefined, undefined, () => resolve()));
}

async function runAll(): Promise<number> {
  const measured: MeasuredRow[] = [];
  let failed = false;
  for (const [index, group] of rowGroups.entries()) {
    const rows = group.filter(({ work }) => wanted(work));
    if (rows.length === 0) continue;
    const pooled = await inChildren(index, rows);
    if (pooled === undefined) {
      failed = true;
      process.stderr.write(`failed: ${rows.map(({ work }) => work).join(', ')}\n`);
      continue;
    }
    const results = rows.map((row, i) => resultOf(row, pooled[i] as Samples[]));
    measured.push(...results);
    if (!values.json) process.stdout.write(`${table(results)}\n`);
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

/** The samples of each row, of all processes that measured it; undefined when one failed. */
async function inChildren(index: number, rows: RowGroup): Promise<Samples[][] | undefined> {
  const processes = rows.some(({ once }) => once === true) ? 1 : budget.processes;
  const pooled: Samples[][] = [];
  for (let i = 0; i < processes; i++) {
    const measured = await inChild(index);
    if (measured === undefined) return undefined;
    measured.forEach((samples, row) => {
      pooled[row] = samples.map(({ name, samples: more }, who) => ({
        name,
        samples: [...(pooled[row]?.[who]?.samples ?? []), ...more],
      }));
    });
  }
  return pooled;
}

/** The samples of each row, from one process; undefined when it failed. */
function inChild(index: number): Promise<Samples[][] | undefined> {
  const args = [childMark, String(index), ...positionals, ...(values.quick ? ['--quick'] : [])];
  const child = fork(fileURLToPath(import.meta.url), args, { stdio: ['ignore', 2, 2, 'ipc'] });
  const rows: Samples[][] = [];
  child.on('message', (samples) => rows.push(samples as Samples[]));
  const timer = setTimeout(() => child.kill('SIGKILL'), groupMs);
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve(code === 0 ? rows : undefined);
    });
  });
}
