/**
 * The comparisons of a run for people: what H1 and H2 each needed for the same work, and the ratio. This file does not know
 * how the figures came about.
 */
import Table from 'cli-table3';
import picocolors from 'picocolors';
import type { Comparison, Figure } from './compare.js';
import type { ShowOptions } from './show-report.js';

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const exact = new Intl.NumberFormat('en-US', { minimumFractionDigits: 3, maximumFractionDigits: 3 });

/** By the figure's name: what it is, and how exact it is. */
const labels: ReadonlyMap<string, readonly [label: string, format: Intl.NumberFormat]> = new Map([
  ['bytesIn', ['on the wire: bytes in', whole]],
  ['bytesOut', ['on the wire: bytes out', whole]],
  ['copiedBytes', ['copied: bytes', whole]],
  ['copiedPerDelivered', ['copied: bytes per byte delivered', exact]],
  ['heldPeakBytes', ['held: peak bytes of slabs', whole]],
  ['heldPeakBySession', ['held: peak by session', whole]],
]);

/** Text of several lines, the last one ended; empty when there is nothing to compare. */
export function showComparisons(comparisons: readonly Comparison[], { isColoured }: ShowOptions): string {
  if (comparisons.length === 0) return '';
  const colours = picocolors.createColors(isColoured);
  const table = new Table({
    head: ['the same work', 'H1', 'H2', 'H2 / H1'].map((text) => colours.bold(text)),
    colAligns: ['left', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const { h1, h2, figures } of comparisons) {
    table.push([{ content: colours.bold(`${h2} beside ${h1}`), colSpan: 4 }]);
    for (const figure of figures) {
      const row = rowOf(figure);
      if (row !== undefined) table.push(row);
    }
  }
  return `${table.toString()}\n`;
}

function rowOf({ name, h1, h2, ratio }: Figure): string[] | undefined {
  const shown = labels.get(name);
  if (shown === undefined) return undefined;
  const [label, format] = shown;
  return [`  ${label}`, format.format(h1), format.format(h2), ratio === null ? '' : ratio.toFixed(2)];
}
