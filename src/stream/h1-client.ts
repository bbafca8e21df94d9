/**
 * The client's side of H1: takes requests while the session does, and is the exchange of each. The application's calls
 * are held to the exchange's table and become commands of the session. Application code never throws into the
 * session: what it throws breaks the exchange off.
 *
 * It does not know how a message is framed, whether the connection is used again, or what time it is.
 */
import { answerClose, MisuseError, UndercoatError } from '../errors.js';
import { Machine } from '../machine/index.js';
import { type Lease, Owner, type Returned } from '../memory/index.js';
import type { Session, SessionContext } from '../session/contract.js';
import type { ConnectionFacts } from '../session/facts.js';
import { H1ClientSession, type H1ResponseSink } from '../session/h1/client-session.js';
import { FieldsView } from '../session/h1/fields.js';
import { FRAMING_LENGTH, FRAMING_NONE } from '../session/h1/head-reader.js';
import type { H1Head } from '../session/h1/message-head.js';
import type { H1ClientOptions } from '../session/h1/options.js';
import type { Transport } from '../transport/contract.js';
import type {
  ClientExchange,
  ClientSession,
  FieldList,
  RequestOptions,
  ResponseHead,
  ResponseListener,
} from './contract.js';
import { givenLength, givenReason, requireBytes, requireLease } from './given.js';
import { Incoming, type IncomingPort } from './incoming.js';
import { clientExchangeTable } from './tables.js';

const { state, event } = clientExchangeTable;
const noFields: FieldList = Object.freeze([]);

/** An H1 session for a client; `report` as for a server's. @throws MisuseError when an option is no limit */
export function h1ClientSession(
  context: SessionContext,
  options: H1ClientOptions = {},
  report?: (error: unknown) => void,
): H1Client {
  return new H1Client(new H1ClientSession(context, options), report);
}

/** What a driver drives (`session`) and what an application asks (`request`). */
export class H1Client implements ClientSession {
  readonly session: Session;
  private readonly h1: H1ClientSession;
  /** Of all exchanges of the session: they differ in their number alone. */
  private readonly owner: Owner;
  private readonly bodyOwner: Owner;
  private readonly report: ((error: unknown) => void) | undefined;

  constructor(session: H1ClientSession, report: ((error: unknown) => void) | undefined) {
    const { id } = session.context;
    this.session = session;
    this.h1 = session;
    this.report = report;
    this.owner = new Owner('stream', 'h1-exchange', id);
    this.bodyOwner = new Owner('application', 'body', id);
  }

  get available(): number {
    return this.h1.available;
  }

  get onAvailable(): (() => void) | undefined {
    return this.h1.onAvailable;
  }

  set onAvailable(callback: (() => void) | undefined) {
    this.h1.onAvailable = callback;
  }

  request(options: RequestOptions, listener: ResponseListener): ClientExchange {
    if (this.h1.available <= 0) {
      throw new MisuseError('not-available', 'RFC 9112 §9.3.2', 'the session takes no request now');
    }
    const stream = new H1ClientStream(options, listener, this.h1, this.owner, this.bodyOwner, this.report);
    stream.begin(options);
    return stream;
  }
}

class H1ClientStream implements ClientExchange, H1ResponseSink, IncomingPort {
  readonly id: number;
  readonly protocol: 'h1';
  readonly method: string;
  readonly asksUpgrade: boolean;
  readonly bodyOwner: Owner;
  onWritable: (() => void) | undefined;
  onClosed: ((error: UndercoatError | undefined) => void) | undefined;
  private readonly session: H1ClientSession;
  private readonly listener: ResponseListener;
  private readonly machine: Machine;
  private readonly report: ((error: unknown) => void) | undefined;
  private answer: H1Head | undefined;
  private incoming: Incoming | null;
  private trailers: FieldsView | undefined;
  private trailerLease: Lease | undefined;
  private aborted: boolean;
  /** The session has ended the exchange: no turn of its own will come any more. */
  private over: boolean;
  private error: UndercoatError | undefined;
  /** What the application threw when it was too late to break anything off. */
  private failure: UndercoatError | undefined;

  constructor(
    options: RequestOptions,
    listener: ResponseListener,
    session: H1ClientSession,
    owner: Owner,
    bodyOwner: Owner,
    report: ((error: unknown) => void) | undefined,
  ) {
    this.id = session.exchanges + 1;
    this.protocol = 'h1';
    this.method = options.method ?? 'GET';
    this.asksUpgrade = options.upgrade !== undefined;
    this.bodyOwner = bodyOwner;
    this.answer = undefined;
    this.onWritable = undefined;
    this.onClosed = undefined;
    this.session = session;
    this.report = report;
    this.listener = listener;
    this.machine = new Machine(clientExchangeTable, owner, session.context.observer);
    this.incoming = null;
    this.trailers = undefined;
    this.trailerLease = undefined;
    this.aborted = false;
    this.over = false;
    this.error = undefined;
    this.failure = undefined;
  }

  /** Sends the head. @throws MisuseError; nothing has changed then */
  begin(options: RequestOptions): void {
    const ends = options.end ?? (options.length === undefined || options.length === 0);
    let fields = options.fields ?? noFields;
    if (options.upgrade !== undefined) fields = [...fields, ['Upgrade', options.upgrade]];
    if (options.expectContinue === true && !ends) fields = [...fields, ['Expect', '100-continue']];
    this.session.request(
      this,
      {
        method: this.method,
        target: options.target ?? '/',
        authority: options.authority,
        length: givenLength(options.length),
        end: ends,
        close: false,
        upgrade: this.asksUpgrade,
      },
      fields,
    );
    if (ends) this.machine.take(event['send-end']);
  }

  get facts(): ConnectionFacts {
    return this.session.context.facts;
  }

  get response(): ResponseHead | undefined {
    return this.answer;
  }

  get body(): Incoming {
    if (this.incoming === null) {
      this.incoming = new Incoming(this, this.declaredLength);
      if (this.responseComplete) this.incoming.complete = true;
      else if (this.error !== undefined) this.incoming.fail(this.error);
    }
    return this.incoming;
  }

  get closed(): boolean {
    const now = this.machine.state;
    return now === state.closed || now === state.reset || now === state.upgraded;
  }

  get writable(): boolean {
    return !this.closed && this.session.writable;
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
    this.requireSending();
    this.session.endRequest(trailers);
    this.machine.take(event['send-end']);
  }

  abort(reason?: UndercoatError): void {
    if (this.closed || this.aborted) return;
    this.aborted = true;
    this.session.abort(givenReason(reason, broke, applicationFailed));
  }

  // The session's side.

  /** A body that nobody has asked for waits; so the connection does (back-pressure). */
  get wantsBody(): boolean {
    return this.incoming?.wants === true && !this.aborted;
  }

  get bodySettled(): boolean {
    return this.incoming === null || this.incoming.settled;
  }

  get discardsBody(): boolean {
    return this.incoming?.discarded === true;
  }

  interim(head: H1Head): void {
    this.machine.take(event['receive-inform']);
    this.call(() => this.listener.inform?.(head));
  }

  final(head: H1Head): void {
    this.machine.take(event['receive-head']);
    this.answer = head;
    if (this.incoming !== null) this.incoming.declaredLength = this.declaredLength;
    this.call(() => this.listener.response(head, this));
  }

  get takesPipe(): boolean {
    return this.listener.upgraded !== undefined;
  }

  upgraded(head: H1Head): (pipe: Transport) => void {
    const { listener } = this;
    this.machine.take(event.upgrade);
    // The head ends with the handoff: what the application needs of it is copied now.
    const copy: ResponseHead = {
      status: head.status,
      reason: head.reason,
      version: head.version,
      fields: head.fields.detach(),
    };
    return (pipe) => listener.upgraded?.(copy, pipe);
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

  failed(error: UndercoatError, retryable: boolean): void {
    const answered = this.answer !== undefined;
    this.machine.step(event.reset);
    this.over = true;
    this.error = error;
    this.incoming?.fail(error);
    this.giveBack();
    if (!answered) this.call(() => this.listener.failed(error, retryable));
    this.tell(error);
  }

  settle(): void {
    this.incoming?.settle();
  }

  sendable(): void {
    this.call(this.onWritable);
  }

  finished(): void {
    this.over = true;
    this.giveBack();
    this.tell(this.failure);
  }

  // The body's side.

  bodyWanted(): void {
    // No turn of the session's will come any more in which the consumer could be told.
    if (this.over) this.incoming?.settle();
    else this.session.bodyChanged();
  }

  bodyDiscarded(): void {
    if (!this.over) this.session.bodyChanged();
  }

  applicationFailed(cause: unknown): void {
    const known = cause instanceof UndercoatError && cause.fault !== 'api-misuse';
    const failure = known ? cause : applicationFailed(cause);
    if (this.closed) this.failure ??= failure;
    if (this.closed || this.aborted) this.report?.(cause);
    this.abort(failure);
  }

  private get declaredLength(): number | undefined {
    const head = this.answer;
    if (head === undefined) return undefined;
    if (head.framing === FRAMING_NONE) return 0;
    return head.framing === FRAMING_LENGTH ? head.contentLength : undefined;
  }

  private get responseComplete(): boolean {
    return this.machine.state === state['half-closed-remote'] || this.machine.state === state.closed;
  }

  private get brokenOff(): boolean {
    return this.aborted || this.machine.state === state.reset;
  }

  private requireSending(): void {
    if (this.machine.can(event['send-data'])) return;
    throw new MisuseError('after-end', 'RFC 9112 §6', 'content is sent before the end of a message');
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

/** Without a reason of the application's. */
function broke(): UndercoatError {
  return new UndercoatError('api-misuse', 'aborted', 'OWN-7', 'the application broke off', answerClose);
}

function applicationFailed(cause: unknown): UndercoatError {
  return new UndercoatError(
    'api-misuse',
    'application-failed',
    'OWN-7',
    'the application failed',
    answerClose,
    { cause },
  );
}
