/**
 * The simulated network: byte pipes with latency, bandwidth and a bound on what is in flight, that cut what they carry,
 * stall, fall silent, break and half-close as a plan says, on the clock that they are given. What a socket and the
 * network behind it do, as far as who uses a socket can tell; bytes never change their order.
 *
 * It does not know what is spoken, nor that its clock is virtual.
 */
import { TransportError } from '../../errors.js';
import { plainText } from '../../memory/text.js';
import { BaseTransport, type TransportOptions } from '../../transport/base.js';
import type { Clock, Timer } from '../../transport/clock.js';
import type { ByteRange, Connectable, Listenable, Platform, Transport } from '../../transport/contract.js';
import type { TransportFacts } from '../../transport/facts.js';
import { SegmentQueue } from '../../transport/segment-queue.js';
import { Path } from './path.js';
import type { NetworkFault, NetworkPlan } from './recipe.js';

/** Sees what happens on the network. Nothing is called back from inside. */
export interface NetworkTap {
  /** These bytes are read by the end that they go to: the whole of them, and nothing in between. */
  arrived(pipe: SimulatedPipe, toServer: boolean, bytes: Uint8Array, start: number, end: number): void;
  /** The network took bytes, and the sender has more. */
  held(pipe: SimulatedPipe): void;
  /** A fault of the plan has come. */
  broke(pipe: SimulatedPipe, fault: NetworkFault): void;
}

const never = Number.POSITIVE_INFINITY;
const serverPort = 8080;
const firstClientPort = 50_000;

/** Servers listen to it and clients connect through it; one server. */
export class SimulatedNetwork {
  readonly pipes: SimulatedPipe[];
  private readonly clock: Clock;
  private readonly plan: NetworkPlan;
  private readonly tap: NetworkTap;
  private readonly options: TransportOptions;
  private accept: ((transport: Transport) => void) | undefined;
  private readonly platform: Platform;

  constructor(clock: Clock, plan: NetworkPlan, tap: NetworkTap, options: TransportOptions = {}) {
    this.pipes = [];
    this.clock = clock;
    this.plan = plan;
    this.tap = tap;
    this.options = options;
    this.accept = undefined;
    this.platform = { clock, text: plainText };
  }

  get listenable(): Listenable {
    return {
      kind: 'simulated',
      platform: this.platform,
      listen: async (accept) => {
        this.accept = accept;
        return {
          address: { family: 'ipv4', address: '127.0.0.1', port: serverPort },
          close: async () => {
            this.accept = undefined;
          },
        };
      },
    };
  }

  get connectable(): Connectable {
    return {
      kind: 'simulated',
      platform: this.platform,
      key: 'simulated',
      connect: () => this.pipe().client,
    };
  }

  /** A pipe whose ends are both there; its client's end reaches whoever listens. */
  pipe(): SimulatedPipe {
    const id = this.pipes.length;
    const faults = this.plan.faults.filter(({ connection }) => connection === id);
    const pipe = new SimulatedPipe(
      id,
      this.clock,
      this.plan,
      faults,
      this.tap,
      this.options,
      () => this.accept,
    );
    this.pipes.push(pipe);
    return pipe;
  }
}

export class SimulatedPipe {
  readonly id: number;
  readonly client: SimulatedEnd;
  readonly server: SimulatedEnd;
  readonly clock: Clock;
  readonly tap: NetworkTap;
  /** When something arrived last, at either end; when it was made, if nothing has. */
  heardAt: number;
  private readonly plan: NetworkPlan;
  /** Nothing arrives any more. */
  private silent: boolean;
  private scheduled: boolean;
  private reached: boolean;
  private wakeAt: number;
  private timer: Timer | undefined;
  private readonly listener: () => ((transport: Transport) => void) | undefined;
  private readonly pump: () => void;
  private readonly wake: () => void;

  constructor(
    id: number,
    clock: Clock,
    plan: NetworkPlan,
    faults: readonly NetworkFault[],
    tap: NetworkTap,
    options: TransportOptions,
    listener: () => ((transport: Transport) => void) | undefined,
  ) {
    this.id = id;
    this.clock = clock;
    this.plan = plan;
    this.tap = tap;
    this.heardAt = clock.now();
    this.silent = false;
    this.scheduled = false;
    this.reached = false;
    this.wakeAt = never;
    this.timer = undefined;
    this.listener = listener;
    const server = { family: 'ipv4', address: '127.0.0.1', port: serverPort } as const;
    const client = { family: 'ipv4', address: '127.0.0.1', port: firstClientPort + id } as const;
    const facts = { kind: 'simulated', local: client, remote: server };
    const toServer = new Path(plan.toServer);
    const toClient = new Path(plan.toClient);
    const numbered = { ...options, id };
    this.client = new SimulatedEnd(
      this,
      facts,
      toServer,
      toClient,
      faults.filter(({ to }) => to === 'client'),
      numbered,
    );
    this.server = new SimulatedEnd(
      this,
      { ...facts, local: server, remote: client },
      toClient,
      toServer,
      faults.filter(({ to }) => to === 'server'),
      numbered,
    );
    this.client.peer = this.server;
    this.server.peer = this.client;
    this.pump = () => {
      this.scheduled = false;
      this.run();
    };
    this.wake = () => {
      this.timer = undefined;
      this.wakeAt = never;
      this.schedule();
    };
  }

  schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.clock.defer(this.pump);
  }

  /** Looks again at `time`. */
  scheduleAt(time: number): void {
    if (time >= this.wakeAt || time === never) return;
    this.timer?.cancel();
    this.wakeAt = time;
    this.timer = this.clock.at(time, this.wake);
  }

  /** The client's end was opened: after a way there and back it is connected, or refused. */
  connect(): void {
    const { toServer, toClient } = this.plan;
    const way = toServer.latency + toClient.latency;
    const there = (): void => {
      this.reached = true;
      this.schedule();
    };
    if (way > 0) this.clock.at(this.clock.now() + way, there);
    else there();
  }

  get isSilent(): boolean {
    return this.silent;
  }

  /** Nothing happens on this pipe any more that its ends do not do themselves. */
  silence(): void {
    this.silent = true;
  }

  private run(): void {
    const { client, server } = this;
    if (client.state === 'connecting') {
      if (!this.reached) return;
      if (server.state === 'idle') {
        const accept = this.listener();
        if (accept === undefined) {
          client.refuse(new TransportError('connection-refused', 'nobody listens'));
          return;
        }
        accept(server);
      }
    }
    client.turn();
    server.turn();
  }
}

class SimulatedEnd extends BaseTransport {
  /** The other end; set by the pipe before anybody sees either. */
  peer: SimulatedEnd;
  private readonly pipe: SimulatedPipe;
  private readonly facts: TransportFacts;
  private readonly outgoing: Path;
  private readonly incoming: Path;
  /** What is still to happen to what arrives here, the next one first. */
  private readonly faults: NetworkFault[];
  /** Accepted from our writer, not yet taken by the network. */
  private readonly out: SegmentQueue;
  /** Told that the pipe is torn down, from this time on. */
  private brokenAt: number;
  /** Its user let go of this end: the peer still gets the end, and breaks when it writes. */
  private released: boolean;
  private stalledUntil: number;
  /** The network made up an end: what the peer sends behind it is lost. */
  private isCut: boolean;
  /** The network has our end, too. */
  private isEndTaken: boolean;

  constructor(
    pipe: SimulatedPipe,
    facts: TransportFacts,
    outgoing: Path,
    incoming: Path,
    faults: readonly NetworkFault[],
    options: TransportOptions,
  ) {
    super('simulated', options);
    this.peer = this;
    this.pipe = pipe;
    this.facts = facts;
    this.outgoing = outgoing;
    this.incoming = incoming;
    this.faults = [...faults].sort((a, b) => a.afterBytes - b.afterBytes);
    this.out = new SegmentQueue();
    this.brokenAt = never;
    this.released = false;
    this.stalledUntil = 0;
    this.isCut = false;
    this.isEndTaken = false;
  }

  /** What is due at this end. Called from the pump only. */
  turn(): void {
    if (this.over || this.aborted) return;
    const { pipe, peer } = this;
    const now = pipe.clock.now();
    if (this.brokenAt <= now) {
      this.breakOff();
      return;
    }
    if (this.isIdle) return;
    if (!this.established) {
      this.reportOpened(this.facts);
      pipe.schedule();
    }
    if (!peer.established && !peer.released) return;
    this.send(now);
    if (this.incoming.read === this.nextFault) this.fault(now);
    if (this.receiving) this.deliver(now);
    if (this.receiving && !pipe.isSilent && this.incoming.isOver(now) && this.stalledUntil <= now) {
      this.reportEnded();
      if (!peer.aborted) peer.noteEndSent();
    }
    if (this.localEnded && this.peerEnded) this.reportDone();
    if (peer.localEnded && peer.peerEnded) peer.reportDone();
    if (!pipe.isSilent) pipe.scheduleAt(this.incoming.nextArrival(now));
  }

  refuse(error: TransportError): void {
    this.out.clear();
    this.reportClosed(error);
  }

  protected begin(): void {
    if (this === this.pipe.client) this.pipe.connect();
    else this.pipe.schedule();
  }

  protected accept(segments: readonly ByteRange[]): void {
    this.out.push(segments);
    this.pipe.schedule();
  }

  protected finish(): void {
    this.pipe.schedule();
  }

  protected carryOn(): void {
    this.pipe.schedule();
  }

  protected tearDown(): void {
    this.out.clear();
    this.incoming.drop();
    this.outgoing.drop();
    this.reset(this.peer);
  }

  protected override letGo(): void {
    // What nobody read of the peer's, as on a socket, is a reset.
    if (this.isIdle || this.incoming.waiting > 0 || this.peer.out.pending > 0) {
      this.tearDown();
      return;
    }
    this.out.clear();
    this.released = true;
    this.outgoing.end(this.pipe.clock.now());
    this.pipe.schedule();
  }

  protected later(callback: () => void): void {
    this.pipe.clock.defer(callback);
  }

  /** The network takes what it has room for; then it is written, as far as who wrote it can tell. */
  private send(now: number): void {
    const { out, outgoing, peer, pipe } = this;
    if (out.pending > 0) {
      if (peer.released || peer.isCut) {
        // Nobody reads there any more.
        this.breakOff();
        return;
      }
      const count = outgoing.take(out, now);
      if (count > 0) {
        if (out.pending > 0) pipe.tap.held(pipe);
        this.reportWritten(count);
        pipe.schedule();
      }
    }
    if (this.ending && !this.over && out.pending === 0 && !this.isEndTaken) {
      this.isEndTaken = true;
      outgoing.end(now);
      // Who is gone takes the end without a word.
      if (peer.released) this.noteEndSent();
      pipe.schedule();
    }
  }

  private get nextFault(): number {
    return this.faults[0]?.afterBytes ?? never;
  }

  private deliver(now: number): void {
    const { incoming, pipe } = this;
    if (pipe.isSilent || this.isCut) return;
    if (this.stalledUntil > now) {
      pipe.scheduleAt(this.stalledUntil);
      return;
    }
    let any = false;
    while (this.receiving) {
      const ready = incoming.ready(now, this.nextFault);
      if (ready <= 0) break;
      const room = this.askRoom();
      if (room === undefined) break;
      // A receiver may tear the pipe down in `room`: then there is nothing left.
      const { store, head } = incoming;
      const count = Math.min(ready, room.end - room.start, incoming.waiting);
      copy(store, head, count, room.bytes, room.start);
      if (count > 0) pipe.tap.arrived(pipe, this === pipe.server, room.bytes, room.start, room.start + count);
      pipe.heardAt = now;
      const isCutOver = incoming.consume(count);
      this.receiver.received(count);
      any = true;
      if (isCutOver || incoming.read === this.nextFault) break;
    }
    // There may be more of it, and there is room for more from the peer.
    if (any) pipe.schedule();
  }

  /** So many bytes have arrived as a fault waited for. */
  private fault(now: number): void {
    const { pipe } = this;
    const fault = this.faults.shift() as NetworkFault;
    pipe.tap.broke(pipe, fault);
    switch (fault.kind) {
      case 'loss':
        this.incoming.drop();
        this.outgoing.drop();
        this.reset(this);
        this.reset(this.peer);
        break;
      case 'silence':
        pipe.silence();
        break;
      case 'stall':
        this.stalledUntil = now + fault.lasts;
        pipe.scheduleAt(this.stalledUntil);
        break;
      case 'cut':
        this.isCut = true;
        this.incoming.drop();
        this.incoming.end(now - this.incoming.plan.latency);
        pipe.schedule();
        break;
    }
  }

  /** `end` hears, as soon as news travels, that the pipe is gone. */
  private reset(end: SimulatedEnd): void {
    const { pipe } = this;
    if (end.over || end.aborted || pipe.isSilent) return;
    const now = pipe.clock.now();
    const way = end === this ? 0 : this.outgoing.plan.latency;
    end.brokenAt = Math.min(end.brokenAt, now + way);
    if (way > 0) pipe.scheduleAt(end.brokenAt);
    else pipe.schedule();
  }

  private breakOff(): void {
    this.out.clear();
    this.incoming.drop();
    const error = new TransportError('connection-reset', 'the pipe was torn down');
    if (this.isIdle) this.closeBeforeOpen(error);
    else this.reportClosed(error);
  }
}

/** Short ranges are faster by a loop than by a view and a call. */
function copy(source: Uint8Array, from: number, count: number, target: Uint8Array, at: number): void {
  if (count > 24) target.set(source.subarray(from, from + count), at);
  else for (let i = 0; i < count; i++) target[at + i] = source[from + i] as number;
}
