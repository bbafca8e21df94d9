// A reader may say that it has no room by an empty range: what passes rooms on must take it for none.
import { expect, test } from 'vitest';
import { Probe } from '../../src/kit/conformance/probe.js';
import { faultInjector } from '../../src/transport/fault-injector.js';
import { memoryPair } from '../../src/transport/memory.js';
import { VirtualClock } from '../../src/transport/virtual-clock.js';

test.each([false, true])('a delay that ends asks no starved reader for room (empty rooms: %s)', (empty) => {
  const clock = new VirtualClock();
  const { left, right } = memoryPair(clock);
  const near = new Probe('left', faultInjector(clock, [{ at: 2, fault: 'delay', ms: 5 }])(left), 1, 2);
  const far = new Probe('right', right, 2, 1);
  near.emptyRooms = empty;
  near.roomSize = 0;
  near.open();
  far.open();
  clock.run();
  far.write(10);
  clock.run();
  near.write(3);
  clock.runUntilIdle();
  near.roomSize = 100;
  near.resume();
  clock.runUntilIdle();
  expect([near.receivedTotal, near.violations]).toEqual([10, []]);
});
