/**
 * Takes frames out of the receive buffer, one unit at a time: a whole frame, a complete header block, or a piece of DATA
 * as far as it has come (RFC 9113 §4, §6). Each frame is checked by itself (`frames-reader.ts`) before anything of it
 * is given on; a block that is spread over CONTINUATION is made contiguous in place, and it is bounded by the slab.
 *
 * It does not know streams, windows or HPACK.
 */
import type { UndercoatError } from '../../errors.js';
import type { ReceiveBuffer } from '../../memory/index.js';
import {
  FLAG_END_HEADERS,
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
  PROTOCOL_ERROR,
  SETTING_BYTES,
} from './frames-codes.js';
import { FRAME } from './frames-faults.js';
import { FRAME_NEED_DATA, FRAME_REFUSED, FrameView } from './frames-reader.js';
import { calmDown, connectionError } from './h2-errors.js';

/** All there is has been read. */
export const INTAKE_NEED = 0;
/** The connection is to end: see `error`. */
export const INTAKE_ERROR = 1;
/** A frame other than the ones below, in `view`; call `done` after it. */
export const INTAKE_FRAME = 2;
/** A DATA frame begins: `view` says how long it is and how much of that is padding. */
export const INTAKE_DATA = 3;
/** `at` to `end` is data; the caller takes it out of the buffer and calls `tookData`. */
export const INTAKE_DATA_BYTES = 4;
/** The DATA frame is complete, padding and all. */
export const INTAKE_DATA_END = 5;
/** `at` to `end` is a complete header block of `streamId`; `flags` are its HEADERS frame's. Call `done` after it. */
export const INTAKE_BLOCK = 6;
/** A frame of unknown type, which is skipped. */
const INTAKE_UNKNOWN = 7;
/** A frame that ends its stream only: see `view.fault`. It is skipped. */
export const INTAKE_FAULT = 8;

/** To read on. */
const onward = -1;
/** The longest Priority Field Value that a PRIORITY_UPDATE may carry here. */
const maxPriorityText = 256;
/** Octets of GOAWAY before its debug data (RFC 9113 §6.8), and those of that which are worth keeping. */
const goawayBytes = 8;
export const mostDebugBytes = 128;

export class FrameIntake {
  /** The frame that was read last. */
  readonly view: FrameView;
  streamId: number;
  flags: number;
  at: number;
  end: number;
  error: UndercoatError | undefined;
  /** Where the frame or header block began that is being read, in octets of the connection. */
  begunAt: number;
  /** A header block is incomplete: nothing but its CONTINUATION may come (RFC 9113 §6.10). */
  private inBlock: boolean;
  private blockBytes: number;
  private continuations: number;
  private dataOpen: boolean;
  private dataLeft: number;
  /** Octets that nobody wants: padding, unknown frames, GOAWAY's debug data. */
  private skipLeft: number;
  /** What `done` takes out of the buffer. */
  private unit: number;
  private readonly maxContinuations: number;
  private readonly maxSettings: number;

  constructor(maxContinuations: number, maxSettings: number) {
    this.view = new FrameView();
    this.streamId = 0;
    this.flags = 0;
    this.at = 0;
    this.end = 0;
    this.error = undefined;
    this.begunAt = 0;
    this.inBlock = false;
    this.blockBytes = 0;
    this.continuations = 0;
    this.dataOpen = false;
    this.dataLeft = 0;
    this.skipLeft = 0;
    this.unit = 0;
    this.maxContinuations = maxContinuations;
    this.maxSettings = maxSettings;
  }

  /** Within a DATA frame. */
  get inData(): boolean {
    return this.dataOpen;
  }

  /** After INTAKE_NEED: whether it is for the rest of a header block, or of a frame. DATA is content, and has its deadlines. */
  isWithin(input: ReceiveBuffer): boolean {
    return !this.dataOpen && (this.inBlock || this.skipLeft > 0 || input.pendingBytes > 0);
  }

  /** The next unit, or why there is none. */
  read(input: ReceiveBuffer): number {
    for (;;) {
      const pending = input.end - input.start;
      if (this.dataLeft > 0) {
        if (pending === 0) return INTAKE_NEED;
        this.at = input.start;
        this.end = input.start + Math.min(pending, this.dataLeft);
        return INTAKE_DATA_BYTES;
      }
      if (this.skipLeft > 0) {
        if (pending === 0) return INTAKE_NEED;
        const count = Math.min(pending, this.skipLeft);
        this.skipLeft -= count;
        input.consume(count);
        continue;
      }
      if (this.dataOpen) {
        this.dataOpen = false;
        return INTAKE_DATA_END;
      }
      const result = this.readFrame(input);
      if (result !== onward) return result;
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
    this.inBlock = false;
    this.blockBytes = 0;
  }

  private readFrame(input: ReceiveBuffer): number {
    const { view } = this;
    if (!this.inBlock) this.begunAt = input.receivedBytes - input.pendingBytes;
    const at = input.start + this.blockBytes;
    const result = view.readHead(input.bytes, at, input.end);
    if (input.end - at < FRAME_HEADER_BYTES) return INTAKE_NEED;
    const { type } = view;
    // In an order that depends on the octets alone (CON-6): what the frame header says comes first.
    if (this.inBlock && (type !== FRAME_CONTINUATION || view.streamId !== this.streamId)) {
      return this.fail('block-interrupted', 'RFC 9113 §6.10', 'a header block was interrupted');
    }
    if (view.fault !== FRAME.tooLong && !this.fits(input)) return INTAKE_ERROR;
    if (result === FRAME_NEED_DATA) return INTAKE_NEED;
    if (result === FRAME_REFUSED) return this.refused(input);
    switch (type) {
      case FRAME_DATA:
        this.streamId = view.streamId;
        this.flags = view.flags;
        this.dataOpen = true;
        this.dataLeft = view.bodyEnd - view.bodyStart;
        this.skipLeft = view.next - view.bodyEnd;
        input.consume(view.bodyStart - input.start);
        return INTAKE_DATA;
      case FRAME_HEADERS:
        return this.readHeaders(input);
      case FRAME_CONTINUATION:
        return this.readContinuation(input);
      case FRAME_PUSH_PROMISE:
        return this.fail('push', 'RFC 9113 §6.6', 'push was not enabled');
      case FRAME_PRIORITY:
      case FRAME_RST_STREAM:
      case FRAME_SETTINGS:
      case FRAME_PING:
      case FRAME_GOAWAY:
      case FRAME_WINDOW_UPDATE:
      case FRAME_PRIORITY_UPDATE:
        return this.readWhole(input, this.contiguous());
      default:
        input.consume(FRAME_HEADER_BYTES);
        this.skipLeft = view.length;
        return INTAKE_UNKNOWN;
    }
  }

  /** A fault of the frame by itself: of its stream, or of the connection. */
  private refused(input: ReceiveBuffer): number {
    const { view } = this;
    if (view.fault?.scope !== 'stream') return this.refuse(view.error);
    input.consume(FRAME_HEADER_BYTES);
    this.skipLeft = view.length;
    return INTAKE_FAULT;
  }

  private readHeaders(input: ReceiveBuffer): number {
    const { view } = this;
    if (view.next > input.end) return INTAKE_NEED;
    this.streamId = view.streamId;
    this.flags = view.flags;
    if ((view.flags & FLAG_END_HEADERS) !== 0) {
      this.at = view.bodyStart;
      this.end = view.bodyEnd;
      this.unit = view.next - input.start;
      return INTAKE_BLOCK;
    }
    const fragment = view.bodyEnd - view.bodyStart;
    const padding = view.next - view.bodyEnd;
    input.consume(view.bodyStart - input.start);
    if (padding > 0) input.excise(fragment, padding);
    this.inBlock = true;
    this.blockBytes = fragment;
    this.continuations = 0;
    return onward;
  }

  private readContinuation(input: ReceiveBuffer): number {
    const { view } = this;
    if (!this.inBlock) {
      return this.fail('continuation-alone', 'RFC 9113 §6.10', 'CONTINUATION without a header block');
    }
    if (view.next > input.end) return INTAKE_NEED;
    this.continuations += 1;
    if (this.continuations > this.maxContinuations) {
      return this.refuse(calmDown('maxContinuations', 'a header block of too many frames'));
    }
    input.excise(this.blockBytes, FRAME_HEADER_BYTES);
    this.blockBytes += view.length;
    if ((view.flags & FLAG_END_HEADERS) === 0) return onward;
    this.at = input.start;
    this.end = input.start + this.blockBytes;
    this.unit = this.blockBytes;
    return INTAKE_BLOCK;
  }

  /** A frame of which `needed` octets of payload are wanted, the rest is skipped. */
  private readWhole(input: ReceiveBuffer, needed: number): number {
    const { view } = this;
    if (view.type === FRAME_SETTINGS && view.length > this.maxSettings * SETTING_BYTES) {
      return this.refuse(calmDown('maxSettings', 'a SETTINGS frame of too many entries'));
    }
    if (view.type === FRAME_PRIORITY_UPDATE && view.length > 4 + maxPriorityText) {
      return this.refuse(calmDown('maxPriorityText', 'a PRIORITY_UPDATE that is too long'));
    }
    this.unit = FRAME_HEADER_BYTES + needed;
    if (input.end - input.start < this.unit) return INTAKE_NEED;
    this.skipLeft = view.length - needed;
    return INTAKE_FRAME;
  }

  /** Octets of the payload that must be in one piece. */
  private contiguous(): number {
    const { type, length } = this.view;
    switch (type) {
      case FRAME_DATA:
        return Math.min(length, 1);
      case FRAME_GOAWAY:
        return Math.min(length, goawayBytes + mostDebugBytes);
      case FRAME_PING:
        return Math.min(length, 8);
      case FRAME_PRIORITY:
        return Math.min(length, 5);
      case FRAME_RST_STREAM:
      case FRAME_WINDOW_UPDATE:
        return Math.min(length, 4);
      case FRAME_HEADERS:
      case FRAME_CONTINUATION:
      case FRAME_SETTINGS:
      case FRAME_PRIORITY_UPDATE:
        return length;
      default:
        return 0;
    }
  }

  /** What must be contiguous must fit a slab, whatever else is in it (WS-9): a function of the lengths alone (CON-6). */
  private fits(input: ReceiveBuffer): boolean {
    if (this.blockBytes + FRAME_HEADER_BYTES + this.contiguous() <= input.source.slabBytes) return true;
    this.refuse(calmDown('slabBytes', 'a header block or frame is longer than the receive workspace'));
    return false;
  }

  private fail(name: string, cites: string, message: string): number {
    return this.refuse(connectionError(PROTOCOL_ERROR, name, cites, message));
  }

  private refuse(error: UndercoatError | undefined): number {
    this.error = error;
    return INTAKE_ERROR;
  }
}
