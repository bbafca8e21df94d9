/**
 * A body that is received, for applications that would rather wait than be called: as bytes of their own, as leases,
 * or whole up to a limit. Back-pressure reaches the peer: what is not asked for is not read. Breaking off, by leaving
 * a `for await` early, gives the body up.
 *
 * This file does not know how a body is framed, nor whether it is a request's or a response's.
 */
import { answerStatus, LimitError } from '../errors.js';
import type { Lease } from '../memory/index.js';
import { limit, requireOption } from '../options.js';
import type { BodyConsumer, Fields, IncomingBody } from '../stream/contract.js';

/** Bytes that may lie ready before the body is paused. */
const highWaterBytes = 65_536;

/** What becomes of a lease on its way to whoever waits for it. */
interface Handling<T> {
  take(lease: Lease): T;
  drop(item: T): void;
  /** What was handed out is good until the exchange ends: its end must not be told before the application has it. */
  readonly lends: boolean;
}

const copies: Handling<Uint8Array> = { take: copyOut, drop: () => {}, lends: false };
const leases: Handling<Lease> = {
  take: (lease) => lease,
  drop: (lease) => {
    if (lease.live) lease.release();
  },
  lends: true,
};

/**
 * What a body brings, one at a time; ends, fails, and can be given up. What is lent comes one at a time, too: the body
 * is paused with each, and goes on when the next one is asked for.
 */
class BodyQueue<T> implements BodyConsumer, AsyncIterableIterator<T> {
  private readonly body: IncomingBody;
  private readonly handling: Handling<T>;
  private readonly options: ReadBodyOptions;
  private readonly items: { readonly item: T; readonly length: number }[] = [];
  private ready = 0;
  private paused = false;
  private over = false;
  private error: Error | undefined = undefined;
  /** Whoever asked when nothing was ready, first come, first served. */
  private readonly waiters: PromiseWithResolversOf<IteratorResult<T, undefined>>[] = [];
  /** The last that somebody was given. */
  private given: Promise<unknown> = Promise.resolve();

  constructor(body: IncomingBody, handling: Handling<T>, options: ReadBodyOptions) {
    this.body = body;
    this.handling = handling;
    this.options = options;
    body.consume(this);
  }

  data(lease: Lease): void {
    const { handling, waiters } = this;
    const { length } = lease;
    const item = handling.take(lease);
    const waiter = waiters.shift();
    if (waiter === undefined) {
      this.items.push({ item, length });
      this.ready += length;
    } else {
      waiter.resolve({ value: item, done: false });
      this.given = waiter.promise;
    }
    if (this.paused || (this.ready < highWaterBytes && !handling.lends)) return;
    this.paused = true;
    this.body.pause();
    if (waiters.length > 0) this.goOn();
  }

  end(trailers: Fields | undefined): void {
    this.over = true;
    this.options.trailers?.(trailers);
    this.settleWaiters();
  }

  /** What is ours was received before, and is delivered before (LAY-5); what is lent ends with the exchange (OWN-7). */
  failed(error: Error): void {
    this.over = true;
    this.error = error;
    if (this.handling.lends) this.dropAll();
    this.settleWaiters();
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const first = this.items.shift();
    if (first !== undefined) {
      this.ready -= first.length;
      if (this.ready < highWaterBytes / 2 && !this.handling.lends) this.goOn();
      const given = Promise.resolve({ value: first.item, done: false as const });
      this.given = given;
      return given;
    }
    if (this.over) return this.outcome();
    const waiter = withResolvers<IteratorResult<T, undefined>>();
    this.waiters.push(waiter);
    this.goOn();
    return waiter.promise;
  }

  /** Left early: the rest is not wanted. */
  return(): Promise<IteratorResult<T, undefined>> {
    this.dropAll();
    this.error = undefined;
    if (!this.over) {
      this.over = true;
      this.body.discard();
      this.options.left?.();
    }
    this.settleWaiters();
    return this.outcome();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** More is welcome: as soon as whoever was given the last one has it. */
  private goOn(): void {
    if (!this.paused) return;
    this.paused = false;
    if (this.handling.lends) this.given.then(() => this.body.resume());
    else this.body.resume();
  }

  /** Nothing comes any more. */
  private settleWaiters(): void {
    for (const waiter of this.waiters.splice(0)) {
      if (this.error === undefined) waiter.resolve({ value: undefined, done: true });
      else waiter.reject(this.error);
    }
  }

  private outcome(): Promise<IteratorResult<T, undefined>> {
    if (this.error !== undefined) return Promise.reject(this.error);
    return Promise.resolve({ value: undefined, done: true });
  }

  private dropAll(): void {
    for (const { item } of this.items.splice(0)) this.handling.drop(item);
    this.ready = 0;
  }
}

export interface ReadBodyOptions {
  /** Told of the trailers when the body is complete; they are readable until the exchange ends. */
  readonly trailers?: (trailers: Fields | undefined) => void;
  /** Told when the rest is given up before the body was complete. */
  readonly left?: () => void;
}

/**
 * The body's bytes, each chunk the caller's own. Consumes the body at once; may be walked once. What had come before the
 * body failed comes before the error.
 */
export function readBody(
  body: IncomingBody,
  options: ReadBodyOptions = {},
): AsyncIterableIterator<Uint8Array> {
  return new BodyQueue(body, copies, options);
}

/**
 * The body's bytes where they were received: nothing is copied, but what comes together and has to wait for its turn in
 * H2. Each lease is the caller's to release; what it still has at the end of the exchange is revoked (OWN-7). They come
 * one by one: asking for the next one says that the caller has the one before, and the exchange does not end before he
 * asked once more, and was told that there is none, or left. When the body fails, leases that were not released are lost.
 */
export function bodyLeases(body: IncomingBody, options: ReadBodyOptions = {}): AsyncIterableIterator<Lease> {
  return new BodyQueue(body, leases, options);
}

/**
 * The whole body as one array of the caller's.
 * @throws (rejects) LimitError `body-over-limit` (answer 413) as soon as it is known to be longer than `limitBytes`:
 *   the rest is given up then; or what the body failed with; MisuseError for a limit that is none
 */
export function collectBody(
  body: IncomingBody,
  limitBytes: number,
  options: ReadBodyOptions = {},
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    requireOption('limitBytes', limitBytes, limit(), 'limit-value', 'RFC 9110 §15.5.14');
    const giveUp = (): void => {
      body.discard();
      options.left?.();
      reject(overLimit(limitBytes));
    };
    if (body.declaredLength !== undefined && body.declaredLength > limitBytes) {
      giveUp();
      return;
    }
    const parts: Uint8Array[] = [];
    let length = 0;
    body.consume({
      data: (lease) => {
        length += lease.length;
        if (length > limitBytes) {
          lease.release();
          giveUp();
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
