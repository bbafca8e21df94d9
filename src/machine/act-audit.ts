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
  /** Units that some row of its table names: of other units the table says nothing. */
  readonly units: ReadonlySet<string>;
  row: Row;
  /** Which acts of the row have been done: a bit for each, by its place in the row. */
  done: number;
  /** The demands of the row were asserted already. */
  asserted: boolean;
  /** Its place among all that are watched. */
  place: number;

  constructor(audit: ActAudit, machine: AnyMachine, row: Row, place: number) {
    this.audit = audit;
    this.machine = machine;
    this.units = unitsOf(machine.table);
    this.row = row;
    this.done = 0;
    this.asserted = false;
    this.place = place;
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
    const taken = machine.table.rows[row] as Row;
    const watch = this.watchOf(machine);
    if (watch === null) {
      this.watch(machine, taken);
    } else {
      this.assertDone(watch);
      watch.row = taken;
      watch.done = 0;
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
      } else if (watch.units.has(unit)) this.refuse(watch, act, unit);
    }
  }

  /** Everything has come to rest: what the last rows demand must have been done. Machines that ended are let go. */
  settled(): void {
    for (const watch of this.watches.slice()) {
      this.assertDone(watch);
      if (watch.machine.isFinal()) this.forget(watch);
    }
  }

  private watch(machine: AnyMachine, row: Row): void {
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
      this.assertDone(other);
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
    if (watch.asserted) return;
    watch.asserted = true;
    const { machine, row, done } = watch;
    const { acts } = row;
    for (let i = 0; i < acts.length; i++) {
      const act = acts[i] as Act;
      if (!demanded(act)) continue;
      if ((done & (1 << i)) !== 0) {
        this.count.made += 1;
        continue;
      }
      this.ledger.assert(
        'LAY-3',
        false,
        () => `${machine.table.name} of ${machine.owner} did not do "${actText(act)}" after ${rowName(row)}`,
      );
    }
  }

  private forget(watch: Watch): void {
    const { owner } = watch.machine;
    this.drop(watch);
    const own = this.ownOf(owner) as OwnWatches;
    own.watches = own.watches.filter((other) => other !== watch);
    if (own.watches.length === 0) owner.audited = null;
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

/** Where a row allows an act; -1 where it does not. */
function placeOf(act: string, unit: string, { acts }: Row): number {
  for (let i = 0; i < acts.length; i++) {
    const allowed = acts[i] as Act;
    if (allowed.verb === act && allowed.unit === unit) return i;
  }
  return -1;
}

/** Units by table: tables are few and never change. */
const unitsByTable = new WeakMap<AnyTable, ReadonlySet<string>>();

function unitsOf(table: AnyTable): ReadonlySet<string> {
  let units = unitsByTable.get(table);
  if (units === undefined) {
    units = unitsIn(table);
    unitsByTable.set(table, units);
  }
  return units;
}

function unitsIn(table: AnyTable): ReadonlySet<string> {
  for (const row of table.rows) {
    if (row.acts.length <= mostActs) continue;
    throw new MisuseError('bad-table', 'LAY-3', `${rowName(row)} of ${table.name} has over ${mostActs} acts`);
  }
  return new Set(table.rows.flatMap(({ acts }) => acts.map(({ unit }) => unit)));
}

function demanded(act: Act): boolean {
  return !act.optional && act.verb !== 'lend';
}

function list(row: Row): string {
  return row.acts.length === 0 ? 'none' : row.acts.map(actText).join(', ');
}
