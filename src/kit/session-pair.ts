/**
 * Both ends of a connection in one hand, on one virtual time, joined by pipes that cut and hold up bytes as a plan
 * says, with a fault at a chosen act. Runs to the end of everything: then nothing may be held.
 *
 * It does not know what is spoken, nor what the applications do.
 */
import type { Steps } from '../endpoint/step.js';
import { MisuseError } from '../errors.js';
import type { ClientSession, ServerListener } from '../stream/contract.js';
import { SessionEnd, type SessionEndOptions } from './session-end.js';

/** How bytes travel one way. */
export interface PipePlan {
  /** Sizes of what is delivered at a time, used in turn and over again. */
  readonly cuts: readonly number[];
  /** Bytes that the pipe takes from the sender before the receiver has read any: the rest is in flight. */
  readonly holds: number;
}

/** What happens to the connection at act `at`. */
export interface FaultPlan {
  readonly at: number;
  readonly kind: 'lose' | 'end-of-client' | 'end-of-server' | 'shutdown-client' | 'shutdown-server' | 'stall';
}

/** What each end has, how each direction of the pipe between them behaves, and what breaks, and when. */
export interface PairOptions {
  readonly server?: SessionEndOptions;
  readonly client?: SessionEndOptions;
  readonly toServer?: PipePlan;
  readonly toClient?: PipePlan;
  readonly fault?: FaultPlan | undefined;
  /** Called when there is nothing left to do, before the connection is closed for that. */
  readonly idle?: (pair: SessionPair) => void;
}

/** What an application wants done later, outside of any call of a session. */
export interface Later {
  readonly tasks: (() => void)[];
}

const straight: PipePlan = { cuts: [1 << 30], holds: 1 << 30 };
/** More acts than any plan of the kit needs: whatever runs longer does not end. */
const mostActs = 200_000;

class Pipe {
  private readonly plan: PipePlan;
  private readonly from: SessionEnd;
  private readonly to: SessionEnd;
  /** Taken from the sender; of these `held` are written, as far as it knows, and `read` are delivered. */
  private readonly bytes: number[];
  private held: number;
  private read: number;
  private turn: number;
  private cutLeft: number;
  private endTold: boolean;
  /** Nothing is delivered and nothing taken any more. */
  stalled: boolean;
  /** The sender's half is over without its doing. */
  cut: boolean;

  constructor(from: SessionEnd, to: SessionEnd, plan: PipePlan) {
    this.plan = plan;
    this.from = from;
    this.to = to;
    this.bytes = [];
    this.held = 0;
    this.read = 0;
    this.turn = 0;
    this.cutLeft = 0;
    this.endTold = false;
    this.stalled = false;
    this.cut = false;
  }

  /** Bytes that are on their way. */
  get waiting(): number {
    return this.bytes.length - this.read;
  }

  /** @returns whether anything happened */
  take(): boolean {
    const taken = this.from.take();
    for (const octet of taken) this.bytes.push(octet);
    return taken.length > 0;
  }

  /** Reports as written what the pipe holds by now. */
  report(): boolean {
    if (this.stalled) return false;
    const count = Math.min(this.bytes.length, this.read + this.plan.holds) - this.held;
    if (count <= 0) return false;
    this.held += count;
    this.from.written(count);
    return true;
  }

  deliver(): boolean {
    if (this.stalled) return false;
    const ready = this.cut ? 0 : this.held - this.read;
    if (ready > 0) {
      if (this.cutLeft === 0) this.cutLeft = this.nextCut();
      const upTo = Math.min(ready, this.cutLeft);
      const piece = Uint8Array.from(this.bytes.slice(this.read, this.read + upTo));
      const count = this.to.deliver(piece, 0, piece.length);
      this.read += count;
      this.cutLeft -= count;
      return count > 0;
    }
    const over = this.cut || (this.from.state === 'ended' && this.read === this.bytes.length);
    if (!over || this.endTold) return false;
    this.endTold = true;
    this.to.endInput();
    return true;
  }

  private nextCut(): number {
    const { cuts } = this.plan;
    const size = cuts[this.turn % cuts.length] as number;
    this.turn += 1;
    return Math.max(1, size);
  }

  /** True when the receiver was told of the end. */
  get ended(): boolean {
    return this.endTold;
  }
}

/**
 * Both ends of a connection and a pipe between them, act by act: what can happen is done in turn, and time goes on
 * only when nothing else can.
 */
export class SessionPair {
  readonly server: SessionEnd;
  readonly client: SessionEnd;
  /** Elementary acts so far. */
  acts: number;
  now: number;
  /** The acts behind which lent bytes waited to be taken, at either end. */
  readonly lendsWaitedAt: number[];
  /** How often time had to go on because nothing else could. */
  expirations: number;
  readonly later: Later;
  private readonly toServer: Pipe;
  private readonly toClient: Pipe;
  private readonly fault: FaultPlan | undefined;
  /** The planned fault happened: the run came to its act. */
  faulted: boolean;
  private readonly idle: ((pair: SessionPair) => void) | undefined;

  constructor(
    serverSteps: Steps,
    clientSteps: Steps,
    exchange: ServerListener,
    ready: (session: ClientSession) => void,
    later: Later = { tasks: [] },
    options: PairOptions = {},
  ) {
    this.acts = 0;
    this.now = 0;
    this.expirations = 0;
    this.lendsWaitedAt = [];
    this.later = later;
    this.server = new SessionEnd(
      serverSteps,
      { role: 'server', exchange, httpDate: undefined },
      options.server,
    );
    this.client = new SessionEnd(clientSteps, { role: 'client', ready }, options.client);
    this.toServer = new Pipe(this.client, this.server, options.toServer ?? straight);
    this.toClient = new Pipe(this.server, this.client, options.toClient ?? straight);
    this.fault = options.fault;
    this.faulted = false;
    this.idle = options.idle;
  }

  /** Lets happen what can happen without time going on. */
  settle(): void {
    while (this.step()) this.account();
  }

  /** Runs until both ends are gone; time goes on where nothing else does. The client closes once `isDone` says so. */
  run(isDone: () => boolean = () => true): void {
    let isClosing = false;
    for (;;) {
      this.settle();
      if (this.isGone()) return;
      if (!isClosing && isDone()) {
        isClosing = true;
        this.idle?.(this);
        this.client.shutdown();
        continue;
      }
      if (this.close()) continue;
      requireDeadline(this.server);
      requireDeadline(this.client);
      const due = Math.min(this.server.deadline(), this.client.deadline());
      if (!Number.isFinite(due)) {
        this.lose();
        continue;
      }
      this.account();
      this.expirations += 1;
      this.advanceTo(Math.max(due, this.now));
    }
  }

  /** Time goes on; whoever is due is told. */
  advanceTo(now: number): void {
    this.now = now;
    for (const end of [this.server, this.client]) {
      end.now = now;
      if (end.deadline() <= now) end.expire();
    }
  }

  /** The pipe breaks for both. */
  lose(): void {
    this.server.lose(SessionEnd.reset());
    this.client.lose(SessionEnd.reset());
  }

  /** What escaped from sessions; always empty. */
  get thrown(): unknown[] {
    return [...this.server.thrown, ...this.client.thrown];
  }

  private isGone(): boolean {
    return this.server.state === 'gone' && this.client.state === 'gone';
  }

  private account(): void {
    this.acts += 1;
    if (this.acts > mostActs) {
      throw new MisuseError('endless', 'WORK-1', `the connection did not end within ${mostActs} acts`);
    }
    this.server.assertAccounts();
    this.client.assertAccounts();
    if (this.server.output.lendsWait || this.client.output.lendsWait) this.lendsWaitedAt.push(this.acts);
    if (this.fault === undefined || this.faulted || this.acts < this.fault.at) return;
    this.faulted = true;
    switch (this.fault.kind) {
      case 'lose':
        this.lose();
        break;
      case 'end-of-client':
        this.toServer.cut = true;
        break;
      case 'end-of-server':
        this.toClient.cut = true;
        break;
      case 'shutdown-client':
        this.client.shutdown();
        break;
      case 'shutdown-server':
        this.server.shutdown();
        break;
      case 'stall':
        this.toServer.stalled = true;
        this.toClient.stalled = true;
        break;
    }
  }

  /** One elementary act. @returns false when none is possible */
  private step(): boolean {
    const { server, client, toServer, toClient } = this;
    for (const end of [client, server]) {
      if (!end.due) continue;
      end.turn();
      return true;
    }
    if (server.feedUnused() || client.feedUnused()) return true;
    if (toServer.take() || toClient.take()) return true;
    if (toServer.report() || toClient.report()) return true;
    if (toServer.deliver() || toClient.deliver()) return true;
    const task = this.later.tasks.shift();
    if (task === undefined) return false;
    task();
    return true;
  }

  /** Follows what ended sessions want of the pipe. @returns whether anything happened */
  private close(): boolean {
    const { server, client, toServer, toClient } = this;
    if (server.state === 'aborted' || client.state === 'aborted') {
      this.lose();
      return true;
    }
    if (server.state === 'tunnel' && client.state === 'tunnel') {
      server.lose();
      client.lose();
      return true;
    }
    // Both directions are over, or one end is and the other has seen it and cannot go on.
    const over = (end: SessionEnd) => end.state === 'ended' || end.state === 'gone';
    if (over(server) && over(client) && (toServer.ended || toClient.ended)) {
      server.lose();
      client.lose();
      return true;
    }
    return false;
  }
}

/** LAY-4. What is in flight has the deadline of whoever drives the pipe, and so has the end of one that is over. */
function requireDeadline(end: SessionEnd): void {
  if (end.state !== 'open' || end.inFlight > 0 || Number.isFinite(end.deadline())) return;
  throw new MisuseError('no-deadline', 'LAY-4', `${end.session.name} waits for ever`);
}
