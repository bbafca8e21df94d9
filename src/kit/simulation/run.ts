/**
 * Carries out one recipe: both production endpoints over the simulated network on a virtual clock, to the end of
 * everything, and finds out what did not hold. This file does not know how the recipe came about.
 */
import { type Client, createClient } from '../../endpoint/client.js';
import { counting, type EndpointOptions } from '../../endpoint/endpoint-options.js';
import { listen, type Server } from '../../endpoint/server.js';
import { UndercoatError } from '../../errors.js';
import { ActAudit, type MachineObserver } from '../../machine/index.js';
import {
  BumpWorkspace,
  CheckedLedger,
  EmulatedWorkspace,
  type RuleViolation,
  SlabPool,
} from '../../memory/index.js';
import type { Deadlines } from '../../session/deadlines.js';
import type { ClientExchange } from '../../stream/contract.js';
import { VirtualClock } from '../../transport/virtual-clock.js';
import { ScriptedFailure } from '../exchange-record.js';
import { Keepsakes } from '../keepsakes.js';
import { answering, type ServerStage } from './answering.js';
import { ask, type ClientStage } from './asking.js';
import type { Coverage } from './coverage.js';
import { Judge } from './judge.js';
import { Mark } from './marks.js';
import { SimulatedNetwork, type SimulatedPipe } from './network.js';
import {
  answersEarly,
  leaves,
  type MemoryPlan,
  mayStarve,
  type NetworkFault,
  type Recipe,
} from './recipe.js';
import type { SimulatedStack } from './stacks.js';
import { type Assert, type Claim, type Claims, claimsOf, Story } from './story.js';
import { Watch } from './watch.js';

/** What a run came to. */
export interface RunResult {
  /** What did not hold, the first of it first. */
  readonly failures: readonly RunFailure[];
  /** Of everything that happened. */
  readonly hash: number;
  readonly exchanges: number;
  /** Those that went well from end to end. */
  readonly whole: number;
  readonly marks: number;
  /** How often each rule was asserted. */
  readonly checks: ReadonlyMap<string, number>;
  /** The end of the trace, where it was asked for. */
  readonly trace: readonly string[];
}

/** A rule that a run broke, and how. */
export interface RunFailure {
  readonly rule: string;
  readonly message: string;
}

/** What watches a run. */
export interface RunOptions {
  readonly coverage: Coverage;
  /** Keeps lines of what happens. */
  readonly traced?: boolean;
  /** Without the checked ledger only what both applications see is judged. Default true. */
  readonly ledger?: boolean;
  /** Told of every step, and of every act that a row allows when it is done; with the ledger only. */
  readonly observer?: MachineObserver | null;
}

/** Most leases that the applications of one run may have at a time. */
const mostHeld = 12;
const mostFailures = 8;
const closeWithin = 20_000;

/** Callbacks of the clock that a run may need (WORK-1). */
function mostSteps({ exchanges }: Recipe): number {
  let bytes = 0;
  for (const { request, response, tunnel } of exchanges) {
    bytes += (request?.bytes ?? 0) + (response?.bytes ?? 0) + (tunnel?.up ?? 0) + (tunnel?.down ?? 0);
  }
  return 20_000 + 20_000 * exchanges.length + 20 * bytes;
}

/** Never rejects: what goes wrong is in the result. */
export async function runRecipe(
  stack: SimulatedStack,
  recipe: Recipe,
  options: RunOptions,
): Promise<RunResult> {
  const run = new SimulatedRun(stack, recipe, options);
  await run.carryOut();
  return run.result();
}

/** One connection as the run sees it. */
interface Harm {
  /** Something happened to it that may cost its exchanges. */
  harmed: boolean;
}

export class SimulatedRun implements ServerStage, ClientStage {
  readonly stack: SimulatedStack;
  readonly recipe: Recipe;
  readonly clock: VirtualClock;
  readonly keepsakes: Keepsakes;
  readonly stories: Story[];
  readonly ledger: CheckedLedger | null;
  readonly watch: Watch;
  readonly claims: Claims;
  readonly network: SimulatedNetwork;
  readonly pools: { readonly server: SlabPool; readonly client: SlabPool };
  /** An endpoint was told to end before the work was done. */
  hasEnded: boolean;
  /** Exchanges that the judge found whole. */
  whole: number;
  private readonly audit: ActAudit | null;
  private readonly coverage: Coverage;
  private readonly failures: RunFailure[];
  private readonly harms: Harm[];
  private server: Server | undefined;
  private client: Client | undefined;
  private asked: number;
  private over: number;
  private held: number;
  private marks: number;
  private closed: { server: boolean; client: boolean };
  /** Counted by the ledger where there is one, which tells what does not hold. */
  readonly assert: Assert = (claim, verdict) => {
    claim.made += 1;
    if (verdict !== true) this.fail(claim.rule, verdict());
  };

  constructor(
    stack: SimulatedStack,
    recipe: Recipe,
    { coverage, traced, ledger, observer = null }: RunOptions,
  ) {
    this.stack = stack;
    this.recipe = recipe;
    this.clock = new VirtualClock({ maxSteps: mostSteps(recipe) });
    this.keepsakes = new Keepsakes();
    this.stories = [];
    this.watch = new Watch(this.clock, coverage, traced === true, (rule, message) =>
      this.fail(rule, message),
    );
    this.coverage = coverage;
    this.failures = [];
    this.harms = [];
    this.hasEnded = false;
    this.whole = 0;
    this.server = undefined;
    this.client = undefined;
    this.asked = 0;
    this.over = 0;
    this.held = 0;
    this.marks = 0;
    this.closed = { server: false, client: false };
    this.audit = null;
    this.ledger = null;
    if (ledger !== false) {
      const checked: CheckedLedger = new CheckedLedger({
        onViolation: (violation) => this.violated(violation),
        onAct: (record) => {
          this.watch.act(record);
          audit.act(record);
        },
      });
      const audit = new ActAudit(checked, observer);
      this.ledger = checked;
      this.audit = audit;
    }
    this.claims = claimsOf((rule) => this.claimOf(rule));
    this.pools = { server: this.pool(recipe.server), client: this.pool(recipe.client) };
    this.network = new SimulatedNetwork(
      this.clock,
      recipe.network,
      {
        arrived: (pipe, toServer, bytes, start, end) => this.watch.arrived(pipe, toServer, bytes, start, end),
        held: () => this.mark(Mark.held),
        broke: (pipe, fault) => this.broke(pipe, fault),
      },
      { observer: this.observer('network') },
    );
  }

  async carryOut(): Promise<void> {
    const { recipe, stack, network } = this;
    const nextId = counting();
    try {
      this.server = await listen(network.listenable, stack.server, answering(this), {
        ...this.options(recipe.server, 'server', nextId),
        onError: (error) => this.reported('server', error),
      });
      this.client = createClient(network.connectable, stack.client, {
        ...this.options(recipe.client, 'client', nextId),
        maxConnections: recipe.connections,
        // How long a request waits for its connection depends on all those before it.
        waitTimeout: recipe.haste > 0 ? recipe.haste * 100 : Number.POSITIVE_INFINITY,
        onError: (error) => this.reported('client', error),
      });
      for (let i = Math.min(recipe.concurrency, recipe.exchanges.length); i > 0; i--) {
        this.clock.defer(() => this.next());
      }
      await this.untilIdle();
    } catch (error) {
      this.threw('the run', error);
    }
    this.judge();
  }

  result(): RunResult {
    const { failures, watch, whole, marks, recipe, ledger } = this;
    this.coverage.label(recipe.features, marks);
    return {
      failures,
      hash: watch.hash,
      exchanges: this.stories.length,
      whole,
      marks,
      checks: ledger?.checks ?? new Map(),
      trace: watch.lines ?? [],
    };
  }

  // What the applications ask.

  mark(mark: number): void {
    this.marks |= 1 << mark;
  }

  mayHold(): boolean {
    if (this.held >= mostHeld) return false;
    this.held += 1;
    return true;
  }

  letGo(): void {
    this.held -= 1;
  }

  storyOf(target: string): Story | undefined {
    if (target.startsWith('/')) return this.stories[Number(target.slice(1))];
    const tunnel = /^tunnel[.]test:(\d+)$/.exec(target);
    return tunnel === null ? undefined : this.stories[Number(tunnel[1]) - 1];
  }

  connectionOf({ facts }: ClientExchange): number {
    const { local } = facts.transport;
    return local?.family === 'ipv4' ? local.port - 50_000 : -1;
  }

  quietOf(connection: number): number {
    const pipe = this.network.pipes[connection];
    return pipe === undefined ? 0 : this.clock.now() - pipe.heardAt;
  }

  broken(story: Story, by: 'server' | 'client'): void {
    story.brokenBy ??= by;
    this.mark(by === 'server' ? Mark.brokenByServer : Mark.brokenByClient);
    // Where one connection is one exchange at a time, it goes with its exchange.
    if (!this.stack.interleaves) this.harm(story.connection);
  }

  /** Who waits in a tunnel of which nothing took anything waits for a peer that owes it something. */
  gaveUp(story: Story): void {
    this.mark(Mark.gaveUp);
    const { index, connection } = story;
    if (!this.isHarmed(connection) && !this.isBehind(story) && !mayStarve(this.recipe)) {
      this.fail('LAY-4', `nothing moves in tunnel ${index}, and nothing happened to its connection`);
    }
  }

  settled(story: Story): void {
    this.over += 1;
    if (story.clientEnd !== 'ok' || story.status !== story.plan.status) this.harmBy(story);
    if (this.over === this.recipe.exchanges.length) this.clock.defer(() => this.close());
    else if (this.recipe.reentrant) this.next();
    else this.clock.defer(() => this.next());
  }

  // What the judge asks.

  claimOf(rule: string): Claim {
    return this.ledger?.countOf(rule) ?? { rule, made: 0 };
  }

  isHarmed(connection: number): boolean {
    return this.harms[connection]?.harmed === true;
  }

  get anyHarmed(): boolean {
    return this.harms.some((harm) => harm?.harmed === true);
  }

  /** Both endpoints have said that they are closed. */
  get isClosed(): boolean {
    return this.closed.server && this.closed.client;
  }

  get audited(): ActAudit | null {
    return this.audit;
  }

  /** Something that may cost the exchanges of a connection has happened to it. */
  private harm(connection: number): void {
    if (connection >= 0) this.harms[connection] = { harmed: true };
  }

  /** An exchange that fails on a connection without streams takes the connection along. */
  private harmBy(story: Story): void {
    if (this.stack.interleaves) return;
    if (this.isExcused(story) || answersEarly(story.plan)) this.harm(story.connection);
  }

  isExcused(story: Story): boolean {
    const { plan } = story;
    return (
      story.brokenBy !== undefined ||
      plan.answers === 'never' ||
      plan.tunnel !== undefined ||
      leaves(plan.takingResponse)
    );
  }

  /** On a connection without streams something before it may never come to its end. */
  private isBehind({ index, connection }: Story): boolean {
    if (this.stack.interleaves) return false;
    return this.stories.some((other) => {
      if (other.connection !== connection || other.index >= index) return false;
      return this.isExcused(other) || answersEarly(other.plan);
    });
  }

  private next(): void {
    const { recipe, stories } = this;
    const number = this.asked;
    const plan = recipe.exchanges[number];
    if (plan === undefined) return;
    this.asked += 1;
    for (const end of recipe.ends) if (end.atExchange === number) this.end(end.kind, end.end);
    const story = new Story(number, plan, this.claims, this.assert);
    stories.push(story);
    ask(this.client as Client, story, this);
  }

  private end(kind: 'shutdown' | 'teardown', which: 'server' | 'client'): void {
    this.hasEnded = true;
    this.mark(Mark.ended);
    const end = which === 'server' ? this.server : this.client;
    this.watch.note(`${which}  ${kind}`);
    if (kind === 'teardown') {
      for (const pipe of this.network.pipes) this.harm(pipe.id);
      this.clock.defer(() => end?.abort());
    } else this.clock.defer(() => this.closing(which, end));
  }

  private close(): void {
    this.closing('client', this.client);
    this.closing('server', this.server);
  }

  private closing(which: 'server' | 'client', end: Server | Client | undefined): void {
    end?.close({ within: closeWithin }).then(
      () => {
        this.closed[which] = true;
      },
      (error: unknown) => this.threw(`closing the ${which}`, error),
    );
  }

  /** Until nothing is left to do: what goes on in promises has its turns in between. */
  private async untilIdle(): Promise<void> {
    for (let idle = 0; idle < 4; idle++) {
      if (this.drive() > 0) idle = 0;
      await Promise.resolve();
    }
    if (this.isClosed && this.over === this.recipe.exchanges.length) return;
    // Whatever hangs must not hang the judge: it is told of, and torn down.
    this.watch.note('nothing is left to do, and it is not over');
    this.client?.abort();
    this.server?.abort();
    this.drive();
  }

  /** The clock holds the callbacks to their number, and the watch each of them to what it may do (WORK-1). */
  private drive(): number {
    const made = this.clock.runUntilIdle();
    if (this.ledger !== null) this.ledger.countOf('WORK-1').made += made;
    return made;
  }

  private judge(): void {
    try {
      new Judge(this).judge();
    } catch (error) {
      this.threw('at the end', error);
    }
  }

  private options(memory: MemoryPlan, end: 'server' | 'client', nextId: () => number): EndpointOptions {
    const { slabBytes, receiveSlabs, sendSlabs } = memory;
    const { haste } = this.recipe;
    return {
      pool: this.pools[end],
      receiveBytes: receiveSlabs * slabBytes,
      sendBytes: sendSlabs * slabBytes,
      observer: this.observer(end),
      nextId,
      ...(haste > 0 ? { deadlines: hasty(haste) } : {}),
    };
  }

  private pool({ slabBytes, slabs, emulated }: MemoryPlan): SlabPool {
    return new SlabPool({
      slabBytes,
      limitBytes: slabs * slabBytes,
      ledger: this.ledger,
      workspace: emulated ? EmulatedWorkspace : BumpWorkspace,
    });
  }

  private observer(end: string): ReturnType<Watch['observer']> {
    const watched = this.watch.observer(end);
    const { audit } = this;
    if (audit === null) return watched;
    return {
      took: (machine, row) => {
        watched.took(machine, row);
        audit.took(machine, row);
      },
    };
  }

  private broke(pipe: SimulatedPipe, fault: NetworkFault): void {
    this.watch.broke(pipe, fault);
    switch (fault.kind) {
      case 'loss':
        this.mark(Mark.lost);
        break;
      case 'silence':
        this.mark(Mark.silenced);
        break;
      case 'cut':
        this.mark(Mark.halfClosed);
        break;
      case 'stall':
        this.mark(Mark.stalled);
        return;
    }
    this.harm(pipe.id);
  }

  private violated(violation: RuleViolation): void {
    this.fail(violation.rule, violation.message);
  }

  /** An endpoint reports what was thrown at it: applications throw what their plan says, and nobody else throws. */
  private reported(end: string, error: unknown): void {
    if (error instanceof ScriptedFailure) return;
    this.threw(`the ${end} reports`, error);
  }

  private threw(where: string, error: unknown): void {
    if (error instanceof UndercoatError) this.fail(error.cites, `${where}: ${error.message}`);
    else this.fail('WIRE-3', `${where}: ${error instanceof Error ? error.stack : String(error)}`);
  }

  private fail(rule: string, message: string): void {
    this.watch.note(`broken  ${rule}: ${message}`);
    if (this.failures.length < mostFailures) this.failures.push({ rule, message });
  }
}

/** All deadlines, at such a scale that some of them pass. */
function hasty(ms: number): Partial<Deadlines> {
  return {
    connect: 20 * ms,
    proxyHeader: 4 * ms,
    idle: 10 * ms,
    head: 4 * ms,
    firstByte: 6 * ms,
    betweenBytes: 4 * ms,
    body: 20 * ms,
    write: 6 * ms,
    linger: 4 * ms,
    settings: 20 * ms,
    drain: 20 * ms,
    total: 60 * ms,
  };
}
