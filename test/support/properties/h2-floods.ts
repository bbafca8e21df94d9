// WORK-1, OWN-8: acts of a peer that cost it little and us something, over and over, end the connection before long, and
// hold little until then.
import fc from 'fast-check';
import { requireThat } from '../../../src/kit/properties/require.js';
import { FLAG_ACK, FRAME_DATA } from '../../../src/session/h2/frames-codes.js';
import type { H2Entrance } from '../entrances.js';
import {
  endlessBlock,
  type FloodAct,
  madeToReset,
  odd,
  pings,
  priorityUpdates,
  rapidReset,
  unknownFrames,
  windowUpdates,
} from '../flood-acts.js';
import { block, data, frame, get, H2Bed, headers, ping, put, settings } from '../h2-bed.js';

const floods: Readonly<Record<string, FloodAct>> = {
  'rapid reset': rapidReset,
  'made to reset': madeToReset,
  'made to reset by content': (i, first) => [
    headers(odd(i, first), put(['content-length', '1']), false),
    data(odd(i, first), 2),
  ],
  'CONTINUATION without end': endlessBlock(block(get()), []),
  PING: pings,
  'PING answered': () => [ping(FLAG_ACK)],
  SETTINGS: () => [settings()],
  'empty DATA': (i, first = 1) => [i === 0 ? headers(first, put(), false) : frame(FRAME_DATA, 0, first)],
  WINDOW_UPDATE: windowUpdates,
  PRIORITY_UPDATE: priorityUpdates,
  'unknown frames': unknownFrames,
};

/** Acts that are enough to be called too many, with the allowances below. */
const enough = 300;
const allowance = { burst: 20, perSecond: 10 };
/** What a connection may hold under any of them: its buffers, and not a byte more for each act. */
const mostHeld = 4 * (16_384 + 64);

export function floodsEnd(entrance?: H2Entrance) {
  return fc.property(
    fc.constantFrom(...Object.keys(floods)),
    fc.constantFrom(allowance, { burst: 5, perSecond: 1 }),
    (name, budget) => {
      const bed = new H2Bed('server', { h2: { resets: budget, trifles: budget }, entrance });
      const act = floods[name] as FloodAct;
      let i = 0;
      for (; i < enough && bed.end.state === 'open'; i++) {
        bed.feed(...act(i, bed.first));
        const held = bed.end.pool.heldBytes;
        requireThat('OWN-8', held <= mostHeld, () => `${name}: ${held} bytes are held after ${i + 1} acts`);
      }
      requireThat('WORK-1', bed.end.state !== 'open', () => `${name}: ${i} acts, and the connection goes on`);
      bed.close();
    },
  );
}
