/**
 * A decorator that breaks the pipe at the k-th act. Acts are counted from 0, in the order in which they pass:
 *
 *  - reports: `opened`; `room` (the pipe below asks for room: bytes have arrived); `ended`; `written`;
 *  - calls: `write` (one a batch); `end`.
 *
 * `pause`, `resume`, `abort`, `release` and `closed` are not counted: nothing can be broken there. Everything is counted,
 * also while no fault is left, so that a first run without faults says how many acts there are.
 *
 *  - `reset`: the act does not take place; both ends see a reset.
 *  - `eof`: from this act on the peer seems to have ended; what it still sends is discarded.
 *  - `short-write`: half of a batch goes now and the rest in the next turn, or half of a `written` is reported so.
 *  - `stall`: from this act on nothing passes either way, until the user aborts.
 *  - `delay`: this act and all after it, both ways, are held for `ms`.
 *
 * A fault that means nothing at its act waits for the first later one that it fits: `eof` comes after `opened`;
 * `short-write` needs a `write` or `written` of two bytes at least. This file does not know what the bytes mean.
 */
import { MisuseError, TransportError } from '../errors.js';
import type { Clock } from './clock.js';
import type { ByteRange, Transport, TransportState } from './contract.js';
import { DecoratedTransport, type TransportDecorator } from './decorator.js';
import type { TransportFacts } from './facts.js';
import { lengthOf } from './segment-queue.js';

export type FaultAct = 'opened' | 'room' | 'ended' | 'written' | 'write' | 'end';

export type PipeFault =
  | { readonly at: number; readonly fault: 'reset' | 'eof' | 'short-write' | 'stall' }
  | { readonly at: number; readonly fault: 'delay'; readonly ms: number };

/** What passed and what was broken, of one transport. */
export class FaultLog {
  readonly acts: FaultAct[] = [];
  readonly applied: PipeFault[] = [];
}

export function faultInjector(
  clock: Clock,
  faults: readonly PipeFault[],
  log: FaultLog = new FaultLog(),
): TransportDecorator {
  return (lower) => new FaultInjector(lower, clock, faults, log);
}

const sink: ByteRange = { bytes: new Uint8Array(4096), start: 0, end: 4096 };

class FaultInjector extends DecoratedTransport {
  private readonly clock: Clock;
  private readonly faults: PipeFault[];
  private readonly log: FaultLog;
  private isOpen = false;
  private ending = false;
  private paused = false;
  private starved = false;
  /** A reset was injected, or the user aborted: only `closed` passes. */
  private dead = false;
  private stalled = false;
  /** The peer's end was injected: what comes is discarded. */
  private cut = false;
  /** The injected end is not reported yet. */
  private endDue = false;
  /** What the pipe below said when it closed, while the user has not heard it. */
  private unheard: { readonly error: TransportError | undefined } | null = null;
  /** Acts that wait for a delay, in order; they wait while any timer runs. */
  private readonly held: (() => void)[] = [];
  private holding = false;
  private timers = 0;

  constructor(lower: Transport, clock: Clock, faults: readonly PipeFault[], log: FaultLog) {
    super(lower);
    this.clock = clock;
    this.faults = [...faults].sort((a, b) => a.at - b.at);
    this.log = log;
  }

  override get state(): TransportState {
    const { state } = this.lower;
    return this.cut && !this.endDue && state === 'open' ? 'half-closed-remote' : state;
  }

  override write(segments: readonly ByteRange[]): void {
    if (this.ending) throw new MisuseError('write-after-end', 'LAY-3', 'bytes after end');
    const length = lengthOf(segments);
    if (length === 0 || this.mute) return;
    const fault = this.act('write', length);
    if (fault?.fault === 'short-write') {
      const [first, rest] = halves(segments, length);
      this.pass(() => this.lower.write(first));
      this.hold(0);
      this.pass(() => this.lower.write(rest));
    } else if (!this.breaks(fault)) {
      // The array is the caller's again when this call returns.
      const kept = this.holding ? segments.map(({ bytes, start, end }) => ({ bytes, start, end })) : segments;
      this.pass(() => this.lower.write(kept));
    }
  }

  override end(): void {
    if (this.ending) return;
    this.ending = true;
    if (this.mute || this.breaks(this.act('end', 0))) return;
    this.pass(() => this.lower.end());
  }

  override pause(): void {
    this.paused = true;
    if (!this.cut && !this.stalled) this.lower.pause();
  }

  override resume(): void {
    this.paused = false;
    this.starved = false;
    if (this.endDue) this.reportEndLater();
    if (!this.stalled && !this.holding) this.lower.resume();
  }

  override abort(error?: TransportError): void {
    this.over(() => this.lower.abort(error));
  }

  override release(): void {
    this.ending = true;
    this.over(() => this.lower.release());
  }

  override opened(facts: TransportFacts): void {
    if (this.mute || this.breaks(this.act('opened', 0))) return;
    this.pass(() => {
      this.isOpen = true;
      this.upper.opened(facts);
    });
  }

  override room(): ByteRange | undefined {
    if (!this.cut) {
      if (this.mute || this.holding || this.breaks(this.act('room', 0))) return undefined;
      if (this.holding) return undefined;
    }
    if (this.cut) return sink;
    const room = this.upper.room();
    if (room === undefined || room.start === room.end) this.starved = true;
    return room;
  }

  override received(count: number): void {
    if (!this.cut) this.upper.received(count);
  }

  override ended(): void {
    if (this.mute || this.cut || this.breaks(this.act('ended', 0))) return;
    this.pass(() => this.upper.ended());
  }

  override written(count: number): void {
    if (this.mute) return;
    const fault = this.act('written', count);
    if (fault?.fault === 'short-write') {
      const first = count >> 1;
      this.pass(() => this.upper.written(first));
      this.hold(0);
      this.pass(() => this.upper.written(count - first));
    } else if (!this.breaks(fault)) {
      this.pass(() => this.upper.written(count));
    }
  }

  override closed(error?: TransportError): void {
    if (this.dead) {
      this.upper.closed(error);
      return;
    }
    this.unheard = { error };
    if (this.stalled) return;
    this.pass(() => {
      this.unheard = null;
      if (this.endDue && error === undefined) {
        this.endDue = false;
        this.upper.ended();
      }
      this.endDue = false;
      this.upper.closed(error);
    });
  }

  /** True when no report but `closed` passes. */
  private get mute(): boolean {
    return this.dead || this.stalled;
  }

  /** Counts an act, and takes the fault that is due at it. */
  private act(act: FaultAct, length: number): PipeFault | null {
    const number = this.log.acts.push(act) - 1;
    // A pipe that is gone cannot be broken.
    if (this.unheard !== null) return null;
    const index = this.faults.findIndex(({ at, fault }) => {
      if (at > number) return false;
      if (fault === 'eof') return this.isOpen && act !== 'ended' && !this.cut;
      return fault !== 'short-write' || length >= 2;
    });
    const [fault] = index < 0 ? [] : this.faults.splice(index, 1);
    if (fault === undefined) return null;
    this.log.applied.push(fault);
    return fault;
  }

  /** Carries out a fault. True if the act does not take place at all. */
  private breaks(fault: PipeFault | null): boolean {
    switch (fault?.fault) {
      case 'reset':
        this.dead = true;
        this.held.length = 0;
        this.lower.abort(new TransportError('connection-reset', 'an injected reset'));
        return true;
      case 'stall':
        this.stalled = true;
        this.held.length = 0;
        this.lower.pause();
        return true;
      case 'eof':
        // What is written still goes out; what was to be received is cut off.
        this.cut = true;
        this.endDue = true;
        this.reportEndLater();
        this.lower.resume();
        return false;
      case 'delay':
        this.hold(fault.ms);
        return false;
      default:
        return false;
    }
  }

  /** The user is done with it: `leave` the pipe below, or say what that has said. */
  private over(leave: () => void): void {
    const { unheard } = this;
    this.dead = true;
    this.stalled = false;
    this.held.length = 0;
    this.unheard = null;
    if (unheard === null) leave();
    else this.clock.defer(() => this.upper.closed(unheard.error));
  }

  private reportEndLater(): void {
    this.clock.defer(() => {
      if (this.paused || this.mute) return;
      this.pass(() => {
        if (!this.endDue) return;
        this.endDue = false;
        this.upper.ended();
      });
    });
  }

  /** An act passes, behind those that wait; none passes after an abort that came inside the one before. */
  private pass(act: () => void): void {
    if (this.mute) return;
    if (this.holding) this.held.push(act);
    else act();
  }

  private hold(ms: number): void {
    this.holding = true;
    this.timers++;
    if (!this.cut) this.lower.pause();
    const release = (): void => {
      this.timers--;
      this.passHeld();
    };
    if (ms > 0) this.clock.at(this.clock.now() + ms, release);
    else this.clock.defer(release);
  }

  private passHeld(): void {
    // What passes may meet the next fault, and wait again.
    while (this.timers === 0) {
      const next = this.held.shift();
      if (next === undefined) {
        this.holding = false;
        if (!this.paused && !this.starved && !this.mute) this.lower.resume();
        return;
      }
      next();
    }
  }
}

/** The first half of the bytes, and the rest. */
function halves(segments: readonly ByteRange[], length: number): [ByteRange[], ByteRange[]] {
  const first: ByteRange[] = [];
  const rest: ByteRange[] = [];
  let left = length >> 1;
  for (const { bytes, start, end } of segments) {
    const cut = Math.min(end, start + left);
    left -= cut - start;
    first.push({ bytes, start, end: cut });
    rest.push({ bytes, start: cut, end });
  }
  return [first, rest];
}
