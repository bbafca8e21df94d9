// Frames: the octets of each type, every type with all flags that matter and all lengths around its edges against the
// model, refusals with what they cite, and what is known before a frame is whole.

import { describe, expect, it } from 'vitest';
import { modelFrame, modelFrameBytes } from '../../models/h2-frames.js';
import { ProtocolError } from '../../src/errors.js';
import * as codes from '../../src/session/h2/frames-codes.js';
import { FRAME, frameError, PREFACE_INVALID, SETTINGS } from '../../src/session/h2/frames-faults.js';
import { matchPreface, PREFACE, PREFACE_BYTES, writePreface } from '../../src/session/h2/frames-preface.js';
import {
  FRAME_COMPLETE,
  FRAME_NEED_DATA,
  FRAME_REFUSED,
  FrameView,
} from '../../src/session/h2/frames-reader.js';
import { SettingsValues } from '../../src/session/h2/frames-settings.js';
import {
  type OutgoingSettings,
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
    ['a length of 25 bits', 'frame-length', (b, at, end) => writeFrameHeader(2 ** 24, 0, 0, 1, b, at, end)],
  ])('refuse %s, and write nothing', (_, code, write) => {
    const bytes = new Uint8Array(600).fill(0x5a);
    expect(() => write(bytes, 0, 600)).toThrow(code);
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
    const bytes = new Uint8Array(1000);
    let end = 7;
    for (const [, write] of GOLDEN.slice(0, -1)) end = write(bytes, end, 1000);
    let count = 0;
    for (let at = 7; at < end; at = view.next) {
      expect(view.read(bytes, at, end)).toBe(FRAME_COMPLETE);
      count++;
    }
    expect(view.next).toBe(end);
    // HEADERS and PUSH_PROMISE were continued five times.
    expect(count).toBe(GOLDEN.length - 1 + 5);
    expect(view.read(octetsOfHex('000000 06 00 00000000'), 0, 9)).toBe(FRAME_REFUSED);
    expect(view.fault).toBe(FRAME.pingLength);
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

describe('faults of frames', () => {
  const faults = [...Object.values(FRAME), ...Object.values(SETTINGS), PREFACE_INVALID];

  it('are errors with the answer of their scope, and a section', () => {
    for (const fault of faults) {
      const error = frameError(fault);
      expect(error).toBeInstanceOf(ProtocolError);
      expect(error.answer).toEqual({ kind: `h2-${fault.scope}`, code: fault.errorCode });
      expect(error.cites).toMatch(/^RFC (9113|8441|9218) §\d/);
      expect(error.code).toMatch(/^h2-[a-z0-9-]+$/);
    }
    expect(new Set(faults.map((fault) => fault.code)).size).toBe(faults.length);
  });

  it('have names for people', () => {
    expect(codes.errorCodeName(codes.ENHANCE_YOUR_CALM)).toBe('ENHANCE_YOUR_CALM');
    expect(codes.errorCodeName(0x1234)).toBe('0x1234');
    expect(codes.frameTypeName(codes.FRAME_CONTINUATION)).toBe('CONTINUATION');
    expect(codes.frameTypeName(codes.FRAME_PRIORITY_UPDATE)).toBe('PRIORITY_UPDATE');
    expect(codes.frameTypeName(0xaa)).toBe('0xaa');
    for (const [key, code] of Object.entries(codes)) {
      if (/^FRAME_(?!HEADER_BYTES|SIZE_ERROR)/.test(key))
        expect(`FRAME_${codes.frameTypeName(code as number)}`).toBe(key);
      if (/_ERROR$|^(CANCEL|REFUSED|STREAM_CLOSED|SETTINGS_TIMEOUT|INADEQUATE|HTTP_1_1)/.test(key)) {
        expect(codes.errorCodeName(code as number)).toBe(key);
      }
    }
  });
});

describe('settings', () => {
  const payload = (settings: OutgoingSettings): Uint8Array => {
    const bytes = new Uint8Array(200);
    return bytes.subarray(9, writeSettings(settings, bytes, 0, 200));
  };
  const apply = (values: SettingsValues, settings: OutgoingSettings, fromServer = false) => {
    const bytes = payload(settings);
    return values.apply(bytes, 0, bytes.length, fromServer);
  };

  it('have the first values of RFC 9113 §6.5.2', () => {
    expect({ ...new SettingsValues() }).toEqual({
      headerTableSize: 4096,
      enablePush: true,
      maxConcurrentStreams: Number.POSITIVE_INFINITY,
      initialWindowSize: 65_535,
      maxFrameSize: 16_384,
      maxHeaderListSize: Number.POSITIVE_INFINITY,
      enableConnectProtocol: false,
      noRfc7540Priorities: false,
      frames: 0,
      lowestHeaderTableSize: 4096,
    });
  });

  it('are applied in order, and what is not known is ignored', () => {
    const values = new SettingsValues();
    const told = [
      [1, 100],
      [2, 0],
      [3, 7],
      [4, 0x7fffffff],
      [5, 16_777_215],
      [6, 0xffffffff],
      [8, 1],
      [9, 1],
      [0x7, 5],
      [0xf000, 3],
      [3, 8],
    ] as const;
    expect(apply(values, told)).toBeUndefined();
    expect(values).toMatchObject({
      headerTableSize: 100,
      enablePush: false,
      maxConcurrentStreams: 8,
      initialWindowSize: 0x7fffffff,
      maxFrameSize: 16_777_215,
      maxHeaderListSize: 0xffffffff,
      enableConnectProtocol: true,
      noRfc7540Priorities: true,
      frames: 1,
    });
    expect(apply(values, [])).toBeUndefined();
    expect(values).toMatchObject({ maxConcurrentStreams: 8, frames: 2 });
  });

  it('keep the smallest header table size of a frame', () => {
    const values = new SettingsValues();
    apply(values, [
      [1, 500],
      [1, 20],
      [1, 300],
    ]);
    expect([values.headerTableSize, values.lowestHeaderTableSize]).toEqual([300, 20]);
    apply(values, [[1, 8192]]);
    expect([values.headerTableSize, values.lowestHeaderTableSize]).toEqual([8192, 8192]);
    apply(values, [[3, 1]]);
    expect(values.lowestHeaderTableSize).toBe(8192);
  });

  it.each<readonly [keyof typeof SETTINGS, OutgoingSettings, OutgoingSettings]>([
    ['enablePush', [[2, 2]], [[2, 1]]],
    ['initialWindowSize', [[4, 2 ** 31]], [[4, 2 ** 31 - 1]]],
    ['maxFrameSize', [[5, 16_383]], [[5, 16_384]]],
    ['maxFrameSize', [[5, 16_777_216]], [[5, 16_777_215]]],
    ['enableConnectProtocol', [[8, 2]], [[8, 1]]],
    [
      'enableConnectProtocol',
      [
        [8, 1],
        [8, 0],
      ],
      [
        [8, 0],
        [8, 1],
      ],
    ],
    ['noRfc7540Priorities', [[9, 2]], [[9, 1]]],
  ])('%s is refused beyond its bounds', (fault, wrong, right) => {
    expect(apply(new SettingsValues(), [[3, 1], ...wrong])).toBe(SETTINGS[fault]);
    expect(apply(new SettingsValues(), right)).toBeUndefined();
  });

  it('depend on who sent them, and on what was sent before', () => {
    expect(apply(new SettingsValues(), [[2, 1]], true)).toBe(SETTINGS.enablePush);
    expect(apply(new SettingsValues(), [[2, 0]], true)).toBeUndefined();
    const values = new SettingsValues();
    apply(values, [
      [8, 1],
      [9, 1],
    ]);
    expect(
      apply(values, [
        [8, 1],
        [9, 1],
      ]),
    ).toBeUndefined();
    expect(apply(values, [[8, 0]])).toBe(SETTINGS.enableConnectProtocol);
    expect(apply(values, [[9, 0]])).toBe(SETTINGS.noRfc7540Priorities);
    const silent = new SettingsValues();
    apply(silent, []);
    expect(apply(silent, [[9, 1]])).toBe(SETTINGS.noRfc7540Priorities);
    expect(apply(silent, [[9, 0]])).toBeUndefined();
  });
});

describe('the connection preface', () => {
  it('is that of RFC 9113 §3.4, matched in any pieces', () => {
    expect(hexOf(PREFACE)).toBe('505249202a20485454502f322e300d0a0d0a534d0d0a0d0a');
    const bytes = new Uint8Array(40).fill(0x50);
    expect(writePreface(bytes, 8, 8 + PREFACE_BYTES)).toBe(32);
    for (let cut = 0; cut <= PREFACE_BYTES; cut++) {
      const matched = matchPreface(bytes, 8, 8 + cut);
      expect(matched).toBe(cut);
      expect(matchPreface(bytes, 8 + cut, 40, matched)).toBe(PREFACE_BYTES);
    }
  });

  it('is refused at its first octet that differs', () => {
    for (let i = 0; i < PREFACE_BYTES; i++) {
      const bytes = PREFACE.slice();
      bytes[i] = (bytes[i] as number) ^ 0x20;
      expect(matchPreface(bytes, 0, i)).toBe(i);
      expect(matchPreface(bytes, 0, i + 1)).toBe(-1);
      expect(matchPreface(bytes, i, PREFACE_BYTES, i)).toBe(-1);
    }
  });

  it('is written whole or not', () => {
    const bytes = new Uint8Array(30);
    expect(writePreface(bytes, 7, 30)).toBe(-1);
    expect(bytes.every((octet) => octet === 0)).toBe(true);
  });
});
