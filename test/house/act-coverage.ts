// Which acts that rows allow were ever done after them, by whoever was watched by an auditor (OWN-2, LAY-3). An act that a
// row allows and that nobody does makes the table untrue. This file does not know what did them.
import { type AnyTable, actText, type Row, type RowCounts, rowName } from '../../src/machine/index.js';

export class ActCoverage {
  private readonly tables: readonly AnyTable[];
  /** By row: a bit for each of its acts. */
  private readonly bits: Map<Row, number>;

  constructor(tables: readonly AnyTable[]) {
    this.tables = tables;
    this.bits = new Map(tables.flatMap(({ rows }) => rows.map((row) => [row, 0])));
  }

  /** `act` is an index into the acts of the row. */
  did(row: Row, act: number): void {
    this.bits.set(row, (this.bits.get(row) ?? 0) | (1 << act));
  }

  /** By table, the bits of each row; plain data. */
  done(): RowCounts {
    return Object.fromEntries(
      this.tables.map(({ name, rows }) => [name, rows.map((row) => this.bits.get(row) ?? 0)]),
    );
  }

  /** Adds what another collector saw of the same tables. */
  add(other: RowCounts): void {
    for (const { name, rows } of this.tables) {
      for (const [at, row] of rows.entries()) {
        this.bits.set(row, (this.bits.get(row) ?? 0) | (other[name]?.[at] ?? 0));
      }
    }
  }

  /** Acts that were never done, as `connection: running --tunnel--> tunnelling: take output?`. A loan leaves no record. */
  missing(): readonly string[] {
    return this.tables.flatMap(({ name, rows }) =>
      rows.flatMap((row) =>
        row.acts
          .filter((act, at) => act.verb !== 'lend' && ((this.bits.get(row) ?? 0) & (1 << at)) === 0)
          .map((act) => `${name}: ${rowName(row)}: ${actText(act)}`),
      ),
    );
  }

  get total(): number {
    return this.tables.reduce(
      (sum, { rows }) =>
        sum + rows.reduce((of, { acts }) => of + acts.filter(({ verb }) => verb !== 'lend').length, 0),
      0,
    );
  }
}
