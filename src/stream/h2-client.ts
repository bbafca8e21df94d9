/**
 * The client's side of H2: takes requests while the peer's limit allows, and is the exchange of each. The application's
 * calls are held to the exchange's table and become commands of the session. Application code never throws into the
 * session: what it throws resets the stream.
 *
 * It does not know frames or windows, which other streams there are, or what time it is.
 */
import { answerClose, MisuseError, TransportError, UndercoatError } from '../errors.js';
import { Machine } from '../machine/index.js';
import { type Lease, Owner, type Returned } from '../memory/index.js';
import type { Session, SessionContext } from '../session/contract.js';
import type { ConnectionFacts } from '../session/facts.js';
import type { H2Connection } from '../session/h2/connection.js';
import type { HeaderList } from '../session/h2/header-list.js';
import type { H2Options } from '../session/h2/options.js';
import {
  Content,
  declaredLength,
  judgeFields,
  requireAuthority,
  requireMethod,
  requirePath,
} from '../session/h2/outgoing.js';
import { H2Session } from '../session/h2/session.js';
import type { H2Sink, H2Stream } from '../session/h2/stream.js';
import type {
  ClientExchange,
  ClientSession,
  FieldList,
  RequestOptions,
  ResponseHead,
  ResponseListener,
} from './contract.js';
import { H2Fields } from './h2-fields.js';
import { H2Pipe, type PipeExchange } from './h2-pipe.js';
import { Incoming, type IncomingPort } from './incoming.js';
import { clientExchangeTable } from './tables.js';

const { state, event } = clientExchangeTable;
const noFields: FieldList = Object.freeze([]);

/** An H2 session for a client. @throws MisuseError when an option is no limit */
export function h2ClientSession(context: SessionContext, options: H2Options = {}): H2Client {
  return new H2Client(new H2Session(context, options, null));
}

/** What a driver drives (`session`) and what an application asks (`request`). */
export class H2Client implements ClientSession {
  readonly session: Session;
  private readonly h2: H2Session;

  constructor(session: H2Session) {
    this.session = session;
    this.h2 = session;
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

  request(options: RequestOptions, listener: ResponseListener): ClientExchange {
    if (this.h2.available <= 0) {
      throw new MisuseError('not-available', 'RFC 9113 §5.1.2', 'the session takes no request now');
    }
    return new H2ClientStream(options, listener, this.h2.connection);
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
    this.fields = new H2Fields(list.fields);
  }
}

class H2ClientStream implements ClientExchange, H2Sink, IncomingPort, PipeExchange {
  readonly id: number;
  readonly protocol: 'h2';
  readonly bodyOwner: Owner;
  onWritable: (() => void) | undefined;
  onClosed: ((error: UndercoatError | undefined) => void) | undefined;
  private readonly stream: H2Stream;
  private readonly session: H2Connection;
  private readonly listener: ResponseListener;
  private readonly machine: Machine;
  private readonly content: Content;
  private readonly connects: boolean;
  private answer: H2ResponseHead | undefined;
  private incoming: Incoming | null;
  private trailers: H2Fields | undefined;
  private pipe: H2Pipe | null;
  private aborted: boolean;
  private over: boolean;
  private lost: boolean;
  private error: UndercoatError | undefined;

  /** Sends the head. @throws MisuseError; nothing has changed then */
  constructor(options: RequestOptions, listener: ResponseListener, session: H2Connection) {
    const { context } = session;
    const method = options.method ?? 'GET';
    const { authority, target = '/', scheme = 'http', protocol } = options;
    this.connects = method === 'CONNECT';
    requireMethod(method);
    requireAuthority(authority);
    if (options.upgrade !== undefined) {
      throw new MisuseError(
        'no-upgrade',
        'RFC 9113 §8.6',
        'H2 has no Upgrade; extended CONNECT takes its place',
      );
    }
    const fields = options.fields ?? noFields;
    const judgement = judgeFields(fields, false);
    const ends =
      options.end ??
      (!this.connects &&
        (options.length === undefined || options.length === 0) &&
        judgement.contentLength <= 0);
    const declared = declaredLength(judgement.contentLength, options.length, false);
    if (ends && declared > 0) {
      throw new MisuseError('length-conflict', 'RFC 9110 §8.6', 'no content follows the declared length');
    }
    const pseudo: (readonly [string, string])[] = [[':method', method]];
    if (this.connects && protocol === undefined) pseudo.push([':authority', authority]);
    else {
      if (protocol !== undefined && !session.peer.enableConnectProtocol) {
        throw new MisuseError('extended-connect', 'RFC 8441 §3', 'the peer does not take extended CONNECT');
      }
      requirePath(method, target);
      pseudo.push([':scheme', scheme], [':authority', authority], [':path', target]);
      if (protocol !== undefined) pseudo.push([':protocol', protocol]);
    }
    const more: (readonly [string, string])[] = [];
    if (declared >= 0 && judgement.contentLength < 0 && !this.connects)
      more.push(['content-length', String(declared)]);
    if (options.expectContinue === true && !ends) more.push(['expect', '100-continue']);
    const all = more.length === 0 ? fields : [...fields, ...more];
    const stream = session.open({ status: 0, pseudo, fields: all }, ends);
    this.id = stream.id;
    this.protocol = 'h2';
    this.bodyOwner = new Owner('application', 'body', context.id);
    this.onWritable = undefined;
    this.onClosed = undefined;
    this.stream = stream;
    this.session = session;
    this.listener = listener;
    this.machine = new Machine(
      clientExchangeTable,
      new Owner('stream', 'h2-exchange', stream.id),
      context.observer,
    );
    this.content = new Content(declared, false, ends);
    this.answer = undefined;
    this.incoming = null;
    this.trailers = undefined;
    this.pipe = null;
    this.aborted = stream.outputFailed;
    this.over = false;
    this.lost = false;
    this.error = undefined;
    stream.sink = this;
    stream.noContent = method === 'HEAD';
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
      const declared = this.stream.noContent ? 0 : this.stream.declaredLength;
      this.incoming = new Incoming(this, declared < 0 ? undefined : declared);
      if (this.lost) this.incoming.fail(unread());
      else if (this.responseComplete) this.incoming.complete = true;
      else if (this.error !== undefined) this.incoming.fail(this.error);
    }
    return this.incoming;
  }

  get closed(): boolean {
    const now = this.machine.state;
    return now === state.closed || now === state.reset || now === state.upgraded;
  }

  get writable(): boolean {
    return !this.closed && !this.stream.overHighWater;
  }

  send(bytes: Uint8Array, end = false, returned?: Returned): boolean {
    if (this.gone()) {
      returned?.('failed');
      return false;
    }
    this.requireSending();
    const { content } = this;
    content.add(bytes.length);
    if (end) content.end();
    try {
      this.session.data(this.stream, bytes, returned, end);
    } catch (error) {
      content.takeBack(bytes.length);
      throw error;
    }
    this.machine.take(event['send-data']);
    if (end) this.machine.take(event['send-end']);
    return this.writable;
  }

  sendLease(lease: Lease, end = false): boolean {
    if (this.gone()) {
      lease.release();
      return false;
    }
    this.requireSending();
    this.content.add(lease.length);
    if (end) this.content.end();
    this.session.lease(this.stream, lease, end);
    this.machine.take(event['send-data']);
    if (end) this.machine.take(event['send-end']);
    return this.writable;
  }

  end(trailers?: FieldList): void {
    if (this.gone()) return;
    this.requireSending();
    this.content.end();
    const some = trailers !== undefined && trailers.length > 0;
    if (some) judgeFields(trailers, true);
    this.session.endMessage(
      this.stream,
      some ? { status: 0, pseudo: noFields, fields: trailers } : undefined,
    );
    this.machine.take(event['send-end']);
  }

  abort(reason?: UndercoatError): void {
    if (this.closed || this.aborted) return;
    this.aborted = true;
    this.session.breakOff(this.stream, reason ?? cancelled());
  }

  // The session's side.

  get wantsBody(): boolean {
    return this.incoming?.wants === true && !this.aborted;
  }

  get discardsBody(): boolean {
    return this.incoming?.discarded === true || this.aborted;
  }

  get bodySettled(): boolean {
    return this.incoming === null || this.incoming.settled;
  }

  get keepsBody(): boolean {
    return this.incoming?.consumed === true && !this.aborted;
  }

  head(list: HeaderList): void {
    const head = new H2ResponseHead(list);
    if (list.status < 200) {
      this.machine.take(event['receive-inform']);
      this.call(() => this.listener.inform?.(head));
      head.fields.end();
      return;
    }
    this.machine.take(event['receive-head']);
    this.answer = head;
    if (this.connects && list.status < 300 && this.listener.upgraded !== undefined) {
      this.stream.isTunnel = true;
      this.pipe = new H2Pipe(this, this.facts.transport);
      const { pipe } = this;
      this.call(() => this.listener.upgraded?.(head, pipe));
    } else this.call(() => this.listener.response(head, this));
  }

  data(lease: Lease): void {
    if (this.machine.can(event['receive-data'])) this.machine.take(event['receive-data']);
    this.body.deliver(lease);
  }

  receiveEnd(trailers: string[] | undefined): void {
    this.machine.take(event['receive-end']);
    if (trailers !== undefined && trailers.length > 0) this.trailers = new H2Fields(trailers);
    if (trailers !== undefined || this.incoming !== null) this.body.finish(this.trailers);
  }

  failed(error: UndercoatError, retryable: boolean): void {
    const answered = this.answer !== undefined;
    this.over = true;
    this.machine.step(event.reset);
    this.error = error;
    this.incoming?.fail(error);
    this.incoming?.revoke();
    this.endPipe(
      new TransportError('tunnel-reset', 'the stream that carried the tunnel is gone', { cause: error }),
    );
    if (!answered) this.call(() => this.listener.failed(error, retryable));
    this.tell(error);
  }

  settle(): void {
    this.incoming?.settle();
    this.call(this.pipeTurn);
  }

  sendable(): void {
    this.call(this.onWritable);
  }

  finished(): void {
    this.over = true;
    if (!this.closed) {
      this.machine.take(event.reset);
      this.lost = true;
      this.incoming?.fail(unread());
    }
    this.incoming?.revoke();
    this.endPipe(undefined);
    this.tell(undefined);
  }

  /** The tunnel has something to do that it may not do at once. */
  wakePipe(): void {
    if (this.over) this.call(this.pipeTurn);
    else this.session.touch(this.stream);
  }

  // The body's side.

  bodyWanted(): void {
    if (this.over) this.incoming?.settle();
    else this.session.touch(this.stream);
  }

  bodyDiscarded(): void {
    if (!this.over) this.session.touch(this.stream);
  }

  applicationFailed(cause: unknown): void {
    const known = cause instanceof UndercoatError && cause.fault !== 'api-misuse';
    this.abort(
      known
        ? cause
        : new UndercoatError(
            'api-misuse',
            'application-failed',
            'OWN-7',
            'the application failed',
            answerClose,
            {
              cause,
            },
          ),
    );
  }

  private readonly pipeTurn = (): void => this.pipe?.turn();

  private endPipe(error: TransportError | undefined): void {
    const { pipe } = this;
    if (pipe === null) return;
    this.call(() => {
      pipe.ended(error);
      pipe.turn();
    });
  }

  private get responseComplete(): boolean {
    return this.machine.state === state['half-closed-remote'] || this.machine.state === state.closed;
  }

  private gone(): boolean {
    return this.aborted || this.machine.state === state.reset;
  }

  private requireSending(): void {
    if (this.machine.can(event['send-data'])) return;
    throw new MisuseError('after-end', 'RFC 9113 §8.1', 'content is sent before the end of a message');
  }

  private tell(error: UndercoatError | undefined): void {
    const { onClosed } = this;
    this.onClosed = undefined;
    if (onClosed !== undefined) this.call(() => onClosed(error));
    this.answer?.fields.end();
    this.trailers?.end();
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

function cancelled(): UndercoatError {
  return new UndercoatError('api-misuse', 'aborted', 'OWN-7', 'the application broke off', {
    kind: 'h2-stream',
    code: 0x8,
  });
}

function unread(): UndercoatError {
  return new UndercoatError(
    'api-misuse',
    'body-unread',
    'CON-1',
    'the exchange ended before its body was read',
    {
      kind: 'none',
    },
  );
}
