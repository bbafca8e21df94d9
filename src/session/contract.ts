/**
 * The session: sans-I/O. Bytes are in its receive buffer, what it wants written goes to its send buffer, events go
 * to a listener, and time is an argument. A driver (the endpoint, a test, a model) calls it; it calls nobody but
 * its listener and `wake`. It ends as closed, failed, or handed off.
 *
 * This file does not know which protocol is spoken, which transport carries it, or what time it is.
 */
import type { UndercoatError } from '../errors.js';
import type { MachineObserver } from '../machine/machine.js';
import type { Lease, ReceiveBuffer, SendBuffer } from '../memory/index.js';
import type { TextCodec } from '../memory/text.js';
import type { Transport } from '../transport/contract.js';
import type { Carried } from './carried.js';
import type { Deadlines } from './deadlines.js';
import type { ConnectionFacts } from './facts.js';

/**
 * Why a session stopped working on what it was given.
 *  - `need-data`: all that can be understood has been; more bytes are needed.
 *  - `paused`: bytes may be pending, but somebody must act first (`pausedBy`); the session calls `wake` then.
 *  - `closed`: it is over; `ending` says how the driver is to close.
 *  - `handed-off`: it is over; `handoff()` says who goes on.
 */
export type Verdict = 'need-data' | 'paused' | 'closed' | 'handed-off';

/** Who must act: the application (read, answer), the memory pool, or the peer (read what we write). */
export type PauseCause = 'application' | 'memory' | 'peer';

/**
 * How the driver closes after `closed`:
 *  - `end`: write everything, then half-close and wait for the peer's end within the linger deadline.
 *  - `linger`: the same, discarding what the peer still sends, within `lingerBytes`, so that the last answer arrives
 *    (RFC 9112 §9.6).
 *  - `abort`: tear down; nothing more is written.
 */
export type Ending = 'end' | 'linger' | 'abort';

export interface Handoff {
  /** Who is meant to go on: the next of a chain, or a named protocol that was agreed (`tunnel`, `h2c`, …). */
  readonly to: string;
  /** All bytes received and not used, once, in order; undefined when there are none (CON-3). */
  readonly unused: Lease | undefined;
  readonly facts: ConnectionFacts;
  /** The peer's half-close was already seen; it comes after `unused`. */
  readonly inputEnded: boolean;
  /** For a tunnel or an upgrade: takes over the pipe, once the driver has detached it from this chain. */
  readonly takeOver?: (pipe: Transport) => void;
  /** For an upgrade that goes on with a session: the exchange that goes along. */
  readonly carried?: Carried;
  /** When the unused bytes began to be awaited, where this session only looked at them: their time goes on (LAY-4). */
  readonly begunAt?: number;
}

/** What every session is made of. Given once, at construction. */
export interface SessionContext {
  readonly input: ReceiveBuffer;
  /** Shared with the sessions before and after it in the chain: output keeps its order across handoffs. */
  readonly output: SendBuffer;
  readonly facts: ConnectionFacts;
  /** What the session before was in the middle of; whoever takes it up does so before `start` returns. */
  readonly carried?: Carried | undefined;
  /** When the first message began to be awaited, if that was before `start`: the session before looked at it. */
  readonly begunAt?: number | undefined;
  readonly deadlines: Deadlines;
  readonly text: TextCodec;
  /** Sees every row taken; null in production. */
  readonly observer: MachineObserver | null;
  /** Unique number of the connection, for owners and traces. */
  readonly id: number;
  /**
   * Called by the session when something changed outside of a call from the driver (the application answered or
   * released): there may be output, input may go on, the deadline may differ. The driver calls `resume` later,
   * never inside this call (OWN-9).
   */
  readonly wake: () => void;
  /**
   * Asked before an application's tunnel is agreed to, which takes the whole pipe over: whether there is a place for it. The
   * place is the connection's from then on. There always is one, if absent.
   */
  readonly admitsTunnel?: (() => boolean) | undefined;
}

export interface Session {
  /** `h1`, `proxy-v1`, … */
  readonly name: string;
  /** Set when the verdict is `paused`. */
  readonly pausedBy: PauseCause | undefined;
  /** Set when the verdict is `closed`. */
  readonly ending: Ending;
  /** Why it failed; undefined after an orderly end. */
  readonly error: UndercoatError | undefined;
  /** True while an exchange or a handshake is under way: a drain waits for it. */
  readonly busy: boolean;

  /** Once, first. */
  start(now: number): Verdict;
  /** Bytes were added to the receive buffer, or none were and `wake` asked for it. Understands all it can. */
  receive(now: number): Verdict;
  /** The peer half-closed, after all bytes that are in the buffer. */
  end(now: number): Verdict;
  /** Some output was written: the send buffer's account says how much is left. */
  written(now: number): Verdict;
  /** When `expire` must be called; `Infinity` if nothing is due. */
  deadline(): number;
  /** `now` has reached `deadline()`. */
  expire(now: number): Verdict;
  /** Graceful drain: what has begun is finished, nothing new is taken up. */
  shutdown(now: number): Verdict;
  /** The transport is gone, or the endpoint gives up: everything under way fails with `error`. Nothing is written any more. Idempotent. */
  fail(error: UndercoatError | undefined, now: number): void;
  /** After `handed-off`, once. */
  handoff(): Handoff;
}
