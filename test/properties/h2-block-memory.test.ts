// A header block that is sent again because it says the same: the peer's decoder must read what the sender said, whatever
// was sent between, however the table's limit has changed, and whoever has changed the list meanwhile.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { assertReaching } from '../../src/kit/assert-reaching.js';
import type { Reached } from '../../src/kit/reached.js';
import { Owner, SendBuffer, SlabPool } from '../../src/memory/index.js';
import { plainText } from '../../src/memory/text.js';
import { FRAME_HEADER_BYTES } from '../../src/session/h2/frames-codes.js';
import { HpackDecoder } from '../../src/session/h2/hpack/decoder.js';
import { HpackEncoder } from '../../src/session/h2/hpack/encoder.js';
import { FrameWriter } from '../../src/session/h2/writer.js';

interface Step {
  /** Which of the sender's lists, and which of what goes with it. */
  readonly list: number;
  readonly status: number;
  readonly date: string | undefined;
  readonly contentLength: number | undefined;
  readonly sensitive: readonly string[] | undefined;
  /** Before that: the table's new limit, or a new value for the list's first field. */
  readonly limit: number | undefined;
  readonly value: string | undefined;
}

const rarely = <T>(values: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 7, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: values });

const step: fc.Arbitrary<Step> = fc.record({
  list: fc.constantFrom(0, 0, 0, 1, 2),
  status: fc.constantFrom(200, 200, 200, 404, 418),
  date: fc.constantFrom('now', 'now', 'then', undefined),
  contentLength: fc.constantFrom(13, 13, undefined),
  sensitive: rarely(fc.constant(['x-a'])),
  limit: rarely(fc.constantFrom(0, 40, 120, 4096)),
  value: rarely(fc.constantFrom('b', 'c', 'a longer value')),
});
/** Each step several times, as senders do, and sometimes with a new limit before each time. */
const limits = fc.array(rarely(fc.constantFrom(0, 40, 4096)), { maxLength: 4 });
const script = fc
  .array(fc.tuple(step, fc.oneof(limits, fc.constant([0, 4096, 40]))), { maxLength: 20, size: 'max' })
  .map((steps) =>
    steps.flatMap(([it, again]) => [it, ...again.map((limit) => ({ ...it, limit, value: undefined }))]),
  );

test('CON-5: a block that is sent again says to the peer what the sender says', async () => {
  const property = (reached: Reached) =>
    fc.property(script, (steps) => {
      const output = new SendBuffer(new SlabPool({ limitBytes: 1 << 20 }), new Owner('session', 'h2', 0));
      const writer = new FrameWriter(output, 1024);
      const encoder = new HpackEncoder(4096, plainText);
      const decoder = new HpackDecoder(4096, undefined, plainText);
      const lists: [string, string][][] = [[['x-a', 'a']], [['content-type', 'text/plain']], []];
      for (const { list, status, date, contentLength, sensitive, limit, value } of steps) {
        if (limit !== undefined) {
          decoder.setLimit(limit);
          encoder.setLimit(limit);
        }
        const fields = lists[list] as [string, string][];
        if (value !== undefined && fields[0] !== undefined) fields[0][1] = value;
        const begin = encoder.begin.bind(encoder);
        let encoded = false;
        encoder.begin = (...given) => {
          encoded = true;
          begin(...given);
        };
        const block = { status, pseudo: noPseudo, fields, date, contentLength, sensitive };
        expect(writer.headers(1, encoder, block, true, 16_384)).toBe(true);
        encoder.begin = begin;
        reached.mark('sent again', !encoded);
        reached.mark('changed under the memory', encoded && value !== undefined);
        const told: string[] = [];
        const sink = { field: (name: string, said: string) => void told.push(name, said) };
        for (const { bytes, start, end } of output.take()) {
          expect(decoder.decodeBlock(bytes, start + FRAME_HEADER_BYTES, end, sink, 65_536)).toBe(true);
          output.written(end - start);
        }
        const said = [':status', String(status), ...fields.flat()];
        if (date !== undefined) said.push('date', date);
        if (contentLength !== undefined) said.push('content-length', String(contentLength));
        expect(told).toEqual(said);
      }
    });
  await assertReaching('CON-5', property, ['sent again', 'changed under the memory'], { runs: 100 });
});

const noPseudo: readonly (readonly [string, string])[] = [];
