/**
 * A tunnel in an H2 stream (RFC 9113 §8.5, RFC 8441) as a transport: DATA both ways, END_STREAM as the half-close, and
 * RST_STREAM as the abort. Whatever becomes possible in a call of its user is done in a turn of the session's (OWN-9);
 * when the connection is over there are none, and whoever opens it then is told in the call.
 *
 * It does not know who tunnels, nor what.
 */
import { MisuseError, TransportError, UndercoatError } from '../errors.js';
import type { Lease, Returned } from '../memory/index.js';
import { CANCEL, CONNECT_ERROR } from '../session/h2/frames-codes.js';
import type { H2Stream } from '../session/h2/stream.js';
import { BaseTransport } from '../transport/base.js';
import type { ByteRange } from '../transport/contract.js';
import type { TransportFacts } from '../transport/facts.js';
import { SegmentQueue } from '../transport/segment-queue.js';
import type { IncomingBody } from './contract.js';

/** What the pipe needs of its exchange. */
export interface PipeExchange {
  readonly id: number;
  readonly stream: H2Stream;
  /** What comes in the stream, which is the tunnel's. */
  readonly tunnelled: IncomingBody;
  /** Nothing that is sent goes anywhere any more. */
  readonly isSevered: boolean;
  /** The pipe sent something, or ended its half. */
  tunnelSent(end: boolean): void;
  abort(reason?: UndercoatError): void;
  /** Asks for a call of `turn`. */
  wakePipe(): void;
  /** What the tunnel's user throws in a turn goes no further. */
  applicationFailed(error: unknown): void;
}

/** A part of what the stream was given, which it has until it gives it back. */
interface Piece {
  readonly length: number;
  isBack: boolean;
}

/** A long segment is given to the stream, and reported, in pieces of so much. */
const pieceBytes = 16_384;
/** With so much at the stream the rest waits here. */
const mostAtStream = 65_536;

export class H2Pipe extends BaseTransport {
  private readonly exchange: PipeExchange;
  private readonly facts: TransportFacts;
  /** Accepted, and not given to the stream yet. */
  private readonly out = new SegmentQueue();
  /** What the stream has, in order: it may give a later one back before an earlier one. */
  private readonly pieces: Piece[] = [];
  private bytesAtStream = 0;
  /** Given back in order, and not reported yet. */
  private writtenBytes = 0;
  /** Something that was accepted will not be written. */
  private isLost = false;
  /** The stream was told of our end. */
  private endGiven = false;
  private backlog: Lease[] = [];
  /** Of the first of the backlog, what was delivered. */
  private offset = 0;
  private inputEnded = false;
  /** Why the stream is gone, if it is not what both ends wanted. */
  private broken: TransportError | undefined;
  /** For the next turn in which nothing is with the stream. */
  private calls: (() => void)[] = [];
  private inTurn = false;
  private isTurnDue = false;

  constructor(exchange: PipeExchange, below: TransportFacts) {
    super('h2-stream', { id: exchange.id });
    this.exchange = exchange;
    this.facts = { kind: 'h2-stream', below };
    const { tunnelled } = exchange;
    // Until it is opened what comes waits at the stream.
    tunnelled.pause();
    tunnelled.consume({
      data: (lease) => this.data(lease),
      end: () => {
        // It has no meaning that trailers could add to.
        this.inputEnded = true;
        this.turn();
      },
      failed: (error) => this.breakOff('the stream that carried the tunnel was reset', error),
    });
  }

  /** The exchange is over: in good order, or with an error. */
  conclude(error: UndercoatError | undefined): void {
    const isWhole = error === undefined && this.inputEnded && this.endGiven && !this.isLost;
    if (!isWhole) this.breakOff('the stream that carried the tunnel is gone', error);
    this.turn();
  }

  /** A turn of the session's. */
  turn(): void {
    if (this.inTurn) {
      this.isTurnDue = true;
      return;
    }
    this.inTurn = true;
    try {
      do {
        this.isTurnDue = false;
        this.advance();
      } while (this.isTurnDue);
    } catch (error) {
      this.exchange.applicationFailed(error);
    }
    this.inTurn = false;
  }

  protected begin(): void {
    this.exchange.wakePipe();
  }

  protected accept(segments: readonly ByteRange[]): void {
    if (this.broken !== undefined) return;
    this.out.push(segments);
    this.exchange.wakePipe();
  }

  protected finish(): void {
    this.exchange.wakePipe();
  }

  protected override hold(): void {
    this.exchange.tunnelled.pause();
  }

  protected carryOn(): void {
    this.exchange.wakePipe();
  }

  protected tearDown(error: TransportError | undefined): void {
    this.drop();
    // RFC 9113 §8.5: whatever broke beyond the tunnel is a CONNECT_ERROR in it.
    const failed =
      error &&
      new TransportError('tunnel-failed', 'what the tunnel leads to failed', {
        cites: 'RFC 9113 §8.5',
        answer: { kind: 'h2-stream', code: CONNECT_ERROR },
        cause: error,
      });
    const { exchange } = this;
    exchange.abort(failed);
    // Of an exchange in which both have ended, and which is over, something may be with the stream still.
    exchange.stream.abort(failed ?? givenUp());
  }

  /** What was framed goes on its way, with END_STREAM behind it; what the peer still sends is dropped. */
  protected override letGo(): void {
    this.drop();
    const { exchange } = this;
    exchange.tunnelled.discard();
    if (exchange.isSevered) return;
    exchange.stream.cutShort();
    exchange.tunnelSent(true);
  }

  protected later(callback: () => void): void {
    this.calls.push(callback);
    this.exchange.wakePipe();
  }

  // What comes in.

  private data(lease: Lease): void {
    if (this.over || this.aborted || this.broken !== undefined) {
      lease.release();
      return;
    }
    this.backlog.push(lease);
    this.turn();
  }

  private breakOff(message: string, cause: UndercoatError | undefined): void {
    this.broken ??= new TransportError('tunnel-reset', message, { cause });
    this.drop();
  }

  private drop(): void {
    this.out.clear();
    const { backlog } = this;
    this.backlog = [];
    for (const lease of backlog) if (lease.live) lease.release();
  }

  // What becomes of it all.

  private advance(): void {
    const isBroken = this.broken !== undefined;
    if (!this.isIdle && !this.over && !this.aborted) {
      if (!this.established && !isBroken) this.reportOpened(this.facts);
      if (this.established) this.carry();
    }
    // Bytes that the stream has are not their owner's yet (OWN-4).
    if (this.pieces.length > 0) return;
    if (this.established) this.tellWritten();
    if (this.endGiven && !this.isLost && !this.localEnded && this.established) this.noteEndSent();
    if (this.localEnded && this.peerEnded) this.reportDone();
    else if (this.broken !== undefined && !this.over && !this.aborted) {
      if (this.isIdle) this.closeBeforeOpen(this.broken);
      else this.reportClosed(this.broken);
    }
    const { calls } = this;
    if (calls.length === 0) return;
    this.calls = [];
    for (const call of calls) call();
  }

  private carry(): void {
    this.tellWritten();
    this.deliver();
    if (this.inputEnded && this.backlog.length === 0 && this.receiving) this.reportEnded();
    this.feed();
  }

  private tellWritten(): void {
    const count = this.writtenBytes;
    this.writtenBytes = 0;
    this.reportWritten(count);
  }

  private deliver(): void {
    while (this.backlog.length > 0 && this.receiving) {
      const room = this.askRoom();
      if (room === undefined) break;
      const lease = this.backlog[0];
      // The receiver may tear the pipe down in `room`: then there is nothing to copy.
      if (lease === undefined) this.receiver.received(0);
      else this.fill(room, lease);
    }
    if (this.over || this.aborted || this.broken !== undefined) return;
    if (this.receiving && this.backlog.length === 0) this.exchange.tunnelled.resume();
    else this.exchange.tunnelled.pause();
  }

  private fill(room: ByteRange, lease: Lease): void {
    const from = lease.start + this.offset;
    const count = Math.min(room.end - room.start, lease.end - from);
    room.bytes.set(lease.bytes.subarray(from, from + count), room.start);
    this.offset += count;
    if (from + count === lease.end) {
      this.offset = 0;
      this.backlog.shift();
      lease.release();
    }
    this.receiver.received(count);
  }

  /** Gives the stream more of what waits, and our end behind the last of it. */
  private feed(): void {
    const { out } = this;
    while (out.pending > 0 && this.bytesAtStream < mostAtStream) {
      for (const range of out.take(Math.min(out.pending, pieceBytes))) this.give(range);
    }
    if (!this.ending || this.endGiven || out.pending > 0 || this.aborted || this.broken !== undefined) return;
    this.endGiven = true;
    const { exchange } = this;
    if (exchange.isSevered) return;
    exchange.stream.end(undefined, undefined);
    exchange.tunnelSent(true);
  }

  private give({ bytes, start, end }: ByteRange): void {
    const piece: Piece = { length: end - start, isBack: false };
    this.pieces.push(piece);
    this.bytesAtStream += piece.length;
    const { exchange } = this;
    if (exchange.isSevered) {
      this.back(piece, false);
      return;
    }
    const told: Returned = (outcome) => this.back(piece, outcome === 'written');
    const outcome = exchange.stream.send(bytes, start, end, false, told);
    exchange.tunnelSent(false);
    if (outcome !== undefined) told(outcome);
  }

  private back(piece: Piece, isWritten: boolean): void {
    const { pieces } = this;
    piece.isBack = true;
    this.bytesAtStream -= piece.length;
    if (!isWritten) this.isLost = true;
    let count = 0;
    while (count < pieces.length && (pieces[count] as Piece).isBack) {
      if (!this.isLost) this.writtenBytes += (pieces[count] as Piece).length;
      count += 1;
    }
    if (count === 0) return;
    pieces.splice(0, count);
    this.exchange.wakePipe();
  }
}

function givenUp(): UndercoatError {
  const answer = { kind: 'h2-stream', code: CANCEL } as const;
  return new UndercoatError('api-misuse', 'aborted', 'OWN-7', 'the tunnel was given up', answer);
}

/** Of a message behind which, or in place of which, there is a tunnel. */
export function byPipe(): MisuseError {
  const message = 'a CONNECT has no content: its tunnel is written to through the pipe';
  return new MisuseError('after-end', 'LAY-7', message);
}
