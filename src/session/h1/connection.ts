/**
 * One end of an H1 connection, whichever it is: its readers, its writer and its buffers, and what both roles do alike
 * when bytes have come or gone, when content is sent, and when a body keeps them waiting.
 *
 * It does not know when a message is due, what ends an exchange, or what an exchange means to the application.
 */
import type { Answer, LimitError, UndercoatError } from '../../errors.js';
import { Machine, type Table } from '../../machine/index.js';
import { type Lease, Owner, type ReceiveBuffer, type Returned } from '../../memory/index.js';
import type { Ending, Handoff, PauseCause, Session, SessionContext, Verdict } from '../contract.js';
import { BodyReader } from './body-reader.js';
import { HeadReader } from './head-reader.js';
import { MessageWriter } from './message-writer.js';
import type { H1Settings } from './options.js';
import { timeout } from './session-errors.js';
import type { Successor } from './sinks.js';

export abstract class H1Connection implements Session {
  readonly name: string;
  readonly context: SessionContext;
  readonly settings: H1Settings;
  readonly owner: Owner;
  pausedBy: PauseCause | undefined;
  ending: Ending;
  error: UndercoatError | undefined;
  /** Number of requests begun: the identifier of the latest exchange. */
  exchanges: number;

  protected readonly machine: Machine;
  protected readonly reader: HeadReader;
  protected readonly bodyReader: BodyReader;
  protected readonly writer: MessageWriter;
  protected readonly input: ReceiveBuffer;
  /** Whether the connection goes on after the current exchange. */
  protected persistent: boolean;
  protected responseComplete: boolean;
  protected inputEnded: boolean;
  protected shuttingDown: boolean;
  /** What a stream asked to end the connection for. */
  protected broken: UndercoatError | undefined;
  protected successor: Successor | undefined;
  protected overHighWater: boolean;
  /** When the current state began, and when the last body bytes came or their wait began. */
  protected since: number;
  protected bodyAt: number;
  protected bodyWaiting: boolean;
  protected now: number;

  constructor(
    context: SessionContext,
    settings: H1Settings,
    reads: 'request' | 'response',
    role: 'h1-server' | 'h1-client',
    table: Table<void>,
  ) {
    this.name = 'h1';
    this.context = context;
    this.settings = settings;
    this.owner = new Owner('session', role, context.id);
    this.pausedBy = undefined;
    this.ending = 'end';
    this.error = undefined;
    this.exchanges = 0;
    this.machine = new Machine(table, this.owner, context.observer);
    this.reader = new HeadReader(reads, settings.head, context.text);
    this.bodyReader = new BodyReader(reads, settings);
    this.writer = new MessageWriter(context.output, context.text, settings);
    this.input = context.input;
    this.persistent = true;
    this.responseComplete = false;
    this.inputEnded = false;
    this.shuttingDown = false;
    this.broken = undefined;
    this.successor = undefined;
    this.overHighWater = false;
    this.since = 0;
    this.bodyAt = 0;
    this.bodyWaiting = false;
    this.now = 0;
  }

  abstract get busy(): boolean;
  abstract written(now: number): Verdict;
  abstract deadline(): number;
  abstract expire(now: number): Verdict;
  abstract shutdown(now: number): Verdict;
  abstract fail(error: UndercoatError | undefined, now: number): void;

  start(now: number): Verdict {
    this.now = now;
    this.since = this.context.begunAt ?? now;
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

  handoff(): Handoff {
    const { successor, inputEnded } = this;
    const { facts } = this.context;
    const unused = this.input.handOff(this.owner);
    this.successor = undefined;
    if (successor === undefined || typeof successor === 'function') {
      const takeOver = successor === undefined ? {} : { takeOver: successor };
      return { to: 'tunnel', unused, facts, inputEnded, ...takeOver };
    }
    const { request } = successor;
    return {
      to: request.protocol,
      unused,
      facts: { ...facts, upgrade: request },
      inputEnded,
      carried: successor,
    };
  }

  // Commands of the streams. They change what is to be written and ask for a turn; they never call back.

  /**
   * Body bytes.
   * @returns what became of them, if that is known already
   * @throws MisuseError, LimitError
   */
  send(
    bytes: Uint8Array,
    start: number,
    end: number,
    last: boolean,
    returned: Returned | undefined,
  ): 'written' | 'failed' | undefined {
    const outcome = this.writer.data(bytes, start, end, last, returned);
    this.contentGiven(last);
    this.sent();
    return outcome;
  }

  /** Body bytes that lie in a lease. @throws MisuseError, LimitError */
  sendLease(lease: Lease, last: boolean): void {
    this.writer.lease(lease, last);
    this.contentGiven(last);
    this.sent();
  }

  /** The application broke the exchange off, or failed. */
  abort(reason: UndercoatError): void {
    if (this.broken === undefined) this.broken = reason;
    this.context.wake();
  }

  get writable(): boolean {
    return !this.overHighWater;
  }

  /** Does what can be done with what has come. */
  protected abstract advance(): Verdict;

  /** Content has been given to the writer; with `last` the message is complete. */
  protected abstract contentGiven(last: boolean): void;

  /** Something was put into the send buffer: a turn is due. */
  protected sent(): void {
    if (this.context.output.pendingBytes >= this.settings.outputHighWaterBytes) this.overHighWater = true;
    this.context.wake();
  }

  /** @returns whether the send buffer has just come under its mark again */
  protected relieved(): boolean {
    if (!this.overHighWater || this.context.output.pendingBytes * 2 > this.settings.outputHighWaterBytes) {
      return false;
    }
    this.overHighWater = false;
    return true;
  }

  /** The trailer section behind a body that has just been read to its end, if there is one. */
  protected takeTrailers(): Lease | undefined {
    const { trailerBytes } = this.bodyReader;
    return trailerBytes > 0 ? this.input.take(trailerBytes, this.owner, 'trailers') : undefined;
  }

  /** Body bytes are waited for. @param before how many there were when the reading began */
  protected awaitBytes(before: number): void {
    if (!this.bodyWaiting || this.bodyReader.receivedBytes > before) this.bodyAt = this.now;
    this.bodyWaiting = true;
  }

  /** When the next body bytes, or the last ones, are due. */
  protected bodyDue(exchangeSince: number): number {
    if (!this.bodyWaiting) return Number.POSITIVE_INFINITY;
    const { deadlines } = this.context;
    return Math.min(this.bodyAt + deadlines.betweenBytes, exchangeSince + deadlines.body);
  }

  /** Which of the body's two deadlines it was that has passed. */
  protected bodyTimeout(now: number, cites: string, answer: Answer): LimitError {
    return this.bodyAt + this.context.deadlines.betweenBytes <= now
      ? timeout('betweenBytes', 'body-stalled', cites, answer)
      : timeout('body', 'body-timeout', cites, answer);
  }

  /** It was handed off, and nobody came for it. */
  protected abandon(error: UndercoatError | undefined): void {
    const { successor } = this;
    this.successor = undefined;
    if (successor !== undefined && typeof successor !== 'function') successor.drop(error);
  }

  protected finish(ending: Ending, error: UndercoatError | undefined): void {
    this.ending = ending;
    this.error = error;
    this.pausedBy = undefined;
  }
}
