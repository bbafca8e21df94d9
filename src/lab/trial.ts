/**
 * The trial of one planned exchange: what both ends saw, and whether that is what was expected. This file does not
 * know how either end saw it.
 */
import type { UndercoatError } from '../errors.js';
import type { Plan } from './plan.js';

/** `broken-off` is a failure that was asked for; `unexpected` is anything that was not. */
export type Outcome = 'completed' | 'broken-off' | 'unexpected';

const underWay = Symbol('under way');
type End = typeof underWay | UndercoatError | undefined;

export class Trial {
  readonly plan: Plan;
  /** What was not as expected, in the order in which it was seen. */
  readonly faults: string[];
  private readonly settled: (trial: Trial) => void;
  private client: End;
  private server: End;
  private reachedServer: boolean;
  private isSettled: boolean;
  private responseWhole: boolean;

  /** `settled` is told once, when neither end has any more to see. */
  constructor(plan: Plan, settled: (trial: Trial) => void) {
    this.plan = plan;
    this.faults = [];
    this.settled = settled;
    this.client = underWay;
    this.server = underWay;
    this.reachedServer = false;
    this.isSettled = false;
    this.responseWhole = false;
  }

  get outcome(): Outcome {
    if (this.faults.length > 0) return 'unexpected';
    return this.plan.kind.reset === undefined ? 'completed' : 'broken-off';
  }

  /** Something is not as it was planned. */
  fault(message: string): void {
    if (!this.isSettled) this.faults.push(message);
  }

  /** The two are the same, or it is a fault. */
  expect(what: string, given: unknown, expected: unknown): void {
    if (given !== expected) this.fault(`${what} is ${String(given)}, not ${String(expected)}`);
  }

  serverBegan(): void {
    if (this.reachedServer) this.fault('the server got the request twice');
    this.reachedServer = true;
  }

  /** The client has read the whole response. */
  clientReadAll(): void {
    this.responseWhole = true;
  }

  serverEnded(error: UndercoatError | undefined): void {
    this.server = error;
    this.settle();
  }

  clientEnded(error: UndercoatError | undefined): void {
    if (this.client !== underWay) return;
    this.client = error;
    this.settle();
  }

  /** It did not come to an end. */
  giveUp(reason: string): void {
    if (this.isSettled) return;
    this.fault(reason);
    this.finish();
  }

  /** Nobody waits for its end any more. @returns whether something was not as expected already: then it is settled */
  abandon(): boolean {
    if (this.isSettled) return true;
    if (this.faults.length > 0) {
      this.finish();
      return true;
    }
    this.isSettled = true;
    return false;
  }

  private settle(): void {
    if (this.isSettled || this.client === underWay) return;
    if (this.reachedServer && this.server === underWay) return;
    this.judge(this.client, this.server === underWay ? undefined : this.server);
    this.finish();
  }

  private judge(client: UndercoatError | undefined, server: UndercoatError | undefined): void {
    const { kind } = this.plan;
    if (!this.reachedServer) this.fault('the server never saw it');
    if (kind.reset !== undefined) {
      if (this.responseWhole || client === undefined)
        this.fault('it was completed, and was to be broken off');
      // What the platform took off the server's hands the server takes for sent (CON-2): it may not see the break.
      if (server === undefined && kind.reset === 'server') this.fault('the server did not break it off');
      return;
    }
    if (!this.responseWhole)
      this.fault(`the response did not arrive: ${client?.message ?? 'no reason given'}`);
    // Who answers early may leave the request unread, and then both ends see it break (RFC 9112 §9.5).
    else if (kind.answer !== 'early') {
      if (client !== undefined) this.fault(`the client failed: ${client.message}`);
      if (server !== undefined) this.fault(`the server failed: ${server.message}`);
    }
  }

  private finish(): void {
    this.isSettled = true;
    this.settled(this);
  }
}
