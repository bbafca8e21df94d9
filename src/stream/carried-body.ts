/**
 * The body of a response whose exchange may go on in another session before the response comes: what its consumer has
 * asked for by then is asked for again there. This file does not know either session.
 */
import type { UndercoatError } from '../errors.js';
import type { BodyConsumer, IncomingBody } from './contract.js';

export class CarriedBody implements IncomingBody {
  private body: IncomingBody;
  private consumer: BodyConsumer | undefined;
  private paused: boolean;
  private discarded: boolean;

  constructor(body: IncomingBody) {
    this.body = body;
    this.consumer = undefined;
    this.paused = false;
    this.discarded = false;
  }

  /** Whatever was to come will come by `body`. */
  goOn(body: IncomingBody): void {
    const { consumer, paused, discarded } = this;
    this.body = body;
    if (consumer !== undefined) body.consume(consumer);
    if (paused) body.pause();
    if (discarded) body.discard();
  }

  /** Nothing will come. */
  fail(error: UndercoatError): void {
    if (!this.discarded) this.consumer?.failed(error);
  }

  get declaredLength(): number | undefined {
    return this.body.declaredLength;
  }

  get receivedBytes(): number {
    return this.body.receivedBytes;
  }

  get complete(): boolean {
    return this.body.complete;
  }

  consume(consumer: BodyConsumer): void {
    this.body.consume(consumer);
    this.consumer = consumer;
  }

  pause(): void {
    this.paused = true;
    this.body.pause();
  }

  resume(): void {
    this.paused = false;
    this.body.resume();
  }

  discard(): void {
    this.discarded = true;
    this.body.discard();
  }
}
