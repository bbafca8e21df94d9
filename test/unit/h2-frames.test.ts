// Frames: the octets of each type, every type with all flags that matter and all lengths around its edges against the
// model, refusals with what they cite, and what is known before a frame is whole.

import { describe, expect, it } from 'vitest';
import { modelFrame, modelFrameBytes } from '../../models/h2-frames.js';
import * as codes from '../../src/session/h2/frames-codes.js';
import { FRAME } from '../../src/session/h2/frames-faults.js';
import {
  FRAME_COMPLETE,
  FRAME_NEED_DATA,
  FRAME_REFUSED,
  FrameView,
} from '../../src/session/h2/frames-reader.js';
import {
  writeData,
  writeFrameHeader,
  writeGoaway,
  writeHeaders,
  writePing,
  writePriority,
  writePriorityUpdate,
  writePushPromise,
  writeRstStream,
  writeSettings,
  writeSettingsAck,
  writeWindowUpdate,
} from '../../src/session/h2/frames-writer.js';
import { readFrame } from '../support/h2-frames.js';
import { hexOf, octetsOfHex } from '../support/hpack.js';

type Writer = (bytes: Uint8Array, at: number, end: number) => number;

const block = octetsOfHex('82 86 84');
const ten = Uint8Array.from({ length: 10 }, (_, i) => i + 1);
const empty = new Uint8Array(0);

/** Name, writer, and the octets that it writes. */
const GOLDEN: readonly (readonly [string, Writer, string])[] = [
  ['DATA', (b, at, end) => writeData(1, ten, 2, 5, false, b, at, end), '000003 00 00 00000001 030405'],
  ['DATA, last', (b, at, end) => writeData(3, ten, 0, 0, true, b, at, end), '000000 00 01 00000003'],
  [
    'DATA, padded',
    (b, at, end) => writeData(1, ten, 0, 2, true, b, at, end, 3),
    '000006 00 09 00000001 03 0102 000000',
  ],
  [
    'DATA, padded with nothing',
    (b, at, end) => writeData(1, ten, 0, 1, false, b, at, end, 0),
    '000002 00 08 00000001 00 01',
  ],
  [
    'HEADERS',
    (b, at, end) => writeHeaders(5, block, 0, 3, true, 16_384, b, at, end),
    '000003 01 05 00000005 828684',
  ],
  [
    'HEADERS, padded',
    (b, at, end) => writeHeaders(5, block, 0, 3, false, 16_384, b, at, end, 1),
    '000005 01 0c 00000005 01 828684 00',
  ],
  [
    'HEADERS and CONTINUATION',
    (b, at, end) => writeHeaders(5, ten, 0, 10, true, 4, b, at, end),
    '000004 01 01 00000005 01020304 000004 09 00 00000005 05060708 000002 09 04 00000005 090a',
  ],
  [
    'HEADERS that fill frames',
    (b, at, end) => writeHeaders(5, ten, 0, 8, false, 4, b, at, end),
    '000004 01 00 00000005 01020304 000004 09 04 00000005 05060708',
  ],
  [
    'HEADERS, padded, and CONTINUATION',
    (b, at, end) => writeHeaders(5, ten, 0, 5, false, 4, b, at, end, 1),
    '000004 01 08 00000005 01 0102 00 000003 09 04 00000005 030405',
  ],
  [
    'HEADERS, empty',
    (b, at, end) => writeHeaders(5, ten, 0, 0, true, 4, b, at, end),
    '000000 01 05 00000005',
  ],
  [
    'HEADERS of a part, and CONTINUATION',
    (b, at, end) => writeHeaders(5, ten, 2, 8, false, 4, b, at, end),
    '000004 01 00 00000005 03040506 000002 09 04 00000005 0708',
  ],
  [
    'HEADERS of nothing but padding, and CONTINUATION',
    (b, at, end) => writeHeaders(5, ten, 0, 2, false, 4, b, at, end, 3),
    '000004 01 08 00000005 03 000000 000002 09 04 00000005 0102',
  ],
  [
    'DATA, with the most padding',
    (b, at, end) => writeData(1, ten, 0, 1, false, b, at, end, 255),
    `000101 00 08 00000001 ff 01 ${'00'.repeat(255)}`,
  ],
  [
    'PRIORITY',
    (b, at, end) => writePriority(3, 1, true, 256, b, at, end),
    '000005 02 00 00000003 80000001 ff',
  ],
  [
    'PRIORITY, not exclusive',
    (b, at, end) => writePriority(3, 0x7fffffff, false, 1, b, at, end),
    '000005 02 00 00000003 7fffffff 00',
  ],
  ['RST_STREAM', (b, at, end) => writeRstStream(7, 0xdeadbeef, b, at, end), '000004 03 00 00000007 deadbeef'],
  [
    'SETTINGS',
    (b, at, end) =>
      writeSettings(
        [
          [2, 0],
          [0x4, 0x7fffffff],
          [0xffff, 0xffffffff],
        ],
        b,
        at,
        end,
      ),
    '000012 04 00 00000000 0002 00000000 0004 7fffffff ffff ffffffff',
  ],
  [
    'SETTINGS, of the reserved identifier',
    (b, at, end) => writeSettings([[0, 1]], b, at, end),
    '000006 04 00 00000000 0000 00000001',
  ],
  ['SETTINGS, empty', (b, at, end) => writeSettings([], b, at, end), '000000 04 00 00000000'],
  ['SETTINGS ack', writeSettingsAck, '000000 04 01 00000000'],
  [
    'PUSH_PROMISE',
    (b, at, end) => writePushPromise(1, 2, block, 0, 3, 16_384, b, at, end),
    '000007 05 04 00000001 00000002 828684',
  ],
  [
    'PUSH_PROMISE, padded, and CONTINUATION',
    (b, at, end) => writePushPromise(1, 4, ten, 0, 4, 8, b, at, end, 1),
    '000008 05 08 00000001 01 00000004 0102 00 000002 09 04 00000001 0304',
  ],
  [
    'PUSH_PROMISE of a part',
    (b, at, end) => writePushPromise(1, 4, ten, 2, 5, 8, b, at, end),
    '000007 05 04 00000001 00000004 030405',
  ],
  [
    'PUSH_PROMISE of nothing but padding, and CONTINUATION',
    (b, at, end) => writePushPromise(1, 4, ten, 0, 2, 8, b, at, end, 3),
    '000008 05 08 00000001 03 00000004 000000 000002 09 04 00000001 0102',
  ],
  ['PING', (b, at, end) => writePing(false, ten, 1, b, at, end), '000008 06 00 00000000 0203040506070809'],
  ['PING ack', (b, at, end) => writePing(true, ten, 0, b, at, end), '000008 06 01 00000000 0102030405060708'],
  [
    'GOAWAY',
    (b, at, end) => writeGoaway(0x7fffffff, 0xb, octetsOfHex('6f6b'), b, at, end),
    '00000a 07 00 00000000 7fffffff 0000000b 6f6b',
  ],
  [
    'WINDOW_UPDATE',
    (b, at, end) => writeWindowUpdate(9, 0x7fffffff, b, at, end),
    '000004 08 00 00000009 7fffffff',
  ],
  [
    'WINDOW_UPDATE of the connection',
    (b, at, end) => writeWindowUpdate(0, 1, b, at, end),
    '000004 08 00 00000000 00000001',
  ],
  [
    'PRIORITY_UPDATE',
    (b, at, end) => writePriorityUpdate(3, octetsOfHex('753d32'), b, at, end),
    '000007 10 00 00000000 00000003 753d32',
  ],
  [
    'the longest frame there is',
    (b, at, end) => writeFrameHeader(0xffffff, 0xfe, 0, 1, b, at, end),
    'ffffff fe 00 00000001',
  ],
  [
    'any frame header',
    (b, at, end) => writeFrameHeader(0xabcdef, 0xfe, 0xff, 0x7fffffff, b, at, end),
    'abcdef fe ff 7fffffff',
  ],
];

describe('writers of frames', () => {
  it.each(GOLDEN)('%s has the octets of RFC 9113, or is not written at all (WS-8)', (_, write, hex) => {
    const expected = hexOf(octetsOfHex(hex));
    const size = expected.length / 2;
    const bytes = new Uint8Array(size + 20).fill(0x5a);
    expect(write(bytes, 10, 10 + size)).toBe(10 + size);
    expect(hexOf(bytes.subarray(10, 10 + size))).toBe(expected);
    expect(hexOf(bytes.subarray(0, 10)) + hexOf(bytes.subarray(10 + size))).toBe('5a'.repeat(20));
    for (let room = 0; room < size; room++) {
      const short = new Uint8Array(size + 20).fill(0x5a);
      expect(write(short, 10, 10 + room)).toBe(-1);
      expect(hexOf(short)).toBe('5a'.repeat(size + 20));
    }
  });

  it('long data is copied as short', () => {
    const data = Uint8Array.from({ length: 300 }, (_, i) => i);
    const bytes = new Uint8Array(400);
    expect(writeData(1, data, 3, 290, false, bytes, 0, 400)).toBe(9 + 287);
    expect(hexOf(bytes.subarray(9, 296))).toBe(hexOf(data.subarray(3, 290)));
    expect(writeData(1, data, 0, 300, false, bytes, 0, 400)).toBe(309);
    expect(hexOf(bytes.subarray(9, 309))).toBe(hexOf(data));
  });

  /** What is cited, of RFC 9113: by what is refused, or by the code. */
  const sections = new Map([
    ['stream-id', '§5.1.1'],
    ['uint32', '§2.2'],
    ['setting', '§6.5.1'],
    ['frame-weight', '§6.3'],
    ['window-increment', '§6.9'],
    ['frame-length', '§4.2'],
    ['frame-padding', '§6.1'],
    ['padding beyond a frame', '§6.2'],
    ['padding of a promise beyond a frame', '§6.6'],
  ]);

  it.each<readonly [string, string, Writer]>([
    ['a stream identifier of 32 bits', 'stream-id', (b, at, end) => writeRstStream(2 ** 31, 0, b, at, end)],
    ['a stream identifier below 0', 'stream-id', (b, at, end) => writeData(-1, ten, 0, 1, false, b, at, end)],
    [
      'a promised stream of 32 bits',
      'stream-id',
      (b, at, end) => writePushPromise(1, 2 ** 31, block, 0, 3, 100, b, at, end),
    ],
    ['a dependency of 32 bits', 'stream-id', (b, at, end) => writePriority(1, 2 ** 31, false, 1, b, at, end)],
    [
      'a prioritized stream of 32 bits',
      'stream-id',
      (b, at, end) => writePriorityUpdate(2 ** 31, empty, b, at, end),
    ],
    ['a last stream of 32 bits', 'stream-id', (b, at, end) => writeGoaway(2 ** 31, 0, empty, b, at, end)],
    ['an error code of 33 bits', 'uint32', (b, at, end) => writeRstStream(1, 2 ** 32, b, at, end)],
    ['an error code that is none', 'uint32', (b, at, end) => writeGoaway(1, Number.NaN, empty, b, at, end)],
    ['a setting of 33 bits', 'uint32', (b, at, end) => writeSettings([[1, 2 ** 32]], b, at, end)],
    ['an error code below 0', 'uint32', (b, at, end) => writeRstStream(1, -1, b, at, end)],
    ['a setting with a name below 0', 'setting', (b, at, end) => writeSettings([[-1, 1]], b, at, end)],
    ['a setting with a long name', 'setting', (b, at, end) => writeSettings([[2 ** 16, 1]], b, at, end)],
    ['a weight of 0', 'frame-weight', (b, at, end) => writePriority(1, 0, false, 0, b, at, end)],
    ['a weight of 257', 'frame-weight', (b, at, end) => writePriority(1, 0, false, 257, b, at, end)],
    ['an increment of 0', 'window-increment', (b, at, end) => writeWindowUpdate(1, 0, b, at, end)],
    [
      'an increment of 32 bits',
      'window-increment',
      (b, at, end) => writeWindowUpdate(1, 2 ** 31, b, at, end),
    ],
    ['padding of 256', 'frame-padding', (b, at, end) => writeData(1, ten, 0, 1, false, b, at, end, 256)],
    ['padding below none', 'frame-padding', (b, at, end) => writeData(1, ten, 0, 1, false, b, at, end, -2)],
    [
      'padding beyond a frame',
      'frame-padding',
      (b, at, end) => writeHeaders(1, block, 0, 3, false, 20, b, at, end, 20),
    ],
    [
      'padding of a promise beyond a frame',
      'frame-padding',
      (b, at, end) => writePushPromise(1, 2, block, 0, 3, 20, b, at, end, 16),
    ],
    ['a length below 0', 'frame-length', (b, at, end) => writeFrameHeader(-1, 0, 0, 1, b, at, end)],
    ['a length of 25 bits', 'frame-length', (b, at, end) => writeFrameHeader(2 ** 24, 0, 0, 1, b, at, end)],
  ])('refuse %s, and write nothing', (what, code, write) => {
    const bytes = new Uint8Array(600).fill(0x5a);
    const misuse = {
      code,
      cites: `RFC 9113 ${sections.get(what) ?? sections.get(code)}`,
      fault: 'api-misuse',
    };
    expect(() => write(bytes, 0, 600)).toThrow(expect.objectContaining(misuse));
    expect(bytes.every((octet) => octet === 0x5a)).toBe(true);
  });
});

describe('the reader of frames', () => {
  const TYPES = [...Array.from({ length: 12 }, (_, type) => type), 0x10, 0x11, 0xff];
  const FLAGS = [0, 0x1, 0x4, 0x5, 0x8, 0x9, 0x20, 0x28, 0x2d, 0xd2, 0xff];
  const LENGTHS = [0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 18, 63, 64, 65];
  const STREAMS = [0, 1, 0x7fffffff];

  it('every type, flags, length, stream and pad length is judged as the model judges it', () => {
    const counts = { frame: 0, refused: 0, 'need-data': 0 };
    for (const type of TYPES) {
      for (const flags of FLAGS) {
        for (const length of LENGTHS) {
          for (const streamId of STREAMS) {
            for (const first of [0, 1, length - 6, length - 5, length - 1, length, 0x80, 0xff]) {
              const payload = new Array<number>(length).fill(0x82);
              if (length > 0) payload[0] = first & 0xff;
              const bytes = modelFrameBytes(type, flags, streamId, payload);
              const expected = modelFrame(bytes, 64);
              const read = readFrame(bytes, 0, bytes.length, 64);
              // The assertion costs more than all else here: it only has to tell what differs.
              if (JSON.stringify(read) !== JSON.stringify(expected)) expect(read).toEqual(expected);
              counts[expected.kind]++;
            }
          }
        }
      }
    }
    expect(counts.frame).toBeGreaterThan(20_000);
    expect(counts.refused).toBeGreaterThan(20_000);
    expect(counts['need-data']).toBe(0);
  });

  it('numbers at their edges, with the reserved bit or without', () => {
    const values = ['00000000', '00000001', '00000002', '7fffffff', '80000000', '80000001', 'ffffffff'];
    for (const type of [0x2, 0x3, 0x5, 0x7, 0x8, 0x10]) {
      for (const streamId of [0, 3, 0xffffffff]) {
        for (const number of values) {
          for (const rest of ['', 'ff', '80000000', 'fffffffe']) {
            const bytes = modelFrameBytes(type, 0, streamId, octetsOfHex(number + rest));
            expect(readFrame(bytes, 0, bytes.length, 64)).toEqual(modelFrame(bytes, 64));
          }
        }
      }
    }
  });

  it('OWN-6, CON-6: a prefix gives need-data or the refusal of the whole, whatever lies beyond it', () => {
    const view = new FrameView();
    for (const type of TYPES) {
      for (const flags of [0, 0x1, 0x8, 0x28]) {
        for (const [streamId, length] of [
          [0, 8],
          [1, 8],
          [0, 4],
          [1, 4],
          [1, 5],
          [1, 0],
          [0, 0],
          [0, 6],
          [1, 20],
        ] as const) {
          const bytes = modelFrameBytes(type, flags, streamId, new Array<number>(length).fill(0x06));
          const whole = readFrame(bytes, 0, bytes.length, 16);
          for (let end = 0; end < bytes.length; end++) {
            for (const tail of [0x00, 0xff]) {
              const cut = bytes.slice();
              cut.fill(tail, end);
              const read = readFrame(cut, 0, end, 16);
              if (read.kind === 'need-data') {
                view.read(cut, 0, end, 16);
                expect(view.needed).toBe(end < 9 ? 9 : bytes.length);
              } else {
                expect(read).toEqual(whole);
                expect(whole.kind === 'refused' && whole.scope).toBe('connection');
              }
            }
          }
        }
      }
    }
  });

  it('one view reads one frame after another, at any place, and keeps no fault', () => {
    const view = new FrameView();
    const bytes = new Uint8Array(2000);
    let end = 7;
    const whole = GOLDEN.slice(0, -2);
    for (const [, write] of whole) end = write(bytes, end, 2000);
    let count = 0;
    for (let at = 7; at < end; at = view.next) {
      expect(view.read(bytes, at, end)).toBe(FRAME_COMPLETE);
      count++;
    }
    expect(view.next).toBe(end);
    // HEADERS and PUSH_PROMISE were continued eight times.
    expect(count).toBe(whole.length + 8);
    expect(view.read(octetsOfHex('000000 06 00 00000000'), 0, 9)).toBe(FRAME_REFUSED);
    expect(view.fault).toBe(FRAME.pingLength);
    expect(view.error).toMatchObject({ code: 'h2-ping-length', cites: 'RFC 9113 §6.7' });
    expect(view.read(octetsOfHex('000000 04 01 00000000'), 0, 9)).toBe(FRAME_COMPLETE);
    expect(view.error).toBeUndefined();
  });

  it('the head is enough to know where body and padding are', () => {
    const view = new FrameView();
    const cases: readonly (readonly [string, number, number, number])[] = [
      // Octets of the head, its end, then the body's bounds.
      ['000064 00 01 00000001', 9, 9, 109],
      ['000064 00 08 00000001 0a', 10, 10, 99],
      ['000064 01 28 00000001 0a 80000003 07', 15, 15, 99],
      ['000064 05 08 00000001 0a 00000002', 14, 14, 99],
      ['000064 07 00 00000000 00000001 00000002', 17, 17, 109],
      ['000064 10 00 00000000 00000001', 13, 13, 109],
      ['000005 02 00 00000001 80000003 07', 14, 14, 14],
      ['000004 03 00 00000001 00000002', 13, 13, 13],
      ['000004 08 00 00000001 00000002', 13, 13, 13],
      ['000060 04 00 00000000', 9, 9, 105],
      ['000064 fe 08 00000001', 9, 9, 109],
    ];
    for (const [hex, head, bodyStart, bodyEnd] of cases) {
      const bytes = octetsOfHex(hex);
      for (let end = 0; end < head; end++) {
        expect(view.readHead(bytes, 0, end)).toBe(FRAME_NEED_DATA);
        expect(view.needed).toBe(end < 9 ? 9 : head);
      }
      expect(view.readHead(bytes, 0, head)).toBe(FRAME_COMPLETE);
      expect([view.bodyStart, view.bodyEnd, view.next]).toEqual([bodyStart, bodyEnd, 9 + view.length]);
    }
  });

  it('nothing has been read at first, and what is needed is counted from where a frame begins', () => {
    const view = new FrameView();
    expect(view).toMatchObject({ length: 0, next: 0, needed: 0, exclusive: false });
    expect(view.error).toBeUndefined();
    const bytes = octetsOfHex('ffffffffffffff 000100 00 00 00000001');
    expect(view.read(bytes, 7, 16)).toBe(FRAME_NEED_DATA);
    expect(view.needed).toBe(9 + 0x100);
    expect(view.read(bytes, 7, 12)).toBe(FRAME_NEED_DATA);
    expect(view.needed).toBe(9);
  });

  it('the head tells what ends a stream, and where to go on; the whole frame waits for its end', () => {
    const view = new FrameView();
    const bytes = octetsOfHex('000007 02 00 00000001');
    expect(view.readHead(bytes, 0, 9)).toBe(FRAME_REFUSED);
    expect(view.fault).toBe(FRAME.priorityLength);
    expect(view.next).toBe(16);
    expect(view.read(bytes, 0, 9)).toBe(FRAME_NEED_DATA);
    expect(view.fault).toBeUndefined();
    expect(view.needed).toBe(16);
  });

  it('Varnish #2349: padding may be all that is left of a payload, and not an octet more', () => {
    for (let length = 1; length <= 300; length++) {
      for (const padLength of [length - 2, length - 1, length, length + 1].filter(
        (pad) => pad >= 0 && pad < 256,
      )) {
        const payload = new Uint8Array(length);
        payload[0] = padLength;
        const bytes = modelFrameBytes(0, 0x8, 1, payload);
        const read = readFrame(bytes, 0, bytes.length, 16_384);
        if (padLength >= length)
          expect(read).toMatchObject({ kind: 'refused', errorCode: 1, scope: 'connection' });
        else expect(read).toMatchObject({ kind: 'frame', frame: { padding: padLength + 1, length } });
      }
    }
  });

  it('the limit is the one given, up to 2^24-1', () => {
    const view = new FrameView();
    const header = (length: string): Uint8Array => octetsOfHex(`${length} 00 00 00000001`);
    expect(view.readHead(header('004000'), 0, 9)).toBe(FRAME_COMPLETE);
    expect(view.readHead(header('004001'), 0, 9)).toBe(FRAME_REFUSED);
    expect(view.fault).toBe(FRAME.tooLong);
    expect(view.readHead(header('ffffff'), 0, 9, codes.MAX_MAX_FRAME_SIZE)).toBe(FRAME_COMPLETE);
    expect(view.next).toBe(9 + 0xffffff);
  });
});
