/**
 * The driver of one connection: a transport, a chain of sessions and a clock, and the only place where they meet.
 *
 * Turn discipline (OWN-9). A turn begins when the transport or the clock calls, and only then. In it time is read
 * once; the session is called, and called again while its verdict or a wake asks for it; what it put in its send
 * buffer goes to the transport in one batch at the end; then the timer is set. A session calls back into the
 * application only while it is called itself, so application code runs in the middle of a turn and nowhere else:
 * whatever it asks of this connection there (`wake`, `shutdown`, `abort`) is noted and done when the session has
 * returned. Outside of a turn the same calls ask the clock for one turn a burst. So no layer is ever called while a
 * call of it is on the stack, and nobody's bytes move while he walks over them.
 *
 * It does not know what any session speaks, what any transport is, or whether time is real.
 */
import { MisuseError, TransportError, type UndercoatError } from '../errors.js';
import { Machine } from '../machine/index.js';
import { Owner, ReceiveBuffer, SendBuffer, type SlabShare } from '../memory/index.js';
import type { Handoff, Session, SessionContext, Verdict } from '../session/contract.js';
import type { ConnectionFacts } from '../session/facts.js';
import type { Clock } from '../transport/clock.js';
import type { ByteRange, Transport, TransportReceiver } from '../transport/contract.js';
import type { TransportFacts } from '../transport/facts.js';
import { Chain } from './chain.js';
import type { ConnectionKeeper, ConnectionSettings } from './connection-settings.js';
import { ContinuedTransport } from './continued-transport.js';
import { LazyTimer } from './lazy-timer.js';
import { Relay } from './relay.js';
import { SlabWaiter } from './slab-waiter.js';
import type { Application, SessionStep } from './step.js';
import { connectionTable } from './table.js';
import { UnusedBytes } from './unused-bytes.js';

const { opened, handoff, swap, tunnel, finish, flushed, abort, closed, open } = connectionTable.event;
const {
  idle,
  opening,
  running,
  finishing,
  lingering,
  tunnelling,
  aborting,
  closed: over,
} = connectionTable.state;

const never = Number.POSITIVE_INFINITY;
/** Calls of a session in one turn because it woke itself; then other connections have theirs. */
const mostRounds = 32;

export class Connection implements TransportReceiver {
  readonly id: number;
  /** The first reason why it ended; undefined while it lives and after an orderly end. */
  error: UndercoatError | undefined;
  facts: ConnectionFacts;

  private readonly settings: ConnectionSettings;
  private readonly application: Application;
  private readonly keeper: ConnectionKeeper<Connection>;
  private readonly clock: Clock;
  private readonly machine: Machine;
  private readonly chain: Chain;
  private readonly receiveShare: SlabShare;
  private readonly sendShare: SlabShare;
  private readonly receiveWaiter: SlabWaiter;
  private readonly sendWaiter: SlabWaiter;
  private readonly timer: LazyTimer;
  private readonly wake = (): void => this.woke();
  private readonly turn = (): void => this.runTurn();

  private transport: Transport;
  private relay: Relay;
  private session: Session | null = null;
  private verdict: Verdict = 'need-data';
  private input: ReceiveBuffer;
  private output: SendBuffer;
  /** What the session before did not use, on its way to this one. */
  private unused = new UnusedBytes(undefined);
  /** The peer half-closed; this session was told. */
  private peerEnded = false;
  private endTold = false;
  /** A shutdown was asked for; this session was told. */
  private draining = false;
  private drainTold = false;
  /** The transport was denied room and waits for `resume`. */
  private stalled = false;
  private inTurn = false;
  /** The session asked for another call. */
  private woken = false;
  /** A turn of the clock's is on its way. */
  private scheduled = false;
  /** Time of the present turn. */
  private now = 0;
  /** Output is with the transport, and when it last got on. */
  private writing = false;
  private progressAt = 0;
  /** When opening, lingering, or the wait for whoever takes a tunnel up must have come to an end. */
  private dueAt = never;
  private openingCode = '';
  private lingeredBytes = 0;

  /** `transport` is idle; the connection's from now on. */
  constructor(
    transport: Transport,
    settings: ConnectionSettings,
    application: Application,
    keeper: ConnectionKeeper<Connection>,
    id: number,
  ) {
    const { clock, pool } = settings;
    this.id = id;
    this.error = undefined;
    this.facts = { transport: { kind: transport.kind } };
    this.settings = settings;
    this.application = application;
    this.keeper = keeper;
    this.clock = clock;
    const owner = new Owner('session', 'connection', id);
    this.machine = new Machine(connectionTable, owner, settings.observer);
    this.chain = new Chain(settings.steps);
    this.receiveShare = pool.share(settings.receiveBytes);
    this.sendShare = pool.share(settings.sendBytes);
    this.receiveWaiter = new SlabWaiter(this.receiveShare, clock, () => this.slabToReceive());
    this.sendWaiter = new SlabWaiter(this.sendShare, clock, this.turn);
    this.timer = new LazyTimer(clock, () => this.expire());
    this.transport = transport;
    this.relay = new Relay(this);
    this.input = new ReceiveBuffer(this.receiveShare, owner);
    this.output = new SendBuffer(this.sendShare, owner);
  }

  /** The state's name in the connection table. */
  get state(): string {
    return this.machine.stateName;
  }

  /** True while an exchange or a handshake is under way. */
  get busy(): boolean {
    return this.machine.is(running) ? (this.session as Session).busy : !this.machine.is(over);
  }

  /** Begins: the transport is opened, with every transport that the stack puts on it before the first session. */
  start(): void {
    this.machine.take(open, undefined);
    const { deadlines, steps } = this.settings;
    const isConnecting = this.application.role === 'client' || steps[0]?.kind !== 'transport';
    this.openingCode = isConnecting ? 'connect-timeout' : 'tls-handshake-timeout';
    this.dueAt = this.clock.now() + (isConnecting ? deadlines.connect : deadlines.tlsHandshake);
    this.timer.want(this.dueAt);
    try {
      this.transport = this.chain.wrap(this.transport);
      this.transport.open(this.relay);
    } catch (thrown) {
      this.broke(thrown);
    }
  }

  /** Graceful: what has begun is finished, nothing new is taken up. Takes effect in a turn of its own. */
  shutdown(): void {
    this.draining = true;
    this.schedule();
  }

  /** Tears the connection down. The session and its exchanges hear of it when the transport says that it is gone. */
  abort(error?: UndercoatError): void {
    if (this.machine.is(over) || this.machine.is(aborting) || this.machine.is(idle)) return;
    this.error ??= error;
    this.machine.take(abort, undefined);
    this.timer.cancel();
    this.transport.abort(error instanceof TransportError ? error : undefined);
  }

  opened(facts: TransportFacts): void {
    if (!this.machine.is(opening)) return;
    this.beginTurn();
    try {
      this.facts = { ...this.facts, transport: facts };
      if (this.draining) this.abort();
      else {
        this.machine.take(opened, undefined);
        this.dueAt = never;
        if (this.chain.decide(this.facts, undefined)) this.swapTransport();
        else this.work(this.startSession(this.chain.session()));
      }
    } catch (thrown) {
      this.broke(thrown);
    }
    this.endTurn();
  }

  room(): ByteRange | undefined {
    if (this.reading) {
      const room = this.input.room();
      if (room !== undefined) {
        this.receiveWaiter.settle(false);
        return room;
      }
      if (!this.input.full) this.receiveWaiter.ask();
    }
    this.stalled = true;
    return undefined;
  }

  received(count: number): void {
    this.beginTurn();
    try {
      this.input.received(count);
      if (this.machine.is(running)) this.work((this.session as Session).receive(this.now));
      else this.discard(count);
    } catch (thrown) {
      this.broke(thrown);
    }
    this.endTurn();
  }

  ended(): void {
    this.beginTurn();
    this.peerEnded = true;
    try {
      if (this.machine.is(running)) this.work(this.verdict);
    } catch (thrown) {
      this.broke(thrown);
    }
    this.endTurn();
  }

  written(count: number): void {
    if (this.machine.is(over)) return;
    this.beginTurn();
    try {
      this.progressAt = this.now;
      this.output.written(count);
      this.writing = this.output.pendingBytes > 0;
      if (this.machine.is(running)) this.work((this.session as Session).written(this.now));
    } catch (thrown) {
      this.broke(thrown);
    }
    this.endTurn();
  }

  closed(error?: TransportError): void {
    if (this.machine.is(over)) return;
    this.beginTurn();
    this.machine.take(closed, undefined);
    this.error ??= error;
    this.timer.cancel();
    this.receiveWaiter.close();
    this.sendWaiter.close();
    // The session first: what its exchanges hold are leases on the buffers.
    this.guarded(() => this.session?.fail(this.error, this.now));
    this.guarded(() => this.unused.drop());
    this.guarded(() => this.input.close());
    this.guarded(() => this.output.fail());
    this.session = null;
    this.inTurn = false;
    this.keeper.closed(this);
  }

  private beginTurn(): void {
    this.inTurn = true;
    this.now = this.clock.now();
  }

  private endTurn(): void {
    if (this.machine.is(running)) {
      try {
        this.flush();
      } catch (thrown) {
        this.broke(thrown);
      }
      this.waitForMemory();
      if (this.woken) this.schedule();
    }
    if (this.machine.is(finishing) && this.output.pendingBytes === 0) {
      this.machine.take(flushed, undefined);
      this.dueAt = this.now + this.settings.deadlines.linger;
    }
    this.inTurn = false;
    const { input } = this;
    if (this.stalled && this.reading && !input.full) {
      this.stalled = false;
      this.transport.resume();
    }
    if (input.start === input.end) input.settle();
    this.timer.want(this.deadline());
  }

  /** A turn that the clock began: somebody woke the session, or is to be told to shut down. */
  private runTurn(): void {
    this.scheduled = false;
    if (this.machine.is(opening) && this.draining) this.abort();
    if (!this.machine.is(running)) return;
    this.beginTurn();
    this.woken = false;
    try {
      this.work((this.session as Session).receive(this.now));
    } catch (thrown) {
      this.broke(thrown);
    }
    this.endTurn();
  }

  private woke(): void {
    this.woken = true;
    if (!this.inTurn) this.schedule();
  }

  private schedule(): void {
    if (this.scheduled || this.machine.is(over)) return;
    this.scheduled = true;
    this.clock.defer(this.turn);
  }

  /** Follows a verdict as far as it goes now. */
  private work(first: Verdict): void {
    let verdict = first;
    for (let round = 0; ; ) {
      this.verdict = verdict;
      if (!this.machine.is(running)) return;
      const session = this.session as Session;
      if (verdict === 'closed') {
        this.finish(session);
        return;
      }
      if (verdict === 'handed-off') {
        if (!this.handOff(session.handoff())) return;
        verdict = this.verdict;
      } else if (this.draining && !this.drainTold) {
        this.drainTold = true;
        verdict = session.shutdown(this.now);
      } else if (!this.unused.none && this.feed()) {
        verdict = session.receive(this.now);
      } else if (this.peerEnded && !this.endTold && this.unused.none) {
        this.endTold = true;
        verdict = session.end(this.now);
      } else if (this.woken && round < mostRounds) {
        this.woken = false;
        round += 1;
        verdict = session.receive(this.now);
      } else return;
    }
  }

  /** Starts the next session. */
  private startSession(step: SessionStep): Verdict {
    const context: SessionContext = {
      input: this.input,
      output: this.output,
      facts: this.facts,
      deadlines: this.settings.deadlines,
      text: this.settings.text,
      observer: this.settings.observer,
      id: this.id,
      wake: this.wake,
    };
    const session = step.start(context, this.application);
    this.session = session;
    this.endTold = false;
    this.drainTold = false;
    return session.start(this.now);
  }

  /** @returns whether a session goes on in this turn; its first verdict is `verdict` then */
  private handOff({ to, unused, facts, inputEnded, takeOver }: Handoff): boolean {
    this.unused.giveBack(unused);
    this.facts = facts;
    this.peerEnded ||= inputEnded;
    if (this.input.pendingBytes > 0) {
      throw new MisuseError(
        'handoff-loses-bytes',
        'CON-3',
        'a session handed off and left bytes in its buffer',
      );
    }
    this.input.close();
    if (takeOver !== undefined) {
      this.openTunnel(takeOver);
      return false;
    }
    if (this.chain.decide(facts, to)) {
      this.swapTransport();
      return false;
    }
    this.machine.take(handoff, undefined);
    const step = this.chain.session();
    this.input = new ReceiveBuffer(this.receiveShare, new Owner('session', step.name, this.id));
    this.verdict = this.startSession(step);
    return true;
  }

  private swapTransport(): void {
    this.machine.take(swap, undefined);
    const continued = this.detach();
    this.transport = continued;
    this.relay = new Relay(this);
    this.output = new SendBuffer(this.sendShare, this.machine.owner);
    this.writing = false;
    this.peerEnded = false;
    this.openingCode = 'tls-handshake-timeout';
    this.dueAt = this.now + this.settings.deadlines.tlsHandshake;
    this.transport = this.chain.wrap(continued);
    this.transport.open(this.relay);
  }

  private openTunnel(takeOver: (pipe: Transport) => void): void {
    this.machine.take(tunnel, undefined);
    const pipe = this.detach();
    this.transport = pipe;
    // A pipe that nobody opens would stay for good.
    this.dueAt = this.now + this.settings.deadlines.connect;
    this.keeper.tunnelled(this);
    takeOver(pipe);
  }

  /** The transport goes on without this chain of sessions; what is unused, and what is in flight, goes with it. */
  private detach(): ContinuedTransport {
    this.flush();
    const { relay, transport: lower, unused, peerEnded: inputEnded, output, clock } = this;
    this.unused = new UnusedBytes(undefined);
    this.session = null;
    this.stalled = false;
    const continued: ContinuedTransport = new ContinuedTransport({
      lower,
      facts: this.facts.transport,
      unused,
      inputEnded,
      output,
      clock,
      closed: (error) => {
        // A transport that stands on it speaks for itself.
        if (this.transport === continued) this.closed(error);
      },
      report: (error) => this.keeper.threw(error),
    });
    relay.target = continued;
    return continued;
  }

  /** The session is over; how the connection ends is its word. */
  private finish(session: Session): void {
    this.error ??= session.error;
    if (session.ending === 'abort') {
      this.abort(session.error);
      return;
    }
    this.flush();
    this.machine.take(finish, undefined);
    this.unused.drop();
    this.input.discard(this.input.pendingBytes);
    this.transport.end();
  }

  /** What comes after the last answer is taken from the peer, so that it can read that answer, and thrown away. */
  private discard(count: number): void {
    this.input.discard(this.input.pendingBytes);
    this.lingeredBytes += count;
  }

  /** Whether more is taken from the transport. */
  private get reading(): boolean {
    const { machine } = this;
    if (machine.is(running)) return this.unused.none;
    // Over the budget the peer is left with what it wrote: a reset would cost it the answer, so the deadline decides.
    if (machine.is(finishing) || machine.is(lingering)) return this.lingeredBytes < this.settings.lingerBytes;
    return false;
  }

  private flush(): void {
    const { output } = this;
    if (!output.ready) return;
    if (!this.writing) {
      this.writing = true;
      this.progressAt = this.now;
    }
    this.transport.write(output.take());
  }

  /** Gives the session some of what the one before left. @returns false when there is no room for it now */
  private feed(): boolean {
    const { input } = this;
    const room = input.room();
    if (room === undefined) {
      if (!input.full) this.receiveWaiter.ask();
      return false;
    }
    this.receiveWaiter.settle(false);
    input.received(this.unused.into(room));
    return true;
  }

  /** The session could not build its output for want of a slab. */
  private waitForMemory(): void {
    if (this.verdict === 'paused' && (this.session as Session).pausedBy === 'memory') this.sendWaiter.ask();
    else this.sendWaiter.settle(true);
  }

  private slabToReceive(): void {
    if (!this.unused.none) this.runTurn();
    else if (this.stalled) {
      this.stalled = false;
      this.transport.resume();
    } else this.receiveWaiter.settle(true);
  }

  /** When something is due, on the clock's scale. */
  private deadline(): number {
    const { machine } = this;
    if (machine.is(running)) return Math.min((this.session as Session).deadline(), this.writeDue());
    if (machine.is(finishing)) return this.writeDue();
    return machine.is(opening) || machine.is(lingering) || machine.is(tunnelling) ? this.dueAt : never;
  }

  private writeDue(): number {
    return this.writing ? this.progressAt + this.settings.deadlines.write : never;
  }

  private expire(): void {
    this.beginTurn();
    try {
      if (this.machine.is(running) || this.machine.is(finishing)) this.expireRunning();
      else if (this.machine.is(opening))
        this.abort(this.timeout(this.openingCode, 'the transport did not open'));
      else if (this.machine.is(lingering)) this.abort();
      else if (this.machine.is(tunnelling)) this.expireTunnel();
    } catch (thrown) {
      this.broke(thrown);
    }
    this.endTurn();
  }

  private expireRunning(): void {
    if (this.now >= this.writeDue()) this.abort(this.timeout('write-timeout', 'the peer does not read'));
    else if (this.machine.is(running)) this.work((this.session as Session).expire(this.now));
  }

  private expireTunnel(): void {
    this.dueAt = never;
    if (this.transport.state === 'idle') {
      this.abort(this.timeout('tunnel-timeout', 'nobody opened the pipe that was taken over'));
    }
  }

  private timeout(code: string, message: string): TransportError {
    return new TransportError(code, message, { cites: 'LAY-4' });
  }

  private guarded(act: () => void): void {
    try {
      act();
    } catch (thrown) {
      this.keeper.threw(thrown);
    }
  }

  /** Something threw that must not: it goes no further than this connection. */
  private broke(thrown: unknown): void {
    this.keeper.threw(thrown);
    const error = new TransportError('connection-broke', 'code of the connection threw', { cause: thrown });
    this.guarded(() => this.abort(error));
  }
}
