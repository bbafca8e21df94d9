/**
 * The museum for people: the list, an exhibit's label, and the kill table. This file does not know how anything is run.
 */
import Table from 'cli-table3';
import picocolors from 'picocolors';
import type { Exhibit } from './exhibit.js';
import type { ExhibitReport } from './run.js';

export interface ShowOptions {
  readonly width: number;
  readonly isColoured: boolean;
}

const plain = { head: [], border: [], compact: true };

export function showList(exhibits: readonly Exhibit[], { isColoured }: ShowOptions): string {
  const colours = picocolors.createColors(isColoured);
  const table = new Table({ head: ['exhibit', 'rules', 'source'].map(colours.bold), style: plain });
  for (const { id, rules, source } of exhibits) table.push([id, rules.join(' '), source]);
  const doubtful = exhibits.some(({ source }) => source.includes('†'))
    ? '; †: told by others, not read by us where it was told first'
    : '';
  return `${table.toString()}\n${exhibits.length} exhibits; \`undercoat museum show ID\` explains one${doubtful}\n`;
}

export function showExhibit({ id, label, source, rules, mutations, shown, except }: Exhibit): string {
  const lines = [`${id} (${source})`, '', wrapped(label), '', `breaks ${rules.join(', ')}`];
  for (const { file, within, find, replace } of mutations) {
    lines.push('', `in ${file}${within === undefined ? '' : `, ${within.trim()}`}`);
    lines.push(
      ...find
        .trim()
        .split('\n')
        .map((line) => `- ${line.trim()}`),
    );
    lines.push(
      ...replace
        .trim()
        .split('\n')
        .map((line) => `+ ${line.trim()}`),
    );
  }
  lines.push('');
  for (const { check, over } of shown) lines.push(`found by ${check} over ${over.join(', ')}`);
  const reasons = Object.entries(except ?? {});
  for (const reason of new Set(reasons.map(([, why]) => why))) {
    const stacks = reasons.filter(([, why]) => why === reason).map(([stack]) => stack);
    lines.push(wrapped(`not over ${stacks.join(', ')}: ${reason}`));
  }
  return `${lines.join('\n')}\n`;
}

export function showKills(reports: readonly ExhibitReport[], { isColoured }: ShowOptions): string {
  const colours = picocolors.createColors(isColoured);
  const head = ['exhibit', 'rules', 'over', 'caught by', 'runs'].map(colours.bold);
  const table = new Table({
    head,
    style: plain,
    wordWrap: true,
    colAligns: ['left', 'left', 'left', 'left', 'right'],
  });
  for (const { id, rules, stacks, caught, trials, runs } of reports) {
    const by = [...new Set(trials.map((it) => `${it.by ?? 'nothing'}: ${it.check}`))].join('\n');
    const verdict = caught ? colours.green(by) : colours.red('survives');
    table.push([id, rules.join(' '), stacks.join(', '), verdict, runs]);
  }
  const lines = [table.toString()];
  const survivors = reports.filter(({ caught }) => !caught);
  for (const { id, trials } of survivors) {
    for (const trial of trials.filter(({ caught }) => !caught)) {
      lines.push(colours.red(`${id} survives ${trial.check} over ${trial.stack}: ${trial.message}`));
    }
  }
  const caught = reports.length - survivors.length;
  lines.push(`${caught} of ${reports.length} exhibits caught`);
  return `${lines.join('\n')}\n`;
}

function wrapped(text: string): string {
  return text.replace(/(.{1,100})(\s+|$)/g, '$1\n').trimEnd();
}
