/**
 * What all transports of ours share: the machine and its steps, the checks at the calls, and the order of the
 * reports. A transport on top of it says how to begin, carry, end and tear down. This file does not know what
 * carries the bytes, nor when a report is due: it must be called from outside any call of the receiver's
 * (OWN-9).
 */
import { MisuseError, type TransportError } from '../errors.js';
import { Machine, type MachineObserver } from '../machine/index.js';
import { Owner } from '../memory/owner.js';
import type { ByteRange, Transport, TransportReceiver, TransportState } from './contract.js';
import type { TransportFacts } from './facts.js';
import { lengthOf } from './segment-queue.js';
import { transportStates, transportTable } from './table.js';

export interface TransportOptions {
  /** Sees the steps of the transport's machine. */
  readonly observer?: MachineObserver | null;
  /** Number of the transport among the owners of one endpoint, for traces; 0 if absent. */
  readonly id?: number;
}

const { open, opened, endSent, endReceived, abort, fail } = transportTable.event;
const { idle, connecting, open: isOpen, halfClosedLocal } = transportTable.state;

export abstract class BaseTransport implements Transport {
  readonly kind: string;
  private readonly machine: Machine;
  private receiverOrNull: TransportReceiver | null = null;
  /** What `closed` will say of an end that came before `open`. */
  private earlyError: TransportError | undefined = undefined;
  /** `end` was called. */
  protected ending = false;
  /** `pause` was called and no `resume` since. */
  protected paused = false;
  /** The receiver said that it has no room, and no `resume` came since. */
  protected starved = false;
  /** Our end went out. */
  protected localEnded = false;
  /** The receiver was told of the peer's end. */
  protected peerEnded = false;
  /** `abort` or `release` was called; `closed` is due. */
  protected aborted = false;
  /** The pipe is gone; nothing more is reported, except `closed` to a receiver that has not heard it. */
  protected over = false;

  constructor(kind: string, options: TransportOptions) {
    this.kind = kind;
    this.machine = new Machine(
      transportTable,
      new Owner('transport', kind, options.id ?? 0),
      options.observer ?? null,
    );
  }

  get state(): TransportState {
    return transportStates[this.machine.state] as TransportState;
  }

  open(receiver: TransportReceiver): void {
    if (this.receiverOrNull !== null) {
      throw new MisuseError('opened-twice', 'LAY-3', `${this.machine.owner} was opened before`);
    }
    this.receiverOrNull = receiver;
    if (this.over) {
      this.later(() => receiver.closed(this.earlyError));
      return;
    }
    this.machine.take(open, undefined);
    this.begin();
  }

  write(segments: readonly ByteRange[]): void {
    if (this.ending) {
      throw new MisuseError('write-after-end', 'LAY-3', `${this.machine.owner} was given bytes after end`);
    }
    const length = lengthOf(segments);
    if (this.over || this.aborted || length === 0) return;
    this.accept(segments, length);
  }

  end(): void {
    if (this.ending) return;
    this.ending = true;
    if (!this.over && !this.aborted) this.finish();
  }

  pause(): void {
    if (this.paused) return;
    this.paused = true;
    if (!this.over && !this.aborted) this.hold();
  }

  resume(): void {
    if (!this.paused && !this.starved) return;
    this.paused = false;
    this.starved = false;
    if (!this.over && !this.aborted) this.carryOn();
  }

  abort(error?: TransportError): void {
    if (this.over || this.aborted) return;
    this.aborted = true;
    this.tearDown(error);
    this.closeAfter(error);
  }

  release(): void {
    if (this.over || this.aborted) return;
    this.ending = true;
    this.aborted = true;
    this.letGo();
    this.closeAfter(undefined);
  }

  /** Begins: `reportOpened` or `reportClosed` follows. */
  protected abstract begin(): void;
  /** Takes segments, at least one byte in all, at any time from idle on. */
  protected abstract accept(segments: readonly ByteRange[], length: number): void;
  /** Half-closes after what was accepted; may come before `begin`. */
  protected abstract finish(): void;
  /** There may be room again, or reading may go on. */
  protected abstract carryOn(): void;
  /** Drops everything held and tears down what is below. `closed` is reported by the caller. */
  protected abstract tearDown(error: TransportError | undefined): void;
  /** Does something after the present call. */
  protected abstract later(callback: () => void): void;

  /** Drops everything held and lets go of what is below in order, if that can be had. `closed` is reported by the caller. */
  protected letGo(): void {
    this.tearDown(undefined);
  }

  /** `pause` was called; `paused` already says so. */
  protected hold(): void {}

  /** Who is reported to. Only after `open`. */
  protected get receiver(): TransportReceiver {
    return this.receiverOrNull as TransportReceiver;
  }

  /** True when the pipe is open for us: `opened` was reported. */
  protected get established(): boolean {
    const { state } = this.machine;
    return state !== idle && state !== connecting;
  }

  /** True when bytes, or the peer's end, may be delivered now. */
  protected get receiving(): boolean {
    return (
      !this.paused && !this.starved && !this.over && !this.aborted && this.established && !this.peerEnded
    );
  }

  /** Room of the receiver's, at least one byte; undefined when there is none, and then nobody asks until `resume`. */
  protected askRoom(): ByteRange | undefined {
    const room = this.receiver.room();
    if (room !== undefined) {
      if (room.end > room.start) return room;
      // An empty room is no room, but it was given and must be closed.
      this.receiver.received(0);
    }
    this.starved = true;
    return undefined;
  }

  protected reportOpened(facts: TransportFacts): void {
    this.machine.take(opened, undefined);
    this.receiver.opened(facts);
  }

  protected reportWritten(count: number): void {
    if (!this.over && !this.aborted && count > 0) this.receiver.written(count);
  }

  /** The peer's end, after all its bytes. `reportDone` must follow if it was the second of the two ends. */
  protected reportEnded(): void {
    this.peerEnded = true;
    if (this.machine.is(isOpen)) this.machine.take(endReceived, undefined);
    this.receiver.ended();
  }

  /** Our end went out. `reportDone` must follow if it was the second of the two ends. */
  protected noteEndSent(): void {
    this.localEnded = true;
    if (this.machine.is(isOpen)) this.machine.take(endSent, undefined);
  }

  /** Both ends passed, all bytes with them: an orderly close. */
  protected reportDone(): void {
    if (this.over || this.aborted) return;
    this.over = true;
    this.machine.take(this.machine.is(halfClosedLocal) ? endReceived : endSent, undefined);
    this.receiver.closed();
  }

  /** Gone: torn down without an error, or broken with one. Once; later calls do nothing. */
  protected reportClosed(error: TransportError | undefined): void {
    if (this.over) return;
    this.over = true;
    this.machine.take(error === undefined ? abort : fail, undefined);
    this.receiver.closed(error);
  }

  /** Gone before anybody opened it; the receiver of a later `open` is told. */
  protected closeBeforeOpen(error: TransportError | undefined): void {
    this.over = true;
    this.earlyError = error;
    this.machine.take(error === undefined ? abort : fail, undefined);
  }

  private closeAfter(error: TransportError | undefined): void {
    if (this.machine.is(idle)) this.closeBeforeOpen(error);
    else this.later(() => this.reportClosed(error));
  }

  /** True until `open`. */
  protected get isIdle(): boolean {
    return this.machine.is(idle);
  }
}
