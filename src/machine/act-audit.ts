/**
 * The act auditor: holds what an owner does with bytes to what the rows of its machines say (LAY-3). It sees every
 * step, and every record of the checked ledger; between two steps of a machine its owner may do what the row taken
 * allows, and must have done what the row demands. This file does not know what any act means.
 *
 * A `lend` leaves no record, because a borrow changes no owner (OWN-3): it is neither demanded nor found.
 */
import type { ActRecord } from '../memory/act-record.js';
import type { Owner } from '../memory/owner.js';
import type { AnyMachine, MachineObserver } from './machine.js';
import { type Act, actText, type Row, rowName } from './row.js';
import type { AnyTable } from './table.js';

/** Where the auditor's assertions go: a `CheckedLedger`. */
export interface RuleAsserter {
  assert(rule: string, holds: boolean, message: () => string): void;
}

/** What is known of one machine since its last step. */
interface Watch {
  readonly machine: AnyMachine;
  /** Units that some row of its table names: of other units the table says nothing. */
  readonly units: ReadonlySet<string>;
  row: Row;
  /** Which acts of the row have been done, as `verb unit`. */
  readonly done: Set<string>;
  /** The demands of the row were asserted already. */
  asserted: boolean;
}

/**
 * Give it as observer to the machines, and `act` to the ledger:
 *
 *     const ledger: CheckedLedger = new CheckedLedger({ onAct: (record) => audit.act(record) });
 *     const audit = new ActAudit(ledger);
 */
export class ActAudit implements MachineObserver {
  private readonly ledger: RuleAsserter;
  private readonly next: MachineObserver | null;
  private readonly units: Map<AnyTable, ReadonlySet<string>>;
  private readonly watches: Map<AnyMachine, Watch>;
  private readonly byOwner: Map<Owner, Watch[]>;

  /** `next` is told of every step, too: a machine has one observer. */
  constructor(ledger: RuleAsserter, next: MachineObserver | null = null) {
    this.ledger = ledger;
    this.next = next;
    this.units = new Map();
    this.watches = new Map();
    this.byOwner = new Map();
  }

  took(machine: AnyMachine, row: number): void {
    const taken = machine.table.rows[row] as Row;
    const watch = this.watches.get(machine);
    if (watch === undefined) {
      this.watch(machine, taken);
    } else {
      this.assertDone(watch);
      watch.row = taken;
      watch.done.clear();
      watch.asserted = false;
    }
    if (this.next !== null) this.next.took(machine, row);
  }

  /**
   * One record of the ledger. It is the act of `record.owner`: of a transfer the old owner, of a take the new one.
   * What a machine's owner does before the first step is not judged.
   */
  act(record: ActRecord): void {
    const { act, unit, owner } = record;
    // These change no owner of a unit, and no row can name them.
    if (act === 'acquire' || act === 'return' || act === 'retain') return;
    const watches = this.byOwner.get(owner);
    if (watches === undefined) return;
    for (const watch of watches) {
      if (!watch.units.has(unit)) continue;
      const { row, machine } = watch;
      this.ledger.assert(
        'LAY-3',
        row.acts.some((allowed) => allowed.verb === act && allowed.unit === unit),
        () =>
          `${machine.table.name} of ${owner} did "${act} ${unit}" after ${rowName(row)}: it allows ${list(row)}`,
      );
      watch.done.add(`${act} ${unit}`);
    }
  }

  /** Everything has come to rest: what the last rows demand must have been done. Machines that ended are let go. */
  settled(): void {
    for (const watch of this.watches.values()) {
      this.assertDone(watch);
      if (watch.machine.isFinal()) this.forget(watch);
    }
  }

  private watch(machine: AnyMachine, row: Row): void {
    const { table, owner } = machine;
    let units = this.units.get(table);
    if (units === undefined) {
      units = new Set(table.rows.flatMap(({ acts }) => acts.map(({ unit }) => unit)));
      this.units.set(table, units);
    }
    const watch: Watch = { machine, units, row, done: new Set(), asserted: false };
    this.watches.set(machine, watch);
    const others = this.byOwner.get(owner);
    if (others === undefined) this.byOwner.set(owner, [watch]);
    else others.push(watch);
  }

  private assertDone(watch: Watch): void {
    if (watch.asserted) return;
    watch.asserted = true;
    const { machine, row, done } = watch;
    for (const act of row.acts) {
      if (!demanded(act)) continue;
      this.ledger.assert(
        'LAY-3',
        done.has(`${act.verb} ${act.unit}`),
        () => `${machine.table.name} of ${machine.owner} did not do "${actText(act)}" after ${rowName(row)}`,
      );
    }
  }

  private forget(watch: Watch): void {
    const { machine } = watch;
    this.watches.delete(machine);
    const rest = (this.byOwner.get(machine.owner) ?? []).filter((other) => other !== watch);
    if (rest.length === 0) this.byOwner.delete(machine.owner);
    else this.byOwner.set(machine.owner, rest);
  }
}

function demanded(act: Act): boolean {
  return !act.optional && act.verb !== 'lend';
}

function list(row: Row): string {
  return row.acts.length === 0 ? 'none' : row.acts.map(actText).join(', ');
}
