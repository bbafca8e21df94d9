/**
 * One direction of an H2 connection as lines for people: each frame with what it says, and the field list of each block.
 * Frames are read as they pass, in whatever pieces; of DATA nothing is kept. This file does not know where the bytes come
 * from, nor who reads the lines.
 */
import {
  errorCodeName,
  FLAG_ACK,
  FLAG_END_HEADERS,
  FLAG_END_STREAM,
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
  frameTypeName,
  MAX_MAX_FRAME_SIZE,
  SETTING_BYTES,
} from '../../session/h2/frames-codes.js';
import { FRAME_NEED_DATA, FRAME_REFUSED, FrameView, uint32 } from '../../session/h2/frames-reader.js';
import { HpackDecoder } from '../../session/h2/hpack/decoder.js';
import type { FrameLines, Tell } from './frame-lines.js';
import { KeptOctets } from './kept-octets.js';

const settingNames: readonly string[] = [
  '',
  'HEADER_TABLE_SIZE',
  'ENABLE_PUSH',
  'MAX_CONCURRENT_STREAMS',
  'INITIAL_WINDOW_SIZE',
  'MAX_FRAME_SIZE',
  'MAX_HEADER_LIST_SIZE',
  '',
  'ENABLE_CONNECT_PROTOCOL',
  'NO_RFC7540_PRIORITIES',
];

/** Of a field list, by its size in octets (RFC 9113 §6.5.2), this much is shown. */
const mostListBytes = 65_536;

export class H2Lines implements FrameLines {
  private readonly tell: Tell;
  private readonly frame = new FrameView();
  private readonly hpack = new HpackDecoder();
  /** What has come of the frame that is being read, and what of a DATA frame is still to pass unread. */
  private readonly kept = new KeptOctets();
  private passing = 0;
  private list: string[] | null = null;

  constructor(tell: Tell) {
    this.tell = tell;
  }

  take(given: Uint8Array, from: number, to: number): void {
    const { bytes, start, end } = this.kept.before(given, from, to);
    let at = start;
    while (at < end) {
      const passed = Math.min(this.passing, end - at);
      this.passing -= passed;
      at += passed;
      if (at === end) break;
      const next = this.read(bytes, at, end);
      if (next === undefined) break;
      at = next;
    }
    this.kept.keep(bytes, at, end);
  }

  /** @returns where to go on; undefined when more must come first */
  private read(bytes: Uint8Array, at: number, end: number): number | undefined {
    const { frame } = this;
    const isData = end - at >= FRAME_HEADER_BYTES && bytes[at + 3] === FRAME_DATA;
    const result = isData
      ? frame.readHead(bytes, at, end, MAX_MAX_FRAME_SIZE)
      : frame.read(bytes, at, end, MAX_MAX_FRAME_SIZE);
    if (result === FRAME_NEED_DATA) return undefined;
    if (result === FRAME_REFUSED) this.say(`refused: ${frame.error?.message}`);
    else this.show(bytes);
    this.passing = Math.max(frame.next - end, 0);
    return Math.min(frame.next, end);
  }

  private show(bytes: Uint8Array): void {
    const { frame } = this;
    const { bodyStart, bodyEnd, flags } = frame;
    switch (frame.type) {
      case FRAME_DATA:
        this.say(`${bodyEnd - bodyStart} bytes`, this.padding, this.flag(FLAG_END_STREAM, 'END_STREAM'));
        break;
      case FRAME_HEADERS:
      case FRAME_PUSH_PROMISE:
        this.list = [];
        this.hpack.begin({ field: (name, value) => this.list?.push(`${name}: ${value}`) }, mostListBytes);
        this.block(bytes);
        break;
      case FRAME_CONTINUATION:
        this.block(bytes);
        break;
      case FRAME_PRIORITY:
        this.say(this.dependency);
        break;
      case FRAME_RST_STREAM:
        this.say(errorCodeName(frame.errorCode));
        break;
      case FRAME_SETTINGS:
        this.say(...(flags & FLAG_ACK ? ['ACK'] : settings(bytes, bodyStart, bodyEnd)));
        break;
      case FRAME_PING:
        this.say(this.flag(FLAG_ACK, 'ACK'), hex(bytes, bodyStart, bodyEnd));
        break;
      case FRAME_GOAWAY:
        this.say(
          errorCodeName(frame.errorCode),
          `last stream ${frame.lastStreamId}`,
          bodyEnd > bodyStart ? JSON.stringify(latin1(bytes, bodyStart, bodyEnd)) : '',
        );
        break;
      case FRAME_WINDOW_UPDATE:
        this.say(`+${frame.increment}`);
        break;
      case FRAME_PRIORITY_UPDATE:
        this.say(`of stream ${frame.prioritizedId}`, JSON.stringify(latin1(bytes, bodyStart, bodyEnd)));
        break;
      default:
        this.say(`${frame.length} bytes`);
    }
  }

  /** A fragment of a field block; the list comes with the last. */
  private block(bytes: Uint8Array): void {
    const { frame, hpack } = this;
    const isLast = (frame.flags & FLAG_END_HEADERS) !== 0;
    const isKnown = hpack.decode(bytes, frame.bodyStart, frame.bodyEnd) && (!isLast || hpack.finish());
    this.say(
      `${frame.bodyEnd - frame.bodyStart} bytes`,
      frame.type === FRAME_PUSH_PROMISE ? `promises stream ${frame.promisedId}` : '',
      this.padding,
      frame.type === FRAME_HEADERS ? this.flag(FLAG_END_STREAM, 'END_STREAM') : '',
      isLast ? 'END_HEADERS' : '',
      frame.weight > 0 && frame.type === FRAME_HEADERS && (frame.flags & 0x20) !== 0 ? this.dependency : '',
      isKnown ? '' : 'refused by HPACK',
      isLast ? (this.list ?? []) : [],
    );
    if (isLast) this.list = null;
  }

  private get padding(): string {
    return this.frame.padding > 0 ? `padding ${this.frame.padding}` : '';
  }

  private get dependency(): string {
    const { exclusive, dependency, weight } = this.frame;
    return `depends on ${dependency}${exclusive ? ' alone' : ''}, weight ${weight}`;
  }

  private flag(bit: number, name: string): string {
    return (this.frame.flags & bit) === 0 ? '' : name;
  }

  /** What the frame says, part by part; a list comes last. */
  private say(...parts: readonly (string | readonly string[])[]): void {
    const { type, streamId } = this.frame;
    const texts = parts.filter((part): part is string => typeof part === 'string' && part !== '');
    const list = parts.find((part): part is readonly string[] => typeof part !== 'string');
    const stream = streamId === 0 ? [] : [`stream ${streamId}`];
    this.tell(frameTypeName(type), [...stream, ...texts].join(', '), list);
  }
}

function settings(bytes: Uint8Array, start: number, end: number): string[] {
  const said: string[] = [];
  for (let at = start; at < end; at += SETTING_BYTES) {
    const number = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
    said.push(`${settingNames[number] || `0x${number.toString(16)}`}=${uint32(bytes, at + 2)}`);
  }
  return said;
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.subarray(start, end)).toString('latin1');
}

function hex(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.subarray(start, end)).toString('hex');
}
