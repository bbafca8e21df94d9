/**
 * The client's side of H1: takes requests while the session does, and is the exchange of each.
 *
 * It does not know how a message is framed, whether the connection is used again, or what time it is.
 */
import { answerClose, MisuseError } from '../errors.js';
import { type Lease, Owner } from '../memory/index.js';
import type { Carried } from '../session/carried.js';
import type { Session, SessionContext } from '../session/contract.js';
import { H1ClientSession } from '../session/h1/client-session.js';
import { FRAMING_LENGTH, FRAMING_NONE } from '../session/h1/head-reader.js';
import type { H1Head } from '../session/h1/message-head.js';
import type { H1ClientOptions } from '../session/h1/options.js';
import type { H1ResponseSink, Successor } from '../session/h1/sinks.js';
import type {
  ClientExchange,
  ClientSession,
  FieldList,
  RequestOptions,
  ResponseHead,
  ResponseListener,
} from './contract.js';
import { Side } from './exchange.js';
import { givenLength } from './given.js';
import { H1Trailers } from './h1-trailers.js';
import { listed } from './listed.js';
import { type LateReport, RequestingExchange } from './requesting.js';
import { clientExchangeTable } from './tables.js';

const { event } = clientExchangeTable;
const side = new Side(clientExchangeTable, answerClose, 'OWN-7');
const noFields: FieldList = Object.freeze([]);

/** An H1 session for a client; `report` as for a server's. @throws MisuseError when an option is no limit */
export function h1ClientSession(
  context: SessionContext,
  options: H1ClientOptions = {},
  report?: LateReport,
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
  private readonly report: LateReport | undefined;

  constructor(session: H1ClientSession, report: LateReport | undefined) {
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

  /** @param offer an upgrade that the request asks for on its way */
  request(options: RequestOptions, listener: ResponseListener, offer?: UpgradeOffer): ClientExchange {
    if (this.h1.available <= 0) {
      throw new MisuseError('not-available', 'RFC 9112 §9.3.2', 'the session takes no request now');
    }
    const { h1, owner, bodyOwner, report } = this;
    const stream = new H1ClientStream(options, listener, h1, owner, bodyOwner, report, offer);
    stream.begin(options);
    return stream;
  }
}

/** An upgrade of the whole connection, which whoever makes the request need not know of. */
export interface UpgradeOffer {
  readonly protocol: 'h2c';
  /** What HTTP2-Settings says. */
  readonly settings: string;
  /** The peer agreed: the exchange goes on elsewhere. */
  agreed(): Carried;
}

class H1ClientStream
  extends RequestingExchange<H1ClientSession, H1Head>
  implements ClientExchange, H1ResponseSink
{
  readonly protocol: 'h1';
  readonly method: string;
  readonly asksUpgrade: boolean;
  private readonly asked: string;
  private readonly offer: UpgradeOffer | undefined;

  constructor(
    options: RequestOptions,
    listener: ResponseListener,
    session: H1ClientSession,
    owner: Owner,
    bodyOwner: Owner,
    report: LateReport | undefined,
    offer: UpgradeOffer | undefined,
  ) {
    super(side, session.exchanges + 1, session, owner, bodyOwner, listener, report);
    this.protocol = 'h1';
    this.method = options.method ?? 'GET';
    this.asked = offer?.protocol ?? options.upgrade ?? '';
    this.asksUpgrade = this.asked !== '';
    this.offer = offer;
  }

  /** Sends the head. @throws MisuseError; nothing has changed then */
  begin(options: RequestOptions): void {
    const ends = options.end ?? (options.length === undefined || options.length === 0);
    let fields = options.fields ?? noFields;
    if (this.asksUpgrade) fields = [...fields, ['Upgrade', this.asked]];
    if (this.offer !== undefined) fields = [...fields, ['HTTP2-Settings', this.offer.settings]];
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
        http2Settings: this.offer !== undefined,
      },
      fields,
    );
    if (ends) this.machine.take(event['send-end']);
  }

  // The session's side.

  /** The table has no such row before the request is whole (LAY-7). */
  get takesPipe(): boolean {
    const isAsked = this.offer !== undefined || this.listener.upgraded !== undefined;
    return isAsked && this.machine.can(event.upgrade);
  }

  asksFor(protocols: string): boolean {
    const asked = listed(this.asked);
    const named = listed(protocols);
    return named.length > 0 && named.every((protocol) => asked.includes(protocol));
  }

  upgraded(head: H1Head): Successor {
    const { listener, offer } = this;
    this.machine.take(event.upgrade);
    if (offer !== undefined) return offer.agreed();
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

  // What asking needs of H1.

  protected get self(): ClientExchange {
    return this;
  }

  protected get framing(): string {
    return 'RFC 9112 §6';
  }

  protected writeEnd(trailers: FieldList | undefined): void {
    this.session.endRequest(trailers);
  }

  protected writePriority(): void {
    // One answer comes after the other.
  }

  protected get declaredLength(): number | undefined {
    const head = this.answer;
    if (head === undefined) return undefined;
    if (head.framing === FRAMING_NONE) return 0;
    return head.framing === FRAMING_LENGTH ? head.contentLength : undefined;
  }
}
