/**
 * Mistakes in recorded HTTP/2: frames lost, sent twice, exchanged, or changed in a number of their header or an octet of
 * their payload. This file does not know which of them are errors.
 */
import fc from 'fast-check';
import { FRAME_HEADER_BYTES } from '../../session/h2/frames-codes.js';
import { PREFACE, PREFACE_BYTES } from '../../session/h2/frames-preface.js';

/** One mistake in a recorded sequence of frames. */
export interface H2Mutation {
  readonly kind: 'drop' | 'repeat' | 'swap' | 'octet' | 'type' | 'flags' | 'stream' | 'length' | 'cut';
  /** Which frame, modulo how many there are; and which of its octets. */
  readonly frame: number;
  readonly at: number;
  readonly value: number;
}

/** A mistake of any kind, as data; `mutateH2` puts it where it says. Source: RFC 9113 §4.1. */
export function h2Mutation(): fc.Arbitrary<H2Mutation> {
  return fc.record({
    kind: fc.constantFrom<H2Mutation['kind']>(
      'drop',
      'repeat',
      'swap',
      'octet',
      'type',
      'flags',
      'stream',
      'length',
      'cut',
    ),
    frame: fc.nat({ max: 40 }),
    at: fc.nat({ max: 200 }),
    value: fc.oneof(fc.nat({ max: 16 }), fc.nat({ max: 255 })),
  });
}

/**
 * `bytes` with these mistakes in them, in turn: a preface at its beginning is left alone, and what is no whole frame
 * is kept. `bytes` itself is not changed.
 */
export function mutateH2(bytes: Uint8Array, mutations: readonly H2Mutation[]): Uint8Array {
  if (mutations.length === 0) return bytes;
  const preface = bytes[0] === PREFACE[0] ? PREFACE_BYTES : 0;
  const frames: number[][] = [];
  for (let at = preface; at < bytes.length; ) {
    const length =
      ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
    const next = at + FRAME_HEADER_BYTES + length;
    frames.push([...bytes.subarray(at, next)]);
    at = next;
  }
  for (const mutation of mutations) mutate(frames, mutation);
  return Uint8Array.from([...bytes.subarray(0, preface), ...frames.flat()]);
}

function mutate(frames: number[][], { kind, frame: which, at, value }: H2Mutation): void {
  const index = which % Math.max(1, frames.length);
  const frame = frames[index];
  if (frame === undefined) return;
  switch (kind) {
    case 'drop':
      frames.splice(index, 1);
      break;
    case 'repeat':
      frames.splice(index, 0, [...frame]);
      break;
    case 'swap':
      frames.splice(index, 1);
      frames.splice(value % (frames.length + 1), 0, frame);
      break;
    case 'octet':
      if (frame.length > FRAME_HEADER_BYTES) {
        frame[FRAME_HEADER_BYTES + (at % (frame.length - FRAME_HEADER_BYTES))] = value;
      }
      break;
    case 'length':
      frame[2] = value;
      break;
    case 'type':
      frame[3] = value;
      break;
    case 'flags':
      frame[4] = value;
      break;
    case 'stream':
      frame[8] = value;
      break;
    case 'cut':
      frame.length = Math.min(frame.length, 1 + at);
      break;
  }
}
