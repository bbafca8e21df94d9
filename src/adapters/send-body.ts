/**
 * Sends a body that an application has as bytes, or brings piece by piece: waits for room where there is none, and
 * stops when nobody takes it any more. This file does not know which side sends.
 */
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

const encoder = new TextEncoder();

export function bytesOf(part: Uint8Array | string): Uint8Array {
  return typeof part === 'string' ? encoder.encode(part) : part;
}

/** One body on its way out. Takes `onWritable` of its exchange. */
export class BodySender {
  private readonly exchange: SendingExchange;
  private goOn: (() => void) | undefined = undefined;

  constructor(exchange: SendingExchange) {
    this.exchange = exchange;
    exchange.onWritable = () => this.wake();
  }

  /** The exchange is over, or has room again: whoever waits goes on. Called by who owns `onClosed`. */
  wake(): void {
    const { goOn } = this;
    this.goOn = undefined;
    goOn?.();
  }

  /** One piece; resolves when another is welcome, or not wanted any more. Long pieces are lent (OWN-4). */
  async send(part: Uint8Array | string): Promise<void> {
    const { exchange } = this;
    const bytes = bytesOf(part);
    if (exchange.closed || bytes.length === 0 || exchange.send(bytes)) return;
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
    for await (const part of body) {
      await this.send(part);
      if (exchange.closed) return;
    }
    exchange.end();
  }
}
