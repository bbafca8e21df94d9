/**
 * What becomes of a handler that does wrong. Whatever it does, the peer gets one whole answer or sees that it gets
 * none, and nothing stays held:
 *
 *  - it throws, or its promise rejects: 500 if no answer was begun (or the answer that a typed error names, 413 for a
 *    body over a limit), else the exchange is broken off so that the peer sees the truncation;
 *  - its promise resolves and it has not answered: 500. Without a promise it may answer later;
 *  - it never answers: the session's first-byte deadline answers 503;
 *  - it begins an answer and never ends it: the exchange is broken off when the session's total deadline passes, and the
 *    peer sees the truncation;
 *  - it answers twice: `MisuseError` at the second call, the first answer stands;
 *  - it abandons the body: drained within the session's budget, or the connection closes after the answer;
 *  - it keeps a lease: revoked when the exchange ends (OWN-7).
 *
 * This file does not know which session carries the exchange.
 */
import { answerStatus, UndercoatError } from '../errors.js';
import type { ServerExchange, ServerListener } from '../stream/contract.js';
import type { Clock } from '../transport/clock.js';

/** Answers an exchange, at once or later. */
export type Handler = (exchange: ServerExchange) => void | Promise<void>;

/** Told of what application code threw; `exchange` is undefined where it is not known any more. */
export type ErrorReport = (error: unknown, exchange: ServerExchange | undefined) => void;

/** Gives exchanges to `handler`. */
export function serverListener(handler: Handler, report: ErrorReport, clock: Clock): ServerListener {
  const failed = (error: unknown, exchange: ServerExchange): void => {
    report(error, exchange);
    exchange.abort(failureOf(error));
  };
  const resolved = (exchange: ServerExchange): void => {
    // An abort that the handler asked for comes into effect in a turn; that turn stands before this one in line.
    clock.defer(() => {
      if (exchange.responded || exchange.closed) return;
      failed(unanswered(), exchange);
    });
  };
  return (exchange) => {
    try {
      const result = handler(exchange);
      // Whatever else a handler of plain JavaScript returns is nothing to wait for.
      if (typeof result?.then !== 'function') return;
      result.then(
        () => resolved(exchange),
        (error: unknown) => failed(error, exchange),
      );
    } catch (error) {
      failed(error, exchange);
    }
  };
}

/** A typed error keeps its answer, so that a limit is answered as one; anything else is 500. */
function failureOf(error: unknown): UndercoatError {
  if (error instanceof UndercoatError && error.fault !== 'api-misuse') return error;
  const message = 'the handler failed';
  return new UndercoatError('api-misuse', 'handler-failed', 'WS-9', message, answerStatus(500), {
    cause: error,
  });
}

function unanswered(): UndercoatError {
  return new UndercoatError(
    'api-misuse',
    'no-answer',
    'RFC 9110 §3.4',
    'the handler was done and had not answered',
    answerStatus(500),
  );
}
