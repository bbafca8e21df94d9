/**
 * The named limits of an H1 message as it is read, with defaults. Every limit is a function of the position in
 * the stream (CON-6). This file does not know who applies them.
 */

/** Limits on a head. Bytes unless the name says otherwise. */
export interface HeadLimits {
  /** The whole head, ignored empty lines and the final CRLF included. Answer 431 (RFC 6585 §5). */
  readonly maxHeadBytes: number;
  /** A field line or a status line without its CRLF. Answer 431 (RFC 6585 §5). */
  readonly maxFieldLineBytes: number;
  /** Field lines in one section. Answer 431 (RFC 6585 §5). */
  readonly maxFields: number;
  /** The request-target. Answer 414 (RFC 9110 §15.5.15); RFC 9112 §3 asks for at least 8000. */
  readonly maxTargetBytes: number;
  /** The method. Answer 501 (RFC 9112 §3). */
  readonly maxMethodBytes: number;
  /** Empty lines ignored before a request-line (RFC 9112 §2.2). Answer 400. */
  readonly maxLeadingEmptyLines: number;
}

/** Limits on the framing of a chunked body. Bytes. The data itself is limited by whoever consumes it. */
export interface ChunkedLimits {
  /** A chunk-size in its digits, leading zeros included. Answer 400. */
  readonly maxChunkSizeDigits: number;
  /** The extensions of one chunk, from the first octet after the size to the CR. Answer 400 (RFC 9112 §7.1.1). */
  readonly maxChunkExtensionBytes: number;
  /** The extensions of all chunks of a message. Answer 400 (RFC 9112 §7.1.1). */
  readonly maxExtensionBytes: number;
  /** The trailer section, final CRLF included. Answer 431 (RFC 6585 §5). */
  readonly maxTrailerBytes: number;
  /** One trailer field line without its CRLF. Answer 431 (RFC 6585 §5). */
  readonly maxFieldLineBytes: number;
  /** Trailer field lines. Answer 431 (RFC 6585 §5). */
  readonly maxTrailerFields: number;
}

export const defaultHeadLimits: HeadLimits = Object.freeze({
  maxHeadBytes: 16_384,
  maxFieldLineBytes: 8192,
  maxFields: 100,
  maxTargetBytes: 8192,
  maxMethodBytes: 32,
  maxLeadingEmptyLines: 2,
});

export const defaultChunkedLimits: ChunkedLimits = Object.freeze({
  maxChunkSizeDigits: 16,
  maxChunkExtensionBytes: 256,
  maxExtensionBytes: 4096,
  maxTrailerBytes: 8192,
  maxFieldLineBytes: 4096,
  maxTrailerFields: 32,
});
