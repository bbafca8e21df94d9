/**
 * A request as a promise of its response, for applications that would rather wait than be called. This file does not
 * know how the request finds its connection.
 */
import { answerClose, UndercoatError } from '../errors.js';
import type { ConnectionFacts } from '../session/facts.js';
import type {
  ClientExchange,
  Fields,
  RequestOptions,
  ResponseHead,
  ResponseListener,
} from '../stream/contract.js';
import { collectBody, type ReadBodyOptions, readBody } from './body.js';
import { CopiedFields } from './copied-fields.js';
import { BodySender, type BodySource, bytesOf } from './send-body.js';

/** Whoever sends requests: the client of the endpoint. */
export interface Requester {
  request(
    options: RequestOptions,
    listener: ResponseListener & { begun?(exchange: ClientExchange): void },
  ): { abort(reason?: UndercoatError): void };
}

export interface ExchangeOptions extends RequestOptions {
  /** Takes the request back, or breaks its exchange off. */
  readonly signal?: AbortSignal;
}

/** A response. Its head outlives the exchange; its body is read once, by one of the three ways, or given up. */
export class ClientResponse {
  readonly status: number;
  /** H1 only; empty for H2. */
  readonly reason: string;
  readonly version: ResponseHead['version'];
  readonly fields: Fields;
  readonly facts: ConnectionFacts;
  /** The exchange itself: leases, pausing. */
  readonly exchange: ClientExchange;
  /** What followed the body; undefined before it was read to its end, and when there were none. */
  trailers: Fields | undefined = undefined;

  constructor(head: ResponseHead, exchange: ClientExchange) {
    this.status = head.status;
    this.reason = head.reason;
    this.version = head.version;
    this.fields = new CopiedFields(head.fields);
    this.facts = exchange.facts;
    this.exchange = exchange;
  }

  /** The body in chunks of the caller's own; leaving the loop early gives the rest up. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    return readBody(this.exchange.body, this.keepTrailers);
  }

  /** The whole body. @throws (rejects) LimitError when it is longer than `limitBytes`, default 16 MiB */
  bytes(limitBytes = 16 * 1024 * 1024): Promise<Uint8Array> {
    return collectBody(this.exchange.body, limitBytes, this.keepTrailers);
  }

  /** The whole body, decoded as UTF-8. @throws (rejects) as `bytes` */
  async text(limitBytes?: number): Promise<string> {
    return new TextDecoder().decode(await this.bytes(limitBytes));
  }

  /** The body is not wanted. */
  discard(): void {
    this.exchange.body.discard();
  }

  private get keepTrailers(): ReadBodyOptions {
    return {
      trailers: (trailers) => {
        if (trailers !== undefined) this.trailers = new CopiedFields(trailers);
      },
    };
  }
}

/**
 * Sends a request and resolves with its response as soon as the final head is there. `body` is sent meanwhile.
 * @throws (rejects) UndercoatError when no response will come; `retryable` of `RequestFailed` says whether the peer
 *   has certainly not seen the request
 */
export function exchange(
  requester: Requester,
  options: ExchangeOptions,
  body?: BodySource,
): Promise<ClientResponse> {
  return new Promise((resolve, reject) => {
    const { signal } = options;
    let sender: BodySender | undefined;
    const onAbort = (): void => pending.abort(abortedBy(signal?.reason));
    const done = (): void => signal?.removeEventListener('abort', onAbort);
    const whole = typeof body === 'string' || body instanceof Uint8Array ? bytesOf(body) : undefined;
    const request: RequestOptions = {
      ...options,
      ...(body === undefined ? {} : { end: false }),
      ...(whole === undefined || options.length !== undefined ? {} : { length: whole.length }),
    };
    const pending = requester.request(request, {
      begun: (begun) => {
        begun.onClosed = (error) => {
          done();
          sender?.over(error);
        };
        if (body === undefined) return;
        sender = new BodySender(begun);
        sender.sendAll(whole ?? body).catch((error: unknown) => begun.abort(brokenOff(error)));
      },
      response: (head, begun) => resolve(new ClientResponse(head, begun)),
      failed: (error, retryable) => {
        done();
        reject(new RequestFailed(error, retryable));
      },
    });
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** No response will come. The reason is the `cause`, and its fault, code and citation are this error's. */
export class RequestFailed extends UndercoatError {
  /** True when the peer has certainly not processed the request (RFC 9110 §9.2.2). */
  readonly retryable: boolean;

  constructor(cause: UndercoatError, retryable: boolean) {
    super(cause.fault, cause.code, cause.cites, 'the request failed', cause.answer, { cause });
    this.retryable = retryable;
  }
}

function abortedBy(cause: unknown): UndercoatError {
  return new UndercoatError('api-misuse', 'aborted', 'OWN-7', 'the request was aborted', answerClose, {
    cause,
  });
}

function brokenOff(cause: unknown): UndercoatError {
  const message = 'the source of the request body failed';
  return new UndercoatError('api-misuse', 'body-source-failed', 'OWN-7', message, answerClose, { cause });
}
