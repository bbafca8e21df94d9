// Handoff × segmentation × slab size × faults: whoever follows a session gets every byte once, in order (CON-1,
// CON-3), what it writes keeps its order (CON-2), and nothing is held in the end (OWN-7).
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Step } from '../../src/endpoint/step.js';
import { BumpWorkspace, EmulatedWorkspace } from '../../src/memory/index.js';
import type { Transport } from '../../src/transport/contract.js';
import { faultInjector, type PipeFault } from '../../src/transport/fault-injector.js';
import { poisoner } from '../../src/transport/poisoner.js';
import { Bed, type BedOptions } from '../support/connection-bed.js';
import { turnedOver, turnedOverStep } from '../support/swapped.js';
import { echoStep, takerStep } from '../support/toy-sessions.js';
import { Wire } from '../support/wire.js';

const recipe = fc.record({
  /** Bytes that each session of the chain takes. */
  takes: fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 3 }),
  ending: fc.constantFrom<'session' | 'transport' | 'tunnel'>('session', 'transport', 'tunnel'),
  restBytes: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 300 })),
  slabBytes: fc.constantFrom(24, 40, 64, 256),
  cut: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 350 })),
  /** Runs the clock between pieces, so that each arrives alone. */
  separately: fc.boolean(),
  /** Rooms of the tunnel's user, and when it starts to read. */
  roomBytes: fc.integer({ min: 1, max: 50 }),
  readsLate: fc.boolean(),
  endsEarly: fc.boolean(),
  emulated: fc.boolean(),
});
type Recipe = typeof recipe extends fc.Arbitrary<infer T> ? T : never;

interface Run {
  readonly bed: Bed;
  readonly wire: Wire;
  readonly taken: string[];
  /** What the last of the chain got. */
  got(): string;
  finish(): void;
}

/** Text without line feeds, every character telling its place. */
function textOf(length: number): string {
  return Array.from({ length }, (_, i) => String.fromCharCode(33 + (i % 94))).join('');
}

function run(it: Recipe, decorate?: BedOptions['decorate']): Run {
  const taken: string[] = [];
  const { takes, ending } = it;
  let tunnel: Wire | undefined;
  const steps: Step[] = takes.map((bytes, index) =>
    takerStep({
      bytes,
      says: `<${index}>`,
      took: (text) => taken.push(text),
      ...(ending === 'tunnel' && index === takes.length - 1
        ? {
            takeOver: (pipe: Transport) => {
              tunnel = new Wire(pipe, it.roomBytes);
              tunnel.reading = !it.readsLate;
            },
          }
        : {}),
    }),
  );
  let lines = '';
  if (ending === 'transport') steps.push(turnedOverStep());
  if (ending !== 'tunnel') steps.push(echoStep());
  const bed = new Bed(steps, {
    slabBytes: it.slabBytes,
    workspace: it.emulated ? EmulatedWorkspace : BumpWorkspace,
    ...(decorate === undefined ? {} : { decorate }),
  });
  const { wire } = bed.connect();
  const rest = restOf(it);
  const head = textOf(takes.reduce((sum, bytes) => sum + bytes, 0));
  const whole = head + (ending === 'transport' ? turnedOver(rest) : rest);
  for (let at = 0; at < whole.length; at += it.cut) {
    // A fault may have made the peer seem to end: then our side has ended, too.
    if (wire.ends === 0) wire.write(whole.slice(at, at + it.cut));
    if (it.separately) bed.clock.run();
  }
  if (it.endsEarly) wire.transport.end();
  bed.clock.run();
  tunnel?.read();
  bed.clock.run();
  lines = wire.text.slice(takes.map((_, index) => `<${index}>`).join('').length);
  return {
    bed,
    wire,
    taken,
    got: () =>
      ending === 'tunnel' ? (tunnel?.text ?? '') : ending === 'transport' ? turnedOver(lines) : lines,
    finish: () => {
      wire.transport.end();
      bed.clock.runUntilIdle();
    },
  };
}

/** Lines short enough for a slab; a tunnel takes anything. */
function restOf({ ending, restBytes, slabBytes }: Recipe): string {
  const rest = textOf(restBytes);
  if (ending === 'tunnel') return rest;
  const length = slabBytes >> 1;
  let lines = '';
  for (let at = 0; at < rest.length; at += length) lines += `${rest.slice(at, at + length)}\n`;
  return lines;
}

test('CON-3: what a session leaves reaches who comes next, once, in order, at any segmentation and slab size', () => {
  fc.assert(
    fc.property(recipe, (it) => {
      // A session that wants more than a slab holds is refused; that is not what this is about.
      fc.pre(it.takes.every((bytes) => bytes <= it.slabBytes));
      const { bed, wire, taken, got, finish } = run(it);
      expect(taken.join('')).toBe(textOf(it.takes.reduce((sum, bytes) => sum + bytes, 0)));
      expect(wire.text.startsWith(it.takes.map((_, index) => `<${index}>`).join(''))).toBe(true);
      expect(got()).toBe(restOf(it));
      finish();
      expect(bed.thrown).toEqual([]);
      bed.assertQuiescent();
    }),
    { numRuns: 120 },
  );
});

const fault: fc.Arbitrary<PipeFault> = fc.record({
  at: fc.nat(25),
  fault: fc.constantFrom<'reset' | 'eof' | 'short-write' | 'stall'>('reset', 'eof', 'short-write', 'stall'),
});

test('OWN-7: a fault at any act of a handoff leaves nothing held, and what did arrive is a prefix', () => {
  fc.assert(
    fc.property(recipe, fc.array(fault, { minLength: 1, maxLength: 2 }), (it, faults) => {
      fc.pre(it.takes.every((bytes) => bytes <= it.slabBytes));
      const { bed, wire, got, finish } = run(it, (transport, clock) =>
        poisoner()(faultInjector(clock, faults)(transport)),
      );
      expect(restOf(it).startsWith(it.ending === 'tunnel' || wire.text.length > 0 ? got() : '')).toBe(true);
      finish();
      // A stall has no deadline in toy sessions: the endpoint gives up.
      for (const connection of bed.live) connection.abort();
      bed.clock.runUntilIdle();
      expect(bed.thrown).toEqual([]);
      bed.assertQuiescent();
    }),
    { numRuns: 120 },
  );
});
