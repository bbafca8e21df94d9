/**
 * Deadlines as data (LAY-4): a session is given numbers and says when it is due; it reads no clock. Both roles
 * share the shape, so one head reader serves both. This file does not know which deadline is running.
 */

/** All in milliseconds; `Infinity` switches one off. */
export interface Deadlines {
  /** From the start of a connection to its opening (client). */
  readonly connect: number;
  /** Server: from an accepted connection to the end of its TLS handshake. Both: of TLS that begins within a connection. */
  readonly tlsHandshake: number;
  /** From the start of a connection to the end of its PROXY header. */
  readonly proxyHeader: number;
  /** Between exchanges, with nothing of the next one received. Closes without a word. */
  readonly idle: number;
  /** From the first byte of a head to its last; a server's first head counts from the start of the session, or from when
   * H1 and H2 began to be told from one another. Answer 408. */
  readonly head: number;
  /**
   * Server: from the last that the application was given of a request, while no more of it is waited for, to the head of its
   * answer. Answer 503. Client: from the end of the request to the first byte of the response.
   */
  readonly firstByte: number;
  /** Between two arrivals of body bytes that are waited for. Answer 408 when uncommitted. */
  readonly betweenBytes: number;
  /** A whole body, from its head to its end, while it is being read. */
  readonly body: number;
  /**
   * Between two acts of progress in writing what has been accepted. The peer does not read: abort. Progress is what the
   * transport reports: over a socket the kernel takes nothing more until a part of its buffer is free, up to some megabyte,
   * so that a peer which reads less than that in this time is taken for one that does not read.
   */
  readonly write: number;
  /** After the last answer was written, waiting for the peer's end (RFC 9112 §9.6). */
  readonly linger: number;
  /** H2: until the peer acknowledges our SETTINGS, counted from the start; it holds for the peer's first SETTINGS too. */
  readonly settings: number;
  /** H2: from the last GOAWAY to the end of the streams it let live. */
  readonly drain: number;
  /** A whole exchange. */
  readonly total: number;
}

export const defaultDeadlines: Deadlines = Object.freeze({
  connect: 10_000,
  tlsHandshake: 10_000,
  proxyHeader: 3_000,
  idle: 75_000,
  head: 15_000,
  firstByte: 60_000,
  betweenBytes: 30_000,
  body: 300_000,
  write: 60_000,
  linger: 2_000,
  settings: 10_000,
  drain: 30_000,
  total: 600_000,
});
