/**
 * What the H1 sessions tell their streams: one interface for each side. This file does not know who implements them,
 * nor what an exchange means to the application.
 */
import type { UndercoatError } from '../../errors.js';
import type { Lease } from '../../memory/index.js';
import type { Transport } from '../../transport/contract.js';
import type { Carried } from '../carried.js';
import type { BodySink } from './body-reader.js';
import type { H1Head } from './message-head.js';

/** Who goes on after an upgrade: whoever takes the pipe over, or with what is carried the next session of the chain. */
export type Successor = ((pipe: Transport) => void) | Carried;

/** The stream of one request, told by the session what it receives. Nothing here may throw. */
export interface H1RequestSink extends BodySink {
  /** False while somebody is still to be told how the body ended: the exchange waits for him, who is paused. */
  readonly bodySettled: boolean;
  /** Somebody has taken the body, paused or not; he gets the rest of it though the response be complete. */
  readonly takesBody: boolean;
  /** What of the body was not delivered will be thrown away, or not even read. */
  undelivered(): void;
  /**
   * The request is complete; not called for one without content, which is complete from the start. `trailers` covers the field lines, when there were any; it is the stream's.
   */
  receiveEnd(trailers: Lease | undefined): void;
  /** The session ended before the exchange did; nothing more is taken or given. */
  failed(error: UndercoatError): void;
  /** The send buffer is under its mark again. */
  sendable(): void;
  /** A turn has come in which the consumer may be told what it asked for too late to be told at once. */
  settle(): void;
  /** Both messages are complete: leases are revoked, the head is given back (OWN-7). */
  finished(): void;
}

/** The stream of one request, told by the session what comes back. Nothing here may throw. */
export interface H1ResponseSink extends BodySink {
  /** False while somebody is still to be told how the body ended: the exchange waits for him, who is paused. */
  readonly bodySettled: boolean;
  /** The body is read only to be thrown away. */
  readonly discardsBody: boolean;
  readonly method: string;
  /** The request asked for an upgrade. */
  readonly asksUpgrade: boolean;
  /** An interim response; the head is given back when the call returns. */
  interim(head: H1Head): void;
  /** The final head; it is given back when the exchange ends. */
  final(head: H1Head): void;
  /** Somebody would go on with a tunnel or an upgrade. */
  readonly takesPipe: boolean;
  /** Whether these protocols, the Upgrade field of a 101, are what the request asked for. */
  asksFor(protocols: string): boolean;
  /** The peer agreed: who goes on. The head is given back when the call returns. */
  upgraded(head: H1Head): Successor;
  /** The response is complete. `trailers` covers the field lines, when there were any; it is the stream's. */
  receiveEnd(trailers: Lease | undefined): void;
  /** No more will come or be taken. `retryable`: not one byte of the request went out (RFC 9110 §9.2.2). */
  failed(error: UndercoatError, retryable: boolean): void;
  sendable(): void;
  settle(): void;
  /** Both messages are complete: leases are revoked (OWN-7). */
  finished(): void;
}
