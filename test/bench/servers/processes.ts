// Starts the server and load processes of a row, and ends them by their identifiers. wrk (H1) and h2load (H2) make the
// load where they are installed; our own load processes where they are not.
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

/** A server under load. */
export interface ServerUnderLoad {
  readonly name: string;
  readonly port: number;
  /** Processor time that it has used so far, in microseconds. */
  cpuMicroseconds(): Promise<number>;
  stop(): void;
}

/** One of `serve.ts`. */
export class ServerProcess implements ServerUnderLoad {
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
export function startH1Load(): Load {
  return isThere('wrk', '-v') ? new WrkLoad() : new OwnLoad('./load.js');
}

/** The same with h2load. */
export function startH2Load(): Load {
  return isThere('h2load', '--version') ? new H2Load() : new OwnLoad('./h2-load.js');
}

/** Whether a program is there to be used. */
export function isThere(program: string, flag: string): boolean {
  return process.env['BENCH_LOAD'] !== 'own' && spawnSync(program, [flag]).error === undefined;
}

class OwnLoad implements Load {
  readonly name: string;
  private readonly child: ChildProcess;

  constructor(file: string) {
    this.name = 'own load process';
    const path = fileURLToPath(new URL(file, import.meta.url));
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

class H2Load implements Load {
  readonly name = 'h2load';

  async deliver({ port, connections, depth, ms }: Order): Promise<Delivery> {
    const seconds = Math.max(1, Math.round(ms / 1000));
    const args = [`-c${connections}`, `-m${depth}`, '-t1', `-D${seconds}`, '-w30', '-W30'];
    const { stdout } = await promisify(execFile)('h2load', [...args, `http://127.0.0.1:${port}/`]);
    const said = /(\d+) succeeded, (\d+) failed, (\d+) errored/.exec(stdout);
    const statuses = /status codes: (\d+) 2xx, 0 3xx, 0 4xx, 0 5xx/.exec(stdout);
    if (said === null || said[2] !== '0' || said[3] !== '0' || statuses === null) {
      throw new Error(`h2load says ${stdout}`);
    }
    return { requests: Number(said[1]), ms: seconds * 1000 };
  }

  stop(): void {}
}
