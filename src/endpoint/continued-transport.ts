/**
 * The rest of a pipe after a handoff: an idle transport for whoever goes on (TLS, a tunnel), standing on the one that
 * the session chain had. It delivers every byte that was received and not used first, then everything else; what it
 * is given to write goes out behind what is still in flight of the chain's (CON-2, CON-3).
 *
 * It is the receiver of the transport below and the transport of whoever is above. It does not know who that is.
 */
import { MisuseError, type TransportError } from '../errors.js';
import type { SendBuffer } from '../memory/index.js';
import type { Clock } from '../transport/clock.js';
import type { ByteRange, Transport, TransportReceiver, TransportState } from '../transport/contract.js';
import type { TransportFacts } from '../transport/facts.js';
import type { UnusedBytes } from './unused-bytes.js';

/** What a session chain leaves behind. */
export interface Detached {
  readonly lower: Transport;
  readonly facts: TransportFacts;
  /** All bytes received and not used; the continued transport's from now on. */
  readonly unused: UnusedBytes;
  /** The peer's half-close was seen; it comes after `unused`. */
  readonly inputEnded: boolean;
  /** Everything in it is in flight. */
  readonly output: SendBuffer;
  readonly clock: Clock;
  /** We were given something to write; some was written, and so many bytes, the chain's among them, were not. */
  readonly wrote: () => void;
  readonly progressed: (left: number) => void;
  /** The transport below is gone, and everything held went back. */
  readonly closed: (error: TransportError | undefined) => void;
  /** Application code threw where it was told that its bytes came back. */
  readonly report: (error: unknown) => void;
}

export class ContinuedTransport implements Transport, TransportReceiver {
  private readonly from: Detached;
  private readonly lower: Transport;
  private receiver: TransportReceiver | null;
  private readonly unused: UnusedBytes;
  private inputEnded: boolean;
  private openedTold: boolean;
  /** Written of what we were given before we said that we are open; said after it. */
  private writtenEarly: number;
  /** Bytes that we were given and that are not written. */
  private pendingBytes: number;
  private endTold: boolean;
  private paused: boolean;
  private aborted: boolean;
  /** The transport below has closed, with `error`; whether our receiver was told, and whether `from` was. */
  private over: boolean;
  private error: TransportError | undefined;
  private closedTold: boolean;
  private concluded: boolean;
  private scheduled: boolean;
  private readonly turn: () => void;

  constructor(from: Detached) {
    this.from = from;
    this.lower = from.lower;
    this.receiver = null;
    this.unused = from.unused;
    this.inputEnded = from.inputEnded;
    this.openedTold = false;
    this.writtenEarly = 0;
    this.pendingBytes = 0;
    this.endTold = false;
    this.paused = false;
    this.aborted = false;
    this.over = false;
    this.error = undefined;
    this.closedTold = false;
    this.concluded = false;
    this.scheduled = false;
    this.turn = () => this.run();
  }

  get kind(): string {
    return this.lower.kind;
  }

  get state(): TransportState {
    if (this.over) return this.lower.state;
    if (this.receiver === null) return 'idle';
    return this.openedTold ? this.lower.state : 'connecting';
  }

  open(receiver: TransportReceiver): void {
    if (this.receiver !== null) {
      throw new MisuseError(
        'opened-twice',
        'LAY-3',
        `the rest of a ${this.kind} transport was opened before`,
      );
    }
    this.receiver = receiver;
    this.schedule();
  }

  write(segments: readonly ByteRange[]): void {
    for (const { start, end } of segments) this.pendingBytes += end - start;
    this.from.wrote();
    this.lower.write(segments);
  }

  end(): void {
    this.lower.end();
  }

  pause(): void {
    this.paused = true;
    this.lower.pause();
  }

  resume(): void {
    this.paused = false;
    if (this.openedTold && this.unused.none) this.lower.resume();
    else this.schedule();
  }

  abort(error?: TransportError): void {
    this.leave(() => this.lower.abort(error));
  }

  release(): void {
    this.leave(() => this.lower.release());
  }

  /** The transport below was open when it was detached. */
  opened(): void {
    throw new MisuseError(
      'opened-twice',
      'LAY-3',
      `a ${this.kind} transport reported twice that it was open`,
    );
  }

  room(): ByteRange | undefined {
    // What was received earlier comes first: until it is delivered there is no room for more.
    if (!this.openedTold || !this.unused.none || this.aborted) return undefined;
    return (this.receiver as TransportReceiver).room();
  }

  received(count: number): void {
    (this.receiver as TransportReceiver).received(count);
  }

  ended(): void {
    this.inputEnded = true;
    if (this.openedTold && this.unused.none) this.tellEnd();
  }

  written(count: number): void {
    const { output } = this.from;
    const before = Math.min(count, output.pendingBytes);
    if (before > 0) {
      try {
        output.written(before);
      } catch (error) {
        this.from.report(error);
      }
    }
    const ours = count - before;
    this.pendingBytes -= ours;
    this.from.progressed(output.pendingBytes + this.pendingBytes);
    if (ours === 0) return;
    if (this.openedTold) (this.receiver as TransportReceiver).written(ours);
    else this.writtenEarly += ours;
  }

  closed(error?: TransportError): void {
    this.over = true;
    this.error = error;
    try {
      this.from.output.fail();
    } catch (thrown) {
      this.from.report(thrown);
    }
    // After an orderly end all that was received is still owed to the reader; after a failure nothing is.
    if (error !== undefined || this.aborted || this.receiver === null) this.unused.drop();
    this.conclude();
  }

  private leave(lower: () => void): void {
    if (this.aborted || this.closedTold) return;
    this.aborted = true;
    this.unused.drop();
    if (this.over) this.schedule();
    else lower();
  }

  private schedule(): void {
    if (this.scheduled || this.receiver === null) return;
    this.scheduled = true;
    this.from.clock.defer(this.turn);
  }

  /** A turn of our own: opens, delivers what was left over, ends. */
  private run(): void {
    this.scheduled = false;
    if (this.closedTold) return;
    const receiver = this.receiver as TransportReceiver;
    if (!this.openedTold && !this.aborted && (!this.over || !this.unused.none)) {
      this.openedTold = true;
      receiver.opened(this.from.facts);
      if (this.writtenEarly > 0 && !this.aborted) receiver.written(this.writtenEarly);
    }
    if (this.openedTold && !this.deliver(receiver)) return;
    if (this.over) this.conclude();
    else if (!this.paused && !this.aborted) this.lower.resume();
  }

  /** @returns whether everything received before the handoff was delivered */
  private deliver(receiver: TransportReceiver): boolean {
    while (!this.unused.none) {
      const room = this.paused ? undefined : receiver.room();
      if (room === undefined) return false;
      receiver.received(this.unused.into(room));
      // An empty room is no room, but it was given and must be closed.
      if (room.end === room.start) return false;
    }
    if (this.inputEnded && !this.aborted) this.tellEnd();
    return true;
  }

  private tellEnd(): void {
    if (this.endTold) return;
    this.endTold = true;
    (this.receiver as TransportReceiver).ended();
  }

  /** The transport below is gone: says so, once nothing is owed to the reader any more. */
  private conclude(): void {
    if (!this.unused.none) return;
    if (this.receiver !== null && !this.closedTold) {
      this.closedTold = true;
      this.receiver.closed(this.error);
    }
    if (this.concluded) return;
    this.concluded = true;
    this.from.closed(this.error);
  }
}
