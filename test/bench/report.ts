// What was measured, as one JSON object or as a table.
import { median, type Samples } from './measure.js';
import type { Row, Unit } from './row.js';

export interface RowResult {
  readonly work: string;
  /** Median, in the unit. */
  readonly ours: number;
  /**
   * `ratio` is ours / theirs, whatever the unit: compare it with `target`, which speaks of the first peer. It is the
   * median of the ratios of samples that were taken one after the other: a machine that is fast for a while and then
   * slow gives medians of either, but hardly changes between two slices.
   */
  readonly peers: readonly { readonly name: string; readonly value: number; readonly ratio: number }[];
  /** At least, for `per second`; at most, for `ms CPU per 1000`; null where nothing was set. */
  readonly target: number | null;
  readonly unit: Unit;
}

/** A result with what only the table shows. */
export interface MeasuredRow {
  readonly result: RowResult;
  /** Lowest and highest sample, ours first. */
  readonly ranges: readonly (readonly [lowest: number, highest: number])[];
}

export function resultOf(row: Row, samples: readonly Samples[]): MeasuredRow {
  const [ours, ...peers] = samples as readonly [Samples, ...Samples[]];
  return {
    result: {
      work: row.work,
      ours: round(median(ours.samples)),
      peers: peers.map((peer) => ({
        name: peer.name,
        value: round(median(peer.samples)),
        ratio: round(median(peer.samples.map((value, i) => (ours.samples[i] as number) / value))),
      })),
      target: row.target,
      unit: row.unit,
    },
    ranges: samples.map((of) => [Math.min(...of.samples), Math.max(...of.samples)]),
  };
}

function met({ peers, target, unit }: RowResult): boolean | undefined {
  const ratio = peers[0]?.ratio;
  if (target === null || ratio === undefined) return undefined;
  return unit === 'per second' ? ratio >= target : ratio <= target;
}

export function table({ result, ranges }: MeasuredRow): string {
  const { work, ours, peers, target, unit } = result;
  const lines = ['', `${work} (${unit})${verdict(result)}`];
  lines.push(line('undercoat', ours, ranges[0], target === null ? '' : aim(target, unit)));
  peers.forEach(({ name, value, ratio }, i) => {
    lines.push(line(name, value, ranges[i + 1], `ours / theirs ${show(ratio)}`));
  });
  return lines.join('\n');
}

function verdict(result: RowResult): string {
  const reached = met(result);
  return reached === undefined ? '' : reached ? ': met' : ': NOT met';
}

function aim(target: number, unit: Unit): string {
  return `target ${unit === 'per second' ? '≥' : '≤'} ${target}`;
}

function line(
  name: string,
  value: number,
  range: readonly [number, number] | undefined,
  note: string,
): string {
  const [low, high] = range ?? [value, value];
  return `  ${name.padEnd(34)} ${show(value).padStart(11)}  ${`${show(low)} to ${show(high)}`.padEnd(26)} ${note}`.trimEnd();
}

/** Three digits that say something, and thousands apart. */
function show(value: number): string {
  return value >= 1000
    ? Math.round(value).toLocaleString('en-GB').replaceAll(',', ' ')
    : String(Number(value.toPrecision(3)));
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
