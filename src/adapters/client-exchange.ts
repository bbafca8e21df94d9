/**
 * A request as a promise of its response, for applications that would rather wait than be called. This file does not
 * know how the request finds its connection.
 */
import { answerClose, UndercoatError } from '../errors.js';
import { duration, having, type OptionRules, optionalRule, readOptions } from '../options.js';
import type { ConnectionFacts } from '../session/facts.js';
import type {
  ClientExchange,
  Fields,
  RequestOptions,
  ResponseHead,
  ResponseListener,
} from '../stream/contract.js';
import { requireAuthority } from '../stream/require-request.js';
import { collectBody, type ReadBodyOptions, readBody } from './body.js';
import { CopiedFields } from './copied-fields.js';
import { BodySender, type BodySource, bytesOf, requireSource } from './send-body.js';

/** Whoever sends requests: the client of the endpoint. */
export interface Requester {
  /** Calls back once, when so many milliseconds have passed on the clock of its connections. */
  after(milliseconds: number, callback: () => void): { cancel(): void };
  request(
    options: RequestOptions,
    listener: ResponseListener & { begun?(exchange: ClientExchange): void },
  ): { abort(reason?: UndercoatError): void };
}

export interface ExchangeOptions extends RequestOptions {
  /** Takes the request back, or breaks its exchange off. */
  readonly signal?: AbortSignal;
  /**
   * With `expectContinue`: milliseconds after which the body is sent though the peer has said nothing; default 1000. There
   * are peers that never will (RFC 9110 §10.1.1).
   */
  readonly continueTimeout?: number;
}

type Own = Pick<Required<ExchangeOptions>, 'continueTimeout'> & { readonly signal: AbortSignal | undefined };

const rules: OptionRules<Own> = {
  continueTimeout: { kind: duration, fallback: 1000, code: 'continue-timeout', cites: 'LAY-4' },
  signal: optionalRule(
    having<AbortSignal>('an AbortSignal', 'addEventListener', 'removeEventListener'),
    'OWN-7',
  ),
};

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
  private readonly doneWith: () => void;

  /** `doneWith` is told when the body was read to its end, or given up. */
  constructor(head: ResponseHead, exchange: ClientExchange, doneWith: () => void) {
    this.status = head.status;
    this.reason = head.reason;
    this.version = head.version;
    this.fields = new CopiedFields(head.fields);
    this.facts = exchange.facts;
    this.exchange = exchange;
    this.doneWith = doneWith;
  }

  /** The body in chunks of the caller's own; leaving the loop early gives the rest up. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    return readBody(this.exchange.body, this.told);
  }

  /** The whole body. @throws (rejects) LimitError when it is longer than `limitBytes`, default 16 MiB */
  bytes(limitBytes = 16 * 1024 * 1024): Promise<Uint8Array> {
    return collectBody(this.exchange.body, limitBytes, this.told);
  }

  /** The whole body, decoded as UTF-8. @throws (rejects) as `bytes` */
  async text(limitBytes?: number): Promise<string> {
    return new TextDecoder().decode(await this.bytes(limitBytes));
  }

  /** The body is not wanted. */
  discard(): void {
    this.exchange.body.discard();
    this.doneWith();
  }

  private get told(): ReadBodyOptions {
    return {
      trailers: (trailers) => {
        if (trailers !== undefined) this.trailers = new CopiedFields(trailers);
        this.doneWith();
      },
      left: this.doneWith,
    };
  }
}

/**
 * Sends a request and resolves with its response as soon as the final head is there. `body` is sent meanwhile; with
 * `expectContinue` when the peer asks for it, or has let `continueTimeout` pass, and not at all when it has answered
 * before: then the exchange is broken off as soon as the response was read or given up.
 * @throws MisuseError (rejects) `continue-timeout`, `authority`, `body-type`, or `option-value` for a signal that is none
 * @throws (rejects) UndercoatError when no response will come; `retryable` of `RequestFailed` says whether the peer
 *   has certainly not seen the request
 */
export function exchange(
  requester: Requester,
  options: ExchangeOptions,
  body?: BodySource,
): Promise<ClientResponse> {
  return new Promise((resolve, reject) => {
    const { continueTimeout, signal } = readOptions(rules, options);
    requireAuthority(options);
    if (body !== undefined) requireSource(body);
    let upload: Upload | undefined;
    const onAbort = (): void => pending.abort(abortedBy(signal?.reason));
    const done = (): void => signal?.removeEventListener('abort', onAbort);
    const whole = typeof body === 'string' || body instanceof Uint8Array ? bytesOf(body) : undefined;
    // Nobody waits for leave to send nothing (RFC 9110 §10.1.1).
    const waits = options.expectContinue === true && whole?.length !== 0;
    const request: RequestOptions = {
      ...options,
      ...(body === undefined ? {} : { end: false, expectContinue: waits }),
      ...(whole === undefined || options.length !== undefined ? {} : { length: whole.length }),
    };
    const pending = requester.request(request, {
      begun: (begun) => {
        begun.onClosed = (error) => {
          done();
          upload?.over(error);
        };
        if (body === undefined) return;
        upload = new Upload(begun, whole ?? body);
        if (waits) upload.beginAfter(requester, continueTimeout);
        else upload.begin();
      },
      inform: (head) => {
        if (head.status === 100) upload?.begin();
      },
      response: (head, begun) => {
        upload?.answered();
        resolve(new ClientResponse(head, begun, () => upload?.responseDone()));
      },
      failed: (error, retryable) => {
        done();
        reject(new RequestFailed(error, retryable));
      },
    });
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** The body of a request, which may have to wait for the peer's leave. */
class Upload {
  private readonly exchange: ClientExchange;
  private readonly body: BodySource;
  private readonly sender: BodySender;
  private timer: { cancel(): void } | undefined = undefined;
  private begun = false;
  /** The peer has answered without having asked for it. */
  private unwanted = false;

  constructor(exchange: ClientExchange, body: BodySource) {
    this.exchange = exchange;
    this.body = body;
    this.sender = new BodySender(exchange);
  }

  begin(): void {
    this.timer?.cancel();
    if (this.begun || this.unwanted) return;
    this.begun = true;
    this.sender.sendAll(this.body).catch((error: unknown) => this.exchange.abort(brokenOff(error)));
  }

  beginAfter(requester: Requester, milliseconds: number): void {
    this.timer = requester.after(milliseconds, () => this.begin());
  }

  answered(): void {
    this.timer?.cancel();
    this.unwanted = !this.begun;
  }

  /** A message whose content is not sent has no end: nothing can follow it. */
  responseDone(): void {
    if (this.unwanted) this.exchange.abort();
  }

  over(error: UndercoatError | undefined): void {
    this.unwanted = false;
    // Also of a body that was not begun the source is told that nobody takes it.
    this.begin();
    this.sender.over(error);
  }
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
