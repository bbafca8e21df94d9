/**
 * How an H2 connection ends (RFC 9113 §5.4.1, §6.8, §9.1): GOAWAY in two phases, the drain, errors, and the peer's end.
 * This file does not know what makes it end.
 */
import { TransportError, type UndercoatError } from '../../errors.js';
import type { Ending } from '../contract.js';
import type { H2Connection } from './connection.js';
import { MAX_31_BITS, NO_ERROR } from './frames-codes.js';
import { codeOf } from './h2-errors.js';
import { h2ConnectionTable } from './tables.js';

const { state, event } = h2ConnectionTable;
/** What our PING behind the first GOAWAY says; no other has it. */
const opaque = Uint8Array.from([0x75, 0x6e, 0x64, 0x65, 0x72, 0x63, 0x6f, 0x61]);

export class Closing {
  ending: Ending;
  error: UndercoatError | undefined;
  /** The last stream that the peer will process, by its GOAWAY; and that we process, by ours. */
  peerLast: number;
  ourLast: number;
  /** What the peer said when it said that it goes away: streams that are lost later were lost because of it. */
  peerSaid: TransportError | undefined;
  /** Since when streams have been let end. */
  drainSince: number;
  isShuttingDown: boolean;
  inputEnded: boolean;
  /** A GOAWAY of ours was the last word; after the first one the answer to its PING is waited for. */
  private isWarned: boolean;
  private isFinal: boolean;
  private readonly connection: H2Connection;

  constructor(connection: H2Connection) {
    this.ending = 'end';
    this.error = undefined;
    this.peerLast = MAX_31_BITS;
    this.ourLast = MAX_31_BITS;
    this.peerSaid = undefined;
    this.drainSince = Number.POSITIVE_INFINITY;
    this.isShuttingDown = false;
    this.inputEnded = false;
    this.isWarned = false;
    this.isFinal = false;
    this.connection = connection;
  }

  /** Graceful: what has begun is finished. In two phases (§6.8): first a warning, so that what is on its way is taken. */
  shutdown(): void {
    const { connection } = this;
    this.isShuttingDown = true;
    if (connection.streams.live.size === 0) {
      this.leave();
      return;
    }
    this.drainSince = connection.now;
    if (connection.isServer) {
      this.isWarned = true;
      this.goaway(MAX_31_BITS, NO_ERROR, '');
      connection.outbound.writer.ping(opaque, 0, false);
    } else this.sayFinal();
  }

  /** A PING was answered, by the octets from `at` on: if it was the one behind the warning, what was on its way has come. */
  pingAnswered(bytes: Uint8Array, at: number): void {
    if (this.isWarned && !this.isFinal && opaque.every((octet, i) => octet === bytes[at + i]))
      this.sayFinal();
  }

  /** Nothing is under way: says goodbye and closes. */
  leave(): void {
    const { machine } = this.connection;
    if (!this.isFinal) this.sayFinal();
    machine.step(event['last-stream-closed']);
    this.finish('linger', undefined);
  }

  /** After a frame: whether the connection is to end for what it brought about, or the last stream of a drain is over. */
  settleDrain(): void {
    const { connection } = this;
    if (connection.fault !== undefined && !connection.over) this.fail(connection.fault);
    if (connection.streams.live.size > 0 || !connection.machine.is(state.draining)) return;
    // The warning's answer has not come: streams may still be on their way to us.
    if (!this.isWarned || this.isFinal || (this.inputEnded && !connection.inputHeld)) this.leave();
  }

  /** After a turn. */
  settle(): void {
    this.settleDrain();
    if (this.inputEnded && !this.connection.over && !this.connection.inputHeld) this.endedByPeer();
  }

  /** GOAWAY with the code and the reason, then the close (§5.4.1); nothing more is interpreted (WIRE-2). */
  fail(error: UndercoatError, cause: number = event.error): void {
    const { connection } = this;
    const { input } = connection.context;
    connection.machine.take(cause);
    connection.outbound.writer.goaway(this.lastTaken, codeOf(error.answer), error.message);
    input.discard(input.pendingBytes);
    this.finish('linger', error);
    connection.endAll(error, this.peerLast);
  }

  /** The transport is gone. */
  lost(error: UndercoatError | undefined): void {
    const { connection } = this;
    if (!connection.machine.step(event['transport-gone'])) return;
    const { peerSaid } = this;
    const reason =
      error ??
      new TransportError('closed', 'the connection closed before the exchange was complete', {
        cause: peerSaid,
      });
    this.finish('abort', connection.machine.is(state.failed) ? reason : this.error);
    const isLoss = peerSaid !== undefined && error instanceof TransportError;
    connection.endAll(isLoss ? lostAfter(peerSaid, error) : reason, this.peerLast);
  }

  /** The peer half-closed: what it has asked for whole is still answered. */
  private endedByPeer(): void {
    const { connection } = this;
    const { live } = connection.streams;
    const cut = new TransportError('ended', 'the peer ended the connection within a message', {
      cites: 'RFC 9113 §9.1',
      cause: this.peerSaid,
    });
    for (const stream of live.all()) if (!stream.inputComplete) connection.sendReset(stream, cut);
    if (live.size > 0) return;
    connection.machine.take(event['input-end']);
    this.finish('end', undefined);
  }

  private sayFinal(): void {
    this.isFinal = true;
    this.goaway(this.lastTaken, NO_ERROR, '');
  }

  /** The peer may have begun more since our last word, which stands: what it names is never raised (§6.8). */
  private get lastTaken(): number {
    return Math.min(this.connection.streams.lastOfPeer, this.ourLast);
  }

  private goaway(last: number, code: number, reason: string): void {
    const { connection } = this;
    this.ourLast = last;
    connection.machine.step(event['goaway-sent']);
    connection.outbound.writer.goaway(last, code, reason);
  }

  private finish(ending: Ending, error: UndercoatError | undefined): void {
    this.ending = ending;
    this.error = error;
    this.connection.waiting.close();
  }
}

/** To a stream what the peer said tells more than how the pipe broke; of that the session's own error tells. */
function lostAfter(peerSaid: TransportError, { code, cites }: TransportError): TransportError {
  const message = 'the connection was lost after the peer said that it goes away';
  return new TransportError(code, message, { cites, cause: peerSaid });
}
