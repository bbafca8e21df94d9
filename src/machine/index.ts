/** The machine layer: transition tables, the dispatcher that runs them, their charts and their coverage. */
export { ActAudit, type RuleAsserter } from './act-audit.js';
export { chartPage, mermaid } from './chart.js';
export { type RowCounts, RowCoverage, type TableCoverage } from './coverage.js';
export { type AnyMachine, Machine, type MachineObserver } from './machine.js';
export {
  type Act,
  type ActText,
  type ActVerb,
  actText,
  type Citation,
  eventLabel,
  type Row,
  type RowData,
  row,
  rowName,
} from './row.js';
export { type AnyTable, defineTable, type Guard, noRow, Table, type TableDefinition } from './table.js';
