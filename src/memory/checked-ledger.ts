/**
 * The checked ledger: asserts the rulebook at every act, scans canaries, poisons what nobody owns, verifies that
 * frozen bytes stay as they were, and keeps the account that reports and traces draw. It names the layer and the
 * act in every violation.
 *
 * It does not know what bytes mean or what a machine does; and it cannot see an alias that JavaScript code kept:
 * such a mistake shows as poison that was read, or as poison that was overwritten.
 */
import { answerAbort, UndercoatError } from '../errors.js';
import type { Lease } from './lease.js';
import type { FrozenBytes, Ledger, WorkspaceAct, WorkspaceView } from './ledger.js';
import type { Layer, Owner } from './owner.js';
import { canaryBytes, canaryValue, type Slab } from './slab.js';

/** A rule of the rulebook was broken: a bug in Undercoat or in a layer under test, never the peer's fault. */
export class RuleViolation extends UndercoatError {
  readonly rule: string;

  constructor(rule: string, message: string) {
    super('api-misuse', 'rule-violated', rule, message, answerAbort);
    this.rule = rule;
  }
}

export type ActKind =
  | 'acquire'
  | 'return'
  | 'take'
  | 'split'
  | 'transfer'
  | 'release'
  | 'retain'
  | 'freeze'
  | 'written'
  | 'failed';

/** One change of owner, as a trace shows it. */
export interface ActRecord {
  readonly act: ActKind;
  /** What the bytes are: `slab`, `head`, `body`, `output`, `foreign`, … */
  readonly unit: string;
  readonly owner: Owner;
  /** The new owner of a transfer. */
  readonly to?: Owner;
  readonly slab: number;
  readonly start: number;
  readonly end: number;
}

export interface CheckedLedgerOptions {
  /** What dead bytes look like: one value, or one for each offset. Default 0xdb. */
  readonly poison?: number | ((offset: number) => number);
  /** Told of each violation. Default: throws it at the act. */
  readonly onViolation?: (violation: RuleViolation) => void;
  /** Told of each change of owner. */
  readonly onAct?: (record: ActRecord) => void;
}

const defaultPoison = 0xdb;
const layers: readonly Layer[] = ['pool', 'transport', 'session', 'stream', 'application'];

type ByLayer = Record<Layer, number>;

export class CheckedLedger implements Ledger {
  /** How often each rule was asserted. */
  readonly checks: Map<string, number>;
  readonly violations: RuleViolation[];
  /** Bytes copied inside Undercoat. */
  copiedBytes: number;
  /** Bytes leased or frozen now, by the layer that owns them, and the most there ever was. */
  readonly held: ByLayer;
  readonly heldPeak: ByLayer;
  /** Leases that the application keeps by name (OWN-7). */
  readonly retained: Map<Lease, string>;

  private readonly poisonAt: (offset: number) => number;
  private readonly poisonByte: number;
  private readonly onViolation: (violation: RuleViolation) => void;
  private readonly onAct: ((record: ActRecord) => void) | undefined;
  private readonly leases: Map<Slab, Set<Lease>>;
  private readonly out: Map<Slab, Owner>;
  /** Slabs that went home poisoned. */
  private readonly poisoned: Set<Slab>;
  private readonly ice: Map<FrozenBytes, number>;

  constructor(options: CheckedLedgerOptions = {}) {
    const { poison = defaultPoison } = options;
    this.checks = new Map();
    this.violations = [];
    this.copiedBytes = 0;
    this.held = byLayer();
    this.heldPeak = byLayer();
    this.retained = new Map();
    this.poisonByte = typeof poison === 'number' ? poison : -1;
    this.poisonAt = typeof poison === 'number' ? () => poison : poison;
    this.onViolation =
      options.onViolation ??
      ((violation) => {
        throw violation;
      });
    this.onAct = options.onAct;
    this.leases = new Map();
    this.out = new Map();
    this.poisoned = new Set();
    this.ice = new Map();
  }

  /** Slabs that are out, leases that live and segments that are frozen: 0 at quiescence but for retained leases. */
  get outstanding(): { readonly slabs: number; readonly leases: number; readonly frozen: number } {
    let leases = 0;
    for (const set of this.leases.values()) leases += set.size;
    return { slabs: this.out.size, leases, frozen: this.ice.size };
  }

  /** Sum of all assertions made. */
  get checkCount(): number {
    let sum = 0;
    for (const count of this.checks.values()) sum += count;
    return sum;
  }

  /**
   * Asserts OWN-7: nothing is held but what the application retained by name. Call it when every connection has
   * ended.
   */
  assertQuiescent(): void {
    const retainedSlabs = new Set<Slab>();
    for (const lease of this.retained.keys()) retainedSlabs.add(lease.slab);
    for (const [slab, set] of this.leases) {
      for (const lease of set) {
        this.assert(
          'OWN-7',
          this.retained.has(lease),
          () => `${lease.unit} bytes of ${lease.owner} are still leased`,
        );
      }
      if (set.size === 0) this.leases.delete(slab);
    }
    for (const [slab, owner] of this.out) {
      const excused = [...retainedSlabs].some((s) => s === slab || s.id === slab.id);
      this.assert('OWN-7', excused, () => `slab ${slab.id} acquired by ${owner} did not come back`);
    }
    this.assert(
      'OWN-7',
      this.ice.size === 0,
      () => `${this.ice.size} segments are neither written nor failed`,
    );
  }

  /** Asserts anything under a rule: layers and properties that see more than memory use it. */
  assert(rule: string, holds: boolean, message: () => string): void {
    this.checks.set(rule, (this.checks.get(rule) ?? 0) + 1);
    if (holds) return;
    const violation = new RuleViolation(rule, message());
    this.violations.push(violation);
    this.onViolation(violation);
  }

  acquired(slab: Slab, owner: Owner): void {
    this.assert('OWN-1', !this.out.has(slab), () => `slab ${slab.id} was given to ${owner} while it was out`);
    this.out.set(slab, owner);
    if (this.poisoned.has(slab)) {
      const at = this.firstUnpoisoned(slab);
      this.assert(
        'OWN-5',
        at < 0,
        () => `byte ${at} of slab ${slab.id} was written after it went back to the pool`,
      );
    }
    this.canary(slab, owner);
    this.record('acquire', 'slab', owner, slab.id, 0, slab.capacity);
  }

  returned(slab: Slab): void {
    const owner = this.out.get(slab);
    this.assert('OWN-5', owner !== undefined, () => `slab ${slab.id} came back twice`);
    const living = this.leases.get(slab)?.size ?? 0;
    this.assert('OWN-5', living === 0, () => `slab ${slab.id} came back with ${living} leases on it`);
    this.out.delete(slab);
    this.leases.delete(slab);
    if (owner === undefined) return;
    this.canary(slab, owner);
    this.poison(slab.bytes, 0, slab.capacity);
    this.poisoned.add(slab);
    this.record('return', 'slab', owner, slab.id, 0, slab.capacity);
  }

  workspace(workspace: WorkspaceView, act: WorkspaceAct): void {
    const { slab, free, reservedEnd, capacity, owner } = workspace;
    this.assert(
      'WS-1',
      free >= 0 && free <= reservedEnd && reservedEnd <= capacity && capacity === slab.capacity,
      () => `${act} by ${owner}: 0 ≤ ${free} ≤ ${reservedEnd} ≤ ${capacity} does not hold`,
    );
    this.canary(slab, owner);
    const living = this.leases.get(slab);
    if (act !== 'reserve' || living === undefined) return;
    for (const lease of living) {
      this.assert(
        'WS-3',
        lease.end <= free || lease.start >= reservedEnd,
        () => `reserve by ${owner} overlaps ${lease.unit} bytes of ${lease.owner}`,
      );
    }
  }

  vacated(slab: Slab, start: number, end: number): void {
    this.poison(slab.bytes, start, end);
  }

  leased(lease: Lease): void {
    this.enter(lease);
    this.record('take', lease.unit, lease.owner, lease.slab.id, lease.start, lease.end);
  }

  split(lease: Lease, head: Lease, tail: Lease): void {
    this.leave(lease);
    this.assert(
      'OWN-2',
      head.length + tail.length === lease.length,
      () => `a split of ${lease.unit} lost bytes`,
    );
    this.enter(head);
    this.enter(tail);
    this.record('split', lease.unit, lease.owner, lease.slab.id, head.start, tail.end);
  }

  transferred(lease: Lease, next: Lease): void {
    this.leave(lease);
    this.enter(next);
    this.record('transfer', lease.unit, lease.owner, lease.slab.id, next.start, next.end, next.owner);
  }

  released(lease: Lease): void {
    this.leave(lease);
    this.retained.delete(lease);
    this.poison(lease.bytes, lease.start, lease.end);
    this.record('release', lease.unit, lease.owner, lease.slab.id, lease.start, lease.end);
  }

  kept(lease: Lease, name: string): void {
    this.retained.set(lease, name);
    this.record('retain', lease.unit, lease.owner, lease.slab.id, lease.start, lease.end);
  }

  frozen(segment: FrozenBytes, owner: Owner): void {
    this.assert(
      'OWN-4',
      !this.ice.has(segment),
      () => `a segment of ${owner} was given to a transport twice`,
    );
    this.ice.set(segment, fingerprint(segment));
    this.hold('transport', segment.end - segment.start);
    this.record('freeze', unitOf(segment), owner, segment.lease?.slab.id ?? -1, segment.start, segment.end);
  }

  thawed(segment: FrozenBytes, outcome: 'written' | 'failed', owner: Owner): void {
    const print = this.ice.get(segment);
    this.assert(
      'CON-2',
      print !== undefined,
      () => `a segment of ${owner} was ${outcome} that no transport had`,
    );
    this.ice.delete(segment);
    this.assert(
      'OWN-4',
      print === undefined || print === fingerprint(segment),
      () => `bytes ${segment.start}..${segment.end} of ${owner} changed while they were frozen`,
    );
    this.hold('transport', segment.start - segment.end);
    this.record(outcome, unitOf(segment), owner, segment.lease?.slab.id ?? -1, segment.start, segment.end);
  }

  copied(bytes: number): void {
    this.copiedBytes += bytes;
  }

  private enter(lease: Lease): void {
    let living = this.leases.get(lease.slab);
    if (living === undefined) {
      living = new Set();
      this.leases.set(lease.slab, living);
    }
    const { start, end } = lease;
    this.assert(
      'OWN-1',
      start >= 0 && start <= end && end <= lease.slab.capacity,
      () => `${lease.unit} bytes ${start}..${end} of ${lease.owner} lie outside their slab`,
    );
    for (const other of living) {
      this.assert(
        'OWN-1',
        other.end <= start || other.start >= end,
        () => `${lease.unit} bytes of ${lease.owner} overlap ${other.unit} bytes of ${other.owner}`,
      );
    }
    living.add(lease);
    this.hold(lease.owner.layer, lease.length);
  }

  private leave(lease: Lease): void {
    const living = this.leases.get(lease.slab);
    const there = living?.delete(lease) ?? false;
    this.assert('OWN-5', there, () => `${lease.unit} bytes of ${lease.owner} were given up twice`);
    if (living?.size === 0) this.leases.delete(lease.slab);
    this.hold(lease.owner.layer, -lease.length);
  }

  private hold(layer: Layer, bytes: number): void {
    this.held[layer] += bytes;
    if (this.held[layer] > this.heldPeak[layer]) this.heldPeak[layer] = this.held[layer];
  }

  private canary(slab: Slab, owner: Owner): void {
    const { bytes, capacity } = slab;
    let intact = true;
    for (let i = capacity; i < capacity + canaryBytes; i++) if (bytes[i] !== canaryValue) intact = false;
    this.assert('WS-1', intact, () => `the canary of slab ${slab.id} of ${owner} is dead`);
  }

  private poison(bytes: Uint8Array, start: number, end: number): void {
    if (this.poisonByte >= 0) {
      bytes.fill(this.poisonByte, start, end);
      return;
    }
    for (let i = start; i < end; i++) bytes[i] = this.poisonAt(i);
  }

  private firstUnpoisoned(slab: Slab): number {
    const { bytes, capacity } = slab;
    for (let i = 0; i < capacity; i++) if (bytes[i] !== (this.poisonAt(i) & 0xff)) return i;
    return -1;
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
  const counts: Partial<ByLayer> = {};
  for (const layer of layers) counts[layer] = 0;
  return counts as ByLayer;
}

/** FNV-1a over the bytes: enough to see that somebody wrote. */
function fingerprint(segment: FrozenBytes): number {
  const { bytes, start, end } = segment;
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return hash >>> 0;
}
