// CON-5 end to end: header blocks that belong to refused, reset or closed streams, and blocks that are over a limit, are
// decoded like any others: what comes after them, encoded with what they left in the table, is read as it was sent.
import fc from 'fast-check';
import { requireThat } from '../../../src/kit/properties/require.js';
import { FLAG_END_HEADERS, FLAG_END_STREAM, FRAME_HEADERS } from '../../../src/session/h2/frames-codes.js';
import { HpackEncoder } from '../../../src/session/h2/hpack/encoder.js';
import { INDEXING_ADD } from '../../../src/session/h2/hpack/indexing.js';
import type { H2Entrance } from '../entrances.js';
import { frame, H2Bed, put, reset } from '../h2-bed.js';

const act = fc.record({
  kind: fc.constantFrom('open', 'open', 'open', 'trailers', 'reset', 'abort', 'many fields'),
  which: fc.nat({ max: 8 }),
  value: fc.constantFrom('a', 'bb', 'ccc', 'dddd'),
});

export function blocksAreDecoded(entrance?: H2Entrance) {
  return fc.property(fc.array(act, { minLength: 4, maxLength: 24 }), (acts) => {
    const seen: string[] = [];
    const bed = new H2Bed('server', {
      entrance,
      h2: { maxConcurrentStreams: 2, maxFields: 12 },
      exchange: ({ request }) => seen.push(`${request.target} ${request.fields.get('x-value')}`),
    });
    const encoder = new HpackEncoder();
    const bytes = new Uint8Array(4096);
    const block = (id: number, list: readonly (readonly [string, string])[], end: boolean): Uint8Array => {
      encoder.begin(bytes, 0, bytes.length);
      for (const [name, value] of list) encoder.field(name, value, INDEXING_ADD);
      const octets = [...bytes.subarray(0, encoder.finish())];
      return frame(FRAME_HEADERS, FLAG_END_HEADERS | (end ? FLAG_END_STREAM : 0), id, octets);
    };
    const live = new Set<number>();
    const trailed = new Set<number>();
    const sent = new Set<string>();
    const { first } = bed;
    let next = first;
    for (const { kind, which, value } of acts) {
      const id = first + 2 * (which % Math.max(1, (next - first) / 2));
      if (kind === 'open' || kind === 'many fields') {
        const odd: [string, string][] =
          kind === 'open' ? [] : Array.from({ length: 14 }, (_, i) => [`x-${i}`, value]);
        const path: [string, string] = [':path', `/${next}`];
        const list = [
          ...put().filter(([name]) => name !== ':path'),
          path,
          ['x-value', value],
          ...odd,
        ] as const;
        sent.add(`/${next} ${value}`);
        live.add(next);
        bed.feed(block(next, list as readonly (readonly [string, string])[], false));
        next += 2;
      } else if (next === first) continue;
      else if (kind === 'trailers') {
        // Of a stream that the peer has closed itself none may come; of one that we reset they may be on their way.
        if (trailed.has(id)) continue;
        trailed.add(id);
        live.delete(id);
        bed.feed(block(id, [['x-trailer', value]], true));
        if (live.has(id)) bed.exchanges.find((it) => it.id === id)?.abort();
        bed.frames();
      } else {
        if (!live.delete(id)) continue;
        trailed.add(id);
        if (kind === 'reset') bed.feed(reset(id, 8));
        else {
          bed.exchanges.find((it) => it.id === id)?.abort();
          bed.frames();
          trailed.delete(id);
        }
      }
      const code = bed.error ?? '';
      requireThat('CON-5', !code.includes('hpack'), () => `${code}: the tables are not the same any more`);
      if (bed.end.state !== 'open') break;
      for (const it of seen) requireThat('CON-5', sent.has(it), () => `${it} is no request that was sent`);
    }
    bed.close();
  });
}
