/**
 * What is said of a connection that something did not happen on in time. This file does not know any deadline.
 */
import { TransportError } from '../errors.js';

export function timedOut(code: string, message: string): TransportError {
  return new TransportError(code, message, { cites: 'LAY-4' });
}

/** Output waits, and the peer has taken none of it for as long as it may. */
export function unread(): TransportError {
  return timedOut('write-timeout', 'the peer does not read');
}
