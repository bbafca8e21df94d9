/**
 * The checked ledger: asserts the rulebook at every act, scans canaries, poisons what nobody owns, verifies that
 * frozen bytes stay as they were, and keeps the account that reports and traces draw. It names the layer and the
 * act in every violation.
 *
 * It does not know what bytes mean or what a machine does; and it cannot see an alias that JavaScript code kept:
 * such a mistake shows as poison that was read, or as poison that was overwritten.
 */
import type { ActKind, ActRecord } from './act-record.js';
import { Assertions, type RuleCount, type RuleViolation } from './assertions.js';
import { type ByLayer, Holdings } from './holdings.js';
import type { Lease } from './lease.js';
import type { FrozenBytes, Ledger, WorkspaceAct, WorkspaceView } from './ledger.js';
import type { Owner } from './owner.js';
import { fingerprint, Poison, type PoisonValue } from './poison.js';
import { canaryLives, type Slab } from './slab.js';
import { SlabAccount } from './slab-account.js';

export interface CheckedLedgerOptions {
  /** What dead bytes look like: one value, or one for each offset. Default 0xdb. */
  readonly poison?: PoisonValue;
  /** Told of each violation. Default: throws it at the act. */
  readonly onViolation?: (violation: RuleViolation) => void;
  /** Told of each change of owner. */
  readonly onAct?: (record: ActRecord) => void;
}

const defaultPoison = 0xdb;

/** How far into the dead room before each reservation a stray write is looked for; the rest is seen at the return. */
const scoutBytes = 256;

export class CheckedLedger extends Assertions implements Ledger {
  /** Bytes copied inside Undercoat. */
  copiedBytes: number;
  /** Leases that the application keeps by name (OWN-7). */
  readonly retained: Map<Lease, string>;

  private readonly poison: Poison;
  private readonly onAct: ((record: ActRecord) => void) | undefined;
  private readonly accounts: SlabAccount[];
  private readonly ice: Map<FrozenBytes, number>;
  private readonly frozenLeases: Set<Lease>;
  private readonly stores: WeakSet<ArrayBufferLike>;
  /** Reservations that are open. */
  private reservations: number;
  private readonly holdings: Holdings;
  private readonly ws1: RuleCount;
  private readonly ws2: RuleCount;
  private readonly ws3: RuleCount;
  private readonly ws5: RuleCount;
  private readonly ws7: RuleCount;
  private readonly own1: RuleCount;
  private readonly own2: RuleCount;
  private readonly own4: RuleCount;
  private readonly own5: RuleCount;
  private readonly own6: RuleCount;
  private readonly con2: RuleCount;

  constructor(options: CheckedLedgerOptions = {}) {
    super(options.onViolation);
    this.copiedBytes = 0;
    this.retained = new Map();
    this.poison = new Poison(options.poison ?? defaultPoison);
    this.onAct = options.onAct;
    this.accounts = [];
    this.ice = new Map();
    this.frozenLeases = new Set();
    this.stores = new WeakSet();
    this.reservations = 0;
    this.holdings = new Holdings();
    this.ws1 = this.countOf('WS-1');
    this.ws2 = this.countOf('WS-2');
    this.ws3 = this.countOf('WS-3');
    this.ws5 = this.countOf('WS-5');
    this.ws7 = this.countOf('WS-7');
    this.own1 = this.countOf('OWN-1');
    this.own2 = this.countOf('OWN-2');
    this.own4 = this.countOf('OWN-4');
    this.own5 = this.countOf('OWN-5');
    this.own6 = this.countOf('OWN-6');
    this.con2 = this.countOf('CON-2');
  }

  /** Bytes leased or frozen now, by the layer that owns them. */
  get held(): ByLayer {
    return this.holdings.now;
  }

  /** The most there ever was, of each layer. */
  get heldPeak(): ByLayer {
    return this.holdings.peak;
  }

  /** Slabs that are out, leases that live and segments that are frozen: 0 at quiescence but for retained leases. */
  get outstanding(): { readonly slabs: number; readonly leases: number; readonly frozen: number } {
    let slabs = 0;
    let leases = 0;
    for (const account of this.accounts) {
      if (account.owner !== null) slabs += 1;
      leases += account.leases.length;
    }
    return { slabs, leases, frozen: this.ice.size };
  }

  /**
   * Asserts OWN-7: nothing is held but what the application retained by name, and nobody wrote to what is at home.
   * Call it when every connection has ended.
   */
  assertQuiescent(): void {
    const excused = new Set<Slab>();
    for (const lease of this.retained.keys()) excused.add(lease.slab.root);
    for (const account of this.accounts) {
      const { slab, owner } = account;
      for (const lease of account.leases) {
        this.assert(
          'OWN-7',
          this.retained.has(lease),
          () => `${lease.unit} bytes of ${lease.owner} are still leased`,
        );
      }
      this.assert(
        'OWN-7',
        owner === null || excused.has(slab),
        () => `slab ${slab.id} acquired by ${owner} did not come back`,
      );
      if (owner === null && slab.root === slab) this.intact(account);
    }
    this.assert(
      'OWN-7',
      this.ice.size === 0,
      () => `${this.ice.size} segments are neither written nor failed`,
    );
  }

  /** Asserts WS-2 where a layer returns to its caller: whoever opened a reservation has closed it. */
  assertNothingReserved(): void {
    this.ws2.made += 1;
    if (this.reservations === 0) return;
    for (const { reserving } of this.accounts) {
      if (reserving !== null) this.broken('WS-2', `${reserving.owner} left a reservation open`);
    }
  }

  acquired(slab: Slab, owner: Owner): void {
    let { account } = slab;
    if (account === null) {
      account = this.admit(slab);
      this.poison.fill(slab.bytes, 0, slab.capacity);
    }
    this.own1.made += 1;
    if (account.owner !== null) {
      this.broken('OWN-1', `slab ${slab.id} was given to ${owner} while ${account.owner} had it`);
    }
    account.owner = owner;
    account.arena = false;
    this.intact(account);
    this.canary(slab, owner);
    this.record('acquire', 'slab', owner, slab.id, 0, slab.capacity);
  }

  returned(slab: Slab): void {
    const { account } = slab;
    const owner = account === null ? null : account.owner;
    this.own5.made += 2;
    if (account === null || owner === null) {
      this.broken('OWN-5', `slab ${slab.id} came back twice`);
      return;
    }
    const living = account.leases.length;
    account.owner = null;
    if (living > 0) account.clear();
    if (living > 0) this.broken('OWN-5', `slab ${slab.id} of ${owner} came back with ${living} leases on it`);
    this.canary(slab, owner);
    // Of an arena every range was poisoned when it ended.
    if (!account.arena) this.poison.fill(slab.bytes, 0, slab.capacity);
    this.record('return', 'slab', owner, slab.id, 0, slab.capacity);
  }

  workspace(workspace: WorkspaceView, act: WorkspaceAct): void {
    const { slab, free, reservedEnd, capacity, owner } = workspace;
    this.ws1.made += 1;
    if (!(free >= 0 && free <= reservedEnd && reservedEnd <= capacity && capacity === slab.capacity)) {
      this.broken('WS-1', `${act} by ${owner}: 0 ≤ ${free} ≤ ${reservedEnd} ≤ ${capacity} does not hold`);
    }
    this.canary(slab, owner);
    const { account } = slab;
    if (account === null) return;
    if (act === 'open') this.born(workspace, account);
    else if (act === 'reserve') this.reserved(workspace, account);
    else if (act === 'close') this.closed(account);
    if (account.leasedTo > 0) {
      this.ws3.made += 1;
      if (account.leasedTo > free) this.overlapped(account, free, act, owner);
    }
    if (act === 'reserve') this.scout(account, free, reservedEnd, owner);
    else if (act === 'retire') this.bury(account, free);
  }

  vacated(slab: Slab, start: number, end: number): void {
    this.poison.fill(slab.bytes, start, end);
  }

  leased(lease: Lease): void {
    this.enter(lease);
    this.record('take', lease.unit, lease.owner, lease.slab.id, lease.start, lease.end);
  }

  split(lease: Lease, head: Lease, tail: Lease): void {
    this.leave(lease);
    this.own2.made += 1;
    if (head.start !== lease.start || head.end !== tail.start || tail.end !== lease.end) {
      this.broken('OWN-2', `a split of ${lease.unit} bytes of ${lease.owner} lost some`);
    }
    const name = this.retained.get(lease);
    if (name !== undefined) {
      this.retained.delete(lease);
      this.retained.set(head, name).set(tail, name);
    }
    this.enter(head);
    this.enter(tail);
    this.record('split', lease.unit, lease.owner, lease.slab.id, head.start, tail.end);
  }

  transferred(lease: Lease, next: Lease): void {
    this.leave(lease);
    this.own2.made += 1;
    if (next.start !== lease.start || next.end !== lease.end) {
      this.broken(
        'OWN-2',
        `a transfer of ${lease.unit} bytes from ${lease.owner} to ${next.owner} lost some`,
      );
    }
    this.retained.delete(lease);
    this.enter(next);
    this.record('transfer', lease.unit, lease.owner, lease.slab.id, next.start, next.end, next.owner);
  }

  released(lease: Lease): void {
    this.leave(lease);
    this.retained.delete(lease);
    this.poison.fill(lease.bytes, lease.start, lease.end);
    this.record('release', lease.unit, lease.owner, lease.slab.id, lease.start, lease.end);
  }

  kept(lease: Lease, name: string): void {
    this.retained.set(lease, name);
    this.record('retain', lease.unit, lease.owner, lease.slab.id, lease.start, lease.end);
  }

  frozen(segment: FrozenBytes, owner: Owner): void {
    const { bytes, start, end, lease } = segment;
    this.own4.made += 1;
    if (this.ice.has(segment) || (lease !== undefined && this.frozenLeases.has(lease))) {
      this.broken('OWN-4', `a segment of ${owner} was given to a transport twice`);
    }
    if (lease === undefined) {
      this.own1.made += 1;
      if (this.stores.has(bytes.buffer)) {
        this.broken('OWN-1', `${owner} lent bytes of a slab as foreign ones`);
      }
    } else {
      this.own6.made += 1;
      if (bytes !== lease.bytes || start < lease.start || end > lease.end) {
        this.broken('OWN-6', `a segment of ${owner} goes beyond its lease of ${lease.unit} bytes`);
      }
      this.frozenLeases.add(lease);
      this.holdings.add(lease.owner.layer, start - end);
    }
    this.ice.set(segment, fingerprint(bytes, start, end));
    this.holdings.add('transport', end - start);
    this.record('freeze', unitOf(segment), owner, lease?.slab.id ?? -1, start, end);
  }

  thawed(segment: FrozenBytes, outcome: 'written' | 'failed', owner: Owner): void {
    const { bytes, start, end, lease } = segment;
    const print = this.ice.get(segment);
    this.con2.made += 1;
    if (print === undefined) {
      this.broken('CON-2', `a segment of ${owner} was ${outcome} that no transport had`);
      return;
    }
    this.ice.delete(segment);
    this.holdings.add('transport', start - end);
    if (lease !== undefined) {
      this.frozenLeases.delete(lease);
      this.holdings.add(lease.owner.layer, end - start);
    }
    this.own4.made += 1;
    if (print !== fingerprint(bytes, start, end)) {
      this.broken('OWN-4', `bytes ${start}..${end} of ${owner} changed while they were frozen`);
    }
    this.record(outcome, unitOf(segment), owner, lease?.slab.id ?? -1, start, end);
  }

  copied(bytes: number): void {
    this.copiedBytes += bytes;
  }

  /** A workspace begins as if it had been rolled back, whatever it was before (WS-7). */
  private born(workspace: WorkspaceView, account: SlabAccount): void {
    const { free, overflowed, owner } = workspace;
    account.arena = true;
    this.ws7.made += 1;
    if (free !== 0 || overflowed)
      this.broken('WS-7', `a workspace of ${owner} begins with ${free} bytes in use`);
  }

  private reserved(workspace: WorkspaceView, account: SlabAccount): void {
    if (!workspace.reserved || account.reserving !== null) return;
    account.reserving = workspace;
    this.reservations += 1;
  }

  private closed(account: SlabAccount): void {
    if (account.reserving === null) return;
    account.reserving = null;
    this.reservations -= 1;
  }

  /** Every lease of a slab lies before what its workspace has free. */
  private overlapped({ leases }: SlabAccount, free: number, act: WorkspaceAct, owner: Owner): void {
    for (const lease of leases) {
      if (lease.end > free) {
        this.broken('WS-3', `${act} by ${owner} overlaps ${lease.unit} bytes of ${lease.owner}`);
      }
    }
  }

  private enter(lease: Lease): void {
    const { slab, start, end, owner } = lease;
    const account = slab.account ?? this.admit(slab);
    this.own1.made += 2;
    if (!(start >= 0 && start <= end && end <= slab.capacity)) {
      this.broken('OWN-1', `${lease.unit} bytes ${start}..${end} of ${owner} lie outside their slab`);
    }
    const other = account.overlapping(start, end);
    if (other !== undefined) {
      this.broken('OWN-1', `${lease.unit} bytes of ${owner} overlap ${other.unit} bytes of ${other.owner}`);
    }
    account.add(lease, end);
    this.holdings.add(owner.layer, end - start);
  }

  private leave(lease: Lease): void {
    const { account } = lease.slab;
    this.own5.made += 1;
    if (account?.delete(lease) !== true) {
      this.broken('OWN-5', `${lease.unit} bytes of ${lease.owner} were given up twice`);
      return;
    }
    // The buffer of an emulated lease is seen once only.
    if (account.leases.length === 0 && lease.slab.root !== lease.slab) this.forget(account);
    this.holdings.add(lease.owner.layer, -lease.length);
    this.own4.made += 1;
    if (this.frozenLeases.size > 0 && this.frozenLeases.has(lease)) {
      this.broken('OWN-4', `${lease.unit} bytes of ${lease.owner} were given up while a transport had them`);
    }
  }

  /** A slab is seen for the first time. */
  private admit(slab: Slab): SlabAccount {
    const account = new SlabAccount(slab, this.accounts.length);
    this.accounts.push(account);
    slab.account = account;
    this.stores.add(slab.bytes.buffer);
    return account;
  }

  private forget(account: SlabAccount): void {
    const { accounts } = this;
    const last = accounts.pop() as SlabAccount;
    account.slab.account = null;
    if (last === account) return;
    accounts[account.place] = last;
    last.place = account.place;
  }

  private canary(slab: Slab, owner: Owner): void {
    this.ws1.made += 1;
    if (!canaryLives(slab)) this.broken('WS-1', `the canary of slab ${slab.id} of ${owner} is dead`);
  }

  /** Nobody may have written since the last range of the slab ended. */
  private intact({ slab, words }: SlabAccount): void {
    this.own5.made += 1;
    const at = this.poison.firstOther(slab.bytes, words, 0, slab.capacity);
    if (at < 0) return;
    this.poison.fill(slab.bytes, at, slab.capacity);
    this.broken('OWN-5', `byte ${at} of slab ${slab.id} was written after it was given up`);
  }

  /** Looks for writes into what nobody owns, where an overrun would leave them: behind the last region. */
  private scout({ slab, words }: SlabAccount, start: number, end: number, owner: Owner): void {
    this.ws5.made += 1;
    const at = this.poison.firstOther(slab.bytes, words, start, Math.min(start + scoutBytes, end));
    if (at >= 0)
      this.broken('WS-5', `byte ${at} of slab ${slab.id} of ${owner} was written outside a reservation`);
  }

  /** The regions of a retired workspace are over; what is leased of them lives on. */
  private bury({ slab, leases }: SlabAccount, free: number): void {
    let dead = 0;
    // One at most is the common case: then there is nothing to sort.
    const inOrder = leases.length > 1 ? leases.toSorted((a, b) => a.start - b.start) : leases;
    for (const lease of inOrder) {
      if (lease.start > dead) this.poison.fill(slab.bytes, dead, lease.start);
      dead = lease.end;
    }
    this.poison.fill(slab.bytes, dead, free);
  }

  private record(
    act: ActKind,
    unit: string,
    owner: Owner,
    slab: number,
    start: number,
    end: number,
    to?: Owner,
  ): void {
    if (this.onAct === undefined) return;
    this.onAct(
      to === undefined ? { act, unit, owner, slab, start, end } : { act, unit, owner, to, slab, start, end },
    );
  }
}

function unitOf(segment: FrozenBytes): string {
  return segment.lease === undefined ? 'foreign' : 'output';
}
