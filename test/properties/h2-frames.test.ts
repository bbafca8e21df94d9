// Frames against a model that shares nothing with the reader, over generated and over any octets; and what writers
// write, read again.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FRAME_COMPLETE, FrameView } from '../../src/session/h2/frames-reader.js';
import { NO_PADDING, writeData, writeHeaders, writePushPromise } from '../../src/session/h2/frames-writer.js';
import { frameOf } from '../support/h2-frames.js';
import { framesByModel, octetsByModel } from '../support/properties/h2-frames.js';

describe('the reader of frames', () => {
  it('WIRE-1, OWN-6: reads and refuses what the model does, wherever it is cut and whatever lies around it', () => {
    fc.assert(framesByModel(), { numRuns: 1500 });
  });

  it('WIRE-3: any octets are frames up to where the model refuses them', () => {
    fc.assert(octetsByModel(), { numRuns: 300 });
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
