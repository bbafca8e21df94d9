// SCHED-1 on the wire: streams that wait for the same window have it in turn, none of them twice where another has it once,
// and each comes to its end.
import fc from 'fast-check';
import { requireEqual, requireThat } from '../../../src/kit/properties/require.js';
import { SETTING_INITIAL_WINDOW_SIZE } from '../../../src/session/h2/frames-codes.js';
import type { H2Entrance } from '../entrances.js';
import { get, H2Bed, headers, settings, windowUpdate } from '../h2-bed.js';

const connectionWindow = 65_535;
const streamWindow = 1_000_000;
/** More than all grants together, so that nobody is done before the last of them. */
const pieceBytes = 60_000;

const act = fc.record({
  kind: fc.constantFrom('grant', 'grant', 'more content', 'stream'),
  which: fc.nat({ max: 3 }),
  size: fc.constantFrom(1, 100, 16_384, 30_000),
});

export function turnsAreShared(entrance?: H2Entrance) {
  return fc.property(
    fc.integer({ min: 2, max: 4 }),
    fc.array(act, { minLength: 4, maxLength: 12 }),
    (count, acts) => {
      const bed = new H2Bed('server', {
        entrance,
        exchange: (exchange) => exchange.respond(200, [], { end: false }),
      });
      const sent = new Map<number, number>();
      const turns = new Map<number, number>();
      let last = 0;
      const read = (frames: readonly string[]): void => {
        for (const text of frames) {
          const [type, id, ...rest] = text.split(' ');
          const octets = Number(rest.at(-1));
          if (type !== 'DATA' || octets === 0) continue;
          const stream = Number(id);
          sent.set(stream, (sent.get(stream) ?? 0) + octets);
          if (stream !== last) turns.set(stream, (turns.get(stream) ?? 0) + 1);
          last = stream;
        }
      };
      read(bed.feed(settings([SETTING_INITIAL_WINDOW_SIZE, streamWindow])));
      const ids = Array.from({ length: count + 1 }, (_, i) => bed.first + 2 * i);
      // Each turn is one frame of it (RFC 9218 §4.2).
      for (const id of ids) read(bed.feed(headers(id, [...get(), ['priority', 'i']])));
      const [eater, ...waiting] = bed.exchanges;
      // The first has all there is, so that the others wait.
      eater?.send(new Uint8Array(connectionWindow), true);
      read(bed.frames());
      const due = new Map<number, number>();
      const more = (nth: number): void => {
        const exchange = waiting[nth % count];
        exchange?.send(new Uint8Array(pieceBytes));
        const id = exchange?.id ?? 0;
        due.set(id, (due.get(id) ?? 0) + pieceBytes);
        read(bed.frames());
      };
      for (let nth = 0; nth < count; nth++) more(nth);
      let granted = 0;
      for (const { kind, which, size } of acts) {
        if (kind === 'more content') more(which);
        else if (kind === 'stream') read(bed.feed(windowUpdate(bed.first + 2 + 2 * (which % count), size)));
        else if (granted + size < pieceBytes) {
          granted += size;
          read(bed.feed(windowUpdate(0, size)));
        }
        const served = waiting.map(({ id }) => turns.get(id) ?? 0);
        requireThat('SCHED-1', Math.max(...served) - Math.min(...served) <= 1, () => {
          return `turns of streams that wait for the same: ${served.join()}`;
        });
      }
      for (const exchange of waiting) exchange.end();
      read(bed.feed(windowUpdate(0, streamWindow)));
      for (const { id } of waiting) {
        requireEqual('SCHED-1', sent.get(id) ?? 0, due.get(id), `bytes that came on ${id}`);
      }
      bed.close();
    },
  );
}
