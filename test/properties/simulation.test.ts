// A short campaign over every simulated stack: whatever is drawn, every rule holds after every run. `undercoat check`
// is the long one.
import { describe, expect, inject, it } from 'vitest';
import { simulatedStacks } from '../../src/kit/simulation/stacks.js';
import { checkedRules } from '../../src/lab/check/rules.js';
import { campaignOf } from '../support/simulation.js';

describe.each(simulatedStacks.map((stack) => [stack.name, stack] as const))('%s', (_, stack) => {
  it('CON-1, CON-2, LAY-1, LAY-3, LAY-4, OWN-1, OWN-4, OWN-5, OWN-7, OWN-8, WIRE-3, WIRE-4, WIRE-5, WORK-1, WS-1, WS-5 and WS-7 hold', async () => {
    const [account] = await campaignOf([stack], { seed: inject('seed'), runs: 6 });
    expect(account?.failures).toEqual([]);
    // The ledger, the auditor and the judge have all been asked.
    const named = expect.getState().currentTestName?.match(/[A-Z]+-\d+/g) ?? [];
    expect(account?.rules).toEqual(expect.arrayContaining(named));
    expect(checkedRules).toEqual(expect.arrayContaining([...(account?.rules ?? [])]));
  });
});
