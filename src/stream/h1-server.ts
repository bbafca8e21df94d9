/**
 * The server's side of an H1 exchange: answers, upgrades, and what becomes of a request that nobody reads to its end.
 *
 * It does not know how a message is framed, whether the connection goes on, or what time it is.
 */
import { answerStatus, LimitError, MisuseError } from '../errors.js';
import { type Lease, Owner } from '../memory/index.js';
import type { Session, SessionContext } from '../session/contract.js';
import { FRAMING_CHUNKED, FRAMING_NONE } from '../session/h1/head-reader.js';
import type { H1Head } from '../session/h1/message-head.js';
import type { H1ServerOptions } from '../session/h1/options.js';
import { H1ServerSession } from '../session/h1/server-session.js';
import type { H1RequestSink } from '../session/h1/sinks.js';
import type { Transport } from '../transport/contract.js';
import { AnsweringExchange, type LateReport } from './answering.js';
import type { FieldList, RequestHead, ServerExchange, ServerListener } from './contract.js';
import { Side } from './exchange.js';
import { requireTaker } from './given.js';
import { H1Trailers } from './h1-trailers.js';
import type { H2cListener } from './h2c-server.js';
import { serverExchangeTable } from './tables.js';

const { event } = serverExchangeTable;
const side = new Side(serverExchangeTable, answerStatus(500), 'WS-9');
const noFields: FieldList = Object.freeze([]);

/**
 * An H1 session for a server, whose exchanges go to `listener`; `report` is told of what the application threw when it was
 * too late to break the exchange off, and what `upgrades` takes it does not see. @throws MisuseError when an option is no
 * limit
 */
export function h1ServerSession(
  context: SessionContext,
  options: H1ServerOptions,
  listener: ServerListener,
  report?: LateReport,
  upgrades?: H2cListener,
): Session {
  // One exchange at a time: they can share their owners.
  const owner = new Owner('stream', 'h1-exchange', context.id);
  const bodyOwner = new Owner('application', 'body', context.id);
  return new H1ServerSession(context, options, (head, session) => {
    const upgraded = upgrades?.(head, session);
    if (upgraded !== undefined) return upgraded;
    const stream = new H1ServerStream(head, session, owner, bodyOwner, report);
    stream.begin(listener);
    return stream;
  });
}

class H1ServerStream extends AnsweringExchange<H1ServerSession> implements ServerExchange, H1RequestSink {
  readonly protocol: 'h1';
  readonly request: RequestHead;
  private readonly head: H1Head;

  constructor(
    head: H1Head,
    session: H1ServerSession,
    owner: Owner,
    bodyOwner: Owner,
    report: LateReport | undefined,
  ) {
    super(side, session.exchanges, session, owner, bodyOwner, report);
    this.protocol = 'h1';
    this.request = head;
    this.head = head;
    if (head.framing === FRAMING_NONE || head.contentLength === 0) this.machine.take(event['receive-end']);
  }

  upgrade(takeOver: (pipe: Transport) => void, fields: FieldList = noFields, status?: number): void {
    if (this.brokenOff) return;
    requireTaker(takeOver);
    const connects = this.head.method === 'CONNECT';
    if (!connects && !this.head.upgrades) {
      throw new MisuseError('no-upgrade', 'LAY-7', 'the request asked for neither an upgrade nor a tunnel');
    }
    this.require(
      event.upgrade,
      this.responded ? 'responded' : 'request-incomplete',
      'an upgrade is agreed once, and after the request is complete',
    );
    const { session } = this;
    const agreed = status ?? (connects ? 200 : 101);
    // A place that is promised is kept until the tunnel is over: nothing may be refused any more after that.
    session.requireUpgrade(agreed, fields);
    if (session.context.admitsTunnel?.() === false) {
      this.abort(noPlace());
      return;
    }
    session.upgrade(agreed, fields, takeOver);
    this.machine.take(event.upgrade);
  }

  // The session's side.

  receiveEnd(trailers: Lease | undefined): void {
    this.complete(trailers === undefined ? undefined : new H1Trailers(trailers, this.session.context.text));
  }

  // What answering needs of H1.

  protected get self(): ServerExchange {
    return this;
  }

  protected get framing(): string {
    return 'RFC 9112 §6';
  }

  protected writeInterim(status: number, fields: FieldList): void {
    this.session.inform(status, fields);
  }

  protected writeHead(status: number, fields: FieldList, length: number, end: boolean): void {
    this.session.respond(status, fields, length, end);
  }

  protected writeWhole(status: number, fields: FieldList, body: Uint8Array): void {
    this.session.reply(status, fields, body);
  }

  protected writeEnd(trailers: FieldList | undefined): void {
    this.session.endResponse(trailers);
  }

  protected get declaredLength(): number | undefined {
    const { framing, contentLength } = this.head;
    return framing === FRAMING_CHUNKED ? undefined : Math.max(contentLength, 0);
  }
}

/** Nothing was agreed to, so that the peer can be told. */
function noPlace(): LimitError {
  const message = 'there is no place for another tunnel';
  return new LimitError('maxTunnels', 'too-many-tunnels', 'OWN-8', message, answerStatus(503));
}
