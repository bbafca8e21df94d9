/**
 * Draws a recipe from a seed: first which features there are, then what each of them is. The same seed and stack give the
 * same recipe. This file does not know how a recipe is carried out.
 */
import type { BreakScript, TakingScript } from '../exchange-script.js';
import { Random } from '../random.js';
import { mostBodyBytes } from './content.js';
import { type Feature, features, harmful, harmless } from './features.js';
import {
  type BodyPlan,
  type EndPlan,
  type ExchangePlan,
  type MemoryPlan,
  type NetworkFault,
  type NetworkPlan,
  type PathPlan,
  type Recipe,
  roomyMemory,
  type TakingPlan,
} from './recipe.js';
import type { SimulatedStack } from './stacks.js';

/**
 * How much of what there is a run has in it, and how many exchanges then: the more there is in an exchange the more it
 * costs, so that each kind of run takes about as much time as the others. Most exchanges are plain ones, of which many run
 * side by side and one after the other; few have everything.
 */
const kinds: readonly { readonly share: number; readonly least: number; readonly most: number }[] = [
  { share: 0.05, least: 150, most: 1000 },
  { share: 0.2, least: 8, most: 120 },
  { share: 0.5, least: 8, most: 40 },
];
const few = 8;
/** Where a connection has streams, and exchanges share what is sent and received, a run has half as many again. */
const moreSharing = 1.5;
/** Exchanges side by side, where a connection has streams. */
const mostStreams = 40;
/**
 * Most exchanges of a run in which each of them costs as much as several others: some of it shows what more of it does.
 * Where memory is scarce most of what is asked for fails, by an error and with a connection of its own; an emulated end
 * copies everything.
 */
const fewer: Partial<Record<Feature, number>> = { 'scarce-memory': 48, emulation: 200 };
/** Exchanges behind the end of an endpoint: each fails. */
const mostAfterEnd = 16;
/** Of the runs that have these, some are as long as others, and end as early. */
const unbounded = 0.3;
/** About what the head of a message takes. */
const headBytes = 150;
/** Pieces in which a run's bytes may come, one way: of a short run, and more for each exchange. Small ones go with few bytes. */
const leastPieces = 100;
const piecesEach = 1;
/** Long bodies of a run; where all share a window, enough of them to go beyond it. */
const mostLong = 4;
const mostLongSharing = 14;
/** About how often a run has in it what is done in an exchange: a long run is one of plain exchanges, with these among them. */
const ration = 24;
/** Uploads that are broken off: without streams each takes its connection along; with them it takes many to fill a window. */
const mostUploads = 8;
const mostUploadsSharing = 60;
/**
 * What costs as much as many plain exchanges, because it throws, or takes a connection along, comes more rarely; what has to
 * fill a window that all share, more often.
 */
const rations: Partial<Record<Feature, number>> = {
  bodies: 120,
  'aborted-uploads': mostUploadsSharing,
  tunnels: 8,
  misuse: 8,
  cancels: 8,
  throws: 6,
  aborts: 6,
  'early-answers': 8,
  'ignored-responses': 6,
  'silent-handlers': 3,
};
const none = Object.fromEntries(features.map((feature) => [feature, false])) as Record<Feature, boolean>;
const keeping: readonly Feature[] = ['held-leases', 'kept-leases', 'retained-leases'];

/** The recipe of a seed (an integer of 32 bits, without sign): plain data, which goes into JSON and back. */
export function drawRecipe(stack: SimulatedStack, seed: number): Recipe {
  return new Drawing(stack, seed).recipe();
}

class Drawing {
  private readonly stack: SimulatedStack;
  private readonly seed: number;
  private readonly random: Random;
  private readonly on: Set<Feature>;
  /** The same, for what asks of every exchange. */
  private readonly has: Readonly<Record<Feature, boolean>>;
  private readonly count: number;
  private long: number;

  constructor(stack: SimulatedStack, seed: number) {
    this.stack = stack;
    this.seed = seed;
    this.random = new Random(seed, stack.name);
    this.long = 0;
    const kind = kinds[this.random.between(0, kinds.length - 1)] as (typeof kinds)[number];
    this.on = this.drawFeatures(kind.share);
    const has = { ...none };
    for (const feature of this.on) has[feature] = true;
    this.has = has;
    const count = this.chance(0.15)
      ? this.random.between(1, few)
      : this.random.between(kind.least, kind.most * (stack.interleaves ? moreSharing : 1));
    this.count = this.chance(unbounded)
      ? count
      : Math.min(count, ...[...this.on].map((feature) => fewer[feature] ?? count));
  }

  recipe(): Recipe {
    const { random, stack, seed } = this;
    const connections = this.on.has('connections') ? random.between(2, 4) : 1;
    const exchanges = Array.from({ length: this.count }, () => this.exchange());
    return {
      stack: stack.name,
      seed,
      features: [...this.on],
      network: this.network(connections, exchanges),
      server: this.memory(),
      client: this.memory(),
      haste: this.on.has('haste') ? random.between(1, 40) : 0,
      connections,
      concurrency: random.between(1, stack.interleaves ? mostStreams : connections * 4),
      reentrant: this.on.has('re-entrance'),
      ends: this.ends(),
      exchanges,
    };
  }

  /** Half of all runs can lose nothing; the others have a few ways to. */
  private drawFeatures(share: number): Set<Feature> {
    const { random } = this;
    const on = new Set<Feature>(harmless.filter(() => this.chance(share)));
    if (this.chance(0.5)) {
      for (let i = random.between(1, 3); i > 0; i--) {
        on.add(harmful[random.between(0, harmful.length - 1)] as Feature);
      }
    }
    return on;
  }

  private network(connections: number, exchanges: readonly ExchangePlan[]): NetworkPlan {
    const up = sum(exchanges, ({ request, tunnel }) => (request?.bytes ?? 0) + (tunnel?.up ?? 0));
    const down = sum(exchanges, ({ response, tunnel }) => (response?.bytes ?? 0) + (tunnel?.down ?? 0));
    const heads = headBytes * exchanges.length;
    return {
      toServer: this.path(up + heads),
      toClient: this.path(down + heads),
      faults: this.faults(connections),
    };
  }

  /** Pieces may be as small as they like where few bytes go; where many do, they are so many at most. */
  private path(bytes: number): PathPlan {
    const { random } = this;
    const least = Math.ceil(bytes / (leastPieces + piecesEach * this.count));
    const cuts: number[] = [];
    if (this.on.has('cuts')) {
      for (let i = random.between(1, 5); i > 0; i--) cuts.push(random.size(1, 1500));
      cuts.push(Math.max(1, least * cuts.length - sum(cuts, (cut) => cut)));
    }
    return {
      latency: this.on.has('latency') ? random.size(0, 80) : 0,
      rate: this.on.has('bandwidth') ? random.size(64, 20_000) : 0,
      holds: this.on.has('partial-writes') ? random.size(Math.max(16, least), 4096) : 65_536,
      cuts,
    };
  }

  private faults(connections: number): NetworkFault[] {
    const kinds: NetworkFault['kind'][] = [];
    const { random } = this;
    const some = (feature: Feature, kind: NetworkFault['kind'], most: number): void => {
      if (this.on.has(feature)) for (let i = random.between(1, most); i > 0; i--) kinds.push(kind);
    };
    some('loss', 'loss', 4);
    some('silence', 'silence', 2);
    some('half-close', 'cut', 3);
    some('stalls', 'stall', 4);
    // Connections that broke are followed by others.
    return kinds.map((kind, i) => ({
      kind,
      connection: random.between(0, connections - 1 + i),
      to: this.chance(0.5) ? 'server' : 'client',
      afterBytes: random.size(0, 200 * this.count),
      lasts: kind === 'stall' ? random.size(1, 2000) : 0,
    }));
  }

  private memory(): MemoryPlan {
    const { random, stack } = this;
    const emulated = this.on.has('emulation') && this.chance(0.5);
    if (this.on.has('scarce-memory') && this.chance(0.7)) {
      const slabBytes = random.size(32, 2 * stack.roomyBytes);
      const receiveSlabs = random.between(3, 6);
      return {
        slabBytes,
        slabs: random.between(1, 12),
        receiveSlabs,
        sendSlabs: random.between(1, 6),
        emulated,
      };
    }
    if (!this.on.has('small-slabs')) {
      return { ...roomyMemory(stack.roomyBytes), emulated };
    }
    // Who keeps leases needs more to read on; and streams side by side each have their window.
    const keeps = keeping.some((feature) => this.on.has(feature));
    const roomy = roomyMemory(stack.roomyBytes);
    return {
      ...roomy,
      slabBytes: stack.roomyBytes + random.between(0, 100),
      receiveSlabs: keeps || stack.interleaves ? roomy.receiveSlabs : random.between(3, 6),
      emulated,
    };
  }

  private ends(): EndPlan[] {
    const ends: EndPlan[] = [];
    const end = (kind: EndPlan['kind']): void => {
      const least = this.chance(unbounded) ? 0 : Math.max(0, this.count - mostAfterEnd);
      ends.push({
        kind,
        end: this.chance(0.5) ? 'server' : 'client',
        atExchange: this.random.between(least, this.count - 1),
      });
    };
    if (this.on.has('shutdowns')) end('shutdown');
    if (this.on.has('teardowns')) end('teardown');
    return ends;
  }

  private exchange(): ExchangePlan {
    const { random } = this;
    if (this.some('tunnels', 0.06)) return this.tunnel();
    const uploads = this.stack.interleaves ? mostUploadsSharing : mostUploads;
    if (this.some('aborted-uploads', Math.min(0.7, uploads / this.count))) return this.upload();
    const hasBody = this.some('bodies', 0.4);
    const empty = this.some('no-content', 0.3);
    const method = empty
      ? (['HEAD', 'DELETE', 'GET'][random.between(0, 2)] as string)
      : hasBody
        ? 'PUT'
        : 'GET';
    const request = hasBody && !empty ? this.body() : undefined;
    const status = empty && method !== 'HEAD' ? ([204, 304, 205][random.between(0, 2)] as number) : 200;
    const isEarly = request !== undefined && this.some('early-answers', 0.4);
    return {
      ...this.ordinary(),
      method,
      request,
      expectsContinue: request !== undefined && this.some('expectations', 0.5),
      taking: this.taking(isEarly),
      answers: this.answers(isEarly),
      status,
      response: status === 200 ? this.body() : undefined,
      takingResponse: this.taking(this.some('ignored-responses', 0.1)),
      breaks: this.breaks(),
      clientBreaks: this.breaks(),
      cancelsAfter: this.some('cancels', 0.1) ? random.size(0, 60) : -1,
    };
  }

  /** What every exchange may have, and otherwise nothing out of the way. */
  private ordinary(): ExchangePlan {
    const { random } = this;
    return {
      method: 'GET',
      fields: this.some('many-fields', 0.3) ? random.between(3, 20) : random.between(0, 2),
      request: undefined,
      expectsContinue: false,
      taking: dutiful,
      informs: this.some('interims', 0.3) ? random.between(1, 3) : 0,
      answers: 'at-head',
      thinks: this.has['slow-answers'] ? random.size(0, 300) : 0,
      status: 200,
      response: undefined,
      breaks: 'never',
      takingResponse: dutiful,
      clientBreaks: 'never',
      cancelsAfter: -1,
      misuses: this.some('misuse', 0.1),
      keepsFields: this.some('kept-fields', 0.2),
      tunnel: undefined,
    };
  }

  /** Content that is still on its way when nobody wants it any more: on one connection, more than its window in all. */
  private upload(): ExchangePlan {
    const { random } = this;
    const bytes = random.between(1000, 3000);
    return {
      ...this.ordinary(),
      method: 'PUT',
      request: { ...this.body(), bytes, piece: bytes },
      answers: 'at-end',
      response: this.body(),
      breaks: this.chance(0.5) ? 'abort-at-head' : 'never',
    };
  }

  private tunnel(): ExchangePlan {
    const { random, stack } = this;
    return {
      ...this.ordinary(),
      // Only H1 knows an upgrade.
      method: stack.interleaves || this.chance(0.5) ? 'CONNECT' : 'GET',
      answers: 'at-end',
      tunnel: { up: random.size(0, 3000), down: random.size(0, 3000) },
    };
  }

  private answers(isEarly: boolean): ExchangePlan['answers'] {
    if (this.some('silent-handlers', 0.03)) return 'never';
    if (this.some('slow-answers', 0.3)) return 'later';
    return isEarly ? 'at-head' : 'at-end';
  }

  private body(): BodyPlan {
    const { random } = this;
    const most = this.stack.interleaves ? mostLongSharing : mostLong;
    const isLong = this.long < most && this.some('long-bodies', 0.15);
    if (isLong) this.long += 1;
    const bytes = isLong ? random.size(2000, mostBodyBytes) : random.size(0, 300);
    const declared = !this.some('unknown-lengths', 0.5);
    const pieces = random.between(1, 4);
    const trailers = !declared && this.some('trailers', 0.6) ? random.between(1, 4) : 0;
    return {
      bytes,
      piece: Math.max(1, Math.ceil(bytes / pieces)),
      gap: this.some('slow-senders', 0.3) ? random.size(1, 100) : 0,
      declared,
      trailers,
      endsWithData: trailers === 0 && this.chance(0.5),
      patient: !this.some('impatience', 0.5),
    };
  }

  private taking(leaves: boolean): TakingPlan {
    const { random } = this;
    const isLate = this.some('late-readers', 0.3);
    const mode = leaves ? (this.chance(0.5) ? 'discard' : 'ignore') : isLate ? 'late' : 'consume';
    const leases = this.leases();
    const pauseEach = this.some('slow-readers', 0.4) ? random.between(1, 2) : 0;
    const waits = mode === 'late' || leases === 'hold' || pauseEach > 0;
    return { mode, leases, pauseEach, lasts: waits ? random.size(0, 200) : 0 };
  }

  private leases(): TakingScript['leases'] {
    if (this.some('parted-leases', 0.4)) return this.chance(0.5) ? 'split' : 'transfer';
    if (this.some('retained-leases', 0.4)) return 'retain';
    if (this.some('kept-leases', 0.4)) return 'keep';
    return this.some('held-leases', 0.4) ? 'hold' : 'release';
  }

  private breaks(): BreakScript {
    const among: BreakScript[] = [];
    if (this.some('throws', 0.08)) {
      among.push('throw-at-head', 'throw-at-data', 'throw-at-end', 'throw-at-close');
    }
    if (this.some('aborts', 0.08)) among.push('abort-at-head', 'abort-at-data', 'abort-within-body');
    return among.length === 0 ? 'never' : (among[this.random.between(0, among.length - 1)] as BreakScript);
  }

  /** The feature is on, and this exchange has it. */
  private some(feature: Feature, share: number): boolean {
    if (!this.has[feature]) return false;
    return this.chance(Math.min(share, (rations[feature] ?? ration) / this.count));
  }

  private chance(share: number): boolean {
    return this.random.fraction() < share;
  }
}

function sum<T>(of: readonly T[], value: (it: T) => number): number {
  return of.reduce((total, it) => total + value(it), 0);
}

const dutiful: TakingPlan = { mode: 'consume', leases: 'release', pauseEach: 0, lasts: 0 };
