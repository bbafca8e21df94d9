/**
 * Writes frames (RFC 9113 §4.1, §6; RFC 9218 §7.1) into bytes that the caller holds. All writers are all-or-nothing
 * (WS-8): they answer the position after the frame, or -1 when it does not fit between `at` and `end`, and then
 * nothing was written. Numbers are the caller's to keep within their bounds; what is not, is misuse, thrown before
 * anything is written. This file does not know what the peer allows, nor when a frame may be sent.
 */

import { MisuseError } from '../../errors.js';
import { copyBytes } from '../../memory/copy-bytes.js';
import {
  FLAG_ACK,
  FLAG_END_HEADERS,
  FLAG_END_STREAM,
  FLAG_PADDED,
  FRAME_CONTINUATION,
  FRAME_DATA,
  FRAME_GOAWAY,
  FRAME_HEADER_BYTES,
  FRAME_HEADERS,
  FRAME_PING,
  FRAME_PRIORITY,
  FRAME_PRIORITY_UPDATE,
  FRAME_PUSH_PROMISE,
  FRAME_RST_STREAM,
  FRAME_SETTINGS,
  FRAME_WINDOW_UPDATE,
  MAX_31_BITS,
  MAX_MAX_FRAME_SIZE,
  SETTING_BYTES,
} from './frames-codes.js';

/** No PADDED flag, and no pad length. Padding of 0 octets has both. */
export const NO_PADDING = -1;

/** Settings to send, in order. */
export type OutgoingSettings = readonly (readonly [identifier: number, value: number])[];

/** A frame header, which the caller's own payload of `length` octets follows. */
export function writeFrameHeader(
  length: number,
  type: number,
  flags: number,
  streamId: number,
  bytes: Uint8Array,
  at: number,
  end: number,
): number {
  if (!(length >= 0 && length <= MAX_MAX_FRAME_SIZE))
    throw misuse('frame-length', '§4.2', 'a length', length);
  requireStreamId(streamId);
  if (end - at < FRAME_HEADER_BYTES) return -1;
  bytes[at] = length >>> 16;
  bytes[at + 1] = length >>> 8;
  bytes[at + 2] = length;
  bytes[at + 3] = type;
  bytes[at + 4] = flags;
  putUint32(bytes, at + 5, streamId);
  return at + FRAME_HEADER_BYTES;
}

/** DATA (§6.1) with a copy of `data[from, to)`. */
export function writeData(
  streamId: number,
  data: Uint8Array,
  from: number,
  to: number,
  endStream: boolean,
  bytes: Uint8Array,
  at: number,
  end: number,
  padding: number = NO_PADDING,
): number {
  const flags = (endStream ? FLAG_END_STREAM : 0) | padFlag(padding);
  const length = to - from + padBytes(padding);
  if (end - at < FRAME_HEADER_BYTES + length) return -1;
  let p = writeFrameHeader(length, FRAME_DATA, flags, streamId, bytes, at, end);
  if (padding !== NO_PADDING) bytes[p++] = padding;
  p = copyBytes(data, from, to, bytes, p);
  return pad(padding, bytes, p);
}

/**
 * A whole field block (§4.3): HEADERS (§6.2), and CONTINUATION (§6.10) for what `maxFrameSize` leaves over.
 * @param block `[from, to)` as HPACK has it, elsewhere than where it is written
 */
export function writeHeaders(
  streamId: number,
  block: Uint8Array,
  from: number,
  to: number,
  endStream: boolean,
  maxFrameSize: number,
  bytes: Uint8Array,
  at: number,
  end: number,
  padding: number = NO_PADDING,
): number {
  const size = to - from;
  const overhead = padBytes(padding);
  if (overhead > maxFrameSize) throw misuse('frame-padding', '§6.2', 'a pad length', padding);
  const first = Math.min(size, maxFrameSize - overhead);
  const more = Math.ceil((size - first) / maxFrameSize);
  if (end - at < FRAME_HEADER_BYTES * (1 + more) + overhead + size) return -1;
  let flags = (endStream ? FLAG_END_STREAM : 0) | padFlag(padding);
  if (more === 0) flags |= FLAG_END_HEADERS;
  let p = writeFrameHeader(first + overhead, FRAME_HEADERS, flags, streamId, bytes, at, end);
  if (padding !== NO_PADDING) bytes[p++] = padding;
  p = copyBytes(block, from, from + first, bytes, p);
  p = pad(padding, bytes, p);
  return writeContinuations(streamId, block, from + first, to, maxFrameSize, bytes, p, end);
}

/** The longest field block that `bytes` octets take in frames of `maxFrameSize`. */
export function mostBlockBytes(bytes: number, maxFrameSize: number): number {
  const full = FRAME_HEADER_BYTES + maxFrameSize;
  const whole = Math.floor(bytes / full);
  return whole * maxFrameSize + Math.max(0, bytes - whole * full - FRAME_HEADER_BYTES);
}

/**
 * Frames a field block where it is: `size` octets of it, one frame header behind `at`. What `maxFrameSize` leaves over
 * moves up to make room for the headers of its CONTINUATION frames, which must be there: see `mostBlockBytes`.
 * @returns the position after the last frame
 */
export function frameBlock(
  streamId: number,
  bytes: Uint8Array,
  at: number,
  size: number,
  endStream: boolean,
  maxFrameSize: number,
): number {
  const from = at + FRAME_HEADER_BYTES;
  const last = Math.max(0, Math.ceil(size / maxFrameSize) - 1);
  const next = from + size + last * FRAME_HEADER_BYTES;
  // From the last one on, so that nothing is written over before it has moved.
  for (let i = last; i > 0; i--) {
    const start = from + i * maxFrameSize;
    const length = Math.min(maxFrameSize, size - i * maxFrameSize);
    const to = start + i * FRAME_HEADER_BYTES;
    bytes.copyWithin(to, start, start + length);
    const flags = i === last ? FLAG_END_HEADERS : 0;
    writeFrameHeader(length, FRAME_CONTINUATION, flags, streamId, bytes, to - FRAME_HEADER_BYTES, to);
  }
  const flags = (endStream ? FLAG_END_STREAM : 0) | (last === 0 ? FLAG_END_HEADERS : 0);
  writeFrameHeader(Math.min(size, maxFrameSize), FRAME_HEADERS, flags, streamId, bytes, at, next);
  return next;
}

/** PUSH_PROMISE (§6.6), and CONTINUATION as above. */
export function writePushPromise(
  streamId: number,
  promisedId: number,
  block: Uint8Array,
  from: number,
  to: number,
  maxFrameSize: number,
  bytes: Uint8Array,
  at: number,
  end: number,
  padding: number = NO_PADDING,
): number {
  requireStreamId(promisedId);
  const size = to - from;
  const overhead = padBytes(padding) + 4;
  if (overhead > maxFrameSize) throw misuse('frame-padding', '§6.6', 'a pad length', padding);
  const first = Math.min(size, maxFrameSize - overhead);
  const more = Math.ceil((size - first) / maxFrameSize);
  if (end - at < FRAME_HEADER_BYTES * (1 + more) + overhead + size) return -1;
  const flags = (more === 0 ? FLAG_END_HEADERS : 0) | padFlag(padding);
  let p = writeFrameHeader(first + overhead, FRAME_PUSH_PROMISE, flags, streamId, bytes, at, end);
  if (padding !== NO_PADDING) bytes[p++] = padding;
  p = putUint32(bytes, p, promisedId);
  p = copyBytes(block, from, from + first, bytes, p);
  p = pad(padding, bytes, p);
  return writeContinuations(streamId, block, from + first, to, maxFrameSize, bytes, p, end);
}

/** PRIORITY (§6.3, as RFC 7540 had it). @param weight 1 to 256 */
export function writePriority(
  streamId: number,
  dependency: number,
  exclusive: boolean,
  weight: number,
  bytes: Uint8Array,
  at: number,
  end: number,
): number {
  requireStreamId(dependency);
  if (!(weight >= 1 && weight <= 256)) throw misuse('frame-weight', '§6.3', 'a weight', weight);
  if (end - at < FRAME_HEADER_BYTES + 5) return -1;
  let p = writeFrameHeader(5, FRAME_PRIORITY, 0, streamId, bytes, at, end);
  p = putUint32(bytes, p, dependency);
  if (exclusive) bytes[p - 4] = (bytes[p - 4] as number) | 0x80;
  bytes[p] = weight - 1;
  return p + 1;
}

/** RST_STREAM (§6.4). */
export function writeRstStream(
  streamId: number,
  errorCode: number,
  bytes: Uint8Array,
  at: number,
  end: number,
): number {
  requireUint32(errorCode);
  if (end - at < FRAME_HEADER_BYTES + 4) return -1;
  return putUint32(bytes, writeFrameHeader(4, FRAME_RST_STREAM, 0, streamId, bytes, at, end), errorCode);
}

/** SETTINGS (§6.5). */
export function writeSettings(
  settings: OutgoingSettings,
  bytes: Uint8Array,
  at: number,
  end: number,
): number {
  const length = settings.length * SETTING_BYTES;
  for (const [identifier, value] of settings) {
    if (!(identifier >= 0 && identifier <= 0xffff)) {
      throw misuse('setting', '§6.5.1', 'an identifier', identifier);
    }
    requireUint32(value);
  }
  if (end - at < FRAME_HEADER_BYTES + length) return -1;
  let p = writeFrameHeader(length, FRAME_SETTINGS, 0, 0, bytes, at, end);
  for (const [identifier, value] of settings) {
    bytes[p] = identifier >>> 8;
    bytes[p + 1] = identifier;
    p = putUint32(bytes, p + 2, value);
  }
  return p;
}

/** The acknowledgement of a SETTINGS frame (§6.5.3). */
export function writeSettingsAck(bytes: Uint8Array, at: number, end: number): number {
  return writeFrameHeader(0, FRAME_SETTINGS, FLAG_ACK, 0, bytes, at, end);
}

/** PING (§6.7), or its answer, with the eight octets of `opaque` from `from` on. */
export function writePing(
  ack: boolean,
  opaque: Uint8Array,
  from: number,
  bytes: Uint8Array,
  at: number,
  end: number,
): number {
  if (end - at < FRAME_HEADER_BYTES + 8) return -1;
  const p = writeFrameHeader(8, FRAME_PING, ack ? FLAG_ACK : 0, 0, bytes, at, end);
  return copyBytes(opaque, from, from + 8, bytes, p);
}

/** GOAWAY (§6.8). @param debug octets for people, empty or not */
export function writeGoaway(
  lastStreamId: number,
  errorCode: number,
  debug: Uint8Array,
  bytes: Uint8Array,
  at: number,
  end: number,
): number {
  requireStreamId(lastStreamId);
  requireUint32(errorCode);
  const length = 8 + debug.length;
  if (end - at < FRAME_HEADER_BYTES + length) return -1;
  let p = writeFrameHeader(length, FRAME_GOAWAY, 0, 0, bytes, at, end);
  p = putUint32(bytes, p, lastStreamId);
  p = putUint32(bytes, p, errorCode);
  return copyBytes(debug, 0, debug.length, bytes, p);
}

/** WINDOW_UPDATE (§6.9) of a stream, or of the connection: 0. @param increment 1 to 2^31-1 */
export function writeWindowUpdate(
  streamId: number,
  increment: number,
  bytes: Uint8Array,
  at: number,
  end: number,
): number {
  if (!(increment >= 1 && increment <= MAX_31_BITS)) {
    throw misuse('window-increment', '§6.9', 'an increment', increment);
  }
  if (end - at < FRAME_HEADER_BYTES + 4) return -1;
  return putUint32(bytes, writeFrameHeader(4, FRAME_WINDOW_UPDATE, 0, streamId, bytes, at, end), increment);
}

/** PRIORITY_UPDATE (RFC 9218 §7.1). @param value a Priority Field Value in octets */
export function writePriorityUpdate(
  prioritizedId: number,
  value: Uint8Array,
  bytes: Uint8Array,
  at: number,
  end: number,
): number {
  requireStreamId(prioritizedId);
  const length = 4 + value.length;
  if (end - at < FRAME_HEADER_BYTES + length) return -1;
  const p = writeFrameHeader(length, FRAME_PRIORITY_UPDATE, 0, 0, bytes, at, end);
  return copyBytes(value, 0, value.length, bytes, putUint32(bytes, p, prioritizedId));
}

function writeContinuations(
  streamId: number,
  block: Uint8Array,
  from: number,
  to: number,
  maxFrameSize: number,
  bytes: Uint8Array,
  at: number,
  end: number,
): number {
  let p = at;
  for (let next = from; next < to; ) {
    const size = Math.min(to - next, maxFrameSize);
    const flags = next + size === to ? FLAG_END_HEADERS : 0;
    p = writeFrameHeader(size, FRAME_CONTINUATION, flags, streamId, bytes, p, end);
    p = copyBytes(block, next, next + size, bytes, p);
    next += size;
  }
  return p;
}

function padFlag(padding: number): number {
  return padding === NO_PADDING ? 0 : FLAG_PADDED;
}

/** Octets that padding adds to a payload. */
function padBytes(padding: number): number {
  if (!(padding >= NO_PADDING && padding <= 255))
    throw misuse('frame-padding', '§6.1', 'a pad length', padding);
  return padding + 1;
}

/** Padding is of zeros (§6.1). */
function pad(padding: number, bytes: Uint8Array, at: number): number {
  if (padding === NO_PADDING) return at;
  bytes.fill(0, at, at + padding);
  return at + padding;
}

function putUint32(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
  return at + 4;
}

function requireStreamId(streamId: number): void {
  if (!(streamId >= 0 && streamId <= MAX_31_BITS)) {
    throw misuse('stream-id', '§5.1.1', 'a stream identifier', streamId);
  }
}

function requireUint32(value: number): void {
  if (!(value >= 0 && value <= 0xffff_ffff)) throw misuse('uint32', '§2.2', 'a number of 32 bits', value);
}

function misuse(code: string, section: string, what: string, value: number): MisuseError {
  return new MisuseError(code, `RFC 9113 ${section}`, `${value} is not ${what} that a frame can say`);
}
