/**
 * What the readers of `--verbose` have in common: a direction of a connection becomes lines. This file does not know any
 * protocol.
 */

/** Told of each frame, or what else a protocol is made of: its kind, what is in it, and lists that it brings, line by line. */
export type Tell = (kind: string, text: string, list?: readonly string[]) => void;

/** One direction. The bytes are lent for the call. */
export interface FrameLines {
  take(bytes: Uint8Array, start: number, end: number): void;
}
