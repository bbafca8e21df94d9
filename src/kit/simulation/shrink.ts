/**
 * Makes a recipe that fails smaller, while it breaks the same rule: fewer features, fewer exchanges, fewer faults, smaller
 * bodies. Deterministic, where time does not end it: the same recipe shrinks to the same. This file does not know why a recipe
 * fails.
 */
import type { BodyPlan, ExchangePlan, Recipe } from './recipe.js';
import { without } from './without.js';

/** Says whether a recipe still fails as it should. */
export type StillFails = (recipe: Recipe) => Promise<boolean>;

/** Runs that shrinking may take, by default. */
const mostTries = 600;

/** When it is to end, at the latest. */
export interface ShrinkLimits {
  /** Runs that it may take; 600 by default. */
  readonly most?: number;
  /** Asked before each run: true when there is no time for one any more. */
  readonly isOver?: () => boolean;
}

export interface Shrunk {
  readonly recipe: Recipe;
  /** Runs that it took. */
  readonly tries: number;
}

export async function shrink(
  recipe: Recipe,
  stillFails: StillFails,
  roomyBytes: number,
  { most = mostTries, isOver = () => false }: ShrinkLimits = {},
): Promise<Shrunk> {
  const shrinking = new Shrinking(recipe, stillFails, roomyBytes, most, isOver);
  await shrinking.run();
  return { recipe: shrinking.smallest, tries: shrinking.tries };
}

class Shrinking {
  smallest: Recipe;
  tries: number;
  private readonly stillFails: StillFails;
  private readonly roomyBytes: number;
  private readonly most: number;
  private readonly isOver: () => boolean;

  constructor(
    recipe: Recipe,
    stillFails: StillFails,
    roomyBytes: number,
    most: number,
    isOver: () => boolean,
  ) {
    this.smallest = recipe;
    this.tries = 0;
    this.stillFails = stillFails;
    this.roomyBytes = roomyBytes;
    this.most = most;
    this.isOver = isOver;
  }

  async run(): Promise<void> {
    for (let before = -1; before !== this.size && this.tries < this.most && !this.isOver(); ) {
      before = this.size;
      await this.fewerExchanges();
      await this.fewerFeatures();
      await this.fewerFaults();
      await this.simplerExchanges();
      await this.simplerRun();
    }
  }

  /** What is there: it only ever falls. */
  private get size(): number {
    return JSON.stringify(this.smallest).length;
  }

  private async attempt(smaller: Recipe): Promise<boolean> {
    if (this.tries >= this.most || this.isOver()) return false;
    this.tries += 1;
    if (!(await this.stillFails(smaller))) return false;
    this.smallest = smaller;
    return true;
  }

  private async fewerFeatures(): Promise<void> {
    for (const feature of this.smallest.features) {
      await this.attempt(without(this.smallest, feature, this.roomyBytes));
    }
  }

  /** Half of them, a quarter, one by one. */
  private async fewerExchanges(): Promise<void> {
    for (let chunk = this.smallest.exchanges.length >> 1; chunk >= 1; chunk >>= 1) {
      for (let from = this.smallest.exchanges.length - chunk; from >= 0; from -= chunk) {
        const { exchanges, ends } = this.smallest;
        if (exchanges.length === 1) return;
        const rest = exchanges.filter((_, i) => i < from || i >= from + chunk);
        if (rest.length === 0) continue;
        const earlier = ends.map((end) =>
          end.atExchange < from ? end : { ...end, atExchange: Math.max(0, end.atExchange - chunk) },
        );
        await this.attempt({ ...this.smallest, exchanges: rest, ends: earlier });
      }
    }
  }

  private async fewerFaults(): Promise<void> {
    const { network, ends } = this.smallest;
    for (const fault of network.faults) {
      const rest = this.smallest.network.faults.filter((other) => other !== fault);
      await this.attempt({ ...this.smallest, network: { ...this.smallest.network, faults: rest } });
    }
    for (const end of ends) {
      await this.attempt({ ...this.smallest, ends: this.smallest.ends.filter((other) => other !== end) });
    }
  }

  private async simplerExchanges(): Promise<void> {
    for (let i = 0; i < this.smallest.exchanges.length; i++) {
      for (const simpler of simplifications) {
        const exchange = this.smallest.exchanges[i] as ExchangePlan;
        const changed = simpler(exchange);
        if (JSON.stringify(changed) === JSON.stringify(exchange)) continue;
        const exchanges = this.smallest.exchanges.map((other, at) => (at === i ? changed : other));
        await this.attempt({ ...this.smallest, exchanges });
      }
    }
  }

  private async simplerRun(): Promise<void> {
    const { concurrency, network } = this.smallest;
    if (concurrency > 1) {
      await this.attempt({ ...this.smallest, concurrency: 1 });
      await this.attempt({ ...this.smallest, concurrency: concurrency >> 1 });
    }
    for (const [i, fault] of network.faults.entries()) {
      if (fault.afterBytes === 0) continue;
      for (const afterBytes of [0, fault.afterBytes >> 1]) {
        const now = this.smallest.network;
        const faults = now.faults.map((other, at) => (at === i ? { ...other, afterBytes } : other));
        if (await this.attempt({ ...this.smallest, network: { ...now, faults } })) break;
      }
    }
  }
}

const simplifications: readonly ((exchange: ExchangePlan) => ExchangePlan)[] = [
  (exchange) => ({ ...exchange, request: undefined, expectsContinue: false }),
  (exchange) => ({ ...exchange, response: undefined }),
  (exchange) => ({ ...exchange, fields: 0 }),
  (exchange) => ({ ...exchange, informs: 0 }),
  (exchange) => ({ ...exchange, request: shorter(exchange.request, 0) }),
  (exchange) => ({ ...exchange, response: shorter(exchange.response, 0) }),
  (exchange) => ({ ...exchange, request: shorter(exchange.request, 1) }),
  (exchange) => ({ ...exchange, response: shorter(exchange.response, 1) }),
  (exchange) => ({ ...exchange, request: shorter(exchange.request, (exchange.request?.bytes ?? 0) >> 1) }),
  (exchange) => ({ ...exchange, response: shorter(exchange.response, (exchange.response?.bytes ?? 0) >> 1) }),
  (exchange) => ({ ...exchange, request: whole(exchange.request) }),
  (exchange) => ({ ...exchange, response: whole(exchange.response) }),
  (exchange) => ({ ...exchange, thinks: 0 }),
];

function shorter(plan: BodyPlan | undefined, bytes: number): BodyPlan | undefined {
  return plan === undefined || plan.bytes <= bytes
    ? plan
    : { ...plan, bytes, piece: Math.max(1, Math.min(plan.piece, bytes)) };
}

/** In one piece. */
function whole(plan: BodyPlan | undefined): BodyPlan | undefined {
  return plan === undefined ? plan : { ...plan, piece: Math.max(1, plan.bytes), gap: 0 };
}
