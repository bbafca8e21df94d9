/** How H2 treats what a peer may send: lengths that lie, windows, blocks that nobody wants, floods. */
import fc from 'fast-check';
import { it } from 'vitest';
import { h2Entrances } from '../support/entrances.js';
import { blocksAreDecoded } from '../support/properties/h2-blocks.js';
import { floodsEnd } from '../support/properties/h2-floods.js';
import { declaredIsDelivered, paddingFits } from '../support/properties/h2-lengths.js';
import { retriesAreSafe } from '../support/properties/h2-retries.js';
import { tablesAreKept } from '../support/properties/h2-tables.js';
import { framesInAnyTail } from '../support/properties/h2-tails.js';
import { turnsAreShared } from '../support/properties/h2-turns.js';
import { windowsAreKept } from '../support/properties/h2-windows.js';

it('WIRE-1, CON-1: a message is whole when what was declared has come, padding apart', () => {
  fc.assert(declaredIsDelivered(), { numRuns: 100 });
});

it('CON-4: no DATA goes beyond a window, and all of it goes', () => {
  fc.assert(windowsAreKept(), { numRuns: 40 });
});

it('CON-5: blocks of refused, reset and closed streams are decoded', () => {
  fc.assert(blocksAreDecoded(), { numRuns: 60 });
});

it('WORK-1, OWN-8: floods end', () => {
  fc.assert(floodsEnd(), { numRuns: 20 });
});

it('WIRE-1: padding may be all of a frame, and no more', () => {
  fc.assert(paddingFits(), { numRuns: 60 });
});

it('SCHED-1: streams that wait for the same window have it in turn', () => {
  fc.assert(turnsAreShared(), { numRuns: 30 });
});

it('CON-5, WIRE-4: what the table has is what the peer put there, and nothing else', () => {
  fc.assert(tablesAreKept(), { numRuns: 60 });
});

it('OWN-6: what stands behind a part of a frame is no part of it', () => {
  fc.assert(framesInAnyTail(), { numRuns: 30 });
});

it('WIRE-5: what a GOAWAY leaves out may be sent again, and nothing else', () => {
  for (const entrance of h2Entrances.values()) fc.assert(retriesAreSafe(entrance), { numRuns: 30 });
});
