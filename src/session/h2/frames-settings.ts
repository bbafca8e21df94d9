/**
 * Settings (RFC 9113 §6.5.2, RFC 8441 §3, RFC 9218 §2.1): what one side has told the other, and reading and judging
 * a SETTINGS frame's payload. Settings that are not known are ignored. This file does not know what follows from a
 * setting, nor acknowledgements.
 */

import {
  DEFAULT_HEADER_TABLE_SIZE,
  DEFAULT_WINDOW_SIZE,
  MAX_31_BITS,
  MAX_MAX_FRAME_SIZE,
  MIN_MAX_FRAME_SIZE,
  SETTING_BYTES,
  SETTING_ENABLE_CONNECT_PROTOCOL,
  SETTING_ENABLE_PUSH,
  SETTING_HEADER_TABLE_SIZE,
  SETTING_INITIAL_WINDOW_SIZE,
  SETTING_MAX_CONCURRENT_STREAMS,
  SETTING_MAX_FRAME_SIZE,
  SETTING_MAX_HEADER_LIST_SIZE,
  SETTING_NO_RFC7540_PRIORITIES,
} from './frames-codes.js';
import { type FrameFault, SETTINGS } from './frames-faults.js';
import { uint32 } from './frames-reader.js';

/** The settings of one side, with the values that hold before it says anything. */
export class SettingsValues {
  headerTableSize: number;
  enablePush: boolean;
  /** Infinity: none was told. */
  maxConcurrentStreams: number;
  initialWindowSize: number;
  maxFrameSize: number;
  /** Infinity: none was told. */
  maxHeaderListSize: number;
  enableConnectProtocol: boolean;
  noRfc7540Priorities: boolean;
  /** SETTINGS frames that were applied. */
  frames: number;
  /** The smallest header table size of the last frame, which an encoder must not forget (RFC 7541 §4.2). */
  lowestHeaderTableSize: number;

  constructor() {
    this.headerTableSize = DEFAULT_HEADER_TABLE_SIZE;
    this.enablePush = true;
    this.maxConcurrentStreams = Number.POSITIVE_INFINITY;
    this.initialWindowSize = DEFAULT_WINDOW_SIZE;
    this.maxFrameSize = MIN_MAX_FRAME_SIZE;
    this.maxHeaderListSize = Number.POSITIVE_INFINITY;
    this.enableConnectProtocol = false;
    this.noRfc7540Priorities = false;
    this.frames = 0;
    this.lowestHeaderTableSize = DEFAULT_HEADER_TABLE_SIZE;
  }

  /**
   * Applies the payload of a SETTINGS frame, in order (§6.5.3).
   * @param start to `end`: a multiple of SETTING_BYTES
   * @param fromServer whether a server has sent it
   * @returns what is wrong with a value; then those before it are applied, and the connection is over
   */
  apply(bytes: Uint8Array, start: number, end: number, fromServer: boolean): FrameFault | undefined {
    const first = this.frames === 0;
    const priorities = this.noRfc7540Priorities;
    // Undefined while the frame has not said it.
    let lowest: number | undefined;
    for (let p = start; p < end; p += SETTING_BYTES) {
      const value = uint32(bytes, p + 2);
      switch (((bytes[p] as number) << 8) | (bytes[p + 1] as number)) {
        case SETTING_HEADER_TABLE_SIZE:
          this.headerTableSize = value;
          lowest = Math.min(lowest ?? value, value);
          break;
        case SETTING_ENABLE_PUSH:
          if (value > 1 || (value === 1 && fromServer)) return SETTINGS.enablePush;
          this.enablePush = value === 1;
          break;
        case SETTING_MAX_CONCURRENT_STREAMS:
          this.maxConcurrentStreams = value;
          break;
        case SETTING_INITIAL_WINDOW_SIZE:
          if (value > MAX_31_BITS) return SETTINGS.initialWindowSize;
          this.initialWindowSize = value;
          break;
        case SETTING_MAX_FRAME_SIZE:
          if (value < MIN_MAX_FRAME_SIZE || value > MAX_MAX_FRAME_SIZE) return SETTINGS.maxFrameSize;
          this.maxFrameSize = value;
          break;
        case SETTING_MAX_HEADER_LIST_SIZE:
          this.maxHeaderListSize = value;
          break;
        case SETTING_ENABLE_CONNECT_PROTOCOL:
          if (value > 1 || (value === 0 && this.enableConnectProtocol)) return SETTINGS.enableConnectProtocol;
          this.enableConnectProtocol = value === 1;
          break;
        case SETTING_NO_RFC7540_PRIORITIES:
          if (value > 1 || (!first && (value === 1) !== priorities)) return SETTINGS.noRfc7540Priorities;
          this.noRfc7540Priorities = value === 1;
          break;
      }
    }
    this.lowestHeaderTableSize = lowest ?? this.headerTableSize;
    this.frames++;
    return undefined;
  }
}
