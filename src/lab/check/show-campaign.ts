/**
 * A campaign for people: a line for each stack, what was covered, and each failure with its rule, the trace of its layers
 * and the command that shows it again. This file does not know how the numbers came about.
 */
import Table from 'cli-table3';
import picocolors from 'picocolors';
import type { CampaignReport, ReportedFailure, ReportedStack } from './campaign-report.js';

export interface ShowOptions {
  readonly isColoured: boolean;
}

const count = new Intl.NumberFormat('en-US');

const columns: readonly (readonly [head: string, cell: (stack: ReportedStack) => string])[] = [
  ['stack', ({ stack }) => stack],
  ['runs', ({ runs }) => count.format(runs)],
  ['exchanges', ({ exchanges }) => count.format(exchanges)],
  ['whole', ({ whole }) => count.format(whole)],
  ['per second', ({ exchangesPerSecond }) => count.format(exchangesPerSecond)],
  ['states', ({ states }) => count.format(states)],
  ['edges', ({ edges }) => count.format(edges)],
  ['rules', ({ rules }) => count.format(rules.length)],
  ['checks', ({ checks }) => count.format(Object.values(checks).reduce((sum, made) => sum + made, 0))],
  ['failures', ({ failures }) => count.format(failures.length)],
];

/** Text of several lines, the last one ended. */
export function showCampaign({ seed, stacks }: CampaignReport, { isColoured }: ShowOptions): string {
  const colours = picocolors.createColors(isColoured);
  const table = new Table({
    head: columns.map(([head]) => colours.bold(head)),
    colAligns: columns.map((_, i) => (i === 0 ? 'left' : 'right')),
    style: { head: [], border: [], compact: true },
  });
  for (const stack of stacks) {
    const cells = columns.map(([, cell]) => cell(stack));
    const failures = cells.pop() as string;
    table.push([...cells, failures === '0' ? colours.green(failures) : colours.red(failures)]);
  }
  const rules = [...new Set(stacks.flatMap(({ rules: checked }) => checked))].sort();
  const lines = [`campaign, seed ${seed}`, table.toString(), `rules checked: ${rules.join(', ')}`];
  const failures = stacks.flatMap(({ stack, failures: some }) => some.map((it) => showFailure(stack, it)));
  const broken = failures.length === 0;
  lines.push(
    ...failures,
    broken ? colours.green('nothing was broken') : colours.red(`${failures.length} failures`),
  );
  return `${lines.join('\n')}\n`;
}

/** One failure, with everything that is needed to look into it. */
export function showFailure(stack: string, failure: ReportedFailure): string {
  const { rule, message, recipe, tries, trace, replay, seed } = failure;
  if (recipe === undefined) return `\n${message}`;
  return [
    '',
    `${stack}: ${rule} is broken: ${message}`,
    `  seed ${seed}; in ${tries} runs shrunk to ${counted(recipe.exchanges.length, 'exchange')}` +
      ` with ${recipe.features.length === 0 ? 'no features' : recipe.features.join(', ')}`,
    ...trace.map((line) => `  ${line}`),
    ...(replay === undefined ? [] : [`  see it again: ${replay}`]),
  ].join('\n');
}

function counted(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
