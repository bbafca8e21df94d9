/**
 * What a connection is given: the settings that all connections of one endpoint share, and whom it reports to. This
 * file does not know how an endpoint comes by them.
 */
import type { MachineObserver } from '../machine/index.js';
import type { SlabPool } from '../memory/index.js';
import type { TextCodec } from '../memory/text.js';
import type { Deadlines } from '../session/deadlines.js';
import type { Clock } from '../transport/clock.js';
import type { Step } from './step.js';

export interface ConnectionSettings {
  readonly clock: Clock;
  readonly text: TextCodec;
  readonly pool: SlabPool;
  /** Most bytes of slabs that receiving may hold. Over it nothing more is read until some come back. */
  readonly receiveBytes: number;
  /** Most bytes of slabs that built output may hold. Over it the session waits, or answers with what needs no slab. */
  readonly sendBytes: number;
  /** Bytes after which nothing more is received and discarded behind the last answer (RFC 9112 §9.6). */
  readonly lingerBytes: number;
  readonly deadlines: Deadlines;
  readonly observer: MachineObserver | null;
  readonly steps: readonly Step[];
}

/** Whoever keeps connections of type `C`. Called within a turn of the connection, after its session has returned. */
export interface ConnectionKeeper<C> {
  /**
   * Whether there is a place for a tunnel that is to be agreed to; it is kept for the connection. Any, if absent. Called at
   * any time.
   */
  admitsTunnel?(connection: C): boolean;
  /** The application has the pipe now; the connection still knows it, for `abort`. */
  tunnelled(connection: C): void;
  /** It is over, and everything that it held went back. */
  closed(connection: C): void;
  /** Code threw that must not: a session's, a transport's, or the application's where no exchange could catch it. */
  threw(error: unknown): void;
}
