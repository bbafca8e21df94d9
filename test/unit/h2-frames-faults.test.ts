// The faults that a frame may have, as errors.
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../src/errors.js';
import * as codes from '../../src/session/h2/frames-codes.js';
import { FRAME, frameError, PREFACE_INVALID, SETTINGS } from '../../src/session/h2/frames-faults.js';

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
