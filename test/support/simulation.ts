// Simulated stacks with a bug, and a campaign without a command line.
import { h1 } from '../../src/endpoint/h1.js';
import type { TransportStep } from '../../src/endpoint/step.js';
import { type CampaignHost, type CampaignOptions, campaign } from '../../src/kit/simulation/campaign.js';
import type { SimulatedStack } from '../../src/kit/simulation/stacks.js';
import type { Transport } from '../../src/transport/contract.js';

/** H1 whose server stands on a transport of the test's. */
export function spoiltStack(wrap: (lower: Transport) => Transport): SimulatedStack {
  const step: TransportStep = { kind: 'transport', name: 'spoilt', wrap };
  return {
    name: 'spoilt',
    server: [step, ...h1().steps],
    client: h1({ maxPipelined: 3 }),
    interleaves: false,
    roomyBytes: 2048,
  };
}

const host: CampaignHost = { wall: () => 0, processor: () => 1, breathe: async () => true };

/** So many runs of each stack. */
export function campaignOf(
  stacks: readonly SimulatedStack[],
  options: Partial<CampaignOptions> & Pick<CampaignOptions, 'seed' | 'runs'>,
) {
  return campaign(
    stacks,
    { milliseconds: Number.POSITIVE_INFINITY, shard: { index: 1, of: 1 }, ...options },
    host,
  );
}
