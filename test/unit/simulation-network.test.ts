// The simulated network keeps the transport's contract, whatever its plan does to what it carries.
import { describe, test } from 'vitest';
import { transportConformance } from '../../src/kit/conformance/transport.js';
import { type NetworkTap, SimulatedNetwork } from '../../src/kit/simulation/network.js';
import type { PathPlan } from '../../src/kit/simulation/recipe.js';
import type { Transport } from '../../src/transport/contract.js';
import { VirtualClock } from '../../src/transport/virtual-clock.js';
import { rowRecorder } from '../support/rows.js';

const nobody: NetworkTap = { arrived: () => {}, held: () => {}, broke: () => {} };
const straight: PathPlan = { latency: 0, rate: 0, holds: 65_536, cuts: [] };

const plans: Record<string, Partial<PathPlan>> = {
  straight: {},
  'with latency': { latency: 20 },
  'with little bandwidth': { rate: 900, latency: 1 },
  'that takes little at a time': { holds: 700 },
  'that cuts': { cuts: [1000, 3, 77] },
  'with all of it': { latency: 5, rate: 3000, holds: 2000, cuts: [500, 1500] },
};

describe.each(Object.entries(plans))('a network %s', (_, change) => {
  const path = { ...straight, ...change };
  const cases = transportConformance(
    () => {
      const clock = new VirtualClock();
      const plan = { toServer: path, toClient: path, faults: [] };
      const network = new SimulatedNetwork(clock, plan, nobody, { observer: rowRecorder() });
      const right = new Promise<Transport>((resolve) => {
        void network.listenable.listen(resolve);
      });
      return { left: network.connectable.connect(), right, run: () => clock.runUntilIdle() };
    },
    { halfClose: true, reset: true, holds: path.holds },
    { large: 100_000, seeds: [1, 2, 3] },
  );
  for (const { name, run } of cases) test(name, run);
});
