/**
 * One exchange as streams: the request's content from a readable, the response's to a writable, each no faster than the
 * other side takes it, and nothing gathered. This file does not know what carries the exchange.
 */
import type { Readable, Writable } from 'node:stream';
import { BodySender } from '../../adapters/send-body.js';
import type { Client, PendingRequest } from '../../endpoint/client.js';
import { answerClose, UndercoatError } from '../../errors.js';
import type {
  ClientExchange,
  FieldList,
  Fields,
  IncomingBody,
  RequestOptions,
  ResponseHead,
} from '../../stream/contract.js';

export interface Content {
  readonly source: Readable;
  readonly trailers: FieldList;
}

export interface TransferOptions {
  readonly client: Client;
  readonly request: RequestOptions;
  /** Undefined for none. */
  readonly content: Content | undefined;
  readonly out: Writable;
  /** Each head, the interim ones too. */
  readonly head: (head: ResponseHead) => void;
  readonly trailers: (trailers: Fields) => void;
}

/**
 * - `complete`: all of it, and all of it is written;
 * - `unread`: nobody reads `out` any more, so the rest was given up;
 * - an error: it ended otherwise, and `retryable` says whether the peer has certainly not processed it.
 */
export type Outcome =
  | { readonly kind: 'complete' | 'unread' }
  | { readonly kind: 'failed'; readonly error: UndercoatError; readonly retryable: boolean };

export class Transfer {
  readonly outcome: Promise<Outcome>;
  private readonly options: TransferOptions;
  private readonly pending: PendingRequest;
  private settle: (outcome: Outcome) => void = () => {};
  /** The response came whole, and the exchange is over. */
  private received = false;
  private closed = false;

  /** Begins. @throws MisuseError when the request cannot be one */
  constructor(options: TransferOptions) {
    const { client, request, content, out, head } = options;
    this.options = options;
    this.outcome = new Promise((resolve) => {
      this.settle = resolve;
    });
    out.once('error', this.unwritable);
    this.pending = client.request(request, {
      begun: (exchange) => this.begun(exchange, content),
      inform: head,
      response: (final, { body }) => {
        head(final);
        this.receive(body);
      },
      failed: (error, retryable) => this.fail(error, retryable),
    });
  }

  /** Ends it before its time. */
  abort(reason: UndercoatError): void {
    this.pending.abort(reason);
    this.fail(reason, false);
  }

  private begun(exchange: ClientExchange, content: Content | undefined): void {
    let sender: BodySender | undefined;
    exchange.onClosed = (error) => {
      this.closed = true;
      sender?.over(error);
      // Nobody wants the rest.
      content?.source.destroy();
      // A response that is whole is the answer, though the peer cared for no more of the request (RFC 9112 §9.6).
      if (error !== undefined && !exchange.body.complete) this.fail(error, false);
      else this.completed();
    };
    if (content === undefined) return;
    sender = new BodySender(exchange);
    send(sender, exchange, content).catch((thrown: unknown) => {
      const reason = thrown instanceof UndercoatError ? thrown : sourceFailed(thrown);
      exchange.abort(reason);
      this.fail(reason, false);
    });
  }

  private receive(body: IncomingBody): void {
    const { out, trailers } = this.options;
    body.consume({
      data: (lease) => {
        const bytes = lease.copy();
        lease.release();
        if (out.write(bytes)) return;
        body.pause();
        out.once('drain', () => body.resume());
      },
      end: (fields) => {
        if (fields !== undefined) trailers(fields);
        this.received = true;
        this.completed();
      },
      failed: (error) => this.fail(error, false),
    });
  }

  private completed(): void {
    if (!this.received || !this.closed) return;
    // An empty write comes back when all that was written before has.
    this.options.out.write('', () => this.end({ kind: 'complete' }));
  }

  private fail(error: UndercoatError, retryable: boolean): void {
    this.end({ kind: 'failed', error, retryable });
  }

  private end(outcome: Outcome): void {
    this.options.out.off('error', this.unwritable);
    this.options.content?.source.destroy();
    this.settle(outcome);
  }

  private readonly unwritable = (error: Error): void => {
    // Whoever goes on writing is told again.
    this.options.out.on('error', () => {});
    const isUnread = (error as NodeJS.ErrnoException).code === 'EPIPE';
    const reason = outputFailed(error);
    this.end(isUnread ? { kind: 'unread' } : { kind: 'failed', error: reason, retryable: false });
    this.pending.abort(reason);
  };
}

async function send(
  sender: BodySender,
  exchange: ClientExchange,
  { source, trailers }: Content,
): Promise<void> {
  for await (const part of source as AsyncIterable<Uint8Array>) {
    await sender.send(part);
    if (exchange.closed) return;
  }
  if (!exchange.closed) exchange.end(trailers.length === 0 ? undefined : trailers);
}

function sourceFailed(cause: unknown): UndercoatError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new UndercoatError('api-misuse', 'body-source-failed', 'OWN-7', `the body: ${why}`, answerClose);
}

function outputFailed(cause: Error): UndercoatError {
  const message = `standard output: ${cause.message}`;
  return new UndercoatError('api-misuse', 'output-failed', 'OWN-7', message, answerClose);
}
