/**
 * What a transport reports to. A transport is opened once, but who listens changes in its life: the connection first,
 * and after a handoff whoever goes on with the pipe. This file does not know either.
 */
import type { TransportError } from '../errors.js';
import type { ByteRange, TransportReceiver } from '../transport/contract.js';
import type { TransportFacts } from '../transport/facts.js';

export class Relay implements TransportReceiver {
  target: TransportReceiver;

  constructor(target: TransportReceiver) {
    this.target = target;
  }

  opened(facts: TransportFacts): void {
    this.target.opened(facts);
  }

  room(): ByteRange | undefined {
    return this.target.room();
  }

  received(count: number): void {
    this.target.received(count);
  }

  ended(): void {
    this.target.ended();
  }

  written(count: number): void {
    this.target.written(count);
  }

  closed(error?: TransportError): void {
    this.target.closed(error);
  }
}
