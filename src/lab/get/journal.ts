/**
 * What `--verbose` shows: every frame, transition and change of owner as it happens, a line each, in columns of time,
 * kind, whose it is, and what. This file does not know who tells of them.
 */
import type { Writable } from 'node:stream';
import picocolors from 'picocolors';
import { eventLabel, type MachineObserver, type Row } from '../../machine/index.js';
import type { ActRecord, RuleViolation } from '../../memory/index.js';
import type { Direction } from './wire-tap.js';

const kindWidth = 14;
const ownerWidth = 26;

export class Journal {
  private readonly err: Writable;
  private readonly colours: ReturnType<typeof picocolors.createColors>;
  private readonly began = performance.now();

  constructor(err: Writable, isColoured: boolean) {
    this.err = err;
    this.colours = picocolors.createColors(isColoured);
  }

  /** A frame, or what else a protocol is made of. */
  readonly frame = (way: Direction, kind: string, text: string, list: readonly string[] = []): void => {
    const { bold, green, cyan } = this.colours;
    const colour = way === 'out' ? green : cyan;
    this.line(colour(bold(`${way === 'out' ? '→' : '←'} ${kind}`.padEnd(kindWidth))), text);
    for (const item of list) this.line(' '.repeat(kindWidth), `  ${item}`);
  };

  /** A change of owner. */
  readonly act = ({ act, unit, owner, to, slab, start, end }: ActRecord): void => {
    const where = slab < 0 ? `${start}–${end}` : `slab ${slab}, ${start}–${end}`;
    const next = to === undefined ? '' : ` to ${to}`;
    this.row('owner', String(owner), `${act} ${unit}${next}, ${where}`);
  };

  readonly violation = ({ rule, message }: RuleViolation): void => {
    const { bold, red } = this.colours;
    this.line(red(bold('violation'.padEnd(kindWidth))), `${rule}: ${message}`);
  };

  /** Transitions of all machines. */
  readonly observer: MachineObserver = {
    took: ({ table, owner }, index) => {
      const row = table.rows[index] as Row;
      const { fromState, toState } = row.transition;
      this.row('transition', String(owner), `${fromState} —${eventLabel(row)}→ ${toState}  ${row.cites}`);
    },
  };

  private row(kind: string, owner: string, text: string): void {
    this.line(this.colours.dim(kind.padEnd(kindWidth)), `${owner.padEnd(ownerWidth)} ${text}`);
  }

  private line(kind: string, text: string): void {
    const time = (performance.now() - this.began).toFixed(3).padStart(10);
    this.err.write(`${this.colours.dim(time)}  ${kind} ${text}\n`.replace(/ +\n$/, '\n'));
  }
}
