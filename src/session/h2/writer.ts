/**
 * Writes frames into the send buffer (RFC 9113 §4.1, §6): small ones are built in the output workspace, large DATA is
 * lent as it is. What we owe the peer needs no workspace: when no slab is to be had, a frame of a few bytes is lent
 * from a buffer of its own (WS-9). This file does not know when a frame is due.
 */
import type { Lease, Region, SendBuffer } from '../../memory/index.js';
import {
  FLAG_ACK,
  FLAG_END_HEADERS,
  FLAG_END_STREAM,
  FRAME_DATA,
  FRAME_GOAWAY,
  FRAME_HEADER_BYTES,
  FRAME_HEADERS,
  FRAME_PING,
  FRAME_RST_STREAM,
  FRAME_SETTINGS,
  FRAME_WINDOW_UPDATE,
} from './frames-codes.js';
import type { HpackEncoder } from './hpack/encoder.js';
import type { Waiting } from './stream.js';

/** A header block to send: pseudo-header fields first, then the fields. */
export interface HeaderFields {
  /** 0 for a request or trailers. */
  readonly status: number;
  /** Other pseudo-header fields, in order. */
  readonly pseudo: FieldList;
  readonly fields: FieldList;
}

/** Names and values, in order. */
export type FieldList = readonly (readonly [name: string, value: string])[];

/** One setting: identifier and value. */
export type Setting = readonly [id: number, value: number];

export class FrameWriter {
  private readonly output: SendBuffer;
  private readonly copyBelow: number;

  constructor(output: SendBuffer, copyBelow: number) {
    this.output = output;
    this.copyBelow = copyBelow;
  }

  settings(entries: readonly Setting[], prefix: Uint8Array | undefined): void {
    const head = prefix?.length ?? 0;
    this.small(head + FRAME_HEADER_BYTES + entries.length * 6, (bytes, at) => {
      if (prefix !== undefined) bytes.set(prefix, at);
      writeFrameHeader(bytes, at + head, entries.length * 6, FRAME_SETTINGS, 0, 0);
      let p = at + head + FRAME_HEADER_BYTES;
      for (const [id, value] of entries) {
        bytes[p] = id >>> 8;
        bytes[p + 1] = id & 0xff;
        writeUint32(bytes, p + 2, value);
        p += 6;
      }
    });
  }

  settingsAck(): void {
    this.small(FRAME_HEADER_BYTES, (bytes, at) =>
      writeFrameHeader(bytes, at, 0, FRAME_SETTINGS, FLAG_ACK, 0),
    );
  }

  /** `opaque`: the eight octets to send back, or of our own. */
  ping(opaque: Uint8Array, ack: boolean): void {
    this.small(FRAME_HEADER_BYTES + 8, (bytes, at) => {
      writeFrameHeader(bytes, at, 8, FRAME_PING, ack ? FLAG_ACK : 0, 0);
      bytes.set(opaque, at + FRAME_HEADER_BYTES);
    });
  }

  reset(streamId: number, code: number): void {
    this.word(FRAME_RST_STREAM, streamId, code);
  }

  windowUpdate(streamId: number, increment: number): void {
    this.word(FRAME_WINDOW_UPDATE, streamId, increment);
  }

  goaway(lastStreamId: number, code: number, reason: string): void {
    const text = reason.slice(0, 128);
    this.small(FRAME_HEADER_BYTES + 8 + text.length, (bytes, at) => {
      writeFrameHeader(bytes, at, 8 + text.length, FRAME_GOAWAY, 0, 0);
      writeUint32(bytes, at + FRAME_HEADER_BYTES, lastStreamId);
      writeUint32(bytes, at + FRAME_HEADER_BYTES + 4, code);
      const from = at + FRAME_HEADER_BYTES + 8;
      for (let i = 0; i < text.length; i++) bytes[from + i] = text.charCodeAt(i) & 0x7f;
    });
  }

  /**
   * A HEADERS frame with its whole block. False when there is no slab, or the block does not fit one: nothing was
   * written then, and the compression state is as it was (WS-8).
   */
  headers(
    streamId: number,
    encoder: HpackEncoder,
    fields: HeaderFields,
    end: boolean,
    maxFrame: number,
  ): boolean {
    let room = this.output.open();
    if (room === undefined) return false;
    let at = this.block(room, encoder, fields, maxFrame);
    if (at < 0) {
      this.output.cancel();
      room = this.output.openFresh();
      if (room === undefined) return false;
      at = this.block(room, encoder, fields, maxFrame);
      if (at < 0) {
        this.output.cancel();
        return false;
      }
    }
    const length = at - room.start - FRAME_HEADER_BYTES;
    const flags = FLAG_END_HEADERS | (end ? FLAG_END_STREAM : 0);
    writeFrameHeader(room.bytes, room.start, length, FRAME_HEADERS, flags, streamId);
    this.output.commit(at - room.start);
    return true;
  }

  /** One DATA frame with the next `count` bytes of `item`. */
  data(streamId: number, item: Waiting, count: number, end: boolean): void {
    const { bytes, start } = item;
    const whole = start + count === item.end;
    const flags = end ? FLAG_END_STREAM : 0;
    const small = count <= this.copyBelow;
    const size = FRAME_HEADER_BYTES + (small ? count : 0);
    let room = this.output.open();
    if (room !== undefined && room.length < size) {
      this.output.cancel();
      room = this.output.openFresh();
      if (room !== undefined && room.length < size) {
        this.output.cancel();
        room = undefined;
      }
    }
    if (room === undefined) {
      this.lendHeader(streamId, count, flags);
      this.lendData(item, count, whole);
      return;
    }
    writeFrameHeader(room.bytes, room.start, count, FRAME_DATA, flags, streamId);
    if (small) copy(bytes, start, count, room.bytes, room.start + FRAME_HEADER_BYTES);
    this.output.commit(size);
    if (!small) this.lendData(item, count, whole);
    else {
      if (item.lease !== undefined) this.part(item, item.lease, count, whole).release();
      if (whole) item.returned?.('written');
    }
  }

  /** A DATA frame without data, which ends the stream. */
  endData(streamId: number): void {
    this.small(FRAME_HEADER_BYTES, (bytes, at) =>
      writeFrameHeader(bytes, at, 0, FRAME_DATA, FLAG_END_STREAM, streamId),
    );
  }

  /** A character that is no octet is the caller's mistake: nothing stays reserved for it. */
  private block(room: Region, encoder: HpackEncoder, fields: HeaderFields, maxFrame: number): number {
    try {
      return encodeBlock(room, encoder, fields, maxFrame);
    } catch (error) {
      this.output.cancel();
      throw error;
    }
  }

  private lendHeader(streamId: number, count: number, flags: number): void {
    const header = new Uint8Array(FRAME_HEADER_BYTES);
    writeFrameHeader(header, 0, count, FRAME_DATA, flags, streamId);
    this.output.lend(header, 0, FRAME_HEADER_BYTES);
  }

  /** Lends a range. A lease goes along with the part of it that is sent; the rest of it stays with the item. */
  private lendData(item: Waiting, count: number, whole: boolean): void {
    const { bytes, start, lease, returned } = item;
    if (lease === undefined) this.output.lend(bytes, start, start + count, whole ? returned : undefined);
    else this.output.lendLease(this.part(item, lease, count, whole));
  }

  private part(item: Waiting, lease: Lease, count: number, whole: boolean): Lease {
    if (whole) return lease;
    const [part, rest] = lease.split(count);
    item.lease = rest;
    return part;
  }

  private word(type: number, streamId: number, value: number): void {
    this.small(FRAME_HEADER_BYTES + 4, (bytes, at) => {
      writeFrameHeader(bytes, at, 4, type, 0, streamId);
      writeUint32(bytes, at + FRAME_HEADER_BYTES, value);
    });
  }

  private small(size: number, write: (bytes: Uint8Array, at: number) => void): void {
    let room = this.output.open();
    if (room !== undefined && room.length < size) {
      this.output.cancel();
      room = this.output.openFresh();
      if (room !== undefined && room.length < size) {
        this.output.cancel();
        room = undefined;
      }
    }
    if (room === undefined) {
      const own = new Uint8Array(size);
      write(own, 0);
      this.output.lend(own, 0, size);
      return;
    }
    write(room.bytes, room.start);
    this.output.commit(size);
  }
}

/** @returns the position after the block, or -1 when it does not fit one frame in the room */
function encodeBlock(room: Region, encoder: HpackEncoder, block: HeaderFields, maxFrame: number): number {
  const from = room.start + FRAME_HEADER_BYTES;
  if (room.end < from) return -1;
  encoder.begin(room.bytes, from, Math.min(room.end, from + maxFrame));
  const { status, pseudo, fields } = block;
  if (status > 0) encoder.status(status);
  for (let i = 0; i < pseudo.length; i++) {
    const field = pseudo[i] as readonly [string, string];
    encoder.field(field[0], field[1]);
  }
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i] as readonly [string, string];
    encoder.field(field[0], field[1]);
  }
  return encoder.finish();
}

function writeFrameHeader(
  bytes: Uint8Array,
  at: number,
  length: number,
  type: number,
  flags: number,
  streamId: number,
): void {
  bytes[at] = length >>> 16;
  bytes[at + 1] = length >>> 8;
  bytes[at + 2] = length;
  bytes[at + 3] = type;
  bytes[at + 4] = flags;
  writeUint32(bytes, at + 5, streamId);
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

function copy(from: Uint8Array, start: number, count: number, to: Uint8Array, at: number): void {
  if (count > 64) to.set(from.subarray(start, start + count), at);
  else for (let i = 0; i < count; i++) to[at + i] = from[start + i] as number;
}
