/**
 * The asking half of a client's session: the requests that are in flight, in their order, whether another may begin,
 * and what becomes of them when the connection ends.
 *
 * It does not know how a response is read, nor what an exchange means to the application.
 */
import type { UndercoatError } from '../../errors.js';
import type { SessionContext, Verdict } from '../contract.js';
import { H1Connection } from './connection.js';
import type { OutgoingFields } from './encode-fields.js';
import type { H1Head } from './message-head.js';
import type { HeadFields, RequestLineParts } from './message-writer.js';
import { type H1ClientOptions, h1Settings } from './options.js';
import { callbackFailed } from './session-errors.js';
import type { H1ResponseSink } from './sinks.js';
import { h1ClientTable } from './tables.js';

/** A request that was begun and whose exchange is not over. */
export interface InFlight {
  readonly stream: H1ResponseSink;
  /** The send buffer's account when the request began: once a transport was given more, the peer may have seen it. */
  readonly sentAt: number;
  /** Until it is answered nothing may follow it: the pipe may become a tunnel. */
  readonly exclusive: boolean;
  interims: number;
  requestComplete: boolean;
  /** Of a complete request: where it ends in the send buffer's account. */
  endsAt: number;
  /**
   * When the request began, and when all of it was written; `untimed` until the turn after that: a command knows no
   * time.
   */
  writtenAt: number;
  since: number;
  head: H1Head | null;
}

const { state, event } = h1ClientTable;

export const untimed = -1;

export abstract class H1ClientRequests extends H1Connection {
  /** Told, as the last thing in a turn, when `available` has risen from 0, and when it fell to 0 for good. */
  onAvailable: (() => void) | undefined;
  protected readonly flight: InFlight[];
  /** The request that is being sent, if it is not complete. */
  protected sending: InFlight | null;
  /** What `onAvailable` stands at. */
  private wasAvailable: boolean;
  private toldOver: boolean;

  constructor(context: SessionContext, options: H1ClientOptions = {}) {
    super(context, h1Settings(options), 'response', 'h1-client', h1ClientTable);
    this.onAvailable = undefined;
    this.flight = [];
    this.sending = null;
    this.wasAvailable = true;
    this.toldOver = false;
  }

  get busy(): boolean {
    return this.flight.length > 0;
  }

  /** How many more requests may begin now. */
  get available(): number {
    return this.spent ? 0 : this.places;
  }

  /** The same, as long as the session takes any. */
  private get places(): number {
    const { flight } = this;
    if (this.sending !== null || this.overHighWater) return 0;
    const { length } = flight;
    // An index below 0 is looked up as a name.
    if (length > 0 && (flight[length - 1] as InFlight).exclusive) return 0;
    return Math.max(0, this.settings.maxPipelined - length);
  }

  /** Begins a request; the caller has seen that `available` is not 0. @throws MisuseError; nothing has changed then */
  request(stream: H1ResponseSink, parts: RequestLineParts, fields: HeadFields): void {
    const sentAt = this.context.output.acceptedBytes;
    this.writer.request(parts, fields);
    this.machine.take(event.request);
    this.exchanges += 1;
    const entry: InFlight = {
      stream,
      sentAt,
      exclusive: stream.asksUpgrade || parts.method === 'CONNECT',
      interims: 0,
      requestComplete: parts.end,
      endsAt: this.context.output.acceptedBytes,
      writtenAt: untimed,
      since: untimed,
      head: null,
    };
    if (this.flight.length === 0) this.prepare(entry);
    this.flight.push(entry);
    if (!parts.end) this.sending = entry;
    if (this.writer.last) this.persistent = false;
    this.sent();
    this.wasAvailable = this.available > 0;
  }

  endRequest(trailers: OutgoingFields | undefined): void {
    this.writer.end(trailers);
    this.requestSent();
    this.sent();
  }

  /** A stream wants its body: a turn is due. */
  bodyWanted(): void {
    this.context.wake();
  }

  /** A stream does not want its body any more: a turn is due. */
  bodyDiscarded(): void {
    this.context.wake();
  }

  protected get over(): boolean {
    switch (this.machine.state) {
      case state.closing:
      case state.closed:
      case state.failed:
      case state['handed-off']:
        return true;
      default:
        return false;
    }
  }

  protected contentGiven(last: boolean): void {
    if (last) this.requestSent();
  }

  /** Says what has become of `available`: the last act of a turn, since requests may begin in it. */
  protected told(): Verdict {
    const { spent } = this;
    const isAvailable = !spent && this.places > 0;
    const rose = isAvailable && !this.wasAvailable;
    const fell = !this.toldOver && spent;
    this.wasAvailable = isAvailable;
    if (fell) this.toldOver = true;
    if ((rose || fell) && this.onAvailable !== undefined) {
      try {
        this.onAvailable();
      } catch (cause) {
        this.abort(callbackFailed(cause));
      }
    }
    return this.verdict();
  }

  protected verdict(): Verdict {
    if (this.machine.state === state['handed-off']) return 'handed-off';
    if (this.over) return 'closed';
    return this.pausedBy === undefined ? 'need-data' : 'paused';
  }

  /** Commands come between turns, when nobody says what time it is: their time is that of the turn they asked for. */
  protected noteTime(): void {
    const { writtenBytes } = this.context.output;
    for (let i = this.flight.length - 1; i >= 0; i--) {
      const entry = this.flight[i] as InFlight;
      // Requests are written in order.
      if (entry.writtenAt !== untimed) return;
      if (entry.since === untimed) entry.since = this.now;
      if (entry.requestComplete && writtenBytes >= entry.endsAt) entry.writtenAt = this.now;
    }
  }

  /** The response that is read next answers `entry`: its method decides the framing (RFC 9112 §6.3). */
  protected prepare(entry: InFlight): void {
    this.reader.reset(entry.stream.method);
  }

  protected endAll(error: UndercoatError): void {
    const ended = this.flight.splice(0);
    this.sending = null;
    const { takenBytes } = this.context.output;
    for (const entry of ended) {
      entry.stream.failed(error, takenBytes <= entry.sentAt);
      entry.head?.giveBack();
    }
  }

  /** No request will be taken any more. */
  private get spent(): boolean {
    const broken = this.broken !== undefined || this.writer.exhausted;
    return broken || !this.persistent || this.shuttingDown || this.inputEnded || this.over;
  }

  private requestSent(): void {
    const entry = this.sending as InFlight;
    entry.requestComplete = true;
    entry.endsAt = this.context.output.acceptedBytes;
    this.sending = null;
  }
}
