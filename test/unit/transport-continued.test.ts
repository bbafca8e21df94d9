// The rest of a pipe after a handoff is a transport like any other, whatever the chain before it left behind.
import { describe, expect, test } from 'vitest';
import { ContinuedTransport } from '../../src/endpoint/continued-transport.js';
import { Relay } from '../../src/endpoint/relay.js';
import { UnusedBytes } from '../../src/endpoint/unused-bytes.js';
import { Probe, underwayOctets } from '../../src/kit/conformance/probe.js';
import { transportConformance } from '../../src/kit/conformance/transport.js';
import { type Lease, SendBuffer } from '../../src/memory/index.js';
import type { TransportReceiver } from '../../src/transport/contract.js';
import { memoryPair } from '../../src/transport/memory.js';
import { VirtualClock } from '../../src/transport/virtual-clock.js';
import { checkedPool, session, some } from '../support/memory.js';

/** A memory pipe whose left end a chain had, and left with these bytes of the right end's stream unused, a lease each. */
function handedOff(leases: readonly number[]) {
  const clock = new VirtualClock({ maxSteps: 1_000_000 });
  const { left: lower, right } = memoryPair(clock);
  const chain: TransportReceiver = {
    opened() {},
    room: () => undefined,
    received() {},
    ended() {},
    written() {},
    closed() {},
  };
  const relay = new Relay(chain);
  lower.open(relay);
  clock.run();

  const { ledger, pool } = checkedPool({ slabBytes: 4096 });
  const underway = leases.reduce((sum, length) => sum + length, 0);
  const octets = underwayOctets(underway);
  const unused = new UnusedBytes(undefined);
  // Given back last to first: each comes before what is there.
  let end = underway;
  for (const length of leases.toReversed()) {
    end -= length;
    unused.giveBack(leaseOf(octets.subarray(end, end + length)));
  }

  function leaseOf(bytes: Uint8Array): Lease {
    const workspace = some(pool.open(session));
    const unit = some(workspace.allocate(bytes.length));
    unit.bytes.set(bytes, unit.start);
    const lease = workspace.leasePrefix(unit, bytes.length, session, 'unused');
    workspace.retire();
    return lease;
  }

  const closes: unknown[] = [];
  const left = new ContinuedTransport({
    lower,
    facts: { kind: 'memory' },
    unused,
    inputEnded: false,
    output: new SendBuffer(pool, session),
    clock,
    wrote: () => {},
    progressed: () => {},
    closed: (error) => closes.push(error),
    report: (error) => {
      throw error;
    },
  });
  relay.target = left;
  const dispose = (): void => {
    expect(closes).toHaveLength(1);
    ledger.assertQuiescent();
    expect(pool.heldBytes).toBe(0);
  };
  return { clock, left, right, underway, dispose };
}

for (const leases of [[], [1], [100], [4096], [3, 1, 2000]]) {
  describe(`unused: ${leases.length === 0 ? 'nothing' : leases.join(' and ')}`, () => {
    const cases = transportConformance(
      () => {
        const { clock, ...pair } = handedOff(leases);
        return { ...pair, run: () => clock.runUntilIdle() };
      },
      { halfClose: true, reset: true, holds: 0 },
      { large: 100_000 },
    );
    for (const { name, run } of cases) test(name, run);
  });
}

test('an empty room is none: it is closed, and nobody asks again before resume', () => {
  const { clock, left, right, dispose } = handedOff([5]);
  const probe = new Probe('left', left, 1, 2);
  probe.roomSize = 0;
  probe.emptyRooms = true;
  probe.open();
  clock.run();
  expect([probe.isOpen, probe.refusals, probe.receivedTotal]).toEqual([true, 1, 0]);
  probe.roomSize = 4096;
  probe.resume();
  clock.run();
  expect(probe.receivedTotal).toBe(5);
  probe.abort();
  clock.run();
  right.abort();
  clock.run();
  expect(probe.violations).toEqual([]);
  dispose();
});

test('what is written before anybody opened it is reported after opened', () => {
  const { clock, left, right, dispose } = handedOff([]);
  const far = new Probe('right', right, 2, 1);
  far.open();
  const probe = new Probe('left', left, 1, 2);
  probe.write(50);
  clock.run();
  expect([far.receivedTotal, probe.reports]).toEqual([50, 0]);
  probe.open();
  clock.run();
  expect([probe.isOpen, probe.writtenTotal]).toEqual([true, 50]);
  probe.abort();
  clock.run();
  expect([...probe.violations, ...far.violations]).toEqual([]);
  dispose();
});
