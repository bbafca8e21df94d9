/**
 * One stack of a scenario, run: both ends are composed, the tasks go through them, everything is closed, and the books
 * are made up. This file does not know what the stack is made of.
 */
import { type Client, createClient } from '../endpoint/client.js';
import { counting } from '../endpoint/endpoint-options.js';
import { listen, type Server } from '../endpoint/server.js';
import { ActAudit, type MachineObserver } from '../machine/index.js';
import { CheckedLedger, SlabPool } from '../memory/index.js';
import { decorateListenable } from '../transport/decorator.js';
import { MeterCounts, meter } from '../transport/meter.js';
import { reach } from './addresses.js';
import { answerPlans } from './answering.js';
import { ask } from './asking.js';
import type { Pattern } from './content.js';
import type { Task } from './plan.js';
import { mostMessages, type StackReport } from './report.js';
import type { Composition, Laboratory, ScenarioStack } from './scenario.js';
import { OutOfTimeError, realTime, type Time, virtualTime } from './time.js';
import type { Tracer } from './trace.js';
import { Trial } from './trial.js';

export interface StackRunOptions {
  readonly pattern: Pattern;
  /** Tasks at a time. */
  readonly concurrency: number;
  /** When everything must be over, on the scale of `performance.now()`. */
  readonly endsAt: number;
  readonly laboratory: Omit<Laboratory, 'clock' | 'observer'>;
  readonly tracer: Tracer | null;
  /** Told of each exchange that is settled. */
  readonly settled: () => void;
}

/** Milliseconds that connections have to end by themselves when the work is done; and to go away when they are torn down. */
const closeWithin = 3000;
const abortWithin = 2000;

/** Whatever goes wrong is in the report. */
export async function runStack(
  stack: ScenarioStack,
  tasks: readonly Task[],
  options: StackRunOptions,
): Promise<StackReport> {
  const began = performance.now();
  const time = stack.time === 'virtual' ? virtualTime() : realTime();
  options.tracer?.use(time.clock);
  const run = new StackRun(time, tasks, options);
  await run.carryOut(stack);
  return run.report(stack, performance.now() - began);
}

class StackRun {
  private readonly time: Time;
  private readonly options: StackRunOptions;
  private readonly ledger: CheckedLedger;
  /** Holds what is done with bytes to what the rows of the tables say of it (LAY-3). */
  private readonly audit: ActAudit;
  private readonly pool: SlabPool;
  private readonly nextId = counting();
  private readonly serverCounts = new MeterCounts();
  private readonly queue: readonly Task[];
  private readonly trials = new Map<string, Trial>();
  private begun = 0;
  private exchanges = 0;
  private expectedFailures = 0;
  private notRunToEnd = 0;
  private unexpected = 0;
  private readonly unexpectedMessages: string[] = [];
  private deliveredBytes = 0;
  private over = false;

  constructor(time: Time, tasks: readonly Task[], options: StackRunOptions) {
    const { tracer } = options;
    this.time = time;
    this.options = options;
    this.queue = tasks;
    this.ledger = new CheckedLedger({
      // Violations are kept and reported; a run goes on to find out what else breaks.
      onViolation: (violation) => tracer?.violation(violation),
      onAct: (record) => {
        tracer?.act(record);
        this.audit.act(record);
      },
    });
    this.audit = new ActAudit(this.ledger);
    this.pool = new SlabPool({ ledger: this.ledger });
  }

  async carryOut(stack: ScenarioStack): Promise<void> {
    const { endsAt, laboratory } = this.options;
    const ends: (Client | Server)[] = [];
    try {
      const observer = this.observer('transport');
      const composing = stack.compose({ ...laboratory, clock: this.time.clock, observer });
      const composition = await this.time.until(Promise.resolve(composing), endsAt);
      const server = await this.time.until(this.serve(composition), endsAt);
      ends.push(server);
      await this.time.until(this.work(composition, server, ends), endsAt);
      if (this.begun < this.queue.length) throw new OutOfTimeError();
    } catch (error) {
      this.stop(error);
    }
    await this.close(ends);
    this.audit.settled();
    this.ledger.assertQuiescent();
  }

  /** For the machines of one end. */
  observer(end: string): MachineObserver {
    const { audit } = this;
    const { tracer } = this.options;
    if (tracer === null) return audit;
    return {
      took: (machine, row) => {
        tracer.transition(end, machine, row);
        audit.took(machine, row);
      },
    };
  }

  report(stack: ScenarioStack, milliseconds: number): StackReport {
    const { ledger, pool, serverCounts } = this;
    const { transport, session, stream, application } = ledger.heldPeak;
    return {
      name: stack.name,
      transport: stack.transport,
      session: stack.session,
      exchanges: this.exchanges,
      notRunToEnd: this.notRunToEnd,
      expectedFailures: this.expectedFailures,
      unexpected: this.unexpected,
      unexpectedMessages: this.unexpectedMessages,
      bytesIn: serverCounts.bytesIn,
      bytesOut: serverCounts.bytesOut,
      deliveredBytes: this.deliveredBytes,
      copiedBytes: ledger.copiedBytes,
      heldPeakBytes: pool.peakBytes,
      heldPeakByLayer: { transport, session, stream, application },
      heldAtEndBytes: pool.heldBytes,
      checks: ledger.checkCount,
      checksByRule: Object.fromEntries([...ledger.checks].sort(([a], [b]) => (a < b ? -1 : 1))),
      violations: ledger.violations.length,
      violationMessages: ledger.violations.slice(0, mostMessages).map(({ message }) => message),
      milliseconds: Math.round(milliseconds),
    };
  }

  private async serve({ listen: listenable, server, facts }: Composition): Promise<Server> {
    const answer = answerPlans({
      pattern: this.options.pattern,
      trialOf: (target) => this.trials.get(target),
      stray: (message) => this.stray(message),
      delivered: this.delivered,
      facts,
    });
    return listen(decorateListenable(listenable, meter(this.serverCounts)), server, answer, {
      pool: this.pool,
      nextId: this.nextId,
      observer: this.observer('server'),
      onError: (error) => this.stray(`the server reports ${String(error)}`),
    });
  }

  /** Resolves when every task is settled. */
  private work({ connect, client }: Composition, server: Server, ends: (Client | Server)[]): Promise<void> {
    const connectable = connect?.(server.address) ?? reach(server.address, this.observer('transport'));
    const { clock } = this.time;
    return new Promise((resolve) => {
      const workers = Math.min(this.options.concurrency, this.queue.length);
      let idle = 0;
      if (workers === 0) resolve();
      for (let number = 1; number <= workers; number++) {
        // One connection each: what is pipelined or broken off takes nobody else along.
        const own = createClient(connectable, client, {
          pool: this.pool,
          nextId: this.nextId,
          maxConnections: 1,
          observer: this.observer(`client-${number}`),
          onError: (error) => this.stray(`a client reports ${String(error)}`),
        });
        ends.push(own);
        const next = (): void => {
          // Virtual time would go on to the end of the work, however long that takes.
          if (this.over || this.begun >= this.queue.length || performance.now() >= this.options.endsAt) {
            idle += 1;
            if (idle === workers) resolve();
            return;
          }
          const task = this.queue[this.begun++] as Task;
          this.begin(task, own, () => clock.defer(next));
        };
        clock.defer(next);
      }
    });
  }

  private begin(task: Task, client: Client, done: () => void): void {
    let left = task.length;
    const settled = (trial: Trial): void => {
      this.settled(trial);
      left -= 1;
      if (left === 0) done();
    };
    const trials = task.map((plan) => new Trial(plan, settled));
    for (const trial of trials) this.trials.set(trial.plan.target, trial);
    const { pattern } = this.options;
    for (const trial of trials) {
      ask(trial, { client, clock: this.time.clock, pattern, delivered: this.delivered });
    }
  }

  private settled(trial: Trial): void {
    this.exchanges += 1;
    const { outcome, plan, faults } = trial;
    if (outcome === 'broken-off') this.expectedFailures += 1;
    else if (outcome === 'unexpected') this.stray(`${plan.method} ${plan.target}: ${faults.join('; ')}`);
    this.trials.delete(plan.target);
    this.options.settled();
  }

  private stray(message: string): void {
    this.unexpected += 1;
    if (this.unexpectedMessages.length < mostMessages) this.unexpectedMessages.push(message);
  }

  private readonly delivered = (bytes: number): void => {
    this.deliveredBytes += bytes;
  };

  /** It did not come to an end by itself. */
  private stop(error: unknown): void {
    this.over = true;
    if (error instanceof OutOfTimeError) {
      this.cutOff();
      return;
    }
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    for (const trial of [...this.trials.values()]) trial.giveUp(`was not over: ${reason}`);
    const left = this.queue.length - this.begun;
    if (left > 0) this.stray(`${left} of ${this.queue.length} tasks were not begun: ${reason}`);
  }

  /** Time is over: of what is under way only what has gone wrong already is known. */
  private cutOff(): void {
    for (const trial of [...this.trials.values()]) {
      if (!trial.abandon()) this.notRunToEnd += 1;
    }
    for (const task of this.queue.slice(this.begun)) this.notRunToEnd += task.length;
  }

  private async close(ends: readonly (Client | Server)[]): Promise<void> {
    if (this.over) for (const end of ends) end.abort();
    const endsAt = performance.now() + (this.over ? abortWithin : closeWithin + abortWithin);
    try {
      await this.time.until(Promise.all(ends.map((end) => end.close({ within: closeWithin }))), endsAt);
    } catch (error) {
      this.stray(`connections did not close: ${String(error)}`);
      for (const end of ends) end.abort();
    }
  }
}
