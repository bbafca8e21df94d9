/**
 * An exchange that begins in one session and goes on in the next: the request that asked for an upgrade is answered by
 * what was upgraded to (RFC 7540 §3.2). This file does not know either session.
 */
import type { UndercoatError } from '../errors.js';
import type { Lease } from '../memory/index.js';

/** The request of an upgrade that was agreed, as every exchange of the connection can read it. Plain data. */
export interface UpgradedRequest {
  readonly protocol: 'h2c';
  readonly method: string;
  readonly target: string;
  readonly authority: string;
  /** Names in lower case; without Host and without what was the connection's alone. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** What HTTP2-Settings said: the payload of a SETTINGS frame. */
  readonly settings: Uint8Array;
}

/** What goes along with a handoff. The next session takes it up; or else whoever drives them drops it. */
export interface Carried {
  readonly request: UpgradedRequest;
  /** The request's content, all of it, for whoever answers: the caller's from now on, so once. */
  takeContent(): Lease[];
  /** Nobody will go on with it: the exchange fails, and what it holds goes back. Harmless once it was taken up; idempotent. */
  drop(error: UndercoatError | undefined): void;
}
