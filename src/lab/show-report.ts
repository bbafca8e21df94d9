/**
 * A run's report for people: a table with a column for each stack, and below it whatever was not as it should be. This
 * file does not know how the numbers came about.
 */
import Table from 'cli-table3';
import picocolors from 'picocolors';
import { complaints } from './complaints.js';
import { copiedPerDelivered, isClean, isWhole, type RunReport, type StackReport } from './report.js';
import { showComparisons } from './show-comparison.js';

export interface ShowOptions {
  /** Characters in a line; as many stacks as fit stand side by side. */
  readonly width: number;
  readonly isColoured: boolean;
}

type Cell = (stack: StackReport) => string;

const count = new Intl.NumberFormat('en-US');
const bytes = (value: number): string => count.format(value);

const rows: readonly (readonly [label: string, cell: Cell, isZeroGood?: boolean])[] = [
  ['transport', ({ transport }) => transport],
  ['session', ({ session }) => session],
  ['exchanges', ({ exchanges }) => count.format(exchanges)],
  ['not run to the end', ({ notRunToEnd }) => count.format(notRunToEnd), true],
  ['failures as expected', ({ expectedFailures }) => count.format(expectedFailures)],
  ['failures not expected', ({ unexpected }) => count.format(unexpected), true],
  ['bytes in', ({ bytesIn }) => bytes(bytesIn)],
  ['bytes out', ({ bytesOut }) => bytes(bytesOut)],
  ['copied per byte delivered', (stack) => copiedPerDelivered(stack).toFixed(3)],
  ['peak bytes of slabs', ({ heldPeakBytes }) => bytes(heldPeakBytes)],
  ['peak held by transport', ({ heldPeakByLayer }) => bytes(heldPeakByLayer.transport)],
  ['peak held by session', ({ heldPeakByLayer }) => bytes(heldPeakByLayer.session)],
  ['peak held by stream', ({ heldPeakByLayer }) => bytes(heldPeakByLayer.stream)],
  ['peak held by application', ({ heldPeakByLayer }) => bytes(heldPeakByLayer.application)],
  ['bytes held at the end', ({ heldAtEndBytes }) => bytes(heldAtEndBytes), true],
  ['rules checked', ({ checks }) => count.format(checks)],
  ['violations', ({ violations }) => count.format(violations), true],
  ['milliseconds', ({ milliseconds }) => count.format(milliseconds)],
];

const labelWidth = Math.max(...rows.map(([label]) => label.length)) + 3;

/** Text of several lines, the last one ended. */
export function showReport(report: RunReport, options: ShowOptions): string {
  const colours = picocolors.createColors(options.isColoured);
  const parts = [`${colours.bold(report.scenario)}, seed ${report.seed}`];
  for (const group of side(report.stacks, options.width)) {
    const table = new Table({
      head: ['', ...group.map(({ name }) => colours.bold(name))],
      colAligns: ['left', ...group.map(() => 'right' as const)],
      style: { head: [], border: [], compact: true },
    });
    for (const [label, cell, isZeroGood] of rows) {
      const values = group.map((stack) => {
        const text = cell(stack);
        if (isZeroGood !== true) return text;
        return text === '0' ? colours.green(text) : colours.red(text);
      });
      table.push([label, ...values]);
    }
    parts.push(table.toString());
  }
  const comparisons = showComparisons(report.comparisons, options);
  if (comparisons !== '') parts.push(comparisons.trimEnd());
  for (const stack of report.stacks) parts.push(...complaints(stack).map((line) => colours.red(line)));
  const bad = report.stacks.filter((stack) => !isClean(stack)).length;
  const cutOff = report.stacks.filter((stack) => !isWhole(stack)).length;
  const all = report.stacks.length;
  if (bad > 0) parts.push(colours.red(`${bad} of ${all} stacks not as expected`));
  if (cutOff > 0) parts.push(colours.yellow(overOf(cutOff, all, bad)));
  if (bad + cutOff === 0) parts.push(colours.green(`all ${all} stacks as expected`));
  return `${parts.join('\n')}\n`;
}

function overOf(cutOff: number, all: number, bad: number): string {
  const fine = bad === 0 ? '; what was run was as expected' : '';
  return `time was over before ${cutOff} of ${all} stacks had run to the end${fine} (--time-limit gives more)`;
}

/** As many stacks as fit side by side, then the next ones. */
function side(stacks: readonly StackReport[], width: number): StackReport[][] {
  const groups: StackReport[][] = [];
  let left = 0;
  for (const stack of stacks) {
    const own = Math.max(stack.name.length, stack.session.length, 11) + 3;
    const group = groups.at(-1);
    if (group !== undefined && own <= left) {
      group.push(stack);
      left -= own;
    } else {
      groups.push([stack]);
      left = width - labelWidth - 1 - own;
    }
  }
  return groups;
}
