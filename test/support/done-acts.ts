// What was done after which row, beside what is counted for the whole run: for tests of single acts (OWN-2).
import { expect } from 'vitest';
import { actText, type MachineObserver, rowName } from '../../src/machine/index.js';
import { rowRecorder } from './rows.js';

export class DoneActs {
  /** For a bed that audits acts. */
  readonly observer: MachineObserver;
  private readonly done: Set<string>;

  constructor() {
    const done = new Set<string>();
    const counts = rowRecorder();
    this.done = done;
    this.observer = {
      took: (machine, row) => counts.took(machine, row),
      did: (row, act) => {
        counts.did?.(row, act);
        const what = row.acts[act];
        if (what !== undefined) done.add(`${rowName(row)}: ${actText(what)}`);
      },
    };
  }

  /** All of these, which are optional, were done after the row. */
  expect(row: string, ...acts: readonly string[]): void {
    expect([...this.done]).toEqual(expect.arrayContaining(acts.map((act) => `${row}: ${act}?`)));
  }
}
