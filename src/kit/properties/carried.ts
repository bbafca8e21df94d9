/**
 * The same over a real transport: what is sent is what is received (WIRE-4), and however it ends, everybody is told once
 * and nothing is held (OWN-7). Fewer runs than by hand: a socket costs a thousand times what a call does.
 */
import fc from 'fast-check';
import { connectionScript } from '../arbitraries/connection-script.js';
import { type CarriedPair, carryConnection } from '../carried.js';
import type { ConnectionScript } from '../exchange-script.js';
import { Reached } from '../reached.js';
import type { StackUnderTest } from '../stack-under-test.js';
import { requireRoundTrip } from './round-trip.js';

type MakePair = () => CarriedPair | Promise<CarriedPair>;

export function carriedRoundTrip(
  stack: StackUnderTest,
  makePair: MakePair,
  reached = new Reached(),
): fc.IAsyncPropertyWithHooks<[ConnectionScript]> {
  return fc.asyncProperty(connectionScript({ manner: 'orderly' }), async (script) => {
    requireRoundTrip(stack, script, await carryConnection(stack, script, await makePair()), reached);
  });
}

/** An end is torn down in the middle of it all. Nobody waits for a deadline: that would be real time on a socket. */
export function carriedQuiescence(
  stack: StackUnderTest,
  makePair: MakePair,
  reached = new Reached(),
): fc.IAsyncPropertyWithHooks<[ConnectionScript, 'server' | 'client', number]> {
  return fc.asyncProperty(
    connectionScript({ manner: 'orderly' }),
    fc.constantFrom<'server' | 'client'>('server', 'client'),
    fc.nat(),
    async (script, of, place) => {
      const { turns } = await carryConnection(stack, script, await makePair());
      const broken = await carryConnection(stack, script, await makePair(), { of, at: place % (turns + 1) });
      reached.mark(`torn down by the ${of}`, broken.faulted);
      const records = [...broken.server, ...broken.client];
      reached.mark(
        'ended well',
        records.some(({ closed }) => closed === 'ok'),
      );
      reached.mark(
        'failed',
        records.some(({ closed }) => closed !== 'ok'),
      );
    },
  );
}
