// Any acts on both ends of a pipe, decorated in any way: what is received is a prefix of what was sent, and all of
// it if nobody aborts (CON-1, CON-2), within the transport contract.
import * as fc from 'fast-check';
import { test } from 'vitest';
import { type PipeAct, runActs } from '../../src/kit/conformance/acts.js';
import { stacked, type TransportDecorator } from '../../src/transport/decorator.js';
import { faultInjector, type PipeFault } from '../../src/transport/fault-injector.js';
import { memoryPair } from '../../src/transport/memory.js';
import { MeterCounts, meter } from '../../src/transport/meter.js';
import { poisoner } from '../../src/transport/poisoner.js';
import { recorder } from '../../src/transport/recording.js';
import { segmenter } from '../../src/transport/segmenter.js';
import { VirtualClock } from '../../src/transport/virtual-clock.js';

const side = fc.constantFrom<0 | 1>(0, 1);
const length = fc.oneof(fc.constantFrom(0, 1, 2, 47, 48, 49, 4096), fc.nat(6000));
const acts: fc.Arbitrary<PipeAct[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ act: fc.constant('write'), side, lengths: fc.array(length, { maxLength: 4 }) }),
    },
    { weight: 5, arbitrary: fc.record({ act: fc.constant('turn') }) },
    {
      weight: 3,
      arbitrary: fc.record({ act: fc.constant('room'), side, size: fc.constantFrom(0, 3, 100, 4096) }),
    },
    { weight: 3, arbitrary: fc.record({ act: fc.constantFrom('pause', 'resume', 'resume'), side }) },
    { weight: 1, arbitrary: fc.record({ act: fc.constantFrom('end', 'abort'), side }) },
  ),
  { maxLength: 40 },
) as fc.Arbitrary<PipeAct[]>;

type Layer = (clock: VirtualClock) => TransportDecorator;

const sizes = fc.array(fc.constantFrom(1, 2, 50, 1000), { minLength: 1, maxLength: 4 });
const harmless: fc.Arbitrary<PipeFault> = fc.oneof(
  fc.record({ at: fc.nat(30), fault: fc.constant('short-write' as const) }),
  fc.record({ at: fc.nat(30), fault: fc.constant('delay' as const), ms: fc.nat(20) }),
);
const layer: fc.Arbitrary<Layer> = fc.oneof(
  fc.constant<Layer>(() => meter(new MeterCounts())),
  fc.constant<Layer>(() => recorder([])),
  fc.constantFrom(10, 1000).map(
    (chunkBytes): Layer =>
      () =>
        poisoner({ chunkBytes }),
  ),
  fc.record({ receive: sizes, write: sizes, turns: fc.boolean() }).map(
    ({ receive, write, turns }): Layer =>
      (clock) => {
        const cuts = { receive: { sizes: receive }, write: { sizes: write } };
        return segmenter(turns ? { ...cuts, turns: clock } : cuts);
      },
  ),
  fc.array(harmless, { maxLength: 4 }).map(
    (faults): Layer =>
      (clock) =>
        faultInjector(clock, faults),
  ),
);
const stack = fc.array(layer, { maxLength: 3 });

test('CON-1, CON-2: any acts through any stack of decorators keep the contract and lose nothing', async () => {
  await fc.assert(
    fc.asyncProperty(acts, stack, stack, async (sequence, leftLayers, rightLayers) => {
      const clock = new VirtualClock();
      const { left, right } = memoryPair(clock);
      const put = (layers: Layer[]) => stacked(...layers.map((make) => make(clock)));
      await runActs(
        { left: put(leftLayers)(left), right: put(rightLayers)(right), run: () => clock.runUntilIdle() },
        sequence,
      );
    }),
    { numRuns: 100 },
  );
});
