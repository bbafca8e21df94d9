/**
 * The report of a campaign, as data: what each stack was put through and what did not hold; and reports of shards as one.
 * This file does not know how it is shown.
 */
import {
  type CampaignFailure,
  floorFailures,
  floorRule,
  type StackAccount,
} from '../../kit/simulation/campaign.js';
import type { CoverageCounts } from '../../kit/simulation/coverage.js';
import type { Row } from '../../machine/index.js';
import { tables } from '../tables.js';
import { UsageError } from '../usage.js';
import { isRecipe } from './regressions.js';

/** A failure and how to see it again. */
export interface ReportedFailure extends CampaignFailure {
  /** The command that does it; undefined where no single run failed. */
  readonly replay: string | undefined;
}

export interface ReportedStack extends Omit<StackAccount, 'failures'> {
  readonly failures: readonly ReportedFailure[];
}

export interface CampaignReport {
  readonly seed: number;
  /** The only rule that counted, if there was one. */
  readonly rule?: string | undefined;
  readonly stacks: readonly ReportedStack[];
}

/** Of a report that was read from a file, at least this is as it should be. @throws UsageError */
export function checkReport(value: unknown, where: string): CampaignReport {
  const { seed, stacks, rule } = (value ?? {}) as Partial<CampaignReport>;
  const isReport =
    Number.isInteger(seed) &&
    (rule === undefined || typeof rule === 'string') &&
    Array.isArray(stacks) &&
    stacks.every(
      ({ stack, runs, exchanges, whole, coverage, failures }) =>
        typeof stack === 'string' &&
        Number.isInteger(runs) &&
        Number.isInteger(exchanges) &&
        Number.isInteger(whole) &&
        typeof coverage?.rows === 'object' &&
        Array.isArray(failures) &&
        failures.every(isFailure),
    );
  if (!isReport) throw new UsageError(`${where} is no report of "undercoat check --json"`);
  return value as CampaignReport;
}

/** One that can be shown, and saved if it has a recipe. */
function isFailure(value: unknown): boolean {
  const { rule, message, seed, trace, recipe } = (value ?? {}) as Partial<CampaignFailure>;
  const isShown = typeof rule === 'string' && typeof message === 'string' && Array.isArray(trace);
  return isShown && (recipe === undefined || (Number.isInteger(seed) && isRecipe(recipe)));
}

/**
 * What several shards did, as one. Their seed is the first one's, and so is the rule that they were asked about. Whether enough
 * was met is judged of the sum: a shard of a few runs comes to little.
 * @throws UsageError for reports that were not asked about the same rule, or are of another version
 */
export function mergeReports(reports: readonly CampaignReport[]): CampaignReport {
  const rule = reports[0]?.rule;
  const other = reports.find((report) => report.rule !== rule);
  if (other !== undefined) {
    throw new UsageError(
      `one report is of ${rule ?? 'every rule'}, another of ${other.rule ?? 'every rule'}`,
    );
  }
  const byStack = new Map<string, ReportedStack>();
  for (const { stacks } of reports) {
    for (const stack of stacks) {
      const before = byStack.get(stack.stack);
      byStack.set(stack.stack, before === undefined ? stack : merged(before, stack));
    }
  }
  const stacks = [...byStack.values()].map((stack): ReportedStack => {
    const broken = stack.failures.filter((failure) => failure.rule !== floorRule);
    const unmet = floorFailures(stack.stack, rule, stack);
    return {
      ...stack,
      failures: [...broken, ...unmet.map((failure) => ({ ...failure, replay: undefined }))],
    };
  });
  return { seed: reports[0]?.seed ?? 0, rule, stacks };
}

function merged(one: ReportedStack, two: ReportedStack): ReportedStack {
  const coverage: CoverageCounts = {
    rows: mergedRows(one.coverage.rows, two.coverage.rows),
    on: sums(one.coverage.on, two.coverage.on),
    labels: sums(one.coverage.labels, two.coverage.labels),
  };
  const checks = sums(one.checks, two.checks);
  const whole = one.whole + two.whole;
  const seconds = one.seconds + two.seconds;
  return {
    stack: one.stack,
    runs: one.runs + two.runs,
    exchanges: one.exchanges + two.exchanges,
    whole,
    exchangesPerSecond: seconds > 0 ? Math.round(whole / seconds) : 0,
    rules: Object.keys(checks).sort(),
    ...reached(coverage.rows),
    failures: [...one.failures, ...two.failures],
    seconds,
    checks,
    coverage,
  };
}

function sums(
  one: Readonly<Record<string, number>>,
  two: Readonly<Record<string, number>>,
): Record<string, number> {
  const sum: Record<string, number> = { ...one };
  for (const [name, count] of Object.entries(two)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

function mergedRows(one: CoverageCounts['rows'], two: CoverageCounts['rows']): CoverageCounts['rows'] {
  const rows: Record<string, readonly number[]> = { ...one };
  for (const [table, counts] of Object.entries(two)) {
    const before = rows[table];
    rows[table] = before === undefined ? counts : counts.map((count, row) => count + (before[row] ?? 0));
  }
  return rows;
}

/** States that were entered or left, and rows that were taken. @throws UsageError for a table that is not ours */
function reached(rows: CoverageCounts['rows']): { states: number; edges: number } {
  let states = 0;
  let edges = 0;
  for (const [name, counts] of Object.entries(rows)) {
    const table = tables.find((known) => known.name === name);
    if (table?.rows.length !== counts.length) {
      throw new UsageError(`the reports are of another version: its table ${name} is not ours`);
    }
    const entered = new Set<string>();
    for (const [row, count] of counts.entries()) {
      if (count === 0) continue;
      const { fromState, toState } = (table.rows[row] as Row).transition;
      edges += 1;
      entered.add(fromState).add(toState);
    }
    states += entered.size;
  }
  return { states, edges };
}
