/** How H2 treats what a peer may send: lengths that lie, windows, blocks that nobody wants, floods. */
import fc from 'fast-check';
import { it } from 'vitest';
import { blocksAreDecoded } from '../support/properties/h2-blocks.js';
import { floodsEnd } from '../support/properties/h2-floods.js';
import { declaredIsDelivered } from '../support/properties/h2-lengths.js';
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
