/**
 * A transport on a transport, passing everything through: what decorators start from. It adds no report and no
 * call of its own, so it keeps the contract because the pipe below does, and its state is that pipe's. This
 * file does not know what a decorator changes.
 */
import type { TransportError } from '../errors.js';
import type {
  ByteRange,
  Connectable,
  Listenable,
  Transport,
  TransportReceiver,
  TransportState,
} from './contract.js';
import type { TransportFacts } from './facts.js';

/** Puts something of its own between a transport and its user. Each call is for one transport. */
export type TransportDecorator = (lower: Transport) => Transport;

export abstract class DecoratedTransport implements Transport, TransportReceiver {
  readonly kind: string;
  protected readonly lower: Transport;
  /** Who is reported to; before `open` nobody, and then nothing is reported. */
  protected upper: TransportReceiver;

  constructor(lower: Transport) {
    this.kind = lower.kind;
    this.lower = lower;
    this.upper = this;
  }

  get state(): TransportState {
    return this.lower.state;
  }

  open(receiver: TransportReceiver): void {
    // Throws on a second call, before the receiver changes.
    this.lower.open(this);
    this.upper = receiver;
  }

  write(segments: readonly ByteRange[]): void {
    this.lower.write(segments);
  }

  end(): void {
    this.lower.end();
  }

  pause(): void {
    this.lower.pause();
  }

  resume(): void {
    this.lower.resume();
  }

  abort(error?: TransportError): void {
    this.lower.abort(error);
  }

  release(): void {
    this.lower.release();
  }

  opened(facts: TransportFacts): void {
    this.upper.opened(facts);
  }

  room(): ByteRange | undefined {
    return this.upper.room();
  }

  received(count: number): void {
    this.upper.received(count);
  }

  ended(): void {
    this.upper.ended();
  }

  written(count: number): void {
    this.upper.written(count);
  }

  closed(error?: TransportError): void {
    this.upper.closed(error);
  }
}

/** Several decorators as one; the first stands next to the pipe. */
export function stacked(...decorators: readonly TransportDecorator[]): TransportDecorator {
  return (lower) => decorators.reduce((transport, decorate) => decorate(transport), lower);
}

/** Every accepted transport decorated. */
export function decorateListenable(listenable: Listenable, decorate: TransportDecorator): Listenable {
  const { kind, platform } = listenable;
  return {
    kind,
    platform,
    listen: (accept) => listenable.listen((transport) => accept(decorate(transport))),
  };
}

/** Every transport that is made decorated. */
export function decorateConnectable(connectable: Connectable, decorate: TransportDecorator): Connectable {
  const { kind, platform, key } = connectable;
  return { kind, platform, key, connect: () => decorate(connectable.connect()) };
}
