/**
 * A peer that keeps the rules of RFC 9113, and judges what it is sent by them: what it has set holds from the
 * acknowledgement on, what it was told from its own on, whenever that goes; windows are sums, and may be negative
 * (§5.1.2, §6.5.3, §6.9.2; RFC 7541 §4.2). It reads and writes octets, and shares no code with what it judges.
 */

import { modelFrame } from './h2-frames.js';
import {
  MODEL_STATIC,
  type ModelRecipe,
  type ModelTable,
  modelDecode,
  modelEncode,
  modelSetLimit,
  modelTable,
} from './hpack-block.js';

export type PeerSettings = readonly (readonly [identifier: number, value: number])[];

const tableSize = 1;
const maxConcurrent = 3;
const initialWindow = 4;
const maxFrame = 5;

/** One stream as the peer sees it. */
export interface PeerStream {
  /** What the peer may send, and what it may be sent. */
  mayTake: number;
  mayGive: number;
  /** Octets of DATA that came, and the hash of them in order. */
  came: number;
  hash: number;
  /** The messages are complete: the peer's, and the other's. */
  said: boolean;
  heard: boolean;
  isReset: boolean;
}

/** What tells content apart by its octets and their order. @param hash of what came before */
export function hashOf(octets: ArrayLike<number>, hash = 0): number {
  let sum = hash;
  for (let i = 0; i < octets.length; i++) sum = (Math.imul(sum, 31) + (octets[i] as number)) | 0;
  return sum;
}

export class PeerModel {
  readonly streams = new Map<number, PeerStream>();
  mayTake = 65_535;
  mayGive = 65_535;
  /** Fields of each block that came, in order. */
  readonly blocks: string[] = [];
  /** The last stream of each GOAWAY that came. */
  readonly goaways: number[] = [];
  /** SETTINGS of the other that are to be acknowledged, and own ones that are. */
  readonly owed: PeerSettings[] = [];
  private readonly unheard: PeerSettings[] = [];
  private readonly acknowledged = new Map([
    [maxConcurrent, Number.POSITIVE_INFINITY],
    [initialWindow, 65_535],
    [maxFrame, 16_384],
  ]);
  /** SETTINGS_INITIAL_WINDOW_SIZE of the other, as acknowledged. */
  private theirWindow = 65_535;
  private readonly decoding: ModelTable = modelTable(4096);
  private readonly encoding: ModelTable = modelTable(4096);
  private block: { id: number; octets: number[]; ends: boolean } | undefined;

  // What the peer does. Each answers the octets that say so.

  set(settings: PeerSettings): Uint8Array {
    this.unheard.push(settings);
    return frame(
      4,
      0,
      0,
      settings.flatMap(([id, value]) => [id >> 8, id & 255, ...uint32(value)]),
    );
  }

  /** Acknowledges the oldest SETTINGS that it was sent. */
  acknowledge(): Uint8Array {
    for (const [id, value] of this.owed.shift() ?? []) {
      if (id === tableSize) modelSetLimit(this.encoding, value);
      if (id !== initialWindow) continue;
      for (const stream of this.streams.values()) stream.mayGive += value - this.theirWindow;
      this.theirWindow = value;
    }
    return frame(4, 1, 0, []);
  }

  open(id: number): PeerStream {
    const stream: PeerStream = {
      mayGive: this.theirWindow,
      mayTake: this.acknowledged.get(initialWindow) as number,
      came: 0,
      hash: 0,
      said: false,
      heard: false,
      isReset: false,
    };
    this.streams.set(id, stream);
    return stream;
  }

  /** A header block, with the size updates that are due, and one more to `size` when it may be. */
  head(id: number, recipes: readonly ModelRecipe[], ends: boolean, size: number): Uint8Array {
    const { limit, limitsSince, maxSize } = this.encoding;
    const lowest = Math.min(...limitsSince);
    const updates = lowest < maxSize ? [lowest] : [];
    updates.push(Math.min(size, limit));
    const stream = this.streams.get(id) ?? this.open(id);
    if (ends) stream.said = true;
    return frame(1, 4 | (ends ? 1 : 0), id, [...modelEncode(updates, recipes, this.encoding)]);
  }

  /** A header block whose fields are in the table from then on, and are indexed when they are there. */
  fields(id: number, fields: readonly (readonly [string, string])[], ends: boolean): Uint8Array {
    const stream = this.streams.get(id) ?? this.open(id);
    if (ends) stream.said = true;
    const octets: number[] = [];
    for (const [name, value] of fields) {
      const all = [...MODEL_STATIC, ...this.encoding.entries];
      const index = all.findIndex((it) => it.name === name && it.value === value);
      const recipe: ModelRecipe =
        index < 0
          ? { kind: 'literal', how: 'add', name, value, huffman: false, zeros: 0 }
          : { kind: 'indexed', index, zeros: 0 };
      octets.push(...modelEncode([], [recipe], this.encoding));
    }
    return frame(1, 4 | (ends ? 1 : 0), id, octets);
  }

  reset(id: number, code: number): Uint8Array {
    this.stream(id).isReset = true;
    return frame(3, 0, id, uint32(code));
  }

  /** As much of `length` octets as both windows allow, all of them `octet`. */
  data(id: number, length: number, ends: boolean, octet = 0): Uint8Array {
    const stream = this.streams.get(id) as PeerStream;
    const count = Math.max(0, Math.min(length, stream.mayGive, this.mayGive, 16_384));
    stream.mayGive -= count;
    this.mayGive -= count;
    if (ends) stream.said = true;
    return frame(0, ends ? 1 : 0, id, new Uint8Array(count).fill(octet));
  }

  widen(id: number, increment: number): Uint8Array {
    if (id === 0) this.mayTake += increment;
    else (this.streams.get(id) as PeerStream).mayTake += increment;
    return frame(8, 0, id, uint32(increment));
  }

  // What it is sent.

  /** @returns octets that were read @throws Error when a rule was broken */
  read(octets: Uint8Array, from: number): number {
    for (let at = from; ; ) {
      const result = modelFrame(octets.subarray(at), this.acknowledged.get(maxFrame) as number);
      if (result.kind === 'need-data') return at;
      if (result.kind === 'refused') throw new Error(`a frame was refused: ${result.errorCode}`);
      const { type, flags, streamId, body, length, numbers } = result.frame;
      this.frame(type, flags, streamId, body, length, numbers);
      at += result.size;
    }
  }

  /** Streams of the other's making that are not closed (§5.1.2). */
  get concurrent(): number {
    let count = 0;
    for (const { said, heard, isReset } of this.streams.values())
      if (!isReset && !(said && heard)) count += 1;
    return count;
  }

  private frame(
    type: number,
    flags: number,
    id: number,
    body: readonly number[],
    length: number,
    numbers: Readonly<Record<string, number | boolean>>,
  ): void {
    if (this.block !== undefined && (type !== 9 || id !== this.block.id))
      throw new Error('a block was interrupted');
    const ends = (flags & 1) !== 0;
    switch (type) {
      case 0: {
        const stream = this.stream(id);
        if (stream.heard) throw new Error(`DATA after the end of stream ${id}`);
        stream.mayTake -= length;
        this.mayTake -= length;
        if (length > 0 && (stream.mayTake < 0 || this.mayTake < 0)) {
          throw new Error(`DATA beyond a window: ${stream.mayTake} of stream ${id}, ${this.mayTake} in all`);
        }
        stream.came += length;
        stream.hash = hashOf(body, stream.hash);
        stream.heard = ends;
        return;
      }
      case 1:
        if (!this.streams.has(id)) {
          if (this.concurrent >= (this.acknowledged.get(maxConcurrent) as number))
            throw new Error('too many streams');
          this.open(id);
        }
        this.block = { id, octets: [...body], ends };
        if ((flags & 4) !== 0) this.endBlock();
        return;
      case 9:
        this.block?.octets.push(...body);
        if ((flags & 4) !== 0) this.endBlock();
        return;
      case 3:
        this.stream(id).isReset = true;
        return;
      case 4:
        if (ends) this.settled();
        else this.owed.push(settingsOf(body));
        return;
      case 7:
        if (numbers['errorCode'] !== 0) throw new Error(`GOAWAY: ${numbers['errorCode']}`);
        this.goaway(numbers['lastStreamId'] as number);
        return;
      case 8:
        if (id === 0) this.mayGive += numbers['increment'] as number;
        else this.stream(id).mayGive += numbers['increment'] as number;
    }
  }

  /** What was named before is never raised (RFC 9113 §6.8). */
  private goaway(last: number): void {
    const before = this.goaways.at(-1) ?? Number.POSITIVE_INFINITY;
    if (last > before) throw new Error(`GOAWAY: ${before} became ${last}`);
    this.goaways.push(last);
  }

  /** Its oldest settings hold from here on. */
  private settled(): void {
    const settings = this.unheard.shift();
    if (settings === undefined) throw new Error('SETTINGS acknowledged that were not sent');
    for (const [id, value] of settings) {
      if (id === tableSize) modelSetLimit(this.decoding, value);
      if (id === initialWindow) {
        const difference = value - (this.acknowledged.get(id) as number);
        for (const stream of this.streams.values()) stream.mayTake += difference;
      }
      if (this.acknowledged.has(id)) this.acknowledged.set(id, value);
    }
  }

  private endBlock(): void {
    const { id, octets, ends } = this.block as { id: number; octets: number[]; ends: boolean };
    this.block = undefined;
    const fields = modelDecode(Uint8Array.from(octets), this.decoding, 1 << 20);
    if (typeof fields === 'string') throw new Error(`a block of stream ${id} was refused: ${fields}`);
    this.blocks.push(`${id} ${fields.map(({ name, value }) => `${name}: ${value}`).join(' | ')}`);
    if (ends) this.stream(id).heard = true;
  }

  private stream(id: number): PeerStream {
    const stream = this.streams.get(id);
    if (stream === undefined) throw new Error(`a frame of stream ${id}, which never began`);
    return stream;
  }
}

function settingsOf(body: readonly number[]): [number, number][] {
  const settings: [number, number][] = [];
  const view = new DataView(Uint8Array.from(body).buffer);
  for (let p = 0; p < body.length; p += 6) settings.push([view.getUint16(p), view.getUint32(p + 2)]);
  return settings;
}

function frame(type: number, flags: number, id: number, payload: ArrayLike<number>): Uint8Array {
  const { length } = payload;
  return Uint8Array.of(length >> 16, length >> 8, length, type, flags, ...uint32(id), ...Array.from(payload));
}

function uint32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}
