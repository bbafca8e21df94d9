/**
 * What one end saw of one exchange, in an order and a form in which two runs can be compared: body deliveries are
 * joined (CON-6), errors are their codes. It also refuses what no order allows: an event twice, or after the last (OWN-7:
 * everybody who waits is told once).
 * This file does not know which end it is.
 */
import { MisuseError, type UndercoatError } from '../errors.js';

/** What scripted applications throw. */
export class ScriptedFailure extends Error {}

/** Everything of an exchange that its application saw. */
export type ExchangeTold = Pick<
  ExchangeRecord,
  'index' | 'head' | 'body' | 'ended' | 'bodyFailed' | 'failed' | 'closed'
>;

export class ExchangeRecord {
  /** Which exchange of its connection. */
  readonly index: number;
  readonly head: string[];
  body: string;
  /** The trailers at the end of the body, as text; undefined before it. */
  ended: string | undefined;
  /** The code with which the body failed. */
  bodyFailed: string | undefined;
  /** The code with which the whole exchange failed before it was answered (a client's listener). */
  failed: string | undefined;
  /** What `onClosed` said: `ok` or a code. */
  closed: string | undefined;
  /** Bytes of content that were sent and accepted. */
  sentBytes: number;
  /** How often bytes that were lent came back. */
  returned: number;
  lent: number;
  /** What a callback threw that no script says. */
  bug: unknown;
  private running: boolean;

  constructor(index: number) {
    this.index = index;
    this.head = [];
    this.body = '';
    this.ended = undefined;
    this.bodyFailed = undefined;
    this.failed = undefined;
    this.closed = undefined;
    this.sentBytes = 0;
    this.returned = 0;
    this.lent = 0;
    this.bug = undefined;
    this.running = false;
  }

  /** The body of one callback: no other may begin before it is over (OWN-9). */
  callback(act: () => void): void {
    if (this.running) this.bug ??= broken('OWN-9', `exchange ${this.index}: called back within a callback`);
    const outer = this.running;
    this.running = true;
    try {
      act();
    } finally {
      this.running = outer;
    }
  }

  get bodyIsOver(): boolean {
    return this.ended !== undefined || this.bodyFailed !== undefined;
  }

  data(text: string): void {
    this.require(!this.bodyIsOver, 'data after the end of a body');
    this.body += text;
  }

  end(trailers: string): void {
    this.require(!this.bodyIsOver, 'a body ended twice');
    this.ended = trailers;
  }

  failBody(code: string): void {
    this.require(!this.bodyIsOver, 'a body failed after its end');
    this.bodyFailed = code;
  }

  fail(code: string): void {
    this.require(this.failed === undefined, 'an exchange failed twice');
    this.failed = code;
  }

  close(error: UndercoatError | undefined): void {
    this.require(this.closed === undefined, 'an exchange was closed twice');
    this.closed = error?.code ?? 'ok';
    // What broke the pipe is no bug of anybody's.
    const cause = error?.fault === 'transport-failed' ? undefined : error?.cause;
    if (cause !== undefined && !(cause instanceof ScriptedFailure)) this.bug = cause;
  }

  /** For comparison. */
  toJSON(): ExchangeTold {
    const { index, head, body, ended, bodyFailed, failed, closed } = this;
    return { index, head, body, ended, bodyFailed, failed, closed };
  }

  private require(holds: boolean, message: string): void {
    if (!holds) throw broken('OWN-7', `exchange ${this.index}: ${message}`);
  }
}

function broken(rule: string, message: string): MisuseError {
  return new MisuseError('event-order', rule, message);
}
