// A fault at every act of a small conversation: whatever happens, both ends hear of their end, the rules hold on
// the way, and nothing is left pending (OWN-7).
import { describe, expect, test } from 'vitest';
import { Probe } from '../../src/kit/conformance/probe.js';
import { FaultLog, faultInjector, type PipeFault } from '../../src/transport/fault-injector.js';
import { memoryPair } from '../../src/transport/memory.js';
import { VirtualClock } from '../../src/transport/virtual-clock.js';

/** The left end asks twice, the right one echoes; whoever hears of the end ends. A deadline aborts. */
function converse(faults: readonly PipeFault[]) {
  const clock = new VirtualClock();
  const log = new FaultLog();
  const pair = memoryPair(clock);
  const left = new Probe('left', faultInjector(clock, faults, log)(pair.left), 1, 2);
  const right = new Probe('right', pair.right, 2, 1);
  left.roomSize = 40;
  right.on.received = (count) => {
    if (!right.isEnded) right.write(count);
  };
  right.on.ended = () => right.end();
  let asked = false;
  left.on.received = () => {
    if (left.receivedTotal < 100 || asked) return;
    asked = true;
    left.write(60, 60);
    left.end();
  };
  left.on.ended = () => left.end();
  left.open();
  right.open();
  left.write(100);
  for (const probe of [left, right]) {
    const deadline = clock.at(1000, () => probe.abort());
    const closed = probe.closed.bind(probe);
    probe.closed = (error) => {
      deadline.cancel();
      closed(error);
    };
  }
  clock.runUntilIdle();
  left.finish();
  right.finish();
  return { clock, log, left, right };
}

const whole = converse([]);

test('without a fault the conversation is whole, and says how many acts there are', () => {
  expect(whole.left.violations).toEqual([]);
  expect(whole.left.receivedTotal).toBe(220);
  expect(whole.clock.now()).toBe(0);
  expect(whole.log.acts).toEqual(
    expect.arrayContaining(['opened', 'room', 'written', 'write', 'end', 'ended']),
  );
});

for (const fault of ['reset', 'eof', 'stall', 'short-write', 'delay'] as const) {
  describe(fault, () => {
    for (const [at, act] of whole.log.acts.entries()) {
      test(`at act ${at}, ${act}`, () => {
        const injected: PipeFault = fault === 'delay' ? { at, fault, ms: 50 } : { at, fault };
        const { clock, log, left, right } = converse([injected]);
        expect([...left.violations, ...right.violations]).toEqual([]);
        expect([left.isClosed, right.isClosed, clock.idle]).toEqual([true, true, true]);
        const applied = log.applied.length === 1;
        // What fits no act any more is not applied, and changes nothing.
        if (!applied) expect([left.receivedTotal, clock.now()]).toEqual([220, 0]);
        if (fault === 'reset') {
          expect(left.error?.code).toBe('connection-reset');
          // At the last act the right end has seen both ends, and is done.
          expect(right.error?.code).toBe(act === 'ended' ? undefined : 'connection-reset');
        }
        if (fault === 'stall') expect(clock.now()).toBe(1000);
        if (fault === 'delay' || fault === 'short-write') {
          expect([left.receivedTotal, right.receivedTotal]).toEqual([220, 220]);
          expect([left.error, right.error]).toEqual([undefined, undefined]);
        }
        if (fault === 'delay') expect(clock.now()).toBe(50);
        if (fault === 'eof' && applied) {
          expect(left.isEnded).toBe(true);
          expect(left.receivedTotal).toBeLessThanOrEqual(220);
        }
      });
    }
  });
}

test('pairs of faults leave nothing behind', () => {
  const kinds = ['reset', 'eof', 'stall', 'short-write', 'delay'] as const;
  const make = (fault: (typeof kinds)[number], at: number): PipeFault =>
    fault === 'delay' ? { at, fault, ms: 50 } : { at, fault };
  for (const first of kinds) {
    for (const second of kinds) {
      for (let at = 0; at < whole.log.acts.length; at++) {
        for (const gap of [0, 1, 2, 5]) {
          const { clock, left, right } = converse([make(first, at), make(second, at + gap)]);
          const where = `${first} at ${at}, ${second} at ${at + gap}`;
          expect([where, ...left.violations, ...right.violations]).toEqual([where]);
          expect([where, left.isClosed, right.isClosed, clock.idle]).toEqual([where, true, true, true]);
        }
      }
    }
  }
});
