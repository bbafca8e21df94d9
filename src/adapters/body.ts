/**
 * A body that is received, for applications that would rather wait than be called: as bytes of their own, as leases,
 * or whole up to a limit. Back-pressure reaches the peer: what is not asked for is not read. Breaking off, by leaving
 * a `for await` early, gives the body up.
 *
 * This file does not know how a body is framed, nor whether it is a request's or a response's.
 */
import { answerStatus, LimitError } from '../errors.js';
import type { Lease } from '../memory/index.js';
import type { BodyConsumer, Fields, IncomingBody } from '../stream/contract.js';

/** Bytes that may lie ready before the body is paused. */
const highWaterBytes = 65_536;

/** What a body brings, one at a time; ends, fails, and can be given up. */
class BodyQueue<T> implements BodyConsumer, AsyncIterableIterator<T> {
  private readonly body: IncomingBody;
  private readonly take: (lease: Lease) => T;
  private readonly drop: (item: T) => void;
  private readonly trailers: ((trailers: Fields | undefined) => void) | undefined;
  private readonly items: { readonly item: T; readonly length: number }[] = [];
  private ready = 0;
  private paused = false;
  private over = false;
  private error: Error | undefined = undefined;
  private waiting: PromiseWithResolversOf<IteratorResult<T, undefined>> | undefined = undefined;

  constructor(
    body: IncomingBody,
    take: (lease: Lease) => T,
    drop: (item: T) => void,
    trailers: ((trailers: Fields | undefined) => void) | undefined,
  ) {
    this.body = body;
    this.take = take;
    this.drop = drop;
    this.trailers = trailers;
    body.consume(this);
  }

  data(lease: Lease): void {
    const { length } = lease;
    const item = this.take(lease);
    const { waiting } = this;
    if (waiting !== undefined) {
      this.waiting = undefined;
      waiting.resolve({ value: item, done: false });
      return;
    }
    this.items.push({ item, length });
    this.ready += length;
    if (this.ready < highWaterBytes || this.paused) return;
    this.paused = true;
    this.body.pause();
  }

  end(trailers: Fields | undefined): void {
    this.over = true;
    this.trailers?.(trailers);
    this.waiting?.resolve({ value: undefined, done: true });
    this.waiting = undefined;
  }

  failed(error: Error): void {
    this.over = true;
    this.error = error;
    this.dropAll();
    this.waiting?.reject(error);
    this.waiting = undefined;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const first = this.items.shift();
    if (first !== undefined) {
      this.ready -= first.length;
      if (this.paused && this.ready < highWaterBytes / 2) {
        this.paused = false;
        this.body.resume();
      }
      return Promise.resolve({ value: first.item, done: false });
    }
    if (this.error !== undefined) return Promise.reject(this.error);
    if (this.over) return Promise.resolve({ value: undefined, done: true });
    this.waiting ??= withResolvers<IteratorResult<T, undefined>>();
    return this.waiting.promise;
  }

  /** Left early: the rest is not wanted. */
  return(): Promise<IteratorResult<T, undefined>> {
    this.dropAll();
    if (!this.over) {
      this.over = true;
      this.body.discard();
    }
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private dropAll(): void {
    for (const { item } of this.items.splice(0)) this.drop(item);
    this.ready = 0;
  }
}

export interface ReadBodyOptions {
  /** Told of the trailers when the body is complete; they are readable until the exchange ends. */
  readonly trailers?: (trailers: Fields | undefined) => void;
}

/** The body's bytes, each chunk the caller's own. Consumes the body at once; may be walked once. */
export function readBody(
  body: IncomingBody,
  options: ReadBodyOptions = {},
): AsyncIterableIterator<Uint8Array> {
  return new BodyQueue(body, copyOut, () => {}, options.trailers);
}

/**
 * The body's bytes where they were received: nothing is copied. Each lease is the caller's to release; what it still
 * has at the end of the exchange is revoked (OWN-7).
 */
export function bodyLeases(body: IncomingBody, options: ReadBodyOptions = {}): AsyncIterableIterator<Lease> {
  return new BodyQueue(
    body,
    (lease) => lease,
    (lease) => {
      if (lease.live) lease.release();
    },
    options.trailers,
  );
}

/**
 * The whole body as one array of the caller's.
 * @throws (rejects) LimitError `body-over-limit` (answer 413) as soon as it is known to be longer than `limitBytes`:
 *   the rest is given up then; or what the body failed with
 */
export function collectBody(
  body: IncomingBody,
  limitBytes: number,
  options: ReadBodyOptions = {},
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    if (body.declaredLength !== undefined && body.declaredLength > limitBytes) {
      body.discard();
      reject(overLimit(limitBytes));
      return;
    }
    const parts: Uint8Array[] = [];
    let length = 0;
    body.consume({
      data: (lease) => {
        length += lease.length;
        if (length > limitBytes) {
          lease.release();
          body.discard();
          reject(overLimit(limitBytes));
        } else parts.push(copyOut(lease));
      },
      end: (trailers) => {
        options.trailers?.(trailers);
        resolve(join(parts, length));
      },
      failed: reject,
    });
  });
}

/** Someone else's memory: the lease goes back. */
function copyOut(lease: Lease): Uint8Array {
  const bytes = lease.copy();
  lease.release();
  return bytes;
}

function join(parts: readonly Uint8Array[], length: number): Uint8Array {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function overLimit(limitBytes: number): LimitError {
  return new LimitError(
    'limitBytes',
    'body-over-limit',
    'RFC 9110 §15.5.14',
    `the body is longer than ${limitBytes} bytes`,
    answerStatus(413),
  );
}

interface PromiseWithResolversOf<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

function withResolvers<T>(): PromiseWithResolversOf<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
