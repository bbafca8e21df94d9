// A transport that is none of ours under the kit: alone under the transports' suite, and beneath our stacks; and the same
// transport with a mistake in it, which both find.
import { describe, expect, it } from 'vitest';
import type { CarriedPair } from '../../src/kit/carried.js';
import { carriedConformance } from '../../src/kit/conformance/carried.js';
import { transportConformance } from '../../src/kit/conformance/transport.js';
import { h1Stack, h2Stack } from '../../src/kit/stack-under-test.js';
import { plainText } from '../../src/memory/text.js';
import { VirtualClock } from '../../src/transport/virtual-clock.js';
import { ForgetfulTransport, messagePair, windowBytes } from '../examples/message-pipe.js';

function makePair(kind?: Parameters<typeof messagePair>[1]): CarriedPair {
  const clock = new VirtualClock({ maxSteps: 1_000_000 });
  return { ...messagePair(clock, kind), platform: { clock, text: plainText }, run: () => clock.run() };
}

const claims = { halfClose: true, reset: true, holds: windowBytes };

describe('a pipe of messages', () => {
  for (const { name, run } of transportConformance(() => makePair(), claims)) it(name, run);
  for (const stack of [h1Stack(), h2Stack()]) {
    describe(stack.name, () => {
      for (const { name, run } of carriedConformance(stack, () => makePair(), { runs: 8 })) it(name, run);
    });
  }
});

describe('the same, forgetful', () => {
  it('is found by the suite for transports', async () => {
    const [, , smallRooms] = transportConformance(() => makePair(ForgetfulTransport), claims);
    await expect(smallRooms?.run()).rejects.toThrow('CON-1');
  });

  it('is found beneath a stack', async () => {
    const [roundTrip] = carriedConformance(h1Stack(), () => makePair(ForgetfulTransport), { runs: 20 });
    await expect(roundTrip?.run()).rejects.toThrow('Property failed');
  });
});
