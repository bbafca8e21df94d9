// Scenarios small enough for a test, on memory and virtual time, and a console that keeps what is written.
import { Writable } from 'node:stream';
import { h1 } from '../../src/endpoint/h1.js';
import { checkScenario } from '../../src/lab/check-scenario.js';
import type { Console } from '../../src/lab/console.js';
import { type RunOptions, runScenario } from '../../src/lab/run-scenario.js';
import type { Composition, ExchangeKind, Laboratory, ScenarioStack } from '../../src/lab/scenario.js';
import { memoryNetwork } from '../../src/transport/memory.js';

/** H1 in memory; `change` spoils it. */
export function memoryStack(
  change: (composition: Composition, lab: Laboratory) => Composition | Promise<Composition> = (it) => it,
): ScenarioStack {
  return {
    name: 'memory',
    transport: 'memory',
    session: 'h1',
    time: 'virtual',
    compose: (lab) => {
      const network = memoryNetwork(lab.clock, { observer: lab.observer });
      return change(
        {
          listen: network.listenable('server'),
          server: h1(),
          connect: () => network.connectable('server'),
          client: h1({ maxPipelined: 8 }),
        },
        lab,
      );
    },
  };
}

/** Runs exchanges over one stack and gives its account. */
export async function runOne(
  workload: readonly ExchangeKind[],
  stack: ScenarioStack = memoryStack(),
  options: Partial<RunOptions> = {},
) {
  const scenario = checkScenario({ name: 'test', exchanges: 5, stacks: [stack], workload });
  const { stacks } = await runScenario(scenario, { seed: 1, ...options });
  const [report] = stacks;
  if (report === undefined) throw new Error('no report');
  return report;
}

class Kept extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** A console that nobody watches. */
export function keptConsole(): { console: Console; out: Kept; err: Kept } {
  const out = new Kept();
  const err = new Kept();
  return {
    console: { out, err, isWatched: false, width: 120, isColoured: false, isErrColoured: false },
    out,
    err,
  };
}
