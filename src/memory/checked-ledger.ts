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
import type { Lease } from './lease.js';
import type { FrozenBytes, Ledger, WorkspaceAct, WorkspaceView } from './ledger.js';
import type { Layer, Owner } from './owner.js';
import { fingerprint, Poison, type PoisonValue } from './poison.js';
import { canaryBytes, canaryValue, type Slab } from './slab.js';

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

type ByLayer = Record<Layer, number>;

/** What is known of one slab. */
class SlabAccount {
  /** Who has it out; null while it is at home. */
  owner: Owner | null;
  /** A workspace is on it: then every byte that is in no region is poison. */
  arena: boolean;
  readonly leases: Set<Lease>;

  constructor() {
    this.owner = null;
    this.arena = false;
    this.leases = new Set();
  }
}

export class CheckedLedger extends Assertions implements Ledger {
  /** Bytes copied inside Undercoat. */
  copiedBytes: number;
  /** Bytes leased or frozen now, by the layer that owns them, and the most there ever was. */
  readonly held: ByLayer;
  readonly heldPeak: ByLayer;
  /** Leases that the application keeps by name (OWN-7). */
  readonly retained: Map<Lease, string>;

  private readonly poison: Poison;
  private readonly onAct: ((record: ActRecord) => void) | undefined;
  private readonly accounts: Map<Slab, SlabAccount>;
  private readonly ice: Map<FrozenBytes, number>;
  private readonly frozenLeases: Set<Lease>;
  private readonly stores: WeakSet<ArrayBufferLike>;
  /** Workspaces with a reservation that is open. */
  private readonly reserving: Set<WorkspaceView>;
  private readonly ws1: RuleCount;
  private readonly ws2: RuleCount;
  private readonly ws3: RuleCount;
  private readonly ws5: RuleCount;
  private readonly own1: RuleCount;
  private readonly own2: RuleCount;
  private readonly own4: RuleCount;
  private readonly own5: RuleCount;
  private readonly own6: RuleCount;
  private readonly con2: RuleCount;

  constructor(options: CheckedLedgerOptions = {}) {
    super(options.onViolation);
    this.copiedBytes = 0;
    this.held = byLayer();
    this.heldPeak = byLayer();
    this.retained = new Map();
    this.poison = new Poison(options.poison ?? defaultPoison);
    this.onAct = options.onAct;
    this.accounts = new Map();
    this.ice = new Map();
    this.frozenLeases = new Set();
    this.stores = new WeakSet();
    this.reserving = new Set();
    this.ws1 = this.countOf('WS-1');
    this.ws2 = this.countOf('WS-2');
    this.ws3 = this.countOf('WS-3');
    this.ws5 = this.countOf('WS-5');
    this.own1 = this.countOf('OWN-1');
    this.own2 = this.countOf('OWN-2');
    this.own4 = this.countOf('OWN-4');
    this.own5 = this.countOf('OWN-5');
    this.own6 = this.countOf('OWN-6');
    this.con2 = this.countOf('CON-2');
  }

  /** Slabs that are out, leases that live and segments that are frozen: 0 at quiescence but for retained leases. */
  get outstanding(): { readonly slabs: number; readonly leases: number; readonly frozen: number } {
    let slabs = 0;
    let leases = 0;
    for (const account of this.accounts.values()) {
      if (account.owner !== null) slabs += 1;
      leases += account.leases.size;
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
    for (const [slab, { owner, leases }] of this.accounts) {
      for (const lease of leases) {
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
      if (owner === null && slab.root === slab) this.intact(slab);
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
    for (const { owner } of this.reserving) this.broken('WS-2', `${owner} left a reservation open`);
  }

  acquired(slab: Slab, owner: Owner): void {
    let account = this.accounts.get(slab);
    if (account === undefined) {
      account = new SlabAccount();
      this.accounts.set(slab, account);
      this.stores.add(slab.bytes.buffer);
      this.poison.fill(slab.bytes, 0, slab.capacity);
    }
    this.own1.made += 1;
    if (account.owner !== null) {
      this.broken('OWN-1', `slab ${slab.id} was given to ${owner} while ${account.owner} had it`);
    }
    account.owner = owner;
    account.arena = false;
    this.intact(slab);
    this.canary(slab, owner);
    this.record('acquire', 'slab', owner, slab.id, 0, slab.capacity);
  }

  returned(slab: Slab): void {
    const account = this.accounts.get(slab);
    const owner = account?.owner ?? null;
    this.own5.made += 2;
    if (account === undefined || owner === null) {
      this.broken('OWN-5', `slab ${slab.id} came back twice`);
      return;
    }
    const living = account.leases.size;
    account.owner = null;
    account.leases.clear();
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
    const account = this.accounts.get(slab);
    if (account === undefined) return;
    if (act === 'open') this.born(workspace, account);
    else if (act === 'reserve' && workspace.reserved) this.reserving.add(workspace);
    else if (act === 'close') this.reserving.delete(workspace);
    if (account.leases.size > 0) {
      this.ws3.made += 1;
      for (const lease of account.leases) {
        if (lease.end > free) {
          this.broken('WS-3', `${act} by ${owner} overlaps ${lease.unit} bytes of ${lease.owner}`);
        }
      }
    }
    if (act === 'reserve') this.scout(slab, free, reservedEnd, owner);
    else if (act === 'retire') this.bury(slab, account, free);
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
      this.hold(lease.owner.layer, start - end);
    }
    this.ice.set(segment, fingerprint(bytes, start, end));
    this.hold('transport', end - start);
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
    this.hold('transport', start - end);
    if (lease !== undefined) {
      this.frozenLeases.delete(lease);
      this.hold(lease.owner.layer, end - start);
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
    this.assert(
      'WS-7',
      free === 0 && !overflowed,
      () => `a workspace of ${owner} begins with ${free} bytes in use`,
    );
  }

  private enter(lease: Lease): void {
    const { slab, start, end, owner } = lease;
    let account = this.accounts.get(slab);
    if (account === undefined) {
      account = new SlabAccount();
      this.accounts.set(slab, account);
      this.stores.add(slab.bytes.buffer);
    }
    this.own1.made += 2;
    if (!(start >= 0 && start <= end && end <= slab.capacity)) {
      this.broken('OWN-1', `${lease.unit} bytes ${start}..${end} of ${owner} lie outside their slab`);
    }
    for (const other of account.leases) {
      if (other.end > start && other.start < end) {
        this.broken('OWN-1', `${lease.unit} bytes of ${owner} overlap ${other.unit} bytes of ${other.owner}`);
      }
    }
    account.leases.add(lease);
    this.hold(owner.layer, end - start);
  }

  private leave(lease: Lease): void {
    const account = this.accounts.get(lease.slab);
    this.own5.made += 1;
    if (account?.leases.delete(lease) !== true) {
      this.broken('OWN-5', `${lease.unit} bytes of ${lease.owner} were given up twice`);
      return;
    }
    // The buffer of an emulated lease is seen once only.
    if (account.leases.size === 0 && lease.slab.root !== lease.slab) this.accounts.delete(lease.slab);
    this.hold(lease.owner.layer, -lease.length);
    this.own4.made += 1;
    if (this.frozenLeases.has(lease)) {
      this.broken('OWN-4', `${lease.unit} bytes of ${lease.owner} were given up while a transport had them`);
    }
  }

  private hold(layer: Layer, bytes: number): void {
    const now = this.held[layer] + bytes;
    this.held[layer] = now;
    if (now > this.heldPeak[layer]) this.heldPeak[layer] = now;
  }

  private canary(slab: Slab, owner: Owner): void {
    const { bytes, capacity } = slab;
    this.ws1.made += 1;
    for (let i = capacity; i < capacity + canaryBytes; i++) {
      if (bytes[i] === canaryValue) continue;
      this.broken('WS-1', `the canary of slab ${slab.id} of ${owner} is dead`);
      return;
    }
  }

  /** Nobody may have written since the last range of the slab ended. */
  private intact(slab: Slab): void {
    this.own5.made += 1;
    const at = this.poison.firstOther(slab.bytes, 0, slab.capacity);
    if (at < 0) return;
    this.poison.fill(slab.bytes, at, slab.capacity);
    this.broken('OWN-5', `byte ${at} of slab ${slab.id} was written after it was given up`);
  }

  /** Looks for writes into what nobody owns, where an overrun would leave them: behind the last region. */
  private scout(slab: Slab, start: number, end: number, owner: Owner): void {
    this.ws5.made += 1;
    const at = this.poison.firstOther(slab.bytes, start, Math.min(start + scoutBytes, end));
    if (at >= 0)
      this.broken('WS-5', `byte ${at} of slab ${slab.id} of ${owner} was written outside a reservation`);
  }

  /** The regions of a retired workspace are over; what is leased of them lives on. */
  private bury(slab: Slab, account: SlabAccount, free: number): void {
    if (account.leases.size === 0) {
      this.poison.fill(slab.bytes, 0, free);
      return;
    }
    let dead = 0;
    for (const lease of [...account.leases].sort((a, b) => a.start - b.start)) {
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

function byLayer(): ByLayer {
  return { pool: 0, transport: 0, session: 0, stream: 0, application: 0 };
}
