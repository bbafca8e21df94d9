/**
 * The H1 session of a server (RFC 9112): reads one request at a time, hands it to a stream, frames what the stream
 * answers, and decides whether the connection goes on. Requests that were pipelined stay in the receive buffer until
 * their turn: what is held is bounded by it.
 *
 * It does not know what an exchange means to the application, who drives it, or what carries the bytes.
 */
import {
  answerStatus,
  type LimitError,
  MisuseError,
  TransportError,
  type UndercoatError,
} from '../../errors.js';
import { Machine } from '../../machine/index.js';
import { type Lease, Owner, type ReceiveBuffer, type Returned } from '../../memory/index.js';
import type { Transport } from '../../transport/contract.js';
import type { Ending, Handoff, PauseCause, Session, SessionContext, Verdict } from '../contract.js';
import { BodyReader, type BodySink, bodyTooLarge, OVERDRAWN, PAUSED } from './body-reader.js';
import { sendContinue, sendError } from './canned.js';
import type { OutgoingFields } from './encode-fields.js';
import { EXPECTS_CONTINUE } from './field-section.js';
import { FRAMING_LENGTH, FRAMING_NONE, HeadReader } from './head-reader.js';
import { H1Head } from './message-head.js';
import { type HeadFields, MessageWriter, outputExhausted } from './message-writer.js';
import { type H1ServerOptions, type H1Settings, h1Settings } from './options.js';
import { COMPLETE, ERROR } from './results.js';
import { incomplete, inputExhausted, timeout } from './session-errors.js';
import { h1ServerTable } from './tables.js';

/** The stream of one request, told by the session what it receives. Nothing here may throw. */
export interface H1RequestSink extends BodySink {
  /** False while somebody is still to be told how the body ended: the exchange waits for him, who is paused. */
  readonly bodySettled: boolean;
  /** Somebody has taken the body, paused or not; he gets the rest of it though the response be complete. */
  readonly takesBody: boolean;
  /** What of the body was not delivered will be thrown away, or not even read. */
  undelivered(): void;
  /**
   * The request is complete; not called for one without content, which is complete from the start. `trailers` covers the field lines, when there were any; it is the stream's.
   */
  receiveEnd(trailers: Lease | undefined): void;
  /** The session ended before the exchange did; nothing more is taken or given. */
  failed(error: UndercoatError): void;
  /** The send buffer is under its mark again. */
  sendable(): void;
  /** A turn has come in which the consumer may be told what it asked for too late to be told at once. */
  settle(): void;
  /** Both messages are complete: leases are revoked, the head is given back (OWN-7). */
  finished(): void;
}

/** Makes the stream for a request that has begun. Must not throw. */
export type H1RequestListener = (head: H1Head, session: H1ServerSession) => H1RequestSink;

const { state, event } = h1ServerTable;

export class H1ServerSession implements Session {
  readonly name: string;
  readonly context: SessionContext;
  readonly settings: H1Settings;
  readonly owner: Owner;
  pausedBy: PauseCause | undefined;
  ending: Ending;
  error: UndercoatError | undefined;
  /** Number of requests begun: the identifier of the current exchange. */
  exchanges: number;

  private readonly listener: H1RequestListener;
  private readonly machine: Machine;
  private readonly reader: HeadReader;
  private readonly bodyReader: BodyReader;
  private readonly writer: MessageWriter;
  private readonly input: ReceiveBuffer;
  private stream: H1RequestSink | null;
  private head: H1Head | null;
  /** Whether the connection goes on after the current exchange. */
  private persistent: boolean;
  /** Nobody wants the rest of the request; and there is more of it than is thrown away for the connection's sake. */
  private draining: boolean;
  /** Somebody has asked for the body. */
  private bodyTaken: boolean;
  private overdrawn: boolean;
  private requestComplete: boolean;
  private responseStarted: boolean;
  private responseComplete: boolean;
  /** The peer holds its body back until it sees 100 Continue. */
  private continueDue: boolean;
  private inputEnded: boolean;
  private shuttingDown: boolean;
  /** What the stream asked to end the connection for. */
  private broken: UndercoatError | undefined;
  private takeOver: ((pipe: Transport) => void) | undefined;
  private overHighWater: boolean;
  /**
   * When the current state began, the exchange began, the application was given something to act upon, the last body
   * bytes came.
   */
  private since: number;
  private exchangeSince: number;
  private applicationAt: number;
  private bodyAt: number;
  private bodyWaiting: boolean;
  private now: number;
  private first: boolean;

  constructor(context: SessionContext, options: H1ServerOptions, listener: H1RequestListener) {
    this.name = 'h1';
    this.context = context;
    this.settings = h1Settings(options);
    this.owner = new Owner('session', 'h1-server', context.id);
    this.pausedBy = undefined;
    this.ending = 'end';
    this.error = undefined;
    this.exchanges = 0;
    this.listener = listener;
    this.machine = new Machine(h1ServerTable, this.owner, context.observer);
    this.reader = new HeadReader('request', this.settings.head, context.text);
    this.bodyReader = new BodyReader('request', this.settings);
    this.writer = new MessageWriter(context.output, context.text, this.settings);
    this.input = context.input;
    this.stream = null;
    this.head = null;
    this.persistent = true;
    this.draining = false;
    this.bodyTaken = false;
    this.overdrawn = false;
    this.requestComplete = false;
    this.responseStarted = false;
    this.responseComplete = false;
    this.continueDue = false;
    this.inputEnded = false;
    this.shuttingDown = false;
    this.broken = undefined;
    this.takeOver = undefined;
    this.overHighWater = false;
    this.since = 0;
    this.exchangeSince = 0;
    this.applicationAt = 0;
    this.bodyAt = 0;
    this.bodyWaiting = false;
    this.now = 0;
    this.first = true;
  }

  get busy(): boolean {
    return this.machine.state === state.head || this.stream !== null;
  }

  start(now: number): Verdict {
    this.now = now;
    this.since = now;
    return 'need-data';
  }

  receive(now: number): Verdict {
    this.now = now;
    return this.advance();
  }

  end(now: number): Verdict {
    this.now = now;
    this.inputEnded = true;
    return this.advance();
  }

  written(now: number): Verdict {
    this.now = now;
    // While the last response is being written the connection is not idle: the write deadline watches over that.
    if (this.machine.state === state.idle && !this.first) this.since = now;
    if (this.overHighWater && this.context.output.pendingBytes * 2 <= this.settings.outputHighWaterBytes) {
      this.overHighWater = false;
      this.stream?.sendable();
      return this.advance();
    }
    return this.verdict();
  }

  deadline(): number {
    const { deadlines } = this.context;
    switch (this.machine.state) {
      case state.idle:
        return this.since + (this.first ? deadlines.head : deadlines.idle);
      case state.head:
        return this.since + deadlines.head;
      case state.exchange:
        return Math.min(this.exchangeSince + deadlines.total, this.answerDue(), this.bodyDue());
      case state.drain:
        return Math.min(this.exchangeSince + deadlines.total, this.bodyDue());
      default:
        return Number.POSITIVE_INFINITY;
    }
  }

  expire(now: number): Verdict {
    this.now = now;
    if (now < this.deadline()) return this.verdict();
    switch (this.machine.state) {
      case state.idle:
        this.machine.take(event.timeout);
        this.finish('end', undefined);
        break;
      case state.head:
        this.endWithAnswer(
          event.timeout,
          timeout('head', 'head-timeout', 'RFC 9110 §15.5.9', answerStatus(408)),
        );
        break;
      case state.exchange:
      case state.drain:
        this.expireExchange(now);
        break;
      default:
        break;
    }
    return this.verdict();
  }

  shutdown(now: number): Verdict {
    this.now = now;
    this.shuttingDown = true;
    if (!this.responseStarted) this.persistent = false;
    if (this.machine.state === state.idle && this.input.pendingBytes === 0) {
      this.machine.take(event.shutdown);
      this.finish('end', undefined);
    }
    return this.verdict();
  }

  fail(error: UndercoatError | undefined, now: number): void {
    this.now = now;
    if (!this.machine.step(event['transport-gone'])) return;
    const reason =
      error ?? new TransportError('closed', 'the connection closed before the exchange was complete');
    this.endStream(reason);
    this.finish('abort', this.machine.state === state.failed ? reason : this.error);
  }

  handoff(): Handoff {
    const { facts } = this.context;
    return {
      to: 'tunnel',
      unused: this.input.handOff(this.owner),
      facts,
      inputEnded: this.inputEnded,
      ...(this.takeOver === undefined ? {} : { takeOver: this.takeOver }),
    };
  }

  // Commands of the stream. They change what is to be written and ask for a turn; they never call back.

  /** The stream wants its body now. */
  bodyWanted(): void {
    this.bodyTaken = true;
    if (this.continueDue && !this.responseStarted) {
      // Even when content is here already, which RFC 9110 §10.1.1 leaves to us: what is sent must not depend on how
      // the peer's bytes were cut (CON-6).
      this.continueDue = false;
      sendContinue(this.context.output);
    }
    this.context.wake();
  }

  /** The stream does not want its body. */
  bodyDiscarded(): void {
    this.draining = !this.requestComplete;
    this.context.wake();
  }

  /** An interim response; not sent to a peer of 1.0 (RFC 9110 §15.2). @throws MisuseError */
  inform(status: number, fields: HeadFields): void {
    this.writer.interim(this.head as H1Head, status, fields);
    if (status === 100) this.continueDue = false;
    this.sent();
  }

  /** The final head. `length` is -1 when it is not known. @throws MisuseError */
  respond(status: number, fields: HeadFields, length: number, end: boolean): void {
    this.writeHead(status, fields, length, end);
    this.sent();
  }

  /** The whole response. @throws MisuseError, LimitError; nothing was written then */
  reply(status: number, fields: HeadFields, body: Uint8Array): void {
    const { writer } = this;
    const { length } = body;
    writer.requireRoom();
    this.writeHead(status, fields, length, length === 0);
    if (length > 0) {
      writer.whole(body);
      this.responseComplete = !writer.exhausted;
    }
    this.sent();
  }

  /**
   * Body bytes.
   * @returns what became of them, if that is known already
   * @throws MisuseError, LimitError
   */
  send(
    bytes: Uint8Array,
    start: number,
    end: number,
    last: boolean,
    returned: Returned | undefined,
  ): 'written' | 'failed' | undefined {
    const outcome = this.writer.data(bytes, start, end, last, returned);
    this.responseComplete = last && !this.writer.exhausted;
    this.sent();
    return outcome;
  }

  /** Body bytes that lie in a lease. @throws MisuseError, LimitError */
  sendLease(lease: Lease, last: boolean): void {
    this.writer.lease(lease, last);
    this.responseComplete = last && !this.writer.exhausted;
    this.sent();
  }

  /** The response is complete. @throws MisuseError */
  endResponse(trailers: OutgoingFields | undefined): void {
    this.writer.end(trailers);
    this.responseComplete = !this.writer.exhausted;
    this.sent();
  }

  /** Agrees to the upgrade or the tunnel; nothing is handed over before the session's next turn. @throws MisuseError */
  upgrade(status: number, fields: HeadFields, takeOver: (pipe: Transport) => void): void {
    if (!this.requestComplete) {
      throw new MisuseError('request-incomplete', 'LAY-7', 'an upgrade waits until the request is complete');
    }
    this.writer.agree(this.head as H1Head, status, fields);
    const written = !this.writer.exhausted;
    this.responseStarted = written;
    this.responseComplete = written;
    this.takeOver = takeOver;
    this.sent();
  }

  /** The application broke the exchange off, or failed. */
  abort(reason: UndercoatError): void {
    if (this.broken === undefined) this.broken = reason;
    this.context.wake();
  }

  get writable(): boolean {
    return !this.overHighWater;
  }

  /** WS-9: what could not be written whole is not a response. */
  private writeHead(status: number, fields: HeadFields, length: number, end: boolean): void {
    const { writer } = this;
    const date = this.settings.date?.();
    writer.response(this.head as H1Head, status, fields, length, end, this.persistsAfter(), date);
    this.persistent = !writer.last;
    this.responseStarted = !writer.exhausted;
    this.responseComplete = end && !writer.exhausted;
  }

  private advance(): Verdict {
    this.pausedBy = undefined;
    let more = true;
    while (more) {
      switch (this.machine.state) {
        case state.idle:
        case state.head:
          more = this.readHead();
          break;
        case state.exchange:
        case state.drain:
          more = this.advanceExchange();
          break;
        default:
          more = false;
      }
    }
    return this.verdict();
  }

  private verdict(): Verdict {
    switch (this.machine.state) {
      case state['handed-off']:
        return 'handed-off';
      case state.closing:
      case state.closed:
      case state.failed:
        return 'closed';
      default:
        return this.pausedBy === undefined ? 'need-data' : 'paused';
    }
  }

  /** @returns whether there is more to do */
  private readHead(): boolean {
    const { input, reader, machine } = this;
    if (input.end === input.start) {
      if (this.inputEnded) this.endedInHead();
      else if (this.shuttingDown && machine.state === state.idle) {
        machine.take(event.shutdown);
        this.finish('end', undefined);
      }
      return false;
    }
    if (this.overHighWater) {
      this.pausedBy = 'peer';
      return false;
    }
    const result = reader.read(input.bytes, input.start, input.end);
    if (result === COMPLETE) {
      this.begin();
      return true;
    }
    if (result === ERROR) {
      this.endWithAnswer(event.refuse, reader.error as UndercoatError);
      return false;
    }
    if (machine.state === state.idle) {
      machine.take(event.bytes);
      // The first head's deadline runs since the start of the connection.
      if (!this.first) this.since = this.now;
    }
    if (input.full) this.endWithAnswer(event.refuse, inputExhausted(answerStatus(431)));
    else if (this.inputEnded) this.endedInHead();
    return false;
  }

  private endedInHead(): void {
    if (this.machine.state === state.idle) {
      this.machine.take(event['input-end']);
      this.finish('end', undefined);
    } else this.endWithAnswer(event['input-end'], incomplete('head', answerStatus(400)));
  }

  private begin(): void {
    const { reader, input } = this;
    this.machine.take(event['head-complete']);
    this.exchanges += 1;
    this.first = false;
    this.exchangeSince = this.now;
    this.bodyWaiting = false;
    this.persistent = reader.persistent;
    this.draining = false;
    this.bodyTaken = false;
    this.overdrawn = false;
    this.requestComplete =
      reader.framing === FRAMING_NONE || (reader.framing === FRAMING_LENGTH && reader.contentLength === 0);
    this.applicationAt = this.now;
    this.continueDue = (reader.flags & EXPECTS_CONTINUE) !== 0 && reader.minor === 1;
    const head = new H1Head(reader, input.take(reader.length, this.owner, 'head'), this.context.text);
    this.head = head;
    this.bodyReader.begin(reader.framing, reader.contentLength);
    reader.reset();
    if (head.framing === FRAMING_LENGTH && head.contentLength > this.settings.maxBodyBytes) {
      this.endWithAnswer(event.refuse, bodyTooLarge(this.settings.maxBodyBytes));
      return;
    }
    this.stream = this.listener(head, this);
  }

  /** From now on nobody gets the rest of the request. */
  private drain(stream: H1RequestSink): void {
    this.draining = true;
    stream.undelivered();
  }

  /** @returns whether there is more to do */
  private advanceExchange(): boolean {
    const stream = this.stream as H1RequestSink;
    stream.settle();
    if (this.writer.exhausted && this.broken === undefined) this.broken = outputExhausted();
    if (this.broken !== undefined) {
      this.breakOff(this.broken);
      return false;
    }
    if (!this.requestComplete) {
      if (this.readBody(stream)) return true;
      if (this.broken !== undefined) return true;
      if (!this.requestComplete) return false;
    }
    // An answer that found no room while the body was read is none.
    if (this.writer.exhausted) return true;
    if (!stream.bodySettled) {
      this.pausedBy = 'application';
      return false;
    }
    if (this.takeOver !== undefined) {
      this.machine.take(event.upgrade);
      this.endExchange(stream);
      return false;
    }
    if (!this.responseComplete) {
      this.pausedBy = 'application';
      return false;
    }
    this.since = this.now;
    if (this.persistent) {
      this.machine.take(event['exchange-complete']);
      this.endExchange(stream);
      return true;
    }
    this.machine.take(event['last-exchange-complete']);
    this.endExchange(stream);
    this.finish('linger', undefined);
    return false;
  }

  /** @returns true when the state has changed so that the exchange must be looked at again */
  private readBody(stream: H1RequestSink): boolean {
    const { bodyReader, machine, input } = this;
    if (this.responseComplete) {
      if (!stream.takesBody && !this.draining) this.drain(stream);
      if (machine.state === state.exchange) machine.take(event['response-complete']);
    }
    if (this.draining && !this.worthDraining()) {
      if (!this.responseStarted) this.persistent = false;
      this.bodyWaiting = false;
      if (this.responseComplete) this.endUndrained(stream);
      else this.pausedBy = 'application';
      return false;
    }
    const before = bodyReader.receivedBytes;
    const result = bodyReader.read(input, this.draining ? null : stream);
    if (bodyReader.receivedBytes > before) this.applicationAt = this.now;
    // What the application broke off in a callback is over, whatever came behind those bytes.
    if (this.broken !== undefined) return true;
    switch (result) {
      case COMPLETE:
        this.requestBodyComplete(stream);
        return false;
      case ERROR:
        this.endWithAnswer(event.refuse, bodyReader.error as UndercoatError);
        return false;
      case OVERDRAWN:
        this.overdrawn = true;
        return true;
      case PAUSED:
        if (this.bodyWaiting) this.applicationAt = this.now;
        this.bodyWaiting = false;
        this.pausedBy = 'application';
        // The application may have discarded it in a callback.
        return this.draining;
      default:
        this.awaitBody(before);
        return false;
    }
  }

  private requestBodyComplete(stream: H1RequestSink): void {
    const { input } = this;
    const { trailerBytes } = this.bodyReader;
    this.requestComplete = true;
    this.applicationAt = this.now;
    stream.receiveEnd(trailerBytes > 0 ? input.take(trailerBytes, this.owner, 'trailers') : undefined);
  }

  private awaitBody(before: number): void {
    const { bodyReader, input } = this;
    if (!this.bodyWaiting || bodyReader.receivedBytes > before) this.bodyAt = this.now;
    this.bodyWaiting = true;
    if (input.full) this.endWithAnswer(event.refuse, inputExhausted(answerStatus(431)));
    else if (this.inputEnded) this.endWithAnswer(event.refuse, incomplete('body', answerStatus(400)));
  }

  /** Reading an unwanted body pays only if the connection goes on after it, and within the budget (RFC 9112 §9.3). */
  private worthDraining(): boolean {
    return !this.overdrawn && this.persistsAfter() && this.bodyReader.drainable;
  }

  /** Where nothing is drained, a body of unknown length is taken to have some. */
  private get mayDrain(): boolean {
    const { bodyReader } = this;
    return bodyReader.drainable && (this.settings.drainBytes > 0 || bodyReader.remainingBytes !== undefined);
  }

  /** The rest of the request is not read: the connection ends with the answer that was given. */
  private endUndrained(stream: H1RequestSink): void {
    this.machine.take(event['last-exchange-complete']);
    this.endExchange(stream);
    this.finish('linger', undefined);
  }

  private persistsAfter(): boolean {
    if (!this.persistent || (this.shuttingDown && !this.responseStarted)) return false;
    // What will not be drained is followed by nothing, and the answer says so where it is known by then (RFC 9112 §9.6).
    const unwanted = this.draining || !this.bodyTaken;
    if (unwanted && !this.requestComplete && !this.mayDrain) return false;
    // A peer that was never told to continue may or may not send its content: its framing would be a guess (RFC 9110 §10.1.1).
    return !this.continueDue || this.requestComplete;
  }

  /** The exchange is over in good order, or as good as one that will not be drained. */
  private endExchange(stream: H1RequestSink): void {
    this.stream = null;
    this.responseStarted = false;
    this.responseComplete = false;
    this.giveHeadBack();
    stream.finished();
  }

  /** The application broke it off. */
  private breakOff(reason: UndercoatError): void {
    if (this.responseComplete) {
      this.broken = undefined;
      this.endUndrained(this.stream as H1RequestSink);
    } else if (this.responseStarted) {
      this.machine.take(event.abort);
      this.endStream(reason);
      this.finish('abort', reason);
    } else this.endWithAnswer(event.refuse, reason);
  }

  /** Refuses: the error's own answer if none is committed yet, a visible truncation otherwise; then no more (WIRE-2). */
  private endWithAnswer(cause: number, error: UndercoatError): void {
    this.machine.take(cause);
    const cut = this.responseStarted && !this.responseComplete;
    if (!this.responseStarted) {
      sendError(this.context.output, error.answer.kind === 'status' ? error.answer.status : 500);
    }
    this.responseStarted = true;
    this.endStream(error);
    this.input.discard(this.input.pendingBytes);
    this.finish(cut ? 'abort' : 'linger', error);
  }

  private expireExchange(now: number): void {
    const { deadlines } = this.context;
    let error: LimitError;
    if (this.exchangeSince + deadlines.total <= now)
      error = timeout('total', 'exchange-timeout', 'LAY-4', answerStatus(503));
    else if (this.answerDue() <= now)
      error = timeout('firstByte', 'answer-timeout', 'LAY-4', answerStatus(503));
    else if (this.bodyAt + deadlines.betweenBytes <= now) {
      error = timeout('betweenBytes', 'body-stalled', 'RFC 9110 §15.5.9', answerStatus(408));
    } else error = timeout('body', 'body-timeout', 'RFC 9110 §15.5.9', answerStatus(408));
    this.endWithAnswer(event.timeout, error);
  }

  /** When the application's answer is due: it counts from when nothing of the request is waited for any more. */
  private answerDue(): number {
    if (this.responseStarted || (this.bodyWaiting && !this.requestComplete)) return Number.POSITIVE_INFINITY;
    return this.applicationAt + this.context.deadlines.firstByte;
  }

  /** When the next body bytes, or the last ones, are due. */
  private bodyDue(): number {
    if (this.requestComplete || !this.bodyWaiting) return Number.POSITIVE_INFINITY;
    const { deadlines } = this.context;
    return Math.min(this.bodyAt + deadlines.betweenBytes, this.exchangeSince + deadlines.body);
  }

  /** Something was put into the send buffer: a turn is due. */
  private sent(): void {
    if (this.context.output.pendingBytes >= this.settings.outputHighWaterBytes) this.overHighWater = true;
    this.context.wake();
  }

  private endStream(error: UndercoatError): void {
    const stream = this.stream;
    this.stream = null;
    if (stream !== null) stream.failed(error);
    this.giveHeadBack();
  }

  private giveHeadBack(): void {
    const head = this.head;
    this.head = null;
    if (head !== null) head.giveBack();
  }

  private finish(ending: Ending, error: UndercoatError | undefined): void {
    this.ending = ending;
    this.error = error;
    this.pausedBy = undefined;
  }
}
