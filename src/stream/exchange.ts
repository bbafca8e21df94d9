/**
 * What the exchanges of both sides have in common: the receiving half with its body, sending content, breaking off,
 * and telling the application how it ended. The application's calls are held to the exchange's table and become
 * commands of the session. Application code never throws into the session: what it throws breaks the exchange off.
 *
 * It does not know which side it is on, how a message is framed, nor which protocol carries it.
 */
import { type Answer, type MisuseError, UndercoatError } from '../errors.js';
import { Machine, type Table } from '../machine/index.js';
import type { Lease, Owner, Returned } from '../memory/index.js';
import type { SessionContext } from '../session/contract.js';
import type { ConnectionFacts } from '../session/facts.js';
import type { FieldList, Fields, OutgoingBody, TrailerOptions } from './contract.js';
import { givenReason, notCallable, requireBytes, requireCallback, requireLease } from './given.js';
import { Incoming, type IncomingPort } from './incoming.js';

/** The session of an exchange, as far as it matters to both sides. It never calls back from within a command. */
export interface Carrier {
  readonly context: SessionContext;
  readonly writable: boolean;
  /** Content. @returns what became of the bytes, if that is known already. @throws MisuseError, LimitError */
  send(
    bytes: Uint8Array,
    start: number,
    end: number,
    last: boolean,
    returned: Returned | undefined,
  ): 'written' | 'failed' | undefined;
  /** Content that lies in a lease. @throws MisuseError, LimitError */
  sendLease(lease: Lease, last: boolean): void;
  /** The application broke the exchange off, or failed. */
  abort(reason: UndercoatError): void;
  /** The application wants its body now. */
  bodyWanted(): void;
  /** It does not want its body. */
  bodyDiscarded(): void;
}

/** Field lines behind a body, with what they lie in. */
export interface Trailers {
  readonly fields: Fields;
  /** Ends the fields and gives their memory back. */
  revoke(): void;
}

type CommonState = 'closed' | 'upgraded' | 'reset';
type CommonEvent = 'send-data' | 'send-end' | 'receive-data' | 'receive-end' | 'reset';

/** One side of an exchange: its table, and how its failures are answered. One for all exchanges of a side. */
export class Side {
  readonly table: Table<void>;
  readonly closed: number;
  readonly upgraded: number;
  readonly reset: number;
  readonly sendData: number;
  readonly sendEnd: number;
  readonly receiveData: number;
  readonly receiveEnd: number;
  readonly resetting: number;
  /** The answer to what the application gets wrong. */
  readonly answer: Answer;
  /** The same where the application broke off and gave no reason. */
  readonly breakOff: Answer;
  /** The rule by which what the application throws ends the exchange. */
  readonly failureRule: string;

  constructor(
    table: Table<void> & {
      readonly state: Readonly<Record<CommonState, number>>;
      readonly event: Readonly<Record<CommonEvent, number>>;
    },
    answer: Answer,
    failureRule: string,
    breakOff: Answer = answer,
  ) {
    const { state, event } = table;
    this.table = table;
    this.closed = state.closed;
    this.upgraded = state.upgraded;
    this.reset = state.reset;
    this.sendData = event['send-data'];
    this.sendEnd = event['send-end'];
    this.receiveData = event['receive-data'];
    this.receiveEnd = event['receive-end'];
    this.resetting = event.reset;
    this.answer = answer;
    this.breakOff = breakOff;
    this.failureRule = failureRule;
  }
}

export abstract class Exchange<C extends Carrier> implements OutgoingBody, IncomingPort {
  readonly id: number;
  readonly bodyOwner: Owner;
  onWritable: (() => void) | undefined;
  onClosed: ((error: UndercoatError | undefined) => void) | undefined;
  protected readonly session: C;
  protected readonly machine: Machine;
  protected incoming: Incoming | null;
  /** The session has ended the exchange: no turn of its own will come any more. */
  protected over: boolean;
  private readonly side: Side;
  private trailers: Trailers | undefined;
  private aborted: boolean;
  /** What of the peer's message was not delivered is lost to the application. */
  private lost: boolean;
  private error: UndercoatError | undefined;
  /** What the application threw when it was too late to break anything off. */
  private failure: UndercoatError | undefined;

  constructor(side: Side, id: number, session: C, owner: Owner, bodyOwner: Owner) {
    this.id = id;
    this.bodyOwner = bodyOwner;
    this.onWritable = undefined;
    this.onClosed = undefined;
    this.session = session;
    this.machine = new Machine(side.table, owner, session.context.observer);
    this.incoming = null;
    this.over = false;
    this.side = side;
    this.trailers = undefined;
    this.aborted = false;
    this.lost = false;
    this.error = undefined;
    this.failure = undefined;
  }

  get facts(): ConnectionFacts {
    return this.session.context.facts;
  }

  get body(): Incoming {
    return this.content;
  }

  /** The content of the peer's message, which is the body unless a side says otherwise. */
  protected get content(): Incoming {
    if (this.incoming === null) {
      this.incoming = new Incoming(this, this.declaredLength);
      this.conclude(this.incoming);
    }
    return this.incoming;
  }

  get closed(): boolean {
    const { side } = this;
    const now = this.machine.state;
    return now === side.closed || now === side.reset || now === side.upgraded;
  }

  get writable(): boolean {
    return !this.closed && this.session.writable;
  }

  send(bytes: Uint8Array, end = false, returned?: Returned): boolean {
    if (returned !== undefined) requireCallback('returned', returned);
    if (this.brokenOff) {
      returned?.('failed');
      return false;
    }
    this.requireSending();
    requireBytes(bytes);
    const told = returned === undefined ? undefined : this.guarded(returned);
    const outcome = this.session.send(bytes, 0, bytes.length, end, told);
    this.contentSent(end);
    // Last: it may call back.
    if (outcome !== undefined) returned?.(outcome);
    return this.writable;
  }

  sendLease(lease: Lease, end = false): boolean {
    if (this.brokenOff) {
      lease.release();
      return false;
    }
    this.requireSending();
    requireLease(lease);
    this.session.sendLease(lease, end);
    this.contentSent(end);
    return this.writable;
  }

  abstract end(trailers?: FieldList, options?: TrailerOptions): void;

  abort(reason?: UndercoatError): void {
    if (this.closed || this.aborted) return;
    this.aborted = true;
    this.session.abort(
      givenReason(
        reason,
        () => broke(this.side.breakOff),
        (cause) => this.failureOf(cause),
      ),
    );
  }

  // The session's side.

  /** A body that nobody has asked for waits; so the connection does (back-pressure). */
  get wantsBody(): boolean {
    return this.incoming?.wants === true && !this.aborted;
  }

  get bodySettled(): boolean {
    return this.incoming === null || this.incoming.settled;
  }

  get takesBody(): boolean {
    return this.incoming?.consumed === true;
  }

  get discardsBody(): boolean {
    return this.incoming?.discarded === true;
  }

  undelivered(): void {
    this.lost = true;
    this.incoming?.fail(undrained());
  }

  data(lease: Lease): void {
    this.machine.take(this.side.receiveData);
    this.content.deliver(lease);
  }

  settle(): void {
    this.incoming?.settle();
  }

  sendable(): void {
    this.call(this.onWritable, 'onWritable');
  }

  finished(): void {
    this.over = true;
    this.giveBack();
    this.tell(this.failure);
  }

  // The body's side.

  bodyWanted(): void {
    // No turn of the session's will come any more in which the consumer could be told.
    if (this.over) this.incoming?.settle();
    else this.session.bodyWanted();
  }

  bodyDiscarded(): void {
    if (!this.over) this.session.bodyDiscarded();
  }

  applicationFailed(cause: unknown): void {
    const failure = this.failureOf(cause);
    if (this.closed) this.failure ??= failure;
    if (this.tooLate) this.reportLate(cause);
    this.abort(failure);
  }

  /** Nothing can be broken off any more for what the application throws now. */
  protected get tooLate(): boolean {
    return this.closed || this.aborted;
  }

  // What a side adds.

  /** Tells the endpoint what the application threw when it was too late. */
  protected abstract reportLate(cause: unknown): void;

  /** What the peer's head says of its body; undefined when it does not say, or is not here yet. */
  protected abstract get declaredLength(): number | undefined;

  /** The peer's message is complete. */
  protected abstract get received(): boolean;

  /** Why content may not be sent now. */
  protected abstract notSending(): MisuseError;

  /** A body that is asked for late learns how it has ended. */
  private conclude(body: Incoming): void {
    if (this.lost) body.fail(undrained());
    else if (this.received) body.complete = true;
    else if (this.error !== undefined) body.fail(this.error);
  }

  /** A call after the end is harmless when the application could not know of the end, and misuse otherwise. */
  protected get brokenOff(): boolean {
    return this.aborted || this.machine.state === this.side.reset;
  }

  protected requireSending(): void {
    if (!this.machine.can(this.side.sendData)) throw this.notSending();
  }

  /** The peer's message is complete. */
  protected complete(trailers: Trailers | undefined): void {
    this.machine.take(this.side.receiveEnd);
    this.trailers = trailers;
    // A body that nobody has asked for yet learns it when he does.
    if (trailers !== undefined || this.incoming !== null) this.content.finish(trailers?.fields);
  }

  /** The session has done with it in good order, though a message is not whole: nobody gets the rest. */
  protected curtail(): void {
    if (this.closed) return;
    const { received } = this;
    this.machine.take(this.side.resetting);
    if (received) this.content.complete = true;
    else this.undelivered();
  }

  /** It ends without being complete; the application is still to be told. */
  protected cutOff(error: UndercoatError): void {
    this.machine.step(this.side.resetting);
    this.over = true;
    this.error = error;
    this.incoming?.fail(error);
    this.giveBack();
  }

  /** The application's last word of this exchange. */
  protected tell(error: UndercoatError | undefined): void {
    const { onClosed } = this;
    this.onClosed = undefined;
    if (typeof onClosed === 'function') this.call(() => onClosed(error));
    else this.call(onClosed, 'onClosed');
  }

  /** What was set and cannot be called is told when it is due: to look at it when it is set would cost each exchange. */
  protected call(callback: (() => void) | undefined, name = 'a callback'): void {
    if (typeof callback !== 'function') {
      if (callback !== undefined && callback !== null) this.applicationFailed(notCallable(name));
      return;
    }
    try {
      callback();
    } catch (error) {
      this.applicationFailed(error);
    }
  }

  private contentSent(end: boolean): void {
    const { side, machine } = this;
    machine.take(side.sendData);
    if (end) machine.take(side.sendEnd);
  }

  /** What it throws when bytes come back must not reach who brings them. */
  private guarded(returned: Returned): Returned {
    return (outcome) => this.call(() => returned(outcome));
  }

  private giveBack(): void {
    const { trailers } = this;
    this.trailers = undefined;
    this.incoming?.revoke();
    trailers?.revoke();
  }

  private failureOf(cause: unknown): UndercoatError {
    if (cause instanceof UndercoatError && cause.fault !== 'api-misuse') return cause;
    const { answer, failureRule } = this.side;
    const message = 'the application failed';
    return new UndercoatError('api-misuse', 'application-failed', failureRule, message, answer, { cause });
  }
}

/** What a consumer is told that comes when the rest of the body will not be read any more. */
function undrained(): UndercoatError {
  const message = 'the exchange ended before its body was read';
  return new UndercoatError('api-misuse', 'body-undrained', 'CON-1', message, { kind: 'none' });
}

/** Without a reason of the application's. */
function broke(answer: Answer): UndercoatError {
  return new UndercoatError('api-misuse', 'aborted', 'OWN-7', 'the application broke off', answer);
}
