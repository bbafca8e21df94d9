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

/** A rule that is asserted, and how often it was. */
export interface Claim {
  readonly rule: string;
  made: number;
}

const claimed = [
  'CON-1',
  'CON-2',
  'CON-3',
  'LAY-3',
  'LAY-4',
  'OWN-7',
  'OWN-8',
  'WIRE-3',
  'WIRE-4',
  'WIRE-5',
] as const;

/** The rules that a run asserts beside its ledger, some thirty times an exchange: nothing is looked up for it. */
export type Claims = Readonly<Record<(typeof claimed)[number], Claim>>;

export function claimsOf(claimOf: (rule: string) => Claim): Claims {
  return Object.fromEntries(claimed.map((rule) => [rule, claimOf(rule)])) as Record<
    (typeof claimed)[number],
    Claim
  >;
}

/**
 * Asserts something under a rule: whatever may be accused is counted whenever it holds, too. `verdict` is true, or says
 * what does not hold.
 */
export type Assert = (claim: Claim, verdict: true | (() => string)) => void;

/** What one application was given of one body. */
export class BodyStory {
  bytes: number;
  /** It ended, with so many trailers. */
  trailers: number;
  /** The code with which it failed. */
  failed: string | undefined;
  private readonly index: number;
  private readonly isResponse: boolean;
  private readonly place: number;
  private readonly claims: Claims;
  private readonly assert: Assert;

  constructor(index: number, isResponse: boolean, claims: Claims, assert: Assert) {
    this.bytes = 0;
    this.trailers = -1;
    this.failed = undefined;
    this.index = index;
    this.isResponse = isResponse;
    this.place = placeOf(index, isResponse);
    this.claims = claims;
    this.assert = assert;
  }

  /** It came to its end. */
  get isWhole(): boolean {
    return this.trailers >= 0;
  }

  private get what(): string {
    return `${this.isResponse ? 'response' : 'request'} ${this.index}`;
  }

  private get isOpen(): boolean {
    return !this.isWhole && this.failed === undefined;
  }

  data(bytes: Uint8Array, start: number, end: number): void {
    this.assert(this.claims['OWN-7'], this.isOpen || (() => `${this.what}: data after its end`));
    this.assert(
      this.claims['WIRE-4'],
      isContent(this.place, this.bytes, bytes, start, end) ||
        (() => {
          return `${this.what}: bytes from ${this.bytes} on are not those that were sent`;
        }),
    );
    this.bytes += end - start;
  }

  end(trailers: number, asSent: boolean): void {
    this.assert(this.claims['OWN-7'], this.isOpen || (() => `${this.what} ended twice`));
    this.assert(
      this.claims['WIRE-4'],
      asSent || (() => `${this.what}: its trailers are not those that were sent`),
    );
    this.trailers = trailers;
  }

  fail(code: string): void {
    this.assert(this.claims['OWN-7'], this.isOpen || (() => `${this.what} failed after its end`));
    this.failed = code;
  }
}

export class Story {
  readonly index: number;
  readonly plan: ExchangePlan;
  /** Which connection carried it; -1 while none does. */
  connection: number;
  /** Milliseconds that nothing had arrived on its connection for when it was begun. */
  quiet: number;
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
  readonly claims: Claims;
  readonly assert: Assert;

  constructor(index: number, plan: ExchangePlan, claims: Claims, assert: Assert) {
    this.index = index;
    this.plan = plan;
    this.connection = -1;
    this.quiet = 0;
    this.request = new BodyStory(index, false, claims, assert);
    this.response = new BodyStory(index, true, claims, assert);
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
    this.claims = claims;
    this.assert = assert;
  }

  /** The client was told the end of it. */
  clientClosed(error: UndercoatError | undefined): void {
    this.assert(
      this.claims['OWN-7'],
      this.clientEnd === undefined || (() => `exchange ${this.index} ended twice at the client`),
    );
    this.clientEnd = error?.code ?? 'ok';
    this.requireScripted(error);
  }

  serverClosed(error: UndercoatError | undefined): void {
    this.assert(
      this.claims['OWN-7'],
      this.serverEnd === undefined || (() => `exchange ${this.index} ended twice at the server`),
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
    this.assert(this.claims['WIRE-3'], isScripted || (() => `exchange ${this.index}: ${String(cause)}`));
  }
}
