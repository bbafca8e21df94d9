/** H1 readers over text, one character an octet, cut and moved in every way that a caller may. */

import { plainText } from '../../src/memory/text.js';
import { ChunkedReader } from '../../src/session/h1/chunked-reader.js';
import { EXPECTS_CONTINUE } from '../../src/session/h1/field-section.js';
import { FieldsView } from '../../src/session/h1/fields.js';
import {
  FRAMING_CHUNKED,
  FRAMING_LENGTH,
  FRAMING_NONE,
  FRAMING_TUNNEL,
  FRAMING_UNTIL_CLOSE,
  HeadReader,
} from '../../src/session/h1/head-reader.js';
import type { ChunkedLimits, HeadLimits } from '../../src/session/h1/limits.js';
import { defaultChunkedLimits, defaultHeadLimits } from '../../src/session/h1/limits.js';
import { COMPLETE, DATA, ERROR } from '../../src/session/h1/results.js';

export const octets = (text: string): Uint8Array =>
  Uint8Array.from(text, (character) => character.charCodeAt(0));
export const characters = (bytes: Uint8Array, from = 0, to = bytes.length): string =>
  Array.from(bytes.subarray(from, to), (octet) => String.fromCharCode(octet)).join('');

const FRAMINGS = new Map([
  [FRAMING_NONE, 'none'],
  [FRAMING_LENGTH, 'length'],
  [FRAMING_CHUNKED, 'chunked'],
  [FRAMING_UNTIL_CLOSE, 'until-close'],
  [FRAMING_TUNNEL, 'tunnel'],
]);

/** What stands behind the octets that were given. */
export interface Surroundings {
  /** Where the unit begins in its array, for each call in turn. */
  readonly offsets: readonly number[];
  /** The octet that fills everything else, for each call in turn; TRUE_REST for what will really come. */
  readonly fills: readonly number[];
}

export const TRUE_REST = -1;

const plainSurroundings: Surroundings = { offsets: [0], fills: [0] };

/** `text` up to `end` at an offset in a fresh array, with something else on both sides. */
function place(
  text: string,
  end: number,
  call: number,
  around: Surroundings,
): { bytes: Uint8Array; start: number } {
  const start = around.offsets[call % around.offsets.length] as number;
  const fill = around.fills[call % around.fills.length] as number;
  const bytes = new Uint8Array(start + end + 40).fill(fill);
  const given = fill === TRUE_REST ? Math.min(text.length, end + 40) : end;
  for (let i = 0; i < given; i++) bytes[start + i] = text.charCodeAt(i);
  return { bytes, start };
}

export interface ReadOptions {
  readonly role?: 'request' | 'response';
  readonly requestMethod?: string;
  readonly limits?: Partial<HeadLimits>;
  readonly around?: Surroundings;
}

/** Reads the head that `text` begins with, given up to each of `ends` in turn. All that can be seen of the result. */
export function readHead(text: string, ends: readonly number[], options: ReadOptions = {}) {
  const role = options.role ?? 'request';
  const around = options.around ?? plainSurroundings;
  const reader = new HeadReader(role, { ...defaultHeadLimits, ...options.limits });
  reader.reset(options.requestMethod);
  for (const [call, end] of ends.entries()) {
    const { bytes, start } = place(text, end, call, around);
    const result = reader.read(bytes, start, start + end);
    if (result === ERROR) {
      const error = reader.error;
      return { kind: 'error' as const, at: reader.errorAt, end, code: error?.code, answer: error?.answer };
    }
    if (result === COMPLETE) {
      const fields = new FieldsView(bytes, start + reader.fieldsAt, start + reader.length);
      const general = {
        kind: 'complete' as const,
        end,
        length: reader.length,
        minor: reader.minor,
        fields: fields.toArray(),
        framing: FRAMINGS.get(reader.framing),
        contentLength: reader.contentLength,
        persistent: reader.persistent,
        flags: reader.flags,
        count: reader.fieldCount,
        upgrades: reader.upgrades,
        expectsContinue: (reader.flags & EXPECTS_CONTINUE) !== 0,
      };
      if (role === 'response') return { ...general, status: reader.status, reason: reader.reason };
      const authority = characters(bytes, start + reader.authorityAt, start + reader.authorityEnd);
      const target = reader.targetOf(bytes, start, plainText);
      return { ...general, method: reader.method, target, form: reader.form, authority };
    }
  }
  return { kind: 'need-data' as const };
}

export interface ChunkedOptions {
  readonly limits?: Partial<ChunkedLimits>;
  readonly around?: Surroundings;
}

/** Reads the chunked body that `text` begins with, given up to each of `ends`; what was read is not given again. */
export function readChunked(text: string, ends: readonly number[], options: ChunkedOptions = {}) {
  const around = options.around ?? plainSurroundings;
  const reader = new ChunkedReader('request', { ...defaultChunkedLimits, ...options.limits });
  let data = '';
  let consumed = 0;
  for (const [call, end] of ends.entries()) {
    const { bytes, start } = place(text.slice(consumed), end - consumed, call, around);
    const stop = start + end - consumed;
    const from = consumed;
    let result = DATA;
    let at = start;
    while (result === DATA) {
      result = reader.read(bytes, at, stop);
      if (result === DATA) data += characters(bytes, reader.dataStart, reader.dataEnd);
      at = reader.position;
      if (at > stop) throw new RangeError('the reader went beyond the end that it was given');
    }
    consumed = from + reader.position - start;
    if (result === ERROR) {
      return {
        kind: 'error' as const,
        at: consumed,
        end,
        data,
        code: reader.error?.code,
        answer: reader.error?.answer,
      };
    }
    if (result === COMPLETE) {
      const trailers = new FieldsView(bytes, reader.trailersStart, reader.trailersEnd).toArray();
      return { kind: 'complete' as const, end, length: consumed, data, trailers, count: reader.trailerCount };
    }
  }
  return { kind: 'need-data' as const, data, kept: reader.inTrailers ? (ends.at(-1) ?? 0) - consumed : 0 };
}

/** Every length, one octet more each time. */
export const oneByOne = (length: number): number[] => Array.from({ length }, (_, i) => i + 1);

/** A result without how much had been given by then, as text: cheap to compare. */
export const seen = (result: object): string => JSON.stringify({ ...result, end: 0 });
