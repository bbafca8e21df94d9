/**
 * The server's side of an H1 exchange: answers, upgrades, and what becomes of a request that nobody reads to its end.
 *
 * It does not know how a message is framed, whether the connection goes on, or what time it is.
 */
import { answerStatus, MisuseError, UndercoatError } from '../errors.js';
import { type Lease, Owner } from '../memory/index.js';
import type { Session, SessionContext } from '../session/contract.js';
import { FRAMING_CHUNKED, FRAMING_NONE } from '../session/h1/head-reader.js';
import type { H1Head } from '../session/h1/message-head.js';
import type { HeadFields } from '../session/h1/message-writer.js';
import type { H1ServerOptions } from '../session/h1/options.js';
import { H1ServerSession } from '../session/h1/server-session.js';
import type { H1RequestSink } from '../session/h1/sinks.js';
import type { Transport } from '../transport/contract.js';
import type { FieldList, RequestHead, SendOptions, ServerExchange, ServerListener } from './contract.js';
import { Exchange, Side } from './exchange.js';
import { givenLength, requireBytes } from './given.js';
import { H1Trailers } from './h1-trailers.js';
import type { Incoming } from './incoming.js';
import { serverExchangeTable } from './tables.js';

const { state, event } = serverExchangeTable;
const side = new Side(serverExchangeTable, answerStatus(500), 'WS-9');
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

class H1ServerStream extends Exchange<H1ServerSession> implements ServerExchange, H1RequestSink {
  readonly protocol: 'h1';
  readonly request: RequestHead;
  private readonly head: H1Head;
  private readonly report: ((error: unknown, exchange: ServerExchange) => void) | undefined;
  /** What of the request was not delivered is lost to the application. */
  private lost: boolean;

  constructor(
    head: H1Head,
    session: H1ServerSession,
    owner: Owner,
    bodyOwner: Owner,
    report: ((error: unknown, exchange: ServerExchange) => void) | undefined,
  ) {
    super(side, session.exchanges, session, owner, bodyOwner);
    this.protocol = 'h1';
    this.request = head;
    this.head = head;
    this.report = report;
    this.lost = false;
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

  get responded(): boolean {
    const now = this.machine.state;
    return now !== state.open && now !== state['half-closed-remote'];
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

  override end(trailers?: FieldList): void {
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

  // The session's side.

  get takesBody(): boolean {
    return this.incoming?.consumed === true;
  }

  undelivered(): void {
    this.lost = true;
    this.incoming?.fail(undrained());
  }

  receiveEnd(trailers: Lease | undefined): void {
    this.complete(trailers === undefined ? undefined : new H1Trailers(trailers, this.session.context.text));
  }

  failed(error: UndercoatError): void {
    this.cutOff(error);
    this.tell(error);
  }

  override finished(): void {
    // A request that was not drained is broken off, though the answer to it is whole.
    if (!this.closed) {
      this.machine.take(event.reset);
      this.undelivered();
    }
    super.finished();
  }

  protected reportLate(cause: unknown): void {
    this.report?.(cause, this);
  }

  /** A whole answer cannot be broken off either. */
  protected override get tooLate(): boolean {
    return super.tooLate || this.machine.state === state['half-closed-local'];
  }

  protected get declaredLength(): number | undefined {
    const { framing, contentLength } = this.head;
    return framing === FRAMING_CHUNKED ? undefined : Math.max(contentLength, 0);
  }

  protected get received(): boolean {
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

  protected override conclude(body: Incoming): void {
    if (this.lost) body.fail(undrained());
    else super.conclude(body);
  }

  protected notSending(): MisuseError {
    const code = this.responded ? 'after-end' : 'before-head';
    return new MisuseError(code, 'RFC 9112 §6', 'content is sent between the head and the end of a message');
  }

  private require(needed: number, code: string, message: string): void {
    if (!this.machine.can(needed)) throw new MisuseError(code, 'LAY-3', message);
  }
}
