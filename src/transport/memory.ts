/**
 * A byte pipe in memory: a pair of transports, and a network of names to reach one another by. Bytes go straight
 * from the writer's segments into the receiver's room; nothing is stored between, so a reader without room is
 * felt by the writer at once. All reports come from one deferred pump a burst. This file does not know whether
 * its clock is virtual.
 */
import { TransportError } from '../errors.js';
import { plainText, type TextCodec } from '../memory/text.js';
import { BaseTransport, type TransportOptions } from './base.js';
import type { Clock } from './clock.js';
import type { ByteRange, Connectable, Listenable, Listener, Platform, Transport } from './contract.js';
import type { Address, TransportFacts } from './facts.js';
import { SegmentQueue } from './segment-queue.js';

/** Two transports: what one writes, the other receives. Both are idle; each is opened by its user. */
export interface MemoryPair {
  readonly left: Transport;
  readonly right: Transport;
}

export interface MemoryPairOptions extends TransportOptions {
  /** Addresses of the ends in their facts; `left` and `right` if absent. */
  readonly names?: readonly [left: string, right: string];
}

export function memoryPair(clock: Clock, options: MemoryPairOptions = {}): MemoryPair {
  const [leftName, rightName] = options.names ?? ['left', 'right'];
  return new Pipe(clock, leftName, rightName, options);
}

/** A way to reach a listener of the network, or to be one. Names are exact strings. */
export interface MemoryNetwork {
  listenable(name: string): Listenable;
  connectable(name: string): Connectable;
}

export interface MemoryNetworkOptions extends TransportOptions {
  /** Text routines for the layers above; the plain ones if absent. */
  readonly text?: TextCodec;
}

/**
 * A network of its own: nothing outside it can be reached. A connection to a name that nobody listens to fails
 * with `connection-refused`.
 */
export function memoryNetwork(clock: Clock, options: MemoryNetworkOptions = {}): MemoryNetwork {
  const platform: Platform = { clock, text: options.text ?? plainText };
  const listeners = new Map<string, (transport: Transport) => void>();
  let connections = options.id ?? 0;
  return {
    listenable: (name) => ({
      kind: 'memory',
      platform,
      listen: (accept) => listen(listeners, name, accept),
    }),
    connectable: (name) => ({
      kind: 'memory',
      platform,
      key: `memory:${name}`,
      connect: () => {
        const id = connections++;
        return new Pipe(clock, `${name}#${id}`, name, { ...options, id }, listeners).left;
      },
    }),
  };
}

async function listen(
  listeners: Map<string, (transport: Transport) => void>,
  name: string,
  accept: (transport: Transport) => void,
): Promise<Listener> {
  if (listeners.has(name)) throw new TransportError('address-in-use', `somebody listens to ${name}`);
  listeners.set(name, accept);
  return {
    address: { family: 'memory', name },
    close: async () => {
      if (listeners.get(name) === accept) listeners.delete(name);
    },
  };
}

class Pipe implements MemoryPair {
  readonly left: MemoryTransport;
  readonly right: MemoryTransport;
  readonly clock: Clock;
  private scheduled = false;
  private readonly pump: () => void;
  /** Of a network: where the left end connects to, until it has. */
  private listeners: ReadonlyMap<string, (transport: Transport) => void> | null;
  private readonly name: string;

  constructor(
    clock: Clock,
    leftName: string,
    rightName: string,
    options: TransportOptions,
    listeners: ReadonlyMap<string, (transport: Transport) => void> | null = null,
  ) {
    this.clock = clock;
    this.name = rightName;
    this.listeners = listeners;
    const left: Address = { family: 'memory', name: leftName };
    const right: Address = { family: 'memory', name: rightName };
    this.left = new MemoryTransport(this, { kind: 'memory', local: left, remote: right }, options);
    this.right = new MemoryTransport(this, { kind: 'memory', local: right, remote: left }, options);
    this.left.peer = this.right;
    this.right.peer = this.left;
    this.pump = () => {
      this.scheduled = false;
      if (this.listeners !== null && !this.connected(this.listeners)) return;
      this.left.turn();
      this.right.turn();
    };
  }

  schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.clock.defer(this.pump);
  }

  private connected(listeners: ReadonlyMap<string, (transport: Transport) => void>): boolean {
    if (this.left.state !== 'connecting') return false;
    this.listeners = null;
    const accept = listeners.get(this.name);
    if (accept === undefined) {
      this.left.refuse(new TransportError('connection-refused', `nobody listens to ${this.name}`));
      return false;
    }
    accept(this.right);
    return true;
  }
}

class MemoryTransport extends BaseTransport {
  /** The other end; set by the pipe before anybody sees either. */
  peer: MemoryTransport;
  private readonly pipe: Pipe;
  private readonly facts: TransportFacts;
  /** Accepted from our writer, not yet copied to the peer's receiver. */
  private readonly out = new SegmentQueue();
  /** The peer tore the pipe down; its report is due in our next turn. */
  private broken = false;
  /** Its user let go of this end: the peer still gets the end, and breaks when it writes. */
  private released = false;

  constructor(pipe: Pipe, facts: TransportFacts, options: TransportOptions) {
    super('memory', options);
    this.pipe = pipe;
    this.facts = facts;
    this.peer = this;
  }

  /** What is due at this end: open, receive, end, close. Called from the pump only. */
  turn(): void {
    if (this.over || this.aborted) return;
    if (this.broken) {
      this.breakOff();
      return;
    }
    if (this.isIdle) return;
    if (!this.established) {
      this.reportOpened(this.facts);
      // What was written before it opened may go now.
      if (this.out.pending > 0 || this.ending) this.pipe.schedule();
    }
    const { peer } = this;
    if (!peer.established) return;
    if (peer.released && this.out.pending > 0) {
      this.breakOff();
      return;
    }
    if (this.receiving && peer.out.pending > 0) this.deliver();
    if (this.receiving && peer.ending && peer.out.pending === 0) {
      this.reportEnded();
      if (!peer.aborted) peer.noteEndSent();
    }
    if (peer.released && this.ending && !this.localEnded) this.noteEndSent();
    // The peer may hear that it is done before we do, or we before it: both have seen both ends by now.
    if (this.localEnded && this.peerEnded) this.reportDone();
    if (peer.localEnded && peer.peerEnded) peer.reportDone();
  }

  refuse(error: TransportError): void {
    this.out.clear();
    this.reportClosed(error);
  }

  protected begin(): void {
    this.pipe.schedule();
  }

  protected accept(segments: readonly ByteRange[]): void {
    this.out.push(segments);
    if (this.peer.receiving || this.peer.released) this.pipe.schedule();
  }

  protected finish(): void {
    if (this.peer.receiving || this.peer.released) this.pipe.schedule();
  }

  protected carryOn(): void {
    if (this.peer.out.pending > 0 || this.peer.ending) this.pipe.schedule();
  }

  protected tearDown(): void {
    this.out.clear();
    const { peer } = this;
    if (peer.over || peer.aborted) return;
    peer.out.clear();
    peer.broken = true;
    this.pipe.schedule();
  }

  protected override letGo(): void {
    const { peer } = this;
    // What nobody read of the peer's, as on a socket, is a reset.
    if (this.isIdle || peer.out.pending > 0) {
      this.tearDown();
      return;
    }
    this.out.clear();
    this.released = true;
    this.pipe.schedule();
  }

  protected later(callback: () => void): void {
    this.pipe.clock.defer(callback);
  }

  private breakOff(): void {
    this.out.clear();
    const error = new TransportError('connection-reset', 'the peer tore the pipe down');
    if (this.isIdle) this.closeBeforeOpen(error);
    else this.reportClosed(error);
  }

  /** From the peer's segments to our receiver's rooms; at most what was there when the turn began. */
  private deliver(): void {
    const { out } = this.peer;
    let budget = out.pending;
    let taken = 0;
    while (budget > 0 && this.receiving) {
      const room = this.askRoom();
      if (room === undefined) break;
      const { start } = room;
      // A receiver may tear the pipe down in `room`: then there is nothing to copy.
      const count = out.copyTo(room.bytes, start, Math.min(room.end, start + budget));
      budget -= count;
      taken += count;
      this.receiver.received(count);
    }
    this.peer.reportWritten(taken);
    if (out.pending > 0 && this.receiving) this.pipe.schedule();
  }
}
