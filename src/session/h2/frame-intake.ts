/**
 * Takes frames out of the receive buffer, one unit at a time: a whole frame, a complete header block, or a piece of DATA
 * as far as it has come (RFC 9113 §4, §6). Lengths, padding and identifiers are checked before anything is read; a
 * block that is spread over CONTINUATION is made contiguous in place, and it is bounded by the slab.
 *
 * It does not know streams, windows or HPACK.
 */
import type { UndercoatError } from '../../errors.js';
import type { ReceiveBuffer } from '../../memory/index.js';
import {
  FLAG_ACK,
  FLAG_END_HEADERS,
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
  FRAME_SIZE_ERROR,
  FRAME_WINDOW_UPDATE,
  MIN_MAX_FRAME_SIZE,
  PROTOCOL_ERROR,
} from './frames-codes.js';
import { calmDown, connectionError } from './h2-errors.js';

/** All there is has been read. */
export const INTAKE_NEED = 0;
/** The connection is to end: see `error`. */
export const INTAKE_ERROR = 1;
/** A frame other than the ones below: `type`, `flags`, `streamId`, and its payload in `at` to `end`. */
export const INTAKE_FRAME = 2;
/** A DATA frame begins: `length` octets are to be charged, `overhead` of which is padding. */
export const INTAKE_DATA = 3;
/** `at` to `end` is data; the caller takes it out of the buffer. */
export const INTAKE_DATA_BYTES = 4;
/** The DATA frame is complete, padding and all. */
export const INTAKE_DATA_END = 5;
/** `at` to `end` is a complete header block of `streamId`; `flags` are its HEADERS frame's. */
export const INTAKE_BLOCK = 6;
/** A frame of unknown type, which is skipped. */
export const INTAKE_UNKNOWN = 7;

/** The longest Priority Field Value that a PRIORITY_UPDATE may carry here. */
const maxPriorityText = 256;

/** The payload lengths that are fixed: RFC 9113 §6.3, §6.4, §6.7, §6.9. */
function fixedLength(type: number): number {
  switch (type) {
    case FRAME_PRIORITY:
      return 5;
    case FRAME_RST_STREAM:
    case FRAME_WINDOW_UPDATE:
      return 4;
    case FRAME_PING:
      return 8;
    default:
      return -1;
  }
}

export class FrameIntake {
  type: number;
  flags: number;
  streamId: number;
  length: number;
  overhead: number;
  at: number;
  end: number;
  error: UndercoatError | undefined;
  /** Whether a header block is incomplete: nothing but its CONTINUATION may come (RFC 9113 §6.10). */
  inBlock: boolean;
  private blockBytes: number;
  private blockFlags: number;
  private continuations: number;
  private dataOpen: boolean;
  private dataLeft: number;
  private paddingLeft: number;
  private skipLeft: number;
  /** What `done` takes out of the buffer. */
  private unit: number;
  private readonly maxContinuations: number;
  private readonly maxSettings: number;

  constructor(maxContinuations: number, maxSettings: number) {
    this.type = 0;
    this.flags = 0;
    this.streamId = 0;
    this.length = 0;
    this.overhead = 0;
    this.at = 0;
    this.end = 0;
    this.error = undefined;
    this.inBlock = false;
    this.blockBytes = 0;
    this.blockFlags = 0;
    this.continuations = 0;
    this.dataOpen = false;
    this.dataLeft = 0;
    this.paddingLeft = 0;
    this.skipLeft = 0;
    this.unit = 0;
    this.maxContinuations = maxContinuations;
    this.maxSettings = maxSettings;
  }

  /** The next unit, or why there is none. After FRAME and BLOCK call `done`; after DATA_BYTES `tookData`. */
  read(input: ReceiveBuffer): number {
    for (;;) {
      const pending = input.end - input.start;
      if (this.dataOpen) {
        if (this.dataLeft > 0) {
          if (pending === 0) return INTAKE_NEED;
          this.at = input.start;
          this.end = input.start + Math.min(pending, this.dataLeft);
          return INTAKE_DATA_BYTES;
        }
        if (this.paddingLeft > 0) {
          if (pending === 0) return INTAKE_NEED;
          const count = Math.min(pending, this.paddingLeft);
          this.paddingLeft -= count;
          input.consume(count);
          continue;
        }
        this.dataOpen = false;
        return INTAKE_DATA_END;
      }
      if (this.skipLeft > 0) {
        if (pending === 0) return INTAKE_NEED;
        const count = Math.min(pending, this.skipLeft);
        this.skipLeft -= count;
        input.consume(count);
        continue;
      }
      const result = this.readHeader(input);
      if (result >= 0) return result;
    }
  }

  /** `count` octets of data were taken out of the buffer. */
  tookData(count: number): void {
    this.dataLeft -= count;
  }

  /** The caller is done with the frame or block. */
  done(input: ReceiveBuffer): void {
    input.consume(this.unit);
    this.unit = 0;
    if (this.inBlock) {
      this.inBlock = false;
      this.blockBytes = 0;
    }
  }

  /** @returns a result, or -1 to read on */
  private readHeader(input: ReceiveBuffer): number {
    const offset = this.blockBytes;
    const { bytes } = input;
    const at = input.start + offset;
    if (input.end - at < FRAME_HEADER_BYTES) return INTAKE_NEED;
    const length =
      ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
    const type = bytes[at + 3] as number;
    const streamId =
      (((bytes[at + 5] as number) & 0x7f) << 24) |
      ((bytes[at + 6] as number) << 16) |
      ((bytes[at + 7] as number) << 8) |
      (bytes[at + 8] as number);
    if (this.inBlock && (type !== FRAME_CONTINUATION || streamId !== this.streamId)) {
      return this.fail(PROTOCOL_ERROR, 'block-interrupted', '§6.10', 'a header block was interrupted');
    }
    if (length > MIN_MAX_FRAME_SIZE) {
      return this.fail(FRAME_SIZE_ERROR, 'frame-too-long', '§4.2', `a frame of ${length} octets`);
    }
    this.type = type;
    this.flags = bytes[at + 4] as number;
    this.streamId = streamId;
    this.length = length;
    switch (type) {
      case FRAME_DATA:
        return this.beginData(input);
      case FRAME_HEADERS:
        return this.readHeaders(input);
      case FRAME_CONTINUATION:
        return this.readContinuation(input);
      case FRAME_PUSH_PROMISE:
        return this.fail(PROTOCOL_ERROR, 'push', '§6.6', 'push was not enabled');
      case FRAME_PRIORITY:
      case FRAME_RST_STREAM:
      case FRAME_SETTINGS:
      case FRAME_PING:
      case FRAME_GOAWAY:
      case FRAME_WINDOW_UPDATE:
      case FRAME_PRIORITY_UPDATE:
        return this.readFrame(input);
      default:
        input.consume(FRAME_HEADER_BYTES);
        this.skipLeft = length;
        return INTAKE_UNKNOWN;
    }
  }

  private beginData(input: ReceiveBuffer): number {
    const { length, streamId } = this;
    if (streamId === 0) return this.fail(PROTOCOL_ERROR, 'data-stream-zero', '§6.1', 'DATA on stream 0');
    this.overhead = 0;
    let padding = 0;
    if ((this.flags & FLAG_PADDED) !== 0) {
      if (length === 0)
        return this.fail(FRAME_SIZE_ERROR, 'padding-missing', '§6.1', 'padding without a length');
      if (input.end - input.start <= FRAME_HEADER_BYTES) return INTAKE_NEED;
      padding = input.bytes[input.start + FRAME_HEADER_BYTES] as number;
      if (padding >= length)
        return this.fail(PROTOCOL_ERROR, 'padding-too-long', '§6.1', 'more padding than frame');
      this.overhead = padding + 1;
    }
    input.consume(FRAME_HEADER_BYTES + (this.overhead > 0 ? 1 : 0));
    this.dataOpen = true;
    this.dataLeft = length - this.overhead;
    this.paddingLeft = padding;
    return INTAKE_DATA;
  }

  private readHeaders(input: ReceiveBuffer): number {
    const { length, flags } = this;
    if (this.streamId === 0)
      return this.fail(PROTOCOL_ERROR, 'headers-stream-zero', '§6.2', 'HEADERS on stream 0');
    if (!this.fits(input, length)) return INTAKE_ERROR;
    if (input.end - input.start < FRAME_HEADER_BYTES + length) return INTAKE_NEED;
    let from = input.start + FRAME_HEADER_BYTES;
    const frameEnd = from + length;
    let padding = 0;
    if ((flags & FLAG_PADDED) !== 0) {
      if (length === 0)
        return this.fail(FRAME_SIZE_ERROR, 'padding-missing', '§6.2', 'padding without a length');
      padding = input.bytes[from] as number;
      from += 1;
    }
    if ((flags & FLAG_PRIORITY) !== 0) {
      if (frameEnd - from < 5)
        return this.fail(FRAME_SIZE_ERROR, 'priority-missing', '§6.2', 'priority is cut off');
      from += 5;
    }
    if (padding > frameEnd - from) {
      return this.fail(PROTOCOL_ERROR, 'padding-too-long', '§6.2', 'more padding than frame');
    }
    if ((flags & FLAG_END_HEADERS) !== 0) {
      this.at = from;
      this.end = frameEnd - padding;
      this.unit = FRAME_HEADER_BYTES + length;
      return INTAKE_BLOCK;
    }
    const fragment = frameEnd - padding - from;
    input.consume(from - input.start);
    if (padding > 0) input.excise(fragment, padding);
    this.inBlock = true;
    this.blockBytes = fragment;
    this.blockFlags = flags;
    this.continuations = 0;
    return -1;
  }

  private readContinuation(input: ReceiveBuffer): number {
    const { length } = this;
    if (!this.inBlock) {
      return this.fail(PROTOCOL_ERROR, 'continuation-alone', '§6.10', 'CONTINUATION without a header block');
    }
    if (!this.fits(input, length)) return INTAKE_ERROR;
    if (input.end - input.start < this.blockBytes + FRAME_HEADER_BYTES + length) return INTAKE_NEED;
    this.continuations += 1;
    if (this.continuations > this.maxContinuations) {
      return this.refuse(calmDown('maxContinuations', 'a header block of too many frames'));
    }
    input.excise(this.blockBytes, FRAME_HEADER_BYTES);
    this.blockBytes += length;
    if ((this.flags & FLAG_END_HEADERS) === 0) return -1;
    this.flags = this.blockFlags;
    this.at = input.start;
    this.end = input.start + this.blockBytes;
    this.unit = this.blockBytes;
    return INTAKE_BLOCK;
  }

  private readFrame(input: ReceiveBuffer): number {
    const { type, length, streamId } = this;
    const fixed = fixedLength(type);
    if (fixed >= 0 && length !== fixed) {
      return this.fail(
        FRAME_SIZE_ERROR,
        'frame-length',
        '§4.2',
        `a frame of type ${type} with ${length} octets`,
      );
    }
    const ofStream = type === FRAME_PRIORITY || type === FRAME_RST_STREAM;
    if (type !== FRAME_WINDOW_UPDATE && (streamId === 0) === ofStream) {
      return this.fail(PROTOCOL_ERROR, 'frame-stream', '§6', `a frame of type ${type} on stream ${streamId}`);
    }
    let needed = length;
    if (type === FRAME_SETTINGS) {
      const ack = (this.flags & FLAG_ACK) !== 0;
      if (ack ? length > 0 : length % 6 !== 0) {
        return this.fail(FRAME_SIZE_ERROR, 'settings-length', '§6.5', `SETTINGS of ${length} octets`);
      }
      if (length > this.maxSettings * 6)
        return this.refuse(calmDown('maxSettings', 'a SETTINGS frame of too many entries'));
    } else if (type === FRAME_GOAWAY) {
      if (length < 8)
        return this.fail(FRAME_SIZE_ERROR, 'goaway-length', '§6.8', `GOAWAY of ${length} octets`);
      needed = 8;
    } else if (type === FRAME_PRIORITY_UPDATE) {
      if (length < 4)
        return this.fail(
          FRAME_SIZE_ERROR,
          'priority-update-length',
          'RFC 9218 §7.1',
          'PRIORITY_UPDATE is cut off',
        );
      if (length > 4 + maxPriorityText) {
        return this.refuse(calmDown('maxPriorityText', 'a PRIORITY_UPDATE that is too long'));
      }
    }
    if (!this.fits(input, needed)) return INTAKE_ERROR;
    if (input.end - input.start < FRAME_HEADER_BYTES + needed) return INTAKE_NEED;
    this.at = input.start + FRAME_HEADER_BYTES;
    this.end = this.at + needed;
    this.unit = FRAME_HEADER_BYTES + needed;
    this.skipLeft = length - needed;
    return INTAKE_FRAME;
  }

  /** What must be contiguous must fit a slab, whatever else is in it (WS-9): a function of the lengths alone (CON-6). */
  private fits(input: ReceiveBuffer, length: number): boolean {
    if (this.blockBytes + FRAME_HEADER_BYTES + length <= input.source.slabBytes) return true;
    this.refuse(calmDown('slabBytes', 'a header block or frame is longer than the receive workspace'));
    return false;
  }

  private fail(code: number, name: string, section: string, message: string): number {
    return this.refuse(
      connectionError(code, name, section.startsWith('§') ? `RFC 9113 ${section}` : section, message),
    );
  }

  private refuse(error: UndercoatError): number {
    this.error = error;
    return INTAKE_ERROR;
  }
}
