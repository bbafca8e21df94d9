/**
 * The slab pool: fixed-size slabs up to a limit, and shares of it with limits of their own (OWN-8). A slab that
 * comes back is kept for the next one who asks. This file does not know what slabs are used for.
 */
import { MisuseError } from '../errors.js';
import { callback, having, limit, type OptionRules, orNull, readOptions, whole } from '../options.js';
import type { Ledger } from './ledger.js';
import type { Owner } from './owner.js';
import type { Region } from './region.js';
import { Slab, type SlabHome } from './slab.js';
import { BumpWorkspace } from './workspace.js';
import type { Workspace } from './workspace-contract.js';

/** Whoever can be asked for slabs: the pool, or a share of it. */
export interface SlabSource {
  /** Usable bytes of each slab. */
  readonly slabBytes: number;
  /** Bytes of slabs that are out now. */
  readonly heldBytes: number;
  readonly limitBytes: number;
  readonly ledger: Ledger | null;
  /** A slab pinned once, for the caller; undefined when the limit is reached (back-pressure, WS-9). */
  acquire(owner: Owner): Slab | undefined;
  /** A workspace on a slab of its own; undefined when the limit is reached. */
  open(owner: Owner): Workspace | undefined;
  /**
   * The same for one who opens again and again: `last`, which he has retired, is revived with its `unit` where that can
   * be, and is what is given then.
   */
  reopen(owner: Owner, last: Workspace, unit: Region): Workspace | undefined;
  /**
   * Calls back once, from inside some later return of a slab, when asking again may succeed; first come, first
   * served. The callback must not ask at once (OWN-9). It answers false when it no longer wants a slab: the next
   * one is called then.
   */
  whenAvailable(callback: () => boolean): void;
  /**
   * For whoever answered true and then could not use the chance after all: the next one is called, if there is
   * room. Pass on before waiting again.
   */
  passOn(): void;
}

export interface SlabPoolOptions {
  /** Usable bytes of a slab; default 16384, and 1 GiB at most. */
  readonly slabBytes?: number;
  /** Most bytes that may be out at once; default 64 MiB. Must hold at least one slab. */
  readonly limitBytes?: number;
  readonly ledger?: Ledger | null;
  /** What kind of workspace `open` gives: the real one, or an emulation of it (WS-10). */
  readonly workspace?: WorkspaceKind;
}

/** A class of workspaces. */
export type WorkspaceKind = new (slab: Slab, owner: Owner, ledger: Ledger | null) => Workspace;

const rules: OptionRules<{
  readonly slabBytes: number;
  readonly limitBytes: number;
  readonly ledger: Ledger | null;
  readonly workspace: WorkspaceKind;
}> = {
  slabBytes: { kind: whole(1, 2 ** 30), fallback: 16_384, code: 'slab-size', cites: 'WS-1' },
  limitBytes: { kind: limit(1), fallback: 64 * 1024 * 1024, code: 'pool-limit', cites: 'OWN-8' },
  ledger: {
    kind: orNull(having<Ledger>('a ledger', 'acquired', 'returned')),
    fallback: null,
    code: 'option-value',
    cites: 'OWN-1',
  },
  workspace: { kind: callback(), fallback: BumpWorkspace, code: 'option-value', cites: 'WS-10' },
};

export class SlabPool implements SlabSource, SlabHome {
  readonly slabBytes: number;
  readonly limitBytes: number;
  readonly ledger: Ledger | null;
  readonly kind: WorkspaceKind;
  private readonly spare: Slab[];
  private readonly waiting: (() => boolean)[];
  private held: number;
  private peak: number;
  private made: number;

  /** @throws MisuseError `slab-size` (WS-1), or `pool-limit` (OWN-8) when the limit is none or holds no slab; `option-value` */
  constructor(options?: SlabPoolOptions) {
    const { slabBytes, limitBytes, ledger, workspace } = readOptions(rules, options);
    this.slabBytes = slabBytes;
    this.limitBytes = limitBytes;
    this.ledger = ledger;
    this.kind = workspace;
    requireLimit(this.limitBytes, this.slabBytes);
    this.spare = [];
    this.waiting = [];
    this.held = 0;
    this.peak = 0;
    this.made = 0;
  }

  get heldBytes(): number {
    return this.held;
  }

  /** The most that was out at once since the pool was made. */
  get peakBytes(): number {
    return this.peak;
  }

  acquire(owner: Owner): Slab | undefined {
    return this.acquireFor(owner, this);
  }

  open(owner: Owner): Workspace | undefined {
    const slab = this.acquireFor(owner, this);
    return slab === undefined ? undefined : new this.kind(slab, owner, this.ledger);
  }

  reopen(owner: Owner, last: Workspace, unit: Region): Workspace | undefined {
    const slab = this.acquireFor(owner, this);
    if (slab === undefined) return undefined;
    return last.revive(slab, unit) ? last : new this.kind(slab, owner, this.ledger);
  }

  /** For shares: the slab goes back to `home` first. */
  acquireFor(owner: Owner, home: SlabHome): Slab | undefined {
    if (this.held + this.slabBytes > this.limitBytes) return undefined;
    let slab = this.spare.pop();
    if (slab === undefined) {
      slab = new Slab(this.made, this.slabBytes, home, this.ledger);
      this.made += 1;
    } else {
      slab.home = home;
    }
    this.held += this.slabBytes;
    if (this.held > this.peak) this.peak = this.held;
    slab.pins = 1;
    if (this.ledger !== null) this.ledger.acquired(slab, owner);
    return slab;
  }

  returned(slab: Slab): void {
    slab.generation += 1;
    this.held -= this.slabBytes;
    this.spare.push(slab);
    if (this.ledger !== null) this.ledger.returned(slab);
    if (this.waiting.length > 0) wake(this.waiting);
  }

  whenAvailable(callback: () => boolean): void {
    this.waiting.push(callback);
  }

  passOn(): void {
    if (this.held + this.slabBytes <= this.limitBytes) wake(this.waiting);
  }

  /** A part of this pool with a limit of its own, for one connection and one purpose (OWN-8). */
  share(limitBytes: number): SlabShare {
    return new SlabShare(this, limitBytes);
  }
}

/** A part of a pool: what one connection may have out at once. */
export class SlabShare implements SlabSource, SlabHome {
  readonly slabBytes: number;
  readonly limitBytes: number;
  readonly ledger: Ledger | null;
  private readonly pool: SlabPool;
  private readonly waiting: (() => boolean)[];
  /** Wakes one who waits for this share; false when nobody does, or when there is no room in it any more. */
  private readonly turn: () => boolean;
  private held: number;

  /** @throws MisuseError OWN-8 when the limit holds no slab */
  constructor(pool: SlabPool, limitBytes: number) {
    requireLimit(limitBytes, pool.slabBytes);
    this.slabBytes = pool.slabBytes;
    this.limitBytes = limitBytes;
    this.ledger = pool.ledger;
    this.pool = pool;
    this.waiting = [];
    this.turn = () => this.held + this.slabBytes <= this.limitBytes && wake(this.waiting);
    this.held = 0;
  }

  get heldBytes(): number {
    return this.held;
  }

  acquire(owner: Owner): Slab | undefined {
    if (this.held + this.slabBytes > this.limitBytes) return undefined;
    const slab = this.pool.acquireFor(owner, this);
    if (slab !== undefined) this.held += this.slabBytes;
    return slab;
  }

  open(owner: Owner): Workspace | undefined {
    const slab = this.acquire(owner);
    return slab === undefined ? undefined : new this.pool.kind(slab, owner, this.ledger);
  }

  reopen(owner: Owner, last: Workspace, unit: Region): Workspace | undefined {
    const slab = this.acquire(owner);
    if (slab === undefined) return undefined;
    return last.revive(slab, unit) ? last : new this.pool.kind(slab, owner, this.ledger);
  }

  returned(slab: Slab): void {
    this.held -= this.slabBytes;
    // One slab makes room for one: who waits for this share queues behind those who wait for the pool.
    if (this.waiting.length > 0) this.pool.whenAvailable(this.turn);
    this.pool.returned(slab);
  }

  whenAvailable(callback: () => boolean): void {
    if (this.held + this.slabBytes > this.limitBytes) this.waiting.push(callback);
    else this.pool.whenAvailable(callback);
  }

  passOn(): void {
    if (!this.turn()) this.pool.passOn();
  }
}

/** One return makes room for one waiter. False when nobody wants it. */
function wake(waiting: (() => boolean)[]): boolean {
  for (let callback = waiting.shift(); callback !== undefined; callback = waiting.shift()) {
    if (callback()) return true;
  }
  return false;
}

function requireLimit(limitBytes: number, slabBytes: number): void {
  if (!(limitBytes >= slabBytes)) {
    throw new MisuseError(
      'pool-limit',
      'OWN-8',
      `a limit of ${limitBytes} bytes holds no slab of ${slabBytes}`,
    );
  }
}
