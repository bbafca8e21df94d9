/**
 * Sends a body that an application has as bytes, or brings piece by piece: waits for room where there is none, and
 * stops when nobody takes it any more. This file does not know which side sends.
 */
import { type OptionKind, requireOption } from '../options.js';
import type { OutgoingBody } from '../stream/contract.js';

/** Bytes, text (sent as UTF-8), or a source of either. */
export type BodySource =
  | Uint8Array
  | string
  | AsyncIterable<Uint8Array | string>
  | Iterable<Uint8Array | string>;

/** What a body is sent to. */
export interface SendingExchange extends OutgoingBody {
  /** True once nothing more is taken. */
  readonly closed: boolean;
}

/** Whatever brings pieces. */
export interface PieceSource {
  /** The next one; undefined when there are no more. */
  next(): Promise<Uint8Array | string | undefined>;
  /** Nobody takes any more: the source need not go on, and `next` need not come to an end. Called at most once. */
  leave(error: Error | undefined): Promise<unknown>;
}

const sourceKind: OptionKind<BodySource> = {
  what: 'bytes, text, or an iterable of either',
  fits: (value): value is BodySource =>
    typeof value === 'string' ||
    (typeof value === 'object' &&
      value !== null &&
      (Symbol.asyncIterator in value || Symbol.iterator in value)),
};

/** @throws MisuseError `body-type` */
export function requireSource(body: BodySource): void {
  requireOption('body', body, sourceKind, 'body-type', 'WS-8');
}

const encoder = new TextEncoder();

export function bytesOf(part: Uint8Array | string): Uint8Array {
  return typeof part === 'string' ? encoder.encode(part) : part;
}

/** One body on its way out. Takes `onWritable` of its exchange. */
export class BodySender {
  private readonly exchange: SendingExchange;
  private goOn: (() => void) | undefined = undefined;
  private source: PieceSource | undefined = undefined;
  /** What the source has to say of being left. */
  private left: Promise<unknown> | undefined = undefined;

  constructor(exchange: SendingExchange) {
    this.exchange = exchange;
    exchange.onWritable = () => this.wake();
  }

  /** The exchange is over: whoever waits goes on, and the source is told at once. Called by who owns `onClosed`. */
  over(error: Error | undefined): void {
    this.wake();
    this.leave(error);
  }

  /** One piece; resolves when another is welcome, or not wanted any more. Long pieces are lent (OWN-4). */
  async send(part: Uint8Array | string): Promise<void> {
    const { exchange } = this;
    const bytes = bytesOf(part);
    if (bytes.length === 0 || exchange.send(bytes)) return;
    if (exchange.closed) return;
    await new Promise<void>((resolve) => {
      this.goOn = resolve;
    });
  }

  /** Everything, and the end of the message. What the source throws rejects. */
  async sendAll(body: BodySource): Promise<void> {
    const { exchange } = this;
    if (typeof body === 'string' || body instanceof Uint8Array) {
      exchange.send(bytesOf(body), true);
      return;
    }
    await this.sendFrom(piecesOf(body));
  }

  /** The same, from a source. */
  async sendFrom(source: PieceSource): Promise<void> {
    const { exchange } = this;
    this.source = source;
    for (;;) {
      const piece = exchange.closed ? undefined : await source.next();
      if (exchange.closed) {
        this.leave(undefined);
        await this.left;
        return;
      }
      if (piece === undefined) break;
      await this.send(piece);
    }
    this.source = undefined;
    exchange.end();
  }

  private wake(): void {
    const { goOn } = this;
    this.goOn = undefined;
    goOn?.();
  }

  private leave(error: Error | undefined): void {
    const { source } = this;
    this.source = undefined;
    if (source === undefined) return;
    this.left = source.leave(error);
    // `sendFrom` says what became of it, if the source lets it go on: it need not.
    this.left.catch(() => {});
  }
}

function piecesOf(body: Exclude<BodySource, Uint8Array | string>): PieceSource {
  const iterator = Symbol.asyncIterator in body ? body[Symbol.asyncIterator]() : body[Symbol.iterator]();
  return {
    next: async () => {
      const { done, value } = await iterator.next();
      return done === true ? undefined : value;
    },
    leave: async () => iterator.return?.(),
  };
}
