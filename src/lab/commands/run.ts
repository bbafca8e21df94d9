/**
 * `undercoat run <scenario>`: runs a scenario and reports. This file does not know what scenarios there are.
 */
import { Command } from 'commander';
import { complaints } from '../complaints.js';
import type { Console } from '../console.js';
import { loadScenario } from '../load-scenario.js';
import { isClean, isWhole, type RunReport } from '../report.js';
import { runScenario } from '../run-scenario.js';
import { progressBar } from '../show-progress.js';
import { gathered, integerOption } from '../usage.js';

interface RunFlags {
  readonly seed: number;
  readonly stack?: readonly string[];
  readonly exchanges?: number;
  readonly out?: string;
  readonly timeLimit: number;
  readonly json?: true;
}

const defaultSeed = 1;
const defaultSeconds = 25;
/** Seconds after the limit in which a run closes its connections and reports; then it is ended by force. */
const grace = 4;

/** `finish` is told the exit code. */
export function runCommand(console: Console, finish: (code: number) => void): Command {
  return new Command('run')
    .description(
      'Run a scenario over its stacks and report what happened; 0 if all was as expected, 1 if not, 3 if time was over.',
    )
    .argument('<scenario>', '"standard", or the path of a module: ./my-scenario.ts')
    .option(
      '--seed <n>',
      'chooses everything that the scenario leaves open',
      integerOption('--seed', 0, 2 ** 32 - 1),
      defaultSeed,
    )
    .option('--stack <name>', 'run this stack only; may be given again', gathered)
    .option(
      '--exchanges <n>',
      'how many exchanges to draw per stack',
      integerOption('--exchanges', 0, 1_000_000),
    )
    .option('--out <dir>', 'write traces there: each transition and each change of owner, as JSON Lines')
    .option(
      '--time-limit <seconds>',
      'end the run after so long',
      integerOption('--time-limit', 1, 86_400),
      defaultSeconds,
    )
    .option('--json', 'print the report as one JSON object')
    .action(async (reference: string, flags: RunFlags) => {
      const endsAt = performance.now() + flags.timeLimit * 1000;
      // A module runs when it is loaded: that is part of the run.
      console.guard?.(
        (flags.timeLimit + grace) * 1000,
        `error: the run did not end, ${grace} s after its time limit of ${flags.timeLimit} s\n`,
      );
      const scenario = await loadScenario(reference, endsAt);
      const report = await runScenario(scenario, {
        seed: flags.seed,
        stacks: flags.stack,
        exchanges: flags.exchanges,
        out: flags.out,
        timeLimit: endsAt - performance.now(),
        progress: console.isWatched ? progressBar(console.err) : undefined,
      });
      if (flags.json === true) {
        console.out.write(`${JSON.stringify(report)}\n`);
        for (const line of report.stacks.flatMap(complaints)) console.err.write(`${line}\n`);
      } else {
        // Loaded where it is shown: the tables and formats take a good part of what starting takes.
        const { showReport } = await import('../show-report.js');
        console.out.write(showReport(report, console));
      }
      finish(exitCode(report));
    });
}

/** That time was over is no failure of what was run; a failure is one all the same. */
function exitCode({ stacks }: RunReport): number {
  if (!stacks.every(isClean)) return 1;
  return stacks.every(isWhole) ? 0 : 3;
}
