/**
 * The connections that an endpoint keeps, and how they all end: the graceful drain, and its bound in time. This file
 * does not know whether they were accepted or made.
 */
import type { UndercoatError } from '../errors.js';
import { type OptionRules, readOptions, timeRule } from '../options.js';
import type { Clock, Timer } from '../transport/clock.js';
import type { Connection } from './connection.js';

/** How `close` waits. */
export interface CloseOptions {
  /** Milliseconds until what is still under way is torn down; default 30000. `Infinity` waits for good. */
  readonly within?: number;
}

/** How `close` ended. */
export interface Closed {
  /** Connections and tunnels that were torn down before they were done: at the bound, or by `abort`. */
  readonly torn: number;
}

const rules: OptionRules<Required<CloseOptions>> = { within: timeRule(30_000) };

/** How long `close` waits. @throws MisuseError `limit-value` */
export function withinOf(options: CloseOptions): number {
  return readOptions(rules, options).within;
}

export class Keep {
  private readonly clock: Clock;
  /** Connections of the endpoint's, and those whose pipe the application took over. */
  private readonly own = new Set<Connection>();
  private readonly tunnels = new Set<Connection>();
  /** Those that have a place among the tunnels and are none yet. */
  private readonly promised = new Set<Connection>();
  private emptied: (() => void)[] = [];
  private torn = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Connections, tunnels not among them. */
  get size(): number {
    return this.own.size;
  }

  get tunnelled(): number {
    return this.tunnels.size;
  }

  add(connection: Connection): void {
    this.own.add(connection);
  }

  /** Keeps a place among `most` tunnels for the connection. @returns false when there is none */
  promise(connection: Connection, most: number): boolean {
    if (this.promised.has(connection)) return true;
    if (this.tunnels.size + this.promised.size >= most) return false;
    this.promised.add(connection);
    return true;
  }

  tunnel(connection: Connection): void {
    this.promised.delete(connection);
    if (this.own.delete(connection)) this.tunnels.add(connection);
  }

  delete(connection: Connection): void {
    this.promised.delete(connection);
    this.own.delete(connection);
    this.tunnels.delete(connection);
    if (this.own.size > 0 || this.tunnels.size > 0) return;
    const emptied = this.emptied;
    this.emptied = [];
    for (const callback of emptied) callback();
  }

  /** Every connection finishes what it has begun; resolves when none is left. Tunnels end by themselves, or at the bound. */
  async drain(options: CloseOptions): Promise<Closed> {
    const within = withinOf(options);
    for (const connection of this.own) connection.shutdown();
    if (this.own.size === 0 && this.tunnels.size === 0) return { torn: this.torn };
    let timer: Timer | undefined;
    if (Number.isFinite(within)) timer = this.clock.at(this.clock.now() + within, () => this.abort());
    await new Promise<void>((resolve) => this.emptied.push(resolve));
    timer?.cancel();
    return { torn: this.torn };
  }

  abort(error?: UndercoatError): void {
    for (const connection of [...this.own, ...this.tunnels]) {
      if (!connection.isDone) this.torn += 1;
      connection.abort(error);
    }
  }
}
