// What the draw must bring about among many seeds: kinds of run without which an oracle has nothing to see. A change of
// what is drawn how often may take one of them away, and nothing else would tell.
import { expect, test } from 'vitest';
import { drawRecipe } from '../../src/kit/simulation/draw.js';
import { features } from '../../src/kit/simulation/features.js';
import { isScarce, type Recipe } from '../../src/kit/simulation/recipe.js';
import { type SimulatedStack, simulatedStacks } from '../../src/kit/simulation/stacks.js';

const seeds = 750;
/** Where H2's connection window begins (RFC 9113 §6.9.2). */
const firstWindow = 65_535;

const uploaded = ({ exchanges }: Recipe, ofBrokenOff: boolean): number =>
  exchanges
    .filter(({ breaks }) => !ofBrokenOff || breaks === 'abort-at-head')
    .reduce((sum, { request }) => sum + (request?.bytes ?? 0), 0);

/** How often among the recipes. */
const kinds: readonly {
  readonly what: string;
  readonly least: number;
  readonly only?: (stack: SimulatedStack) => boolean;
  readonly is: (recipe: Recipe) => boolean;
}[] = [
  {
    what: 'an endpoint ends with more to come than is under way',
    least: 4,
    is: ({ ends, exchanges }) => ends.some(({ atExchange }) => exchanges.length - atExchange > 40),
  },
  {
    what: 'much is asked for where memory is scarce',
    least: 2,
    is: ({ server, client, exchanges }) => (isScarce(server) || isScarce(client)) && exchanges.length > 100,
  },
  {
    what: 'uploads are broken off, of more than a connection window in all',
    least: 3,
    only: ({ interleaves }) => interleaves,
    is: (recipe) => uploaded(recipe, true) > firstWindow,
  },
  {
    what: 'content goes to the server that is more than a connection window in all',
    least: 10,
    only: ({ interleaves }) => interleaves,
    is: (recipe) => uploaded(recipe, false) > firstWindow,
  },
  { what: 'many have content', least: 15, is: ({ exchanges }) => withContent(exchanges) >= 30 },
  {
    what: 'a long run has content in a good part of it',
    least: 3,
    is: ({ exchanges }) => exchanges.length >= 150 && withContent(exchanges) >= 0.15 * exchanges.length,
  },
  { what: 'there is nothing but plain exchanges', least: 10, is: ({ features: on }) => on.length === 0 },
];

function withContent(exchanges: Recipe['exchanges']): number {
  return exchanges.filter(({ request }) => request !== undefined).length;
}

test.each(simulatedStacks.map((stack) => [stack.name, stack] as const))(
  '%s: every kind of run is drawn',
  (_, stack) => {
    const met = new Map<string, number>();
    const meet = (what: string): void => {
      met.set(what, (met.get(what) ?? 0) + 1);
    };
    for (let seed = 0; seed < seeds; seed++) {
      const recipe = drawRecipe(stack, seed);
      for (const feature of recipe.features) meet(feature);
      for (const { what, is } of kinds) if (is(recipe)) meet(what);
      for (const { taking, takingResponse } of recipe.exchanges) {
        meet(`${taking.mode}, ${taking.leases}`);
        meet(`${takingResponse.mode}, ${takingResponse.leases}`);
      }
    }
    for (const feature of features) expect(met.get(feature), feature).toBeGreaterThan(seeds / 40);
    for (const leases of ['release', 'hold', 'keep', 'retain', 'split', 'transfer']) {
      expect(met.get(`consume, ${leases}`), leases).toBeGreaterThan(10);
    }
    for (const mode of ['late', 'discard', 'ignore'])
      expect(met.get(`${mode}, release`), mode).toBeGreaterThan(10);
    for (const { what, least, only } of kinds) {
      if (only?.(stack) === false) continue;
      expect(met.get(what) ?? 0, what).toBeGreaterThanOrEqual(least);
    }
  },
);
