/**
 * `undercoat museum` in a checkout: lists, explains and runs the exhibits. This file does not know how they are run.
 */
import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import type { Console } from '../../src/lab/console.js';
import { integerOption, UsageError } from '../../src/lab/usage.js';
import type { Exhibit } from './exhibit.js';
import { exhibits } from './exhibits/index.js';
import { runExhibits } from './run.js';
import { showExhibit, showKills, showList } from './tables.js';

const defaultSeed = 1;

interface RunFlags {
  readonly all?: true;
  readonly seed: number;
  readonly jobs: number;
  readonly json?: true;
}

/** Adds the subcommands to `command`. `finish` is told the exit code: 1 if an exhibit survives. */
export function addMuseum(command: Command, console: Console, finish: (code: number) => void): void {
  const jobs = integerOption('--jobs', 1, 64);
  command
    .addCommand(
      new Command('list')
        .description('List the exhibits.')
        .option('--json', 'as one JSON object')
        .action(({ json }: { json?: true }) => {
          const list = exhibits.map(({ id, label, source, rules }) => ({ id, label, source, rules }));
          console.out.write(
            json === true ? `${JSON.stringify({ exhibits: list })}\n` : showList(exhibits, console),
          );
        }),
    )
    .addCommand(
      new Command('show')
        .description('Explain an exhibit: what happened, and how it is made and found here.')
        .argument('<id>')
        .action((id: string) => {
          for (const exhibit of named([id])) console.out.write(showExhibit(exhibit));
        }),
    )
    .addCommand(
      new Command('run')
        .description('Put mistakes into the code, one at a time, and see them found; 1 if one survives.')
        .argument('[id...]', 'which exhibits; all of them, if none is named')
        .option('--all', 'all of them')
        .option(
          '--seed <n>',
          'of the cases that are tried',
          integerOption('--seed', 0, 2 ** 31 - 1),
          defaultSeed,
        )
        .option('--jobs <n>', 'threads at a time; as many as processors', jobs, availableParallelism())
        .option('--json', 'print the kill table as one JSON object')
        .action(async (ids: string[], { all, seed, jobs: threads, json }: RunFlags) => {
          const reports = await runExhibits(chosen(ids, all === true), {
            seed,
            jobs: threads,
            ...(console.isWatched
              ? {
                  progress: (done, of) =>
                    console.err.write(`\r${done}/${of}${done === of ? '\r\x1b[K' : ''}`),
                }
              : {}),
          });
          console.out.write(
            json === true ? `${JSON.stringify({ seed, exhibits: reports })}\n` : showKills(reports, console),
          );
          finish(reports.every(({ caught }) => caught) ? 0 : 1);
        }),
      { isDefault: true },
    );
}

/** @throws UsageError when some are named and all are asked for, or for one that there is not */
export function chosen(ids: readonly string[], all: boolean): readonly Exhibit[] {
  if (ids.length === 0) return exhibits;
  if (all) throw new UsageError('--all, and exhibits by name: say one of them');
  return named(ids);
}

/** @throws UsageError for one that there is not */
function named(ids: readonly string[]): Exhibit[] {
  return ids.map((id) => {
    const found = exhibits.find((exhibit) => exhibit.id === id);
    if (found === undefined)
      throw new UsageError(`there is no exhibit ${id}; \`undercoat museum list\` names them`);
    return found;
  });
}
