// Frames as they are taken out of the receive buffer, whole or in pieces: what is a unit of its own, what is skipped, what
// must lie in one piece, and where each limit is (RFC 9113 §4, §6).
import { describe, expect, it } from 'vitest';
import { LimitError, ProtocolError } from '../../src/errors.js';
import { ReceiveBuffer } from '../../src/memory/index.js';
import {
  FrameIntake,
  INTAKE_BLOCK,
  INTAKE_DATA,
  INTAKE_DATA_BYTES,
  INTAKE_DATA_END,
  INTAKE_ERROR,
  INTAKE_FAULT,
  INTAKE_FRAME,
  INTAKE_NEED,
  mostDebugBytes,
} from '../../src/session/h2/frame-intake.js';
import {
  FLAG_END_HEADERS,
  FLAG_END_STREAM,
  FLAG_PADDED,
  FRAME_CONTINUATION,
  FRAME_DATA,
  FRAME_GOAWAY,
  FRAME_HEADERS,
  FRAME_PING,
  FRAME_PRIORITY,
  FRAME_PRIORITY_UPDATE,
  FRAME_PUSH_PROMISE,
  FRAME_RST_STREAM,
  FRAME_WINDOW_UPDATE,
  frameTypeName,
} from '../../src/session/h2/frames-codes.js';
import { octets } from '../support/h1.js';
import { frame, goaway, ping, reset, settings, uint32, windowUpdate } from '../support/h2-bed.js';
import { checkedPool, session, text } from '../support/memory.js';

interface Limits {
  readonly slabBytes?: number;
  readonly maxContinuations?: number;
  readonly maxSettings?: number;
}

class Bed {
  readonly intake: FrameIntake;
  readonly input: ReceiveBuffer;
  /** What was read, one after the other. */
  readonly units: string[] = [];

  constructor({ slabBytes = 512, maxContinuations = 4, maxSettings = 4 }: Limits = {}) {
    const { pool } = checkedPool({ slabBytes, limitBytes: 4 * slabBytes });
    this.input = new ReceiveBuffer(pool, session);
    this.intake = new FrameIntake(maxContinuations, maxSettings);
  }

  /** Gives all of it, `piece` octets at a time, and reads what there is to be read after each. */
  feed(bytes: Uint8Array, piece = bytes.length): this {
    for (let at = 0; at < bytes.length; ) {
      const room = this.input.room();
      if (room === undefined) throw new Error('no room');
      const count = Math.min(piece, bytes.length - at, room.end - room.start);
      room.bytes.set(bytes.subarray(at, at + count), room.start);
      this.input.received(count);
      at += count;
      if (this.readOn() === INTAKE_ERROR) break;
    }
    return this;
  }

  private readOn(): number {
    for (;;) {
      const { intake, input } = this;
      const result = intake.read(input);
      if (result === INTAKE_NEED) return result;
      this.units.push(this.unit(result));
      if (result === INTAKE_ERROR) return result;
    }
  }

  private unit(result: number): string {
    const { intake, input } = this;
    const { view } = intake;
    switch (result) {
      case INTAKE_ERROR: {
        const { error } = intake;
        const limit = error instanceof LimitError ? error.limit : error?.cites;
        return `error ${error?.code} ${limit}`;
      }
      case INTAKE_FRAME: {
        // Of what a farewell says there may be more than is kept, or not.
        const kept = view.type === FRAME_GOAWAY ? view.bodyStart + mostDebugBytes : view.bodyEnd;
        const end = Math.min(view.bodyEnd, kept, input.end);
        const body = text({ bytes: input.bytes, start: view.bodyStart, end });
        intake.done(input);
        return `${frameTypeName(view.type)} ${view.streamId} ${body.length}`;
      }
      case INTAKE_DATA:
        return `data ${intake.streamId} ${intake.flags} of ${view.bodyEnd - view.bodyStart} + ${view.padding}`;
      case INTAKE_DATA_BYTES: {
        const taken = text({ bytes: input.bytes, start: intake.at, end: intake.end });
        input.consume(taken.length);
        intake.tookData(taken.length);
        return `'${taken}`;
      }
      case INTAKE_DATA_END:
        return 'data end';
      case INTAKE_BLOCK: {
        const block = text({ bytes: input.bytes, start: intake.at, end: intake.end });
        intake.done(input);
        return `block ${intake.streamId} ${intake.flags} ${block}`;
      }
      case INTAKE_FAULT:
        return `fault ${view.fault?.code} of ${view.streamId}`;
      default:
        return `skips ${view.length}`;
    }
  }
}

/** Of one frame after the other; adjacent pieces of data are one. */
function read(frames: readonly Uint8Array[], limits?: Limits, piece?: number): string[] {
  const bed = new Bed(limits);
  bed.feed(Uint8Array.from(frames.flatMap((bytes) => [...bytes])), piece);
  const units: string[] = [];
  for (const unit of bed.units) {
    const last = units.length - 1;
    if (unit.startsWith("'") && units[last]?.startsWith("'")) units[last] += unit.slice(1);
    else units.push(unit);
  }
  return units;
}

const of = (count: number, octet = 'x') => octets(octet.repeat(count));
const padded = (content: string, padding: number) => [padding, ...octets(content), ...of(padding, '.')];
const headers = (block: string, flags = FLAG_END_HEADERS, id = 3) =>
  frame(FRAME_HEADERS, flags, id, octets(block));
const continuation = (block: string, flags = 0, id = 3) =>
  frame(FRAME_CONTINUATION, flags, id, octets(block));
const debug = (count: number) => frame(FRAME_GOAWAY, 0, 0, [...uint32(1), ...uint32(2), ...of(count)]);
const update = (count: number) => frame(FRAME_PRIORITY_UPDATE, 0, 0, [...uint32(1), ...of(count)]);
const entries = (count: number) =>
  settings(...Array.from({ length: count }, (): [number, number] => [0x99, 1]));

describe('units', () => {
  it.each<[name: string, frames: readonly Uint8Array[], units: readonly string[]]>([
    ['a PING', [ping()], ['PING 0 8']],
    ['settings', [entries(0), entries(4)], ['SETTINGS 0 0', 'SETTINGS 0 24']],
    ['a reset', [reset(3, 8)], ['RST_STREAM 3 0']],
    ['a window', [windowUpdate(0, 5), windowUpdate(3, 5)], ['WINDOW_UPDATE 0 0', 'WINDOW_UPDATE 3 0']],
    ['a priority', [frame(FRAME_PRIORITY, 0, 3, [0, 0, 0, 1, 9])], ['PRIORITY 3 0']],
    ['an update of one', [update(5)], ['PRIORITY_UPDATE 0 5']],
    ['a farewell', [goaway(3)], ['GOAWAY 0 0']],
    ['one that says much, of which some is kept', [debug(128), debug(400)], ['GOAWAY 0 128', 'GOAWAY 0 128']],
    ['a type that nobody knows', [frame(0xdd, 1, 5, of(300))], ['skips 300']],
    [
      'data',
      [frame(FRAME_DATA, FLAG_END_STREAM, 5, octets('abc'))],
      ['data 5 1 of 3 + 0', "'abc", 'data end'],
    ],
    ['no data', [frame(FRAME_DATA, 0, 5)], ['data 5 0 of 0 + 0', 'data end']],
    [
      'data with padding, and nothing but padding',
      [frame(FRAME_DATA, FLAG_PADDED, 5, padded('abc', 4)), frame(FRAME_DATA, FLAG_PADDED, 5, padded('', 9))],
      ['data 5 8 of 3 + 5', "'abc", 'data end', 'data 5 8 of 0 + 10', 'data end'],
    ],
    ['a block', [headers('abc', FLAG_END_HEADERS | FLAG_END_STREAM)], ['block 3 5 abc']],
    ['an empty block', [headers('')], ['block 3 4 ']],
    [
      'a block with padding',
      [frame(FRAME_HEADERS, FLAG_END_HEADERS | FLAG_PADDED, 3, padded('abc', 4))],
      ['block 3 12 abc'],
    ],
    [
      'a block in pieces',
      [headers('abc', 0), continuation('de'), continuation(''), continuation('f', FLAG_END_HEADERS)],
      ['block 3 0 abcdef'],
    ],
    [
      'a block in pieces, with padding',
      [frame(FRAME_HEADERS, FLAG_PADDED, 3, padded('abc', 4)), continuation('de', FLAG_END_HEADERS)],
      ['block 3 8 abcde'],
    ],
    [
      'two of them: each may have as many pieces',
      [1, 3].flatMap((id) => [
        headers('a', 0, id),
        ...['b', 'c', 'd'].map((piece) => continuation(piece, 0, id)),
        continuation('e', FLAG_END_HEADERS, id),
      ]),
      ['block 1 0 abcde', 'block 3 0 abcde'],
    ],
    [
      'what is wrong with a stream only, skipped',
      [frame(FRAME_PRIORITY, 0, 3, of(300)), windowUpdate(5, 0), ping()],
      ['fault h2-priority-length of 3', 'fault h2-window-increment-zero of 5', 'PING 0 8'],
    ],
  ])('%s, however it is cut', (_, frames, units) => {
    for (const piece of [1, 2, 3, 5, 7, 8, 9, 10, 11, 300, 10_000]) {
      // A PING behind it shows that all of it was taken out.
      expect([piece, ...read([...frames, ping()], {}, piece)]).toEqual([piece, ...units, 'PING 0 8']);
    }
  });
});

describe('limits', () => {
  const slab = 'error calm-down slabBytes';
  /** The frame header and what must lie behind it in one piece. */
  it.each<[name: string, bytes: Uint8Array, needed: number]>([
    ['HEADERS', headers('a'.repeat(100)), 109],
    ['SETTINGS', entries(4), 33],
    ['PING', ping(), 17],
    ['PRIORITY', frame(FRAME_PRIORITY, 0, 3, [0, 0, 0, 1, 9]), 14],
    ['RST_STREAM', reset(3, 8), 13],
    ['WINDOW_UPDATE', windowUpdate(0, 5), 13],
    ['GOAWAY', goaway(0), 17],
    ['GOAWAY with all that is kept', debug(128), 145],
    ['GOAWAY with more', debug(400), 145],
    ['PRIORITY_UPDATE', update(256), 269],
    ['DATA', frame(FRAME_DATA, 0, 3, of(100)), 10],
    ['DATA with padding', frame(FRAME_DATA, FLAG_PADDED, 3, padded('abc', 90)), 10],
    ['a type that nobody knows', frame(0xdd, 0, 0, of(100)), 9],
  ])('%s takes what it needs of a slab, and not an octet less (WS-9)', (_, bytes, needed) => {
    for (const piece of [1, bytes.length]) {
      expect(read([bytes], { slabBytes: needed }, piece).join()).not.toContain('error');
    }
    if (needed === 9) return;
    // Known by the frame header alone.
    const short = needed - 1;
    expect(read([bytes.subarray(0, 8)], { slabBytes: short })).toEqual([]);
    if (short >= 9) expect(read([bytes.subarray(0, 9)], { slabBytes: short })).toEqual([slab]);
  });

  it('of what is refused for its length no more is needed than there is, or would be', () => {
    for (const [bytes, slabBytes, code] of [
      [frame(FRAME_PING, 0, 0, of(3)), 12, 'h2-ping-length'],
      [frame(FRAME_RST_STREAM, 0, 3, of(1)), 12, 'h2-rst-stream-length'],
      [frame(FRAME_WINDOW_UPDATE, 0, 3, of(1)), 12, 'h2-window-update-length'],
      [frame(FRAME_WINDOW_UPDATE, 0, 3, of(100)), 13, 'h2-window-update-length'],
      [frame(FRAME_PRIORITY, 0, 3, of(2)), 12, 'h2-priority-length'],
    ] as const) {
      expect(read([bytes], { slabBytes })[0]).toContain(code);
    }
  });

  it('a block takes all of its pieces together, and a frame header', () => {
    const pieces = (last: number) => [
      headers('a'.repeat(20), 0),
      continuation('b'.repeat(30)),
      continuation('c'.repeat(last), FLAG_END_HEADERS),
    ];
    const limits = { slabBytes: 20 + 30 + 9 + 40 };
    expect(read(pieces(40), limits)).toEqual([
      `block 3 0 ${'a'.repeat(20)}${'b'.repeat(30)}${'c'.repeat(40)}`,
    ]);
    expect(read(pieces(41), limits)).toEqual([slab]);
  });

  it('so many CONTINUATION frames, and not one more', () => {
    const pieces = (count: number) => [
      headers('a', 0),
      ...Array.from({ length: count }, (_, i) => continuation('b', i === count - 1 ? FLAG_END_HEADERS : 0)),
    ];
    expect(read(pieces(4), { maxContinuations: 4 })).toEqual(['block 3 0 abbbb']);
    expect(read(pieces(5), { maxContinuations: 4 })).toEqual(['error calm-down maxContinuations']);
    expect(read(pieces(1), { maxContinuations: 0 })).toEqual(['error calm-down maxContinuations']);
  });

  it('so many entries of SETTINGS, so long a priority', () => {
    expect(read([entries(4)], { maxSettings: 4 })).toEqual(['SETTINGS 0 24']);
    expect(read([entries(5).subarray(0, 9)], { maxSettings: 4 })).toEqual(['error calm-down maxSettings']);
    expect(read([update(256)])).toEqual(['PRIORITY_UPDATE 0 256']);
    expect(read([update(257)])).toEqual(['error calm-down maxPriorityText']);
  });
});

describe('what may not come', () => {
  it.each<[name: string, frames: readonly Uint8Array[], says: string]>([
    ['CONTINUATION alone', [continuation('a', FLAG_END_HEADERS)], 'continuation-alone RFC 9113 §6.10'],
    ['CONTINUATION behind a block', [headers('a'), continuation('b')], 'continuation-alone RFC 9113 §6.10'],
    ['another frame within a block', [headers('a', 0), ping()], 'block-interrupted RFC 9113 §6.10'],
    ['another block within one', [headers('a', 0), headers('b')], 'block-interrupted RFC 9113 §6.10'],
    [
      'another stream within a block',
      [headers('a', 0), continuation('b', 4, 5)],
      'block-interrupted RFC 9113 §6.10',
    ],
    [
      'a frame too long within a block is another frame first',
      [headers('a', 0), Uint8Array.of(1, 0, 1, 0, 0, 0, 0, 0, 1)],
      'block-interrupted RFC 9113 §6.10',
    ],
    ['a block too long', [Uint8Array.of(0, 64, 1, 1, 0, 0, 0, 0, 1)], 'h2-frame-too-long RFC 9113 §4.2'],
    ['a frame too long', [Uint8Array.of(0, 64, 1, 0, 0, 0, 0, 0, 1)], 'h2-frame-too-long RFC 9113 §4.2'],
    ['a push', [frame(FRAME_PUSH_PROMISE, 4, 1, uint32(2))], 'push RFC 9113 §6.6'],
  ])('%s', (_, frames, says) => {
    for (const piece of [1, 3, 1000]) {
      expect(read(frames, {}, piece).at(-1)).toBe(`error ${says}`);
    }
    const bed = new Bed();
    for (const bytes of frames) bed.feed(bytes);
    expect(bed.intake.error).toBeInstanceOf(ProtocolError);
  });
});

describe('what is begun', () => {
  const states = (bed: Bed) => [bed.intake.isWithin(bed.input), bed.intake.inData];
  const none = [false, false];
  const begun = [true, false];
  const inData = [false, true];

  it('a frame and where it began, until it is complete', () => {
    const bed = new Bed();
    expect(states(bed)).toEqual(none);
    bed.feed(ping().subarray(0, 3));
    expect([states(bed), bed.intake.begunAt]).toEqual([begun, 0]);
    bed.feed(ping().subarray(3));
    expect(states(bed)).toEqual(none);
    bed.feed(ping().subarray(0, 16));
    expect([states(bed), bed.intake.begunAt]).toEqual([begun, 17]);
    bed.feed(ping().subarray(16));
    expect(states(bed)).toEqual(none);
    bed.feed(frame(0xdd, 0, 0, of(5)).subarray(0, 11));
    expect([states(bed), bed.intake.begunAt]).toEqual([begun, 34]);
  });

  it('a block, from its first frame on', () => {
    const bed = new Bed();
    bed.feed(ping()).feed(headers('abc', 0));
    expect([states(bed), bed.intake.begunAt]).toEqual([begun, 17]);
    bed.feed(continuation('de').subarray(0, 10));
    expect([states(bed), bed.intake.begunAt]).toEqual([begun, 17]);
    bed.feed(continuation('de').subarray(10));
    expect([states(bed), bed.intake.begunAt]).toEqual([begun, 17]);
    bed.feed(continuation('f', FLAG_END_HEADERS));
    expect(states(bed)).toEqual(none);
    expect(bed.units).toEqual(['PING 0 8', 'block 3 0 abcdef']);
    bed.feed(headers('abc').subarray(0, 10));
    expect([states(bed), bed.intake.begunAt]).toEqual([begun, 17 + 12 + 11 + 10]);
  });

  it('DATA is content, its padding too', () => {
    const bed = new Bed();
    const bytes = frame(FRAME_DATA, FLAG_PADDED, 5, padded('abc', 4));
    bed.feed(bytes.subarray(0, 9));
    expect(states(bed)).toEqual(begun);
    bed.feed(bytes.subarray(9, 10));
    expect(states(bed)).toEqual(inData);
    bed.feed(bytes.subarray(10, -1));
    expect(states(bed)).toEqual(inData);
    bed.feed(bytes.subarray(-1));
    expect(states(bed)).toEqual(none);
  });
});
