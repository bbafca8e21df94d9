/**
 * Everything that can be wrong with a field block as it is decompressed. The decoder names a row; an error object
 * is built only when somebody asks for it. Each ends the connection: the two tables differ from here on
 * (RFC 9113 §4.3). This file does not know how a fault is found.
 */

import { LimitError, ProtocolError } from '../../../errors.js';
import { COMPRESSION_ERROR, ENHANCE_YOUR_CALM } from '../frames-codes.js';

/** One way in which a field block is refused. */
export interface HpackFault {
  /** Stable, kebab-case: the `code` of the error. */
  readonly code: string;
  readonly cites: string;
  readonly message: string;
  /** The limit that was reached, by its option's name. */
  readonly limit?: string;
}

function fault(code: string, cites: string, message: string): HpackFault {
  return Object.freeze({ code, cites, message });
}

export const HPACK = Object.freeze({
  indexZero: fault('hpack-index-zero', 'RFC 7541 §6.1', 'an indexed field with the index 0'),
  index: fault('hpack-index', 'RFC 7541 §2.3.3', 'an index beyond both tables'),
  integer: fault('hpack-integer', 'RFC 7541 §5.1', 'an integer over 2^31-1 or of more than six octets'),
  huffman: fault(
    'hpack-huffman',
    'RFC 7541 §5.2',
    'a Huffman string with EOS in it, or with padding that is longer than 7 bits or not of ones',
  ),
  truncated: fault('hpack-truncated', 'RFC 9113 §4.3', 'the field block ends within a representation'),
  updateLate: fault(
    'hpack-update-late',
    'RFC 7541 §4.2',
    'a dynamic table size update that is not at the beginning of the block',
  ),
  updateThird: fault('hpack-update-third', 'RFC 7541 §4.2', 'more than two dynamic table size updates'),
  updateOverLimit: fault(
    'hpack-update-over-limit',
    'RFC 7541 §6.3',
    'a dynamic table size update over SETTINGS_HEADER_TABLE_SIZE',
  ),
  updateMissing: fault(
    'hpack-update-missing',
    'RFC 7541 §4.2',
    'SETTINGS_HEADER_TABLE_SIZE was lowered, but the block does not begin with an update to it or below',
  ),
  stringTooLong: Object.freeze({
    code: 'hpack-string-too-long',
    cites: 'WORK-1',
    message: 'a string literal is too long',
    limit: 'maxStringBytes',
  }) as HpackFault,
});

/** The error for a fault. */
export function hpackError(found: HpackFault): ProtocolError | LimitError {
  const { code, cites, message, limit } = found;
  if (limit === undefined) {
    return new ProtocolError(code, cites, message, { kind: 'h2-connection', code: COMPRESSION_ERROR });
  }
  return new LimitError(limit, code, cites, message, { kind: 'h2-connection', code: ENHANCE_YOUR_CALM });
}
