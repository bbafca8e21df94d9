/**
 * The trace of a run: every transition of every machine and every change of owner, one JSON object a line. The first
 * line says what the trace is of; each other line has its number `n`, its time `t` in milliseconds on the run's clock
 * since the first line, and one of these shapes:
 *
 *     {"n","t","transition":"h1-server","owner":"session:h1-server#3","end":"server","from","event","to","cites"}
 *     {"n","t","act":"transfer","unit":"body","owner":"session:h1-server#3","to":"stream:…","slab":2,"start":0,"end":80}
 *     {"n","t","violation":"OWN-4","message":"…"}
 *
 * `end` of a transition is `server`, `client-1` … or `transport`; `to` of an act is there only where bytes change
 * hands; `slab` is -1 for bytes that are not of a slab. Under a virtual clock the same seed gives the same trace, to
 * the byte. This file does not know what is traced.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { AnyMachine } from '../machine/index.js';
import { eventLabel, type Row } from '../machine/index.js';
import type { ActRecord, RuleViolation } from '../memory/index.js';
import type { Clock } from '../transport/clock.js';

/** What the first line says beside the version of the format. */
export interface TraceHeader {
  readonly scenario: string;
  readonly seed: number;
  readonly stack: string;
}

/** Lines are gathered to so many characters before they are written. */
const mostGathered = 262_144;

export class Tracer {
  private readonly file: number;
  private clock: Clock | null = null;
  private since = 0;
  private gathered = '';
  private lines = 0;

  /** Creates the file, or empties it. @throws what `node:fs` throws */
  constructor(path: string, header: TraceHeader) {
    this.file = openSync(path, 'w');
    this.put(`{"trace":1,${JSON.stringify(header).slice(1)}`);
  }

  /** Times are of this clock from now on. */
  use(clock: Clock): void {
    this.clock = clock;
    this.since = clock.now();
  }

  /** A rule was broken, by what the line before says. */
  violation({ rule, message }: RuleViolation): void {
    this.put(`${this.head()},"violation":"${rule}","message":${JSON.stringify(message)}}`);
  }

  /** Writes what is left and closes the file. */
  close(): void {
    this.flush();
    closeSync(this.file);
  }

  /** A machine of `end` took a row. */
  transition(end: string, machine: AnyMachine, index: number): void {
    const { table, owner } = machine;
    const row = table.rows[index] as Row;
    const { fromState, toState } = row.transition;
    this.put(
      `${this.head()},"transition":"${table.name}","owner":"${owner}","end":"${end}","from":"${fromState}",` +
        `"event":"${eventLabel(row)}","to":"${toState}","cites":"${row.cites}"}`,
    );
  }

  /** Bytes changed hands. */
  act({ act, unit, owner, to, slab, start, end }: ActRecord): void {
    const next = to === undefined ? '' : `"to":"${to}",`;
    this.put(
      `${this.head()},"act":"${act}","unit":"${unit}","owner":"${owner}",${next}"slab":${slab},` +
        `"start":${start},"end":${end}}`,
    );
  }

  private head(): string {
    this.lines += 1;
    const now = this.clock === null ? 0 : this.clock.now() - this.since;
    return `{"n":${this.lines},"t":${Math.round(now * 1000) / 1000}`;
  }

  private put(line: string): void {
    this.gathered += `${line}\n`;
    if (this.gathered.length > mostGathered) this.flush();
  }

  private flush(): void {
    const bytes = Buffer.from(this.gathered);
    this.gathered = '';
    for (let done = 0; done < bytes.length; ) done += writeSync(this.file, bytes, done);
  }
}
