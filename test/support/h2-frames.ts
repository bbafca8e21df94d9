// Reads frames in tests, as data to compare with the model's.

import type { ModelFrame, ModelRead } from '../../models/h2-frames.js';
import {
  FLAG_PRIORITY,
  FRAME_GOAWAY,
  FRAME_HEADERS,
  FRAME_PRIORITY,
  FRAME_PRIORITY_UPDATE,
  FRAME_PUSH_PROMISE,
  FRAME_RST_STREAM,
  FRAME_WINDOW_UPDATE,
} from '../../src/session/h2/frames-codes.js';
import { FRAME_COMPLETE, FRAME_NEED_DATA, FrameView } from '../../src/session/h2/frames-reader.js';

/** What a view says of its frame, with the numbers that its type has. */
export function frameOf(view: FrameView, bytes: Uint8Array): ModelFrame {
  const { type, flags, streamId, length, padding } = view;
  return {
    type,
    flags,
    streamId,
    length,
    body: [...bytes.subarray(view.bodyStart, view.bodyEnd)],
    padding,
    numbers: numbersOf(view),
  };
}

/** Reads one frame and says what came of it as the model does. */
export function readFrame(bytes: Uint8Array, start: number, end: number, maxFrameSize: number): ModelRead {
  const view = new FrameView();
  const result = view.read(bytes, start, end, maxFrameSize);
  if (result === FRAME_NEED_DATA) return { kind: 'need-data' };
  const size = view.next - start;
  if (result === FRAME_COMPLETE) return { kind: 'frame', frame: frameOf(view, bytes), size };
  if (view.fault === undefined) throw new Error('refused for nothing');
  return { kind: 'refused', errorCode: view.fault.errorCode, scope: view.fault.scope, size };
}

function numbersOf(view: FrameView): Record<string, number | boolean> {
  const { dependency, exclusive, weight, errorCode, lastStreamId, increment, promisedId, prioritizedId } =
    view;
  switch (view.type) {
    case FRAME_HEADERS:
      return (view.flags & FLAG_PRIORITY) === 0 ? {} : { exclusive, dependency, weight };
    case FRAME_PRIORITY:
      return { exclusive, dependency, weight };
    case FRAME_RST_STREAM:
      return { errorCode };
    case FRAME_PUSH_PROMISE:
      return { promisedId };
    case FRAME_GOAWAY:
      return { lastStreamId, errorCode };
    case FRAME_WINDOW_UPDATE:
      return { increment };
    case FRAME_PRIORITY_UPDATE:
      return { prioritizedId };
    default:
      return {};
  }
}
