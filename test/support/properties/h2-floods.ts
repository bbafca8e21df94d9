// WORK-1, OWN-8: acts of a peer that cost it little and us something, over and over, end the connection before long, and
// hold little until then.
import fc from 'fast-check';
import { requireThat } from '../../../src/kit/properties/require.js';
import {
  FLAG_ACK,
  FRAME_CONTINUATION,
  FRAME_DATA,
  FRAME_HEADERS,
  FRAME_PRIORITY_UPDATE,
} from '../../../src/session/h2/frames-codes.js';
import {
  block,
  data,
  frame,
  get,
  H2Bed,
  headers,
  ping,
  put,
  reset,
  settings,
  uint32,
  windowUpdate,
} from '../h2-bed.js';

const odd = (i: number) => 2 * i + 1;
const floods: Readonly<Record<string, (i: number) => Uint8Array[]>> = {
  'rapid reset': (i) => [headers(odd(i), get()), reset(odd(i), 8)],
  'made to reset': (i) => [headers(odd(i), put(), false), windowUpdate(odd(i), 0)],
  'made to reset by content': (i) => [headers(odd(i), put(['content-length', '1']), false), data(odd(i), 2)],
  'CONTINUATION without end': (i) =>
    i === 0 ? [frame(FRAME_HEADERS, 0, 1, block(get()))] : [frame(FRAME_CONTINUATION, 0, 1)],
  PING: () => [ping()],
  'PING answered': () => [ping(FLAG_ACK)],
  SETTINGS: () => [settings()],
  'empty DATA': (i) => (i === 0 ? [headers(1, put(), false)] : [frame(FRAME_DATA, 0, 1)]),
  WINDOW_UPDATE: () => [windowUpdate(0, 1)],
  PRIORITY_UPDATE: (i) => [frame(FRAME_PRIORITY_UPDATE, 0, 0, uint32(odd(i % 50)))],
  'unknown frames': () => [frame(0x77, 0, 0)],
};

/** Acts that are enough to be called too many, with the allowances below. */
const enough = 300;
const allowance = { burst: 20, perSecond: 10 };
/** What a connection may hold under any of them: its buffers, and not a byte more for each act. */
const mostHeld = 4 * (16_384 + 64);

export function floodsEnd() {
  return fc.property(
    fc.constantFrom(...Object.keys(floods)),
    fc.constantFrom(allowance, { burst: 5, perSecond: 1 }),
    (name, budget) => {
      const bed = new H2Bed('server', { h2: { resets: budget, trifles: budget } });
      const act = floods[name] as (i: number) => Uint8Array[];
      let i = 0;
      for (; i < enough && bed.end.state === 'open'; i++) {
        bed.feed(...act(i));
        const held = bed.end.pool.heldBytes;
        requireThat('OWN-8', held <= mostHeld, () => `${name}: ${held} bytes are held after ${i + 1} acts`);
      }
      requireThat('WORK-1', bed.end.state !== 'open', () => `${name}: ${i} acts, and the connection goes on`);
      bed.close();
    },
  );
}
