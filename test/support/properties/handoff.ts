// Handoff × segmentation × slab size: whoever follows a session gets every byte once, in order (CON-3), what it writes keeps
// its order and goes through what stands between (CON-2, LAY-6), and nothing is held in the end (OWN-7).
import * as fc from 'fast-check';
import type { Step } from '../../../src/endpoint/step.js';
import { requireEqual, requireThat } from '../../../src/kit/properties/require.js';
import { BumpWorkspace, EmulatedWorkspace } from '../../../src/memory/index.js';
import type { Transport } from '../../../src/transport/contract.js';
import { Bed, type BedOptions } from '../connection-bed.js';
import { turnedOver, turnedOverStep } from '../swapped.js';
import { echoStep, takerStep } from '../toy-sessions.js';
import { Wire } from '../wire.js';

export const handoffRecipe = fc.record({
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
type Recipe = typeof handoffRecipe extends fc.Arbitrary<infer T> ? T : never;

export interface HandoffRun {
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

export function runHandoff(it: Recipe, decorate?: BedOptions['decorate']): HandoffRun {
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
export function restOf({ ending, restBytes, slabBytes }: Recipe): string {
  const rest = textOf(restBytes);
  if (ending === 'tunnel') return rest;
  const length = slabBytes >> 1;
  let lines = '';
  for (let at = 0; at < rest.length; at += length) lines += `${rest.slice(at, at + length)}\n`;
  return lines;
}

/** What a session leaves reaches who comes next, once, in order, at any segmentation and slab size. */
export function handoffKeepsBytes(endings: readonly Recipe['ending'][] = ['session', 'transport', 'tunnel']) {
  return fc.property(handoffRecipe, fc.constantFrom(...endings), (recipe, ending) => {
    const it = { ...recipe, ending };
    // A session that wants more than a slab holds is refused; that is not what this is about.
    fc.pre(it.takes.every((bytes) => bytes <= it.slabBytes));
    const { bed, wire, taken, got, finish } = runHandoff(it);
    const head = textOf(it.takes.reduce((sum, bytes) => sum + bytes, 0));
    requireEqual('CON-3', taken.join(''), head, 'what the sessions took');
    const said = it.takes.map((_, index) => `<${index}>`).join('');
    requireEqual('CON-2', wire.text.slice(0, said.length), said, 'what the sessions said');
    const rest = restOf(it);
    const isUnder = ending === 'transport' && rest !== '' && wire.text.slice(said.length) === rest;
    requireThat('LAY-1', !isUnder, () => 'what was written went under the transport that was put in between');
    // A transport that was put in between sees every byte, either way, of what came before it stood there, too.
    requireEqual(it.ending === 'transport' ? 'LAY-6' : 'CON-3', got(), rest, 'what the last one got');
    finish();
    requireThat('OWN-9', bed.thrown.length === 0, () => String(bed.thrown[0]));
    bed.assertQuiescent();
  });
}
