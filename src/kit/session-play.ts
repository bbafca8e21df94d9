/**
 * Plays bytes to one end of a connection, cut as a plan says, and says what came of it: what its application saw, what
 * it wrote, how it stands. This file does not know what the bytes say, nor what is due.
 */
import { requireThat } from './properties/require.js';
import { isFinding } from './rule-broken.js';
import { SessionEnd, type SessionEndOptions } from './session-end.js';
import { heardBy, type SessionInstance, type SessionUnderTest } from './session-under-test.js';

/** What came of a play, in a form that can be compared as JSON text. */
export interface Played {
  /** As JSON text: what the application saw by then, whatever it sees later. */
  readonly seen: string;
  /** What was written, as text of one character an octet. */
  readonly output: string;
  readonly state: string;
  readonly verdict: string;
  readonly error: string | undefined;
  /** Bytes that whoever took the pipe over, or went on behind a handoff, has; undefined where nobody did. */
  readonly handedOn: string | undefined;
  /** Bytes that were taken: the rest found no room, because somebody else must act first. */
  readonly taken: number;
}

export class SessionPlay {
  readonly end: SessionEnd;
  private readonly instance: SessionInstance;
  private taken: number;

  constructor(session: SessionUnderTest, options: SessionEndOptions) {
    this.instance = session.make();
    this.end = new SessionEnd(this.instance.steps, this.instance.application, options);
    this.taken = 0;
    this.settle();
  }

  /** Delivers as much as there is room for. */
  deliver(bytes: Uint8Array, cuts: readonly number[]): void {
    for (let at = 0, i = 0; at < bytes.length; i++) {
      const upTo = Math.min(bytes.length, at + Math.max(1, cuts[i % cuts.length] as number));
      while (at < upTo) {
        const count = this.end.deliver(bytes, at, upTo);
        this.settle();
        if (count === 0) return;
        at += count;
        this.taken += count;
      }
    }
  }

  /** Does everything that can be done without bytes or time. */
  settle(): void {
    const { end, instance } = this;
    for (;;) {
      const taken = end.take().length;
      end.written(taken);
      end.assertAccounts();
      if (end.due) end.turn();
      else if (!end.feedUnused() && taken === 0 && instance.work?.() !== true) return;
    }
  }

  /** Bytes that the session before left wait for memory of the one that goes on. */
  get waits(): boolean {
    return this.end.holdsUnused;
  }

  get toldOfFailure(): boolean {
    return this.instance.toldOfFailure?.() === true;
  }

  get outcome(): Played {
    const { end } = this;
    const heard = end.handedOff === undefined ? heardBy(end.session) : end.tunnelled;
    return {
      seen: JSON.stringify(this.instance.seen()),
      output: text(end.sent),
      state: end.state,
      verdict: end.verdict,
      error: end.session.error?.code,
      handedOn: heard === undefined ? undefined : text(heard),
      taken: this.taken,
    };
  }

  /** The pipe goes away; nothing was thrown, and nothing is held. @throws PropertyFailure, RuleViolation, MisuseError */
  finish(): void {
    const { end } = this;
    end.lose();
    end.lose();
    const [thrown] = end.thrown;
    if (isFinding(thrown)) throw thrown;
    requireThat('WIRE-3', thrown === undefined, () => `a session threw: ${String(thrown)}`);
    end.assertQuiescent();
  }
}

/** Plays it all, and the peer's half-close behind it if `ends`. */
export function play(
  session: SessionUnderTest,
  bytes: Uint8Array,
  cuts: readonly number[],
  ends: boolean,
  options: SessionEndOptions,
): Played {
  const run = new SessionPlay(session, options);
  run.deliver(bytes, cuts);
  if (ends) run.end.endInput();
  run.settle();
  const { outcome } = run;
  run.finish();
  return outcome;
}

function text(octets: Iterable<number>): string {
  let all = '';
  for (const octet of octets) all += String.fromCharCode(octet);
  return all;
}
