/**
 * Which rows of which tables were taken (LAY-3). The tables are an explicit list: nothing registers itself.
 * Counts can be exported and added up, so that several processes make one report. This file does not know
 * what ran the machines.
 */
import { MisuseError } from '../errors.js';
import type { AnyMachine, MachineObserver } from './machine.js';
import { rowName } from './row.js';
import type { AnyTable } from './table.js';

/** How often each row was taken, by name of table; plain data. */
export type RowCounts = Readonly<Record<string, readonly number[]>>;

/** The coverage of one table. */
export interface TableCoverage {
  readonly name: string;
  readonly rows: number;
  readonly taken: number;
  /** Names of the rows that were never taken, in the order of the table. */
  readonly missing: readonly string[];
}

/** Counts the rows that the machines it observes take. */
export class RowCoverage implements MachineObserver {
  private readonly tables: readonly AnyTable[];
  private readonly taken: Map<AnyTable, number[]>;

  /** Throws `bad-table` (LAY-3) if two tables have one name. */
  constructor(tables: readonly AnyTable[]) {
    this.tables = [...tables];
    this.taken = new Map();
    for (const table of tables) {
      if (tables.find(({ name }) => name === table.name) !== table) {
        throw new MisuseError('bad-table', 'LAY-3', `two tables have the name ${table.name}`);
      }
      this.taken.set(table, new Array<number>(table.rows.length).fill(0));
    }
  }

  /** Throws `unknown-table` (LAY-3) if the machine's table is not of the list. */
  took(machine: AnyMachine, row: number): void {
    const counts = this.taken.get(machine.table);
    if (counts === undefined) {
      throw new MisuseError('unknown-table', 'LAY-3', `table ${machine.table.name} is not in the list`);
    }
    counts[row] = (counts[row] as number) + 1;
  }

  /** The counts as plain data, for `add` of another collector over the same tables. */
  counts(): RowCounts {
    return Object.fromEntries(this.tables.map((table) => [table.name, [...this.countsOf(table)]]));
  }

  /** Adds what another collector counted. Throws `unknown-table` (LAY-3) if it saw other tables than these. */
  add(other: RowCounts): void {
    for (const [name, more] of Object.entries(other)) {
      const table = this.tables.find((known) => known.name === name);
      if (table?.rows.length !== more.length) {
        throw new MisuseError('unknown-table', 'LAY-3', `counts of ${name} do not fit any table of the list`);
      }
      const counts = this.countsOf(table);
      for (const [row, count] of more.entries()) counts[row] = (counts[row] as number) + count;
    }
  }

  /** One entry a table, in the order of the list. */
  report(): readonly TableCoverage[] {
    return this.tables.map((table) => {
      const counts = this.countsOf(table);
      const missing = table.rows.filter((_, row) => counts[row] === 0).map(rowName);
      return {
        name: table.name,
        rows: table.rows.length,
        taken: table.rows.length - missing.length,
        missing,
      };
    });
  }

  private countsOf(table: AnyTable): number[] {
    return this.taken.get(table) as number[];
  }
}
