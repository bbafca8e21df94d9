// OWN-8: DATA that nobody takes pins what was sent and little more, and the connection goes on being read.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { H2Session } from '../../src/session/h2/session.js';
import type { ServerExchange } from '../../src/stream/contract.js';
import { data, H2Bed, headers, ping, put } from '../support/h2-bed.js';

const slabBytes = 2048;
const window = 65_535;
/** As `waiting-data.ts` derives it: what waits, while it is moved; and two slabs to receive in. */
const waitingBytes = 3 * window + 4 * slabBytes;
const receiveBytes = 2 * slabBytes;

/** A consumer that takes so many leases as it is told to, and gives each back at once. */
class Slow {
  taken = '';
  private readonly exchange: ServerExchange;
  private left = 0;

  constructor(exchange: ServerExchange) {
    this.exchange = exchange;
    exchange.body.consume({
      data: (lease) => {
        this.taken += String.fromCharCode(...lease.view());
        this.left -= 1;
        if (this.left <= 0) exchange.body.pause();
        lease.release();
      },
      end: () => {},
      failed: () => {},
    });
    exchange.body.pause();
  }

  rest(): void {
    this.exchange.body.pause();
  }

  take(leases: number): void {
    this.left = leases;
    this.exchange.body.resume();
  }
}

const sizes = fc.oneof(
  { weight: 6, arbitrary: fc.constant(1) },
  fc.constantFrom(2, 20, 300),
  fc.constantFrom(1999, 2000),
);
const step = fc.record({
  /** Frames of this size, to streams in turn from `first` on; with as many leases taken of `reader` afterwards. */
  size: sizes,
  frames: fc.constantFrom(1, 7, 200, 600),
  first: fc.nat({ max: 40 }),
  spread: fc.constantFrom(1, 2, 10),
  reader: fc.nat({ max: 40 }),
  leases: fc.constantFrom(0, 0, 1, 3, 1000),
});

it('OWN-8: one byte at a time, to consumers that do not read, in any order', () => {
  let mostHeld = 0;
  let mostPieces = 0;
  let sentBytes = 0;
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }),
      fc.constantFrom(1, 8, 40),
      (steps, streams) => {
        const slow: Slow[] = [];
        const bed = new H2Bed('server', {
          h2: { connectionWindowBytes: window },
          end: { slabBytes, limitBytes: waitingBytes + receiveBytes + 4 * slabBytes },
          exchange: (exchange) => slow.push(new Slow(exchange)),
        });
        let open = window;
        const opens = new Map<number, number>();
        const sent = Array.from({ length: streams }, () => '');
        const read = (said: string[]): void => {
          for (const text of said) {
            const [type, id, increment] = text.split(' ');
            expect(type).not.toBe('GOAWAY');
            if (type !== 'WINDOW_UPDATE') continue;
            if (id === '0') open += Number(increment);
            else opens.set(Number(id), (opens.get(Number(id)) ?? 0) + Number(increment));
          }
        };
        for (let i = 0; i < streams; i++) {
          read(bed.feed(headers(2 * i + 1, put(), false)));
          opens.set(2 * i + 1, window);
        }
        for (const { size, frames, first, spread, reader, leases } of steps) {
          const batch: Uint8Array[] = [];
          for (let i = 0; i < frames; i++) {
            const which = (first + (i % spread)) % streams;
            const id = 2 * which + 1;
            const left = opens.get(id) ?? 0;
            if (size > open || size > left) continue;
            open -= size;
            opens.set(id, left - size);
            const bytes = data(id, size);
            bytes.fill(0x61 + ((sent[which] as string).length % 26), 9);
            sent[which] += String.fromCharCode(...bytes.subarray(9));
            batch.push(bytes);
            sentBytes += size;
          }
          read(bed.feed(...batch));
          const held = bed.end.pool.heldBytes;
          mostHeld = Math.max(mostHeld, held);
          expect(held).toBeLessThanOrEqual(waitingBytes + receiveBytes);
          const { session } = bed.end;
          if (!(session instanceof H2Session)) throw new Error('another session');
          let pieces = 0;
          for (const { backlog } of session.connection.streams.live.all()) pieces += backlog.length;
          mostPieces = Math.max(mostPieces, pieces);
          expect(pieces).toBeLessThanOrEqual(3 * 512);
          slow[reader % streams]?.take(leases);
          read(bed.frames());
          // It is still read.
          expect(bed.feed(ping())).toContain('PING ACK');
        }
        for (const consumer of slow) consumer.take(Number.POSITIVE_INFINITY);
        read(bed.frames());
        expect(slow.map(({ taken }) => taken)).toEqual(sent);
        bed.close();
      },
    ),
    { numRuns: 12 },
  );
  // It came near to the bounds.
  expect(mostPieces).toBeGreaterThan(300);
  expect(mostHeld).toBeGreaterThan(window);
  expect(sentBytes).toBeGreaterThan(window);
});

it('OWN-8: bytes that stay behind in slab after slab are moved together', () => {
  const slow: Slow[] = [];
  const bed = new H2Bed('server', {
    h2: { connectionWindowBytes: window },
    end: { slabBytes, limitBytes: waitingBytes + receiveBytes },
    exchange: (exchange) => slow.push(new Slow(exchange)),
  });
  bed.feed(headers(1, put(), false), headers(3, put(), false));
  const [kept, read] = slow;
  for (let i = 0; i < 600; i++) {
    // One byte that nobody takes, and as much beside it as a slab has left.
    bed.feed(data(1, 1), data(3, slabBytes - 50));
    read?.take(1000);
    bed.frames();
    read?.rest();
  }
  expect(read?.taken).toHaveLength(600 * (slabBytes - 50));
  expect(bed.feed(ping())).toEqual(['PING ACK']);
  kept?.take(1000);
  bed.frames();
  expect(kept?.taken).toHaveLength(600);
  bed.close();
});
