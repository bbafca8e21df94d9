/**
 * A tunnel in an H2 stream (RFC 9113 §8.5, RFC 8441) as a transport: DATA both ways, END_STREAM as the half-close, and
 * RST_STREAM as the abort. Whatever becomes possible in a call of its user is done in a turn of the session's (OWN-9).
 *
 * It does not know who tunnels, nor what.
 */
import { MisuseError, TransportError, type UndercoatError } from '../errors.js';
import type { Lease } from '../memory/index.js';
import { CONNECT_ERROR } from '../session/h2/frames-codes.js';
import type { ByteRange, Transport, TransportReceiver, TransportState } from '../transport/contract.js';
import type { TransportFacts } from '../transport/facts.js';
import type { BodyConsumer, IncomingBody, OutgoingBody } from './contract.js';

/** What the pipe needs of its exchange. */
export interface PipeExchange extends OutgoingBody {
  /** What comes in the stream, which is the tunnel's. */
  readonly tunnelled: IncomingBody;
  abort(reason?: UndercoatError): void;
  /** Asks for a call of `turn`. */
  wakePipe(): void;
  /** What the tunnel's user throws in a turn goes no further. */
  applicationFailed(error: unknown): void;
}

export class H2Pipe implements Transport {
  readonly kind: string;
  private readonly exchange: PipeExchange;
  private readonly facts: TransportFacts;
  private receiver: TransportReceiver | null;
  private backlog: Lease[];
  private offset: number;
  private writtenBytes: number;
  private openedTold: boolean;
  private inputEnded: boolean;
  private endTold: boolean;
  private outputEnded: boolean;
  private paused: boolean;
  private over: boolean;
  private error: TransportError | undefined;
  private closedTold: boolean;

  constructor(exchange: PipeExchange, below: TransportFacts) {
    this.kind = 'h2-stream';
    this.exchange = exchange;
    this.facts = { kind: 'h2-stream', below };
    this.receiver = null;
    this.backlog = [];
    this.offset = 0;
    this.writtenBytes = 0;
    this.openedTold = false;
    this.inputEnded = false;
    this.endTold = false;
    this.outputEnded = false;
    this.paused = false;
    this.over = false;
    this.error = undefined;
    this.closedTold = false;
  }

  get state(): TransportState {
    if (this.over) return this.error === undefined ? 'closed' : 'failed';
    if (this.receiver === null) return 'idle';
    if (!this.openedTold) return 'connecting';
    if (this.outputEnded) return this.endTold ? 'closed' : 'half-closed-local';
    return this.endTold ? 'half-closed-remote' : 'open';
  }

  open(receiver: TransportReceiver): void {
    if (this.receiver !== null) throw new MisuseError('opened-twice', 'LAY-3', 'a tunnel is opened once');
    this.receiver = receiver;
    const consumer: BodyConsumer = {
      data: (lease) => this.data(lease),
      end: () => this.inputEnd(),
      failed: (error) => this.failed(error),
    };
    this.exchange.tunnelled.consume(consumer);
    this.exchange.wakePipe();
  }

  write(segments: readonly ByteRange[]): void {
    if (this.over) return;
    if (this.outputEnded)
      throw new MisuseError('write-after-end', 'LAY-3', 'a tunnel is written to before its end');
    for (const { bytes, start, end } of segments) {
      const length = end - start;
      this.exchange.send(bytes.subarray(start, end), false, (outcome) => {
        if (outcome === 'written') this.writtenBytes += length;
        this.exchange.wakePipe();
      });
    }
  }

  end(): void {
    if (this.outputEnded || this.over) return;
    this.outputEnded = true;
    this.exchange.end();
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.exchange.tunnelled.resume();
    this.exchange.wakePipe();
  }

  /** What was written goes on its way with the stream's END_STREAM; what the peer still sends is dropped. */
  release(): void {
    if (this.over) return;
    this.end();
    this.exchange.tunnelled.discard();
    this.ended(undefined);
  }

  abort(error?: TransportError): void {
    if (this.over) return;
    // RFC 9113 §8.5: whatever broke beyond the tunnel is a CONNECT_ERROR in it.
    const failed =
      error &&
      new TransportError('tunnel-failed', 'what the tunnel leads to failed', {
        cites: 'RFC 9113 §8.5',
        answer: { kind: 'h2-stream', code: CONNECT_ERROR },
        cause: error,
      });
    this.exchange.abort(failed);
    this.ended(error);
  }

  // The body's side.

  private data(lease: Lease): void {
    this.backlog.push(lease);
    this.deliver();
    if (this.backlog.length > 0) this.exchange.tunnelled.pause();
  }

  /** END_STREAM; it has no meaning that trailers could add to. */
  private inputEnd(): void {
    this.inputEnded = true;
    this.turn();
  }

  private failed(error: UndercoatError): void {
    this.ended(
      new TransportError('tunnel-reset', 'the stream that carried the tunnel was reset', { cause: error }),
    );
  }

  /** The exchange is over: in good order, or with an error. */
  conclude(error: UndercoatError | undefined): void {
    const message = 'the stream that carried the tunnel is gone';
    this.ended(
      error === undefined ? undefined : new TransportError('tunnel-reset', message, { cause: error }),
    );
    this.turn();
  }

  private ended(error: TransportError | undefined): void {
    if (this.over) return;
    this.over = true;
    this.error = error;
    const { backlog } = this;
    this.backlog = [];
    for (const lease of backlog) if (lease.live) lease.release();
    this.exchange.wakePipe();
  }

  /** A turn of the session's. */
  turn(): void {
    try {
      this.advance();
    } catch (error) {
      this.exchange.applicationFailed(error);
    }
  }

  private advance(): void {
    const { receiver } = this;
    if (receiver === null || this.closedTold) return;
    if (!this.openedTold && !this.over) {
      this.openedTold = true;
      receiver.opened(this.facts);
    }
    this.tellWritten(receiver);
    this.deliver();
    if (this.inputEnded && this.backlog.length === 0 && !this.endTold && !this.over) {
      this.endTold = true;
      receiver.ended();
    }
    if (this.over || (this.endTold && this.outputEnded)) {
      this.tellWritten(receiver);
      this.over = true;
      this.closedTold = true;
      receiver.closed(this.error);
    }
  }

  private tellWritten(receiver: TransportReceiver): void {
    const count = this.writtenBytes;
    this.writtenBytes = 0;
    if (count > 0) receiver.written(count);
  }

  private deliver(): void {
    const { receiver } = this;
    if (receiver === null || !this.openedTold) return;
    while (this.backlog.length > 0 && !this.paused && !this.over) {
      const room = receiver.room();
      if (room === undefined) return;
      const lease = this.backlog[0] as Lease;
      const from = lease.start + this.offset;
      const count = Math.min(room.end - room.start, lease.end - from);
      room.bytes.set(lease.bytes.subarray(from, from + count), room.start);
      this.offset += count;
      if (from + count === lease.end) {
        this.offset = 0;
        this.backlog.shift();
        lease.release();
      }
      receiver.received(count);
    }
  }
}
