/**
 * One pipe under test: two transports, a probe on each, and the waiting. A pipe on a virtual clock is run until
 * what is awaited happens or nothing happens any more; a live one is awaited by its reports, never by time.
 * This file does not know which transport it is.
 */
import { UndercoatError } from '../../errors.js';
import type { Transport } from '../../transport/contract.js';
import { Probe, saltOfLeft, saltOfRight } from './probe.js';

/** Two ends of one pipe, as their maker hands them over: idle, the left one first to be opened. */
export interface PipePair {
  readonly left: Transport;
  /** A promise if the pipe has to connect before there is a right end. */
  readonly right: Transport | Promise<Transport>;
  /** Lets happen what can happen now: a virtual clock's `run`, or one turn of the event loop. */
  readonly run: () => unknown;
  /**
   * Bytes of the right end's stream that the left one has when it is made, and delivers before any that it is sent:
   * `underwayOctets(underway)`. For a pipe that was somebody else's before; none if absent.
   */
  readonly underway?: number;
  /** True if more may happen later by itself, as on a real socket. */
  readonly live?: boolean;
  /** Frees what the pair was made of: listeners, files. Both transports are closed by then. */
  readonly dispose?: () => Promise<void> | void;
}

/** Of what follows from the first breach a failure tells so much. */
const mostToldBesides = 9;

/** A transport broke the contract: the rule, and how. */
export class ConformanceFailure extends Error {
  override readonly name = 'ConformanceFailure';
  readonly rule: string;

  constructor(rule: string, message: string) {
    super(`${rule}: ${message}`);
    this.rule = rule;
  }
}

export class PipeUnderTest {
  readonly left: Probe;
  readonly right: Probe;
  private readonly pair: PipePair;
  private readonly rule: string;
  private readonly probes: readonly Probe[];

  private constructor(pair: PipePair, rule: string, left: Probe, right: Probe | null) {
    this.pair = pair;
    this.rule = rule;
    this.left = left;
    this.right = right ?? left;
    this.probes = right === null ? [left] : [left, right];
  }

  /**
   * Opens both ends; returns when both have reported it.
   * @param rule broken where something is waited for that never comes
   * @param early runs before the left end is opened
   */
  static async open(pair: PipePair, rule: string, early?: (left: Probe) => void): Promise<PipeUnderTest> {
    const left = new Probe('left', pair.left, saltOfLeft, saltOfRight);
    early?.(left);
    left.open();
    let made: Transport | undefined;
    void Promise.resolve(pair.right).then((transport) => {
      made = transport;
    });
    while (made === undefined) await pair.run();
    const right = new Probe('right', made, saltOfRight, saltOfLeft);
    right.sentBefore(pair.underway ?? 0);
    const pipe = new PipeUnderTest(pair, rule, left, right);
    right.open();
    const heard = (probe: Probe): boolean => probe.isOpen || probe.isClosed;
    await pipe.until('both ends are open', () => heard(left) && heard(right));
    return pipe;
  }

  /** The left end alone, which nobody opened yet. The right end, if there is one, is never opened. */
  static alone(pair: PipePair, rule: string): PipeUnderTest {
    return new PipeUnderTest(pair, rule, new Probe('left', pair.left, saltOfLeft, saltOfRight), null);
  }

  /** Waits until `reached()`. Fails if the transport broke a rule, or if nothing happens any more. */
  async until(what: string, reached: () => boolean): Promise<void> {
    for (;;) {
      this.check();
      if (reached()) return;
      const before = this.reports;
      await this.pair.run();
      if (this.pair.live !== true && this.reports === before && !reached()) {
        this.check();
        throw new ConformanceFailure(
          this.rule,
          `nothing more happens, and not: ${what} (${this.describe()})`,
        );
      }
    }
  }

  /** Waits until all bytes that were accepted have arrived and are reported written, and `more()` holds. */
  async drain(more: () => boolean = () => true): Promise<void> {
    const { left, right } = this;
    await this.until('every byte has arrived and is reported', () => {
      const arrived = right.receivedTotal === left.accepted && left.receivedTotal === right.accepted;
      return arrived && left.pending === 0 && right.pending === 0 && more();
    });
  }

  /** Lets some time pass in which nothing need happen. */
  async settle(turns = 3): Promise<void> {
    for (let i = 0; i < turns; i++) await this.pair.run();
    this.check();
  }

  /** Ends the case: aborts what is not closed, sees it close, and checks what can be seen at the end only. */
  async finish(): Promise<void> {
    for (const probe of this.probes) probe.abort();
    await this.until('every end is closed', () => this.probes.every(({ isClosed }) => isClosed));
    await this.settle();
    for (const probe of this.probes) probe.finish();
    this.check();
    await this.pair.dispose?.();
  }

  private get reports(): number {
    return this.probes.reduce((sum, { reports }) => sum + reports, 0);
  }

  private check(): void {
    const violations = this.probes.flatMap((probe) => probe.violations);
    for (const { name, error } of this.probes) {
      if (error !== undefined && !(error instanceof UndercoatError)) {
        violations.push({
          rule: 'LAY-3',
          what: `${name}: closed with an error that is not typed: ${String(error)}`,
        });
      }
    }
    const [first, ...more] = violations;
    if (first === undefined) return;
    const lines = [first.what, ...more.slice(0, mostToldBesides).map(({ rule, what }) => `${rule}: ${what}`)];
    if (more.length > mostToldBesides) lines.push(`and ${more.length - mostToldBesides} more`);
    throw new ConformanceFailure(first.rule, lines.join('\n'));
  }

  private describe(): string {
    return this.probes
      .map(({ name, transport, receivedTotal, writtenTotal, accepted, isEnded, isClosed }) => {
        const flags = `${isEnded ? ', ended' : ''}${isClosed ? ', closed' : ''}`;
        return `${name}: ${transport.state}, received ${receivedTotal}, written ${writtenTotal} of ${accepted}${flags}`;
      })
      .join('; ');
  }
}
