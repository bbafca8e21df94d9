/**
 * The byte transport: the one thing that a session's driver needs of TCP, TLS, a Unix socket, memory or a pipe
 * of the user's own. It is a push contract like libuv's: the transport asks its receiver for room, fills it and
 * says how much came; it is given segments and owns them until it says written, or failed by closing.
 *
 * The rules that every transport keeps, and that the conformance suite checks:
 *  - It never calls its receiver from inside a call that the receiver made to it (OWN-9). What becomes
 *    possible in such a call is delivered later.
 *  - `room`, writes into the room, and `received` are one act: nothing else is called between `room` and
 *    `received`, and nothing is written outside the room or after `received` (WS-5, OWN-4).
 *  - Segments are frozen: neither side writes to their bytes until they are written or failed (OWN-4).
 *  - Every byte accepted is in the end reported by `written`, or is failed by `closed` (CON-2). Bytes are
 *    reported in order; a report may cover part of a segment.
 *  - `opened` comes once before anything but `closed`; `closed` comes exactly once and last. After `closed`
 *    the transport holds nothing (OWN-7).
 *  - Bytes pending in a pipe below reach the receiver without waiting for another byte to arrive there.
 *
 * This file does not know who reads, what is read, or which platform carries the bytes.
 */
import type { TransportError } from '../errors.js';
import type { TextCodec } from '../memory/text.js';
import type { Clock } from './clock.js';
import type { Address, TransportFacts } from './facts.js';

/** A range that may be filled (`room`) or read: `bytes[start..end)`. */
export interface ByteRange {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

export interface TransportReceiver {
  /** The pipe is open both ways. */
  opened(facts: TransportFacts): void;
  /**
   * Room for bytes that have arrived: at least one byte, or undefined (or an empty range) when there is none now; the transport
   * then keeps what it has, stops reading, and asks again after `resume`. Each room is closed by exactly one
   * `received` before the transport does anything else.
   */
  room(): ByteRange | undefined;
  /** The first `count` bytes of the room were filled; 0 closes it empty. The rest is not the transport's any more. */
  received(count: number): void;
  /** The peer will send no more (half-close). All bytes before it have been delivered. */
  ended(): void;
  /** The next `count` bytes of what was accepted for writing were taken by the pipe below. */
  written(count: number): void;
  /** The pipe is gone; whatever was not reported as written has failed. Without an error it was an orderly end. */
  closed(error?: TransportError): void;
}

/** States of the transport machine; the table is in `table.ts`. */
export type TransportState =
  | 'idle'
  | 'connecting'
  | 'open'
  | 'half-closed-local'
  | 'half-closed-remote'
  | 'closed'
  | 'failed';

export interface Transport {
  /** `tcp`, `tls`, … */
  readonly kind: string;
  readonly state: TransportState;
  /**
   * Begins: connects, or takes up an accepted pipe, and reports to `receiver` from now on. Once only.
   * @throws MisuseError LAY-3 on a second call.
   */
  open(receiver: TransportReceiver): void;
  /**
   * Accepts segments for writing, in order. The array and its range objects are the caller's again when the call
   * returns; the bytes are the transport's until written or failed. One call is one batch: it goes out in as few writes as the
   * pipe below allows. Before `opened` segments wait. After `closed`, `abort` or `release` they are ignored: they
   * count as failed at once, and the receiver that was told `closed` knows it.
   * @throws MisuseError LAY-3 after `end`.
   */
  write(segments: readonly ByteRange[]): void;
  /** Half-close: no more writes; the peer sees the end after all accepted bytes. Idempotent. */
  end(): void;
  /** Stop asking for room until `resume`; the peer's end waits, too, and so may the news of a reset. Idempotent. */
  pause(): void;
  /** There may be room again. Idempotent; harmless when nothing was paused. */
  resume(): void;
  /**
   * Tear down now: nothing more is read or written; the peer of a TCP socket sees a reset. `closed` follows, and nothing
   * else but the `received` that closes an open room. Idempotent.
   */
  abort(error?: TransportError): void;
  /**
   * Ends if that was not done, and lets go without a reset: nothing more is read, and what was reported written is still
   * delivered by whatever carries it, the end behind it (RFC 9112 §9.6). For who is done writing: what is not
   * reported written has failed, and the peer may take the cut for an end. Bytes of the peer's that nobody read can cost
   * it the rest all the same, as on a TCP socket. `closed` follows as after `abort`. Idempotent.
   */
  release(): void;
}

/** Makes accepted transports. `accept` may be called before `listen` resolves. */
export interface Listener {
  /** Where it listens, once it does. */
  readonly address: Address;
  /** Stops accepting; resolves when no accepted transport will come any more. Accepted ones live on. */
  close(): Promise<void>;
}

/** What a transport brings with it for the layers above: time, and the platform's text routines. */
export interface Platform {
  readonly clock: Clock;
  readonly text: TextCodec;
  /**
   * The time of day as an HTTP-date (RFC 9110 §5.6.7), the same string for as long as it is the same second. A
   * simulation has none, so that it replays to the byte.
   */
  readonly httpDate?: () => string;
}

/** A way to be reached: `tcp({ port: 0 })`, `unix({ path })`, a memory network. */
export interface Listenable {
  readonly kind: string;
  readonly platform: Platform;
  /** @throws TransportError (rejects) when the address cannot be had. */
  listen(accept: (transport: Transport) => void): Promise<Listener>;
}

/** A way to reach somebody: makes one fresh idle transport a call. Connecting begins at `open`. */
export interface Connectable {
  readonly kind: string;
  readonly platform: Platform;
  /** Two connectables with the same key reach the same peer: the client's reuse goes by it. */
  readonly key: string;
  connect(): Transport;
}
