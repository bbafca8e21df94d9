/**
 * The connection preface of a client (RFC 9113 §3.4). This file does not know the SETTINGS frame that must follow,
 * nor what else the bytes could be.
 */

/** `PRI * HTTP/2.0`, two line ends, `SM`, two line ends. Foreign bytes, never changed. */
export const PREFACE: Uint8Array = Uint8Array.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', (character) =>
  character.charCodeAt(0),
);

export const PREFACE_BYTES: number = PREFACE.length;

/**
 * Compares `bytes[start, end)` with what follows the first `matched` octets of the preface. Octets beyond the preface
 * are not looked at.
 * @returns how many octets of the preface have come now, PREFACE_BYTES when it is complete; -1 when it is another
 */
export function matchPreface(bytes: Uint8Array, start: number, end: number, matched = 0): number {
  let count = matched;
  for (let p = start; p < end && count < PREFACE_BYTES; p++, count++) {
    if (bytes[p] !== PREFACE[count]) return -1;
  }
  return count;
}

/** Writes the preface. @returns the position after it, or -1 when it does not fit */
export function writePreface(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < PREFACE_BYTES) return -1;
  bytes.set(PREFACE, at);
  return at + PREFACE_BYTES;
}
