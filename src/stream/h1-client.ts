/**
 * The client's side of H1: takes requests while the session does, and is the exchange of each.
 *
 * It does not know how a message is framed, whether the connection is used again, or what time it is.
 */
import { answerClose, MisuseError, type UndercoatError } from '../errors.js';
import { type Lease, Owner } from '../memory/index.js';
import type { Session, SessionContext } from '../session/contract.js';
import { H1ClientSession } from '../session/h1/client-session.js';
import { FRAMING_LENGTH, FRAMING_NONE } from '../session/h1/head-reader.js';
import type { H1Head } from '../session/h1/message-head.js';
import type { H1ClientOptions } from '../session/h1/options.js';
import type { H1ResponseSink } from '../session/h1/sinks.js';
import type { Transport } from '../transport/contract.js';
import type {
  ClientExchange,
  ClientSession,
  FieldList,
  RequestOptions,
  ResponseHead,
  ResponseListener,
} from './contract.js';
import { Exchange, Side } from './exchange.js';
import { givenLength } from './given.js';
import { H1Trailers } from './h1-trailers.js';
import { clientExchangeTable } from './tables.js';

const { state, event } = clientExchangeTable;
const side = new Side(clientExchangeTable, answerClose, 'OWN-7');
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

class H1ClientStream extends Exchange<H1ClientSession> implements ClientExchange, H1ResponseSink {
  readonly protocol: 'h1';
  readonly method: string;
  readonly asksUpgrade: boolean;
  private readonly listener: ResponseListener;
  private readonly report: ((error: unknown) => void) | undefined;
  private answer: H1Head | undefined;

  constructor(
    options: RequestOptions,
    listener: ResponseListener,
    session: H1ClientSession,
    owner: Owner,
    bodyOwner: Owner,
    report: ((error: unknown) => void) | undefined,
  ) {
    super(side, session.exchanges + 1, session, owner, bodyOwner);
    this.protocol = 'h1';
    this.method = options.method ?? 'GET';
    this.asksUpgrade = options.upgrade !== undefined;
    this.listener = listener;
    this.report = report;
    this.answer = undefined;
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

  get response(): ResponseHead | undefined {
    return this.answer;
  }

  override end(trailers?: FieldList): void {
    if (this.brokenOff) return;
    this.requireSending();
    this.session.endRequest(trailers);
    this.machine.take(event['send-end']);
  }

  // The session's side.

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

  receiveEnd(trailers: Lease | undefined): void {
    this.complete(trailers === undefined ? undefined : new H1Trailers(trailers, this.session.context.text));
  }

  failed(error: UndercoatError, retryable: boolean): void {
    const answered = this.answer !== undefined;
    this.cutOff(error);
    if (!answered) this.call(() => this.listener.failed(error, retryable));
    this.tell(error);
  }

  protected reportLate(cause: unknown): void {
    this.report?.(cause);
  }

  protected get declaredLength(): number | undefined {
    const head = this.answer;
    if (head === undefined) return undefined;
    if (head.framing === FRAMING_NONE) return 0;
    return head.framing === FRAMING_LENGTH ? head.contentLength : undefined;
  }

  protected get received(): boolean {
    return this.machine.state === state['half-closed-remote'] || this.machine.state === state.closed;
  }

  protected notSending(): MisuseError {
    return new MisuseError('after-end', 'RFC 9112 §6', 'content is sent before the end of a message');
  }
}
