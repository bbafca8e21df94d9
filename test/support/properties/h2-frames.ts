// WIRE-1: the reader of frames against a model that shares nothing with it, wherever a frame is cut and whatever lies around.
import fc from 'fast-check';
import { modelFrame, modelFrameBytes } from '../../../models/h2-frames.js';
import { requireEqual, requireThat } from '../../../src/kit/properties/require.js';
import { readFrame } from '../h2-frames.js';

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

/** Reads and refuses what the model does. */
export function framesByModel() {
  return fc.property(frame, fc.nat({ max: 30 }), fc.nat(), octet, (bytes, offset, cut, around) => {
    const end = cut % 3 === 0 ? cut % (bytes.length + 1) : bytes.length;
    const buffer = new Uint8Array(offset + bytes.length + 20).fill(around);
    buffer.set(bytes.subarray(0, end), offset);
    const read = readFrame(buffer, offset, offset + end, MAX_FRAME_SIZE);
    const whole = modelFrame(bytes, MAX_FRAME_SIZE);
    if (end === bytes.length) requireEqual('WIRE-1', read, whole, 'frame');
    else if (read.kind !== 'need-data') {
      // What ends the connection may be told early.
      requireEqual('WIRE-1', read, whole, 'told early');
      const ends = whole.kind === 'refused' && whole.scope === 'connection';
      requireThat('OWN-6', ends, () => `${whole.kind} was known before it had come`);
    }
  });
}

/** Any octets are frames up to where the model refuses them. */
export function octetsByModel() {
  return fc.property(
    fc.array(octet, { maxLength: 120 }),
    fc.array(frame, { maxLength: 3 }),
    (tail, frames) => {
      const bytes = Uint8Array.from([...frames.flatMap((it) => [...it]), ...tail]);
      for (let at = 0; ; ) {
        const read = readFrame(bytes, at, bytes.length, MAX_FRAME_SIZE);
        const expected = modelFrame(bytes.slice(at), MAX_FRAME_SIZE);
        if (read.kind === 'refused' && expected.kind === 'need-data') {
          requireEqual('WIRE-1', read.scope, 'connection', 'scope of what is told early');
          break;
        }
        requireEqual('WIRE-1', read, expected, 'frame');
        if (expected.kind === 'need-data' || (expected.kind === 'refused' && expected.scope === 'connection'))
          break;
        at += expected.size;
      }
    },
  );
}
