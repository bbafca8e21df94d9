/**
 * The H1 session of a client (RFC 9112): frames requests in order, reads the responses in the same order with the head
 * reader that the server's session uses too, and decides whether the connection can be used again.
 *
 * It does not know what an exchange means to the application, who drives it, or what carries the bytes.
 */
import { answerClose, type LimitError, TransportError, type UndercoatError } from '../../errors.js';
import { Machine } from '../../machine/index.js';
import { type Lease, Owner, type ReceiveBuffer, type Returned } from '../../memory/index.js';
import type { Transport } from '../../transport/contract.js';
import type { Ending, Handoff, PauseCause, Session, SessionContext, Verdict } from '../contract.js';
import { BodyReader, type BodySink, OVERDRAWN, PAUSED } from './body-reader.js';
import type { OutgoingFields } from './encode-fields.js';
import { FRAMING_TUNNEL, FRAMING_UNTIL_CLOSE, HeadReader } from './head-reader.js';
import { H1Head } from './message-head.js';
import { type HeadFields, MessageWriter, outputExhausted, type RequestLineParts } from './message-writer.js';
import { type H1ClientOptions, type H1Settings, h1Settings } from './options.js';
import { COMPLETE, ERROR } from './results.js';
import {
  callbackFailed,
  earlyResponse,
  incomplete,
  inputExhausted,
  notAnswered,
  timeout,
  tooManyInterim,
  unasked,
  undrained,
  unsolicited,
} from './session-errors.js';
import { h1ClientTable } from './tables.js';

/** The stream of one request, told by the session what comes back. Nothing here may throw. */
export interface H1ResponseSink extends BodySink {
  /** False while somebody is still to be told how the body ended: the exchange waits for him, who is paused. */
  readonly bodySettled: boolean;
  /** The body is read only to be thrown away. */
  readonly discardsBody: boolean;
  readonly method: string;
  /** The request asked for an upgrade. */
  readonly asksUpgrade: boolean;
  /** An interim response; the head is given back when the call returns. */
  interim(head: H1Head): void;
  /** The final head; it is given back when the exchange ends. */
  final(head: H1Head): void;
  /** Somebody would take the pipe over. */
  readonly takesPipe: boolean;
  /** The peer agreed: the pipe follows. The head is given back when the call returns. */
  upgraded(head: H1Head): (pipe: Transport) => void;
  /** The response is complete. `trailers` covers the field lines, when there were any; it is the stream's. */
  receiveEnd(trailers: Lease | undefined): void;
  /** No more will come or be taken. `retryable`: not one byte of the request went out (RFC 9110 §9.2.2). */
  failed(error: UndercoatError, retryable: boolean): void;
  sendable(): void;
  settle(): void;
  /** Both messages are complete: leases are revoked (OWN-7). */
  finished(): void;
}

interface InFlight {
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

const untimed = -1;

export class H1ClientSession implements Session {
  readonly name: string;
  readonly context: SessionContext;
  readonly settings: H1Settings;
  readonly owner: Owner;
  pausedBy: PauseCause | undefined;
  ending: Ending;
  error: UndercoatError | undefined;
  /** Number of requests begun. */
  exchanges: number;
  /** Told, as the last thing in a turn, when `available` has risen from 0, and when it fell to 0 for good. */
  onAvailable: (() => void) | undefined;

  private readonly machine: Machine;
  private readonly reader: HeadReader;
  private readonly bodyReader: BodyReader;
  private readonly writer: MessageWriter;
  private readonly input: ReceiveBuffer;
  private readonly flight: InFlight[];
  /** The request that is being sent, if it is not complete. */
  private sending: InFlight | null;
  private persistent: boolean;
  private shuttingDown: boolean;
  private inputEnded: boolean;
  private responseComplete: boolean;
  private broken: UndercoatError | undefined;
  private takeOver: ((pipe: Transport) => void) | undefined;
  private overHighWater: boolean;
  /** What `onAvailable` stands at. */
  private wasAvailable: boolean;
  private toldOver: boolean;
  private since: number;
  private bodyAt: number;
  private bodyWaiting: boolean;
  private now: number;

  constructor(context: SessionContext, options: H1ClientOptions = {}) {
    this.name = 'h1';
    this.context = context;
    this.settings = h1Settings(options);
    this.owner = new Owner('session', 'h1-client', context.id);
    this.pausedBy = undefined;
    this.ending = 'end';
    this.error = undefined;
    this.exchanges = 0;
    this.onAvailable = undefined;
    this.machine = new Machine(h1ClientTable, this.owner, context.observer);
    this.reader = new HeadReader('response', this.settings.head, context.text);
    this.bodyReader = new BodyReader('response', this.settings);
    this.writer = new MessageWriter(context.output, context.text, this.settings);
    this.input = context.input;
    this.flight = [];
    this.sending = null;
    this.persistent = true;
    this.shuttingDown = false;
    this.inputEnded = false;
    this.responseComplete = false;
    this.broken = undefined;
    this.takeOver = undefined;
    this.overHighWater = false;
    this.wasAvailable = true;
    this.toldOver = false;
    this.since = 0;
    this.bodyAt = 0;
    this.bodyWaiting = false;
    this.now = 0;
  }

  get busy(): boolean {
    return this.flight.length > 0;
  }

  /** How many more requests may begin now. */
  get available(): number {
    const { flight } = this;
    if (this.spent || this.sending !== null || this.overHighWater) return 0;
    const last = flight[flight.length - 1];
    return last?.exclusive === true ? 0 : Math.max(0, this.settings.maxPipelined - flight.length);
  }

  /** No request will be taken any more. */
  private get spent(): boolean {
    const broken = this.broken !== undefined || this.writer.exhausted;
    return broken || !this.persistent || this.shuttingDown || this.inputEnded || this.over;
  }

  start(now: number): Verdict {
    this.now = now;
    this.since = now;
    return 'need-data';
  }

  receive(now: number): Verdict {
    this.now = now;
    return this.advance();
  }

  end(now: number): Verdict {
    this.now = now;
    this.inputEnded = true;
    return this.advance();
  }

  written(now: number): Verdict {
    this.now = now;
    this.noteTime();
    if (this.overHighWater && this.context.output.pendingBytes * 2 <= this.settings.outputHighWaterBytes) {
      this.overHighWater = false;
      if (this.sending !== null) this.sending.stream.sendable();
      return this.advance();
    }
    return this.verdict();
  }

  deadline(): number {
    const { deadlines } = this.context;
    const current = this.flight[0];
    if (this.over) return Number.POSITIVE_INFINITY;
    if (current === undefined) return this.since + deadlines.idle;
    if (current.since === untimed) return Number.POSITIVE_INFINITY;
    const total = current.since + deadlines.total;
    switch (this.machine.state) {
      case state.waiting:
        return Math.min(total, this.answerDue(current));
      case state.head:
        return Math.min(total, this.since + deadlines.head);
      default:
        return Math.min(total, this.bodyDue());
    }
  }

  expire(now: number): Verdict {
    this.now = now;
    if (now < this.deadline()) return this.verdict();
    const current = this.flight[0];
    if (current === undefined) {
      this.machine.take(event.timeout);
      this.finish('end', undefined);
    } else this.breakOff(event.timeout, this.timeoutOf(current, now));
    return this.told();
  }

  shutdown(now: number): Verdict {
    this.now = now;
    this.shuttingDown = true;
    if (this.machine.state === state.idle) {
      this.machine.take(event.shutdown);
      this.finish('end', undefined);
    }
    return this.told();
  }

  fail(error: UndercoatError | undefined, now: number): void {
    this.now = now;
    if (!this.machine.step(event['transport-gone'])) return;
    const reason =
      error ?? new TransportError('closed', 'the connection closed before the exchange was complete');
    this.finish('abort', this.machine.state === state.failed ? reason : this.error);
    this.endAll(reason);
    this.told();
  }

  handoff(): Handoff {
    return {
      to: 'tunnel',
      unused: this.input.handOff(this.owner),
      facts: this.context.facts,
      inputEnded: this.inputEnded,
      ...(this.takeOver === undefined ? {} : { takeOver: this.takeOver }),
    };
  }

  // Commands of the streams. They change what is to be written and ask for a turn; they never call back.

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
    this.wasAvailable = this.available > 0;
    this.sent();
  }

  /** Body bytes. @returns what became of them, if that is known already. @throws MisuseError, LimitError */
  send(
    bytes: Uint8Array,
    start: number,
    end: number,
    last: boolean,
    returned: Returned | undefined,
  ): 'written' | 'failed' | undefined {
    const outcome = this.writer.data(bytes, start, end, last, returned);
    if (last) this.requestSent();
    this.sent();
    return outcome;
  }

  /** Body bytes that lie in a lease. @throws MisuseError, LimitError */
  sendLease(lease: Lease, last: boolean): void {
    this.writer.lease(lease, last);
    if (last) this.requestSent();
    this.sent();
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

  /** A stream broke off: in H1 only the end of the connection says so, and it takes what was pipelined behind along. */
  abort(reason: UndercoatError): void {
    if (this.broken === undefined) this.broken = reason;
    this.context.wake();
  }

  get writable(): boolean {
    return !this.overHighWater;
  }

  private requestSent(): void {
    const entry = this.sending as InFlight;
    entry.requestComplete = true;
    entry.endsAt = this.context.output.acceptedBytes;
    this.sending = null;
  }

  private get over(): boolean {
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

  private advance(): Verdict {
    this.pausedBy = undefined;
    this.noteTime();
    if (this.writer.exhausted && this.broken === undefined) this.broken = outputExhausted();
    let more = true;
    while (more && !this.over) {
      if (this.broken !== undefined) {
        this.breakOffAll(this.broken);
        break;
      }
      switch (this.machine.state) {
        case state.idle:
          more = this.idle();
          break;
        case state.waiting:
        case state.head:
          more = this.readHead();
          break;
        default:
          more = this.readBody();
      }
    }
    return this.told();
  }

  /** Says what has become of `available`: the last act of a turn, since requests may begin in it. */
  private told(): Verdict {
    const isAvailable = this.available > 0;
    const rose = isAvailable && !this.wasAvailable;
    const fell = !this.toldOver && this.spent;
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

  /** Commands come between turns, when nobody says what time it is: their time is that of the turn they asked for. */
  private noteTime(): void {
    const { writtenBytes } = this.context.output;
    for (let i = this.flight.length - 1; i >= 0; i--) {
      const entry = this.flight[i] as InFlight;
      // Requests are written in order.
      if (entry.writtenAt !== untimed) return;
      if (entry.since === untimed) entry.since = this.now;
      if (entry.requestComplete && writtenBytes >= entry.endsAt) entry.writtenAt = this.now;
    }
  }

  private verdict(): Verdict {
    if (this.machine.state === state['handed-off']) return 'handed-off';
    if (this.over) return 'closed';
    return this.pausedBy === undefined ? 'need-data' : 'paused';
  }

  private idle(): boolean {
    if (this.input.pendingBytes > 0) {
      this.machine.take(event.refuse);
      this.input.discard(this.input.pendingBytes);
      this.finish('abort', unsolicited());
    } else if (this.inputEnded) {
      this.machine.take(event['input-end']);
      this.finish('end', undefined);
    } else if (this.shuttingDown) {
      this.machine.take(event.shutdown);
      this.finish('end', undefined);
    }
    return false;
  }

  /** @returns whether there is more to do */
  private readHead(): boolean {
    const { input, reader, machine } = this;
    if (input.end > input.start) {
      // What came before the request went out answers something else.
      if (this.context.output.takenBytes <= (this.flight[0] as InFlight).sentAt)
        return this.refuse(unsolicited());
      const result = reader.read(input.bytes, input.start, input.end);
      if (result === COMPLETE) return this.headComplete();
      if (result === ERROR) return this.refuse(reader.error as UndercoatError);
      if (machine.state === state.waiting) {
        machine.take(event.bytes);
        this.since = this.now;
      }
      if (input.full) return this.refuse(inputExhausted(answerClose));
    }
    if (this.inputEnded) {
      const begun = machine.state === state.head;
      this.breakOff(event['input-end'], begun ? incomplete('head', answerClose) : notAnswered());
    }
    return false;
  }

  private headComplete(): boolean {
    const { reader, input } = this;
    const current = this.flight[0] as InFlight;
    const { stream } = current;
    const interim = reader.status < 200 && reader.status !== 101;
    const switches = reader.status === 101 || reader.framing === FRAMING_TUNNEL;
    if (switches && !this.agreed(current)) return this.refuse(unasked());
    if (interim && current.interims >= this.settings.maxInterim)
      return this.refuse(tooManyInterim(current.interims));
    const { framing, contentLength, persistent } = reader;
    const untilClose = framing === FRAMING_UNTIL_CLOSE;
    if (interim) this.machine.take(event.interim);
    else if (switches) this.machine.take(event.upgrade);
    else this.machine.take(untilClose ? event['response-until-close'] : event.response);
    const head = new H1Head(reader, input.take(reader.length, this.owner, 'head'), this.context.text);
    reader.reset(stream.method);
    if (interim) {
      current.interims += 1;
      stream.interim(head);
      head.giveBack();
      return true;
    }
    if (switches) return this.switchOver(current, head);
    current.head = head;
    if (!persistent || untilClose) this.persistent = false;
    this.bodyReader.begin(framing, contentLength);
    this.bodyWaiting = false;
    this.responseComplete = false;
    stream.final(head);
    return true;
  }

  /** LAY-7: we asked for what the peer does, have sent all of it, and there is somebody to go on. */
  private agreed({ stream, requestComplete }: InFlight): boolean {
    if (!stream.takesPipe || !requestComplete) return false;
    return this.reader.status !== 101 || (stream.asksUpgrade && this.reader.upgrades);
  }

  private switchOver(current: InFlight, head: H1Head): boolean {
    this.takeOver = current.stream.upgraded(head);
    head.giveBack();
    // Nothing follows a request that asks for this: it was the only one.
    this.flight.shift();
    current.stream.finished();
    return false;
  }

  /** @returns whether there is more to do */
  private readBody(): boolean {
    const { bodyReader, input, machine } = this;
    const current = this.flight[0] as InFlight;
    const { stream } = current;
    stream.settle();
    if (this.responseComplete) return this.completeIfSent(current);
    const before = bodyReader.receivedBytes;
    const discards = stream.discardsBody;
    if (discards && !bodyReader.drainable)
      return this.breakOff(event.abort, undrained(this.settings.drainBytes));
    const result = bodyReader.read(input, discards ? null : stream);
    // What the application broke off in a callback is over, whatever came behind those bytes.
    if (this.broken !== undefined) return true;
    if (result === COMPLETE) {
      this.responseComplete = true;
      const { trailerBytes } = bodyReader;
      stream.receiveEnd(trailerBytes > 0 ? input.take(trailerBytes, this.owner, 'trailers') : undefined);
      return true;
    }
    if (result === ERROR) return this.refuse(bodyReader.error as UndercoatError);
    if (result === OVERDRAWN) return this.breakOff(event.abort, undrained(this.settings.drainBytes));
    if (result === PAUSED) {
      this.bodyWaiting = false;
      this.pausedBy = 'application';
      // The application may have discarded it in a callback.
      return stream.discardsBody;
    }
    if (!this.bodyWaiting || bodyReader.receivedBytes > before) this.bodyAt = this.now;
    this.bodyWaiting = true;
    if (input.full) return this.refuse(inputExhausted(answerClose));
    if (!this.inputEnded) return false;
    if (machine.state !== state['until-close'])
      return this.breakOff(event['input-end'], incomplete('body', answerClose));
    machine.take(event['input-end']);
    return this.endWithResponse(current);
  }

  /** The end of the connection is the end of the response (RFC 9112 §6.3). */
  private endWithResponse(current: InFlight): false {
    const { stream } = current;
    this.flight.shift();
    stream.receiveEnd(undefined);
    if (current.requestComplete) {
      this.finish('end', undefined);
      stream.finished();
    } else {
      this.finish('abort', earlyResponse());
      stream.failed(earlyResponse(), false);
    }
    current.head?.giveBack();
    this.endAll(notAnswered());
    return false;
  }

  /** The response is complete; the exchange is when the request is, too (RFC 9112 §9.3). */
  private completeIfSent(current: InFlight): boolean {
    if (!current.stream.bodySettled) {
      this.pausedBy = 'application';
      return false;
    }
    if (!current.requestComplete) {
      this.pausedBy = 'application';
      if (this.persistent && !this.inputEnded) return false;
      // The peer will not read the rest (RFC 9112 §9.5).
      return this.breakOff(event.abort, earlyResponse());
    }
    this.flight.shift();
    this.since = this.now;
    const last = !this.persistent;
    if (last) this.machine.take(event['last-body-complete']);
    else this.machine.take(this.flight.length > 0 ? event['body-complete-more'] : event['body-complete']);
    if (last) this.finish('end', undefined);
    const next = this.flight[0];
    if (next !== undefined) this.prepare(next);
    // First: the application may begin the next exchange in the callback.
    current.head?.giveBack();
    current.stream.finished();
    if (last) this.endAll(notAnswered());
    return true;
  }

  /** The response that is read next answers `entry`: its method decides the framing (RFC 9112 §6.3). */
  private prepare(entry: InFlight): void {
    this.reader.reset(entry.stream.method);
  }

  private refuse(error: UndercoatError): false {
    return this.breakOff(event.refuse, error);
  }

  private breakOffAll(reason: UndercoatError): void {
    if (this.machine.state === state.idle) this.machine.take(event.refuse);
    else this.machine.take(event.abort);
    this.input.discard(this.input.pendingBytes);
    this.finish('abort', reason);
    this.endAll(reason);
  }

  /** Nothing after an error is interpreted (WIRE-2): the connection ends, and so does everything in flight. */
  private breakOff(cause: number, error: UndercoatError): false {
    this.machine.take(cause);
    this.input.discard(this.input.pendingBytes);
    this.finish('abort', error);
    this.endAll(error);
    return false;
  }

  private endAll(error: UndercoatError): void {
    const ended = this.flight.splice(0);
    this.sending = null;
    const { takenBytes } = this.context.output;
    for (const entry of ended) {
      entry.stream.failed(error, takenBytes <= entry.sentAt);
      entry.head?.giveBack();
    }
  }

  private answerDue(current: InFlight): number {
    if (current.writtenAt === untimed) return Number.POSITIVE_INFINITY;
    return Math.max(current.writtenAt, this.since) + this.context.deadlines.firstByte;
  }

  private bodyDue(): number {
    if (!this.bodyWaiting || this.responseComplete) return Number.POSITIVE_INFINITY;
    const { deadlines } = this.context;
    return Math.min(
      this.bodyAt + deadlines.betweenBytes,
      (this.flight[0] as InFlight).since + deadlines.body,
    );
  }

  private timeoutOf(current: InFlight, now: number): LimitError {
    const { deadlines } = this.context;
    if (current.since + deadlines.total <= now)
      return timeout('total', 'exchange-timeout', 'LAY-4', answerClose);
    if (this.machine.state === state.waiting)
      return timeout('firstByte', 'first-byte-timeout', 'LAY-4', answerClose);
    if (this.machine.state === state.head) return timeout('head', 'head-timeout', 'LAY-4', answerClose);
    return this.bodyAt + deadlines.betweenBytes <= now
      ? timeout('betweenBytes', 'body-stalled', 'LAY-4', answerClose)
      : timeout('body', 'body-timeout', 'LAY-4', answerClose);
  }

  private sent(): void {
    if (this.context.output.pendingBytes >= this.settings.outputHighWaterBytes) this.overHighWater = true;
    this.context.wake();
  }

  private finish(ending: Ending, error: UndercoatError | undefined): void {
    this.ending = ending;
    this.error = error;
    this.pausedBy = undefined;
  }
}
