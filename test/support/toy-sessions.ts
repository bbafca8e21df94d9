// Sessions small enough to be seen through, to test the driver with: an echo of lines, and one that hands off
// after so many bytes. They keep the session contract and use the buffers as real ones do.

import type { Application, SessionStep } from '../../src/endpoint/step.js';
import { MisuseError, type UndercoatError } from '../../src/errors.js';
import { type Lease, Owner } from '../../src/memory/index.js';
import type {
  Ending,
  Handoff,
  PauseCause,
  Session,
  SessionContext,
  Verdict,
} from '../../src/session/contract.js';
import type { Transport } from '../../src/transport/contract.js';

const lineFeed = 10;

/** What a toy session tells the test. */
export interface ToyLog {
  readonly lines: string[];
  /** Of `fail`: its error's code, or `none`. */
  readonly failures: string[];
  readonly ends: number[];
  shutdowns: number;
}

export function toyLog(): ToyLog {
  return { lines: [], failures: [], ends: [], shutdowns: 0 };
}

abstract class Toy implements Session {
  abstract readonly name: string;
  pausedBy: PauseCause | undefined = undefined;
  ending: Ending = 'end';
  error: UndercoatError | undefined = undefined;
  busy = false;
  protected readonly context: SessionContext;

  constructor(context: SessionContext) {
    this.context = context;
  }

  start(_now: number): Verdict {
    return 'need-data';
  }

  abstract receive(now: number): Verdict;
  abstract end(now: number): Verdict;

  written(_now: number): Verdict {
    return 'need-data';
  }

  deadline(): number {
    return Number.POSITIVE_INFINITY;
  }

  expire(_now: number): Verdict {
    return 'need-data';
  }

  shutdown(_now: number): Verdict {
    return 'closed';
  }

  fail(_error: UndercoatError | undefined, _now: number): void {}

  handoff(): Handoff {
    throw new MisuseError('toy', 'CON-3', 'nothing to hand off');
  }
}

export interface EchoOptions {
  readonly log?: ToyLog;
  /** Milliseconds without a line until it closes. */
  readonly idle?: number;
  /** Bytes of lines that are kept as leases until `release` is called. */
  readonly keep?: { release: () => void };
}

/**
 * Answers every line with itself. Lines that are commands: `end`, `linger`, `abort` close that way; `throw` throws;
 * `big N` answers with N bytes of foreign memory; `pause` waits for `resume()`; `hold` keeps its line's lease.
 */
export class Echo extends Toy {
  readonly name = 'echo';
  private readonly log: ToyLog;
  private readonly idle: number;
  private readonly owner: Owner;
  private dueAt = Number.POSITIVE_INFINITY;
  private closing = false;
  private inputEnded = false;
  readonly held: Lease[] = [];

  constructor(context: SessionContext, options: EchoOptions = {}) {
    super(context);
    this.log = options.log ?? toyLog();
    this.idle = options.idle ?? Number.POSITIVE_INFINITY;
    this.owner = new Owner('session', 'echo', context.id);
    if (options.keep !== undefined) options.keep.release = () => this.releaseHeld();
  }

  resume(): void {
    this.pausedBy = undefined;
    this.context.wake();
  }

  releaseHeld(): void {
    for (const lease of this.held.splice(0)) lease.release();
    this.context.wake();
  }

  override start(now: number): Verdict {
    this.dueAt = now + this.idle;
    return 'need-data';
  }

  receive(now: number): Verdict {
    const { input, text } = this.context;
    while (this.pausedBy !== 'application') {
      if (this.closing) return 'closed';
      const at = text.indexOf(input.bytes, lineFeed, input.start, input.end);
      if (at < 0) {
        if (this.inputEnded) return this.close();
        if (!input.full) return this.verdict();
        this.ending = 'abort';
        return this.close();
      }
      const line = text.latin1(input.bytes, input.start, at);
      const length = at + 1 - input.start;
      if (!this.answer(line, length)) {
        this.pausedBy = 'memory';
        return 'paused';
      }
      this.pausedBy = this.pausedBy === 'memory' ? undefined : this.pausedBy;
      this.log.lines.push(line);
      this.dueAt = now + this.idle;
      if (line === 'hold') this.held.push(input.take(length, this.owner, 'line'));
      else input.consume(length);
    }
    return this.verdict();
  }

  end(now: number): Verdict {
    this.log.ends.push(this.context.input.pendingBytes);
    this.inputEnded = true;
    return this.receive(now);
  }

  override written(_now: number): Verdict {
    return this.verdict();
  }

  override deadline(): number {
    return this.dueAt;
  }

  override expire(_now: number): Verdict {
    return this.close();
  }

  override shutdown(_now: number): Verdict {
    this.log.shutdowns += 1;
    return this.close();
  }

  override fail(error: UndercoatError | undefined, _now: number): void {
    this.log.failures.push(error?.code ?? 'none');
    for (const lease of this.held.splice(0)) lease.release();
  }

  /** Everything of a line's answer, or nothing. */
  private answer(line: string, length: number): boolean {
    const { input, output } = this.context;
    const [word, number] = line.split(' ');
    switch (word) {
      case 'throw':
        throw new Error('thrown by a session');
      case 'end':
      case 'linger':
      case 'abort':
        this.ending = word;
        this.closing = true;
        return true;
      case 'pause':
        this.pausedBy = 'application';
        return true;
      case 'big': {
        const size = Number(number);
        output.lend(new Uint8Array(size).fill(0x62), 0, size);
        return true;
      }
      default:
        return output.append(input.bytes, input.start, input.start + length);
    }
  }

  private close(): Verdict {
    this.closing = true;
    return 'closed';
  }

  private verdict(): Verdict {
    if (this.closing) return 'closed';
    return this.pausedBy === undefined ? 'need-data' : 'paused';
  }
}

export interface TakerOptions {
  /** Bytes that it keeps for itself. */
  readonly bytes: number;
  readonly to?: string;
  /** Told what it took. */
  readonly took?: (text: string) => void;
  readonly takeOver?: (pipe: Transport) => void;
  /** What it writes before it hands off. */
  readonly says?: string;
}

/** Takes so many bytes, says something, and hands off the rest. */
class Taker extends Toy {
  readonly name = 'taker';
  override busy = true;
  private readonly options: TakerOptions;
  private readonly owner: Owner;
  private done = false;
  private unused: Lease | undefined = undefined;
  private inputEnded = false;

  constructor(context: SessionContext, options: TakerOptions) {
    super(context);
    this.options = options;
    this.owner = new Owner('session', 'taker', context.id);
  }

  override start(_now: number): Verdict {
    return this.options.bytes === 0 ? this.leave() : 'need-data';
  }

  receive(_now: number): Verdict {
    const { input, text } = this.context;
    const { bytes } = this.options;
    if (this.done) return 'handed-off';
    if (input.pendingBytes < bytes) {
      if (!input.full) return 'need-data';
      this.ending = 'abort';
      return 'closed';
    }
    this.options.took?.(text.latin1(input.bytes, input.start, input.start + bytes));
    input.consume(bytes);
    return this.leave();
  }

  end(_now: number): Verdict {
    this.inputEnded = true;
    return this.done ? 'handed-off' : 'closed';
  }

  override shutdown(_now: number): Verdict {
    return this.done ? 'handed-off' : 'need-data';
  }

  override fail(_error: UndercoatError | undefined, _now: number): void {
    this.unused?.release();
    this.unused = undefined;
  }

  override handoff(): Handoff {
    const { unused } = this;
    this.unused = undefined;
    const { to = 'next', takeOver } = this.options;
    const { facts } = this.context;
    return {
      to,
      unused,
      facts,
      inputEnded: this.inputEnded,
      ...(takeOver === undefined ? {} : { takeOver }),
    };
  }

  private leave(): Verdict {
    const { input, output } = this.context;
    const { says } = this.options;
    if (says !== undefined) {
      const bytes = new Uint8Array(says.length);
      this.context.text.write(says, bytes, 0);
      output.append(bytes, 0, bytes.length);
    }
    this.unused = input.handOff(this.owner);
    this.done = true;
    return 'handed-off';
  }
}

export function echoStep(options: EchoOptions = {}, made?: (echo: Echo) => void): SessionStep {
  return {
    kind: 'session',
    name: 'echo',
    start: (context: SessionContext, _application: Application) => {
      const echo = new Echo(context, options);
      made?.(echo);
      return echo;
    },
  };
}

export function takerStep(options: TakerOptions): SessionStep {
  return { kind: 'session', name: 'taker', start: (context) => new Taker(context, options) };
}
