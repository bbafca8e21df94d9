// Simulation: whole exchanges of runs as they are drawn, in a second of processor time, with everything judged that a
// campaign judges; and the same without the checked ledger. The peer is one bare exchange of node:http over a Duplex:
// the aim is 50,000 a second on a machine on which node:http makes 56,000 of those.
import { seedOf } from '../../../src/kit/simulation/campaign.js';
import { Coverage } from '../../../src/kit/simulation/coverage.js';
import { drawRecipe } from '../../../src/kit/simulation/draw.js';
import { runRecipe } from '../../../src/kit/simulation/run.js';
import { type SimulatedStack, simulatedStacks } from '../../../src/kit/simulation/stacks.js';
import { nodeOverDuplex } from '../exchanges.js';
import { type Budget, cpuMs, rateOf, type Samples } from '../measure.js';
import type { OwnRow } from '../row.js';

const aim = 50_000 / 56_000;
const seed = 5;
/** Before so many runs not all that is hot is compiled: each has a few features only. */
const warmUpRuns = 320;
const warmUpExchanges = 20_000;
/** One run costs more than another: so many of them cost about what as many others do. */
const runsEach = 48;
const exchangesEach = 4000;

function simulationRow(stack: SimulatedStack): OwnRow {
  return {
    work: `simulated runs of ${stack.name} as drawn, whole exchanges`,
    unit: 'per second',
    target: aim,
    measure: (budget) => measure(stack, budget),
  };
}

async function measure(stack: SimulatedStack, { slices }: Budget): Promise<readonly Samples[]> {
  const node = nodeOverDuplex('node:http over Duplex');
  await node.run(warmUpExchanges);
  await rateOfRuns(stack, true, 0, warmUpRuns);
  await rateOfRuns(stack, false, 0, warmUpRuns);
  const checked: number[] = [];
  const bare: number[] = [];
  const unchecked: number[] = [];
  for (let i = 0; i < slices / 3; i++) {
    const first = warmUpRuns + i * runsEach;
    checked.push(await rateOfRuns(stack, true, first, runsEach));
    bare.push(await rateOf(node, exchangesEach));
    unchecked.push(await rateOfRuns(stack, false, first, runsEach));
  }
  return [
    { name: 'undercoat', samples: checked },
    { name: node.name, samples: bare },
    { name: 'ledger off', samples: unchecked },
  ];
}

/** Whole exchanges in a second of processor time, of so many runs from one on. */
async function rateOfRuns(
  stack: SimulatedStack,
  ledger: boolean,
  first: number,
  count: number,
): Promise<number> {
  const coverage = new Coverage();
  const begun = cpuMs();
  let whole = 0;
  for (let i = first; i < first + count; i++) {
    const result = await runRecipe(stack, drawRecipe(stack, seedOf(seed, i)), { coverage, ledger });
    const [failure] = result.failures;
    if (failure !== undefined) throw new Error(`run ${i}: ${failure.rule}: ${failure.message}`);
    whole += result.whole;
  }
  return (whole * 1000) / (cpuMs() - begun);
}

export const simulationRows: readonly OwnRow[] = simulatedStacks.map(simulationRow);
