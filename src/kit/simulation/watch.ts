/**
 * Watches a run: every transition, every change of owner, every byte that arrives, and when, goes into one hash, and, where
 * somebody wants to read it, into a list of lines. Two runs of one recipe have the same hash, or something in them is not
 * of the recipe. This file does not judge.
 */
import { MisuseError } from '../../errors.js';
import type { AnyMachine, AnyTable, MachineObserver } from '../../machine/index.js';
import { eventLabel, type Row } from '../../machine/index.js';
import type { ActRecord } from '../../memory/index.js';
import type { VirtualClock } from '../../transport/virtual-clock.js';
import type { Coverage } from './coverage.js';
import type { SimulatedPipe } from './network.js';
import type { NetworkFault } from './recipe.js';
import type { Accuse } from './story.js';

const prime = 0x01000193;
/** Of a long trace its end is what matters. */
const mostLines = 2000;
/** Transitions, acts and arrivals that one callback of the clock may lead to: some ten times what any has needed. */
const mostInTurn = 250_000;

/** Numbers for texts, the same in every process: their own hash. */
const numbers = new Map<string, number>();

function numberOf(text: string): number {
  let number = numbers.get(text);
  if (number === undefined) {
    number = 0x811c9dc5;
    for (let i = 0; i < text.length; i++) number = Math.imul(number ^ text.charCodeAt(i), prime);
    numbers.set(text, number);
  }
  return number;
}

export class Watch {
  /** Everything so far. */
  hash: number;
  /** Bytes that have arrived, both ways. */
  bytes: number;
  /** For whoever reads it; undefined where nobody does. */
  readonly lines: string[] | undefined;
  private readonly clock: VirtualClock;
  private readonly coverage: Coverage;
  private readonly accuse: Accuse;
  /** What has happened since the clock's last step. */
  private inTurn: number;
  private step: number;

  constructor(clock: VirtualClock, coverage: Coverage, isRead: boolean, accuse: Accuse) {
    this.hash = 0x811c9dc5 | 0;
    this.bytes = 0;
    this.lines = isRead ? [] : undefined;
    this.clock = clock;
    this.coverage = coverage;
    this.accuse = accuse;
    this.inTurn = 0;
    this.step = -1;
  }

  /** For the machines of one end. */
  observer(end: string): MachineObserver {
    return { took: (machine, row) => this.took(end, machine, row) };
  }

  act({ act, unit, owner, to, slab, start, end }: ActRecord): void {
    this.count();
    let { hash } = this;
    hash = Math.imul(hash ^ numberOf(act) ^ (owner.id << 16), prime);
    hash = Math.imul(hash ^ numberOf(unit) ^ slab, prime);
    this.hash = Math.imul(hash ^ start ^ (end << 13), prime);
    if (this.lines === undefined) return;
    const next = to === undefined ? '' : ` to ${to}`;
    this.say(`${owner}  ${act} ${unit} ${start}..${end} of slab ${slab}${next}`);
  }

  arrived(pipe: SimulatedPipe, toServer: boolean, bytes: Uint8Array, start: number, end: number): void {
    this.count();
    let hash = this.hash ^ (pipe.id * 2 + (toServer ? 1 : 0));
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), prime);
    this.hash = hash;
    this.bytes += end - start;
    if (this.lines === undefined) return;
    this.say(`network#${pipe.id}  ${end - start} bytes arrive at the ${toServer ? 'server' : 'client'}`);
  }

  broke(pipe: SimulatedPipe, { kind, to, afterBytes }: NetworkFault): void {
    this.hash = Math.imul(this.hash ^ numberOf(kind), prime);
    this.say(`network#${pipe.id}  ${kind}, when ${afterBytes} bytes have arrived at the ${to}`);
  }

  /** Anything else that happens. */
  note(text: string): void {
    this.say(text);
  }

  private took(end: string, machine: AnyMachine, row: number): void {
    this.count();
    const known = this.coverage.take(machine.table, row);
    this.hash = Math.imul(this.hash ^ (known * 64 + row) ^ (machine.owner.id << 16), prime);
    if (this.lines !== undefined) this.say(`${end}  ${stepText(machine, machine.table, row)}`);
  }

  /** The clock cannot end a callback that does not return: what it does is told that there has been enough of it. */
  private count(): void {
    const { steps } = this.clock;
    if (steps !== this.step) {
      this.step = steps;
      this.inTurn = 0;
      this.hash = Math.imul(this.hash ^ (this.clock.now() * 1024), prime);
    }
    this.inTurn += 1;
    if (this.inTurn <= mostInTurn) return;
    const message = `${mostInTurn} acts and transitions in one callback, and no end, at ${this.clock.now()} ms`;
    // Once: whoever throws at it may well be caught.
    if (this.inTurn === mostInTurn + 1) this.accuse('WORK-1', message);
    throw new MisuseError('turn-livelock', 'WORK-1', message);
  }

  private say(text: string): void {
    const { lines } = this;
    if (lines === undefined) return;
    const time = String(Math.round(this.clock.now() * 1000) / 1000);
    lines.push(`${time.padStart(10)} ms  ${text}`);
    if (lines.length > 2 * mostLines) lines.splice(0, lines.length - mostLines);
  }
}

function stepText({ owner }: AnyMachine, table: AnyTable, index: number): string {
  const row = table.rows[index] as Row;
  const { fromState, toState } = row.transition;
  return `${owner}  ${table.name}: ${fromState} -${eventLabel(row)}-> ${toState} [${row.cites}]`;
}
