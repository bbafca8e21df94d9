/**
 * Reads frames (RFC 9113 §4.1, §6; RFC 9218 §7.1) in place: a view with plain numbers, made once and used again for
 * every frame. A frame is checked by itself before any of its numbers are good. Positions are indices into the
 * bytes that were given. Nothing at or after `end` is read (OWN-6), and nothing is copied.
 *
 * Checks come in a fixed order: the length against the limit, the stream identifier, the length against the type,
 * the padding, the other numbers. So a fault depends on the bytes alone and not on how they came in (CON-6). Flags
 * and types that are not defined are ignored (§4.1, §5.5), as is the reserved bit.
 *
 * This file does not know roles, nor the state of connection and streams: it refuses no frame for coming when it may
 * not.
 */

import type { ProtocolError } from '../../errors.js';
import {
  FLAG_ACK,
  FLAG_PADDED,
  FLAG_PRIORITY,
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
  MIN_MAX_FRAME_SIZE,
  SETTING_BYTES,
} from './frames-codes.js';
import { FRAME, type FrameFault, frameError } from './frames-faults.js';

/** What a read answers. */
/** More bytes are needed: `needed` in all, from the frame's first on. */
export const FRAME_NEED_DATA = 0;
/** All that was asked for is there and valid. */
export const FRAME_COMPLETE = 1;
/** The frame is refused: see `fault`. */
export const FRAME_REFUSED = 2;

/** The frame that was read last. */
export class FrameView {
  /** Octets of the payload, padding included: what flow control counts for DATA (§6.1). */
  length: number;
  type: number;
  /** As sent: with bits that are not defined for the type. */
  flags: number;
  /** Without the reserved bit. */
  streamId: number;
  /**
   * The part of the payload that is neither number nor padding: data, a fragment of a field block, settings, PING's
   * opaque octets, GOAWAY's debug data, PRIORITY_UPDATE's field value, or an unknown frame's all.
   */
  bodyStart: number;
  bodyEnd: number;
  /** Where the next frame begins. */
  next: number;
  /** Octets of padding and of the pad length (§6.1). */
  padding: number;
  /** RST_STREAM, GOAWAY. */
  errorCode: number;
  /** GOAWAY: the last stream that was or may be processed. */
  lastStreamId: number;
  /** WINDOW_UPDATE: 1 to 2^31-1. */
  increment: number;
  /** PUSH_PROMISE. */
  promisedId: number;
  /** PRIORITY_UPDATE. */
  prioritizedId: number;
  /** PRIORITY, and HEADERS with that flag: the stream it depends on, alone or not, with a weight of 1 to 256. */
  dependency: number;
  exclusive: boolean;
  weight: number;
  /** After FRAME_NEED_DATA: octets that are needed at least, counted from the frame's first. */
  needed: number;
  /** After FRAME_REFUSED. */
  fault: FrameFault | undefined;

  constructor() {
    this.length = 0;
    this.type = 0;
    this.flags = 0;
    this.streamId = 0;
    this.bodyStart = 0;
    this.bodyEnd = 0;
    this.next = 0;
    this.padding = 0;
    this.errorCode = 0;
    this.lastStreamId = 0;
    this.increment = 0;
    this.promisedId = 0;
    this.prioritizedId = 0;
    this.dependency = 0;
    this.exclusive = false;
    this.weight = 0;
    this.needed = 0;
    this.fault = undefined;
  }

  /** The error for `fault`. */
  get error(): ProtocolError | undefined {
    return this.fault === undefined ? undefined : frameError(this.fault);
  }

  /**
   * Reads the frame that begins at `start`, whole. What ends the connection is told as soon as it is known; what
   * ends only the stream when the frame is whole, so that `next` is where to go on.
   * @param maxFrameSize SETTINGS_MAX_FRAME_SIZE as we have set it
   */
  read(
    bytes: Uint8Array,
    start: number,
    end: number,
    maxFrameSize: number = MIN_MAX_FRAME_SIZE,
  ): typeof FRAME_NEED_DATA | typeof FRAME_COMPLETE | typeof FRAME_REFUSED {
    const result = this.readHead(bytes, start, end, maxFrameSize);
    if (result === FRAME_NEED_DATA) {
      // The rest of the payload is needed too, once the frame header has said how much that is.
      if (end - start >= FRAME_HEADER_BYTES) this.needed = FRAME_HEADER_BYTES + this.length;
      return FRAME_NEED_DATA;
    }
    if (this.next <= end || this.fault?.scope === 'connection') return result;
    this.fault = undefined;
    return this.need(FRAME_HEADER_BYTES + this.length);
  }

  /**
   * Reads as much of the frame as says where its body begins and ends: the frame header, pad length, and numbers,
   * but not the body and the padding. All is then as after `read`, except that `bodyStart` to `next` may not have
   * come. After a fault that ends only the stream, `next` says what to skip.
   */
  readHead(
    bytes: Uint8Array,
    start: number,
    end: number,
    maxFrameSize: number = MIN_MAX_FRAME_SIZE,
  ): typeof FRAME_NEED_DATA | typeof FRAME_COMPLETE | typeof FRAME_REFUSED {
    this.fault = undefined;
    if (end - start < FRAME_HEADER_BYTES) return this.need(FRAME_HEADER_BYTES);
    const length =
      ((bytes[start] as number) << 16) | ((bytes[start + 1] as number) << 8) | (bytes[start + 2] as number);
    const type = bytes[start + 3] as number;
    const flags = bytes[start + 4] as number;
    const streamId = uint31(bytes, start + 5);
    const payload = start + FRAME_HEADER_BYTES;
    this.length = length;
    this.type = type;
    this.flags = flags;
    this.streamId = streamId;
    this.bodyStart = payload;
    this.bodyEnd = payload + length;
    this.next = payload + length;
    this.padding = 0;
    if (length > maxFrameSize) return this.refuse(FRAME.tooLong);

    switch (type) {
      case FRAME_DATA:
        if (streamId === 0) return this.refuse(FRAME.streamZero);
        return (flags & FLAG_PADDED) === 0 ? FRAME_COMPLETE : this.padded(bytes, end, 0, FRAME.dataTooShort);
      case FRAME_HEADERS:
        if (streamId === 0) return this.refuse(FRAME.streamZero);
        return this.headers(bytes, end);
      case FRAME_PRIORITY:
        if (streamId === 0) return this.refuse(FRAME.streamZero);
        if (length !== 5) return this.refuse(FRAME.priorityLength);
        if (end - payload < 5) return this.need(FRAME_HEADER_BYTES + 5);
        this.priority(bytes, payload);
        this.bodyStart = this.bodyEnd;
        return FRAME_COMPLETE;
      case FRAME_RST_STREAM:
        if (streamId === 0) return this.refuse(FRAME.streamZero);
        if (length !== 4) return this.refuse(FRAME.resetLength);
        if (end - payload < 4) return this.need(FRAME_HEADER_BYTES + 4);
        this.errorCode = uint32(bytes, payload);
        this.bodyStart = this.bodyEnd;
        return FRAME_COMPLETE;
      case FRAME_SETTINGS:
        if (streamId !== 0) return this.refuse(FRAME.streamNotZero);
        if ((flags & FLAG_ACK) !== 0 && length !== 0) return this.refuse(FRAME.settingsAckLength);
        return length % SETTING_BYTES === 0 ? FRAME_COMPLETE : this.refuse(FRAME.settingsLength);
      case FRAME_PUSH_PROMISE:
        if (streamId === 0) return this.refuse(FRAME.streamZero);
        return this.pushPromise(bytes, end);
      case FRAME_PING:
        if (streamId !== 0) return this.refuse(FRAME.streamNotZero);
        return length === 8 ? FRAME_COMPLETE : this.refuse(FRAME.pingLength);
      case FRAME_GOAWAY:
        if (streamId !== 0) return this.refuse(FRAME.streamNotZero);
        if (length < 8) return this.refuse(FRAME.goawayLength);
        if (end - payload < 8) return this.need(FRAME_HEADER_BYTES + 8);
        this.lastStreamId = uint31(bytes, payload);
        this.errorCode = uint32(bytes, payload + 4);
        this.bodyStart = payload + 8;
        return FRAME_COMPLETE;
      case FRAME_WINDOW_UPDATE:
        return this.windowUpdate(bytes, end);
      case FRAME_CONTINUATION:
        return streamId === 0 ? this.refuse(FRAME.streamZero) : FRAME_COMPLETE;
      case FRAME_PRIORITY_UPDATE:
        if (streamId !== 0) return this.refuse(FRAME.streamNotZero);
        if (length < 4) return this.refuse(FRAME.priorityUpdateLength);
        if (end - payload < 4) return this.need(FRAME_HEADER_BYTES + 4);
        this.prioritizedId = uint31(bytes, payload);
        this.bodyStart = payload + 4;
        return this.prioritizedId === 0 ? this.refuse(FRAME.prioritizedStream) : FRAME_COMPLETE;
      default:
        return FRAME_COMPLETE;
    }
  }

  private headers(bytes: Uint8Array, end: number): 0 | 1 | 2 {
    const flags = this.flags;
    if ((flags & (FLAG_PADDED | FLAG_PRIORITY)) === 0) return FRAME_COMPLETE;
    const numbers = (flags & FLAG_PRIORITY) === 0 ? 0 : 5;
    const result = this.padded(bytes, end, numbers, FRAME.headersTooShort);
    if (result !== FRAME_COMPLETE || numbers === 0) return result;
    this.priority(bytes, this.bodyStart - numbers);
    return FRAME_COMPLETE;
  }

  private pushPromise(bytes: Uint8Array, end: number): 0 | 1 | 2 {
    const result = this.padded(bytes, end, 4, FRAME.pushTooShort);
    if (result !== FRAME_COMPLETE) return result;
    this.promisedId = uint31(bytes, this.bodyStart - 4);
    // Streams that a server begins have even identifiers, and not 0 (§5.1.1).
    const valid = this.promisedId !== 0 && this.promisedId % 2 === 0;
    return valid ? FRAME_COMPLETE : this.refuse(FRAME.promisedStream);
  }

  private windowUpdate(bytes: Uint8Array, end: number): 0 | 1 | 2 {
    if (this.length !== 4) return this.refuse(FRAME.windowUpdateLength);
    const payload = this.bodyStart;
    if (end - payload < 4) return this.need(FRAME_HEADER_BYTES + 4);
    this.increment = uint31(bytes, payload);
    this.bodyStart = this.bodyEnd;
    if (this.increment > 0) return FRAME_COMPLETE;
    return this.refuse(this.streamId === 0 ? FRAME.incrementZeroOnConnection : FRAME.incrementZeroOnStream);
  }

  /**
   * A payload of pad length if the flag says so, then `numbers` octets, body and padding. Leaves the body's bounds;
   * the numbers stand before it.
   */
  private padded(bytes: Uint8Array, end: number, numbers: number, tooShort: FrameFault): 0 | 1 | 2 {
    const payload = this.bodyStart;
    const padField = (this.flags & FLAG_PADDED) === 0 ? 0 : 1;
    const fixed = padField + numbers;
    if (this.length < fixed) return this.refuse(tooShort);
    if (end - payload < padField) return this.need(FRAME_HEADER_BYTES + fixed);
    const padLength = padField === 0 ? 0 : (bytes[payload] as number);
    if (padLength > this.length - fixed) return this.refuse(FRAME.padding);
    if (end - payload < fixed) return this.need(FRAME_HEADER_BYTES + fixed);
    this.padding = padField + padLength;
    this.bodyStart = payload + fixed;
    this.bodyEnd = this.next - padLength;
    return FRAME_COMPLETE;
  }

  private priority(bytes: Uint8Array, at: number): void {
    this.exclusive = (bytes[at] as number) >= 0x80;
    this.dependency = uint31(bytes, at);
    this.weight = (bytes[at + 4] as number) + 1;
  }

  private need(octets: number): typeof FRAME_NEED_DATA {
    this.needed = octets;
    return FRAME_NEED_DATA;
  }

  private refuse(fault: FrameFault): typeof FRAME_REFUSED {
    this.fault = fault;
    return FRAME_REFUSED;
  }
}

/** 32 bits, unsigned. */
export function uint32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)) >>>
    0
  );
}

function uint31(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) & 0x7f) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}
