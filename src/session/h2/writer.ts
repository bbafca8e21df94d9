/**
 * Writes frames into the send buffer (RFC 9113 §4.1, §6): small ones are built in the output workspace, large DATA is
 * lent as it is. What we owe the peer needs no workspace: when no slab is to be had, a frame of a few bytes is lent
 * from a buffer of its own (WS-9). This file does not know when a frame is due.
 */
import type { Lease, Region, SendBuffer } from '../../memory/index.js';
import { BlockMemory } from './block-memory.js';
import { FLAG_END_STREAM, FRAME_DATA, FRAME_HEADER_BYTES, SETTING_BYTES } from './frames-codes.js';
import { PREFACE_BYTES, writePreface } from './frames-preface.js';
import {
  frameBlock,
  mostBlockBytes,
  type OutgoingSettings,
  writeData,
  writeFrameHeader,
  writeGoaway,
  writePing,
  writePriorityUpdate,
  writeRstStream,
  writeSettings,
  writeSettingsAck,
  writeWindowUpdate,
} from './frames-writer.js';
import type { HpackEncoder } from './hpack/encoder.js';
import { INDEXING_BY_POLICY, INDEXING_NEVER, type Indexing } from './hpack/indexing.js';
import { Owed } from './owed.js';
import type { Waiting } from './stream.js';

/** A header block to send: pseudo-header fields first, then the fields. */
export interface HeaderFields {
  /** 0 for a request or trailers. */
  readonly status: number;
  /** Other pseudo-header fields, in order. */
  readonly pseudo: FieldList;
  readonly fields: FieldList;
  /** Fields that are ours to add, behind the others. */
  readonly date?: string | undefined;
  readonly contentLength?: number | undefined;
  /** Names of fields that are never indexed in this block, besides those that never are. */
  readonly sensitive?: readonly string[] | undefined;
}

/** Names and values, in order. */
export type FieldList = readonly (readonly [name: string, value: string])[];

const nothing = new Uint8Array(0);

export class FrameWriter {
  /** Of what was written, what the peer is owed. */
  readonly owed: Owed;
  private readonly output: SendBuffer;
  private readonly copyBelow: number;
  private readonly memory: BlockMemory;
  /** What `reserve` found: where to write, and whether it is a buffer of its own. */
  private bytes: Uint8Array;
  private isOwn: boolean;
  /** Of the block that `openBlock` encoded. */
  private blockBytes: number;

  constructor(output: SendBuffer, copyBelow: number) {
    this.owed = new Owed(output);
    this.output = output;
    this.copyBelow = copyBelow;
    this.memory = new BlockMemory();
    this.bytes = nothing;
    this.isOwn = false;
    this.blockBytes = 0;
  }

  /** SETTINGS; a client's come after the connection preface (RFC 9113 §3.4). */
  settings(entries: OutgoingSettings, withPreface: boolean): void {
    const size = (withPreface ? PREFACE_BYTES : 0) + FRAME_HEADER_BYTES + entries.length * SETTING_BYTES;
    const from = this.reserve(size);
    const { bytes } = this;
    const at = withPreface ? writePreface(bytes, from, from + size) : from;
    writeSettings(entries, bytes, at, from + size);
    this.commit(size);
  }

  settingsAck(): void {
    const at = this.reserve(FRAME_HEADER_BYTES);
    writeSettingsAck(this.bytes, at, at + FRAME_HEADER_BYTES);
    this.commitOwed(FRAME_HEADER_BYTES);
  }

  /** The eight octets of `opaque` from `from` on: to send back, or our own. */
  ping(opaque: Uint8Array, from: number, ack: boolean): void {
    const size = FRAME_HEADER_BYTES + 8;
    const at = this.reserve(size);
    writePing(ack, opaque, from, this.bytes, at, at + size);
    this.commitOwed(size);
  }

  reset(streamId: number, code: number): void {
    const size = FRAME_HEADER_BYTES + 4;
    const at = this.reserve(size);
    writeRstStream(streamId, code, this.bytes, at, at + size);
    this.commitOwed(size);
  }

  windowUpdate(streamId: number, increment: number): void {
    const size = FRAME_HEADER_BYTES + 4;
    const at = this.reserve(size);
    writeWindowUpdate(streamId, increment, this.bytes, at, at + size);
    this.commitOwed(size);
  }

  priorityUpdate(streamId: number, value: string): void {
    const octets = Uint8Array.from(value, (character) => character.charCodeAt(0));
    const size = FRAME_HEADER_BYTES + 4 + octets.length;
    const at = this.reserve(size);
    writePriorityUpdate(streamId, octets, this.bytes, at, at + size);
    this.commit(size);
  }

  goaway(lastStreamId: number, code: number, reason: string): void {
    const debug = Uint8Array.from(reason.slice(0, 128), (character) => character.charCodeAt(0) & 0x7f);
    const size = FRAME_HEADER_BYTES + 8 + debug.length;
    const at = this.reserve(size);
    writeGoaway(lastStreamId, code, debug, this.bytes, at, at + size);
    this.commit(size);
  }

  /**
   * A header block: HEADERS, and CONTINUATION for what `maxFrame` leaves over (RFC 9113 §6.10), with nothing in between.
   * False when there is no slab, or the block does not fit one: nothing was written then, and the compression state is
   * as it was (WS-8).
   */
  headers(
    streamId: number,
    encoder: HpackEncoder,
    fields: HeaderFields,
    end: boolean,
    maxFrame: number,
  ): boolean {
    const room = this.openBlock(encoder, fields, maxFrame);
    if (room === undefined) return false;
    const next = frameBlock(streamId, room.bytes, room.start, this.blockBytes, end, maxFrame);
    this.output.commit(next - room.start);
    return true;
  }

  /** The same, with one DATA frame of `body` behind it that ends the stream: a whole message, built in one go. */
  message(
    streamId: number,
    encoder: HpackEncoder,
    fields: HeaderFields,
    body: Uint8Array,
    maxFrame: number,
  ): boolean {
    const room = this.openBlock(encoder, fields, maxFrame);
    if (room === undefined) return false;
    const { bytes, start, end } = room;
    const { length } = body;
    const next = frameBlock(streamId, bytes, start, this.blockBytes, false, maxFrame);
    const isCopied = length <= this.copyBelow;
    const behind = isCopied
      ? writeData(streamId, body, 0, length, true, bytes, next, end)
      : writeFrameHeader(length, FRAME_DATA, FLAG_END_STREAM, streamId, bytes, next, end);
    // The head is built, and stays so, though there is no room for what follows.
    this.output.commit((behind < 0 ? next : behind) - start);
    if (isCopied) {
      if (behind < 0) this.copy(streamId, body, 0, length, true);
    } else {
      if (behind < 0) this.dataHeader(streamId, length, true);
      this.output.lend(body, 0, length);
    }
    return true;
  }

  /** One DATA frame with a copy of `bytes[start, end)`. */
  copy(streamId: number, bytes: Uint8Array, start: number, end: number, last: boolean): void {
    const size = FRAME_HEADER_BYTES + end - start;
    const at = this.reserve(size);
    writeData(streamId, bytes, start, end, last, this.bytes, at, at + size);
    this.commit(size);
  }

  /** One DATA frame with the next `count` bytes of `item`. */
  data(streamId: number, item: Waiting, count: number, end: boolean): void {
    const { bytes, start } = item;
    const whole = start + count === item.end;
    if (count > this.copyBelow) {
      this.dataHeader(streamId, count, end);
      this.lendData(item, count, whole);
      return;
    }
    this.copy(streamId, bytes, start, start + count, end);
    if (item.lease !== undefined) this.part(item, item.lease, count, whole).release();
    if (!whole || item.returned === undefined) return;
    // What was lent before the copy is frozen until it is written: the owner hears behind it, by an empty range (OWN-4).
    if (item.lent) this.output.lend(bytes, item.end, item.end, item.returned);
    else item.returned('written');
  }

  /** A DATA frame without data, which ends the stream. */
  endData(streamId: number): void {
    this.dataHeader(streamId, 0, true);
  }

  private dataHeader(streamId: number, length: number, end: boolean): void {
    const at = this.reserve(FRAME_HEADER_BYTES);
    const flags = end ? FLAG_END_STREAM : 0;
    writeFrameHeader(length, FRAME_DATA, flags, streamId, this.bytes, at, at + FRAME_HEADER_BYTES);
    this.commit(FRAME_HEADER_BYTES);
  }

  /**
   * Room in which a block is encoded behind the place for its frame header; `blockBytes` of it. Undefined, and nothing is
   * open, when there is no slab or the block does not fit one.
   */
  private openBlock(encoder: HpackEncoder, fields: HeaderFields, maxFrame: number): Region | undefined {
    let room = this.output.open();
    if (room === undefined) return undefined;
    let at = this.block(room, encoder, fields, maxFrame);
    if (at < 0) {
      this.output.cancel();
      room = this.output.openFresh();
      if (room === undefined) return undefined;
      at = this.block(room, encoder, fields, maxFrame);
      if (at < 0) {
        this.output.cancel();
        return undefined;
      }
    }
    this.blockBytes = at - room.start - FRAME_HEADER_BYTES;
    return room;
  }

  /** A character that is no octet is the caller's mistake: nothing stays reserved for it. */
  private block(room: Region, encoder: HpackEncoder, fields: HeaderFields, maxFrame: number): number {
    try {
      return encodeBlock(room, encoder, fields, maxFrame, this.memory);
    } catch (error) {
      this.output.cancel();
      throw error;
    }
  }

  /** Lends a range. A lease goes along with the part of it that is sent; the rest of it stays with the item. */
  private lendData(item: Waiting, count: number, whole: boolean): void {
    const { bytes, start, lease, returned } = item;
    if (lease === undefined) {
      this.output.lend(bytes, start, start + count, whole ? returned : undefined);
      item.lent = true;
    } else this.output.lendLease(this.part(item, lease, count, whole));
  }

  private part(item: Waiting, lease: Lease, count: number, whole: boolean): Lease {
    if (whole) return lease;
    const [part, rest] = lease.split(count);
    item.lease = rest;
    return part;
  }

  /** Room of `size` octets in `bytes`, from the position that is answered: of the workspace, or a buffer of its own. */
  private reserve(size: number): number {
    let room = this.output.open();
    if (room !== undefined && room.length < size) {
      this.output.cancel();
      room = this.output.openFresh();
      if (room !== undefined && room.length < size) {
        this.output.cancel();
        room = undefined;
      }
    }
    this.isOwn = room === undefined;
    this.bytes = room?.bytes ?? new Uint8Array(size);
    return room?.start ?? 0;
  }

  private commit(size: number): void {
    if (this.isOwn) this.output.lend(this.bytes, 0, size);
    else this.output.commit(size);
  }

  private commitOwed(size: number): void {
    this.commit(size);
    this.owed.add(size);
  }
}

/** @returns the position after the block, or -1 when it does not fit the room with its frame headers */
function encodeBlock(
  room: Region,
  encoder: HpackEncoder,
  block: HeaderFields,
  maxFrame: number,
  memory: BlockMemory,
): number {
  const from = room.start + FRAME_HEADER_BYTES;
  if (room.end < from) return -1;
  const end = from + mostBlockBytes(room.end - room.start, maxFrame);
  const recalled = memory.recall(block, encoder, room.bytes, from, end);
  if (recalled >= 0) return recalled;
  const before = encoder.version;
  encoder.begin(room.bytes, from, end);
  const { status, pseudo, fields, date, contentLength, sensitive } = block;
  if (status > 0) encoder.status(status);
  for (let i = 0; i < pseudo.length; i++) {
    const field = pseudo[i] as readonly [string, string];
    encoder.field(field[0], field[1]);
  }
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i] as readonly [string, string];
    if (sensitive === undefined) encoder.field(field[0], field[1]);
    else encoder.field(field[0], field[1], indexingOf(field[0], sensitive));
  }
  if (date !== undefined) encoder.field('date', date);
  if (contentLength !== undefined) encoder.field('content-length', String(contentLength));
  const at = encoder.finish();
  if (at >= 0) memory.note(block, encoder, before, room.bytes, from, at);
  return at;
}

function indexingOf(name: string, sensitive: readonly string[]): Indexing {
  const plain = name.toLowerCase();
  return sensitive.some((it) => it.toLowerCase() === plain) ? INDEXING_NEVER : INDEXING_BY_POLICY;
}
