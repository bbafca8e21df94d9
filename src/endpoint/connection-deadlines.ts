/**
 * When something is due on a connection, and what it is given up for when it has not happened: opening, writing, the peer's
 * end while it lingers, a tunnel's beginning; and what its session says. This file does not know how it is given up.
 */
import type { TransportError } from '../errors.js';
import type { Machine } from '../machine/index.js';
import type { Deadlines } from '../session/deadlines.js';
import type { TransportState } from '../transport/contract.js';
import type { SessionRun } from './session-run.js';
import { connectionTable } from './table.js';
import { timedOut, unread } from './timeouts.js';
import type { TunnelWatch } from './tunnel-watch.js';
import { WriteWatch } from './write-watch.js';

const { opening, running, finishing, lingering, tunnelling } = connectionTable.state;
const never = Number.POSITIVE_INFINITY;

export class ConnectionDeadlines {
  readonly writes: WriteWatch;
  /** Of the pipe, once an application has it. */
  tunnel: TunnelWatch | undefined = undefined;
  private readonly deadlines: Deadlines;
  private readonly machine: Machine;
  private readonly run: SessionRun;
  /** When opening or lingering must have come to an end. */
  private dueAt = never;
  private openingCode = '';

  constructor(deadlines: Deadlines, machine: Machine, run: SessionRun) {
    this.writes = new WriteWatch(deadlines.write);
    this.deadlines = deadlines;
    this.machine = machine;
    this.run = run;
  }

  /** A transport is opened: connected to, or else it is TLS that is waited for. */
  opens(now: number, connects: boolean): void {
    this.openingCode = connects ? 'connect-timeout' : 'tls-handshake-timeout';
    this.dueAt = now + (connects ? this.deadlines.connect : this.deadlines.tlsHandshake);
  }

  opened(): void {
    this.dueAt = never;
  }

  /** All is written, and the peer's end is waited for. */
  lingers(now: number): void {
    this.dueAt = now + this.deadlines.linger;
  }

  /** On the clock's scale. */
  due(): number {
    const { machine } = this;
    if (machine.is(running)) return Math.min(this.run.deadline(), this.writes.due());
    if (machine.is(finishing)) return this.writes.due();
    if (machine.is(tunnelling)) return (this.tunnel as TunnelWatch).due();
    return machine.is(opening) || machine.is(lingering) ? this.dueAt : never;
  }

  /**
   * Something is due; what is the session's, it is told.
   * @param pipe the state of the transport that there is
   * @returns why the connection is given up: `lingered` is no error
   */
  expire(now: number, pipe: TransportState): TransportError | 'lingered' | undefined {
    const { machine } = this;
    if (machine.is(running) || machine.is(finishing)) {
      if (now >= this.writes.due()) return unread();
      if (machine.is(running)) this.run.expire(now);
      return undefined;
    }
    if (machine.is(opening)) return timedOut(this.openingCode, 'the transport did not open');
    if (machine.is(lingering)) return 'lingered';
    return machine.is(tunnelling) ? this.tunnel?.expire(now, pipe) : undefined;
  }
}
