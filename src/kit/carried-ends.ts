/**
 * Both ends of a connection over a real transport, each driven by the endpoint's own driver, on the transport's own clock;
 * and the running of their pair until something has come about. This file does not know what the applications do.
 */
import { Connection } from '../endpoint/connection.js';
import type { ConnectionKeeper } from '../endpoint/connection-settings.js';
import { connectionSettings } from '../endpoint/endpoint-options.js';
import type { Application, Role, Steps } from '../endpoint/step.js';
import { ActAudit } from '../machine/index.js';
import { BumpWorkspace, CheckedLedger, EmulatedWorkspace, SlabPool } from '../memory/index.js';
import type { Deadlines } from '../session/deadlines.js';
import type { Platform, Transport } from '../transport/contract.js';
import type { PipePair } from './conformance/pipe.js';
import { PropertyFailure, requireThat } from './properties/require.js';
import type { SessionEndOptions } from './session-end.js';
import type { StackUnderTest } from './stack-under-test.js';

/** A pipe whose left end is the client's, with the clock that it runs on. */
export interface CarriedPair extends PipePair {
  readonly platform: Platform;
  /**
   * Lets time go on to whatever is due then: a virtual clock's `runUntilIdle`. It is called when `run`, which must say how
   * many callbacks it made, made none. With it pipes that break are tried, too; not where time is real. A pair that is not
   * `live` needs it: an end without memory waits for a deadline.
   */
  readonly later?: () => unknown;
}

/** What one end has of memory and time; default: what suffices for any ordinary exchange, under the checked ledger. */
export interface CarriedEndOptions {
  readonly memory?: Pick<SessionEndOptions, 'slabBytes' | 'limitBytes' | 'workspace' | 'poison'>;
  readonly deadlines?: Partial<Deadlines>;
}

/** Turns of a pair that is not live in which nothing more happens: it hangs. */
const mostIdleTurns = 1000;
/** Turns without a task before time goes on, where it does so by hand: what goes on in promises has its turn. */
const idleBeforeLater = 3;

/** One end: its memory, its ledger, and what was thrown in it. */
export class CarriedEnd implements ConnectionKeeper<Connection> {
  readonly ledger: CheckedLedger;
  readonly pool: SlabPool;
  readonly thrown: unknown[] = [];
  readonly connection: Connection;
  isClosed = false;
  private readonly audit: ActAudit;

  constructor(
    transport: Transport,
    platform: Platform,
    stack: StackUnderTest,
    steps: Steps,
    application: Application,
    { memory = {}, deadlines }: CarriedEndOptions,
  ) {
    const { slabBytes = stack.capabilities.roomyBytes, limitBytes, workspace, poison } = memory;
    const ledger: CheckedLedger = new CheckedLedger({
      ...(poison === undefined ? {} : { poison }),
      onAct: (record) => audit.act(record),
    });
    const audit = new ActAudit(ledger, stack.observer ?? null);
    this.ledger = ledger;
    this.audit = audit;
    this.pool = new SlabPool({
      slabBytes,
      ledger,
      workspace: workspace === 'emulated' ? EmulatedWorkspace : BumpWorkspace,
      ...(limitBytes === undefined ? {} : { limitBytes }),
    });
    const { pool } = this;
    const settings = connectionSettings(platform, steps, application.role, {
      pool,
      observer: audit,
      ...(deadlines === undefined ? {} : { deadlines }),
    });
    this.connection = new Connection(transport, settings, application, this, 1);
  }

  tunnelled(): void {}

  closed(): void {
    this.isClosed = true;
  }

  threw(error: unknown): void {
    this.thrown.push(error);
  }

  /** @throws what escaped, RuleViolation, PropertyFailure OWN-7 */
  finish(): void {
    const [thrown] = this.thrown;
    if (thrown !== undefined) throw thrown;
    this.audit.settled();
    this.ledger.assertQuiescent();
    const [violation] = this.ledger.violations;
    if (violation !== undefined) throw violation;
    requireThat('OWN-7', this.pool.heldBytes === 0, () => `${this.pool.heldBytes} bytes are held`);
  }
}

export class CarriedEnds {
  readonly client: CarriedEnd;
  /** Undefined until there is its transport. */
  server: CarriedEnd | undefined;
  /** How many times the pair was run. */
  turns: number;
  private readonly pair: CarriedPair;
  private idle: number;

  constructor(
    stack: StackUnderTest,
    pair: CarriedPair,
    applications: Readonly<Record<Role, Application>>,
    options: Readonly<Partial<Record<Role, CarriedEndOptions>>> = {},
  ) {
    const { client = {}, server = {} } = options;
    this.pair = pair;
    this.turns = 0;
    this.idle = 0;
    this.server = undefined;
    this.client = new CarriedEnd(pair.left, pair.platform, stack, stack.client, applications.client, client);
    this.client.connection.start();
    void Promise.resolve(pair.right).then((transport) => {
      this.server = new CarriedEnd(
        transport,
        pair.platform,
        stack,
        stack.server,
        applications.server,
        server,
      );
      this.server.connection.start();
    });
  }

  get over(): boolean {
    return this.client.isClosed && this.server?.isClosed === true;
  }

  /** @param task something that an application had put off, done after the pair has run */
  async turn(task: () => (() => void) | undefined): Promise<void> {
    const { pair } = this;
    const made = await pair.run();
    this.turns += 1;
    const act = task();
    act?.();
    this.idle = act === undefined ? this.idle + 1 : 0;
    if (pair.live === true) return;
    if (made === 0 && this.idle > idleBeforeLater) pair.later?.();
    if (this.idle > mostIdleTurns) {
      const hint = pair.later === undefined ? ' (its time stands still: the pair has no `later`)' : '';
      throw new PropertyFailure('LAY-4', `nothing more happens, and the connection is not over${hint}`);
    }
  }

  /** Runs the pair until `reached()`. @throws PropertyFailure LAY-4 when that cannot come any more */
  async until(reached: () => boolean): Promise<void> {
    this.idle = 0;
    while (!reached()) {
      if (this.over) throw new PropertyFailure('LAY-4', 'both ends are closed, and somebody still waits');
      await this.turn(() => undefined);
    }
  }

  /** Runs the pair to its end. @throws PropertyFailure LAY-4 when that does not come */
  async closed(): Promise<void> {
    this.idle = 0;
    while (!this.over) await this.turn(() => undefined);
  }

  /** @throws what escaped, RuleViolation, PropertyFailure OWN-7 */
  finish(): void {
    this.client.finish();
    this.server?.finish();
  }
}
