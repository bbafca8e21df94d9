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
import { closeFitting, Gathered, putBehind } from './gathered.js';

/** Bytes that may lie ready before the body is paused: those of memory, be they filled or not. */
const highWaterBytes = 65_536;

/** What is ready, and how many bytes of the body it is. */
interface Ready<T> {
  item: T;
  length: number;
}

/** What becomes of a lease on its way to whoever waits for it. */
interface Handling<T> {
  take(lease: Lease): T;
  /** Puts the lease behind what is ready, in the same item; false where it has to be one of its own. */
  join(last: Ready<T>, lease: Lease): boolean;
  /** What is ready as it is handed out. */
  give(ready: Ready<T>): T;
  /** Bytes of memory that an item takes. */
  held(item: T): number;
  drop(item: T): void;
  /** What was handed out is good until the exchange ends: its end must not be told before the application has it. */
  readonly lends: boolean;
}

const copies: Handling<Uint8Array> = {
  take: copyOut,
  join: putBehind,
  give: closeFitting,
  held: (bytes) => bytes.length,
  drop: () => {},
  lends: false,
};
const leases: Handling<Lease> = {
  take: (lease) => lease,
  join: () => false,
  give: ({ item }) => item,
  held: (lease) => lease.length,
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
  private readonly items: Ready<T>[] = [];
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
    const waiter = waiters.shift();
    if (waiter === undefined) this.keep(lease);
    else {
      waiter.resolve({ value: handling.take(lease), done: false });
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
      const { handling } = this;
      this.ready -= handling.held(first.item);
      if (this.ready < highWaterBytes / 2 && !handling.lends) this.goOn();
      const given = Promise.resolve({ value: handling.give(first), done: false as const });
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

  /** Nobody has asked for it yet. What is small is put to what is small (OWN-8). */
  private keep(lease: Lease): void {
    const { handling, items } = this;
    const last = items.at(-1);
    if (last !== undefined) {
      const before = handling.held(last.item);
      if (handling.join(last, lease)) {
        this.ready += handling.held(last.item) - before;
        return;
      }
    }
    const { length } = lease;
    const item = handling.take(lease);
    items.push({ item, length });
    this.ready += handling.held(item);
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
 * The body's bytes, each chunk the caller's own; small ones that lie ready come together. Consumes the body at once; may
 * be walked once. What had come before the body failed comes before the error.
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
    const gathered = new Gathered();
    body.consume({
      data: (lease) => {
        if (gathered.length + lease.length > limitBytes) {
          lease.release();
          giveUp();
        } else gathered.add(lease);
      },
      end: (trailers) => {
        options.trailers?.(trailers);
        resolve(gathered.whole());
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
