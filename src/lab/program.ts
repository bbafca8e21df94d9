/**
 * The `undercoat` command: its subcommands, what they share, and exit codes: 0 all is well, 1 it is not, 2 the command
 * was not understood, 3 time was over before it was known. This file does not know what a subcommand does.
 */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { UndercoatError } from '../errors.js';
import { checkCommand } from './commands/check.js';
import { getCommand } from './commands/get.js';
import { museumCommand } from './commands/museum.js';
import { runCommand } from './commands/run.js';
import { serveCommand } from './commands/serve.js';
import type { Console } from './console.js';
import { ScenarioError } from './scenario.js';
import { StalledError } from './time.js';
import { UsageError } from './usage.js';

const isFine = 0;
const isFailed = 1;
const isUsage = 2;

/** Carries out one command line, without the program's name. @returns the exit code */
export async function runProgram(args: readonly string[], console: Console): Promise<number> {
  let code = isFine;
  const finish = (outcome: number): void => {
    code = outcome;
  };
  const program = new Command('undercoat')
    .description('Experiment with protocol layering: transports, sessions and streams under one rulebook.')
    .version(version())
    .addCommand(runCommand(console, finish))
    .addCommand(serveCommand(console, finish))
    .addCommand(museumCommand(console, finish))
    .addCommand(getCommand(console, finish))
    .addCommand(checkCommand(console, finish));
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
