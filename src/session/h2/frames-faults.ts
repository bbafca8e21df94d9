/**
 * Everything that can be wrong with a frame by itself, whatever the state of connection and stream: a row a check,
 * with the section that demands it, and whether it ends the stream or the connection (RFC 9113 §5.4). An error
 * object is built only when somebody asks for it. This file does not know how a fault is found.
 */

import { ProtocolError } from '../../errors.js';
import { FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, PROTOCOL_ERROR } from './frames-codes.js';

/** One way in which a frame is refused. */
export interface FrameFault {
  /** Stable, kebab-case: the `code` of the error. */
  readonly code: string;
  readonly cites: string;
  readonly message: string;
  /** The error code that the peer is told (RFC 9113 §7). */
  readonly errorCode: number;
  /** What ends: the stream of the frame, or the connection. */
  readonly scope: 'connection' | 'stream';
}

function connection(errorCode: number, code: string, cites: string, message: string): FrameFault {
  return Object.freeze({ code, cites, message, errorCode, scope: 'connection' });
}

function stream(errorCode: number, code: string, cites: string, message: string): FrameFault {
  return Object.freeze({ code, cites, message, errorCode, scope: 'stream' });
}

/** Faults of frames. */
export const FRAME = Object.freeze({
  // Where §4.2 leaves it at a stream error, the connection is ended too: to skip what is announced beyond the limit
  // would be work without bound.
  tooLong: connection(
    FRAME_SIZE_ERROR,
    'h2-frame-too-long',
    'RFC 9113 §4.2',
    'a frame over SETTINGS_MAX_FRAME_SIZE',
  ),
  streamZero: connection(
    PROTOCOL_ERROR,
    'h2-frame-without-stream',
    'RFC 9113 §6',
    'a frame that belongs to a stream, on stream 0',
  ),
  streamNotZero: connection(
    PROTOCOL_ERROR,
    'h2-frame-with-stream',
    'RFC 9113 §6',
    'a frame that belongs to the connection, on a stream',
  ),
  dataTooShort: stream(
    FRAME_SIZE_ERROR,
    'h2-data-too-short',
    'RFC 9113 §4.2',
    'a padded DATA frame without its pad length',
  ),
  headersTooShort: connection(
    FRAME_SIZE_ERROR,
    'h2-headers-too-short',
    'RFC 9113 §4.2',
    'a HEADERS frame without the pad length or the priority that its flags announce',
  ),
  pushTooShort: connection(
    FRAME_SIZE_ERROR,
    'h2-push-promise-too-short',
    'RFC 9113 §4.2',
    'a PUSH_PROMISE frame without its pad length or its promised stream',
  ),
  padding: connection(
    PROTOCOL_ERROR,
    'h2-padding',
    'RFC 9113 §6.1',
    'padding that is longer than what is left of the payload',
  ),
  priorityLength: stream(
    FRAME_SIZE_ERROR,
    'h2-priority-length',
    'RFC 9113 §6.3',
    'a PRIORITY frame of other than 5 octets',
  ),
  resetLength: connection(
    FRAME_SIZE_ERROR,
    'h2-rst-stream-length',
    'RFC 9113 §6.4',
    'a RST_STREAM frame of other than 4 octets',
  ),
  settingsLength: connection(
    FRAME_SIZE_ERROR,
    'h2-settings-length',
    'RFC 9113 §6.5',
    'a SETTINGS frame of other than a multiple of 6 octets',
  ),
  settingsAckLength: connection(
    FRAME_SIZE_ERROR,
    'h2-settings-ack-length',
    'RFC 9113 §6.5',
    'a SETTINGS acknowledgement with a payload',
  ),
  promisedStream: connection(
    PROTOCOL_ERROR,
    'h2-promised-stream',
    'RFC 9113 §6.6',
    'a PUSH_PROMISE of a stream that a server cannot begin',
  ),
  pingLength: connection(
    FRAME_SIZE_ERROR,
    'h2-ping-length',
    'RFC 9113 §6.7',
    'a PING frame of other than 8 octets',
  ),
  goawayLength: connection(
    FRAME_SIZE_ERROR,
    'h2-goaway-length',
    'RFC 9113 §4.2',
    'a GOAWAY frame of less than 8 octets',
  ),
  windowUpdateLength: connection(
    FRAME_SIZE_ERROR,
    'h2-window-update-length',
    'RFC 9113 §6.9',
    'a WINDOW_UPDATE frame of other than 4 octets',
  ),
  incrementZeroOnStream: stream(
    PROTOCOL_ERROR,
    'h2-window-increment-zero',
    'RFC 9113 §6.9',
    'a WINDOW_UPDATE of 0 for a stream',
  ),
  incrementZeroOnConnection: connection(
    PROTOCOL_ERROR,
    'h2-connection-window-increment-zero',
    'RFC 9113 §6.9',
    'a WINDOW_UPDATE of 0 for the connection',
  ),
  priorityUpdateLength: connection(
    FRAME_SIZE_ERROR,
    'h2-priority-update-length',
    'RFC 9218 §7.1',
    'a PRIORITY_UPDATE frame of less than 4 octets',
  ),
  prioritizedStream: connection(
    PROTOCOL_ERROR,
    'h2-prioritized-stream',
    'RFC 9218 §7.1',
    'a PRIORITY_UPDATE for stream 0',
  ),
});

/** Faults of settings' values. */
export const SETTINGS = Object.freeze({
  enablePush: connection(
    PROTOCOL_ERROR,
    'h2-setting-enable-push',
    'RFC 9113 §6.5.2',
    'SETTINGS_ENABLE_PUSH is neither 0 nor 1, or a server enables push',
  ),
  initialWindowSize: connection(
    FLOW_CONTROL_ERROR,
    'h2-setting-initial-window-size',
    'RFC 9113 §6.5.2',
    'SETTINGS_INITIAL_WINDOW_SIZE is over 2^31-1',
  ),
  maxFrameSize: connection(
    PROTOCOL_ERROR,
    'h2-setting-max-frame-size',
    'RFC 9113 §6.5.2',
    'SETTINGS_MAX_FRAME_SIZE is not from 2^14 to 2^24-1',
  ),
  enableConnectProtocol: connection(
    PROTOCOL_ERROR,
    'h2-setting-enable-connect-protocol',
    'RFC 8441 §3',
    'SETTINGS_ENABLE_CONNECT_PROTOCOL is neither 0 nor 1, or is taken back',
  ),
  noRfc7540Priorities: connection(
    PROTOCOL_ERROR,
    'h2-setting-no-rfc7540-priorities',
    'RFC 9218 §2.1',
    'SETTINGS_NO_RFC7540_PRIORITIES is neither 0 nor 1, or differs from the first SETTINGS frame',
  ),
});

/** The connection preface is not what it must be. */
export const PREFACE_INVALID: FrameFault = connection(
  PROTOCOL_ERROR,
  'h2-preface',
  'RFC 9113 §3.4',
  'the connection does not begin with the preface of HTTP/2',
);

/** The error for a fault. */
export function frameError(found: FrameFault): ProtocolError {
  const kind = found.scope === 'connection' ? 'h2-connection' : 'h2-stream';
  return new ProtocolError(found.code, found.cites, found.message, { kind, code: found.errorCode });
}
