/**
 * The server's side of an H2 exchange: the head of the request, and heads of answers.
 *
 * It does not know frames or windows, which other streams there are, or what time it is.
 */
import { answerStatus, MisuseError, type UndercoatError } from '../errors.js';
import { Owner } from '../memory/index.js';
import type { Session, SessionContext } from '../session/contract.js';
import type { HeaderList } from '../session/h2/header-list.js';
import {
  NAME_AUTHORITY,
  NAME_METHOD,
  NAME_PROTOCOL,
  NAME_SCHEME,
  NAMES,
} from '../session/h2/hpack/field-names.js';
import type { H2Options } from '../session/h2/options.js';
import { Content, declaredLength, without } from '../session/h2/outgoing.js';
import { H2Session } from '../session/h2/session.js';
import type { H2Sink, H2Stream } from '../session/h2/stream.js';
import type { HeaderFields } from '../session/h2/writer.js';
import type { Transport } from '../transport/contract.js';
import { AnsweringExchange, type LateReport } from './answering.js';
import type { FieldList, RequestHead, ServerExchange, ServerListener } from './contract.js';
import { Side } from './exchange.js';
import { requireTaker } from './given.js';
import { H2Fields, h2Trailers } from './h2-fields.js';
import { byPipe, H2Pipe, type PipeExchange } from './h2-pipe.js';
import { Incoming } from './incoming.js';
import { serverExchangeTable } from './tables.js';

const { event } = serverExchangeTable;
const side = new Side(serverExchangeTable, answerStatus(500), 'WS-9');
const noFields: FieldList = Object.freeze([]);

export interface H2ServerOptions extends H2Options {
  /** The value of the Date field now (RFC 9110 §6.6.1); none is sent without it: the core has no clock. */
  readonly date?: () => string;
}

/**
 * An H2 session for a server, whose exchanges go to `listener`; `report` is told of what the application threw when it was
 * too late to break the exchange off. @throws MisuseError when an option is no limit
 */
export function h2ServerSession(
  context: SessionContext,
  options: H2ServerOptions,
  listener: ServerListener,
  report?: LateReport,
): Session {
  const { date, ...limits } = options;
  const bodyOwner = new Owner('application', 'body', context.id);
  return new H2Session(context, limits, (stream, list) => {
    const exchange = new H2ServerStream(stream, list, bodyOwner, date, report);
    // The sink must be in place before the application acts on the exchange.
    stream.sink = exchange;
    exchange.begin(listener);
    return exchange;
  });
}

class H2RequestHead implements RequestHead {
  readonly method: string;
  readonly target: string;
  readonly authority: string | undefined;
  readonly version: '2';
  /** `:scheme`; undefined for CONNECT. */
  readonly scheme: string | undefined;
  /** `:protocol` of an extended CONNECT (RFC 8441). */
  readonly protocol: string | undefined;
  readonly fields: H2Fields;
  /** Of `HeaderList`. */
  private readonly saidScheme: string;
  private readonly pseudoOrder: number;

  constructor(list: HeaderList) {
    const connects = list.method === 'CONNECT' && list.protocol === undefined;
    this.method = list.method;
    this.target = connects ? (list.authority as string) : list.path;
    this.authority = list.authority;
    this.version = '2';
    this.scheme = connects ? undefined : list.scheme;
    this.protocol = list.protocol;
    this.fields = new H2Fields(list.takeFields(), list.sensitive);
    this.saidScheme = list.saidScheme;
    this.pseudoOrder = list.pseudoOrder;
  }

  fieldLines(): FieldList {
    const lines: (readonly [string, string])[] = [...this.fields];
    for (let order = this.pseudoOrder; order > 0; order >>= 3) {
      lines.unshift([NAMES[order & 7] as string, this.pseudo(order & 7)]);
    }
    return lines;
  }

  private pseudo(number: number): string {
    switch (number) {
      case NAME_METHOD:
        return this.method;
      case NAME_SCHEME:
        return this.saidScheme;
      case NAME_AUTHORITY:
        return this.authority as string;
      case NAME_PROTOCOL:
        return this.protocol as string;
      default:
        return this.target;
    }
  }
}

/** Three digits make a status (RFC 9110 §15). */
function isBetween(status: number, least: number, most: number): boolean {
  return status >= least && status <= most && Number.isInteger(status);
}

class H2ServerStream extends AnsweringExchange<H2Stream> implements ServerExchange, H2Sink, PipeExchange {
  readonly protocol: 'h2';
  readonly request: H2RequestHead;
  /** What the request's head declares of its content, and the answer's: -1 for nothing. */
  private readonly declared: number;
  private answerBytes: number;
  private readonly date: (() => string) | undefined;
  private pipe: H2Pipe | null;
  private continueDue: boolean;
  /** Of a CONNECT, which has no content (RFC 9110 §9.3.6): what comes behind its head is for the tunnel. */
  private readonly noBody: Incoming | null;

  constructor(
    stream: H2Stream,
    list: HeaderList,
    bodyOwner: Owner,
    date: (() => string) | undefined,
    report: LateReport | undefined,
  ) {
    super(side, stream.id, stream, new Owner('stream', 'h2-exchange', stream.id), bodyOwner, report);
    this.protocol = 'h2';
    this.request = new H2RequestHead(list);
    this.declared = stream.declaredLength;
    this.answerBytes = -1;
    this.date = date;
    this.pipe = null;
    this.continueDue = list.expectsContinue;
    this.noBody = this.request.method === 'CONNECT' ? new Incoming(this, 0) : null;
    this.noBody?.finish(undefined);
  }

  upgrade(takeOver: (pipe: Transport) => void, fields: FieldList = noFields, status = 200): void {
    if (this.brokenOff) return;
    requireTaker(takeOver);
    if (this.request.method !== 'CONNECT') {
      throw new MisuseError('no-upgrade', 'LAY-7', 'the request asked for no tunnel');
    }
    if (!isBetween(status, 200, 299)) {
      throw new MisuseError('status', 'RFC 9110 §9.3.6', `a tunnel is agreed to with a 2xx, not ${status}`);
    }
    this.require(event['send-head'], 'responded', 'a tunnel is agreed to once');
    const stream = this.session;
    stream.head({ status, pseudo: noFields, fields: this.withoutLength(fields) }, false);
    stream.headSent = true;
    this.machine.take(event['send-head']);
    stream.beginTunnel();
    this.pipe = new H2Pipe(this, this.facts.transport);
    takeOver(this.pipe);
  }

  // The session's side.

  head(): void {
    // A server's stream begins with its head; what follows are trailers.
  }

  receiveEnd(trailers: string[] | undefined, sensitive: readonly string[] | undefined): void {
    this.complete(h2Trailers(trailers, sensitive));
  }

  override settle(): void {
    super.settle();
    this.noBody?.settle();
    this.pipe?.turn();
  }

  override failed(error: UndercoatError): void {
    this.noBody?.settle();
    super.failed(error);
  }

  override finished(): void {
    this.noBody?.settle();
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

  /** What is sent behind an agreement is for the tunnel, and goes through its pipe (LAY-7). */
  protected override requireSending(): void {
    if (this.pipe !== null) throw byPipe();
    super.requireSending();
  }

  // The body's side.

  override get body(): Incoming {
    return this.noBody ?? super.body;
  }

  override bodyWanted(): void {
    if (this.over) this.noBody?.settle();
    if (this.continueDue && !this.responded && !this.received) {
      this.continueDue = false;
      if (this.session.receivedBytes === 0) this.inform(100);
    }
    super.bodyWanted();
  }

  // What answering needs of H2.

  protected get self(): ServerExchange {
    return this;
  }

  protected get framing(): string {
    return 'RFC 9113 §8.1';
  }

  protected writeInterim(status: number, fields: FieldList): void {
    if (!isBetween(status, 100, 199) || status === 101) {
      throw new MisuseError(
        'status',
        'RFC 9110 §15.2',
        `an interim status is from 100 to 199 but 101, not ${status}`,
      );
    }
    const judged = this.withoutLength(fields);
    if (status === 100) this.continueDue = false;
    this.session.head({ status, pseudo: noFields, fields: judged }, false);
  }

  protected writeHead(
    status: number,
    fields: FieldList,
    length: number,
    end: boolean,
    sensitive: readonly string[] | undefined,
  ): void {
    const head = this.headFor(status, fields, length, end, sensitive);
    const stream = this.session;
    stream.content = new Content(this.answerBytes, this.isSilent(status), status === 204);
    stream.head(head, end);
    stream.headSent = true;
  }

  protected writeWhole(status: number, fields: FieldList, body: Uint8Array): void {
    const { length } = body;
    const stream = this.session;
    const hasContent = length > 0 && !this.isSilent(status);
    const head = this.headFor(status, fields, length, length === 0, undefined);
    if (hasContent) stream.message(head, body);
    else stream.head(head, true);
    stream.headSent = true;
  }

  /** Content is counted and not sent: of an answer to HEAD, or a 304. */
  private isSilent(status: number): boolean {
    return status === 304 || this.request.method === 'HEAD';
  }

  /** Fields, judged, of a head that has no Content-Length whatever they say, as H1 has none there (RFC 9110 §8.6). */
  private withoutLength(fields: FieldList): FieldList {
    const { contentLength } = this.session.judge.judge(fields);
    return contentLength < 0 ? fields : without('content-length', fields);
  }

  /** A final head, judged; what it declares of the content is in `answerBytes`. */
  private headFor(
    status: number,
    fields: FieldList,
    length: number,
    end: boolean,
    sensitive: readonly string[] | undefined,
  ): HeaderFields {
    if (!isBetween(status, 200, 599)) {
      throw new MisuseError('status', 'RFC 9110 §15', `a final status is from 200 to 599, not ${status}`);
    }
    if (this.request.method === 'CONNECT' && status < 300) {
      throw new MisuseError('connect-accepted', 'LAY-7', 'a CONNECT is accepted by `upgrade`');
    }
    const judgement = this.session.judge.judge(fields);
    const declared = declaredLength(judgement.contentLength, length, end && !this.isSilent(status));
    if (status === 204 && declared > 0) {
      throw new MisuseError('content-forbidden', 'RFC 9110 §15.3.5', 'a 204 has no content');
    }
    this.answerBytes = declared;
    const date = judgement.hasDate ? undefined : this.date?.();
    if (status === 204) {
      const judged = this.withoutLength(fields);
      return { status, pseudo: noFields, fields: judged, date, contentLength: undefined, sensitive };
    }
    const contentLength = declared >= 0 && judgement.contentLength < 0 ? declared : undefined;
    return { status, pseudo: noFields, fields, date, contentLength, sensitive };
  }

  protected writeEnd(trailers: FieldList | undefined, sensitive: readonly string[] | undefined): void {
    if (this.pipe !== null) throw byPipe();
    this.session.end(trailers, sensitive);
  }

  protected get declaredLength(): number | undefined {
    return this.declared < 0 ? undefined : this.declared;
  }

  /** The application's last word; what it was lent ends with it. */
  protected override tell(error: UndercoatError | undefined): void {
    this.pipe?.conclude(error);
    super.tell(error);
    this.request.fields.end();
  }
}
