/**
 * The story of one exchange: what both of its applications did and were told, in a form that can be judged. It refuses on
 * the spot what no order allows. This file does not know what should have happened.
 */
import { LimitError, TransportError, type UndercoatError } from '../../errors.js';
import { ScriptedFailure } from '../exchange-record.js';
import { isContent, placeOf } from './content.js';
import type { ExchangePlan } from './recipe.js';

/** Told of what no plan allows. */
export type Accuse = (rule: string, message: string) => void;

/** Asserts something under a rule: whatever may be accused is counted whenever it holds, too. */
export type Assert = (rule: string, holds: boolean, message: () => string) => void;

/** What one application was given of one body. */
export class BodyStory {
  bytes: number;
  /** It ended, with so many trailers. */
  trailers: number;
  /** The code with which it failed. */
  failed: string | undefined;
  private readonly what: string;
  private readonly place: number;
  private readonly assert: Assert;

  constructor(index: number, isResponse: boolean, assert: Assert) {
    this.bytes = 0;
    this.trailers = -1;
    this.failed = undefined;
    this.what = `${isResponse ? 'response' : 'request'} ${index}`;
    this.place = placeOf(index, isResponse);
    this.assert = assert;
  }

  /** It came to its end. */
  get isWhole(): boolean {
    return this.trailers >= 0;
  }

  private get isOpen(): boolean {
    return !this.isWhole && this.failed === undefined;
  }

  data(bytes: Uint8Array, start: number, end: number): void {
    this.assert('OWN-7', this.isOpen, () => `${this.what}: data after its end`);
    this.assert('WIRE-4', isContent(this.place, this.bytes, bytes, start, end), () => {
      return `${this.what}: bytes from ${this.bytes} on are not those that were sent`;
    });
    this.bytes += end - start;
  }

  end(trailers: number, asSent: boolean): void {
    this.assert('OWN-7', this.isOpen, () => `${this.what} ended twice`);
    this.assert('WIRE-4', asSent, () => `${this.what}: its trailers are not those that were sent`);
    this.trailers = trailers;
  }

  fail(code: string): void {
    this.assert('OWN-7', this.isOpen, () => `${this.what} failed after its end`);
    this.failed = code;
  }
}

export class Story {
  readonly index: number;
  readonly plan: ExchangePlan;
  /** Which connection carried it; -1 while none does. */
  connection: number;
  readonly request: BodyStory;
  readonly response: BodyStory;
  /** The status of the final head that the client was given; 0 for none. */
  status: number;
  informs: number;
  /** `ok` or a code, when the client was told; undefined while it is under way. */
  clientEnd: string | undefined;
  retryable: boolean;
  /** The client did not take it: the call threw. */
  refused: boolean;
  /** How often the server's application was given it. */
  servings: number;
  serverEnd: string | undefined;
  /** Who broke it off, in fact and not by plan alone; undefined if nobody did. */
  brokenBy: 'server' | 'client' | undefined;
  /** Bytes that a tunnel brought each end, and how often each end of it is over. */
  tunnelledUp: number;
  tunnelledDown: number;
  tunnelEnds: number;
  lent: number;
  returned: number;
  readonly assert: Assert;

  constructor(index: number, plan: ExchangePlan, assert: Assert) {
    this.index = index;
    this.plan = plan;
    this.connection = -1;
    this.request = new BodyStory(index, false, assert);
    this.response = new BodyStory(index, true, assert);
    this.status = 0;
    this.informs = 0;
    this.clientEnd = undefined;
    this.retryable = false;
    this.refused = false;
    this.servings = 0;
    this.serverEnd = undefined;
    this.brokenBy = undefined;
    this.tunnelledUp = 0;
    this.tunnelledDown = 0;
    this.tunnelEnds = 0;
    this.lent = 0;
    this.returned = 0;
    this.assert = assert;
  }

  /** The client was told the end of it. */
  clientClosed(error: UndercoatError | undefined): void {
    this.assert(
      'OWN-7',
      this.clientEnd === undefined,
      () => `exchange ${this.index} ended twice at the client`,
    );
    this.clientEnd = error?.code ?? 'ok';
    this.requireScripted(error);
  }

  serverClosed(error: UndercoatError | undefined): void {
    this.assert(
      'OWN-7',
      this.serverEnd === undefined,
      () => `exchange ${this.index} ended twice at the server`,
    );
    this.serverEnd = error?.code ?? 'ok';
    this.requireScripted(error);
  }

  /**
   * Applications throw what their plan says, the peer breaks off, and a tunnel's connection may come to a limit; whatever
   * else was thrown under them is a bug.
   */
  private requireScripted(error: UndercoatError | undefined): void {
    const cause = error?.cause;
    const isScripted =
      cause === undefined ||
      cause instanceof ScriptedFailure ||
      cause instanceof TransportError ||
      cause instanceof LimitError;
    this.assert('WIRE-3', isScripted, () => `exchange ${this.index}: ${String(cause)}`);
  }
}
