/**
 * A recipe without one of its features: what shrinking tries first, because it says most about a failure. This file does
 * not know which recipe fails.
 */
import type { Feature } from './features.js';
import {
  type BodyPlan,
  type ExchangePlan,
  type MemoryPlan,
  type NetworkFault,
  type PathPlan,
  type Recipe,
  roomyMemory,
  type TakingPlan,
} from './recipe.js';

/** The same recipe, with the feature switched off. `roomyBytes` is a slab in which everything ordinary succeeds. */
export function without(recipe: Recipe, feature: Feature, roomyBytes: number): Recipe {
  const rest = recipe.features.filter((other) => other !== feature);
  const plain = { ...recipe, features: rest };
  switch (feature) {
    case 'latency':
      return paths(plain, { latency: 0 });
    case 'bandwidth':
      return paths(plain, { rate: 0 });
    case 'cuts':
      return paths(plain, { cuts: [] });
    case 'partial-writes':
      return paths(plain, { holds: 65_536 });
    case 'stalls':
      return faults(plain, 'stall');
    case 'loss':
      return faults(plain, 'loss');
    case 'silence':
      return faults(plain, 'silence');
    case 'half-close':
      return faults(plain, 'cut');
    case 'connections':
      return { ...plain, connections: 1 };
    case 're-entrance':
      return { ...plain, reentrant: false };
    case 'haste':
      return { ...plain, haste: 0 };
    case 'emulation':
      return memory(plain, { emulated: false });
    case 'small-slabs':
    case 'scarce-memory':
      return memory(plain, roomyMemory(roomyBytes));
    case 'shutdowns':
      return { ...plain, ends: plain.ends.filter(({ kind }) => kind !== 'shutdown') };
    case 'teardowns':
      return { ...plain, ends: plain.ends.filter(({ kind }) => kind !== 'teardown') };
    default:
      return { ...plain, exchanges: plain.exchanges.map((exchange) => plainer(exchange, feature)) };
  }
}

function plainer(exchange: ExchangePlan, feature: Feature): ExchangePlan {
  switch (feature) {
    case 'bodies':
      return { ...exchange, request: undefined, expectsContinue: false };
    case 'long-bodies':
      return bodies(exchange, ({ bytes }) => ({ bytes: Math.min(bytes, 400) }));
    case 'unknown-lengths':
      return bodies(exchange, () => ({ declared: true, trailers: 0 }));
    case 'trailers':
      return bodies(exchange, () => ({ trailers: 0 }));
    case 'slow-senders':
      return bodies(exchange, () => ({ gap: 0 }));
    case 'impatience':
      return bodies(exchange, () => ({ patient: true }));
    case 'no-content':
      return exchange.status === 200 && exchange.method !== 'HEAD'
        ? exchange
        : { ...exchange, status: 200, method: 'GET', request: undefined };
    case 'expectations':
      return { ...exchange, expectsContinue: false };
    case 'interims':
      return { ...exchange, informs: 0 };
    case 'slow-answers':
      return exchange.answers === 'later' ? { ...exchange, answers: 'at-end', thinks: 0 } : exchange;
    case 'silent-handlers':
      return exchange.answers === 'never' ? { ...exchange, answers: 'at-end' } : exchange;
    case 'slow-readers':
      return takings(exchange, () => ({ pauseEach: 0 }));
    case 'late-readers':
      return takings(exchange, ({ mode }) => ({ mode: mode === 'late' ? 'consume' : mode }));
    case 'held-leases':
    case 'kept-leases':
    case 'retained-leases':
    case 'parted-leases':
      return takings(exchange, ({ leases }) => ({
        leases: isOneOf(leases, disposals[feature]) ? 'release' : leases,
      }));
    case 'early-answers':
      return { ...exchange, taking: { ...exchange.taking, mode: 'consume' }, answers: 'at-end' };
    case 'ignored-responses':
      return { ...exchange, takingResponse: { ...exchange.takingResponse, mode: 'consume' } };
    case 'aborted-uploads':
      return exchange.breaks === 'abort-at-head' ? { ...exchange, breaks: 'never' } : exchange;
    case 'throws':
    case 'aborts': {
      const kind = feature === 'throws' ? 'throw' : 'abort';
      const { breaks, clientBreaks } = exchange;
      return {
        ...exchange,
        breaks: breaks.startsWith(kind) ? 'never' : breaks,
        clientBreaks: clientBreaks.startsWith(kind) ? 'never' : clientBreaks,
      };
    }
    case 'cancels':
      return { ...exchange, cancelsAfter: -1 };
    case 'misuse':
      return { ...exchange, misuses: false };
    case 'many-fields':
      return { ...exchange, fields: Math.min(exchange.fields, 2) };
    case 'kept-fields':
      return { ...exchange, keepsFields: false };
    case 'tunnels':
      return exchange.tunnel === undefined ? exchange : { ...exchange, tunnel: undefined, method: 'GET' };
    default:
      return exchange;
  }
}

const disposals = {
  'held-leases': ['hold'],
  'kept-leases': ['keep'],
  'retained-leases': ['retain'],
  'parted-leases': ['split', 'transfer'],
} satisfies Partial<Record<Feature, readonly TakingPlan['leases'][]>>;

function isOneOf(leases: TakingPlan['leases'], some: readonly string[]): boolean {
  return some.includes(leases);
}

function paths(recipe: Recipe, change: Partial<PathPlan>): Recipe {
  const { network } = recipe;
  const toServer = { ...network.toServer, ...change };
  const toClient = { ...network.toClient, ...change };
  return { ...recipe, network: { ...network, toServer, toClient } };
}

function faults(recipe: Recipe, gone: NetworkFault['kind']): Recipe {
  const { network } = recipe;
  return { ...recipe, network: { ...network, faults: network.faults.filter(({ kind }) => kind !== gone) } };
}

function memory(recipe: Recipe, change: Partial<MemoryPlan>): Recipe {
  return { ...recipe, server: { ...recipe.server, ...change }, client: { ...recipe.client, ...change } };
}

function bodies(exchange: ExchangePlan, change: (plan: BodyPlan) => Partial<BodyPlan>): ExchangePlan {
  const changed = (plan: BodyPlan | undefined): BodyPlan | undefined =>
    plan === undefined ? undefined : { ...plan, ...change(plan) };
  return { ...exchange, request: changed(exchange.request), response: changed(exchange.response) };
}

function takings(exchange: ExchangePlan, change: (plan: TakingPlan) => Partial<TakingPlan>): ExchangePlan {
  const changed = (plan: TakingPlan): TakingPlan => ({ ...plan, ...change(plan) });
  return {
    ...exchange,
    taking: changed(exchange.taking),
    takingResponse: changed(exchange.takingResponse),
  };
}
