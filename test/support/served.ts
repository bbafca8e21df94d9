// `undercoat serve` as a process of its own, from the package as it is built, and events of it to wait for.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { builtCli } from './got.js';

export class Served {
  readonly child: ChildProcess;
  out = '';
  err = '';
  private readonly ended: Promise<unknown[]>;

  constructor(...args: string[]) {
    this.child = spawn(process.execPath, [builtCli, 'serve', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.ended = once(this.child, 'exit');
    this.child.stdout?.setEncoding('utf8').on('data', (text) => {
      this.out += text;
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text) => {
      this.err += text;
    });
  }

  /** The addresses that it listens on, once it does. */
  async listening(count = 1): Promise<string[]> {
    const addresses = () =>
      [...this.out.matchAll(/^listening on (.*)$/gm)].map(([, address]) => address as string);
    while (addresses().length < count) await this.told(this.child.stdout);
    return addresses();
  }

  /** The port of the first address. */
  async port(): Promise<number> {
    const [address = ''] = await this.listening();
    return Number(address.slice(address.lastIndexOf(':') + 1));
  }

  async said(text: string): Promise<void> {
    while (!this.err.includes(text)) await this.told(this.child.stderr);
  }

  signal(name: 'SIGTERM' | 'SIGINT'): void {
    this.child.kill(name);
  }

  /** The exit code, when it has ended; null when a signal ended it. */
  async exitCode(): Promise<number | null> {
    const [code] = await this.ended;
    return code as number | null;
  }

  /** For tests that failed on the way. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  /** The next output; throws if it ends before. */
  private async told(stream: ChildProcess['stdout']): Promise<void> {
    const told = stream === null ? Promise.reject(new Error('no pipe')) : once(stream, 'data');
    const ended = this.ended.then(() => {
      throw new Error(`it ended: ${this.err}`);
    });
    await Promise.race([told, ended]);
  }
}

/** A socket, and what came on it. */
export class Raw {
  readonly socket: Socket;
  text = '';
  private readonly closed: Promise<unknown>;

  constructor(where: number | string) {
    this.socket = typeof where === 'number' ? connect(where, '127.0.0.1') : connect(where);
    this.socket.setEncoding('latin1').on('data', (text) => {
      this.text += text;
    });
    // A reset shows as an end, too.
    this.socket.on('error', () => {});
    this.closed = new Promise((resolve) => this.socket.once('close', resolve));
  }

  write(text: string): void {
    this.socket.write(text, 'latin1');
  }

  async got(text: string): Promise<void> {
    while (!this.text.includes(text)) await once(this.socket, 'data');
  }

  /** All that came, when no more can come. */
  async all(): Promise<string> {
    await this.closed;
    return this.text;
  }
}
