/**
 * The act auditor: holds what an owner does with bytes to what the rows of its machines say (LAY-3). It sees every
 * step, and every record of the checked ledger; between two steps of a machine its owner may do what the row taken
 * allows, and must have done what the row demands. This file does not know what any act means.
 *
 * A `lend` leaves no record, because a borrow changes no owner (OWN-3): it is neither demanded nor found.
 */
import { MisuseError } from '../errors.js';
import type { ActRecord } from '../memory/act-record.js';
import type { Owner } from '../memory/owner.js';
import type { AnyMachine, MachineObserver } from './machine.js';
import { type Act, actText, type Row, rowName } from './row.js';
import type { AnyTable } from './table.js';

/** Where the auditor's assertions go: a `CheckedLedger`. */
export interface RuleAsserter {
  /** How often a rule was asserted: the auditor asserts often, and counts what holds by itself. */
  countOf(rule: string): { made: number };
  assert(rule: string, holds: boolean, message: () => string): void;
}

/** What is known of one machine since its last step. */
class Watch {
  readonly audit: ActAudit;
  readonly machine: AnyMachine;
  readonly said: TableActs;
  row: Row;
  /** The acts that the row demands, as bits like those of `done`. */
  demanded: number;
  /** Which acts of the row have been done: a bit for each, by its place in the row. */
  done: number;
  /** The demands of the row were asserted already. */
  asserted: boolean;
  /** Its place among all that are watched. */
  place: number;

  constructor(audit: ActAudit, machine: AnyMachine, row: number, place: number) {
    this.audit = audit;
    this.machine = machine;
    this.said = actsOf(machine.table);
    this.row = machine.table.rows[row] as Row;
    this.demanded = this.said.demanded[row] as number;
    this.done = 0;
    this.asserted = this.demanded === 0;
    this.place = place;
  }

  took(row: number): void {
    this.row = this.machine.table.rows[row] as Row;
    this.demanded = this.said.demanded[row] as number;
    this.done = 0;
    this.asserted = this.demanded === 0;
  }
}

/** The machines of one owner. */
class OwnWatches {
  readonly audit: ActAudit;
  watches: readonly Watch[];

  constructor(audit: ActAudit, first: Watch) {
    this.audit = audit;
    this.watches = [first];
  }
}

/** Bits of a number: more acts than any step does. */
const mostActs = 31;

/**
 * Give it as observer to the machines, and `act` to the ledger:
 *
 *     const ledger: CheckedLedger = new CheckedLedger({ onAct: (record) => audit.act(record) });
 *     const audit = new ActAudit(ledger);
 */
export class ActAudit implements MachineObserver {
  private readonly ledger: RuleAsserter;
  private readonly count: { made: number };
  private readonly next: MachineObserver | null;
  private readonly watches: Watch[];

  /** `next` is told of every step, too: a machine has one observer. */
  constructor(ledger: RuleAsserter, next: MachineObserver | null = null) {
    this.ledger = ledger;
    this.count = ledger.countOf('LAY-3');
    this.next = next;
    this.watches = [];
  }

  took(machine: AnyMachine, row: number): void {
    const watch = this.watchOf(machine);
    if (watch === null) {
      this.watch(machine, row);
    } else {
      if (!watch.asserted) this.assertDone(watch);
      watch.took(row);
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
    const own = this.ownOf(owner);
    if (own === null) return;
    const { watches } = own;
    for (let i = 0; i < watches.length; i++) {
      const watch = watches[i] as Watch;
      const at = placeOf(act, unit, watch.row);
      if (at >= 0) {
        this.count.made += 1;
        if ((watch.done & (1 << at)) === 0) {
          watch.done |= 1 << at;
          this.next?.did?.(watch.row, at);
        }
      } else if (watch.said.units.has(unit)) this.refuse(watch, act, unit);
    }
  }

  /** Everything has come to rest: what the last rows demand must have been done. Machines that ended are let go. */
  settled(): void {
    const { watches } = this;
    for (const watch of watches) if (!watch.asserted) this.assertDone(watch);
    let left = 0;
    for (const watch of watches) {
      if (watch.machine.isFinal()) {
        forget(watch);
        continue;
      }
      watch.place = left;
      watches[left] = watch;
      left += 1;
    }
    watches.length = left;
  }

  private watch(machine: AnyMachine, row: number): void {
    const { owner } = machine;
    const watch = new Watch(this, machine, row, this.watches.length);
    this.watches.push(watch);
    machine.audited = watch;
    const own = this.ownOf(owner);
    if (own === null) {
      owner.audited = new OwnWatches(this, watch);
      return;
    }
    // One owner may have machine after machine: with the next one, those that ended have done what they had to.
    const others: Watch[] = [];
    for (let i = 0; i < own.watches.length; i++) {
      const other = own.watches[i] as Watch;
      if (!other.machine.isFinal()) {
        others.push(other);
        continue;
      }
      if (!other.asserted) this.assertDone(other);
      this.drop(other);
    }
    others.push(watch);
    own.watches = others;
  }

  private watchOf({ audited }: AnyMachine): Watch | null {
    return audited instanceof Watch && audited.audit === this ? audited : null;
  }

  private ownOf({ audited }: Owner): OwnWatches | null {
    return audited instanceof OwnWatches && audited.audit === this ? audited : null;
  }

  private refuse({ machine, row }: Watch, act: string, unit: string): void {
    this.ledger.assert(
      'LAY-3',
      false,
      () =>
        `${machine.table.name} of ${machine.owner} did "${act} ${unit}" after ${rowName(row)}: it allows ${list(row)}`,
    );
  }

  private assertDone(watch: Watch): void {
    watch.asserted = true;
    const { machine, row, demanded, done } = watch;
    for (let i = 0; demanded >> i !== 0; i++) {
      if ((demanded & (1 << i)) === 0) continue;
      if ((done & (1 << i)) !== 0) {
        this.count.made += 1;
        continue;
      }
      const act = row.acts[i] as Act;
      this.ledger.assert(
        'LAY-3',
        false,
        () => `${machine.table.name} of ${machine.owner} did not do "${actText(act)}" after ${rowName(row)}`,
      );
    }
  }

  private drop(watch: Watch): void {
    const { watches } = this;
    watch.machine.audited = null;
    const last = watches.pop() as Watch;
    if (last === watch) return;
    watches[watch.place] = last;
    last.place = watch.place;
  }
}

/** A machine that has ended, and is among the watches no more. */
function forget(watch: Watch): void {
  const { owner } = watch.machine;
  watch.machine.audited = null;
  const own = owner.audited;
  // Of another auditor, whose machine has the same owner.
  if (!(own instanceof OwnWatches) || own.audit !== watch.audit) return;
  if (own.watches.length === 1) owner.audited = null;
  else own.watches = own.watches.filter((other) => other !== watch);
}

/** Where a row allows an act; -1 where it does not. */
function placeOf(act: string, unit: string, { acts }: Row): number {
  for (let i = 0; i < acts.length; i++) {
    const allowed = acts[i] as Act;
    if (allowed.verb === act && allowed.unit === unit) return i;
  }
  return -1;
}

/** What the rows of a table say of acts. */
interface TableActs {
  /** Units that some row names: of other units the table says nothing. */
  readonly units: ReadonlySet<string>;
  /** By row: the acts that must be done, a bit for each by its place in the row. */
  readonly demanded: Int32Array;
}

/** By table: tables are few and never change. */
const actsByTable = new WeakMap<AnyTable, TableActs>();

function actsOf(table: AnyTable): TableActs {
  let said = actsByTable.get(table);
  if (said === undefined) {
    said = actsIn(table);
    actsByTable.set(table, said);
  }
  return said;
}

function actsIn({ name, rows }: AnyTable): TableActs {
  const demands = Int32Array.from(rows, ({ acts }) =>
    acts.reduce((bits, act, i) => (demanded(act) ? bits | (1 << i) : bits), 0),
  );
  for (const row of rows) {
    if (row.acts.length <= mostActs) continue;
    throw new MisuseError('bad-table', 'LAY-3', `${rowName(row)} of ${name} has over ${mostActs} acts`);
  }
  return { units: new Set(rows.flatMap(({ acts }) => acts.map(({ unit }) => unit))), demanded: demands };
}

function demanded(act: Act): boolean {
  return !act.optional && act.verb !== 'lend';
}

function list(row: Row): string {
  return row.acts.length === 0 ? 'none' : row.acts.map(actText).join(', ');
}
