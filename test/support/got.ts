// `undercoat get` as a process of its own, from the package as it is built.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { buffer, text } from 'node:stream/consumers';

export const builtCli = new URL('../../dist/lab/cli.js', import.meta.url).pathname;

export interface Got {
  readonly code: number | null;
  readonly out: Buffer;
  readonly err: string;
}

/** Starts it; its standard input is open. */
export function startGet(...args: readonly string[]): ChildProcessWithoutNullStreams {
  // Whatever a test makes of it, it does not stay.
  return spawn(process.execPath, [builtCli, 'get', ...args], { timeout: 50_000, killSignal: 'SIGKILL' });
}

/** Runs it to its end. */
export async function get(args: readonly string[], input?: Buffer): Promise<Got> {
  const child = startGet(...args);
  // It need not read all of it.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [out, err] = await Promise.all([buffer(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, out, err };
}
