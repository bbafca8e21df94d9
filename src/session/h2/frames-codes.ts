/**
 * The numbers of HTTP/2 on the wire: frame types, flags, settings and error codes, and the bounds that frames
 * have. This file does not know what any of them demands.
 */

/** Frame types (RFC 9113 §6; RFC 9218 §7.1 for PRIORITY_UPDATE). Others are ignored (§5.5). */
export const FRAME_DATA = 0x0;
export const FRAME_HEADERS = 0x1;
export const FRAME_PRIORITY = 0x2;
export const FRAME_RST_STREAM = 0x3;
export const FRAME_SETTINGS = 0x4;
export const FRAME_PUSH_PROMISE = 0x5;
export const FRAME_PING = 0x6;
export const FRAME_GOAWAY = 0x7;
export const FRAME_WINDOW_UPDATE = 0x8;
export const FRAME_CONTINUATION = 0x9;
export const FRAME_PRIORITY_UPDATE = 0x10;

/** Flags. ACK and END_STREAM share a bit. */
export const FLAG_ACK = 0x1;
export const FLAG_END_STREAM = 0x1;
export const FLAG_END_HEADERS = 0x4;
export const FLAG_PADDED = 0x8;
export const FLAG_PRIORITY = 0x20;

/** Settings (RFC 9113 §6.5.2; RFC 8441 §3; RFC 9218 §2.1). Others are ignored. */
export const SETTING_HEADER_TABLE_SIZE = 0x1;
export const SETTING_ENABLE_PUSH = 0x2;
export const SETTING_MAX_CONCURRENT_STREAMS = 0x3;
export const SETTING_INITIAL_WINDOW_SIZE = 0x4;
export const SETTING_MAX_FRAME_SIZE = 0x5;
export const SETTING_MAX_HEADER_LIST_SIZE = 0x6;
export const SETTING_ENABLE_CONNECT_PROTOCOL = 0x8;
export const SETTING_NO_RFC7540_PRIORITIES = 0x9;

/** Error codes (RFC 9113 §7). */
export const NO_ERROR = 0x0;
export const PROTOCOL_ERROR = 0x1;
export const INTERNAL_ERROR = 0x2;
export const FLOW_CONTROL_ERROR = 0x3;
export const SETTINGS_TIMEOUT = 0x4;
export const STREAM_CLOSED = 0x5;
export const FRAME_SIZE_ERROR = 0x6;
export const REFUSED_STREAM = 0x7;
export const CANCEL = 0x8;
export const COMPRESSION_ERROR = 0x9;
export const CONNECT_ERROR = 0xa;
export const ENHANCE_YOUR_CALM = 0xb;
export const INADEQUATE_SECURITY = 0xc;
export const HTTP_1_1_REQUIRED = 0xd;

/** Octets of a frame header (RFC 9113 §4.1). */
export const FRAME_HEADER_BYTES = 9;
/** Octets of one setting (§6.5.1): an identifier of two, a value of four. */
export const SETTING_BYTES = 6;
/** The least and the first SETTINGS_MAX_FRAME_SIZE (§6.5.2). */
export const MIN_MAX_FRAME_SIZE = 16_384;
/** The greatest SETTINGS_MAX_FRAME_SIZE: what a length of 24 bits can say. */
export const MAX_MAX_FRAME_SIZE = 16_777_215;
/** The greatest flow-control window (§6.9.1), stream identifier (§5.1.1) and other number of 31 bits. */
export const MAX_31_BITS = 0x7fff_ffff;
/** The first flow-control window (§6.9.2). */
export const DEFAULT_WINDOW_SIZE = 65_535;
/** The first SETTINGS_HEADER_TABLE_SIZE (§6.5.2). */
export const DEFAULT_HEADER_TABLE_SIZE = 4096;

/** An error code's name, for people. */
export function errorCodeName(code: number): string {
  return ERROR_NAMES[code] ?? `0x${code.toString(16)}`;
}

/** A frame type's name, for people. */
export function frameTypeName(type: number): string {
  return type === FRAME_PRIORITY_UPDATE ? 'PRIORITY_UPDATE' : (FRAME_NAMES[type] ?? `0x${type.toString(16)}`);
}

const ERROR_NAMES: readonly string[] = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
];

const FRAME_NAMES: readonly string[] = [
  'DATA',
  'HEADERS',
  'PRIORITY',
  'RST_STREAM',
  'SETTINGS',
  'PUSH_PROMISE',
  'PING',
  'GOAWAY',
  'WINDOW_UPDATE',
  'CONTINUATION',
];
