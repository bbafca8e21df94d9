/**
 * What runs have covered: rows of tables (edges) and the states that they lead to, and marks by feature. Plain counts,
 * which add up over runs, shards and machines. This file does not know what should be covered.
 */
import type { AnyTable, Row } from '../../machine/index.js';
import { type Feature, features } from './features.js';
import { markNames } from './marks.js';

class TableCounts {
  readonly table: AnyTable;
  /** A number of its own, from its name, so that it is the same in every process. */
  readonly number: number;
  readonly rows: number[];

  constructor(table: AnyTable) {
    this.table = table;
    let number = 0;
    for (let i = 0; i < table.name.length; i++) number = (number * 31 + table.name.charCodeAt(i)) & 0xffff;
    this.number = number;
    this.rows = new Array<number>(table.rows.length).fill(0);
  }
}

/** Rows by table, and runs by feature and mark; plain data. */
export interface CoverageCounts {
  /** How often each row was taken. */
  readonly rows: Readonly<Record<string, readonly number[]>>;
  /** In how many runs a feature was on. */
  readonly on: Readonly<Record<string, number>>;
  /** In how many of these a mark was made, as `feature: mark`. */
  readonly labels: Readonly<Record<string, number>>;
}

/** What runs have covered so far: give one to all the runs that are to be counted together. */
export class Coverage {
  private readonly tables: Map<AnyTable, TableCounts>;
  private readonly labels: number[];
  private readonly on: number[];

  constructor() {
    this.tables = new Map();
    this.on = new Array<number>(features.length).fill(0);
    this.labels = new Array<number>(features.length * markNames.length).fill(0);
  }

  /** A row was taken. @returns the table's number */
  take(table: AnyTable, row: number): number {
    let counts = this.tables.get(table);
    if (counts === undefined) {
      counts = new TableCounts(table);
      this.tables.set(table, counts);
    }
    counts.rows[row] = (counts.rows[row] as number) + 1;
    return counts.number;
  }

  /** A run with these features made these marks. */
  label(on: readonly Feature[], marks: number): void {
    for (const feature of on) {
      const at = features.indexOf(feature);
      const base = at * markNames.length;
      this.on[at] = (this.on[at] as number) + 1;
      for (let mark = 0; mark < markNames.length; mark++) {
        if ((marks & (1 << mark)) !== 0) this.labels[base + mark] = (this.labels[base + mark] as number) + 1;
      }
    }
  }

  counts(): CoverageCounts {
    const rows = [...this.tables.values()].map(({ table, rows: taken }) => [table.name, [...taken]] as const);
    const labels: [string, number][] = [];
    for (const [f, feature] of features.entries()) {
      for (const [m, mark] of markNames.entries()) {
        const count = this.labels[f * markNames.length + m] as number;
        if (count > 0) labels.push([`${feature}: ${mark}`, count]);
      }
    }
    const on = features.map((feature, f) => [feature, this.on[f] as number] as const);
    return {
      on: Object.fromEntries(on.filter(([, count]) => count > 0)),
      rows: Object.fromEntries(rows.sort(([a], [b]) => (a < b ? -1 : 1))),
      labels: Object.fromEntries(labels),
    };
  }

  /** States that a machine was in, and rows that were taken. */
  reached(): { readonly states: number; readonly edges: number } {
    let states = 0;
    let edges = 0;
    for (const { table, rows } of this.tables.values()) {
      const entered = new Set<string>();
      for (const [index, count] of rows.entries()) {
        if (count === 0) continue;
        const { fromState, toState } = (table.rows[index] as Row).transition;
        edges += 1;
        entered.add(fromState).add(toState);
      }
      states += entered.size;
    }
    return { states, edges };
  }
}
