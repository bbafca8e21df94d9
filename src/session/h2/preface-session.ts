/**
 * Tells H2 from H1 by a client's first bytes, and hands off to `h2` or `h1` with every byte unused (RFC 9113 §3.4,
 * CON-3). It decides at the first byte that is not of the H2 preface, or at the preface's last.
 *
 * It does not know what either speaks after that.
 */
import { TransportError, type UndercoatError } from '../../errors.js';
import { Machine } from '../../machine/index.js';
import { Owner } from '../../memory/index.js';
import type { Ending, Handoff, PauseCause, Session, SessionContext, Verdict } from '../contract.js';
import { matchPreface, PREFACE_BYTES } from './frames-preface.js';
import { prefaceTable } from './preface-table.js';

const { state, event } = prefaceTable;

export class PrefaceSession implements Session {
  readonly name = 'preface';
  readonly pausedBy: PauseCause | undefined;
  readonly busy = false;
  ending: Ending;
  error: UndercoatError | undefined;
  private readonly context: SessionContext;
  private readonly machine: Machine;
  private readonly owner: Owner;
  private seen: number;
  private to: string;
  private inputEnded: boolean;
  private since: number;

  constructor(context: SessionContext) {
    this.pausedBy = undefined;
    this.ending = 'end';
    this.error = undefined;
    this.context = context;
    this.owner = new Owner('session', 'preface', context.id);
    this.machine = new Machine(prefaceTable, this.owner, context.observer);
    this.seen = 0;
    this.to = 'h1';
    this.inputEnded = false;
    this.since = 0;
  }

  start(now: number): Verdict {
    this.since = now;
    return 'need-data';
  }

  receive(_now: number): Verdict {
    const { input } = this.context;
    if (!this.machine.is(state.looking)) return this.verdict();
    // A slab that is shorter than the preface cannot hold one: H1 answers what it makes of it.
    const matched = matchPreface(input.bytes, input.start + this.seen, input.end, this.seen);
    if (matched === PREFACE_BYTES) this.to = 'h2';
    else if (matched >= 0 && !input.full) {
      this.seen = matched;
      return this.inputEnded ? this.leave() : 'need-data';
    }
    this.machine.take(event.told);
    return this.verdict();
  }

  end(now: number): Verdict {
    this.inputEnded = true;
    return this.receive(now);
  }

  written(_now: number): Verdict {
    return this.verdict();
  }

  deadline(): number {
    return this.machine.is(state.looking)
      ? this.since + this.context.deadlines.head
      : Number.POSITIVE_INFINITY;
  }

  expire(now: number): Verdict {
    if (now >= this.deadline()) this.machine.take(event.timeout);
    return this.verdict();
  }

  shutdown(_now: number): Verdict {
    if (this.machine.is(state.looking) && this.context.input.pendingBytes === 0)
      this.machine.take(event.shutdown);
    return this.verdict();
  }

  fail(error: UndercoatError | undefined, _now: number): void {
    if (!this.machine.step(event['transport-gone'])) return;
    this.error = error ?? new TransportError('closed', 'the connection closed before it said what it speaks');
    this.ending = 'abort';
  }

  handoff(): Handoff {
    const { input, facts } = this.context;
    const { to, inputEnded, since: begunAt } = this;
    return { to, unused: input.handOff(this.owner), facts, inputEnded, begunAt };
  }

  /** Nothing was said, or the beginning of a preface only, of which H1 could make no message either. */
  private leave(): Verdict {
    if (this.context.input.pendingBytes > 0) this.machine.take(event.told);
    else this.machine.take(event['input-end']);
    return this.verdict();
  }

  private verdict(): Verdict {
    if (this.machine.is(state['handed-off'])) return 'handed-off';
    return this.machine.is(state.looking) ? 'need-data' : 'closed';
  }
}
