/**
 * The peer's settings (RFC 9113 §6.5.2, RFC 8441 §3, RFC 9218 §2.1): what holds now, and whether a new value may be. This
 * file does not know what a changed setting does to streams.
 */
import type { UndercoatError } from '../../errors.js';
import {
  DEFAULT_HEADER_TABLE_SIZE,
  DEFAULT_WINDOW_SIZE,
  FLOW_CONTROL_ERROR,
  MAX_31_BITS,
  MAX_MAX_FRAME_SIZE,
  MIN_MAX_FRAME_SIZE,
  PROTOCOL_ERROR,
  SETTING_ENABLE_CONNECT_PROTOCOL,
  SETTING_ENABLE_PUSH,
  SETTING_HEADER_TABLE_SIZE,
  SETTING_INITIAL_WINDOW_SIZE,
  SETTING_MAX_CONCURRENT_STREAMS,
  SETTING_MAX_FRAME_SIZE,
  SETTING_MAX_HEADER_LIST_SIZE,
  SETTING_NO_RFC7540_PRIORITIES,
} from './frames-codes.js';
import { connectionError } from './h2-errors.js';

export class PeerSettings {
  headerTableBytes: number;
  /** Before the peer says otherwise there is no limit (RFC 9113 §6.5.2). */
  maxConcurrentStreams: number;
  streamWindowBytes: number;
  maxFrameBytes: number;
  maxHeaderListBytes: number;
  extendedConnect: boolean;
  private readonly weAreServer: boolean;
  private plainPriorities: number;

  constructor(weAreServer: boolean) {
    this.headerTableBytes = DEFAULT_HEADER_TABLE_SIZE;
    this.maxConcurrentStreams = Number.POSITIVE_INFINITY;
    this.streamWindowBytes = DEFAULT_WINDOW_SIZE;
    this.maxFrameBytes = MIN_MAX_FRAME_SIZE;
    this.maxHeaderListBytes = Number.POSITIVE_INFINITY;
    this.extendedConnect = false;
    this.weAreServer = weAreServer;
    this.plainPriorities = -1;
  }

  /** Takes one entry. @returns the connection error of a value that may not be */
  apply(id: number, value: number): UndercoatError | undefined {
    switch (id) {
      case SETTING_HEADER_TABLE_SIZE:
        this.headerTableBytes = value;
        return undefined;
      case SETTING_ENABLE_PUSH:
        // A server may not enable push either way (RFC 9113 §6.5.2); we never push.
        return value === 0 || (value === 1 && this.weAreServer) ? undefined : illegal('ENABLE_PUSH', value);
      case SETTING_MAX_CONCURRENT_STREAMS:
        this.maxConcurrentStreams = value;
        return undefined;
      case SETTING_INITIAL_WINDOW_SIZE:
        if (value > MAX_31_BITS) return illegal('INITIAL_WINDOW_SIZE', value, FLOW_CONTROL_ERROR);
        this.streamWindowBytes = value;
        return undefined;
      case SETTING_MAX_FRAME_SIZE:
        if (value < MIN_MAX_FRAME_SIZE || value > MAX_MAX_FRAME_SIZE) return illegal('MAX_FRAME_SIZE', value);
        this.maxFrameBytes = value;
        return undefined;
      case SETTING_MAX_HEADER_LIST_SIZE:
        this.maxHeaderListBytes = value;
        return undefined;
      case SETTING_ENABLE_CONNECT_PROTOCOL:
        // RFC 8441 §3: never back to 0.
        if (value > 1 || (this.extendedConnect && value === 0))
          return illegal('ENABLE_CONNECT_PROTOCOL', value);
        this.extendedConnect = value === 1;
        return undefined;
      case SETTING_NO_RFC7540_PRIORITIES:
        // RFC 9218 §2.1: 0 or 1, and unchanged after the first SETTINGS frame.
        if (value > 1 || (this.plainPriorities >= 0 && this.plainPriorities !== value)) {
          return illegal('NO_RFC7540_PRIORITIES', value);
        }
        this.plainPriorities = value;
        return undefined;
      default:
        return undefined;
    }
  }
}

function illegal(name: string, value: number, code: number = PROTOCOL_ERROR): UndercoatError {
  return connectionError(code, 'setting-value', 'RFC 9113 §6.5.2', `SETTINGS_${name} of ${value}`);
}
