/**
 * The answering half of a server's session: what a stream tells its session to write, and what an answer says of the
 * connection's future. What is told becomes bytes in the send buffer at once; everything else waits for the turn that
 * is asked for.
 *
 * It does not know how a request is read, when an exchange ends, or who the stream is.
 */
import { MisuseError } from '../../errors.js';
import type { SessionContext } from '../contract.js';
import { sendContinue } from './canned.js';
import { H1Connection } from './connection.js';
import type { OutgoingFields } from './encode-fields.js';
import type { H1Head } from './message-head.js';
import type { HeadFields } from './message-writer.js';
import { type H1ServerOptions, h1Settings } from './options.js';
import type { Successor } from './sinks.js';
import { h1ServerTable } from './tables.js';

export abstract class H1ServerAnswers extends H1Connection {
  protected head: H1Head | null;
  /** Nobody wants the rest of the request. */
  protected draining: boolean;
  /** Somebody has asked for the body. */
  protected bodyTaken: boolean;
  protected requestComplete: boolean;
  protected responseStarted: boolean;
  /** The peer holds its body back until it sees 100 Continue. */
  protected continueDue: boolean;

  constructor(context: SessionContext, options: H1ServerOptions) {
    super(context, h1Settings(options), 'request', 'h1-server', h1ServerTable);
    this.head = null;
    this.draining = false;
    this.bodyTaken = false;
    this.requestComplete = false;
    this.responseStarted = false;
    this.continueDue = false;
  }

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

  /** The response is complete. @throws MisuseError */
  endResponse(trailers: OutgoingFields | undefined): void {
    this.writer.end(trailers);
    this.responseComplete = !this.writer.exhausted;
    this.sent();
  }

  /** @throws MisuseError when `upgrade` would */
  requireUpgrade(status: number, fields: HeadFields): void {
    this.requireComplete();
    this.writer.requireAgreement(this.head as H1Head, status, fields);
  }

  /** Agrees to the upgrade or the tunnel; nothing is handed over before the session's next turn. @throws MisuseError */
  upgrade(status: number, fields: HeadFields, successor: Successor): void {
    this.requireComplete();
    this.writer.agree(this.head as H1Head, status, fields);
    const written = !this.writer.exhausted;
    this.responseStarted = written;
    this.responseComplete = written;
    this.successor = successor;
    this.sent();
  }

  private requireComplete(): void {
    if (this.requestComplete) return;
    throw new MisuseError('request-incomplete', 'LAY-7', 'an upgrade waits until the request is complete');
  }

  protected contentGiven(last: boolean): void {
    this.responseComplete = last && !this.writer.exhausted;
  }

  protected persistsAfter(): boolean {
    if (!this.persistent || (this.shuttingDown && !this.responseStarted)) return false;
    // What will not be drained is followed by nothing, and the answer says so where it is known by then (RFC 9112 §9.6).
    const unwanted = this.draining || !this.bodyTaken;
    if (unwanted && !this.requestComplete && !this.mayDrain) return false;
    // A peer that was never told to continue may or may not send its content: its framing would be a guess (RFC 9110 §10.1.1).
    return !this.continueDue || this.requestComplete;
  }

  protected giveHeadBack(): void {
    const head = this.head;
    this.head = null;
    if (head !== null) head.giveBack();
  }

  /** Where nothing is drained, a body of unknown length is taken to have some. */
  private get mayDrain(): boolean {
    const { bodyReader } = this;
    return bodyReader.drainable && (this.settings.drainBytes > 0 || bodyReader.remainingBytes !== undefined);
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
}
