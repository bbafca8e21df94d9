/**
 * A transport that plays a recording to its receiver: what was reported then is reported again, in that order,
 * and what the receiver writes must be what was written then. A recorded write is a point to wait at: nothing
 * after it is reported before the receiver has written as much. How the bytes were cut is not compared. This
 * file does not know what the bytes mean.
 */
import { TransportError } from '../errors.js';
import { copyBytes } from '../memory/copy-bytes.js';
import { BaseTransport, type TransportOptions } from './base.js';
import type { Clock } from './clock.js';
import type { ByteRange } from './contract.js';
import { type RecordedAct, replayedFacts, unhex } from './recording.js';
import { SegmentQueue } from './segment-queue.js';

/**
 * Plays a recording. If the receiver writes or ends otherwise than was recorded, the transport fails with
 * `replay-mismatch`. Where the recorded user aborted, and at the recording's end, it waits.
 */
export class Replayer extends BaseTransport {
  private readonly clock: Clock;
  private readonly acts: readonly RecordedAct[];
  /** The act that is next, and how much of its bytes is done. */
  private next = 0;
  private done = 0;
  private bytes: Uint8Array | null = null;
  /** Written by the receiver, not yet compared. */
  private readonly uncompared = new SegmentQueue();
  /** Octets that were compared, and how many of them are not reported as written. */
  private compared = 0;
  private unreported = 0;
  private recordedEnd = false;
  private scheduled = false;

  constructor(acts: readonly RecordedAct[], clock: Clock, options: TransportOptions = {}) {
    const first = acts.find(({ act }) => act === 'opened');
    super(first?.act === 'opened' ? first.facts.kind : 'replay', options);
    this.acts = acts;
    this.clock = clock;
  }

  /** Recorded acts that have been played or matched. */
  get position(): number {
    return this.next;
  }

  /** True when the whole recording was played and nothing beyond it was written. */
  get finished(): boolean {
    return this.next === this.acts.length && this.uncompared.pending === 0;
  }

  protected begin(): void {
    this.schedule();
  }

  protected accept(segments: readonly ByteRange[]): void {
    this.uncompared.push(segments);
    this.schedule();
  }

  protected finish(): void {
    this.schedule();
  }

  protected carryOn(): void {
    this.schedule();
  }

  protected tearDown(): void {
    this.uncompared.clear();
    const act = this.acts[this.next]?.act;
    if (act === 'abort' || act === 'release') this.next++;
  }

  protected later(callback: () => void): void {
    this.clock.defer(callback);
  }

  private schedule(): void {
    if (this.scheduled || this.isIdle) return;
    this.scheduled = true;
    this.clock.defer(() => {
      this.scheduled = false;
      while (!this.over && !this.aborted && this.play(this.acts[this.next])) {}
    });
  }

  /** Plays or matches one act; false if it must wait. */
  private play(act: RecordedAct | undefined): boolean {
    switch (act?.act) {
      case 'opened':
        this.next++;
        this.reportOpened(replayedFacts(act.facts));
        return true;
      case 'received':
        return this.playBytes(act.bytes);
      case 'ended':
        if (!this.receiving) return false;
        this.next++;
        this.reportEnded();
        return true;
      case 'write':
        return this.compare(act.bytes);
      case 'written':
        if (this.unreported < act.count) return false;
        this.next++;
        this.unreported -= act.count;
        this.reportWritten(act.count);
        this.sendEnd();
        return true;
      case 'end':
        if (this.uncompared.pending > 0) return this.mismatch('bytes where the recording ends');
        if (!this.ending) return false;
        this.next++;
        this.recordedEnd = true;
        this.sendEnd();
        return true;
      case 'closed':
        return this.playClosed(act.error);
      default:
        return false;
    }
  }

  private playBytes(text: string): boolean {
    this.bytes ??= unhex(text);
    const { bytes } = this;
    while (this.done < bytes.length) {
      const room = this.receiving ? this.askRoom() : undefined;
      if (room === undefined) return false;
      const count = Math.min(room.end - room.start, bytes.length - this.done);
      copyBytes(bytes, this.done, this.done + count, room.bytes, room.start);
      this.done += count;
      this.receiver.received(count);
    }
    this.advance();
    return true;
  }

  private compare(text: string): boolean {
    this.bytes ??= unhex(text);
    const { bytes } = this;
    const left = bytes.length - this.done;
    const written = new Uint8Array(Math.min(left, this.uncompared.pending));
    this.uncompared.copyTo(written, 0, written.length);
    for (let i = 0; i < written.length; i++) {
      if (written[i] !== bytes[this.done + i]) return this.mismatch(`octet ${this.compared + i} differs`);
    }
    this.done += written.length;
    this.compared += written.length;
    this.unreported += written.length;
    if (this.done < bytes.length) {
      return this.ending ? this.mismatch(`an end after ${this.compared} octets`) : false;
    }
    this.advance();
    return true;
  }

  private playClosed(error: { readonly code: string; readonly message: string } | undefined): boolean {
    this.next++;
    this.uncompared.clear();
    if (error !== undefined) this.reportClosed(new TransportError(error.code, error.message));
    else if (this.peerEnded && this.localEnded) this.reportDone();
    else this.reportClosed(undefined);
    return false;
  }

  private advance(): void {
    this.next++;
    this.done = 0;
    this.bytes = null;
  }

  private sendEnd(): void {
    if (this.recordedEnd && this.unreported === 0 && !this.localEnded) this.noteEndSent();
  }

  private mismatch(what: string): false {
    this.uncompared.clear();
    const message = `the receiver wrote otherwise than was recorded: ${what}`;
    this.reportClosed(new TransportError('replay-mismatch', message, { cites: 'CON-2' }));
    return false;
  }
}
