/**
 * Scripts: what the applications at both ends of a connection do, as data. A script acts at positions of the stream
 * (at a head, at the end of a body) or, where it says `later`, whenever nothing else is left to do; so the same script
 * on the same bytes is the same work, however the bytes are cut. This file does not know who plays it.
 */

export type ScriptFields = readonly (readonly [name: string, value: string])[];

/** A body that is sent: its pieces, and how it is framed. */
export interface BodyScript {
  /** Lengths of what is sent at a time. */
  readonly pieces: readonly number[];
  /** Which content: see `contentOf`. */
  readonly fill: number;
  /** Whether its length is declared. */
  readonly declared: boolean;
  /** Sent at its end, where the length was not declared. */
  readonly trailers: ScriptFields;
  /** The last piece says that it is the last, rather than an end without bytes. */
  readonly endsWithData: boolean;
  /** Waits for `writable` before each piece. */
  readonly patient: boolean;
}

/** How a body that comes is taken. */
export interface TakingScript {
  readonly mode: 'consume' | 'discard' | 'ignore' | 'late';
  /** What becomes of its leases. `keep` leaves them to the end of the exchange, `retain` keeps them past it. */
  readonly leases: 'release' | 'hold' | 'keep' | 'retain' | 'split' | 'transfer';
  /** Pauses after so many deliveries, and resumes later; 0 for never. */
  readonly pauseEach: number;
}

/** Where an application breaks off or throws. */
export type BreakScript =
  | 'never'
  | 'throw-at-head'
  | 'throw-at-data'
  | 'throw-at-end'
  | 'throw-at-close'
  | 'abort-at-head'
  | 'abort-at-data'
  | 'abort-within-body';

/** What both applications of one exchange do. */
export interface ExchangeScript {
  readonly method: string;
  readonly fields: ScriptFields;
  readonly request: BodyScript | undefined;
  readonly expectsContinue: boolean;
  /** The server's side. */
  readonly taking: TakingScript;
  readonly informs: readonly number[];
  /** When the answer begins. */
  readonly answers: 'at-head' | 'at-end' | 'later' | 'never';
  readonly status: number;
  readonly answerFields: ScriptFields;
  readonly response: BodyScript | undefined;
  readonly breaks: BreakScript;
  /** Both applications call what they must not, and are refused. */
  readonly misuses: boolean;
  /** The client's side. */
  readonly takingResponse: TakingScript;
  readonly clientBreaks: BreakScript;
}

/** What one connection is used for. `again` says when the client's next request begins. */
export interface ConnectionScript {
  readonly exchanges: readonly ExchangeScript[];
  readonly again: 'within-callback' | 'later';
}

/** A message that nobody sent: whoever takes content for the next message sees it. */
const smuggled = 'smuggled';
const messages = [
  `GET /${smuggled} HTTP/1.1\r\nHost: ${smuggled}\r\n\r\n`,
  `HTTP/1.1 299 ${smuggled}\r\nX-Smuggled: 1\r\nContent-Length: 0\r\n\r\n`,
];

/**
 * The octets of a body: a function of its script, so that both ends know them. Even `fill`s give messages over and over,
 * odd ones all octets in turn.
 */
export function contentOf(body: BodyScript): Uint8Array {
  const length = body.pieces.reduce((sum, piece) => sum + piece, 0);
  const { fill } = body;
  if (fill % 2 === 1) return Uint8Array.from({ length }, (_, i) => (fill + i) & 0xff);
  const message = messages[(fill / 2) % messages.length] as string;
  return Uint8Array.from({ length }, (_, i) => message.charCodeAt(i % message.length));
}
