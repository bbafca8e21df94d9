/**
 * Everything that can be wrong with an H1 message as it is read: code, citation, words and the status that
 * answers it. Readers name a row; an error object is built only when somebody asks for it. This file does not
 * know how a fault is found.
 */

import { answerClose, answerStatus, LimitError, ProtocolError } from '../../errors.js';

/** One way in which a message is refused. */
export interface MessageFault {
  /** Stable, kebab-case: the `code` of the error. */
  readonly code: string;
  readonly cites: string;
  readonly message: string;
  /** What a server answers. A client has nobody to answer and closes. */
  readonly status: number;
  /** The limit that was reached, by its option's name. */
  readonly limit?: string;
  /** The peer was right, but asked for what we do not speak. */
  readonly incompatible?: true;
}

function fault(status: number, code: string, cites: string, message: string): MessageFault {
  return Object.freeze({ code, cites, message, status });
}

function unsupported(status: number, code: string, cites: string, message: string): MessageFault {
  return Object.freeze({ code, cites, message, status, incompatible: true });
}

function tooMuch(status: number, limit: string, code: string, cites: string, message: string): MessageFault {
  return Object.freeze({ code, cites, message, status, limit });
}

/** Faults of a start-line. */
export const START_LINE = Object.freeze({
  emptyLines: fault(
    400,
    'h1-too-many-empty-lines',
    'RFC 9112 §2.2',
    'too many empty lines before a request-line',
  ),
  method: fault(400, 'h1-method-invalid', 'RFC 9112 §3.1', 'the method is not a token followed by one space'),
  methodTooLong: tooMuch(
    501,
    'maxMethodBytes',
    'h1-method-too-long',
    'RFC 9112 §3',
    'the method is longer than any known',
  ),
  target: fault(
    400,
    'h1-target-invalid',
    'RFC 9112 §3.2',
    'the request-target has none of the four forms that the method allows',
  ),
  targetTooLong: tooMuch(
    414,
    'maxTargetBytes',
    'h1-target-too-long',
    'RFC 9110 §15.5.15',
    'the request-target is too long',
  ),
  version: fault(
    400,
    'h1-version-invalid',
    'RFC 9112 §2.3',
    'the HTTP-version is malformed or not followed by CRLF',
  ),
  versionUnsupported: unsupported(
    505,
    'h1-version-unsupported',
    'RFC 9110 §15.6.6',
    'the major version is not 1',
  ),
  statusVersion: fault(
    400,
    'h1-status-version-invalid',
    'RFC 9112 §4',
    'the status-line does not begin with an HTTP-version and one space',
  ),
  statusCode: fault(
    400,
    'h1-status-code-invalid',
    'RFC 9112 §4',
    'the status-code is not three digits from 100 to 599 and a space',
  ),
  reason: fault(
    400,
    'h1-reason-invalid',
    'RFC 9112 §4',
    'the reason-phrase has an octet that it cannot have',
  ),
});

/** Faults of field lines, in heads and trailers. */
export const FIELD_LINE = Object.freeze({
  sectionTooLarge: tooMuch(431, 'maxHeadBytes', 'h1-head-too-large', 'RFC 6585 §5', 'the head is too large'),
  lineTooLong: tooMuch(
    431,
    'maxFieldLineBytes',
    'h1-field-line-too-long',
    'RFC 6585 §5',
    'a line is too long',
  ),
  tooMany: tooMuch(431, 'maxFields', 'h1-too-many-fields', 'RFC 6585 §5', 'too many field lines'),
  folded: fault(
    400,
    'h1-line-folding',
    'RFC 9112 §5.2',
    'a line begins with white space: folding is obsolete, and never allowed before the first field',
  ),
  nameEmpty: fault(400, 'h1-field-name-empty', 'RFC 9110 §5.1', 'a field line has no name'),
  name: fault(400, 'h1-field-name-invalid', 'RFC 9110 §5.1', 'a field name is not a token'),
  spaceBeforeColon: fault(
    400,
    'h1-space-before-colon',
    'RFC 9112 §5.1',
    'white space between a field name and its colon',
  ),
  value: fault(400, 'h1-field-value-invalid', 'RFC 9110 §5.5', 'a field value has a control octet'),
  bareCr: fault(400, 'h1-bare-cr', 'RFC 9112 §2.2', 'a CR that no LF follows'),
  bareLf: fault(400, 'h1-bare-lf', 'RFC 9112 §2.2', 'an LF that no CR precedes'),
});

/** Faults of what the fields say: routing, framing, connection. */
export const FIELDS = Object.freeze({
  hostMissing: fault(400, 'h1-host-missing', 'RFC 9112 §3.2', 'an HTTP/1.1 request without Host'),
  hostRepeated: fault(400, 'h1-host-repeated', 'RFC 9112 §3.2', 'more than one Host line'),
  host: fault(
    400,
    'h1-host-invalid',
    'RFC 9112 §3.2',
    'the Host value is not a uri-host with an optional port',
  ),
  contentLength: fault(
    400,
    'h1-content-length-invalid',
    'RFC 9110 §8.6',
    'the Content-Length is not a decimal number below 2^53',
  ),
  contentLengthRepeated: fault(
    400,
    'h1-content-length-repeated',
    'RFC 9112 §6.3',
    'more than one Content-Length line',
  ),
  lengthAndCoding: fault(
    400,
    'h1-length-and-coding',
    'RFC 9112 §6.1',
    'both Content-Length and Transfer-Encoding',
  ),
  codingInOld: fault(400, 'h1-coding-in-1.0', 'RFC 9112 §6.1', 'Transfer-Encoding in an HTTP/1.0 message'),
  coding: fault(
    400,
    'h1-coding-malformed',
    'RFC 9112 §6.1',
    'the Transfer-Encoding is not a list of transfer codings',
  ),
  codingUnsupported: unsupported(
    501,
    'h1-coding-unsupported',
    'RFC 9112 §6.1',
    'a transfer coding other than chunked',
  ),
  chunkedNotFinal: fault(
    400,
    'h1-chunked-not-final',
    'RFC 9112 §6.3',
    'chunked is not the final transfer coding of the request',
  ),
  chunkedRepeated: fault(
    400,
    'h1-chunked-repeated',
    'RFC 9112 §6.1',
    'the chunked coding is applied more than once',
  ),
  chunkedParameter: fault(400, 'h1-chunked-parameter', 'RFC 9112 §7.1', 'the chunked coding has a parameter'),
  connection: fault(
    400,
    'h1-connection-malformed',
    'RFC 9110 §7.6.1',
    'the Connection value is not a list of tokens',
  ),
  expectation: unsupported(
    417,
    'h1-expectation-unsupported',
    'RFC 9110 §10.1.1',
    'an expectation other than 100-continue',
  ),
  connectContent: fault(
    400,
    'h1-connect-with-content',
    'RFC 9110 §9.3.6',
    'a CONNECT request that declares content',
  ),
});

/** Faults of a chunked body. */
export const CHUNKED = Object.freeze({
  size: fault(
    400,
    'h1-chunk-size-invalid',
    'RFC 9112 §7.1',
    'a chunk-size is not a hexadecimal number below 2^53',
  ),
  sizeTooLong: tooMuch(
    400,
    'maxChunkSizeDigits',
    'h1-chunk-size-too-long',
    'RFC 9112 §7.1',
    'a chunk-size has too many digits',
  ),
  sizeLine: fault(
    400,
    'h1-chunk-size-line',
    'RFC 9112 §7.1',
    'a chunk-size is not followed by an extension or CRLF',
  ),
  extension: fault(400, 'h1-chunk-extension-invalid', 'RFC 9112 §7.1.1', 'a chunk extension is malformed'),
  extensionTooLong: tooMuch(
    400,
    'maxChunkExtensionBytes',
    'h1-chunk-extension-too-long',
    'RFC 9112 §7.1.1',
    'the extensions of a chunk are too long',
  ),
  extensionsTooLong: tooMuch(
    400,
    'maxExtensionBytes',
    'h1-chunk-extensions-too-long',
    'RFC 9112 §7.1.1',
    'the chunk extensions of a message are too long',
  ),
  dataEnd: fault(400, 'h1-chunk-data-end', 'RFC 9112 §7.1', 'chunk data is not followed by CRLF'),
  trailersTooLarge: tooMuch(
    431,
    'maxTrailerBytes',
    'h1-trailers-too-large',
    'RFC 6585 §5',
    'the trailer section is too large',
  ),
  tooManyTrailers: tooMuch(
    431,
    'maxTrailerFields',
    'h1-too-many-trailers',
    'RFC 6585 §5',
    'too many trailer fields',
  ),
  forbiddenTrailer: fault(
    400,
    'h1-trailer-forbidden',
    'RFC 9110 §6.5.1',
    'a framing, routing or connection field in a trailer section',
  ),
});

/** The error for a fault, with the answer that fits who reads: a server answers a status, a client closes. */
export function messageError(
  found: MessageFault,
  reading: 'request' | 'response',
): ProtocolError | LimitError {
  const answer = reading === 'request' ? answerStatus(found.status) : answerClose;
  if (found.limit !== undefined) {
    return new LimitError(found.limit, found.code, found.cites, found.message, answer);
  }
  const whose = found.incompatible === true ? 'peer-incompatible' : 'peer-misbehaved';
  return new ProtocolError(found.code, found.cites, found.message, answer, whose);
}
