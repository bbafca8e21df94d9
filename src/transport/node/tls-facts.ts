/**
 * What TLS agreed, and what went wrong in it, in our words. This file does not know which end we are.
 */
import type { TLSSocket } from 'node:tls';
import { TransportError } from '../../errors.js';
import type { TlsFacts } from '../facts.js';
import { platformCode, transportError } from './errors.js';

/** The facts of a handshake that is done. The certificate is a copy. */
export function tlsFacts(socket: TLSSocket, servername: string | undefined): TlsFacts {
  const { raw } = socket.getPeerCertificate();
  // The platform says false where nothing was agreed.
  const alpn = socket.alpnProtocol || undefined;
  return {
    version: socket.getProtocol() ?? '',
    cipher: socket.getCipher().name,
    authorized: socket.authorized,
    ...(alpn === undefined ? undefined : { alpn }),
    ...(servername === undefined ? undefined : { servername }),
    ...(raw === undefined ? undefined : { peerCertificate: Uint8Array.from(raw) }),
  };
}

/** Codes of the platform for a certificate that does not verify (X509_V_ERR_…); the list is OpenSSL's. */
const unverified =
  /^(UNABLE_TO_|CERT_|CRL_|ERROR_IN_C|DEPTH_ZERO_|SELF_SIGNED_|INVALID_(CA|PURPOSE)|PATH_LENGTH_|HOSTNAME_MISMATCH|OUT_OF_MEM)/;

/**
 * An error of the platform's TLS as a transport error: `tls-certificate-rejected`, `tls-name-mismatch`,
 * `tls-no-application-protocol`, `tls-alert` (the peer refused), `tls-failed` for any other; what is not TLS's own
 * keeps the code of the pipe.
 */
export function tlsError(error: unknown): TransportError {
  if (error instanceof TransportError) return error;
  const code = platformCode(error);
  const reason = (error instanceof Error ? error.message : String(error)).trim();
  const made = (ours: string, what: string, cites: string): TransportError =>
    new TransportError(ours, `${what} (${reason})`, { cause: error, cites });
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return made('tls-name-mismatch', "the peer's certificate is for another name", 'RFC 9110 §4.3.4');
  }
  if (unverified.test(code)) return tlsUnverified(reason, error);
  if (/NO_APPLICATION_PROTOCOL/.test(code)) {
    return made('tls-no-application-protocol', 'no protocol was agreed', 'RFC 7301 §3.2');
  }
  if (/^ERR_SSL_.*ALERT_/.test(code)) return made('tls-alert', 'the peer refused', 'RFC 8446 §6.2');
  if (/^ERR_(SSL|TLS|OSSL)/.test(code)) return made('tls-failed', 'TLS failed', 'RFC 8446 §6.2');
  return transportError(error);
}

/** The peer's certificate does not verify; `reason` is the platform's code or words. */
export function tlsUnverified(reason: string, cause: unknown): TransportError {
  return new TransportError(
    'tls-certificate-rejected',
    `the peer's certificate does not verify (${reason})`,
    {
      cause,
      cites: 'RFC 8446 §4.4.2.4',
    },
  );
}

/** The pipe below ended without close_notify: what is missing, nobody can tell. */
export function tlsTruncated(): TransportError {
  return new TransportError('tls-truncated', 'the pipe ended before TLS did', { cites: 'RFC 8446 §6.1' });
}

/** The peer ended the pipe in the middle of the handshake. */
export function tlsUnfinished(): TransportError {
  return new TransportError('tls-unfinished', 'the peer ended in the handshake', { cites: 'RFC 8446 §6.1' });
}
