// Programs that are not ours, as peers: where they are, what they say, and what becomes of a test whose peer is missing.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, test } from 'vitest';

/** A process starts in these tests, and others may be busy: no assertion on time. */
export const patient = { timeout: 60_000 };

const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin'];
/** Set where every peer must be there, as in continuous integration. */
const areRequired = process.env['UNDERCOAT_PEERS'] === 'required';

function isThere(program: string): boolean {
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Tests with a program, of the Debian package that is named. Where it is missing, they are skipped, and say so. */
export function describePeer(program: string, debianPackage: string, tests: () => void): void {
  if (isThere(program)) describe(program, tests);
  else {
    const missing = `${program} is not installed: Debian has it in the package ${debianPackage}`;
    if (!areRequired) test.skip(missing);
    else {
      test(missing, () => {
        throw new Error(missing);
      });
    }
  }
}

export interface Said {
  readonly code: number | null;
  /** One character an octet. */
  readonly out: string;
  readonly err: string;
}

const environment = { ...process.env, PATH: folders.join(delimiter) };

/** Runs a program to its end. */
export async function say(program: string, args: readonly string[], input?: Buffer): Promise<Said> {
  // Whatever a test makes of it, it does not stay.
  const child = spawn(program, args, { env: environment, timeout: 50_000, killSignal: 'SIGKILL' });
  child.stdout.setEncoding('latin1');
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, out, err };
}

/** A server that is not ours, until it is stopped. */
export class PeerServer {
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown>;

  constructor(program: string, args: readonly string[]) {
    this.child = spawn(program, args, { env: environment, stdio: 'ignore' });
    this.ended = once(this.child, 'exit');
  }

  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

/** A port that was free a moment ago, for programs that cannot choose one and tell it. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
