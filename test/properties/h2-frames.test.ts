// Frames against a model that shares nothing with the reader, over generated and over any octets; and what writers
// write, read again.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modelFrame, modelFrameBytes } from '../../models/h2-frames.js';
import { FRAME_COMPLETE, FrameView } from '../../src/session/h2/frames-reader.js';
import { NO_PADDING, writeData, writeHeaders, writePushPromise } from '../../src/session/h2/frames-writer.js';
import { frameOf, readFrame } from '../support/h2-frames.js';

const MAX_FRAME_SIZE = 200;

const octet = fc.oneof(fc.constantFrom(0, 1, 4, 5, 0x7f, 0x80, 0xff), fc.nat({ max: 255 }));
const streamId = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, 0x7fffffff, 0x80000000, 0x80000001),
  fc.nat({ max: 0xffff }),
);
const frame = fc
  .record({
    type: fc.oneof(
      { weight: 4, arbitrary: fc.nat({ max: 9 }) },
      { weight: 1, arbitrary: fc.constantFrom(0x10, 0x11, 0xff) },
    ),
    flags: fc.oneof(fc.constantFrom(0, 1, 4, 8, 9, 0x20, 0x28), octet),
    streamId,
    start: fc.array(octet, { maxLength: 14 }),
    more: fc.oneof(fc.constant(0), fc.nat({ max: MAX_FRAME_SIZE })),
  })
  .map((it) =>
    modelFrameBytes(it.type, it.flags, it.streamId, [...it.start, ...new Array<number>(it.more).fill(0x2a)]),
  );

describe('the reader of frames', () => {
  it('WIRE-1, OWN-6: reads and refuses what the model does, wherever it is cut and whatever lies around it', () => {
    fc.assert(
      fc.property(frame, fc.nat({ max: 30 }), fc.nat(), octet, (bytes, offset, cut, around) => {
        const end = cut % 3 === 0 ? cut % (bytes.length + 1) : bytes.length;
        const buffer = new Uint8Array(offset + bytes.length + 20).fill(around);
        buffer.set(bytes.subarray(0, end), offset);
        const read = readFrame(buffer, offset, offset + end, MAX_FRAME_SIZE);
        const whole = modelFrame(bytes, MAX_FRAME_SIZE);
        if (end === bytes.length) expect(read).toEqual(whole);
        else if (read.kind !== 'need-data') {
          // What ends the connection may be told early.
          expect(read).toEqual(whole);
          expect(whole).toMatchObject({ kind: 'refused', scope: 'connection' });
        }
      }),
      { numRuns: 1500 },
    );
  });

  it('WIRE-3: any octets are frames up to where the model refuses them', () => {
    fc.assert(
      fc.property(fc.array(octet, { maxLength: 120 }), fc.array(frame, { maxLength: 3 }), (tail, frames) => {
        const bytes = Uint8Array.from([...frames.flatMap((it) => [...it]), ...tail]);
        for (let at = 0; ; ) {
          const read = readFrame(bytes, at, bytes.length, MAX_FRAME_SIZE);
          const expected = modelFrame(bytes.slice(at), MAX_FRAME_SIZE);
          if (read.kind === 'refused' && expected.kind === 'need-data') {
            expect(read.scope).toBe('connection');
            break;
          }
          expect(read).toEqual(expected);
          if (
            expected.kind === 'need-data' ||
            (expected.kind === 'refused' && expected.scope === 'connection')
          )
            break;
          at += expected.size;
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('what writers write', () => {
  const padding = fc.oneof(fc.constant(NO_PADDING), fc.constantFrom(0, 1, 17, 50));
  const payload = fc.nat({ max: 700 }).map((length) => Uint8Array.from({ length }, (_, i) => i));
  const stream = fc.integer({ min: 1, max: 0x7fffffff });

  it('WIRE-4, CON-1: DATA is read as it was given, padding counted exactly', () => {
    fc.assert(
      fc.property(stream, payload, padding, fc.boolean(), (id, data, pad, last) => {
        const bytes = new Uint8Array(1000);
        const end = writeData(id, data, 0, data.length, last, bytes, 3, 1000, pad);
        const view = new FrameView();
        expect(view.read(bytes, 3, end)).toBe(FRAME_COMPLETE);
        expect(view.next).toBe(end);
        const flags = (last ? 1 : 0) + (pad === NO_PADDING ? 0 : 8);
        expect(frameOf(view, bytes)).toEqual({
          type: 0,
          flags,
          streamId: id,
          length: data.length + pad + 1,
          padding: pad + 1,
          body: [...data],
          numbers: {},
        });
      }),
      { numRuns: 100 },
    );
  });

  it('WIRE-4: a field block in HEADERS or PUSH_PROMISE and CONTINUATION is put together again', () => {
    fc.assert(
      fc.property(
        stream,
        payload,
        padding,
        fc.integer({ min: 60, max: 300 }),
        fc.boolean(),
        (id, block, pad, limit, push) => {
          const bytes = new Uint8Array(2000);
          const end = push
            ? writePushPromise(id, 4, block, 0, block.length, limit, bytes, 0, 2000, pad)
            : writeHeaders(id, block, 0, block.length, true, limit, bytes, 0, 2000, pad);
          const view = new FrameView();
          const joined: number[] = [];
          let count = 0;
          for (let at = 0; at < end; at = view.next) {
            expect(view.read(bytes, at, end, limit)).toBe(FRAME_COMPLETE);
            expect(view.type).toBe(count > 0 ? 9 : push ? 5 : 1);
            expect(view.streamId).toBe(id);
            expect((view.flags & 4) !== 0).toBe(view.next === end);
            joined.push(...bytes.subarray(view.bodyStart, view.bodyEnd));
            count++;
          }
          expect(joined).toEqual([...block]);
        },
      ),
      { numRuns: 100 },
    );
  });
});
