/**
 * What can go wrong with a connection besides its messages: the errors of the two sessions, each with its answer. A
 * client has nobody to answer and closes. This file does not know how a fault is found.
 */
import {
  type Answer,
  answerClose,
  LimitError,
  ProtocolError,
  TransportError,
  UndercoatError,
} from '../../errors.js';

/** The peer half-closed within a message. */
export function incomplete(what: 'head' | 'body', answer: Answer): ProtocolError {
  return new ProtocolError(
    `incomplete-${what}`,
    'RFC 9112 §8',
    `the peer ended the connection within a message ${what}`,
    answer,
  );
}

/** WS-9: what must stay contiguous is longer than the receive workspace. */
export function inputExhausted(answer: Answer): LimitError {
  return new LimitError(
    'slabBytes',
    'input-exhausted',
    'WS-9, RFC 6585 §5',
    'a head or a trailer section is longer than the receive workspace',
    answer,
  );
}

/** A deadline of the session's has passed. `limit` is its name among the `Deadlines`. */
export function timeout(limit: string, code: string, cites: string, answer: Answer): LimitError {
  return new LimitError(limit, code, cites, `the ${limit} deadline has passed`, answer);
}

export function unsolicited(): ProtocolError {
  return new ProtocolError('unsolicited', 'RFC 9112 §9.2', 'bytes came that answer no request', answerClose);
}

export function unasked(): ProtocolError {
  return new ProtocolError(
    'upgrade-unasked',
    'RFC 9110 §7.8',
    'the peer switched protocols unasked',
    answerClose,
  );
}

export function notAnswered(): ProtocolError {
  return new ProtocolError(
    'not-answered',
    'RFC 9112 §9.3.2',
    'the peer closed the connection before it answered',
    answerClose,
  );
}

export function earlyResponse(): ProtocolError {
  return new ProtocolError(
    'early-response',
    'RFC 9112 §9.5',
    'the peer answered, and will not read the rest of the request',
    answerClose,
  );
}

/** What a callback threw that belongs to no exchange. */
export function callbackFailed(cause: unknown): UndercoatError {
  return new UndercoatError(
    'api-misuse',
    'application-failed',
    'OWN-7',
    'the application failed',
    answerClose,
    { cause },
  );
}

export function tooManyInterim(count: number): LimitError {
  return new LimitError(
    'maxInterim',
    'too-many-interim',
    'WORK-1',
    `more than ${count} interim responses to one request`,
    answerClose,
  );
}

/** A discarded response that is longer than what is read to keep the connection. */
export function undrained(drainBytes: number): LimitError {
  return new LimitError(
    'drainBytes',
    'body-undrained',
    'RFC 9112 §9.3',
    `more than ${drainBytes} bytes of a discarded body are not read to keep the connection`,
    answerClose,
  );
}

/** What is told of a connection that went away and gave no reason. */
export function connectionClosed(): TransportError {
  return new TransportError('closed', 'the connection closed before the exchange was complete');
}
