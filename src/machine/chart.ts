/**
 * A table for people: its state chart as Mermaid text, drawn by typescript-fsm from the rows that run, and its
 * rows as a Markdown table. This file does not know where the text is kept.
 */
import { StateMachine } from 'typescript-fsm';
import { actText, eventLabel } from './row.js';
import type { AnyTable } from './table.js';

/** Mermaid `stateDiagram-v2` text, without a title. Guards stand in brackets after their event. */
export function mermaid(table: AnyTable): string {
  const rows = table.rows.map((row) => ({ ...row.transition, event: eventLabel(row) }));
  return new StateMachine<string, string>(table.states[table.initial] as string, rows).toMermaid();
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
