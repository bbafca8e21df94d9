/**
 * Budgets against floods (WORK-1): each kind of cheap act of the peer has an allowance that fills with time and with
 * useful work, and an answer when it is empty: ENHANCE_YOUR_CALM and close (RFC 9113 §10.5). This file does not know
 * frames; time is an argument.
 */

/** An allowance: `burst` at once, and `perSecond` after that. */
export interface Allowance {
  readonly burst: number;
  readonly perSecond: number;
}

export class Budget {
  private tokens: number;
  private readonly burst: number;
  private readonly perMs: number;
  private filledAt: number;

  constructor(allowance: Allowance, now: number) {
    this.tokens = allowance.burst;
    this.burst = allowance.burst;
    this.perMs = allowance.perSecond / 1000;
    this.filledAt = now;
  }

  /** One more act. False when the allowance is used up. */
  spend(now: number): boolean {
    if (this.tokens < 1) this.fill(now);
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }

  /** Useful work gives some of it back. */
  earn(count: number): void {
    this.tokens = Math.min(this.burst, this.tokens + count);
  }

  private fill(now: number): void {
    this.tokens = Math.min(this.burst, this.tokens + (now - this.filledAt) * this.perMs);
    this.filledAt = now;
  }
}
