/**
 * How the streams of an H2 connection live and end: a turn gives sinks their news, ends what
 * is over, announces credit and frames what waits. Frames come in through `inbound.ts`.
 *
 * It does not know how a connection begins and ends, nor what time it is.
 */
import type { UndercoatError } from '../../errors.js';
import { type Lease, Owner, type Returned } from '../../memory/index.js';
import type { SessionContext } from '../contract.js';
import { ChangedPriorities } from './changed-priorities.js';
import { ConnectionParts } from './connection-parts.js';
import { DEFAULT_WINDOW_SIZE, NO_ERROR } from './frames-codes.js';
import { calmDown, codeOf, exhausted } from './h2-errors.js';
import { HeldBack } from './held-back.js';
import type { H2Settings } from './options.js';
import { requireListFits } from './outgoing.js';
import type { Priority } from './priority.js';
import { H2Stream, noneReceived, type StreamHost } from './stream.js';
import { StreamList } from './stream-list.js';
import { h2StreamTable } from './tables.js';
import type { HeaderFields } from './writer.js';

const { state: streamState, event: streamEvent } = h2StreamTable;
const never = Number.POSITIVE_INFINITY;
/** Bytes of content that are worth one frame without use: a peer that takes a lot says a lot about its windows. */
const bytesPerTrifle = 512;

export class H2Connection extends ConnectionParts implements StreamHost {
  /** In a call of the driver's: what is asked for now is looked after before it returns. */
  private inTurn: boolean;
  private readonly heldBack: HeldBack;
  private readonly priorities: ChangedPriorities;
  /** Streams to look at before the turn ends. */
  private readonly touched: StreamList<H2Stream>;

  constructor(context: SessionContext, settings: H2Settings, isServer: boolean) {
    super(context, settings, isServer);
    const { outputHighWaterBytes } = settings;
    this.inTurn = false;
    this.heldBack = new HeldBack(context.output, outputHighWaterBytes);
    this.priorities = new ChangedPriorities(context.output, this.outbound.writer, outputHighWaterBytes);
    this.touched = new StreamList();
  }

  // Commands of the stream layer. They change what is to be written and ask for a turn; they never call back.

  /**
   * Begins a request, which the caller has seen to be available. One that cannot be built fails in the next turn.
   * @throws LimitError `peer-header-list`; nothing has changed then
   */
  open(fields: HeaderFields, end: boolean): H2Stream {
    const { streams } = this;
    requireListFits(fields, this.peer.maxHeaderListSize);
    // The application may call at any time: the next turn says when that was.
    const stream = this.makeStream(streams.next, never);
    if (this.outbound.head(stream, fields, end)) {
      streams.next += 2;
      streams.add(stream);
      stream.headSent = true;
      stream.ending = end;
    } else stream.outputFailed = true;
    this.touch(stream);
    return stream;
  }

  /** Sends a header block on a stream. @throws LimitError as `open` does */
  head(stream: H2Stream, fields: HeaderFields, end: boolean): void {
    requireListFits(fields, this.peer.maxHeaderListSize);
    if (!this.outbound.head(stream, fields, end)) stream.outputFailed = true;
    else if (end) stream.ending = true;
    this.touch(stream);
  }

  /** Sends a whole message with content. @throws LimitError as `open` does */
  message(stream: H2Stream, fields: HeaderFields, body: Uint8Array): void {
    requireListFits(fields, this.peer.maxHeaderListSize);
    if (this.outbound.message(stream, fields, body)) this.queued(stream, body.length);
    else {
      stream.outputFailed = true;
      this.touch(stream);
    }
  }

  /** @throws MisuseError `after-end`, LimitError `output-limit`; nothing has changed then */
  data(
    stream: H2Stream,
    bytes: Uint8Array,
    start: number,
    end: number,
    returned: Returned | undefined,
    last: boolean,
  ): 'written' | undefined {
    const outcome = this.outbound.data(stream, bytes, start, end, returned, last);
    this.queued(stream, end - start);
    return outcome;
  }

  /** @throws as `data` does */
  lease(stream: H2Stream, lease: Lease, end: boolean): void {
    const { length } = lease;
    this.outbound.lease(stream, lease, end);
    this.queued(stream, length);
  }

  /** @throws LimitError as `open` does */
  endMessage(stream: H2Stream, trailers: HeaderFields | undefined): void {
    if (trailers !== undefined) requireListFits(trailers, this.peer.maxHeaderListSize);
    this.outbound.end(stream, trailers);
    this.touch(stream);
  }

  /** Ends the message with what was framed of it: for a tunnel whose user is done with it. */
  cutShort(stream: H2Stream): void {
    this.outbound.cutShort(stream);
    stream.sentAt = never;
    this.touch(stream);
  }

  /** Breaks a stream off in the next turn: by the answer that the reason names if none is committed; the connection goes on. */
  breakOff(stream: H2Stream, reason: UndercoatError): void {
    if (stream.broken === undefined) stream.broken = reason;
    this.touch(stream);
  }

  prioritise(stream: H2Stream, priority: Priority): void {
    this.priorities.set(stream, priority);
    this.touch(stream);
  }

  /** Something of the stream is to be looked at in a turn. */
  touch(stream: H2Stream): void {
    if (!stream.touched) {
      stream.touched = true;
      this.touched.push(stream);
    }
    if (!this.inTurn) this.context.wake();
  }

  /** The final consumer let go: credit is due (CON-4). */
  credited(stream: H2Stream, bytes: number): void {
    this.window.credit(bytes);
    if (!stream.discarding) stream.receiveWindow.credit(bytes);
    this.due.add(stream);
    if (!this.inTurn) this.context.wake();
  }

  // The session's parts.

  beginTurn(now: number): void {
    this.now = now;
    this.inTurn = true;
  }

  /** What came up too late in the turn asks for another one. */
  endTurn(): void {
    this.inTurn = false;
    if (this.touched.size > 0 || this.due.some) this.context.wake();
  }

  /** @param since when it begins; `Infinity` for the next turn */
  makeStream(id: number, since: number): H2Stream {
    const owner = new Owner('session', 'h2-stream', id);
    const { settings, settingsHold, peer, context } = this;
    const window = settingsHold ? settings.streamWindowBytes : DEFAULT_WINDOW_SIZE;
    return new H2Stream(id, this, owner, context.observer, window, peer.initialWindowSize, since);
  }

  /** Stream 1, whose request was complete before this session began (RFC 7540 §3.2). */
  firstStream(): H2Stream {
    const { isServer, streams } = this;
    const stream = this.makeStream(1, never);
    if (isServer) streams.lastOfPeer = 1;
    else streams.next = 3;
    streams.add(stream);
    stream.machine.take(isServer ? streamEvent['receive-headers'] : streamEvent['send-headers']);
    stream.machine.take(isServer ? streamEvent['receive-end'] : streamEvent['send-end']);
    stream.headReceived = isServer;
    stream.inputComplete = isServer;
    stream.headSent = !isServer;
    stream.ending = !isServer;
    this.availabilityChanged = !isServer;
    this.touch(stream);
    return stream;
  }

  /** A stream error that the peer made: RST_STREAM, and one more of those it may make (CVE-2025-8671). */
  streamFault(stream: H2Stream, error: UndercoatError): UndercoatError | undefined {
    this.sendReset(stream, error);
    if (!this.resets.spend(this.now)) return calmDown('resets', 'too many streams had to be reset');
    return this.owed();
  }

  sendReset(stream: H2Stream, error: UndercoatError): void {
    if (stream.machine.step(streamEvent['send-reset'])) {
      this.outbound.writer.reset(stream.id, codeOf(error.answer));
    }
    this.streams.rememberReset(stream.id);
    this.remove(stream, error, false);
  }

  /** The stream is over before both messages were complete. */
  remove(stream: H2Stream, error: UndercoatError, retryable: boolean): void {
    this.forget(stream);
    stream.sink?.failed(error, retryable);
  }

  /** Every stream fails with the connection. @param unseenAbove what is above it the peer has not processed */
  endAll(error: UndercoatError, unseenAbove: number): void {
    for (const stream of this.streams.live.all()) {
      stream.machine.step(streamEvent['send-reset']);
      this.remove(stream, error, this.streams.isOurs(stream.id) && stream.id > unseenAbove);
    }
    const { touched } = this;
    this.due.clear();
    // A request that could not be built is in no map of streams, and its turn does not come any more.
    for (let i = 0; i < touched.size; i++) this.failUnbegun(touched.take(i));
    touched.clear();
  }

  /** Before a turn ends: sinks hear their news, streams that are over end, DATA is framed, credit is announced. */
  settle(): void {
    const { outbound } = this;
    for (;;) {
      this.settleTouched();
      outbound.pump(this.now);
      if (outbound.ended.length === 0) break;
      const { ended } = outbound;
      outbound.ended = [];
      for (const stream of ended) this.touch(stream);
    }
    this.trifles.earn(outbound.framedBytes / bytesPerTrifle);
    outbound.framedBytes = 0;
    this.heldBack.tell(this.streams.live);
    this.due.announce();
    // Until the peer has said anything, it may go by them (RFC 9218 §2.1.1).
    this.priorities.announce(!this.settingsReceived || this.peer.noRfc7540Priorities);
    this.waiting.settle();
  }

  private queued(stream: H2Stream, length: number): void {
    const { waitingBytes } = stream;
    this.heldBack.sent(stream);
    // It begins to wait: the deadline of writing runs from the next turn on (LAY-4).
    if (waitingBytes > 0 && waitingBytes <= length) stream.sentAt = never;
    this.touch(stream);
  }

  /** Streams hear their news. */
  settleTouched(): void {
    const { touched } = this;
    for (let i = 0; i < touched.size; i++) {
      const stream = touched.take(i);
      stream.touched = false;
      if (stream.isLive) this.settleStream(stream);
      else this.failUnbegun(stream);
    }
    touched.clear();
  }

  /** Tells a request that never became a stream. */
  private failUnbegun(stream: H2Stream): void {
    if (!stream.outputFailed || stream.discarding) {
      // It is over, and somebody came late to hear it.
      stream.sink?.settle();
      return;
    }
    stream.discarding = true;
    stream.sink?.failed(exhausted(), true);
  }

  private settleStream(stream: H2Stream): void {
    stream.timed(this.now);
    if (stream.outputFailed && stream.broken === undefined) stream.broken = exhausted();
    if (stream.broken === undefined) this.tellSink(stream);
    if (stream.broken !== undefined) {
      this.endBroken(stream, stream.broken);
      return;
    }
    const { sink } = stream;
    if (stream.machine.is(streamState.closed)) {
      // A request that nobody reads does not keep its stream when the answer is whole.
      if (sink === null || (stream.endTold && sink.bodySettled) || (this.isServer && !sink.takesBody)) {
        this.complete(stream);
        return;
      }
    } else if (
      this.isServer &&
      !stream.isTunnel &&
      stream.machine.is(streamState['half-closed-local']) &&
      !sink?.takesBody
    ) {
      this.endEarly(stream);
      return;
    }
    this.streams.dueBy(stream);
  }

  private tellSink(stream: H2Stream): void {
    const { sink } = stream;
    if (sink === null) return;
    while (stream.backlog.length > 0 && (sink.wantsBody || sink.discardsBody)) {
      const lease = stream.nextReceived() as Lease;
      if (sink.discardsBody) lease.release();
      else {
        stream.bodyAt = this.now;
        sink.data(lease.transfer(sink.bodyOwner));
      }
    }
    // Trailers can be read while the exchange lasts: they wait for whoever takes the body, as content does.
    const isHeard = stream.trailers === undefined || sink.wantsBody || sink.discardsBody;
    if (stream.inputComplete && !stream.endTold && stream.backlog.length === 0 && isHeard) {
      stream.endTold = true;
      sink.receiveEnd(stream.trailers, stream.sensitiveTrailers);
    }
    sink.settle();
  }

  private endBroken(stream: H2Stream, reason: UndercoatError): void {
    const { answer } = reason;
    if (!this.isServer || stream.headSent || answer.kind === 'h2-stream' || answer.kind === 'h2-connection') {
      this.sendReset(stream, reason);
      if (stream.outputFailed) this.notBuilt();
      return;
    }
    this.answerFor(stream, reason, answer.kind === 'status' ? answer.status : 500);
  }

  /** Server: an answer without content in place of the application's; what is left of the request is not needed. */
  answerFor(stream: H2Stream, reason: UndercoatError, status: number): void {
    const built = this.outbound.head(stream, { status, pseudo: [], fields: [] }, true);
    if (!built) {
      this.sendReset(stream, exhausted());
      this.notBuilt();
    } else {
      this.sayNotNeeded(stream);
      this.remove(stream, reason, false);
    }
  }

  /** The answer is whole, and nobody reads the rest of the request: a good end of both (RFC 9113 §8.1). */
  private endEarly(stream: H2Stream): void {
    this.sayNotNeeded(stream);
    this.forget(stream);
    stream.sink?.finished();
  }

  /** Server: nothing was wrong with the request, but the rest of it goes nowhere. */
  private sayNotNeeded(stream: H2Stream): void {
    if (!stream.machine.step(streamEvent['send-reset'])) return;
    this.outbound.writer.reset(stream.id, NO_ERROR);
    this.streams.rememberReset(stream.id);
  }

  /** Server: what the peer does not read may be why there was no memory, and such a reset is cheap to bring about (WORK-1). */
  private notBuilt(): void {
    if (!this.isServer) return;
    this.fault ??= this.resets.spend(this.now)
      ? this.owed()
      : calmDown('resets', 'too many answers could not be built');
  }

  /** Both messages are complete. */
  private complete(stream: H2Stream): void {
    this.forget(stream);
    this.resets.earn(1);
    this.trifles.earn(4);
    stream.sink?.finished();
  }

  /** Out of every list; what it held goes back. What its consumer holds is credited when he lets go. */
  private forget(stream: H2Stream): void {
    if (!this.streams.delete(stream)) return;
    this.heldBack.forget(stream);
    this.priorities.forget(stream);
    if (this.dataStream === stream) this.dataStream = null;
    const { backlog } = stream;
    stream.backlog = noneReceived;
    for (const lease of backlog) lease.release();
    stream.discarding = true;
    stream.receiveWindow.writeOff();
    this.outbound.drop(stream);
    if (this.streams.live.size === 0) this.idleSince = this.now;
    this.availabilityChanged = true;
  }
}
