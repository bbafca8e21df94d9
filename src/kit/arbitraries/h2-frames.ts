/**
 * Sequences of HTTP/2 frames (RFC 9113 §4.1): of every type and of types that there are not, right and nearly right, on
 * streams that clients and servers use. Recipes, so that they shrink: `encodeH2Frames` makes the octets. This file does
 * not know which of them are errors.
 */
import fc from 'fast-check';
import { FRAME_HEADER_BYTES } from '../../session/h2/frames-codes.js';

/**
 * A frame by its numbers: any type and any flags (an octet each), a stream of 31 bits, and the octets of its payload.
 */
export interface H2FrameRecipe {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: readonly number[];
}

/** Payload lengths that some type demands, and their neighbours. */
const lengths = [0, 1, 4, 5, 6, 7, 8, 9, 12];
/** Octets at the edges of lengths, windows and field indices. */
const telling = [0x00, 0x01, 0x04, 0x05, 0x7f, 0x80, 0x82, 0x84, 0x86, 0xff];

const h2Frame: fc.Arbitrary<H2FrameRecipe> = fc.record({
  type: fc.oneof(
    { weight: 9, arbitrary: fc.nat({ max: 9 }) },
    { weight: 1, arbitrary: fc.constantFrom(0x10, 0xfe) },
  ),
  flags: fc.constantFrom(0, 1, 4, 5, 8, 0x20, 0x2d, 0xff),
  streamId: fc.constantFrom(0, 1, 1, 1, 2, 3, 5, 0x7fffffff),
  payload: fc.oneof(fc.constantFrom(...lengths), fc.nat({ max: 40 })).chain((length) =>
    fc.array(fc.oneof(fc.constantFrom(...telling), fc.nat({ max: 255 })), {
      minLength: length,
      maxLength: length,
    }),
  ),
});

/** @param maxFrames most frames of a sequence; default 8 */
export function h2Frames(maxFrames = 8): fc.Arbitrary<H2FrameRecipe[]> {
  return fc.array(h2Frame, { maxLength: maxFrames });
}

/** The octets of the frames, one behind the other. */
export function encodeH2Frames(frames: readonly H2FrameRecipe[]): Uint8Array {
  const bytes = new Uint8Array(
    frames.reduce((sum, { payload }) => sum + FRAME_HEADER_BYTES + payload.length, 0),
  );
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { type, flags, streamId, payload } of frames) {
    view.setUint32(at, (payload.length << 8) | type);
    view.setUint8(at + 4, flags);
    view.setUint32(at + 5, streamId);
    bytes.set(payload, at + FRAME_HEADER_BYTES);
    at += FRAME_HEADER_BYTES + payload.length;
  }
  return bytes;
}
