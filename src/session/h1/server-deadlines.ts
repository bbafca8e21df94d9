/**
 * When a server's session expects what: a head, the next bytes of a request, the application's answer, the end of the
 * exchange. Time that we had no room to receive in is not the peer's (WS-9).
 *
 * It does not know what time it is, what is done when a deadline passes, nor how a message is read.
 */
import { answerStatus, type LimitError } from '../../errors.js';
import type { SessionContext } from '../contract.js';
import type { H1ServerOptions } from './options.js';
import { H1ServerAnswers } from './server-answers.js';
import { timeout } from './session-errors.js';
import { h1ServerTable } from './tables.js';

const { state } = h1ServerTable;

export abstract class H1ServerDeadlines extends H1ServerAnswers {
  /** When the exchange began, and when the application was given something to act upon. */
  protected exchangeSince: number;
  protected applicationAt: number;
  /** From when the whole body is due. */
  protected bodySince: number;
  /** Of the receive buffer's: those up to this are over. */
  private starvations: number;
  protected first: boolean;

  constructor(context: SessionContext, options: H1ServerOptions) {
    super(context, options);
    this.exchangeSince = 0;
    this.applicationAt = 0;
    this.bodySince = 0;
    this.starvations = context.input.starvations;
    this.first = true;
  }

  deadline(): number {
    const { deadlines } = this.context;
    switch (this.machine.state) {
      case state.idle:
        return this.since + (this.first ? deadlines.head : deadlines.idle);
      case state.head:
        return this.since + deadlines.head;
      case state.exchange:
        return Math.min(this.exchangeSince + deadlines.total, this.answerDue(), this.requestDue());
      case state.drain:
        return Math.min(this.exchangeSince + deadlines.total, this.requestDue());
      default:
        return Number.POSITIVE_INFINITY;
    }
  }

  /** Once there is room to receive again, the peer has its time from now on. */
  protected noteRoom(): void {
    const { input } = this;
    if (input.starved || input.starvations === this.starvations) return;
    this.starvations = input.starvations;
    this.bodyAt = this.now;
    this.bodySince = this.now;
  }

  /** There was no room to receive: nothing is held against the peer, it is we who keep what it sent (WS-9). */
  private get starving(): boolean {
    return this.input.starvations !== this.starvations;
  }

  /** Which of an exchange's deadlines it was that has passed. */
  protected exchangeTimeout(now: number): LimitError {
    const { deadlines } = this.context;
    if (this.exchangeSince + deadlines.total <= now)
      return timeout('total', 'exchange-timeout', 'LAY-4', answerStatus(503));
    if (this.answerDue() <= now) return timeout('firstByte', 'answer-timeout', 'LAY-4', answerStatus(503));
    return this.bodyTimeout(now, 'RFC 9110 §15.5.9', answerStatus(408));
  }

  /** When the application's answer is due: it counts from when nothing of the request is waited for any more. */
  private answerDue(): number {
    const peerIsDue = this.bodyWaiting && !this.requestComplete && !this.starving;
    if (this.responseStarted || peerIsDue) return Number.POSITIVE_INFINITY;
    return this.applicationAt + this.context.deadlines.firstByte;
  }

  /** When the next bytes of the request, or the last ones, are due. */
  private requestDue(): number {
    return this.requestComplete || this.starving ? Number.POSITIVE_INFINITY : this.bodyDue(this.bodySince);
  }
}

/** The peer began a head and did not end it. */
export function headTimeout(): LimitError {
  return timeout('head', 'head-timeout', 'RFC 9110 §15.5.9', answerStatus(408));
}
