/**
 * The closed set of errors, told apart by whose fault it was. Every error has a stable code, the rule or RFC
 * section it stands on, and the answer that the peer gets. This file does not know any protocol: a session
 * chooses code, citation and answer where it finds the fault.
 */

/** Whose fault it was. The set is closed: nothing else is ever reported. */
export type Fault =
  /** The peer broke the protocol. */
  | 'peer-misbehaved'
  /** The peer was right but asked for what we do not speak (a version, a coding, an expectation). */
  | 'peer-incompatible'
  /** A named limit of ours was reached; the peer may have done nothing wrong. */
  | 'limit-reached'
  /** The byte pipe below broke, or a deadline on it passed. */
  | 'transport-failed'
  /** The caller used the API against a rule. Thrown at the call; nothing has changed. */
  | 'api-misuse';

/**
 * What the peer is told. `status` is an HTTP status code sent before the close; `close` is an orderly end
 * without a word; `abort` tears the transport down; `none` means that the peer is told nothing (misuse). Of HTTP/2,
 * `h2-connection` is a GOAWAY before the close and `h2-stream` a RST_STREAM, with an error code of RFC 9113 §7.
 */
export type Answer =
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'h2-connection'; readonly code: number }
  | { readonly kind: 'h2-stream'; readonly code: number }
  | { readonly kind: 'close' }
  | { readonly kind: 'abort' }
  | { readonly kind: 'none' };

export const answerClose: Answer = Object.freeze({ kind: 'close' });
export const answerAbort: Answer = Object.freeze({ kind: 'abort' });
const answerNone: Answer = Object.freeze({ kind: 'none' });

/** An HTTP status as the answer. */
export function answerStatus(status: number): Answer {
  return { kind: 'status', status };
}

/** Base of every error that Undercoat reports or throws. */
export class UndercoatError extends Error {
  readonly fault: Fault;
  /** Stable, kebab-case; part of the public API. */
  readonly code: string;
  /** The rule or section it stands on: `WS-2`, `RFC 9112 §6.3`. */
  readonly cites: string;
  readonly answer: Answer;

  constructor(
    fault: Fault,
    code: string,
    cites: string,
    message: string,
    answer: Answer,
    options?: ErrorOptions,
  ) {
    super(`${message} [${code}, ${cites}]`, options);
    this.name = new.target.name;
    this.fault = fault;
    this.code = code;
    this.cites = cites;
    this.answer = answer;
  }
}

/** The peer broke the protocol, or asked for something that we do not speak. */
export class ProtocolError extends UndercoatError {
  constructor(
    code: string,
    cites: string,
    message: string,
    answer: Answer,
    fault: 'peer-misbehaved' | 'peer-incompatible' = 'peer-misbehaved',
  ) {
    super(fault, code, cites, message, answer);
  }
}

/** A named limit was reached. `limit` is the name of the option that sets it. */
export class LimitError extends UndercoatError {
  readonly limit: string;

  constructor(limit: string, code: string, cites: string, message: string, answer: Answer) {
    super('limit-reached', code, cites, message, answer);
    this.limit = limit;
  }
}

interface TransportErrorOptions extends ErrorOptions {
  readonly cites?: string;
  /** Where the pipe is one of several that a connection carries; otherwise that is torn down. */
  readonly answer?: Answer;
}

/** The byte pipe failed: reset, refused, timed out, TLS alert. The platform's error, if any, is the `cause`. */
export class TransportError extends UndercoatError {
  constructor(code: string, message: string, options?: TransportErrorOptions) {
    super(
      'transport-failed',
      code,
      options?.cites ?? 'OWN-7',
      message,
      options?.answer ?? answerAbort,
      options,
    );
  }
}

/** The caller broke a rule. Thrown synchronously at the call; no state has changed. */
export class MisuseError extends UndercoatError {
  constructor(code: string, rule: string, message: string) {
    super('api-misuse', code, rule, message, answerNone);
  }
}
