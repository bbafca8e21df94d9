// CON-4 against a model: whatever is sent, padded, held, released and reset, in any order, and also behind the last stream
// that a GOAWAY says is taken, credit is what nobody holds.
import fc from 'fast-check';
import { CreditModel } from '../../../models/h2-credit.js';
import { requireThat } from '../../../src/kit/properties/require.js';
import { Reached } from '../../../src/kit/reached.js';
import type { Lease } from '../../../src/memory/index.js';
import { FLAG_PADDED, FRAME_DATA } from '../../../src/session/h2/frames-codes.js';
import type { H2Entrance } from '../entrances.js';
import { frame, H2Bed, headers, put, reset, warningAnswered } from '../h2-bed.js';

type Act =
  | { kind: 'open' }
  | { kind: 'data'; which: number; length: number; padding: number }
  | { kind: 'release'; which: number }
  | { kind: 'reset' | 'abort'; which: number };

const nat = fc.nat({ max: 30 });
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Act>({ kind: 'open' }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('data' as const),
      which: nat,
      length: fc.oneof(fc.nat({ max: 40 }), fc.constantFrom(0, 1, 8000, 16_000)),
      padding: fc.constantFrom(-1, -1, 0, 1, 255),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('release' as const), which: nat }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('reset' as const, 'abort' as const), which: nat }),
  },
);

/** Half of a window: what is owed is announced by then. */
const half = 32_768;

export function creditByModel(reached = new Reached(), entrance?: H2Entrance) {
  return fc.property(
    fc.array(act, { minLength: 30, maxLength: 90, size: 'max' }),
    fc.constantFrom(16, 4096),
    // After how many acts it goes away; what its first stream began keeps the connection until the end.
    fc.option(fc.nat({ max: 60 }), { nil: undefined }),
    (acts, lendFromBytes, goesAt) => {
      const model = new CreditModel();
      const leases: { id: number; lease: Lease; length: number }[] = [];
      const bed = new H2Bed('server', {
        entrance,
        h2: { connectionWindowBytes: 65_535, lendFromBytes },
        exchange: (exchange) => {
          exchange.body.consume({
            data: (lease) => {
              // What outlives its exchange must be retained by name (OWN-7).
              lease.retain('model');
              leases.push({ id: exchange.id, lease, length: lease.length });
              model.stream(exchange.id).held += lease.length;
            },
            end: () => {},
            failed: () => {},
          });
        },
      });
      const read = (frames: string[]): void => {
        for (const text of frames) {
          const [type, id, increment] = text.split(' ');
          if (type === 'WINDOW_UPDATE') model.update(Number(id), Number(increment));
          requireThat('CON-4', type !== 'GOAWAY' || goesAt !== undefined, () => text);
        }
      };
      const release = (index: number): void => {
        const [given] = leases.splice(index, 1);
        if (given === undefined) return;
        model.stream(given.id).held -= given.length;
        given.lease.release();
        read(bed.frames());
      };
      const silent = new Set<number>();
      const { first } = bed;
      let next = first;
      /** The streams from here on came behind the last that is taken. */
      let behind = Number.POSITIVE_INFINITY;
      for (const [i, it] of acts.entries()) {
        if (i === goesAt && next > first) {
          bed.end.shutdown();
          read(bed.frames());
          read(bed.feed(warningAnswered));
          behind = next;
        }
        if (it.kind === 'open') {
          read(bed.feed(headers(next, put(), false)));
          next += 2;
          continue;
        }
        const id = next === first ? 0 : first + 2 * (it.which % ((next - first) / 2));
        if (id === 0) continue;
        const stream = model.stream(id);
        if (id >= behind) stream.isOver = true;
        const isKept = goesAt !== undefined && id === first;
        if (it.kind === 'release') {
          if (leases.length > 0) release(it.which % leases.length);
        } else if (it.kind === 'reset') {
          if (isKept) continue;
          read(bed.feed(reset(id, 8)));
          stream.isOver = true;
          silent.add(id);
        } else if (it.kind === 'abort') {
          if (isKept || id >= behind) continue;
          bed.exchanges[(id - first) / 2]?.abort();
          read(bed.frames());
          stream.isOver = true;
        } else if (it.kind === 'data') {
          const octets = it.length + it.padding + 1;
          const window = (owner: { sent: number; announced: number }) =>
            65_535 - owner.sent + owner.announced;
          // A peer that keeps within its windows, and sends nothing on a stream that it reset itself. On one that we
          // reset its DATA may be on the way.
          if (octets > window(model) || octets > window(stream) || silent.has(id)) continue;
          const payload = new Uint8Array(octets);
          if (it.padding >= 0) payload[0] = it.padding;
          model.data(id, octets);
          reached.mark('DATA behind a GOAWAY', id >= behind);
          read(bed.feed(frame(FRAME_DATA, it.padding < 0 ? 0 : FLAG_PADDED, id, payload)));
        }
        requireOwed(model, 0);
        for (const [owner, { isOver }] of model.streams) if (!isOver) requireOwed(model, owner);
      }
      while (leases.length > 0) release(0);
      requireOwed(model, 0);
      reached.mark('credited', model.announced > 0);
      bed.close();
    },
  );
}

function requireOwed(model: CreditModel, id: number): void {
  const owed = model.owed(id);
  requireThat('CON-4', owed >= 0 && owed < half, () => `${owed} bytes are owed on ${id}`);
}
