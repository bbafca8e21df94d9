/**
 * One stream as the session keeps it: its state, its windows, what waits to be sent and what waits to be consumed; and
 * the commands that its exchange gives. This file does not know frames, nor what an exchange means.
 */
import type { UndercoatError } from '../../errors.js';
import { Machine, type MachineObserver } from '../../machine/index.js';
import type { Charge, Lease, Owner, Packer, Returned } from '../../memory/index.js';
import type { SessionContext } from '../contract.js';
import { ReceiveWindow, SendWindow } from './flow.js';
import type { HeaderList } from './header-list.js';
import { Content, type FieldJudge, judgeTrailers } from './outgoing.js';
import type { Priority } from './priority.js';
import { defaultUrgency, type Scheduled } from './scheduler.js';
import { h2StreamTable } from './tables.js';
import type { FieldList, HeaderFields } from './writer.js';

const noFields: FieldList = Object.freeze([]);

/** The stream layer's side of a stream: told by the session what it receives. Nothing here may throw. */
export interface H2Sink {
  readonly wantsBody: boolean;
  readonly discardsBody: boolean;
  /** Somebody consumes the body, paused or not: he gets all of it. */
  readonly takesBody: boolean;
  /** Nobody is still to be told how the body ended. */
  readonly bodySettled: boolean;
  readonly bodyOwner: Owner;
  /** A header block but trailers; `end`: nothing follows it. */
  head(list: HeaderList, end: boolean): void;
  data(lease: Lease): void;
  /** The peer's message is complete. `trailers`: names and values in turn; `sensitive`: names of those never indexed. */
  receiveEnd(trailers: string[] | undefined, sensitive: readonly string[] | undefined): void;
  /** The stream was reset, by either side, or its connection ended. `retryable`: the peer has not processed it. */
  failed(error: UndercoatError, retryable: boolean): void;
  sendable(): void;
  settle(): void;
  /** Both messages are complete: leases are revoked (OWN-7). */
  finished(): void;
}

/** Bytes that wait for a window, or for their turn. */
export interface Waiting {
  readonly bytes: Uint8Array;
  start: number;
  readonly end: number;
  /** What is left of the lease that the bytes lie in; undefined for foreign bytes. */
  lease: Lease | undefined;
  readonly returned: Returned | undefined;
  /** Foreign bytes before `start` were lent and may be with the transport still. */
  lent: boolean;
}

/** Stand for every empty list: most streams never have another. */
export const noneWaiting: readonly Waiting[] = [];
export const noneReceived: readonly Lease[] = [];

/** What a stream tells its session. Commands change what is to be written and ask for a turn; they never call back. */
export interface StreamHost {
  readonly context: SessionContext;
  readonly judge: FieldJudge;
  /** No turn will come any more. */
  readonly over: boolean;
  /** Sends a header block. */
  head(stream: H2Stream, fields: HeaderFields, end: boolean): void;
  /** Sends a whole message with content. */
  message(stream: H2Stream, fields: HeaderFields, body: Uint8Array): void;
  /** Sends content. @returns `written` when the bytes are copied. @throws MisuseError, LimitError */
  data(
    stream: H2Stream,
    bytes: Uint8Array,
    start: number,
    end: number,
    returned: Returned | undefined,
    last: boolean,
  ): 'written' | undefined;
  /** Sends content that lies in a lease. @throws as `data` does */
  lease(stream: H2Stream, lease: Lease, last: boolean): void;
  /** The message is complete. */
  endMessage(stream: H2Stream, trailers: HeaderFields | undefined): void;
  /** The same, and what still waits of it is not sent. */
  cutShort(stream: H2Stream): void;
  /** The stream is to be reset, or answered for. */
  breakOff(stream: H2Stream, reason: UndercoatError): void;
  /** Client: the answer has another priority than it was asked for with. */
  prioritise(stream: H2Stream, priority: Priority): void;
  /** Something of the stream is to be looked at in a turn. */
  touch(stream: H2Stream): void;
  /** A consumer let go of `bytes` of the stream's DATA. */
  credited(stream: H2Stream, bytes: number): void;
}

export class H2Stream implements Scheduled, Charge {
  readonly id: number;
  readonly machine: Machine;
  readonly receiveWindow: ReceiveWindow;
  readonly sendWindow: SendWindow;
  sink: H2Sink | null;
  /** It is in the list of its connection's streams. */
  isLive: boolean;

  // What is received.
  /** Content-Length, or -1. */
  declaredLength: number;
  receivedBytes: number;
  /** A final head was received: DATA may come, and another block is trailers. */
  headReceived: boolean;
  /** The peer's message is complete. */
  inputComplete: boolean;
  /** The sink was told so; what was received before comes first. */
  endTold: boolean;
  trailers: string[] | undefined;
  /** Names of those of them that came as never indexed. */
  sensitiveTrailers: readonly string[] | undefined;
  /** Received, and not taken by the application yet: the stream's until then. */
  backlog: readonly Lease[];
  /** Where little DATA of it is gathered. */
  packer: Packer | null;
  /** Nobody will take what is received from now on. */
  discarding: boolean;
  /** In the session's list of windows to announce, and of streams to look at before the turn ends. */
  dirty: boolean;
  touched: boolean;
  /** What it is to be reset for. */
  broken: UndercoatError | undefined;
  /** The peer's message has no content whatever its Content-Length says: an answer to HEAD. */
  noContent: boolean;

  // What is sent.
  urgency: number;
  incremental: boolean;
  queued: boolean;
  next: Scheduled | null;
  previous: Scheduled | null;
  /** What the head declared of the content; null before the final head. */
  content: Content | null;
  waiting: readonly Waiting[];
  waitingBytes: number;
  /** Our message is complete; END_STREAM goes with the last of what waits. */
  ending: boolean;
  sendTrailers: HeaderFields | undefined;
  /** A header block could not be built: the stream is to be reset, or was never begun. */
  outputFailed: boolean;
  /** The peer has what it needs: what is still sent of our message goes nowhere (RFC 9113 §8.1). */
  outputUnwanted: boolean;
  overHighWater: boolean;
  headSent: boolean;

  // When things began, for deadlines; `Infinity` until the next turn says.
  since: number;
  /** When the application was last given something of the message, or began to wait for more. */
  bodyAt: number;
  /** When the peer's message was complete, or ours. */
  completeAt: number;
  /** When DATA began to wait, or was last sent. */
  sentAt: number;
  /** Client: the request is complete with its head, though our half stays open: a CONNECT (RFC 9110 §9.3.6). */
  isHeadAll: boolean;
  /** It carries a tunnel, which lasts as long as it lasts: no limit on a message holds for it. */
  isTunnel: boolean;

  private readonly host: StreamHost;

  constructor(
    id: number,
    host: StreamHost,
    owner: Owner,
    observer: MachineObserver | null,
    receiveWindow: number,
    sendWindow: number,
    now: number,
  ) {
    this.id = id;
    this.machine = new Machine(h2StreamTable, owner, observer);
    this.receiveWindow = new ReceiveWindow(receiveWindow);
    this.sendWindow = new SendWindow(sendWindow);
    this.sink = null;
    this.isLive = false;
    this.declaredLength = -1;
    this.receivedBytes = 0;
    this.headReceived = false;
    this.inputComplete = false;
    this.endTold = false;
    this.trailers = undefined;
    this.sensitiveTrailers = undefined;
    this.backlog = noneReceived;
    this.packer = null;
    this.discarding = false;
    this.dirty = false;
    this.touched = false;
    this.broken = undefined;
    this.noContent = false;
    this.urgency = defaultUrgency;
    this.incremental = false;
    this.queued = false;
    this.next = null;
    this.previous = null;
    this.content = null;
    this.waiting = noneWaiting;
    this.waitingBytes = 0;
    this.ending = false;
    this.sendTrailers = undefined;
    this.outputFailed = false;
    this.outputUnwanted = false;
    this.overHighWater = false;
    this.headSent = false;
    this.since = now;
    this.bodyAt = now;
    this.completeAt = now;
    this.sentAt = now;
    this.isHeadAll = false;
    this.isTunnel = false;
    this.host = host;
  }

  // Commands of its exchange.

  get context(): SessionContext {
    return this.host.context;
  }

  get judge(): FieldJudge {
    return this.host.judge;
  }

  /** Its connection is over: no turn will come in which anybody could be told anything. */
  get isAbandoned(): boolean {
    return this.host.over;
  }

  get writable(): boolean {
    return !this.overHighWater && !this.isMuted;
  }

  /**
   * Nothing more of our message goes out: the stream is over, though its exchange may be told only after what waited was
   * returned to it; or a head of it is missing, and content without it means nothing (RFC 9113 §8.1).
   */
  private get isMuted(): boolean {
    return !this.isLive || this.outputFailed || this.outputUnwanted;
  }

  head(fields: HeaderFields, end: boolean): void {
    if (!this.isMuted) this.host.head(this, fields, end);
  }

  message(fields: HeaderFields, body: Uint8Array): void {
    if (!this.isMuted) this.host.message(this, fields, body);
  }

  /** @throws MisuseError, LimitError; nothing has changed then */
  send(
    bytes: Uint8Array,
    start: number,
    end: number,
    last: boolean,
    returned: Returned | undefined,
  ): 'written' | 'failed' | undefined {
    if (this.isMuted) return 'failed';
    const content = this.content as Content;
    const length = end - start;
    content.add(length, last);
    if (content.silent) {
      if (last) this.host.endMessage(this, undefined);
      return 'written';
    }
    try {
      return this.host.data(this, bytes, start, end, returned, last);
    } catch (error) {
      content.takeBack(length);
      throw error;
    }
  }

  /** @throws as `send` does */
  sendLease(lease: Lease, last: boolean): void {
    if (this.isMuted) {
      lease.release();
      return;
    }
    const content = this.content as Content;
    const { length } = lease;
    content.add(length, last);
    if (content.silent) {
      lease.release();
      if (last) this.host.endMessage(this, undefined);
      return;
    }
    try {
      this.host.lease(this, lease, last);
    } catch (error) {
      content.takeBack(length);
      throw error;
    }
  }

  /** @throws MisuseError when content is missing, or the trailers may not be sent; nothing has changed then */
  end(trailers: FieldList | undefined, sensitive: readonly string[] | undefined): void {
    if (this.isMuted) return;
    const content = this.content as Content;
    if (trailers !== undefined) judgeTrailers(trailers);
    content.add(0, true);
    const some = trailers !== undefined && trailers.length > 0 && !content.silent;
    const block = some ? { status: 0, pseudo: noFields, fields: trailers, sensitive } : undefined;
    this.host.endMessage(this, block);
  }

  /** Ends the message with what was framed of it. */
  cutShort(): void {
    if (!this.isMuted) this.host.cutShort(this);
  }

  abort(reason: UndercoatError): void {
    this.host.breakOff(this, reason);
  }

  prioritise(priority: Priority): void {
    this.host.prioritise(this, priority);
  }

  /** Both sides agreed to a tunnel: what the heads said of content is ignored (RFC 9110 §9.3.6). */
  beginTunnel(): void {
    this.isTunnel = true;
    this.declaredLength = -1;
    if (!this.ending) this.content = new Content(-1, false, false);
  }

  bodyWanted(): void {
    // It begins to wait: what came, or did not come, before is not held against the peer (LAY-4).
    this.bodyAt = Number.POSITIVE_INFINITY;
    this.host.touch(this);
  }

  bodyDiscarded(): void {
    this.host.touch(this);
  }

  /** The final consumer let go (CON-4). */
  credit(bytes: number): void {
    this.host.credited(this, bytes);
  }

  // The lists change here alone: the shared empty ones stay empty.

  /** A lease waits for its consumer, behind what was received before. */
  keepReceived(lease: Lease): void {
    if (this.backlog.length === 0) this.backlog = [lease];
    else (this.backlog as Lease[]).push(lease);
  }

  /** The lease that waits longest, if there is one. */
  nextReceived(): Lease | undefined {
    return this.backlog.length === 0 ? undefined : (this.backlog as Lease[]).shift();
  }

  /** Bytes wait to be sent, behind those that wait already. */
  keepWaiting(item: Waiting): void {
    if (this.waiting.length === 0) this.waiting = [item];
    else (this.waiting as Waiting[]).push(item);
    this.waitingBytes += item.end - item.start;
  }

  /** The first of what waits was sent. */
  dropWaiting(): void {
    if (this.waiting.length > 0) (this.waiting as Waiting[]).shift();
  }

  /** What began since the last turn began now. */
  timed(now: number): void {
    if (this.since === Number.POSITIVE_INFINITY) this.since = now;
    if (this.bodyAt === Number.POSITIVE_INFINITY) this.bodyAt = now;
    if (this.completeAt === Number.POSITIVE_INFINITY) this.completeAt = now;
    if (this.sentAt === Number.POSITIVE_INFINITY) this.sentAt = now;
  }
}
