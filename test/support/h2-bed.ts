// One end of H2 by hand: frames in, frames out as text, and the application's side of it.
import { give } from '../../src/kit/by-hand.js';
import { requireEqual } from '../../src/kit/properties/require.js';
import type { SessionEndOptions } from '../../src/kit/session-end.js';
import { SessionEnd } from '../../src/kit/session-end.js';
import {
  errorCodeName,
  FLAG_ACK,
  FLAG_END_HEADERS,
  FLAG_END_STREAM,
  FRAME_CONTINUATION,
  FRAME_DATA,
  FRAME_GOAWAY,
  FRAME_HEADERS,
  FRAME_PING,
  FRAME_PRIORITY_UPDATE,
  FRAME_RST_STREAM,
  FRAME_SETTINGS,
  FRAME_WINDOW_UPDATE,
  frameTypeName,
} from '../../src/session/h2/frames-codes.js';
import { PREFACE } from '../../src/session/h2/frames-preface.js';
import { FRAME_COMPLETE, FrameView } from '../../src/session/h2/frames-reader.js';
import { HpackDecoder } from '../../src/session/h2/hpack/decoder.js';
import type { H2Options } from '../../src/session/h2/options.js';
import type { ClientSession, ServerExchange } from '../../src/stream/contract.js';
import { type H2Entrance, plainH2 } from './entrances.js';
import { characters } from './h1.js';
import { FieldList } from './hpack.js';
import { rowRecorder } from './rows.js';

const observer = rowRecorder();

/** A frame of any kind. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: ArrayLike<number> = [],
): Uint8Array {
  const { length } = payload;
  const head = [length >>> 16, length >>> 8, length, type, flags, ...uint32(stream)];
  const bytes = new Uint8Array(head.length + length);
  bytes.set(head);
  bytes.set(payload, head.length);
  return bytes;
}

export function uint32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

/** A field block of literals that are not indexed, without Huffman: any octets, right or wrong. */
export function block(fields: readonly (readonly [string, string])[]): number[] {
  const octets: number[] = [];
  for (const [name, value] of fields) {
    octets.push(0);
    for (const text of [name, value]) {
      if (text.length < 127) octets.push(text.length);
      else {
        octets.push(127);
        let rest = text.length - 127;
        for (; rest >= 128; rest >>>= 7) octets.push((rest & 127) | 128);
        octets.push(rest);
      }
      for (const character of text) octets.push(character.charCodeAt(0));
    }
  }
  return octets;
}

export const get = (path = '/'): [string, string][] => [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':authority', 'a.test'],
  [':path', path],
];
export const put = (...more: [string, string][]): [string, string][] => [
  [':method', 'PUT'],
  [':scheme', 'http'],
  [':authority', 'a.test'],
  [':path', '/'],
  ...more,
];

export function headers(
  stream: number,
  fields: readonly (readonly [string, string])[],
  end = true,
): Uint8Array {
  return frame(FRAME_HEADERS, FLAG_END_HEADERS | (end ? FLAG_END_STREAM : 0), stream, block(fields));
}
export function data(stream: number, length: number, end = false): Uint8Array {
  return frame(FRAME_DATA, end ? FLAG_END_STREAM : 0, stream, new Uint8Array(length).fill(0x61));
}
export function settings(...entries: [id: number, value: number][]): Uint8Array {
  return frame(
    FRAME_SETTINGS,
    0,
    0,
    entries.flatMap(([id, value]) => [id >>> 8, id & 255, ...uint32(value)]),
  );
}
export const settingsAck = frame(FRAME_SETTINGS, FLAG_ACK, 0);
export const reset = (stream: number, code: number) => frame(FRAME_RST_STREAM, 0, stream, uint32(code));
export const goaway = (last: number, code = 0) =>
  frame(FRAME_GOAWAY, 0, 0, [...uint32(last), ...uint32(code)]);
export const windowUpdate = (stream: number, increment: number) =>
  frame(FRAME_WINDOW_UPDATE, 0, stream, uint32(increment));
export const ping = (flags = 0) => frame(FRAME_PING, flags, 0, [1, 2, 3, 4, 5, 6, 7, 8]);
/** The answer to a server's warning that it goes away, by the octets that its PING had. */
export const warningAnswered = frame(
  FRAME_PING,
  FLAG_ACK,
  0,
  Array.from('undercoa', (it) => it.charCodeAt(0)),
);

export interface BedOptions {
  readonly h2?: H2Options;
  readonly end?: SessionEndOptions;
  /** What the server's application does with an exchange beside keeping it. */
  readonly exchange?: (exchange: ServerExchange) => void;
  /** The peer's preface is left to the test. */
  readonly silent?: boolean;
  /** How it comes to speak H2; by prior knowledge if absent. */
  readonly entrance?: H2Entrance | undefined;
}

interface OpenBlock {
  readonly id: number;
  readonly list: FieldList;
  name: string;
}

export class H2Bed {
  readonly end: SessionEnd;
  readonly exchanges: ServerExchange[] = [];
  /** The first stream that is the peer's to begin. */
  readonly first: number;
  /** What the application threw when it was too late to break its exchange off. */
  readonly reported: unknown[] = [];
  private ready: ClientSession | undefined;
  private readonly decoder = new HpackDecoder();
  private seen = 0;
  /** A block that its CONTINUATION is to complete: as text so far, and the fields. */
  private opened: OpenBlock | undefined;

  constructor(role: 'server' | 'client', options: BedOptions = {}) {
    this.ready = undefined;
    const entrance = options.entrance ?? plainH2;
    const { first } = entrance;
    this.first = first;
    const exchange = (it: ServerExchange): void => {
      // What asked for an upgrade is nobody's but the bed's.
      if (it.id < first) {
        it.respond(204, [], { end: true });
        return;
      }
      this.exchanges.push(it);
      options.exchange?.(it);
    };
    const ready = (session: ClientSession): void => {
      this.ready = session;
    };
    const report = (error: unknown): void => {
      this.reported.push(error);
    };
    this.end = new SessionEnd(
      entrance[role](options.h2),
      role === 'server' ? { role, exchange, httpDate: undefined, report } : { role, ready, report },
      { slabBytes: 16_384 + 64, observer, ...options.end },
    );
    this.settle();
    this.enter(role, entrance);
    this.frames();
    if (options.silent !== true) {
      this.feed(...(role === 'server' ? [PREFACE] : []), settings(), settingsAck);
    }
  }

  get client(): ClientSession {
    return this.ready as ClientSession;
  }

  get exchange(): ServerExchange {
    return this.exchanges[this.exchanges.length - 1] as ServerExchange;
  }

  get error(): string | undefined {
    return this.end.session.error?.code;
  }

  /** Gives these to the session, and says what it wrote because of them. */
  feed(...pieces: Uint8Array[]): string[] {
    const before = this.seen;
    for (const bytes of pieces) {
      for (let at = 0; at < bytes.length; ) {
        const count = this.end.deliver(bytes, at, bytes.length);
        this.settle();
        if (count === 0) throw new Error('the session has no room');
        at += count;
      }
    }
    this.seen = before;
    return this.frames();
  }

  /** What comes before H2 and its preface. */
  private enter(role: 'server' | 'client', { opening, agreement, first }: H2Entrance): void {
    if (role === 'server') {
      give(this.end, opening);
      if (first > 1) this.seen = characters(this.end.sent).indexOf('\r\n\r\n') + 4;
      return;
    }
    if (first > 1) {
      this.client.request(
        { authority: 'a.test', end: true },
        { response: (_, { body }) => body.discard(), failed: () => {} },
      );
      this.settle();
      give(this.end, agreement);
    }
    const preface = characters(PREFACE);
    this.seen = characters(this.end.sent).indexOf(preface) + preface.length;
  }

  /** Lets turns be taken, and takes what is written. */
  settle(): void {
    for (;;) {
      const taken = this.end.take().length;
      this.end.written(taken);
      if (this.end.due) this.end.turn();
      else if (taken === 0) return;
    }
  }

  /** What was written since the last time, as text. */
  frames(): string[] {
    this.settle();
    const { sent } = this.end;
    const found: string[] = [];
    const view = new FrameView();
    while (view.read(sent, this.seen, sent.length, 1 << 24) === FRAME_COMPLETE) {
      const text = this.text(view, sent);
      if (text !== '') found.push(text);
      this.seen = view.next;
    }
    requireEqual('WIRE-4', this.seen, sent.length, 'frames read of what was written');
    return found;
  }

  /** Time goes on; what was written because of that. */
  at(now: number): string[] {
    this.end.now = now;
    if (this.end.deadline() <= now) this.end.expire();
    return this.frames();
  }

  /** The pipe goes away, and everything must have gone back. */
  close(): void {
    this.end.lose(SessionEnd.reset());
    requireEqual('OWN-9', this.end.thrown.map(String), [], 'what escaped');
    this.end.assertQuiescent();
  }

  /** A whole block, or nothing yet. */
  private blockText(view: FrameView, bytes: Uint8Array, name: string): string {
    const { decoder } = this;
    if (view.type === FRAME_HEADERS) {
      this.opened = { id: view.streamId, name, list: new FieldList() };
      decoder.begin(this.opened.list, Number.POSITIVE_INFINITY);
    } else if (this.opened === undefined) throw new Error('CONTINUATION of nothing');
    const opened = this.opened as OpenBlock;
    if (view.type === FRAME_CONTINUATION) opened.name += ` + ${view.length}`;
    if (!decoder.decode(bytes, view.bodyStart, view.bodyEnd)) throw decoder.error;
    if ((view.flags & FLAG_END_HEADERS) === 0) return '';
    this.opened = undefined;
    if (!decoder.finish()) throw decoder.error;
    return [opened.name, ...opened.list.lines].join(' | ');
  }

  private text(view: FrameView, bytes: Uint8Array): string {
    const { type, flags, streamId, bodyStart, bodyEnd } = view;
    if (this.opened !== undefined) {
      requireEqual('CON-5', [type, streamId], [FRAME_CONTINUATION, this.opened.id], 'frame within a block');
    }
    const end =
      (type === FRAME_DATA || type === FRAME_HEADERS) && (flags & FLAG_END_STREAM) !== 0 ? ' END' : '';
    const name = `${frameTypeName(type)} ${streamId}${end}`;
    switch (type) {
      case FRAME_DATA:
        return `${name} ${bodyEnd - bodyStart}`;
      case FRAME_HEADERS:
      case FRAME_CONTINUATION:
        return this.blockText(view, bytes, name);
      case FRAME_RST_STREAM:
        return `${name} ${errorCodeName(view.errorCode)}`;
      case FRAME_GOAWAY:
        return `GOAWAY ${view.lastStreamId} ${errorCodeName(view.errorCode)}`;
      case FRAME_WINDOW_UPDATE:
        return `${name} ${view.increment}`;
      case FRAME_SETTINGS:
      case FRAME_PING:
        return `${frameTypeName(type)}${(flags & FLAG_ACK) !== 0 ? ' ACK' : ''}`;
      case FRAME_PRIORITY_UPDATE:
        return `PRIORITY_UPDATE ${view.prioritizedId} ${String.fromCharCode(...bytes.subarray(bodyStart, bodyEnd))}`;
      default:
        return name;
    }
  }
}
