/**
 * A lease: a range of a slab with exactly one owner (OWN-1). The handle dies when the range is released, split or
 * transferred; every access through a dead handle is misuse (OWN-5). What JavaScript cannot stop is a view taken
 * earlier that is used later: the checked ledger poisons the range so that the mistake shows.
 *
 * This file does not know who the owners are, nor what the bytes mean.
 */
import { MisuseError } from '../errors.js';
import type { Ledger } from './ledger.js';
import type { Owner } from './owner.js';
import type { Slab } from './slab.js';

/** Counts the live leases made between two snapshots of a workspace, so that a reset can refuse (WS-6). */
export interface LeaseCount {
  leased: number;
  /** Told once, when the last of them ends: somebody waits to move what lies beside them. */
  unleased?: (() => void) | null;
}

/** Told when leased bytes are let go for good: flow-control credit is due then (CON-4). Parts and heirs of a lease inherit it. */
export interface Charge {
  credit(bytes: number): void;
}

/** The generation of a lease that has ended: no slab is in it. */
const over = -1;

const none: readonly Lease[] = [];

/** What few leases ever have, kept apart so that all are small. */
class Aftermath {
  /** The name under which the application keeps the lease. */
  name: string | undefined;
  heirs: readonly Lease[];

  constructor(name: string | undefined, heirs: readonly Lease[]) {
    this.name = name;
    this.heirs = heirs;
  }
}

export class Lease {
  readonly slab: Slab;
  readonly owner: Owner;
  /** What the bytes are: `head`, `body`, `unused`, `output`. Rows of machine tables name acts by it. */
  readonly unit: string;
  private readonly from: number;
  private readonly to: number;
  /** The slab's, for as long as the lease lives; so one comparison refuses whatever is over. */
  private generation: number;
  private readonly count: LeaseCount;
  private charge: Charge | null;
  private aftermath: Aftermath | null;

  /** A range of the slab's bytes. Made by workspaces only, who also tell the ledger. */
  constructor(slab: Slab, start: number, end: number, owner: Owner, unit: string, count: LeaseCount) {
    this.slab = slab;
    this.owner = owner;
    this.unit = unit;
    this.from = start;
    this.to = end;
    this.generation = slab.generation;
    this.count = count;
    this.charge = null;
    this.aftermath = null;
    slab.pins += 1;
    count.leased += 1;
  }

  get ledger(): Ledger | null {
    return this.slab.ledger;
  }

  /** False once released, split or transferred. */
  get live(): boolean {
    return this.generation !== over;
  }

  /** Who goes on for this handle: its two parts after `split`, the next owner's after `transfer`. */
  get heirs(): readonly Lease[] {
    return this.aftermath === null ? none : this.aftermath.heirs;
  }

  /** The name under which the application keeps it (OWN-7), or undefined. */
  get retainedAs(): string | undefined {
    return this.aftermath === null || this.generation === over ? undefined : this.aftermath.name;
  }

  /** The array that holds the range; read `[start, end)` of it only (OWN-6). @throws MisuseError OWN-5 */
  get bytes(): Uint8Array {
    this.check();
    return this.slab.bytes;
  }

  /** @throws MisuseError OWN-5 */
  get start(): number {
    this.check();
    return this.from;
  }

  /** @throws MisuseError OWN-5 */
  get end(): number {
    this.check();
    return this.to;
  }

  /** Length in bytes; answered even when the lease is over. */
  get length(): number {
    return this.to - this.from;
  }

  /** A borrowed view: good until the lease ends, and not a moment longer (OWN-3). @throws MisuseError OWN-5 */
  view(): Uint8Array {
    this.check();
    return this.slab.bytes.subarray(this.from, this.to);
  }

  /** The bytes as the caller's own. @throws MisuseError OWN-5 */
  copy(): Uint8Array {
    this.check();
    this.ledger?.copied(this.length);
    return this.slab.bytes.slice(this.from, this.to);
  }

  /**
   * Gives the range to another owner: this handle ends, the one returned goes on. A retained lease is retained no
   * longer: the new owner is not who promised to keep it. @throws MisuseError OWN-5
   */
  transfer(to: Owner, unit: string = this.unit): Lease {
    this.check();
    const next = this.part(this.from, this.to, to, unit);
    this.ledger?.transferred(this, next);
    this.endWith([next]);
    return next;
  }

  /**
   * Two leases for the one: `[0, at)` and `[at, length)`. This handle ends; both parts are retained if it was.
   * @throws MisuseError OWN-5, or OWN-2 when a part would be empty
   */
  split(at: number): [Lease, Lease] {
    this.check();
    if (!(at > 0 && at < this.length && Number.isSafeInteger(at))) {
      throw new MisuseError(
        'lease-split-range',
        'OWN-2',
        `cannot split a lease of ${this.length} bytes at ${at}`,
      );
    }
    const middle = this.from + at;
    const head = this.part(this.from, middle, this.owner, this.unit);
    const tail = this.part(middle, this.to, this.owner, this.unit);
    const name = this.retainedAs;
    if (name !== undefined) {
      head.keep(name);
      tail.keep(name);
    }
    this.ledger?.split(this, head, tail);
    this.endWith([head, tail]);
    return [head, tail];
  }

  /** Keeps the lease past the end of its exchange, reported as the application's own under `name` (OWN-7). */
  retain(name: string): void {
    this.check();
    this.keep(name);
    this.ledger?.kept(this, name);
  }

  /**
   * Lets `charge` know when the bytes are released, by whoever holds them then (CON-4). Null when the charge went along
   * with a copy of them.
   */
  chargeTo(charge: Charge | null): void {
    this.charge = charge;
  }

  /** Whether somebody is to know when the bytes are released. */
  get charged(): boolean {
    return this.charge !== null;
  }

  /** Ends the lease. Exactly once. @throws MisuseError OWN-5 */
  release(): void {
    this.check();
    const { slab } = this;
    if (slab.ledger !== null) slab.ledger.released(this);
    this.generation = over;
    if (slab.scrub >= 0) slab.bytes.fill(slab.scrub, this.from, this.to);
    this.unpin();
    if (this.charge !== null) this.charge.credit(this.to - this.from);
  }

  private keep(name: string): void {
    this.aftermath = new Aftermath(name, none);
  }

  private endWith(heirs: readonly Lease[]): void {
    this.generation = over;
    this.aftermath = new Aftermath(undefined, heirs);
    this.unpin();
  }

  private part(start: number, end: number, owner: Owner, unit: string): Lease {
    const lease = new Lease(this.slab, start, end, owner, unit, this.count);
    lease.charge = this.charge;
    return lease;
  }

  private unpin(): void {
    const { count } = this;
    count.leased -= 1;
    this.slab.unpin();
    if (count.leased === 0 && count.unleased) {
      const { unleased } = count;
      count.unleased = null;
      unleased();
    }
  }

  private check(): void {
    if (this.generation !== this.slab.generation) this.refuse();
  }

  private refuse(): never {
    throw new MisuseError(
      'lease-ended',
      'OWN-5',
      `the lease of ${this.unit} bytes by ${this.owner} has ended`,
    );
  }
}
