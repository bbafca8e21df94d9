/**
 * A table for people: its state chart as Mermaid text, drawn by typescript-fsm from the rows that run, and its
 * rows as a Markdown table. This file does not know where the text is kept.
 */
import { StateMachine, type SyncCallback, t } from 'typescript-fsm';
import { actText, eventLabel } from './row.js';
import type { AnyTable } from './table.js';

/** Mermaid `stateDiagram-v2` text, without a title. Guards stand in brackets after their event. */
export function mermaid(table: AnyTable): string {
  const rows = table.rows.map((row) => {
    const { fromState, toState } = row.transition;
    return t<string, string, SyncCallback>(chartId(fromState), eventLabel(row), chartId(toState));
  });
  const chart = new StateMachine<string, string>(chartId(table.states[table.initial] as string), rows);
  const [head, ...lines] = chart.toMermaid().split('\n');
  const aliases = table.states
    .filter((state) => chartId(state) !== state)
    .map((state) => `  state "${state}" as ${chartId(state)}`);
  return [head, ...aliases, ...lines].join('\n');
}

/** Mermaid takes a hyphen in the name of a state for the beginning of an arrow. */
function chartId(state: string): string {
  return state.replaceAll('-', '_');
}

/** One Markdown page: title, chart, and every row with guard, ownership acts and citation. */
export function chartPage(table: AnyTable): string {
  const lines = [
    `# ${table.title}`,
    '',
    '```mermaid',
    mermaid(table),
    '```',
    '',
    '| from | event | guard | to | acts | cites |',
    '|---|---|---|---|---|---|',
  ];
  for (const { transition, guard, acts, cites } of table.rows) {
    const { fromState, event, toState } = transition;
    const cells = [fromState, event, guard ?? '', toState, acts.map(actText).join(', '), cites];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  return `${lines.join('\n')}\n`;
}
