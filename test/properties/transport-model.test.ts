// The transport machine against a model of a pipe at rest: after any acts on both ends, opened early, late or never, under
// decorators that change nothing, each end is in the state that it must be in, and has what it must have.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { BytePipeModel, type EndName } from '../../models/byte-pipe.js';
import { Probe, saltOfLeft, saltOfRight } from '../../src/kit/conformance/probe.js';
import type { Transport } from '../../src/transport/contract.js';
import type { TransportDecorator } from '../../src/transport/decorator.js';
import { memoryPair } from '../../src/transport/memory.js';
import { MeterCounts, meter } from '../../src/transport/meter.js';
import { poisoner } from '../../src/transport/poisoner.js';
import { recorder } from '../../src/transport/recording.js';
import { segmenter } from '../../src/transport/segmenter.js';
import { VirtualClock } from '../../src/transport/virtual-clock.js';
import { rowRecorder } from '../support/rows.js';

type Act =
  | { readonly act: 'open' | 'end' | 'pause' | 'resume' | 'abort'; readonly on: EndName }
  | { readonly act: 'write'; readonly on: EndName; readonly bytes: number }
  | { readonly act: 'room'; readonly on: EndName; readonly size: number }
  | { readonly act: 'rest' };

const on = fc.constantFrom<EndName>('left', 'right');
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ act: fc.constant('open' as const), on }) },
  {
    weight: 5,
    arbitrary: fc.record({
      act: fc.constant('write' as const),
      on,
      bytes: fc.oneof(fc.constantFrom(0, 1, 48, 49, 1000), fc.nat(300)),
    }),
  },
  { weight: 3, arbitrary: fc.record({ act: fc.constantFrom('pause', 'resume', 'resume'), on }) },
  {
    weight: 2,
    arbitrary: fc.record({ act: fc.constant('room' as const), on, size: fc.constantFrom(0, 10, 100, 4096) }),
  },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('end' as const), on }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('abort' as const), on }) },
  { weight: 6, arbitrary: fc.constant<Act>({ act: 'rest' }) },
);

const decorators: readonly ((clock: VirtualClock) => TransportDecorator)[] = [
  () => (lower: Transport) => lower,
  () => meter(new MeterCounts()),
  () => recorder([]),
  () => poisoner({ chunkBytes: 100 }),
  () => segmenter({ receive: { sizes: [5, 50] }, write: { sizes: [7, 1000] } }),
  (clock) => segmenter({ receive: { sizes: [64] }, turns: clock }),
];

const reached = new Map<string, number>();

test('LAY-3, CON-1, CON-2, OWN-9: both ends of a pipe are where the model says, whenever it is at rest', () => {
  fc.assert(
    fc.property(
      fc.array(act, { maxLength: 60, size: 'max' }),
      fc.constantFrom(...decorators),
      fc.constantFrom(...decorators),
      (acts, onLeft, onRight) => {
        const clock = new VirtualClock();
        const pair = memoryPair(clock, { observer: rowRecorder() });
        const model = new BytePipeModel();
        const ends = {
          left: new Probe('left', onLeft(clock)(pair.left), saltOfLeft, saltOfRight),
          right: new Probe('right', onRight(clock)(pair.right), saltOfRight, saltOfLeft),
        };
        for (const step of acts) {
          if (step.act !== 'rest') {
            perform(step, ends[step.on], model);
            continue;
          }
          clock.runUntilIdle();
          model.rest();
          for (const name of ['left', 'right'] as const) compare(name, ends[name], model);
        }
      },
    ),
    { numRuns: 200 },
  );
  const states = ['idle', 'open', 'half-closed-local', 'half-closed-remote', 'closed', 'failed'];
  expect(states.filter((state) => (reached.get(state) ?? 0) < 20)).toEqual([]);
});

function perform(step: Exclude<Act, { act: 'rest' }>, probe: Probe, model: BytePipeModel): void {
  const { on: name } = step;
  const { opened, ending } = model.ends[name];
  switch (step.act) {
    case 'open':
      if (opened) return;
      probe.open();
      model.open(name);
      break;
    case 'write':
      // Bytes after the end are misuse.
      if (ending) return;
      probe.write(step.bytes);
      model.write(name, step.bytes);
      break;
    case 'room':
      probe.roomSize = step.size;
      model.ends[name].hasRoom = step.size > 0;
      break;
    default:
      probe[step.act]();
      model[step.act](name);
  }
}

function compare(name: EndName, probe: Probe, model: BytePipeModel): void {
  const { received, endReceived, opened, over } = model.ends[name];
  const state = model.state(name);
  reached.set(state, (reached.get(state) ?? 0) + 1);
  expect(probe.violations).toEqual([]);
  expect([name, probe.transport.state]).toEqual([name, state]);
  // A pipe that broke may have delivered some of what was on its way.
  if (over !== 'failed') expect(probe.receivedTotal).toBe(received);
  expect(probe.isEnded || over === 'failed').toBe(endReceived || over === 'failed');
  if (opened) expect(probe.isClosed).toBe(over !== undefined);
}
