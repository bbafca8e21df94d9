// A session of one's own, as a user of the kit would write it: netstrings (`5:hello,`), each of which is answered with
// itself. It keeps the session contract of `undercoat`, and nothing else of the package knows it.
import {
  answerClose,
  type Ending,
  type Handoff,
  LimitError,
  MisuseError,
  type PauseCause,
  ProtocolError,
  type Session,
  type SessionContext,
  type SessionStep,
  TransportError,
  type UndercoatError,
  type Verdict,
} from '../../src/index.js';

const colon = 0x3a;
const comma = 0x2c;
const zero = 0x30;
/** Digits of a length: what is longer is refused before it is read. */
const mostDigits = 3;
const idleTimeout = 10_000;

export interface NetstringLog {
  readonly strings: string[];
}

export class NetstringSession implements Session {
  readonly name = 'netstring';
  pausedBy: PauseCause | undefined = undefined;
  ending: Ending = 'end';
  error: UndercoatError | undefined = undefined;
  busy = false;
  protected readonly context: SessionContext;
  protected readonly log: NetstringLog;
  protected verdict: Verdict = 'need-data';
  protected due = Number.POSITIVE_INFINITY;
  private ended = false;

  constructor(context: SessionContext, log: NetstringLog) {
    this.context = context;
    this.log = log;
  }

  start(now: number): Verdict {
    this.due = now + idleTimeout;
    return this.verdict;
  }

  receive(now: number): Verdict {
    while (this.verdict !== 'closed') {
      const length = this.complete();
      if (length === 0) return this.wait();
      if (!this.answer(length)) return this.pause();
      this.done(length);
      this.due = now + idleTimeout;
    }
    return this.verdict;
  }

  end(now: number): Verdict {
    this.ended = true;
    return this.receive(now);
  }

  written(now: number): Verdict {
    return this.verdict === 'paused' ? this.receive(now) : this.verdict;
  }

  deadline(): number {
    return this.verdict === 'closed' ? Number.POSITIVE_INFINITY : this.due;
  }

  expire(now: number): Verdict {
    if (this.verdict === 'closed' || now < this.due) return this.verdict;
    return this.close('abort', new TransportError('netstring-idle', 'nothing came', { cites: 'LAY-4' }));
  }

  shutdown(_now: number): Verdict {
    return this.close('end', undefined);
  }

  fail(error: UndercoatError | undefined, _now: number): void {
    this.close('abort', error);
  }

  handoff(): Handoff {
    throw new MisuseError('netstring-no-handoff', 'CON-3', 'netstrings go on to the end');
  }

  /** The length of the whole netstring that is there; 0 if it is not (LAY-2: it only looks). */
  protected complete(): number {
    const { bytes, start } = this.context.input;
    const end = this.visibleEnd();
    let length = 0;
    for (let i = start; i < end; i++) {
      const octet = bytes[i] as number;
      if (octet === colon && i > start) return this.payload(i + 1, length);
      const digit = octet - zero;
      if (!(digit >= 0 && digit <= 9) || i - start === mostDigits)
        return this.refuse('a length is digits and a colon');
      length = length * 10 + digit;
    }
    return 0;
  }

  /** Where what was received ends: nothing behind it may be looked at (OWN-6). */
  protected visibleEnd(): number {
    return this.context.input.end;
  }

  protected payload(from: number, length: number): number {
    const { bytes, start } = this.context.input;
    const at = from + length;
    if (at >= this.visibleEnd()) return 0;
    return bytes[at] === comma ? at + 1 - start : this.refuse('a netstring ends in a comma');
  }

  protected refuse(message: string): number {
    this.close('end', new ProtocolError('netstring', 'WIRE-1', message, answerClose));
    return 0;
  }

  /** Everything of the answer, or nothing (WS-8). */
  protected answer(length: number): boolean {
    const { input, output, text } = this.context;
    if (!output.append(input.bytes, input.start, input.start + length)) return false;
    this.log.strings.push(text.latin1(input.bytes, input.start, input.start + length));
    return true;
  }

  /** It is answered, and no longer needed. */
  protected done(length: number): void {
    this.context.input.consume(length);
  }

  protected close(ending: Ending, error: UndercoatError | undefined): Verdict {
    if (this.verdict === 'closed') return this.verdict;
    this.verdict = 'closed';
    this.ending = ending;
    this.error = error;
    return this.verdict;
  }

  private wait(): Verdict {
    if (this.verdict === 'closed') return this.verdict;
    const { input } = this.context;
    this.pausedBy = undefined;
    this.verdict = 'need-data';
    if (this.ended) this.close('end', undefined);
    else if (input.full) {
      this.close('end', tooLong('no slab holds it'));
    }
    return this.verdict;
  }

  /** No room for the answer: it waits until something was written. */
  private pause(): Verdict {
    if (this.context.output.pendingBytes === 0) {
      return this.close('abort', tooLong('no slab holds the answer'));
    }
    this.pausedBy = 'peer';
    this.verdict = 'paused';
    return this.verdict;
  }
}

function tooLong(message: string): LimitError {
  return new LimitError('slabBytes', 'netstring-too-long', 'WS-9', message, answerClose);
}

export function netstrings(log: NetstringLog, kind: typeof NetstringSession = NetstringSession): SessionStep {
  return { kind: 'session', name: 'netstring', start: (context) => new kind(context, log) };
}
