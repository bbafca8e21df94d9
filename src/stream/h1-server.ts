/**
 * The server's side of an H1 exchange: the application's calls are held to the exchange's table and become commands of
 * the session; what the session receives becomes the application's body. Application code never throws into the
 * session: what it throws breaks the exchange off.
 *
 * It does not know how a message is framed, whether the connection goes on, or what time it is.
 */
import { answerStatus, MisuseError, UndercoatError } from '../errors.js';
import { Machine } from '../machine/index.js';
import { type Lease, Owner, type Returned } from '../memory/index.js';
import type { Session, SessionContext } from '../session/contract.js';
import type { ConnectionFacts } from '../session/facts.js';
import { FieldsView } from '../session/h1/fields.js';
import { FRAMING_CHUNKED, FRAMING_NONE } from '../session/h1/head-reader.js';
import type { H1Head } from '../session/h1/message-head.js';
import type { HeadFields } from '../session/h1/message-writer.js';
import type { H1ServerOptions } from '../session/h1/options.js';
import { type H1RequestSink, H1ServerSession } from '../session/h1/server-session.js';
import type { Transport } from '../transport/contract.js';
import type { FieldList, RequestHead, SendOptions, ServerExchange, ServerListener } from './contract.js';
import { givenLength, givenReason, requireBytes, requireLease } from './given.js';
import { Incoming, type IncomingPort } from './incoming.js';
import { serverExchangeTable } from './tables.js';

const { state, event } = serverExchangeTable;
const noFields: FieldList = Object.freeze([]);

/**
 * An H1 session for a server, whose exchanges go to `listener`; `report` is told of what the application threw when it was
 * too late to break the exchange off. @throws MisuseError when an option is no limit
 */
export function h1ServerSession(
  context: SessionContext,
  options: H1ServerOptions,
  listener: ServerListener,
  report?: (error: unknown, exchange: ServerExchange) => void,
): Session {
  // One exchange at a time: they can share their owners.
  const owner = new Owner('stream', 'h1-exchange', context.id);
  const bodyOwner = new Owner('application', 'body', context.id);
  return new H1ServerSession(context, options, (head, session) => {
    const stream = new H1ServerStream(head, session, owner, bodyOwner, report);
    stream.begin(listener);
    return stream;
  });
}

/** The application failed before or while it answered. */
function applicationFailure(cause: unknown): UndercoatError {
  if (cause instanceof UndercoatError && cause.fault !== 'api-misuse') return cause;
  return new UndercoatError(
    'api-misuse',
    'application-failed',
    'WS-9',
    'the application failed',
    answerStatus(500),
    {
      cause,
    },
  );
}

/** Without a reason of the application's. */
function broke(): UndercoatError {
  return new UndercoatError('api-misuse', 'aborted', 'OWN-7', 'the application broke off', answerStatus(500));
}

/** What a consumer is told that comes when the rest of the body will not be read any more. */
function undrained(): UndercoatError {
  return new UndercoatError(
    'api-misuse',
    'body-undrained',
    'CON-1',
    'the exchange ended before its body was read',
    {
      kind: 'none',
    },
  );
}

class H1ServerStream implements ServerExchange, H1RequestSink, IncomingPort {
  readonly id: number;
  readonly protocol: 'h1';
  readonly request: RequestHead;
  readonly bodyOwner: Owner;
  onWritable: (() => void) | undefined;
  onClosed: ((error: UndercoatError | undefined) => void) | undefined;
  private readonly head: H1Head;
  private readonly session: H1ServerSession;
  private readonly machine: Machine;
  private readonly report: ((error: unknown, exchange: ServerExchange) => void) | undefined;
  private incoming: Incoming | null;
  private trailers: FieldsView | undefined;
  private trailerLease: Lease | undefined;
  private aborted: boolean;
  /** The session has ended the exchange: no turn of its own will come any more. */
  private over: boolean;
  /** What of the request was not delivered is lost to the application. */
  private lost: boolean;
  private error: UndercoatError | undefined;
  /** What the application threw when it was too late to break anything off. */
  private failure: UndercoatError | undefined;

  constructor(
    head: H1Head,
    session: H1ServerSession,
    owner: Owner,
    bodyOwner: Owner,
    report: ((error: unknown, exchange: ServerExchange) => void) | undefined,
  ) {
    this.id = session.exchanges;
    this.protocol = 'h1';
    this.request = head;
    this.bodyOwner = bodyOwner;
    this.onWritable = undefined;
    this.onClosed = undefined;
    this.head = head;
    this.session = session;
    this.report = report;
    this.machine = new Machine(serverExchangeTable, owner, session.context.observer);
    this.incoming = null;
    this.trailers = undefined;
    this.trailerLease = undefined;
    this.aborted = false;
    this.over = false;
    this.lost = false;
    this.error = undefined;
    this.failure = undefined;
    if (head.framing === FRAMING_NONE || head.contentLength === 0) this.machine.take(event['receive-end']);
  }

  /** Gives the exchange to the application. */
  begin(listener: ServerListener): void {
    try {
      listener(this);
    } catch (error) {
      this.applicationFailed(error);
    }
  }

  get facts(): ConnectionFacts {
    return this.session.context.facts;
  }

  get body(): Incoming {
    if (this.incoming === null) {
      const { framing, contentLength } = this.head;
      const declared = framing === FRAMING_CHUNKED ? undefined : Math.max(contentLength, 0);
      this.incoming = new Incoming(this, declared);
      if (this.lost) this.incoming.fail(undrained());
      else if (this.requestComplete) this.incoming.complete = true;
      else if (this.error !== undefined) this.incoming.fail(this.error);
    }
    return this.incoming;
  }

  get closed(): boolean {
    const now = this.machine.state;
    return now === state.closed || now === state.reset || now === state.upgraded;
  }

  get responded(): boolean {
    const now = this.machine.state;
    return now !== state.open && now !== state['half-closed-remote'];
  }

  get writable(): boolean {
    return !this.closed && this.session.writable;
  }

  inform(status: number, fields: FieldList = noFields): void {
    if (this.brokenOff) return;
    this.require(event['send-inform'], 'responded', 'an interim response comes before the final one');
    this.session.inform(status, fields);
    this.machine.take(event['send-inform']);
  }

  respond(status: number, fields: HeadFields = noFields, options?: SendOptions): void {
    if (this.brokenOff) return;
    this.require(event['send-head'], 'responded', 'an exchange has one final response');
    const end = options?.end === true;
    this.session.respond(status, fields, givenLength(options?.length), end);
    this.machine.take(event['send-head']);
    if (end) this.machine.take(event['send-end']);
  }

  reply(status: number, fields: HeadFields | undefined, body: Uint8Array): void {
    if (this.brokenOff) return;
    this.require(event['send-head'], 'responded', 'an exchange has one final response');
    requireBytes(body);
    const { machine } = this;
    this.session.reply(status, fields ?? noFields, body);
    machine.take(event['send-head']);
    if (body.length > 0) machine.take(event['send-data']);
    machine.take(event['send-end']);
  }

  send(bytes: Uint8Array, end = false, returned?: Returned): boolean {
    if (this.brokenOff) {
      returned?.('failed');
      return false;
    }
    this.requireSending();
    requireBytes(bytes);
    const told = returned === undefined ? undefined : this.guarded(returned);
    const outcome = this.session.send(bytes, 0, bytes.length, end, told);
    this.machine.take(event['send-data']);
    if (end) this.machine.take(event['send-end']);
    // Last: it may call back.
    if (outcome !== undefined) returned?.(outcome);
    return this.writable;
  }

  sendLease(lease: Lease, end = false): boolean {
    if (this.brokenOff) {
      lease.release();
      return false;
    }
    this.requireSending();
    requireLease(lease);
    this.session.sendLease(lease, end);
    this.machine.take(event['send-data']);
    if (end) this.machine.take(event['send-end']);
    return this.writable;
  }

  end(trailers?: FieldList): void {
    if (this.brokenOff) return;
    this.require(event['send-end'], this.responded ? 'after-end' : 'before-head', 'nothing is being sent');
    this.session.endResponse(trailers);
    this.machine.take(event['send-end']);
  }

  upgrade(takeOver: (pipe: Transport) => void, fields: FieldList = noFields, status?: number): void {
    if (this.brokenOff) return;
    const connects = this.head.method === 'CONNECT';
    if (!connects && !this.head.upgrades) {
      throw new MisuseError('no-upgrade', 'LAY-7', 'the request asked for neither an upgrade nor a tunnel');
    }
    this.require(
      event.upgrade,
      this.responded ? 'responded' : 'request-incomplete',
      'an upgrade is agreed once, and after the request is complete',
    );
    this.session.upgrade(status ?? (connects ? 200 : 101), fields, takeOver);
    this.machine.take(event.upgrade);
  }

  abort(reason?: UndercoatError): void {
    if (this.closed || this.aborted) return;
    this.aborted = true;
    this.session.abort(givenReason(reason, broke, applicationFailure));
  }

  // The session's side.

  get wantsBody(): boolean {
    return this.incoming?.wants === true && !this.aborted;
  }

  get bodySettled(): boolean {
    return this.incoming === null || this.incoming.settled;
  }

  get takesBody(): boolean {
    return this.incoming?.consumed === true;
  }

  undelivered(): void {
    this.lost = true;
    this.incoming?.fail(undrained());
  }

  data(lease: Lease): void {
    this.machine.take(event['receive-data']);
    this.body.deliver(lease);
  }

  receiveEnd(trailers: Lease | undefined): void {
    this.machine.take(event['receive-end']);
    if (trailers !== undefined) {
      this.trailerLease = trailers;
      this.trailers = new FieldsView(trailers.bytes, trailers.start, trailers.end, this.session.context.text);
    }
    this.body.finish(this.trailers);
  }

  failed(error: UndercoatError): void {
    this.machine.step(event.reset);
    this.over = true;
    this.error = error;
    this.incoming?.fail(error);
    this.giveBack();
    this.tell(error);
  }

  settle(): void {
    this.incoming?.settle();
  }

  sendable(): void {
    this.call(this.onWritable);
  }

  finished(): void {
    // A request that was not drained is broken off, though the answer to it is whole.
    if (!this.closed) {
      this.machine.take(event.reset);
      this.undelivered();
    }
    this.over = true;
    this.giveBack();
    this.tell(this.failure);
  }

  // The body's side.

  bodyWanted(): void {
    // No turn of the session's will come any more in which the consumer could be told.
    if (this.over) this.incoming?.settle();
    else this.session.bodyWanted();
  }

  bodyDiscarded(): void {
    if (!this.over) this.session.bodyDiscarded();
  }

  applicationFailed(error: unknown): void {
    const failure = applicationFailure(error);
    const isAnswered = this.machine.state === state['half-closed-local'];
    if (this.closed) this.failure ??= failure;
    if (this.closed || this.aborted || isAnswered) this.report?.(error, this);
    this.abort(failure);
  }

  private get requestComplete(): boolean {
    switch (this.machine.state) {
      case state['half-closed-remote']:
      case state['half-closed-remote-answering']:
      case state.closed:
      case state.upgraded:
        return true;
      default:
        return false;
    }
  }

  /** A call after the end is harmless when the application could not know of the end, and misuse otherwise. */
  private get brokenOff(): boolean {
    return this.aborted || this.machine.state === state.reset;
  }

  private require(needed: number, code: string, message: string): void {
    if (!this.machine.can(needed)) throw new MisuseError(code, 'LAY-3', message);
  }

  private requireSending(): void {
    if (this.machine.can(event['send-data'])) return;
    const code = this.responded ? 'after-end' : 'before-head';
    throw new MisuseError(code, 'RFC 9112 §6', 'content is sent between the head and the end of a message');
  }

  /** What it throws when bytes come back must not reach who brings them. */
  private guarded(returned: Returned): Returned {
    return (outcome) => this.call(() => returned(outcome));
  }

  private giveBack(): void {
    this.incoming?.revoke();
    this.trailers?.revoke();
    const lease = this.trailerLease;
    this.trailerLease = undefined;
    if (lease !== undefined) lease.release();
  }

  private tell(error: UndercoatError | undefined): void {
    const { onClosed } = this;
    this.onClosed = undefined;
    if (onClosed !== undefined) this.call(() => onClosed(error));
  }

  private call(callback: (() => void) | undefined): void {
    if (callback === undefined) return;
    try {
      callback();
    } catch (error) {
      this.applicationFailed(error);
    }
  }
}
