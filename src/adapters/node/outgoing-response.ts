/**
 * A response the way `node:http` gives it to a listener: a Writable whose head goes out with its first byte. What a
 * listener does wrong is thrown at the call, or told as an `error` event, with the codes of `node:http`; an answer that
 * was given whole stands. This file does not know the request but for the exchange that it answers.
 */
import { Buffer } from 'node:buffer';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { Writable } from 'node:stream';
import { MisuseError } from '../../errors.js';
import type { FieldList, ServerExchange } from '../../stream/contract.js';
import { connectionOptions, endToEnd } from '../end-to-end.js';
import type { IncomingRequest, SocketFacts } from './incoming-request.js';

export type HeaderValue = string | number | readonly string[];
type Headers = Readonly<Record<string, HeaderValue | undefined>> | readonly (string | number)[];
/** The callback of a write. */
type Told = (error: Error | null | undefined) => void;

export class OutgoingResponse extends Writable {
  statusCode = 200;
  /** Not sent: HTTP gives the reason phrase no meaning (RFC 9112 §4), and H2 has none. */
  statusMessage = '';
  /** True once the head is settled, by `writeHead` or the first byte: it is too late to change it. */
  headersSent = false;
  /** Left to the session, which sends Date when it has one. */
  sendDate = true;
  readonly req: IncomingRequest;
  readonly socket: SocketFacts;
  readonly connection: SocketFacts;
  private readonly exchange: ServerExchange;
  private readonly fields = new Map<string, { name: string; value: string | readonly string[] }>();
  private trailers: [string, string][] = [];
  /** What `writeHead` said; it stands, whatever becomes of `statusCode`. */
  private writtenStatus: number | undefined = undefined;
  /** The exchange was given the head. */
  private headGiven = false;
  private lent = false;
  private waiting: ((error?: Error | null) => void) | undefined = undefined;
  /** All of the message was given to the exchange. */
  private messageEnded = false;
  /** Bytes of the whole body, when it came with `end`. */
  private wholeLength: number | undefined = undefined;
  private readonly onMistake: (error: unknown) => void;
  /** Mistakes that came when the answer was given already: they are told when nothing can spoil it any more. */
  private late: unknown[] = [];

  /** `onMistake` is told of what the listener did wrong, with the exchange to be broken off if it is not over. */
  constructor(exchange: ServerExchange, request: IncomingRequest, onMistake: (error: unknown) => void) {
    super({ autoDestroy: true, decodeStrings: true });
    this.exchange = exchange;
    this.onMistake = onMistake;
    this.req = request;
    this.socket = request.socket;
    this.connection = request.socket;
    exchange.onWritable = () => this.goOn();
    exchange.onClosed = (error) => this.over(error);
  }

  /** True when the response was ended by the listener. */
  get finished(): boolean {
    return this.writableEnded;
  }

  /** @throws TypeError as `node:http` does: ERR_INVALID_HTTP_TOKEN, ERR_HTTP_INVALID_HEADER_VALUE, ERR_INVALID_CHAR */
  setHeader(name: string, value: HeaderValue): this {
    this.refuseSent('setHeader');
    validate(name, value);
    const own = typeof value === 'object' ? value.map(String) : String(value);
    this.fields.set(name.toLowerCase(), { name, value: own });
    return this;
  }

  setHeaders(headers: Iterable<readonly [string, string]>): this {
    for (const [name, value] of headers) this.setHeader(name, value);
    return this;
  }

  appendHeader(name: string, value: string | readonly string[]): this {
    validate(name, value);
    const before = this.getHeader(name);
    const values = [...(before === undefined ? [] : [before].flat()), ...[value].flat()];
    return this.setHeader(name, values.map(String));
  }

  getHeader(name: string): string | readonly string[] | undefined {
    return this.fields.get(name.toLowerCase())?.value;
  }

  getHeaderNames(): string[] {
    return [...this.fields.keys()];
  }

  getHeaders(): Record<string, string | readonly string[]> {
    return Object.fromEntries([...this.fields].map(([name, { value }]) => [name, value]));
  }

  hasHeader(name: string): boolean {
    return this.fields.has(name.toLowerCase());
  }

  removeHeader(name: string): void {
    this.refuseSent('removeHeader');
    this.fields.delete(name.toLowerCase());
  }

  writeHead(status: number, reasonOrHeaders?: string | Headers, headers?: Headers): this {
    this.refuseSent('writeHead');
    if (!Number.isInteger(status) || status < 200 || status > 599) {
      throw new MisuseError(
        'ERR_HTTP_INVALID_STATUS_CODE',
        'RFC 9110 §15',
        `no status of a final response: ${status}`,
      );
    }
    if (typeof reasonOrHeaders === 'string') this.statusMessage = reasonOrHeaders;
    const given = typeof reasonOrHeaders === 'string' ? headers : reasonOrHeaders;
    if (isList(given)) {
      for (let i = 0; i + 1 < given.length; i += 2)
        this.setHeader(String(given[i]), given[i + 1] as HeaderValue);
    } else {
      // A value that is undefined is refused there.
      for (const [name, value] of Object.entries(given ?? {})) this.setHeader(name, value as HeaderValue);
    }
    this.statusCode = status;
    this.writtenStatus = status;
    this.headersSent = true;
    return this;
  }

  flushHeaders(): void {
    if (!this.headGiven) this.sendHead();
  }

  writeContinue(): void {
    this.exchange.inform(100);
  }

  writeProcessing(): void {
    this.exchange.inform(102);
  }

  writeEarlyHints(hints: Readonly<Record<string, string | readonly string[]>>): void {
    for (const [name, value] of Object.entries(hints)) validate(name, value);
    this.exchange.inform(103, endToEnd(fieldList(Object.entries(hints)), this.exchange.protocol));
  }

  addTrailers(trailers: Readonly<Record<string, string>> | readonly (readonly [string, string])[]): void {
    const list = isList(trailers) ? trailers : Object.entries(trailers);
    for (const [name, value] of list) validate(name, value);
    this.trailers.push(...list.map(([name, value]): [string, string] => [name, value]));
  }

  /** Accepted for the sake of listeners that call it; deadlines are options of the endpoint. */
  setTimeout(_ms: number, _callback?: () => void): this {
    return this;
  }

  override write(chunk: unknown, encoding?: BufferEncoding | Told, callback?: Told): boolean {
    const given = [chunk, encoding, callback];
    if (this.writableEnded) return this.refuseLate(given);
    return Reflect.apply(super.write, this, given) as boolean;
  }

  override end(...given: unknown[]): this {
    if (this.writableEnded && hasChunk(given[0])) {
      this.refuseLate(given);
      return this;
    }
    // Nothing was written before: this is the whole body, and its length can be said.
    if (!this.headGiven && !this.writableEnded && this.writableLength === 0 && this.trailers.length === 0) {
      this.wholeLength = lengthOf(given[0], given[1]);
    }
    Reflect.apply(super.end, this, given);
    return this;
  }

  override _write(
    chunk: Uint8Array,
    _encoding: BufferEncoding,
    callback: (error?: Error | null) => void,
  ): void {
    try {
      if (!this.headGiven) this.sendHead();
      if (this.messageEnded || this.exchange.closed) {
        callback();
        return;
      }
      this.waiting = callback;
      // The stream may give the chunk's memory to others once it is called back: not before it is returned (OWN-4).
      this.lent = true;
      this.exchange.send(chunk, false, () => {
        this.lent = false;
        this.goOn();
      });
    } catch (error) {
      this.mistaken(error);
      callback(asError(error));
    }
  }

  override _final(callback: (error?: Error | null) => void): void {
    try {
      if (!this.headGiven) this.sendHead();
      if (!this.messageEnded && !this.exchange.closed) {
        this.exchange.end(this.trailers.length === 0 ? undefined : this.trailers);
      }
      this.messageEnded = true;
      callback();
    } catch (error) {
      this.mistaken(error);
      callback(asError(error));
    }
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (!this.messageEnded && !this.exchange.closed) this.exchange.abort();
    // As with Node's: a response that broke off is told to those who listen, and crashes nobody who does not.
    callback(error !== null && this.listenerCount('error') > 0 ? error : null);
  }

  private sendHead(): void {
    const { wholeLength } = this;
    const statusCode = this.writtenStatus ?? this.statusCode;
    if (this.req.method === 'CONNECT' && statusCode >= 200 && statusCode < 300) {
      this.refuseTunnel();
      return;
    }
    const noContent = statusCode === 204 || statusCode === 304;
    const end = noContent || this.req.method === 'HEAD' || wholeLength === 0;
    const says = noContent || wholeLength === undefined || this.hasHeader('content-length');
    this.headersSent = true;
    this.headGiven = true;
    this.exchange.respond(statusCode, this.fieldsToSend(), says ? { end } : { end, length: wholeLength });
    this.messageEnded = end;
  }

  /** A listener that says OK to whatever comes has not opened a tunnel: that is done by `exchange.upgrade`. */
  private refuseTunnel(): void {
    this.headersSent = true;
    this.headGiven = true;
    this.exchange.respond(501, [], { end: true });
    this.messageEnded = true;
  }

  /** Framing is the session's. Of the connection a listener may say that it is to end, where one exchange has it. */
  private fieldsToSend(): FieldList {
    const { protocol } = this.exchange;
    const given = fieldList([...this.fields.values()].map(({ name, value }) => [name, value] as const));
    const fields = endToEnd(given, protocol);
    const closes = protocol === 'h1' && connectionOptions(given).includes('close');
    return closes ? [...fields, ['Connection', 'close']] : fields;
  }

  /** Calls the stream back when the last chunk is its own again and another one is welcome. */
  private goOn(): void {
    const { waiting, exchange } = this;
    if (waiting === undefined || this.lent || !exchange.writable) return;
    this.waiting = undefined;
    // The stream calls whoever listens to `drain`: not inside a call of the session's (OWN-9).
    queueMicrotask(waiting);
  }

  private over(error: Error | undefined): void {
    if (error !== undefined) {
      this.req.aborted = true;
      this.req.emit('aborted');
      this.req.destroy(error);
      this.destroy(error);
    } else this.req.dump();
    const { late } = this;
    this.late = [];
    for (const one of late) this.onMistake(one);
  }

  /** What the listener did wrong is for the server to report, and breaks off an answer that is not given whole. */
  mistaken(error: unknown): void {
    if (this.writableEnded && !this.exchange.closed) this.late.push(error);
    else this.onMistake(error);
  }

  /** Bytes after the end: the answer stands without them. */
  private refuseLate(given: readonly unknown[]): false {
    const error = new MisuseError('ERR_STREAM_WRITE_AFTER_END', 'RFC 9110 §3.4', 'write after end');
    const callback = given.find((one) => typeof one === 'function');
    queueMicrotask(() => {
      callback?.(error);
      // As with `destroy`: for those who listen; the others have the server's report.
      if (!this.destroyed && this.listenerCount('error') > 0) this.emit('error', error);
    });
    this.mistaken(error);
    return false;
  }

  private refuseSent(what: string): void {
    if (this.headersSent) {
      throw new MisuseError(
        'ERR_HTTP_HEADERS_SENT',
        'RFC 9112 §2.1',
        `${what} comes before the head is sent`,
      );
    }
  }
}

function fieldList(entries: readonly (readonly [string, string | readonly string[]])[]): FieldList {
  const list: [string, string][] = [];
  for (const [name, value] of entries) {
    for (const one of typeof value === 'string' ? [value] : value) list.push([name, one]);
  }
  return list;
}

/** Of a body that is given whole; 0 when there is none. */
function lengthOf(chunk: unknown, encoding: unknown): number | undefined {
  if (typeof chunk === 'string') {
    return Buffer.byteLength(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8');
  }
  if (chunk instanceof Uint8Array) return chunk.length;
  return hasChunk(chunk) ? undefined : 0;
}

/** What `end` was given is no callback, and not nothing. */
function hasChunk(chunk: unknown): boolean {
  return chunk !== undefined && chunk !== null && typeof chunk !== 'function';
}

/** Each value of a list, too, where Node would send the word undefined. */
function validate(name: string, value: HeaderValue | undefined): void {
  validateHeaderName(name);
  for (const one of isList<string>(value) ? value : [value]) {
    // Told apart here: the declared type has no undefined, the routine is there to find it.
    validateHeaderValue(name, one as string);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function isList<T>(value: unknown): value is readonly T[] {
  return Array.isArray(value);
}
