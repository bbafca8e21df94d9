/**
 * The H2 session (RFC 9113), for both roles: what a driver drives. It begins the connection, lets what comes in be read
 * and turns be taken, and keeps the connection's deadlines.
 *
 * It does not know what an exchange means to the application, who drives it, what carries the bytes, or what time it is.
 */
import { answerStatus, LimitError, type UndercoatError } from '../../errors.js';
import type { Ending, Handoff, PauseCause, Session, SessionContext, Verdict } from '../contract.js';
import { announced } from './announced.js';
import { Closing } from './closing.js';
import { H2Connection } from './connection.js';
import { CANCEL, ENHANCE_YOUR_CALM, NO_ERROR, SETTINGS_TIMEOUT } from './frames-codes.js';
import { Inbound } from './inbound.js';
import type { H2RequestListener } from './inbound-messages.js';
import { type H2Options, h2Settings } from './options.js';
import type { H2Stream } from './stream.js';
import { h2ConnectionTable } from './tables.js';

const { state, event } = h2ConnectionTable;
const never = Number.POSITIVE_INFINITY;
/** Streams that a server allows at least before it has said how many (RFC 9113 §6.5.2 recommends as much). */
const firstLimit = 100;

export class H2Session implements Session {
  readonly name: string;
  readonly connection: H2Connection;
  pausedBy: PauseCause | undefined;
  /** Client: told when a request may begin again, or never will. */
  onAvailable: (() => void) | undefined;
  private readonly context: SessionContext;
  private readonly closing: Closing;
  private readonly inbound: Inbound;
  private startedAt: number;

  /** @param listener a server's; null for a client */
  constructor(context: SessionContext, options: H2Options, listener: H2RequestListener | null) {
    this.name = 'h2';
    this.context = context;
    const settings = h2Settings(options, context.input.source.slabBytes);
    this.connection = new H2Connection(context, settings, listener !== null);
    this.pausedBy = undefined;
    this.onAvailable = undefined;
    this.closing = new Closing(this.connection);
    this.inbound = new Inbound(this.connection, this.closing, listener);
    this.startedAt = 0;
  }

  get busy(): boolean {
    return this.connection.streams.live.size > 0;
  }

  get ending(): Ending {
    return this.closing.ending;
  }

  get error(): UndercoatError | undefined {
    return this.closing.error;
  }

  /** Client: how many more requests may begin now. An answer that the application has not read keeps its request's place. */
  get available(): number {
    const { connection, closing } = this;
    const { machine, streams, peer } = connection;
    if (connection.over || machine.is(state.draining) || streams.usedUp) return 0;
    if (closing.isShuttingDown || closing.inputEnded) return 0;
    const limit = connection.settingsReceived ? peer.maxConcurrentStreams : firstLimit;
    return Math.max(0, limit - streams.ourCount);
  }

  start(now: number): Verdict {
    const { connection } = this;
    connection.now = now;
    this.startedAt = now;
    connection.idleSince = now;
    const { writer } = connection.outbound;
    writer.settings(announced(connection.settings, connection.isServer), !connection.isServer);
    const increment = connection.window.grow(connection.settings.connectionWindowBytes);
    if (increment > 0) writer.windowUpdate(0, increment);
    // A server begins with SETTINGS, which is its preface (RFC 9113 §3.4).
    if (!connection.isServer) connection.machine.take(event.preface);
    else if (this.context.carried !== undefined) this.inbound.takeUp(this.context.carried);
    return this.verdict();
  }

  /** Client: the stream of the request that was sent, whole, to ask for this session (RFC 7540 §3.2). */
  takeUpSent(): H2Stream {
    this.inbound.settingsHold();
    return this.connection.firstStream();
  }

  receive(now: number): Verdict {
    const { connection, inbound } = this;
    if (connection.over) return 'closed';
    connection.beginTurn(now);
    if (!connection.prefaceDue || inbound.readPreface()) inbound.readFrames();
    return this.settle();
  }

  end(now: number): Verdict {
    this.closing.inputEnded = true;
    return this.receive(now);
  }

  written(now: number): Verdict {
    const { connection } = this;
    connection.beginTurn(now);
    if (connection.inputHeld && !connection.over) this.inbound.readFrames();
    return this.settle();
  }

  deadline(): number {
    const { connection, closing } = this;
    const { deadlines } = this.context;
    if (connection.over) return never;
    let due = connection.streams.due;
    if (this.waitsForSettings) due = Math.min(due, this.startedAt + deadlines.settings);
    if (!this.busy) due = Math.min(due, connection.idleSince + deadlines.idle);
    due = Math.min(due, this.inbound.since + deadlines.head);
    return Math.min(due, closing.drainSince + deadlines.drain);
  }

  expire(now: number): Verdict {
    const { connection, closing } = this;
    const { deadlines } = this.context;
    if (connection.over) return 'closed';
    connection.beginTurn(now);
    if (this.waitsForSettings && this.startedAt + deadlines.settings <= now) {
      closing.fail(timeout('settings', SETTINGS_TIMEOUT, 'RFC 9113 §6.5.3'), event.timeout);
    } else if (this.inbound.since + deadlines.head <= now) {
      // No mistake of the peer's, but it holds up what would come behind it on every stream (RFC 9113 §10.5).
      closing.fail(timeout('head', ENHANCE_YOUR_CALM, 'LAY-4, RFC 9113 §10.5'), event.timeout);
    } else if (closing.drainSince + deadlines.drain <= now) {
      closing.fail(timeout('drain', NO_ERROR, 'RFC 9113 §6.8'), event.timeout);
    } else if (!this.busy && connection.idleSince + deadlines.idle <= now) closing.leave();
    else for (const stream of connection.streams.overdue(now)) this.expireStream(stream);
    return this.settle();
  }

  shutdown(now: number): Verdict {
    const { connection, closing } = this;
    connection.beginTurn(now);
    if (!connection.over && !closing.isShuttingDown) closing.shutdown();
    return this.settle();
  }

  fail(error: UndercoatError | undefined, now: number): void {
    this.connection.now = now;
    this.closing.lost(error);
    this.tellAvailable();
  }

  handoff(): Handoff {
    const { input, facts } = this.context;
    const unused = input.handOff(this.connection.machine.owner);
    return { to: 'h2', unused, facts, inputEnded: this.closing.inputEnded };
  }

  private get waitsForSettings(): boolean {
    const { connection } = this;
    return !connection.settingsAcked || !connection.settingsReceived;
  }

  /** The end of every turn. */
  private settle(): Verdict {
    if (!this.connection.over) {
      this.connection.settle();
      this.closing.settle();
    }
    this.tellAvailable();
    this.connection.endTurn();
    return this.verdict();
  }

  private tellAvailable(): void {
    const { connection } = this;
    if (!connection.availabilityChanged) return;
    connection.availabilityChanged = false;
    this.onAvailable?.();
  }

  private verdict(): Verdict {
    const { connection } = this;
    this.pausedBy = connection.inputHeld ? 'peer' : undefined;
    if (connection.over) return 'closed';
    return connection.inputHeld ? 'paused' : 'need-data';
  }

  /** 408 while more of the request is waited for, else 503, if no answer has begun. */
  private expireStream(stream: H2Stream): void {
    const { connection } = this;
    const { isServer } = connection;
    const isPeerDue = !stream.inputComplete && stream.sink?.wantsBody === true;
    const answer =
      isServer && !stream.headSent
        ? answerStatus(isPeerDue ? 408 : 503)
        : ({ kind: 'h2-stream', code: CANCEL } as const);
    connection.breakOff(
      stream,
      new LimitError('deadlines', 'stream-timeout', 'LAY-4', 'a deadline of the stream has passed', answer),
    );
  }
}

function timeout(limit: string, code: number, cites: string): LimitError {
  return new LimitError(limit, `${limit}-timeout`, cites, `the ${limit} deadline has passed`, {
    kind: 'h2-connection',
    code,
  });
}
