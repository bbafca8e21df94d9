// Starts the server and load processes of a row, and ends them by their identifiers. wrk makes the load where it is
// installed; our own load process where it is not.
import { type ChildProcess, execFile, fork, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Delivery, FromServer, Order, ToServer } from './protocol.js';

/** Puts load on a port. */
export interface Load {
  readonly name: string;
  deliver(order: Order): Promise<Delivery>;
  stop(): void;
}

export class ServerProcess {
  readonly name: string;
  private readonly child: ChildProcess;
  port: number;

  private constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.child = child;
    this.port = 0;
  }

  static async start(name: string, kind: string, bodyBytes: number): Promise<ServerProcess> {
    const path = fileURLToPath(new URL('./serve.js', import.meta.url));
    const child = fork(path, [kind, String(bodyBytes)], { stdio: ['ignore', 2, 2, 'ipc'] });
    const server = new ServerProcess(name, child);
    const said = await server.hear();
    if (!('port' in said)) throw new Error('a server did not say its port');
    server.port = said.port;
    return server;
  }

  /** Processor time that it has used so far, in microseconds. */
  async cpuMicroseconds(): Promise<number> {
    const answer = this.hear();
    this.child.send('cpu' satisfies ToServer);
    const said = await answer;
    return 'cpuMicroseconds' in said ? said.cpuMicroseconds : Number.NaN;
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }

  private hear(): Promise<FromServer> {
    return new Promise((resolve, reject) => {
      const gone = (): void => reject(new Error(`the server ${this.name} is gone`));
      this.child.once('exit', gone);
      this.child.once('message', (message) => {
        this.child.off('exit', gone);
        resolve(message as FromServer);
      });
    });
  }
}

/** wrk where it is installed, ours where it is not; `BENCH_LOAD=own` asks for ours. */
export function startLoad(): Load {
  const own = process.env['BENCH_LOAD'] === 'own' || spawnSync('wrk', ['-v']).error !== undefined;
  return own ? new OwnLoad() : new WrkLoad();
}

class OwnLoad implements Load {
  readonly name: string;
  private readonly child: ChildProcess;

  constructor() {
    this.name = 'own load process';
    const path = fileURLToPath(new URL('./load.js', import.meta.url));
    this.child = fork(path, [], { stdio: ['ignore', 2, 2, 'ipc'] });
  }

  deliver(order: Order): Promise<Delivery> {
    return new Promise((resolve, reject) => {
      const gone = (): void => reject(new Error('the load process is gone'));
      this.child.once('exit', gone);
      this.child.once('message', (message) => {
        this.child.off('exit', gone);
        resolve(message as Delivery);
      });
      this.child.send(order);
    });
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }
}

class WrkLoad implements Load {
  readonly name: string;
  private readonly directory: string;

  constructor() {
    this.name = 'wrk';
    this.directory = mkdtempSync(join(tmpdir(), 'undercoat-bench-'));
  }

  async deliver({ port, connections, depth, ms }: Order): Promise<Delivery> {
    const script = join(this.directory, `depth-${depth}.lua`);
    writeFileSync(
      script,
      `init = function()
        local one = wrk.format("GET", "/")
        local all = {}
        for i = 1, ${depth} do all[i] = one end
        batch = table.concat(all)
      end
      request = function() return batch end
      done = function(summary)
        io.write(string.format("delivered %d %d %d\\n", summary.requests, summary.duration, summary.errors.status))
      end`,
    );
    const seconds = Math.max(1, Math.round(ms / 1000));
    const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, `http://127.0.0.1:${port}/`];
    const { stdout } = await promisify(execFile)('wrk', args);
    const said = /delivered (\d+) (\d+) (\d+)/.exec(stdout);
    if (said === null || said[3] !== '0') throw new Error(`wrk says ${stdout}`);
    return { requests: Number(said[1]), ms: Number(said[2]) / 1000 };
  }

  stop(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
