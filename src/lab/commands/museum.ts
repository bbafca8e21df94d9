/**
 * `undercoat museum`: real mistakes of the field, put into our own code, and found. They and the checks are part of the
 * tests and of a checkout; the package that is installed has neither. This file does not know any exhibit.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import type { Console } from '../console.js';
import { UsageError } from '../usage.js';

/** What the checkout's part exports. */
interface Museum {
  readonly addMuseum: (command: Command, console: Console, finish: (code: number) => void) => void;
}

const description =
  'Put mistakes that were made in the field into the code, and see that the kit finds them.';
const place = new URL('../../../test/museum/main.ts', import.meta.url);

/** `finish` is told the exit code. */
export function museumCommand(console: Console, finish: (code: number) => void): Command {
  return new Command('museum')
    .description(description)
    .argument(
      '[arguments...]',
      'list, show <id>, or run [id...], which is what it does if nothing is said: all of them',
    )
    .helpOption(false)
    .allowUnknownOption()
    .action(async (args: string[]) => {
      if (!existsSync(fileURLToPath(place))) {
        throw new UsageError(
          'the museum is in a checkout of undercoat only: it changes the source that it tests',
        );
      }
      const { register: registerTypeScript } = await import('tsx/esm/api');
      const unregister = registerTypeScript();
      try {
        const { addMuseum } = (await import(place.href)) as Museum;
        const command = new Command('undercoat museum').description(description);
        addMuseum(command, console, finish);
        for (const each of [command, ...command.commands]) {
          each.exitOverride().configureOutput({
            writeOut: (text) => console.out.write(text),
            writeErr: (text) => console.err.write(text),
          });
        }
        await command.parseAsync(args, { from: 'user' });
      } finally {
        await unregister();
      }
    });
}
