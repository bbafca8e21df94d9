/**
 * The platform's errors as transport errors with stable codes. The platform's own error is the `cause`. This file
 * does not know which transport failed.
 */
import { TransportError } from '../../errors.js';

/** Code and words for each platform code that people tell apart. */
const known: Readonly<Record<string, readonly [code: string, message: string]>> = {
  ECONNREFUSED: ['connection-refused', 'nobody listens there'],
  ECONNRESET: ['connection-reset', 'the peer reset the connection'],
  EPIPE: ['connection-reset', 'the peer has gone'],
  ECONNABORTED: ['connection-reset', 'the connection was aborted'],
  ETIMEDOUT: ['connection-timed-out', 'the peer does not answer'],
  EHOSTUNREACH: ['host-unreachable', 'no route to the host'],
  ENETUNREACH: ['host-unreachable', 'no route to the network'],
  EHOSTDOWN: ['host-unreachable', 'the host is down'],
  ENOTFOUND: ['name-not-found', 'the name has no address'],
  EAI_AGAIN: ['name-not-found', 'the name cannot be looked up now'],
  EADDRINUSE: ['address-in-use', 'somebody listens there already'],
  EADDRNOTAVAIL: ['address-unavailable', 'the address is not ours'],
  EACCES: ['permission-denied', 'the address may not be used'],
  EPERM: ['permission-denied', 'the address may not be used'],
  ENOENT: ['address-unavailable', 'the path does not exist'],
  ENOTSOCK: ['address-unavailable', 'what stands at the path is no socket'],
  EMFILE: ['too-many-files', 'no more files can be opened'],
  ENFILE: ['too-many-files', 'no more files can be opened'],
  ERR_STREAM_PREMATURE_CLOSE: ['connection-lost', 'the pipe closed before its end'],
};

/** The code that the platform put on an error; empty if it put none. */
export function platformCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}

/** Any error of the platform's as a transport error; one that is ours already stays itself. */
export function transportError(error: unknown): TransportError {
  if (error instanceof TransportError) return error;
  const [code, message] = known[platformCode(error)] ?? ['transport-failed', 'the pipe broke'];
  const reason = error instanceof Error ? error.message : String(error);
  return new TransportError(code, `${message} (${reason})`, { cause: error });
}

/** The pipe closed though not both of its ends had passed, and without an error. */
export function connectionLost(): TransportError {
  return new TransportError('connection-lost', 'the pipe closed before its end');
}
