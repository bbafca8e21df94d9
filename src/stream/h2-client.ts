/**
 * The client's side of H2: takes requests while the peer's limit allows, and is the exchange of each.
 *
 * It does not know frames or windows, which other streams there are, or what time it is.
 */
import { answerClose, MisuseError, type UndercoatError } from '../errors.js';
import { Owner } from '../memory/index.js';
import type { Session, SessionContext } from '../session/contract.js';
import { CANCEL } from '../session/h2/frames-codes.js';
import type { HeaderList } from '../session/h2/header-list.js';
import type { H2Options } from '../session/h2/options.js';
import { Content, noContent } from '../session/h2/outgoing.js';
import { H2Session } from '../session/h2/session.js';
import type { H2Sink, H2Stream } from '../session/h2/stream.js';
import type {
  ClientExchange,
  ClientSession,
  FieldList,
  Priority,
  RequestOptions,
  ResponseHead,
  ResponseListener,
} from './contract.js';
import { Side } from './exchange.js';
import { H2Fields, h2Trailers } from './h2-fields.js';
import { byPipe, H2Pipe, type PipeExchange } from './h2-pipe.js';
import { type H2Request, H2RequestHeads } from './h2-request.js';
import { Incoming } from './incoming.js';
import { type LateReport, RequestingExchange } from './requesting.js';
import { clientExchangeTable } from './tables.js';

const { event } = clientExchangeTable;
const side = new Side(clientExchangeTable, answerClose, 'OWN-7', { kind: 'h2-stream', code: CANCEL });

/** An H2 session for a client; `report` as for a server's. @throws MisuseError when an option is no limit */
export function h2ClientSession(
  context: SessionContext,
  options: H2Options = {},
  report?: LateReport,
): H2Client {
  return new H2Client(new H2Session(context, options, null), context.id, report);
}

/** What a driver drives (`session`) and what an application asks (`request`). */
export class H2Client implements ClientSession {
  readonly session: Session;
  private readonly h2: H2Session;
  private readonly heads: H2RequestHeads;
  private readonly bodyOwner: Owner;
  private readonly report: LateReport | undefined;

  constructor(session: H2Session, id: number, report: LateReport | undefined) {
    this.session = session;
    this.h2 = session;
    this.heads = new H2RequestHeads(session.connection.judge);
    this.bodyOwner = new Owner('application', 'body', id);
    this.report = report;
  }

  get available(): number {
    return this.h2.available;
  }

  get onAvailable(): (() => void) | undefined {
    return this.h2.onAvailable;
  }

  set onAvailable(callback: (() => void) | undefined) {
    this.h2.onAvailable = callback;
  }

  /** Whether the peer takes extended CONNECT (RFC 8441 §3). */
  get extendedConnect(): boolean {
    return this.h2.connection.peer.enableConnectProtocol;
  }

  awaits({ protocol }: RequestOptions): boolean {
    const { connection } = this.h2;
    return protocol !== undefined && !connection.settingsReceived && !connection.over;
  }

  request(options: RequestOptions, listener: ResponseListener): ClientExchange {
    if (this.awaits(options)) {
      const message = 'the peer has not said yet whether it takes extended CONNECT: wait for `onAvailable`';
      throw new MisuseError('extended-connect', 'RFC 8441 §3', message);
    }
    if (this.h2.available <= 0) {
      throw new MisuseError('not-available', 'RFC 9113 §5.1.2', 'the session takes no request now');
    }
    const request = this.heads.build(options, this.extendedConnect);
    const stream = this.h2.connection.open(request.head, request.ends);
    return new H2ClientStream(request, stream, listener, this.bodyOwner, this.report);
  }

  /** The exchange of a request that went out, whole, before this session began: stream 1 (RFC 7540 §3.2). */
  takeUpSent(method: string, listener: ResponseListener): ClientExchange {
    const sent = { method, declared: -1, ends: true };
    return new H2ClientStream(sent, this.h2.takeUpSent(), listener, this.bodyOwner, this.report);
  }
}

class H2ResponseHead implements ResponseHead {
  readonly status: number;
  readonly reason: string;
  readonly version: '2';
  readonly fields: H2Fields;

  constructor(list: HeaderList) {
    this.status = list.status;
    this.reason = '';
    this.version = '2';
    this.fields = new H2Fields(list.takeFields(), list.sensitive);
  }
}

class H2ClientStream
  extends RequestingExchange<H2Stream, H2ResponseHead>
  implements ClientExchange, H2Sink, PipeExchange
{
  readonly protocol: 'h2';
  private readonly connects: boolean;
  private pipe: H2Pipe | null;
  /** What the application has for a body once the stream is a tunnel. */
  private noBody: Incoming | null;

  /** @param stream its request's head was sent, or could not be built */
  constructor(
    { method, declared, ends }: Omit<H2Request, 'head'>,
    stream: H2Stream,
    listener: ResponseListener,
    bodyOwner: Owner,
    report: LateReport | undefined,
  ) {
    const owner = new Owner('stream', 'h2-exchange', stream.id);
    super(side, stream.id, stream, owner, bodyOwner, listener, report);
    this.protocol = 'h2';
    this.connects = method === 'CONNECT';
    this.pipe = null;
    this.noBody = null;
    stream.sink = this;
    stream.content = ends && declared < 0 ? noContent : new Content(declared, false, ends);
    stream.noContent = method === 'HEAD';
    stream.isHeadAll = this.connects;
    if (ends) this.machine.take(event['send-end']);
  }

  // The session's side.

  head(list: HeaderList): void {
    const head = new H2ResponseHead(list);
    if (list.status >= 200) this.final(head);
    else {
      this.interim(head);
      head.fields.end();
    }
  }

  receiveEnd(trailers: string[] | undefined, sensitive: readonly string[] | undefined): void {
    this.complete(h2Trailers(trailers, sensitive));
  }

  override settle(): void {
    super.settle();
    this.noBody?.settle();
    this.pipe?.turn();
  }

  override failed(error: UndercoatError, retryable: boolean): void {
    this.noBody?.settle();
    super.failed(error, retryable);
  }

  override finished(): void {
    this.noBody?.settle();
    this.curtail();
    super.finished();
  }

  // The tunnel's side.

  get stream(): H2Stream {
    return this.session;
  }

  get tunnelled(): Incoming {
    return this.content;
  }

  get isSevered(): boolean {
    return this.brokenOff || this.over;
  }

  tunnelSent(end: boolean): void {
    this.machine.step(end ? event['send-end'] : event['send-data']);
  }

  wakePipe(): void {
    if (this.session.isAbandoned) this.pipe?.turn();
    else this.session.bodyWanted();
  }

  // The body's side.

  override get body(): Incoming {
    return this.noBody ?? super.body;
  }

  override bodyWanted(): void {
    if (this.over) this.noBody?.settle();
    super.bodyWanted();
  }

  // What asking needs of H2.

  protected get self(): ClientExchange {
    return this;
  }

  protected get framing(): string {
    return 'RFC 9113 §8.1';
  }

  /** A request that could not be built is as if broken off, and so is the rest of one that the peer does not want. */
  protected override get brokenOff(): boolean {
    return super.brokenOff || this.session.outputFailed || this.session.outputUnwanted;
  }

  /** A CONNECT has no content (RFC 9110 §9.3.6): its tunnel is written to through the pipe, which there is when both agreed. */
  protected override requireSending(): void {
    if (this.connects) throw byPipe();
    super.requireSending();
  }

  protected writeEnd(trailers: FieldList | undefined, sensitive: readonly string[] | undefined): void {
    this.session.end(trailers, sensitive);
  }

  protected writePriority(priority: Required<Priority>): void {
    this.session.prioritise(priority);
  }

  protected override deliver(head: H2ResponseHead): void {
    if (!this.connects || head.status >= 300 || this.listener.upgraded === undefined) {
      if (this.connects) this.endUnused();
      super.deliver(head);
      return;
    }
    this.session.beginTunnel();
    // Whoever asked for a body early has an empty one: what comes is for the tunnel.
    const noBody = this.incoming ?? new Incoming(this, 0);
    this.incoming = null;
    this.noBody = noBody;
    noBody.declaredLength = 0;
    noBody.finish(undefined);
    const pipe = new H2Pipe(this, this.facts.transport);
    this.pipe = pipe;
    this.call(() => this.listener.upgraded?.(head, pipe));
  }

  /** There is no tunnel that our half of the stream was kept for. */
  private endUnused(): void {
    if (this.brokenOff) return;
    this.session.end(undefined, undefined);
    this.machine.take(event['send-end']);
  }

  protected get declaredLength(): number | undefined {
    const { noContent, declaredLength } = this.session;
    if (noContent) return 0;
    return declaredLength < 0 ? undefined : declaredLength;
  }

  /** The application's last word; what it was lent ends with it. */
  protected override tell(error: UndercoatError | undefined): void {
    this.pipe?.conclude(error);
    super.tell(error);
    this.answer?.fields.end();
  }
}
