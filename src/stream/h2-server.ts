/**
 * The server's side of an H2 exchange: the application's calls are held to the exchange's table and become commands of
 * the session; what the stream receives becomes the application's body. Application code never throws into the session:
 * what it throws resets the stream.
 *
 * It does not know frames or windows, which other streams there are, or what time it is.
 */
import { answerStatus, MisuseError, TransportError, UndercoatError } from '../errors.js';
import { Machine } from '../machine/index.js';
import { type Lease, Owner, type Returned } from '../memory/index.js';
import type { Session, SessionContext } from '../session/contract.js';
import type { ConnectionFacts } from '../session/facts.js';
import type { H2Connection } from '../session/h2/connection.js';
import type { HeaderList } from '../session/h2/header-list.js';
import type { H2Options } from '../session/h2/options.js';
import { Content, declaredLength, judgeFields } from '../session/h2/outgoing.js';
import { H2Session } from '../session/h2/session.js';
import type { H2Sink, H2Stream } from '../session/h2/stream.js';
import type { Transport } from '../transport/contract.js';
import type { FieldList, RequestHead, SendOptions, ServerExchange, ServerListener } from './contract.js';
import { H2Fields } from './h2-fields.js';
import { H2Pipe, type PipeExchange } from './h2-pipe.js';
import { Incoming, type IncomingPort } from './incoming.js';
import { serverExchangeTable } from './tables.js';

const { state, event } = serverExchangeTable;
const noFields: FieldList = Object.freeze([]);

export interface H2ServerOptions extends H2Options {
  /** The value of the Date field now (RFC 9110 §6.6.1); none is sent without it: the core has no clock. */
  readonly date?: () => string;
}

/** An H2 session for a server, whose exchanges go to `listener`. @throws MisuseError when an option is no limit */
export function h2ServerSession(
  context: SessionContext,
  options: H2ServerOptions,
  listener: ServerListener,
): Session {
  const { date, ...limits } = options;
  const session: H2Session = new H2Session(context, limits, (stream, list) => {
    const exchange = new H2ServerStream(stream, list, session.connection, date);
    // The sink must be in place before the application acts on the exchange.
    stream.sink = exchange;
    exchange.begin(listener);
    return exchange;
  });
  return session;
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

  constructor(list: HeaderList) {
    const connects = list.method === 'CONNECT' && list.protocol === undefined;
    this.method = list.method;
    this.target = connects ? (list.authority as string) : list.path;
    this.authority = list.authority;
    this.version = '2';
    this.scheme = connects ? undefined : list.scheme;
    this.protocol = list.protocol;
    this.fields = new H2Fields(list.fields);
  }
}

class H2ServerStream implements ServerExchange, H2Sink, IncomingPort, PipeExchange {
  readonly id: number;
  readonly protocol: 'h2';
  readonly request: H2RequestHead;
  readonly bodyOwner: Owner;
  onWritable: (() => void) | undefined;
  onClosed: ((error: UndercoatError | undefined) => void) | undefined;
  private readonly stream: H2Stream;
  private readonly session: H2Connection;
  private readonly machine: Machine;
  private readonly declared: number;
  private readonly date: (() => string) | undefined;
  private incoming: Incoming | null;
  private trailers: H2Fields | undefined;
  private pipe: H2Pipe | null;
  private content: Content | null;
  private continueDue: boolean;
  private aborted: boolean;
  private over: boolean;
  private lost: boolean;
  private error: UndercoatError | undefined;

  constructor(stream: H2Stream, list: HeaderList, session: H2Connection, date: (() => string) | undefined) {
    const { context } = session;
    this.id = stream.id;
    this.protocol = 'h2';
    this.request = new H2RequestHead(list);
    this.bodyOwner = new Owner('application', 'body', context.id);
    this.onWritable = undefined;
    this.onClosed = undefined;
    this.stream = stream;
    this.session = session;
    this.machine = new Machine(
      serverExchangeTable,
      new Owner('stream', 'h2-exchange', stream.id),
      context.observer,
    );
    this.declared = list.contentLength;
    this.date = date;
    this.incoming = null;
    this.trailers = undefined;
    this.pipe = null;
    this.content = null;
    this.continueDue = list.expectsContinue;
    this.aborted = false;
    this.over = false;
    this.lost = false;
    this.error = undefined;
  }

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
      this.incoming = new Incoming(this, this.declared < 0 ? undefined : this.declared);
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
    return !this.closed && !this.stream.overHighWater;
  }

  inform(status: number, fields: FieldList = noFields): void {
    if (this.gone()) return;
    this.require(event['send-inform'], 'responded', 'an interim response comes before the final one');
    if (!(status >= 100 && status <= 199) || status === 101) {
      throw new MisuseError(
        'status',
        'RFC 9110 §15.2',
        `an interim status is from 100 to 199 but 101, not ${status}`,
      );
    }
    judgeFields(fields, false);
    if (status === 100) this.continueDue = false;
    this.session.head(this.stream, { status, pseudo: noFields, fields }, false);
    this.machine.take(event['send-inform']);
  }

  respond(status: number, fields: FieldList = noFields, options?: SendOptions): void {
    if (this.gone()) return;
    this.require(event['send-head'], 'responded', 'an exchange has one final response');
    const end = options?.end === true;
    this.sendHead(status, fields, options?.length, end);
    this.machine.take(event['send-head']);
    if (end) this.machine.take(event['send-end']);
  }

  reply(status: number, fields: FieldList | undefined, body: Uint8Array): void {
    if (this.gone()) return;
    this.require(event['send-head'], 'responded', 'an exchange has one final response');
    const { length } = body;
    this.sendHead(status, fields ?? noFields, length, length === 0);
    this.machine.take(event['send-head']);
    if (length > 0) this.sendBody(body, true, undefined);
    else this.machine.take(event['send-end']);
  }

  send(bytes: Uint8Array, end = false, returned?: Returned): boolean {
    if (this.gone()) {
      returned?.('failed');
      return false;
    }
    this.requireSending();
    this.sendBody(bytes, end, returned);
    return this.writable;
  }

  sendLease(lease: Lease, end = false): boolean {
    if (this.gone()) {
      lease.release();
      return false;
    }
    this.requireSending();
    const content = this.content as Content;
    content.add(lease.length);
    if (end) content.end();
    this.machine.take(event['send-data']);
    if (content.silent) {
      lease.release();
      if (end) this.session.endMessage(this.stream, undefined);
    } else this.session.lease(this.stream, lease, end);
    if (end) this.machine.take(event['send-end']);
    return this.writable;
  }

  end(trailers?: FieldList): void {
    if (this.gone()) return;
    this.require(event['send-end'], this.responded ? 'after-end' : 'before-head', 'nothing is being sent');
    const content = this.content as Content;
    content.end();
    if (trailers !== undefined) judgeFields(trailers, true);
    const some = trailers !== undefined && trailers.length > 0 && !content.silent;
    this.session.endMessage(
      this.stream,
      some ? { status: 0, pseudo: noFields, fields: trailers } : undefined,
    );
    this.machine.take(event['send-end']);
  }

  upgrade(takeOver: (pipe: Transport) => void, fields: FieldList = noFields, status = 200): void {
    if (this.gone()) return;
    if (this.request.method !== 'CONNECT') {
      throw new MisuseError('no-upgrade', 'LAY-7', 'the request asked for no tunnel');
    }
    if (!(status >= 200 && status <= 299)) {
      throw new MisuseError('status', 'RFC 9110 §9.3.6', `a tunnel is agreed to with a 2xx, not ${status}`);
    }
    this.require(event['send-head'], 'responded', 'a tunnel is agreed to once');
    judgeFields(fields, false);
    this.content = new Content(-1, false, false);
    this.session.head(this.stream, { status, pseudo: noFields, fields }, false);
    this.stream.headSent = true;
    this.machine.take(event['send-head']);
    this.stream.isTunnel = true;
    this.pipe = new H2Pipe(this, this.facts.transport);
    takeOver(this.pipe);
  }

  abort(reason?: UndercoatError): void {
    if (this.closed || this.aborted) return;
    this.aborted = true;
    const why =
      reason ??
      new UndercoatError('api-misuse', 'aborted', 'OWN-7', 'the application broke off', answerStatus(500));
    this.session.breakOff(this.stream, why);
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

  head(): void {
    // A server's stream begins with its head; what follows are trailers.
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

  failed(error: UndercoatError): void {
    this.over = true;
    this.machine.step(event.reset);
    this.error = error;
    this.incoming?.fail(error);
    this.incoming?.revoke();
    this.endPipe(
      new TransportError('tunnel-reset', 'the stream that carried the tunnel is gone', { cause: error }),
    );
    this.tell(error);
  }

  settle(): void {
    this.incoming?.settle();
    this.call(this.pipeTurn);
  }

  /** The tunnel has something to do that it may not do at once. */
  wakePipe(): void {
    if (this.over) this.call(this.pipeTurn);
    else this.session.touch(this.stream);
  }

  sendable(): void {
    this.call(this.onWritable);
  }

  finished(): void {
    this.over = true;
    if (!this.closed) {
      this.machine.take(event.reset);
      this.lost = true;
      this.incoming?.fail(undrained());
    }
    this.incoming?.revoke();
    this.endPipe(undefined);
    this.tell(undefined);
  }

  // The body's side.

  bodyWanted(): void {
    if (this.over) {
      this.incoming?.settle();
      return;
    }
    if (this.continueDue && !this.responded && !this.requestComplete) {
      this.continueDue = false;
      if (this.stream.receivedBytes === 0) this.inform(100);
    }
    this.session.touch(this.stream);
  }

  bodyDiscarded(): void {
    if (!this.over) this.session.touch(this.stream);
  }

  applicationFailed(error: unknown): void {
    const known = error instanceof UndercoatError && error.fault !== 'api-misuse';
    this.abort(
      known
        ? error
        : new UndercoatError(
            'api-misuse',
            'application-failed',
            'WS-9',
            'the application failed',
            answerStatus(500),
            {
              cause: error,
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

  private sendHead(status: number, fields: FieldList, length: number | undefined, end: boolean): void {
    if (!(status >= 200 && status <= 599)) {
      throw new MisuseError('status', 'RFC 9110 §15', `a final status is from 200 to 599, not ${status}`);
    }
    const { method } = this.request;
    if (method === 'CONNECT' && status < 300) {
      throw new MisuseError('connect-accepted', 'LAY-7', 'a CONNECT is accepted by `upgrade`');
    }
    const judgement = judgeFields(fields, false);
    const silent = method === 'HEAD' || status === 304;
    const declared = declaredLength(judgement.contentLength, length, end && !silent);
    if (status === 204 && declared > 0) {
      throw new MisuseError('content-forbidden', 'RFC 9110 §15.3.5', 'a 204 has no content');
    }
    const addsLength = declared >= 0 && judgement.contentLength < 0 && status !== 204;
    const addsDate = this.date !== undefined && !judgement.hasDate;
    let all = fields;
    if (addsLength || addsDate) {
      const more: (readonly [string, string])[] = [];
      if (addsDate) more.push(['date', (this.date as () => string)()]);
      if (addsLength) more.push(['content-length', String(declared)]);
      all = fields.length === 0 ? more : [...fields, ...more];
    }
    this.content = new Content(declared, silent, status === 204);
    this.session.head(this.stream, { status, pseudo: noFields, fields: all }, end);
    this.stream.headSent = true;
  }

  private sendBody(bytes: Uint8Array, end: boolean, returned: Returned | undefined): void {
    const content = this.content as Content;
    content.add(bytes.length);
    if (end) content.end();
    if (content.silent) {
      returned?.('written');
      if (end) this.session.endMessage(this.stream, undefined);
    } else {
      try {
        this.session.data(this.stream, bytes, returned, end);
      } catch (error) {
        content.takeBack(bytes.length);
        throw error;
      }
    }
    this.machine.take(event['send-data']);
    if (end) this.machine.take(event['send-end']);
  }

  private get requestComplete(): boolean {
    switch (this.machine.state) {
      case state['half-closed-remote']:
      case state['half-closed-remote-answering']:
      case state.closed:
        return true;
      default:
        return false;
    }
  }

  private gone(): boolean {
    return this.aborted || this.machine.state === state.reset;
  }

  private require(needed: number, code: string, message: string): void {
    if (!this.machine.can(needed)) throw new MisuseError(code, 'LAY-3', message);
  }

  private requireSending(): void {
    if (this.machine.can(event['send-data'])) return;
    const code = this.responded ? 'after-end' : 'before-head';
    throw new MisuseError(code, 'RFC 9113 §8.1', 'content is sent between the head and the end of a message');
  }

  private tell(error: UndercoatError | undefined): void {
    const { onClosed } = this;
    this.onClosed = undefined;
    if (onClosed !== undefined) this.call(() => onClosed(error));
    this.request.fields.end();
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
