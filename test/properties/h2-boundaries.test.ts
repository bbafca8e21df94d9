// CON-1: every octet of every frame is accounted for, padding and what nobody wants included, so that the next frame begins
// where it does: a PING behind each frame is answered with what it said, at any cut, whatever became of the frame's stream.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { modelFrame } from '../../models/h2-frames.js';
import { type Segmentation, segmentation } from '../../src/kit/arbitraries/segmentation.js';
import {
  FLAG_END_HEADERS,
  FLAG_END_STREAM,
  FLAG_PADDED,
  FLAG_PRIORITY,
  FRAME_CONTINUATION,
  FRAME_DATA,
  FRAME_GOAWAY,
  FRAME_HEADERS,
  FRAME_PING,
  FRAME_PRIORITY,
  FRAME_PRIORITY_UPDATE,
  FRAME_SETTINGS,
} from '../../src/session/h2/frames-codes.js';
import { block, frame, get, H2Bed, put, uint32, windowUpdate } from '../support/h2-bed.js';

const padding = fc.constantFrom(-1, -1, 0, 1, 7, 255);
const length = fc.oneof(fc.nat({ max: 30 }), fc.constantFrom(0, 255, 256, 4000));
/** Streams: one whose consumer reads, one that waits, one that nobody reads, one that we reset. */
const reads = 1;
const waits = 3;
const discards = 5;
const gone = 7;
const stream = fc.constantFrom(reads, waits, discards, gone);

type Recipe =
  | { kind: 'data'; stream: number; length: number; padding: number }
  | { kind: 'request'; padding: number; priority: boolean; pieces: number[] }
  | { kind: 'unknown' | 'goaway' | 'priority-update' | 'settings'; length: number }
  | { kind: 'priority' | 'window'; stream: number };

const recipe: fc.Arbitrary<Recipe> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('data' as const), stream, length, padding }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('request' as const),
      padding,
      priority: fc.boolean(),
      pieces: fc.array(fc.nat({ max: 20 }), { maxLength: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'unknown' as const,
        'goaway' as const,
        'priority-update' as const,
        'settings' as const,
      ),
      length,
    }),
  },
  fc.record({ kind: fc.constantFrom('priority' as const, 'window' as const), stream }),
);

const padded = (octets: readonly number[], pad: number): number[] =>
  pad < 0 ? [...octets] : [pad, ...octets, ...new Uint8Array(pad)];

/** The frames of a recipe. @param fresh an identifier for a request */
function framesOf(it: Recipe, fresh: number): Uint8Array[] {
  switch (it.kind) {
    case 'data': {
      const payload = padded([...new Uint8Array(it.length).fill(0x61)], it.padding);
      return [frame(FRAME_DATA, it.padding < 0 ? 0 : FLAG_PADDED, it.stream, payload)];
    }
    case 'request': {
      const octets = block(get());
      const pieces: number[][] = [];
      for (const size of it.pieces) pieces.push(octets.splice(0, size));
      pieces.push(octets);
      return pieces.map((piece, i) => {
        const last = i === pieces.length - 1 ? FLAG_END_HEADERS : 0;
        if (i > 0) return frame(FRAME_CONTINUATION, last, fresh, piece);
        const priority = it.priority ? [...uint32(0), 15] : [];
        const flags =
          last | FLAG_END_STREAM | (it.padding < 0 ? 0 : FLAG_PADDED) | (it.priority ? FLAG_PRIORITY : 0);
        return frame(FRAME_HEADERS, flags, fresh, padded([...priority, ...piece], it.padding));
      });
    }
    case 'unknown':
      return [frame(0xbe, 0xff, 9, new Uint8Array(it.length))];
    case 'goaway':
      return [frame(FRAME_GOAWAY, 0, 0, [...uint32(0), ...uint32(0), ...new Uint8Array(it.length)])];
    case 'priority-update':
      return [
        frame(FRAME_PRIORITY_UPDATE, 0, 0, [...uint32(reads), ...new Uint8Array(Math.min(it.length, 200))]),
      ];
    case 'settings':
      return [frame(FRAME_SETTINGS, 0, 0, new Uint8Array(6 * (it.length % 8)).fill(0x99))];
    case 'priority':
      return [frame(FRAME_PRIORITY, 0, it.stream, [...uint32(0), 1])];
    default:
      return [windowUpdate(it.stream, 1)];
  }
}

function give(bed: H2Bed, bytes: Uint8Array, cuts: Segmentation): void {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const upTo = Math.min(bytes.length, at + (cuts[i % cuts.length] as number));
    const count = bed.end.deliver(bytes, at, upTo);
    if (count === 0) throw new Error('there is no room');
    at += count;
    bed.settle();
  }
}

it('CON-1: the next frame begins where it does, behind any frame, at any cut', () => {
  let answered = 0;
  fc.assert(
    fc.property(
      fc.array(recipe, { minLength: 10, maxLength: 40, size: 'max' }),
      segmentation(),
      (recipes, cuts) => {
        let taken = 0;
        const bed = new H2Bed('server', {
          h2: {
            trifles: { burst: 1_000_000, perSecond: 0 },
            connectionWindowBytes: 10_000_000,
            streamWindowBytes: 1_000_000,
            maxConcurrentStreams: 1000,
            maxContinuations: 4,
          },
          end: { slabBytes: 8192, limitBytes: 200 * 8192 },
          exchange: (exchange) => {
            if (exchange.id === reads) {
              exchange.body.consume({
                data: (lease) => {
                  taken += lease.length;
                  lease.release();
                },
                end: () => {},
                failed: () => {},
              });
            } else if (exchange.id === discards) exchange.body.discard();
            else if (exchange.id === gone) exchange.abort();
          },
        });
        for (const id of [reads, waits, discards, gone])
          bed.feed(frame(FRAME_HEADERS, FLAG_END_HEADERS, id, block(put())));
        const from = bed.end.sent.length;
        let sent = 0;
        const octets: number[] = [];
        for (const [i, it] of recipes.entries()) {
          if (it.kind === 'data' && it.stream === reads) sent += it.length;
          for (const bytes of framesOf(it, 101 + 2 * i)) octets.push(...bytes);
          octets.push(...frame(FRAME_PING, 0, 0, [...uint32(i), ...uint32(0xabcdef)]));
        }
        give(bed, Uint8Array.from(octets), cuts);
        const said = bed.end.sent;
        const pings: number[] = [];
        for (let at = from; at < said.length; ) {
          const read = modelFrame(said.subarray(at), 16_384);
          if (read.kind !== 'frame') throw new Error('no frame');
          at += read.size;
          expect(read.frame.type).not.toBe(FRAME_GOAWAY);
          if (read.frame.type !== FRAME_PING) continue;
          expect(read.frame.body.slice(4)).toEqual(uint32(0xabcdef));
          pings.push(new DataView(Uint8Array.from(read.frame.body).buffer).getUint32(0));
        }
        expect(pings).toEqual(recipes.map((_, i) => i));
        expect(taken).toBe(sent);
        const { input } = bed.end;
        expect(input.pendingBytes).toBe(0);
        bed.end.assertAccounts();
        answered += pings.length;
        bed.close();
      },
    ),
    { numRuns: 25 },
  );
  expect(answered).toBeGreaterThan(250);
});
