/**
 * What an application gives to an exchange, judged at the call (WS-8): the types that a program without type checks may
 * get wrong, before a byte of the message is built. This file does not know what is sent, nor how.
 */
import { MisuseError, UndercoatError } from '../errors.js';
import { Lease } from '../memory/index.js';
import type { BodyConsumer, ResponseListener } from './contract.js';

/** @throws MisuseError `body-type` when it is no Uint8Array, of this realm or another */
export function requireBytes(given: Uint8Array): void {
  if (!(given instanceof Uint8Array)) requireForeignBytes(given);
}

function requireForeignBytes(given: unknown): void {
  if (ArrayBuffer.isView(given) && Object.prototype.toString.call(given) === '[object Uint8Array]') return;
  throw new MisuseError('body-type', 'WS-8', 'content is given as a Uint8Array');
}

/** @throws MisuseError `body-type` when it is no lease */
export function requireLease(given: Lease): void {
  if (given instanceof Lease) return;
  throw new MisuseError('body-type', 'WS-8', 'this content is given as a lease');
}

/** The length that a call declares, -1 for none. @throws MisuseError `length` */
export function givenLength(length: number | undefined): number {
  if (length === undefined) return -1;
  if (length >= 0 && Number.isSafeInteger(length)) return length;
  throw new MisuseError(
    'length',
    'RFC 9110 §8.6',
    `a length is a non-negative integer, not ${String(length)}`,
  );
}

/** @throws MisuseError `body-consumer` when it cannot be told everything */
export function requireConsumer(given: BodyConsumer): void {
  const { data, end, failed } = (given ?? {}) as Partial<BodyConsumer>;
  if (typeof data === 'function' && typeof end === 'function' && typeof failed === 'function') return;
  throw new MisuseError('body-consumer', 'OWN-1', 'a consumer has data, end and failed');
}

/** @throws MisuseError `tunnel-taker` when nobody would take the tunnel over (LAY-7) */
export function requireTaker(given: unknown): void {
  if (typeof given === 'function') return;
  throw new MisuseError('tunnel-taker', 'LAY-7', 'an upgrade says by a function who takes the tunnel over');
}

/** @throws MisuseError `response-listener` when it cannot be told how a request ends */
export function requireListener(given: ResponseListener): void {
  const { response, failed } = (given ?? {}) as Partial<ResponseListener>;
  if (typeof response === 'function' && typeof failed === 'function') return;
  throw new MisuseError('response-listener', 'LAY-4', 'whoever waits for a response has response and failed');
}

/** @throws MisuseError `callback`: said at the call where that has one, and else when it is due */
export function requireCallback(name: string, given: unknown): void {
  if (typeof given !== 'function') throw notCallable(name);
}

export function notCallable(name: string): MisuseError {
  return new MisuseError('callback', 'OWN-9', `${name} is a function, or undefined`);
}

/** Why an application breaks off; `otherwise` makes an error of what is none, which is then its cause. */
export function givenReason(
  reason: unknown,
  absent: () => UndercoatError,
  otherwise: (cause: unknown) => UndercoatError,
): UndercoatError {
  if (reason === undefined) return absent();
  return reason instanceof UndercoatError ? reason : otherwise(reason);
}
