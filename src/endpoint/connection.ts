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
import { TransportError, type UndercoatError } from '../errors.js';
import { Machine } from '../machine/index.js';
import { Owner } from '../memory/index.js';
import type { Ending } from '../session/contract.js';
import type { ConnectionFacts } from '../session/facts.js';
import type { Clock } from '../transport/clock.js';
import type { ByteRange, Transport, TransportReceiver } from '../transport/contract.js';
import type { TransportFacts } from '../transport/facts.js';
import { ConnectionDeadlines } from './connection-deadlines.js';
import type { ConnectionKeeper, ConnectionSettings } from './connection-settings.js';
import { ContinuedTransport } from './continued-transport.js';
import { LazyTimer } from './lazy-timer.js';
import { type MemoryUser, MemoryWait } from './memory-wait.js';
import { Relay } from './relay.js';
import { type RunHost, SessionRun } from './session-run.js';
import type { Application } from './step.js';
import { connectionTable } from './table.js';
import { TunnelWatch } from './tunnel-watch.js';

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

export class Connection implements TransportReceiver, RunHost, MemoryUser {
  readonly id: number;
  /** The first reason why it ended; undefined while it lives and after an orderly end. */
  error: UndercoatError | undefined = undefined;

  private readonly settings: ConnectionSettings;
  private readonly role: Application['role'];
  private readonly keeper: ConnectionKeeper<Connection>;
  private readonly clock: Clock;
  private readonly machine: Machine;
  private readonly run: SessionRun;
  private readonly memory: MemoryWait;
  private readonly timer: LazyTimer;
  private readonly deadlines: ConnectionDeadlines;
  private readonly turn = (): void => this.runTurn();
  private readonly report = (thrown: unknown): void => this.keeper.threw(thrown);

  private transport: Transport;
  private relay: Relay;
  private inTurn = false;
  /** A turn of the clock's is on its way. */
  private scheduled = false;
  /** Time of the present turn. */
  private now = 0;
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
    const owner = new Owner('session', 'connection', id);
    const shares = { receive: pool.share(settings.receiveBytes), send: pool.share(settings.sendBytes) };
    this.id = id;
    this.settings = settings;
    this.role = application.role;
    this.keeper = keeper;
    this.clock = clock;
    this.machine = new Machine(connectionTable, owner, settings.observer);
    this.run = new SessionRun(this, settings, application, owner, shares, () => this.woke());
    this.memory = new MemoryWait(this.run, shares, clock, this);
    this.timer = new LazyTimer(clock, () => this.expire());
    this.deadlines = new ConnectionDeadlines(settings.deadlines, this.machine, this.run);
    this.transport = transport;
    this.relay = new Relay(this);
  }

  /** The state's name in the connection table. */
  get state(): string {
    return this.machine.stateName;
  }

  get facts(): ConnectionFacts {
    return this.run.facts;
  }

  /** Begins: the transport is opened, with every transport that the stack puts on it before the first session. */
  start(): void {
    this.machine.take(open, undefined);
    // What was accepted has a connection already: if it does not open at once, it is TLS that is waited for.
    this.deadlines.opens(this.clock.now(), this.role === 'client');
    this.timer.want(this.deadlines.due());
    try {
      this.transport = this.run.chain.wrap(this.transport);
      this.transport.open(this.relay);
    } catch (thrown) {
      this.broke(thrown);
    }
  }

  /** Graceful: what has begun is finished, nothing new is taken up. Takes effect in a turn of its own. */
  shutdown(): void {
    this.run.draining = true;
    this.schedule();
  }

  /** Tears it down, or lets go of it if it lingers. Its session and exchanges hear when the transport says it is gone. */
  abort(error?: UndercoatError): void {
    if (this.machine.is(over) || this.machine.is(aborting) || this.machine.is(idle)) return;
    this.error ??= error;
    const isSaid = this.machine.is(lingering);
    this.machine.take(abort, undefined);
    this.timer.cancel();
    // A reset could only cost the peer what has not reached it (RFC 9112 §9.6).
    if (isSaid) this.transport.release();
    else this.transport.abort(error instanceof TransportError ? error : undefined);
  }

  /** To give it up costs nothing: all is written and the peer's end alone is awaited, or it is going already. */
  get isDone(): boolean {
    return this.machine.is(lingering) || this.machine.is(aborting) || this.machine.is(over);
  }

  opened(facts: TransportFacts): void {
    if (!this.machine.is(opening)) return;
    this.beginTurn();
    try {
      if (this.run.draining) this.abort();
      else {
        this.machine.take(opened, undefined);
        this.deadlines.opened();
        this.run.begin(facts, this.now);
      }
    } catch (thrown) {
      this.broke(thrown);
    }
    this.endTurn();
  }

  room(): ByteRange | undefined {
    const { reading } = this;
    const room = reading ? this.run.room() : undefined;
    if (room === undefined) this.memory.deny(reading);
    else this.memory.granted();
    return room;
  }

  received(count: number): void {
    this.beginTurn();
    try {
      this.run.input.received(count);
      if (this.machine.is(running)) this.run.receive(this.now);
      else {
        this.run.discard();
        this.lingeredBytes += count;
      }
    } catch (thrown) {
      this.broke(thrown);
    }
    this.endTurn();
  }

  ended(): void {
    this.beginTurn();
    try {
      if (this.machine.is(running)) this.run.ended(this.now);
    } catch (thrown) {
      this.broke(thrown);
    }
    this.endTurn();
  }

  written(count: number): void {
    if (this.machine.is(over)) return;
    this.beginTurn();
    try {
      const { output } = this.run;
      output.written(count);
      this.deadlines.writes.progressed(this.now, output.pendingBytes);
      if (this.machine.is(running)) this.run.written(this.now);
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
    this.memory.close();
    this.run.close(this.error, this.now, this.report);
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
      if (this.isRunning) this.memory.turned();
      if (this.run.woken) this.schedule();
    }
    if (this.machine.is(finishing) && this.run.output.pendingBytes === 0) {
      this.machine.take(flushed, undefined);
      this.deadlines.lingers(this.now);
    }
    this.inTurn = false;
    if (this.reading) this.memory.retry();
    const { input } = this.run;
    if (input.start === input.end) input.settle();
    this.timer.want(this.deadlines.due());
  }

  /** A turn that the clock began: somebody woke the session, or is to be told to shut down. */
  runTurn(): void {
    this.scheduled = false;
    if (this.machine.is(opening) && this.run.draining) this.abort();
    if (!this.machine.is(running)) return;
    this.beginTurn();
    try {
      this.run.resume(this.now);
    } catch (thrown) {
      this.broke(thrown);
    }
    this.endTurn();
  }

  private woke(): void {
    this.run.woken = true;
    if (!this.inTurn) this.schedule();
  }

  private schedule(): void {
    if (this.scheduled || this.machine.is(over)) return;
    this.scheduled = true;
    this.clock.defer(this.turn);
  }

  resumeReading(): void {
    this.transport.resume();
  }

  // The run's side.

  get isRunning(): boolean {
    return this.machine.is(running);
  }

  handedOff(): void {
    this.machine.take(handoff, undefined);
  }

  swap(): void {
    this.machine.take(swap, undefined);
    const continued = this.detach();
    // The time of the handshake covers what is in flight.
    this.deadlines.writes.reset();
    this.transport = continued;
    this.relay = new Relay(this);
    this.deadlines.opens(this.now, false);
    this.transport = this.run.chain.wrap(continued);
    this.transport.open(this.relay);
  }

  admitsTunnel(): boolean {
    return this.keeper.admitsTunnel?.(this) ?? true;
  }

  tunnel(takeOver: (pipe: Transport) => void): void {
    this.machine.take(tunnel, undefined);
    const pipe = this.detach();
    this.transport = pipe;
    const { deadlines } = this;
    const openBy = this.now + this.settings.deadlines.connect;
    deadlines.tunnel = new TunnelWatch(this.clock, deadlines.writes, openBy, () => {
      if (this.machine.is(tunnelling)) this.timer.want(deadlines.due());
    });
    this.keeper.tunnelled(this);
    // The keeper may have no place for one that was not asked for.
    if (this.machine.is(tunnelling)) takeOver(pipe);
  }

  finished(ending: Ending, error: UndercoatError | undefined): void {
    this.error ??= error;
    if (ending === 'abort') {
      this.abort(error);
      return;
    }
    this.flush();
    this.machine.take(finish, undefined);
    this.run.discard();
    this.transport.end();
  }

  /** The transport goes on without this chain of sessions; what is unused, and what is in flight, goes with it. */
  private detach(): ContinuedTransport {
    this.flush();
    const { relay, transport: lower, clock } = this;
    this.memory.forget();
    const continued: ContinuedTransport = new ContinuedTransport({
      lower,
      facts: this.facts.transport,
      ...this.run.detach(),
      clock,
      wrote: () => this.deadlines.tunnel?.wrote(),
      progressed: (left) => this.deadlines.tunnel?.progressed(left),
      closed: (error) => {
        // A transport that stands on it speaks for itself.
        if (this.transport === continued) this.closed(error);
      },
      report: this.report,
    });
    relay.target = continued;
    return continued;
  }

  /** Whether more is taken from the transport. */
  private get reading(): boolean {
    const { machine } = this;
    if (machine.is(running)) return this.run.unused.none;
    // Over the budget the peer is left with what it wrote: a reset would cost it the answer, so the deadline decides.
    if (machine.is(finishing) || machine.is(lingering)) return this.lingeredBytes < this.settings.lingerBytes;
    return false;
  }

  private flush(): void {
    const { output } = this.run;
    if (!output.ready) return;
    const batch = output.take();
    // Empty ranges alone are nothing to wait for: they count as written with what is before them.
    if (batch.length === 0) return;
    this.deadlines.writes.began(this.now);
    this.transport.write(batch);
  }

  private expire(): void {
    this.beginTurn();
    try {
      const why = this.deadlines.expire(this.now, this.transport.state);
      if (why !== undefined) this.abort(why === 'lingered' ? undefined : why);
    } catch (thrown) {
      this.broke(thrown);
    }
    this.endTurn();
  }

  /** Something threw that must not: it goes no further than this connection. */
  private broke(thrown: unknown): void {
    this.keeper.threw(thrown);
    const error = new TransportError('connection-broke', 'code of the connection threw', { cause: thrown });
    try {
      this.abort(error);
    } catch (again) {
      this.keeper.threw(again);
    }
  }
}
