/**
 * The exchange: one request and its response, the same for the application whether H1 or H2 carries it. The
 * interface is callbacks and needs no promise; async iteration, `node:http`-style and fetch-style handlers are
 * adapters on top. Calls against the rules throw `MisuseError` at the call and change nothing.
 *
 * This file does not know how a message is framed.
 */
import type { UndercoatError } from '../errors.js';
import type { Lease } from '../memory/index.js';
import type { ConnectionFacts } from '../session/facts.js';
import type { Transport } from '../transport/contract.js';

/** Fields to send, in order; names are tokens, values have no CR, LF or NUL (RFC 9110 §5). Framing fields are the session's. */
export type FieldList = readonly (readonly [name: string, value: string])[];

/** Fields that were received: offsets into the head's lease, strings when read. After the lease is over, reading is misuse (OWN-5). */
export interface Fields extends Iterable<readonly [name: string, value: string]> {
  readonly count: number;
  /** All values of the name joined by `, ` (RFC 9110 §5.3); undefined if there is none. Case-insensitive. */
  get(name: string): string | undefined;
  getAll(name: string): string[];
  has(name: string): boolean;
  /** Strings that outlive the exchange. */
  toArray(): [name: string, value: string][];
  /** H2 only: names of those that came as never indexed; whoever sends them on gives this along (RFC 7541 §6.2.3). */
  readonly sensitive?: readonly string[];
}

export interface RequestHead {
  readonly method: string;
  /** The request-target as it was sent (RFC 9112 §3.2); for H2 `:path`, or `:authority` for CONNECT. */
  readonly target: string;
  /** Host, or the authority of the target, or `:authority`; undefined when none was given. */
  readonly authority: string | undefined;
  readonly version: '1.0' | '1.1' | '2';
  readonly fields: Fields;
  /** H2 only: `:scheme`; undefined for CONNECT. */
  readonly scheme?: string | undefined;
  /** H2 only: `:protocol` of an extended CONNECT (RFC 8441). */
  readonly protocol?: string | undefined;
  /**
   * H1 only: the head octet by octet as it was received, white space and all, as a copy that is the caller's. H2 has no such
   * octets, but `fieldLines`. @throws MisuseError OWN-5 after the head was given back
   */
  octets?(): Uint8Array;
  /**
   * H2 only: the field section as it was decoded (RFC 9113 §8.2), the pseudo-header fields and then the others, each where
   * it came. @throws MisuseError OWN-5 after the fields were given back
   */
  fieldLines?(): FieldList;
}

export interface ResponseHead {
  readonly status: number;
  /** H1 only; empty for H2. */
  readonly reason: string;
  readonly version: '1.0' | '1.1' | '2';
  readonly fields: Fields;
}

/** Whoever takes a body. Each lease is the application's until it releases it, or its exchange ends (OWN-7). */
export interface BodyConsumer {
  data(lease: Lease): void;
  /** The body is complete. Trailers are readable until the exchange ends. */
  end(trailers: Fields | undefined): void;
  /** It will not be completed: whose fault it was is in the error. Nothing follows. */
  failed(error: UndercoatError): void;
}

/** The body that is being received. Nothing is parsed or lent before `consume` (back-pressure). */
export interface IncomingBody {
  /** What Content-Length said; undefined when the length is not known before the end. 0 when there is no body. */
  readonly declaredLength: number | undefined;
  readonly receivedBytes: number;
  /** True once the end was received, whether or not it was consumed. */
  readonly complete: boolean;
  /**
   * Starts delivery, not before the caller returns; once the exchange is over there is none, and the consumer is told at
   * once how the body ended. Sends 100 Continue if the peer waits for it. Once only.
   */
  consume(consumer: BodyConsumer): void;
  /** No `data` until `resume`. */
  pause(): void;
  resume(): void;
  /** The body is not wanted: it is drained within the session's budget, or the connection closes after the answer. */
  discard(): void;
}

export interface TrailerOptions {
  /** H2: names of fields that nobody on the way may keep to compress by (RFC 7541 §7.1.3), besides the options' ones. */
  readonly sensitive?: readonly string[];
}

export interface SendOptions extends TrailerOptions {
  /** The body's length when known: Content-Length. Left out: chunked (H1.1), until close (H1.0), DATA (H2). */
  readonly length?: number;
  /** No body follows: the message is complete with its head. */
  readonly end?: boolean;
}

/** What both sides of an exchange can do with the message that they send. */
export interface OutgoingBody {
  /** False when the send buffer is over its high-water mark: wait for `onWritable`. Sending on is allowed up to a limit. */
  readonly writable: boolean;
  /** Called when `writable` turns true again. */
  onWritable: (() => void) | undefined;
  /**
   * Sends body bytes; the last ones with `end`. Short ranges are copied. Long ones are lent: the caller keeps its
   * hands off them until `returned` is told (OWN-4). Answers `writable`.
   * @throws MisuseError `after-end`, `before-head`, `length-overrun` (RFC 9110 §8.6), LimitError `output-limit`
   */
  send(bytes: Uint8Array, end?: boolean, returned?: (outcome: 'written' | 'failed') => void): boolean;
  /** The same with a lease, which becomes Undercoat's: nothing is copied. */
  sendLease(lease: Lease, end?: boolean): boolean;
  /**
   * Ends the message. Trailers go with chunked coding and with H2; a peer of HTTP/1.0 has no place for them and is not
   * sent any (RFC 9110 §6.5.1). @throws MisuseError `length-underrun`, `trailers` for H1 where a length was declared
   */
  end(trailers?: FieldList, options?: TrailerOptions): void;
}

interface ExchangeBase extends OutgoingBody {
  /** Unique within its connection, ascending; the stream identifier for H2. */
  readonly id: number;
  readonly protocol: 'h1' | 'h2';
  readonly facts: ConnectionFacts;
  readonly body: IncomingBody;
  /** True once neither side will send or receive any more. */
  readonly closed: boolean;
  /**
   * Called once when the exchange is over: undefined when it ended in good order, that is when our message was
   * completed, and the peer's too, or as much of it as anybody wanted. After a good end an error is what the
   * application itself threw when it was too late to break anything off.
   */
  onClosed: ((error: UndercoatError | undefined) => void) | undefined;
  /**
   * Breaks the exchange off. H1: before the response is committed 500 (server), otherwise the connection ends so that
   * the peer sees the truncation; H2: RST_STREAM. Idempotent; harmless after the end.
   */
  abort(reason?: UndercoatError): void;
}

/** The server's side of an exchange. */
export interface ServerExchange extends ExchangeBase {
  readonly request: RequestHead;
  /** True once the final response's head was given: it is too late for another answer. */
  readonly responded: boolean;
  /** An interim response, 100 to 199 but 101 (RFC 9110 §15.2). @throws MisuseError after the final head */
  inform(status: number, fields?: FieldList): void;
  /** The final response's head. @throws MisuseError `responded` when given twice; `status` when not 200 to 599 */
  respond(status: number, fields?: FieldList, options?: SendOptions): void;
  /** Head and body at once: the cheapest way to a small answer. `body` is frozen like in `send`. */
  reply(status: number, fields: FieldList | undefined, body: Uint8Array): void;
  /**
   * Agrees to an Upgrade (101) or a CONNECT (2xx): the pipe is the caller's after the answer was written and the
   * request is complete (LAY-7). `takeOver` gets an idle transport that delivers every unused byte first. Where there is no
   * place for another tunnel the exchange is broken off instead: 503, and `takeOver` is not called.
   * @throws MisuseError `no-upgrade` when the request asked for neither
   */
  upgrade(takeOver: (pipe: Transport) => void, fields?: FieldList, status?: number): void;
}

/** What a client asks for. */
export interface RequestOptions {
  /** Default GET. */
  readonly method?: string;
  /** Origin form `/path?query`, `*`, or absolute form; for CONNECT the authority. Default `/`. */
  readonly target?: string;
  /** Host or `:authority`. */
  readonly authority: string;
  readonly scheme?: 'http' | 'https';
  readonly fields?: FieldList;
  /** See `SendOptions`; default for a request: no body (`end: true`) unless a length is given or `end` is false. */
  readonly length?: number;
  readonly end?: boolean;
  readonly sensitive?: readonly string[];
  /**
   * Sends `Expect: 100-continue`, if content follows. The caller sends it when `inform` is told of status 100, or when he has
   * waited long enough, and need not when he has the response (RFC 9110 §10.1.1); then he breaks the exchange off.
   */
  readonly expectContinue?: boolean;
  /**
   * H2: extended CONNECT to this protocol (RFC 8441). Whether the peer takes that its SETTINGS say: until they have come a
   * client lets the request wait, and a session refuses it.
   */
  readonly protocol?: string;
  /** H1: asks for an upgrade to these protocols (RFC 9110 §7.8). */
  readonly upgrade?: string;
}

/** Whoever waits for a response. */
export interface ResponseListener {
  /** An interim response; its fields are readable during the call. */
  inform?(head: ResponseHead): void;
  /** The final head; take the body from `exchange.body`. */
  response(head: ResponseHead, exchange: ClientExchange): void;
  /** The peer agreed to the Upgrade or CONNECT: the pipe is the caller's (LAY-7). */
  upgraded?(head: ResponseHead, pipe: Transport): void;
  /** No final response will come. `retryable`: the peer has certainly not processed the request. */
  failed(error: UndercoatError, retryable: boolean): void;
}

/** How urgent an answer is, 0 before 7, and whether a part of it is of use (RFC 9218 §4). What is left out: 3, and false. */
export interface Priority {
  readonly urgency?: number;
  readonly incremental?: boolean;
}

/** The client's side of an exchange. `body` is the response's. */
export interface ClientExchange extends ExchangeBase {
  readonly response: ResponseHead | undefined;
  /**
   * Gives the answer another priority than the request asked for with its field `priority`. H2: the peer is told at the end of
   * the turn (PRIORITY_UPDATE, RFC 9218 §7.1), of several changes the last; unless it said that it does not go by priorities
   * of this kind (§2.1.1). H1: no effect, for there answers come in the order of the requests; nor after the answer's end.
   * @throws MisuseError `priority` for what is no urgency from 0 to 7; nothing has changed then
   */
  prioritise(priority: Priority): void;
}

/** What a server gives its exchanges to, in the application's own thread of calls. */
export type ServerListener = (exchange: ServerExchange) => void;

/** A client session: takes requests while `available`. */
export interface ClientSession {
  /** How many more exchanges may begin now: 0 or 1 for H1, the peer's limit for H2; 0 once it is closing. */
  readonly available: number;
  /** Told when `available` rises from 0, and when it falls to 0 for good. */
  onAvailable: (() => void) | undefined;
  /** Whether the peer has still to say if it takes such a request; `onAvailable` is told when it has. */
  awaits?(options: RequestOptions): boolean;
  /** @throws MisuseError `not-available` */
  request(options: RequestOptions, listener: ResponseListener): ClientExchange;
}
