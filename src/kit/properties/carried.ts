/**
 * The same over a real transport: what is sent is what is received (WIRE-4) in any memory that suffices, in an
 * emulated workspace and with dead bytes of any kind (OWN-5), too; with too little it succeeds or its failure is handled (WS-9); and however it ends,
 * everybody is told once and nothing is held (OWN-7): an end is torn down, or, where time goes on by hand, the pipe breaks, stalls or is late. Fewer
 * runs than by hand: a socket costs a thousand times what a call does.
 */
import fc from 'fast-check';
import type { Role } from '../../endpoint/step.js';
import { type Deadlines, defaultDeadlines } from '../../session/deadlines.js';
import { FaultLog, faultInjector, type PipeFault } from '../../transport/fault-injector.js';
import { roomyMemory, scarceMemory } from '../arbitraries/connection-memory.js';
import { connectionScript } from '../arbitraries/connection-script.js';
import { pipeFaults } from '../arbitraries/pipe-faults.js';
import { type CarriedRun, carryConnection } from '../carried.js';
import type { CarriedPair } from '../carried-ends.js';
import { Reached } from '../reached.js';
import type { StackUnderTest } from '../stack-under-test.js';
import { requireHandled } from './exhaustion.js';
import { requireContainedLater } from './require.js';
import { requireRoundTrip } from './round-trip.js';

type MakePair = () => CarriedPair | Promise<CarriedPair>;

export function carriedRoundTrip(
  stack: StackUnderTest,
  makePair: MakePair,
  reached = new Reached(),
): fc.IAsyncPropertyWithHooks<unknown[]> {
  const { roomyBytes, telling } = stack.capabilities;
  const memory = fc
    .record({ room: roomyMemory(roomyBytes), poison: fc.constantFrom(...telling) })
    .map(({ room, poison }) => ({ ...room, poison }));
  return fc.asyncProperty(
    connectionScript({ manner: 'orderly' }),
    memory,
    memory,
    async (script, ofServer, ofClient) => {
      const ends = { server: { memory: ofServer }, client: { memory: ofClient } };
      requireRoundTrip(stack, script, await carryConnection(stack, script, await makePair(), ends), reached);
      for (const { workspace } of [ofServer, ofClient]) reached.mark(`${workspace} workspace`);
    },
  );
}

/** Milliseconds of every deadline where time is real: whoever waits for memory that never comes gives up by it. */
const soon = 40;
const soonest: Deadlines = {
  ...defaultDeadlines,
  ...Object.fromEntries(Object.keys(defaultDeadlines).map((name) => [name, soon])),
};

/**
 * WS-9: with memory from a single byte upwards at the server, and at the client at times, an exchange succeeds, or its failure
 * is handled. Where time is real deadlines are short, and which of the two it is may depend on it.
 */
export function carriedExhaustion(
  stack: StackUnderTest,
  makePair: MakePair,
  reached = new Reached(),
): fc.IAsyncPropertyWithHooks<unknown[]> {
  return fc.asyncProperty(
    connectionScript({ manner: 'orderly' }),
    scarceMemory(),
    fc.option(scarceMemory(), { nil: {} }),
    async (script, ofServer, ofClient) => {
      const pair = await makePair();
      const time = pair.live === true ? { deadlines: soonest } : {};
      const ends = { server: { memory: ofServer, ...time }, client: { memory: ofClient, ...time } };
      const run = await requireContainedLater('WS-9', () => carryConnection(stack, script, pair, ends));
      requireHandled(script, run, reached);
    },
  );
}

/**
 * An end is torn down in the middle of it all. Where time goes on by hand, also a pipe that breaks; elsewhere nobody waits for
 * a deadline: that would be real time on a socket.
 */
export function carriedQuiescence(
  stack: StackUnderTest,
  makePair: MakePair,
  reached = new Reached(),
): fc.IAsyncPropertyWithHooks<unknown[]> {
  return fc.asyncProperty(
    connectionScript({ manner: 'orderly' }),
    fc.constantFrom<Role>('server', 'client'),
    fc.nat(),
    pipeFaults(mostActs),
    async (script, of, place, faults) => {
      const acts = new FaultLog();
      const whole = await makePair();
      const counted = whole.later === undefined ? whole : breaking(whole, of, [], acts);
      const { turns } = await carryConnection(stack, script, counted);
      const at = place % (turns + 1);
      const broken = await carryConnection(stack, script, await makePair(), { fault: { of, at } });
      reached.mark(`torn down by the ${of}`, broken.faulted);
      markEnds(reached, broken);
      if (whole.later === undefined) return;
      const placed = faults.map((fault) => ({ ...fault, at: fault.at % (acts.acts.length + 1) }));
      const log = new FaultLog();
      markEnds(reached, await carryConnection(stack, script, breaking(await makePair(), of, placed, log)));
      for (const { fault } of log.applied) reached.mark(fault);
    },
  );
}

/** More acts than any of the kit's scripts lead to. */
const mostActs = 1 << 16;

/** The pair, with these faults at the transport of one end. */
function breaking(pair: CarriedPair, of: Role, faults: readonly PipeFault[], log: FaultLog): CarriedPair {
  const decorate = faultInjector(pair.platform.clock, faults, log);
  return of === 'client'
    ? { ...pair, left: decorate(pair.left) }
    : { ...pair, right: Promise.resolve(pair.right).then(decorate) };
}

function markEnds(reached: Reached, { server, client }: CarriedRun): void {
  const ends = [...server, ...client].map(({ closed }) => closed);
  reached.mark('ended well', ends.includes('ok'));
  reached.mark(
    'failed',
    ends.some((closed) => closed !== 'ok'),
  );
}
