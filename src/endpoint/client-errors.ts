/**
 * Why a client did not begin a request: not a byte of it was sent. This file does not know when that is so.
 */
import { answerClose, LimitError, UndercoatError } from '../errors.js';

export function tooManyWaiting(most: number): LimitError {
  return new LimitError(
    'maxWaiting',
    'too-many-waiting',
    'OWN-8',
    `${most} requests wait for a connection`,
    answerClose,
  );
}

export function waitedTooLong(milliseconds: number): LimitError {
  return new LimitError(
    'waitTimeout',
    'waited-too-long',
    'LAY-4',
    `no connection took the request within ${milliseconds} ms`,
    answerClose,
  );
}

export function takenBack(): UndercoatError {
  return new UndercoatError(
    'api-misuse',
    'taken-back',
    'OWN-7',
    'the request was taken back unsent',
    answerClose,
  );
}

export function connectionLost(cause?: unknown): UndercoatError {
  return new UndercoatError(
    'transport-failed',
    'connection-lost',
    'OWN-7',
    'the connection ended before it took the request',
    answerClose,
    { cause },
  );
}
