// nghttpd, the server of nghttp2 in C, as a contestant where it is installed: the same answer out of a file. Its processor
// time is what the kernel says of its process.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isThere, type ServerUnderLoad } from './processes.js';

/** Of /proc/PID/stat, which counts in hundredths of a second on every Linux. */
const microsecondsPerTick = 10_000;

export const hasNghttpd = process.platform === 'linux' && isThere('nghttpd', '--version');

export async function startNghttpd(bodyBytes: number): Promise<ServerUnderLoad> {
  const root = mkdtempSync(join(tmpdir(), 'undercoat-bench-'));
  writeFileSync(join(root, 'index.html'), new Uint8Array(bodyBytes).fill(0x61));
  const port = await freePort();
  const args = ['--no-tls', '-a', '127.0.0.1', '-d', root, String(port)];
  const child = spawn('nghttpd', args, { stdio: 'ignore' });
  const stop = (): void => {
    child.kill('SIGKILL');
    rmSync(root, { recursive: true, force: true });
  };
  try {
    await listening(child, port);
  } catch (error) {
    stop();
    throw error;
  }
  return { name: 'nghttpd', port, cpuMicroseconds: async () => cpuOf(child), stop };
}

function cpuOf(child: ChildProcess): number {
  const stat = readFileSync(`/proc/${child.pid}/stat`, 'latin1');
  // The second field is a name in brackets that may have spaces; user and system time are the 14th and 15th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * microsecondsPerTick;
}

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** It says nothing when it listens: asks until it does, or is gone. */
async function listening(child: ChildProcess, port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (child.exitCode !== null) throw new Error('nghttpd does not start');
    const answered = await new Promise<boolean>((resolve) => {
      const socket = createConnection({ port, host: '127.0.0.1' });
      socket.once('connect', () => socket.destroy());
      socket.once('error', () => socket.destroy());
      socket.once('close', (failed) => resolve(!failed));
    });
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('nghttpd does not listen');
}
