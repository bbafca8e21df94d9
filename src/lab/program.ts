/**
 * The `undercoat` command: its subcommands, what they share, and exit codes: 0 all is well, 1 it is not, 2 the command
 * was not understood, 3 time was over before it was known. This file does not know what a subcommand does.
 */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { UndercoatError } from '../errors.js';
import type { Console } from './console.js';
import { ScenarioError } from './scenario.js';
import { StalledError } from './time.js';
import { UsageError } from './usage.js';

const isFine = 0;
const isFailed = 1;
const isUsage = 2;

/** Makes a subcommand; `finish` is told the exit code. */
type Maker = (console: Console, finish: (code: number) => void) => Command;

/** In the order of the help. Most of what starting takes is loading, and a command line that names its command needs no other. */
const makers: ReadonlyMap<string, () => Promise<Maker>> = new Map([
  ['run', async () => (await import('./commands/run.js')).runCommand],
  ['serve', async () => (await import('./commands/serve.js')).serveCommand],
  ['museum', async () => (await import('./commands/museum.js')).museumCommand],
  ['get', async () => (await import('./commands/get.js')).getCommand],
  ['check', async () => (await import('./commands/check.js')).checkCommand],
]);

/** Carries out one command line, without the program's name. @returns the exit code */
export async function runProgram(args: readonly string[], console: Console): Promise<number> {
  let code = isFine;
  const finish = (outcome: number): void => {
    code = outcome;
  };
  const program = new Command('undercoat')
    .description('Experiment with protocol layering: transports, sessions and streams under one rulebook.')
    .version(version());
  for (const make of await makersFor(args)) program.addCommand(make(console, finish));
  for (const command of [
    program,
    ...program.commands,
    ...program.commands.flatMap(({ commands }) => commands),
  ]) {
    command
      .exitOverride()
      .showHelpAfterError('(--help tells more)')
      .configureOutput({
        writeOut: (text) => console.out.write(text),
        writeErr: (text) => console.err.write(text),
      });
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    return complain(error, console);
  }
}

/** Of the one that is named first; else, for the help and for what is no command, of all. */
function makersFor([first = '']: readonly string[]): Promise<readonly Maker[]> {
  const named = makers.get(first);
  return Promise.all((named === undefined ? [...makers.values()] : [named]).map((load) => load()));
}

function complain(error: unknown, console: Console): number {
  // Commander has said what is wrong; help and version are errors to it, with exit code 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? isFine : isUsage;
  if (error instanceof UsageError || error instanceof ScenarioError) {
    console.err.write(`error: ${error.message}\n`);
    return isUsage;
  }
  const isOurs = error instanceof UndercoatError || error instanceof StalledError;
  console.err.write(
    `error: ${isOurs ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
  );
  return isFailed;
}

function version(): string {
  const manifest = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
