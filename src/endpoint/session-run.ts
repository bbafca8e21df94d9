/**
 * The sessions of one connection, one after the other on the same pipe: their buffers, what each leaves to the next,
 * and the loop that follows a verdict as far as it goes in one turn. Who goes on after the last one, a transport or an
 * application, is for its host. This file does not know what carries the bytes.
 */
import { MisuseError, type UndercoatError } from '../errors.js';
import type { Region } from '../memory/index.js';
import { Owner, ReceiveBuffer, SendBuffer, type SlabShare } from '../memory/index.js';
import type { Carried } from '../session/carried.js';
import type { Ending, Handoff, Session, SessionContext, Verdict } from '../session/contract.js';
import type { ConnectionFacts } from '../session/facts.js';
import type { Transport } from '../transport/contract.js';
import type { TransportFacts } from '../transport/facts.js';
import { Chain } from './chain.js';
import type { ConnectionSettings } from './connection-settings.js';
import type { Application } from './step.js';
import { UnusedBytes } from './unused-bytes.js';

/** Whoever drives the run. Called inside the driver's own turns, when no session is being called. */
export interface RunHost {
  /** False once the host gave up, perhaps from inside a session's call: nothing more is asked of the session then. */
  readonly isRunning: boolean;
  /** A session goes on after another. */
  handedOff(): void;
  /** A transport goes on: `detach` gives what it needs. */
  swap(): void;
  /** Whether one may; what is answered holds. */
  admitsTunnel(): boolean;
  /** An application goes on with the pipe: the same. */
  tunnel(takeOver: (pipe: Transport) => void): void;
  /** The last session is over. */
  finished(ending: Ending, error: UndercoatError | undefined): void;
}

/** Calls of a session in one turn because it woke itself; then other connections have theirs. */
const mostRounds = 32;

export class SessionRun {
  readonly chain: Chain;
  facts: ConnectionFacts;
  input: ReceiveBuffer;
  output: SendBuffer;
  /** What the session before did not use, on its way to this one. */
  unused = new UnusedBytes(undefined);
  /** The peer half-closed. */
  inputEnded = false;
  /** A shutdown was asked for. */
  draining = false;
  /** The session asked for another call. */
  woken = false;
  private session: Session | null = null;
  private verdict: Verdict = 'need-data';
  /** What the session before was in the middle of. */
  private carried: Carried | undefined;
  /** When what comes next began to be awaited, if the session before looked at it. */
  private begunAt: number | undefined;
  /** The present session was told of the peer's end, and of the shutdown. */
  private endTold = false;
  private drainTold = false;

  private readonly host: RunHost;
  private readonly settings: ConnectionSettings;
  private readonly application: Application;
  private readonly receiveShare: SlabShare;
  private readonly sendShare: SlabShare;
  private readonly owner: Owner;
  private readonly wake: () => void;

  constructor(
    host: RunHost,
    settings: ConnectionSettings,
    application: Application,
    owner: Owner,
    shares: { readonly receive: SlabShare; readonly send: SlabShare },
    wake: () => void,
  ) {
    this.chain = new Chain(settings.steps);
    this.facts = { transport: { kind: 'none' } };
    this.host = host;
    this.settings = settings;
    this.application = application;
    this.receiveShare = shares.receive;
    this.sendShare = shares.send;
    this.owner = owner;
    this.wake = wake;
    this.input = new ReceiveBuffer(shares.receive, owner);
    this.output = new SendBuffer(shares.send, owner);
  }

  /** The session could not build its output for want of a slab. */
  get waitsForMemory(): boolean {
    return this.verdict === 'paused' && this.session?.pausedBy === 'memory';
  }

  deadline(): number {
    return (this.session as Session).deadline();
  }

  /** The pipe is open: whoever is next in the chain begins. */
  begin(transport: TransportFacts, now: number): void {
    this.facts = { ...this.facts, transport };
    if (this.chain.decide(this.facts, undefined)) this.host.swap();
    else this.follow(this.start(now), now);
  }

  /** Room for what the transport has; undefined when there is none now, or when older bytes come first. */
  room(): Region | undefined {
    return this.unused.none ? this.input.room() : undefined;
  }

  receive(now: number): void {
    this.follow((this.session as Session).receive(now), now);
  }

  written(now: number): void {
    this.follow((this.session as Session).written(now), now);
  }

  expire(now: number): void {
    this.follow((this.session as Session).expire(now), now);
  }

  ended(now: number): void {
    this.inputEnded = true;
    this.follow(this.verdict, now);
  }

  /** Somebody asked for a turn. */
  resume(now: number): void {
    this.woken = false;
    this.receive(now);
  }

  /** Whatever is pending is thrown away; what was left over, too. */
  discard(): void {
    this.unused.drop();
    this.input.discard(this.input.pendingBytes);
  }

  /**
   * The pipe goes on without this session: what is unused, and what is in flight, is the caller's. The next session
   * has buffers of its own.
   */
  detach(): { unused: UnusedBytes; inputEnded: boolean; output: SendBuffer } {
    const { unused, inputEnded, output } = this;
    this.unused = new UnusedBytes(undefined);
    this.session = null;
    this.inputEnded = false;
    this.input = new ReceiveBuffer(this.receiveShare, this.owner);
    this.output = new SendBuffer(this.sendShare, this.owner);
    return { unused, inputEnded, output };
  }

  /** The pipe is gone. Everything goes back; what throws is reported and stops nothing. */
  close(error: UndercoatError | undefined, now: number, report: (thrown: unknown) => void): void {
    const { session } = this;
    this.session = null;
    const acts = [
      // The session first: what its exchanges hold are leases on the buffers.
      () => session?.fail(error, now),
      () => this.carried?.drop(error),
      () => this.unused.drop(),
      () => this.input.close(),
      () => this.output.fail(),
    ];
    for (const act of acts) {
      try {
        act();
      } catch (thrown) {
        report(thrown);
      }
    }
  }

  /** Gives the session some of what the one before left. @returns false when there is no room for it now */
  private feed(): boolean {
    const room = this.input.room();
    if (room === undefined) return false;
    this.input.received(this.unused.into(room));
    return true;
  }

  /** Follows a verdict as far as it goes now. */
  private follow(first: Verdict, now: number): void {
    let verdict = first;
    for (let round = 0; ; ) {
      this.verdict = verdict;
      if (!this.host.isRunning) return;
      const session = this.session as Session;
      if (verdict === 'closed') {
        this.host.finished(session.ending, session.error);
        return;
      }
      if (verdict === 'handed-off') {
        if (!this.handOff(session.handoff())) return;
        verdict = this.start(now);
      } else if (this.draining && !this.drainTold) {
        this.drainTold = true;
        verdict = session.shutdown(now);
      } else if (!this.unused.none && this.feed()) {
        verdict = session.receive(now);
      } else if (this.inputEnded && !this.endTold && this.unused.none) {
        this.endTold = true;
        verdict = session.end(now);
      } else if (this.woken && round < mostRounds) {
        this.woken = false;
        round += 1;
        verdict = session.receive(now);
      } else return;
    }
  }

  /** @returns whether a session goes on */
  private handOff({ to, unused, facts, inputEnded, takeOver, carried, begunAt }: Handoff): boolean {
    this.unused.giveBack(unused);
    this.facts = facts;
    this.carried = carried;
    this.begunAt = begunAt;
    this.inputEnded ||= inputEnded;
    if (this.input.pendingBytes > 0) {
      const message = 'a session handed off and left bytes in its buffer';
      throw new MisuseError('handoff-loses-bytes', 'CON-3', message);
    }
    this.input.close();
    if (takeOver !== undefined) {
      this.host.tunnel(takeOver);
      return false;
    }
    if (this.chain.decide(facts, to)) {
      this.host.swap();
      return false;
    }
    this.host.handedOff();
    return true;
  }

  /** Starts the session that is next in the chain, with a receive buffer of its own. */
  private start(now: number): Verdict {
    const step = this.chain.session();
    const { settings, owner } = this;
    this.input = new ReceiveBuffer(this.receiveShare, new Owner('session', step.name, owner.id));
    const context: SessionContext = {
      input: this.input,
      output: this.output,
      facts: this.facts,
      carried: this.carried,
      begunAt: this.begunAt,
      deadlines: settings.deadlines,
      text: settings.text,
      observer: settings.observer,
      id: owner.id,
      wake: this.wake,
      admitsTunnel: () => this.host.admitsTunnel(),
    };
    const session = step.start(context, this.application);
    this.session = session;
    this.endTold = false;
    this.drainTold = false;
    return session.start(now);
  }
}
