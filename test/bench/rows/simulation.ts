// Simulation: whole exchanges of runs as they are drawn, in a second of processor time, with everything judged that a
// campaign judges; and the same without the checked ledger. The peer is one bare exchange of node:http over a Duplex:
// the aim is 50,000 a second on a machine on which node:http makes 56,000 of those.
import { seedOf } from '../../../src/kit/simulation/campaign.js';
import { Coverage } from '../../../src/kit/simulation/coverage.js';
import { drawRecipe } from '../../../src/kit/simulation/draw.js';
import { runRecipe } from '../../../src/kit/simulation/run.js';
import { type SimulatedStack, simulatedStacks } from '../../../src/kit/simulation/stacks.js';
import { nodeOverDuplex } from '../exchanges.js';
import { type Budget, cpuMs, type Samples } from '../measure.js';
import type { OwnRow } from '../row.js';

const aim = 0.893;
const seed = 5;
/** Before so many runs not all that is hot is compiled: each has a few features only. */
const warmUpRuns = 320;
const warmUpExchanges = 20_000;
/**
 * One run costs more than another: so many of them, for a sample, cost about what as many others do. They are measured a
 * few at a time, since a machine may be twice as fast for a second and then no more.
 */
const turns = 8;
const runsATurn = 6;
const exchangesATurn = 500;

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
  await runsOf(stack, true, 0, warmUpRuns);
  await runsOf(stack, false, 0, warmUpRuns);
  const checked: number[] = [];
  const bare: number[] = [];
  const unchecked: number[] = [];
  for (let first = warmUpRuns; checked.length < slices / 3; ) {
    const ledger = new Rate();
    const peer = new Rate();
    const none = new Rate();
    for (let turn = 0; turn < turns; turn++, first += runsATurn) {
      await ledger.of(() => runsOf(stack, true, first, runsATurn));
      await peer.of(async () => {
        await node.run(exchangesATurn);
        return exchangesATurn;
      });
      await none.of(() => runsOf(stack, false, first, runsATurn));
    }
    checked.push(ledger.perSecond);
    bare.push(peer.perSecond);
    unchecked.push(none.perSecond);
  }
  return [
    { name: 'undercoat', samples: checked },
    { name: node.name, samples: bare },
    { name: 'ledger off', samples: unchecked },
  ];
}

/** Exchanges by the processor time that they take. */
class Rate {
  private exchanges = 0;
  private ms = 0;

  async of(work: () => Promise<number>): Promise<void> {
    const begun = cpuMs();
    this.exchanges += await work();
    this.ms += cpuMs() - begun;
  }

  get perSecond(): number {
    return (this.exchanges * 1000) / this.ms;
  }
}

/** So many runs from one on. @returns how many exchanges were whole */
async function runsOf(stack: SimulatedStack, ledger: boolean, first: number, count: number): Promise<number> {
  const coverage = new Coverage();
  let whole = 0;
  for (let i = first; i < first + count; i++) {
    const result = await runRecipe(stack, drawRecipe(stack, seedOf(seed, i)), { coverage, ledger });
    const [failure] = result.failures;
    if (failure !== undefined) throw new Error(`run ${i}: ${failure.rule}: ${failure.message}`);
    whole += result.whole;
  }
  return whole;
}

export const simulationRows: readonly OwnRow[] = simulatedStacks.map(simulationRow);
