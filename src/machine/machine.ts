/**
 * The dispatcher: one running instance of a table, with an owner for traces. Its semantics are those of
 * typescript-fsm (`can`, the next state, `isFinal`), but indexed, synchronous and without callbacks: what a
 * layer does on a step is written where the layer steps, and the row says which ownership acts it may do.
 * This file does not know what any state means.
 */
import { MisuseError } from '../errors.js';
import type { Owner } from '../memory/owner.js';
import { having, type OptionRule, orNull } from '../options.js';
import type { Row } from './row.js';
import { noRow, type Table } from './table.js';

/** Any machine, whatever its context: what an observer is shown. */
export type AnyMachine = Machine<never>;

/** Sees every step: coverage, traces, the checked ledger. Called after the state has changed. */
export interface MachineObserver {
  /** `row` is an index into `machine.table.rows`. */
  took(machine: AnyMachine, row: number): void;
  /** From an auditor: what a row that was taken allows was done, for the first time since. `act` is an index into its acts. */
  did?(row: Row, act: number): void;
}

/** An observer as an option; nobody observes by default. */
export const observerRule: OptionRule<MachineObserver | null> = {
  kind: orNull(having<MachineObserver>('an observer of machines', 'took')),
  fallback: null,
  code: 'option-value',
  cites: 'LAY-3',
};

/** One machine. `C` is the context that the guards of its table read; it is lent for the call (OWN-3). */
export class Machine<C = void, S extends string = string> {
  readonly table: Table<C, S>;
  /** Whose machine this is: the session, stream or transport that steps it. */
  readonly owner: Owner;
  /** What an auditor of its steps keeps of it, so that it need not look it up; null without one. */
  audited: object | null;
  private readonly observer: MachineObserver | null;
  private current: number;

  constructor(table: Table<C, S>, owner: Owner, observer: MachineObserver | null) {
    this.table = table;
    this.owner = owner;
    this.audited = null;
    this.observer = observer;
    this.current = table.initial;
  }

  /** Index of the state, one of `table.state`. */
  get state(): number {
    return this.current;
  }

  get stateName(): S {
    return this.table.states[this.current] as S;
  }

  is(state: number): boolean {
    return this.current === state;
  }

  /** True if no row leaves the state. */
  isFinal(): boolean {
    return this.table.final[this.current] === 1;
  }

  /**
   * Whether `step(event, context)` would take a row. Pure (LAY-2). Without a context guards are not asked: the
   * answer is then whether a row could be taken with some context.
   */
  can(event: number, context?: C): boolean {
    const { table } = this;
    // An event of another table would otherwise read a neighbour's cell.
    if (!(event >= 0 && event < table.width)) return false;
    const next = table.next[this.current * table.width + event] as number;
    if (next >= 0) return true;
    if (context === undefined) return next !== noRow;
    return table.choose(next, context) !== noRow;
  }

  /**
   * Takes the row for an event that the peer or the caller may send at any time. False if there is none: then
   * nothing has changed, and the caller answers with the error that is due.
   */
  step(event: number, context: C): boolean {
    const { table } = this;
    if (!(event >= 0 && event < table.width)) return false;
    const cell = this.current * table.width + event;
    const next = table.next[cell] as number;
    if (next >= 0) {
      this.current = next;
      if (this.observer !== null) this.observer.took(this, table.rowAt[cell] as number);
      return true;
    }
    const row = table.choose(next, context);
    if (row === noRow) return false;
    this.current = table.target[row] as number;
    if (this.observer !== null) this.observer.took(this, row);
    return true;
  }

  /**
   * Takes the row for an event that the layer's own logic made sure of. Throws `no-transition` (LAY-3) if there
   * is none: table and code disagree, which is a bug of ours and no fault of the peer. Nothing has changed then.
   */
  take(event: number, context: C): void {
    if (!this.step(event, context)) {
      const name = this.table.events[event] ?? `number ${event}`;
      throw new MisuseError(
        'no-transition',
        'LAY-3',
        `${this.table.name} of ${this.owner}: no row leaves ${this.stateName} on event ${name}`,
      );
    }
  }
}
