/**
 * The H1 session of a server (RFC 9112): reads one request at a time, hands it to a stream, frames what the stream
 * answers, and decides whether the connection goes on. Requests that were pipelined stay in the receive buffer until
 * their turn: what is held is bounded by it.
 *
 * It does not know what an exchange means to the application, who drives it, or what carries the bytes.
 */
import { answerStatus, type UndercoatError } from '../../errors.js';
import type { SessionContext, Verdict } from '../contract.js';
import { bodyTooLarge, OVERDRAWN, PAUSED } from './body-reader.js';
import { sendError } from './canned.js';
import { outputExhausted } from './content-writer.js';
import { EXPECTS_CONTINUE } from './field-section.js';
import { FRAMING_LENGTH, FRAMING_NONE } from './head-reader.js';
import { H1Head } from './message-head.js';
import type { H1ServerOptions } from './options.js';
import { COMPLETE, ERROR } from './results.js';
import { H1ServerDeadlines, headTimeout } from './server-deadlines.js';
import { connectionClosed, incomplete, inputExhausted } from './session-errors.js';
import type { H1RequestSink } from './sinks.js';
import { h1ServerTable } from './tables.js';

/** Makes the stream for a request that has begun. Must not throw. */
export type H1RequestListener = (head: H1Head, session: H1ServerSession) => H1RequestSink;

const { state, event } = h1ServerTable;

export class H1ServerSession extends H1ServerDeadlines {
  private readonly listener: H1RequestListener;
  private stream: H1RequestSink | null;
  /** There is more of an unwanted request than is thrown away for the connection's sake. */
  private overdrawn: boolean;

  constructor(context: SessionContext, options: H1ServerOptions, listener: H1RequestListener) {
    super(context, options);
    this.listener = listener;
    this.stream = null;
    this.overdrawn = false;
  }

  get busy(): boolean {
    return this.machine.state === state.head || this.stream !== null;
  }

  written(now: number): Verdict {
    this.now = now;
    this.noteRoom();
    // While the last response is being written the connection is not idle: the write deadline watches over that.
    if (this.machine.state === state.idle && !this.first) this.since = now;
    if (!this.relieved()) return this.verdict();
    this.stream?.sendable();
    return this.advance();
  }

  expire(now: number): Verdict {
    this.now = now;
    this.noteRoom();
    if (now < this.deadline()) return this.verdict();
    switch (this.machine.state) {
      case state.idle:
        this.endIdle(event.timeout);
        break;
      case state.head:
        this.endWithAnswer(event.timeout, headTimeout());
        break;
      case state.exchange:
      case state.drain:
        this.endWithAnswer(event.timeout, this.exchangeTimeout(now));
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
    if (this.machine.state === state.idle && !this.headBegun) this.endIdle(event.shutdown);
    return this.verdict();
  }

  fail(error: UndercoatError | undefined, now: number): void {
    this.now = now;
    if (!this.machine.step(event['transport-gone'])) {
      this.abandon(error);
      return;
    }
    const reason = error ?? connectionClosed();
    this.endStream(reason);
    this.finish('abort', this.machine.state === state.failed ? reason : this.error);
  }

  protected advance(): Verdict {
    this.pausedBy = undefined;
    this.noteRoom();
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
      this.awaitHead();
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
    if (machine.state === state.idle && this.headBegun) {
      machine.take(event.bytes);
      // The first head's deadline runs since the start of the connection.
      if (!this.first) this.since = this.now;
    }
    if (input.full) this.endWithAnswer(event.refuse, inputExhausted(answerStatus(431)));
    else this.awaitHead();
    return false;
  }

  /** Something has come that is no empty line: those are of no request (RFC 9112 §2.2), and a peer that sent one is idle. */
  private get headBegun(): boolean {
    return this.input.pendingBytes > this.reader.emptyLineBytes;
  }

  /** All that came is read. */
  private awaitHead(): void {
    if (this.inputEnded) this.endedInHead();
    else if (this.shuttingDown && this.machine.state === state.idle) this.endIdle(event.shutdown);
  }

  private endIdle(cause: number): void {
    this.machine.take(cause);
    this.input.discard(this.input.pendingBytes);
    this.finish('end', undefined);
  }

  private endedInHead(): void {
    if (this.machine.state === state.idle) this.endIdle(event['input-end']);
    else this.endWithAnswer(event['input-end'], incomplete('head', answerStatus(400)));
  }

  private begin(): void {
    const { reader, input } = this;
    this.machine.take(event['head-complete']);
    this.exchanges += 1;
    this.first = false;
    this.exchangeSince = this.now;
    this.bodySince = this.now;
    this.bodyWaiting = false;
    this.persistent = reader.persistent;
    this.draining = false;
    this.bodyTaken = false;
    this.overdrawn = false;
    this.requestComplete =
      reader.framing === FRAMING_NONE || (reader.framing === FRAMING_LENGTH && reader.contentLength === 0);
    this.applicationAt = this.now;
    this.continueDue = (reader.flags & EXPECTS_CONTINUE) !== 0 && reader.minor === 1;
    const head = new H1Head(reader, input, this.owner, this.context.text);
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
    if (this.successor !== undefined) {
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
    this.requestComplete = true;
    this.applicationAt = this.now;
    stream.receiveEnd(this.takeTrailers());
  }

  private awaitBody(before: number): void {
    this.awaitBytes(before);
    if (this.input.full) this.endWithAnswer(event.refuse, inputExhausted(answerStatus(431)));
    else if (this.inputEnded) this.endWithAnswer(event.refuse, incomplete('body', answerStatus(400)));
  }

  /** Reading an unwanted body pays only if the connection goes on after it, and within the budget (RFC 9112 §9.3). */
  private worthDraining(): boolean {
    return !this.overdrawn && this.persistsAfter() && this.bodyReader.drainable;
  }

  /** The rest of the request is not read: the connection ends with the answer that was given. */
  private endUndrained(stream: H1RequestSink): void {
    this.machine.take(event['last-exchange-complete']);
    this.endExchange(stream);
    this.finish('linger', undefined);
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

  private endStream(error: UndercoatError): void {
    const stream = this.stream;
    this.stream = null;
    if (stream !== null) stream.failed(error);
    this.giveHeadBack();
  }
}
