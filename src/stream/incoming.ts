/**
 * The receiving half of an exchange, as the application sees it: delivers body leases to a consumer, remembers the
 * ones that are out, and revokes those when the exchange ends (OWN-7). Used for H1 and H2, on both sides.
 *
 * It does not know how the body is framed. Application code runs inside `deliver`, `finish` and `fail` only; what it
 * throws goes to `report` and breaks the exchange off, and no further.
 */
import { MisuseError, type UndercoatError } from '../errors.js';
import type { Lease } from '../memory/index.js';
import type { BodyConsumer, Fields, IncomingBody } from './contract.js';
import { requireConsumer } from './given.js';

/** What the receiving half asks of its exchange. */
export interface IncomingPort {
  /** The application wants body bytes now: resume reading, send 100 Continue if it is due. */
  bodyWanted(): void;
  /** It does not want this body. */
  bodyDiscarded(): void;
  /** Application code threw. */
  applicationFailed(error: unknown): void;
}

/** Leases that have been released are forgotten when so many have gathered, or twice as many as still lived last time. */
const leastSweep = 16;
/** Stands for every empty list: most consumers keep none. */
const noLeases: readonly Lease[] = [];

export class Incoming implements IncomingBody {
  declaredLength: number | undefined;
  receivedBytes: number;
  complete: boolean;
  /** True when the application said that it does not want the body, or when it can no longer be wanted. */
  discarded: boolean;
  private readonly port: IncomingPort;
  private consumer: BodyConsumer | null;
  private paused: boolean;
  private out: readonly Lease[];
  private sweepAt: number;
  private error: UndercoatError | undefined;
  private trailers: Fields | undefined;
  private told: boolean;

  constructor(port: IncomingPort, declaredLength: number | undefined) {
    this.declaredLength = declaredLength;
    this.receivedBytes = 0;
    this.complete = false;
    this.discarded = false;
    this.port = port;
    this.consumer = null;
    this.paused = false;
    this.out = noLeases;
    this.sweepAt = leastSweep;
    this.error = undefined;
    this.trailers = undefined;
    this.told = false;
  }

  /** Whether `deliver` may be called. */
  get wants(): boolean {
    return this.consumer !== null && !this.paused && !this.discarded;
  }

  /** Nobody is still to be told how it ended. */
  get settled(): boolean {
    return this.told || this.consumer === null;
  }

  /** Whether it has a consumer, who gets all of it, paused or not. */
  get consumed(): boolean {
    return this.consumer !== null;
  }

  consume(consumer: BodyConsumer): void {
    if (this.consumer !== null || this.discarded) {
      throw new MisuseError('body-consumed', 'OWN-1', 'a body has one consumer, and none after discard');
    }
    requireConsumer(consumer);
    this.consumer = consumer;
    this.port.bodyWanted();
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    if (this.consumer !== null) this.port.bodyWanted();
  }

  discard(): void {
    if (this.discarded) return;
    this.discarded = true;
    this.consumer = null;
    this.port.bodyDiscarded();
  }

  /** The exchange's way in: one more lease, the application's from now on. */
  deliver(lease: Lease): void {
    this.receivedBytes += lease.length;
    const consumer = this.consumer as BodyConsumer;
    try {
      consumer.data(lease);
    } catch (error) {
      this.track(lease);
      this.port.applicationFailed(error);
      return;
    }
    this.track(lease);
  }

  /** The body is complete; the consumer is told as soon as there is one that is not paused. */
  finish(trailers: Fields | undefined): void {
    this.complete = true;
    this.trailers = trailers;
    this.settle();
  }

  /** It will not be completed. */
  fail(error: UndercoatError): void {
    if (this.complete || this.error !== undefined) return;
    this.error = error;
    this.settle();
  }

  /** Tells the consumer how it ended, once. Called again when a consumer has come or gone on. */
  settle(): void {
    const { consumer } = this;
    if (consumer === null || this.told) return;
    try {
      if (this.error !== undefined) {
        this.told = true;
        consumer.failed(this.error);
      } else if (this.complete && !this.paused) {
        this.told = true;
        consumer.end(this.trailers);
      }
    } catch (error) {
      this.port.applicationFailed(error);
    }
  }

  /** The exchange is over: every lease that is still out is revoked, unless the application retained it by name (OWN-7). */
  revoke(): void {
    const out = this.out;
    if (out.length === 0) return;
    this.out = noLeases;
    for (const given of out) {
      for (const lease of stillOut(given)) if (lease.retainedAs === undefined) lease.release();
    }
  }

  private track(lease: Lease): void {
    if (!lease.live && lease.heirs.length === 0) return;
    if (this.out.length >= this.sweepAt) {
      this.out = this.out.flatMap(stillOut);
      this.sweepAt = Math.max(leastSweep, 2 * this.out.length);
    }
    if (this.out.length === 0) this.out = [lease];
    else (this.out as Lease[]).push(lease);
  }
}

/** What the application still has of a lease that it was given: the lease, or parts into which it split it. */
function stillOut(given: Lease): Lease[] {
  const found: Lease[] = [];
  const open: Lease[] = [given];
  for (let lease = open.pop(); lease !== undefined; lease = open.pop()) {
    if (!lease.live) open.push(...lease.heirs);
    else if (lease.owner.layer === 'application') found.push(lease);
  }
  return found;
}
