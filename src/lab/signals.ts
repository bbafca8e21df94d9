/**
 * How a server of the command line ends: the first SIGTERM or SIGINT drains it, the second breaks off what is left.
 * This file does not know what is served.
 */
import type { Closed } from '../endpoint/keep.js';
import type { Server } from '../endpoint/server.js';
import type { Console } from './console.js';

const signals = ['SIGTERM', 'SIGINT'] as const;

/**
 * @param within milliseconds that a drain may take
 * @returns false if something was broken off, at the bound or by a signal; resolves when nothing is left
 */
export async function drainOnSignals(
  servers: readonly Server[],
  within: number,
  { err }: Console,
): Promise<boolean> {
  let isDrained = true;
  let count = 0;
  let closing: Promise<readonly Closed[]> | undefined;
  let begin: () => void;
  const began = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const handle = (signal: NodeJS.Signals): void => {
    count += 1;
    if (count === 1) {
      const open = servers.reduce((sum, { connections }) => sum + connections, 0);
      err.write(`${signal}: finishing ${open} connections\n`);
      closing = Promise.all(servers.map((server) => server.close({ within })));
      begin();
    } else if (count === 2) {
      isDrained = false;
      err.write(`${signal}: breaking off\n`);
      for (const server of servers) server.abort();
    }
  };
  for (const signal of signals) process.on(signal, handle);
  await began;
  const torn = (await closing)?.reduce((sum, closed) => sum + closed.torn, 0) ?? 0;
  if (torn > 0) {
    isDrained = false;
    err.write(`${torn} connections were broken off before they were finished\n`);
  }
  for (const signal of signals) process.off(signal, handle);
  return isDrained;
}
