// CON-4 of what is sent: whatever windows the peer opens, and whatever it makes of its settings, no DATA goes beyond either
// window, and all of it goes once there is room.
import fc from 'fast-check';
import { requireEqual, requireThat } from '../../../src/kit/properties/require.js';
import { SETTING_INITIAL_WINDOW_SIZE } from '../../../src/session/h2/frames-codes.js';
import type { H2Entrance } from '../entrances.js';
import { get, H2Bed, headers, settings, windowUpdate } from '../h2-bed.js';

const firstWindow = 65_535;
const act = fc.record({
  kind: fc.constantFrom('open', 'open', 'connection', 'stream', 'settings'),
  which: fc.nat({ max: 5 }),
  size: fc.constantFrom(1, 100, 10_000, 60_000, 100_000),
});

export function windowsAreKept(entrance?: H2Entrance) {
  return fc.property(fc.array(act, { minLength: 3, maxLength: 14 }), (acts) => {
    const content = new Uint8Array(40_000).fill(0x62);
    const bed = new H2Bed('server', {
      entrance,
      exchange: (exchange) => {
        exchange.respond(200, [], { length: content.length });
        exchange.send(content, true);
      },
    });
    let connection = firstWindow;
    let initial = firstWindow;
    const streams = new Map<number, { open: number; sent: number }>();
    const read = (frames: readonly string[]): void => {
      for (const text of frames) {
        const [type, id, ...rest] = text.split(' ');
        requireThat('CON-4', type !== 'GOAWAY', () => text);
        const stream = streams.get(Number(id));
        if (type !== 'DATA' || stream === undefined) continue;
        const count = Number(rest[rest.length - 1]);
        connection -= count;
        stream.open -= count;
        stream.sent += count;
        if (count === 0) continue;
        requireThat('CON-4', connection >= 0, () => `${-connection} bytes beyond the connection’s window`);
        requireThat('CON-4', stream.open >= 0, () => `${-stream.open} bytes beyond the window of ${id}`);
      }
    };
    const { first } = bed;
    let next = first;
    for (const { kind, which, size } of acts) {
      if (kind === 'open') {
        streams.set(next, { open: initial, sent: 0 });
        read(bed.feed(headers(next, get())));
        next += 2;
      } else if (kind === 'connection') {
        connection += size;
        read(bed.feed(windowUpdate(0, size)));
      } else if (kind === 'settings') {
        for (const stream of streams.values()) stream.open += size - initial;
        initial = size;
        read(bed.feed(settings([SETTING_INITIAL_WINDOW_SIZE, size])));
      } else {
        const id = first + 2 * (which % Math.max(1, streams.size));
        const stream = streams.get(id);
        if (stream === undefined || stream.sent === content.length) continue;
        stream.open += size;
        read(bed.feed(windowUpdate(id, size)));
      }
    }
    // As much as is needed and not a byte more.
    let left = -connection;
    for (const { sent } of streams.values()) left += content.length - sent;
    if (left > 0) {
      connection += left;
      read(bed.feed(windowUpdate(0, left)));
    }
    for (const [id, stream] of streams) {
      if (stream.sent < content.length) {
        stream.open += 100_000;
        read(bed.feed(windowUpdate(id, 100_000)));
      }
      requireEqual('CON-4', stream.sent, content.length, `bytes that came on ${id}`);
    }
    bed.close();
  });
}
