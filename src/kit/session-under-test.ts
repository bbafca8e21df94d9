/**
 * A session under test: one end of a connection, alone, and what a right peer would send it. For sessions that carry
 * no exchanges, or whose other end you have not got: both ends of a whole stack are `StackUnderTest`. This file does not
 * know any protocol.
 */
import type { Arbitrary } from 'fast-check';
import type { Application, SessionStep, Steps } from '../endpoint/step.js';
import { MisuseError, type UndercoatError } from '../errors.js';
import type { Ending, Handoff, PauseCause, Session, SessionContext, Verdict } from '../session/contract.js';

/** One connection's worth of it: made anew for every run. */
export interface SessionInstance {
  /** The session, or a chain of them; one that hands off needs whoever goes on: `handedOn`. */
  readonly steps: Steps;
  readonly application: Application;
  /** What the application saw, as plain data: compared between runs. */
  readonly seen: () => unknown;
  /** The application was told that something failed, though the connection goes on: a stream that was reset. */
  readonly toldOfFailure?: () => boolean;
  /** Does something that the application put off. @returns whether there was something */
  readonly work?: () => boolean;
}

/** One end of a connection, for `sessionConformance`: how it is made, and what a right peer says to it. */
export interface SessionUnderTest {
  readonly name: string;
  readonly make: () => SessionInstance;
  /** What a right peer sends, from the first byte on: as much of it as you like, whole or not. */
  readonly conversation: Arbitrary<Uint8Array>;
  /** Octets that a reader of the protocol looks for: what dead memory is filled with. */
  readonly telling: readonly number[];
  /** A slab in which every conversation is understood; below it exhaustion may be the answer. */
  readonly roomyBytes: number;
  /** It hands the pipe on, to whoever goes on (`handedOn`): then it must have done so in the runs, and CON-3 is asked of it. Default: no. */
  readonly handsOn?: boolean;
  /**
   * Some memory is too little for it, as for all that keep something or answer: then it must have run out of it in the runs. Default: yes;
   * no for one that takes each byte as it comes, and writes nothing.
   */
  readonly exhausts?: boolean;
  /**
   * What the runs of every case must have met, of `waits`, `closed`, `failed`, `failed damaged`, and `heard`: a conversation
   * that is as it was sent did not fail, and was told to the application, answered or handed on. A suite that met less
   * fails, and one whose case never met what it is about: no end of memory, no fault, no deadline. Default: `waits`,
   * `failed damaged` and `heard`.
   */
  readonly floor?: readonly string[];
}

/** Milliseconds after which a connection that was handed on is closed: it has no purpose of its own. */
const handedOnIdle = 1000;

/**
 * Whoever goes on after a handoff, in a test: takes every byte, and tells `bytes` of it. Stands at the end of a chain.
 */
export function handedOn(bytes: (octets: Uint8Array) => void): SessionStep {
  return {
    kind: 'session',
    name: 'handed-on',
    start: (context) => new HandedOn(context, bytes),
  };
}

/** What has come to whoever goes on; undefined while somebody else is at work. */
export function heardBy(session: Session): Iterable<number> | undefined {
  return session instanceof HandedOn ? session.heard : undefined;
}

class HandedOn implements Session {
  readonly heard: number[] = [];
  readonly name = 'handed-on';
  readonly pausedBy: PauseCause | undefined = undefined;
  readonly ending: Ending = 'end';
  readonly busy = false;
  error: UndercoatError | undefined = undefined;
  private readonly context: SessionContext;
  private readonly bytes: (octets: Uint8Array) => void;
  private verdict: Verdict = 'need-data';
  private due = Number.POSITIVE_INFINITY;

  constructor(context: SessionContext, bytes: (octets: Uint8Array) => void) {
    this.context = context;
    this.bytes = bytes;
  }

  start(now: number): Verdict {
    this.due = now + handedOnIdle;
    return this.receive(now);
  }

  receive(_now: number): Verdict {
    const { input } = this.context;
    if (input.pendingBytes > 0) {
      const octets = input.bytes.slice(input.start, input.end);
      for (const octet of octets) this.heard.push(octet);
      this.bytes(octets);
    }
    input.consume(input.pendingBytes);
    return this.verdict;
  }

  end(_now: number): Verdict {
    return this.close();
  }

  written(_now: number): Verdict {
    return this.verdict;
  }

  deadline(): number {
    return this.due;
  }

  expire(now: number): Verdict {
    return now >= this.due ? this.close() : this.verdict;
  }

  shutdown(_now: number): Verdict {
    return this.close();
  }

  fail(error: UndercoatError | undefined, _now: number): void {
    this.error ??= error;
    this.close();
  }

  handoff(): Handoff {
    throw new MisuseError('no-handoff', 'CON-3', 'nobody goes on after the end of the chain');
  }

  private close(): Verdict {
    this.due = Number.POSITIVE_INFINITY;
    this.verdict = 'closed';
    return this.verdict;
  }
}
