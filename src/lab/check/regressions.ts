/**
 * Regression files: a recipe that broke a rule, to be run again. This file does not know how it is run.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CampaignFailure } from '../../kit/simulation/campaign.js';
import type { Recipe } from '../../kit/simulation/recipe.js';
import { makeOutDirectory } from '../out-directory.js';
import { UsageError } from '../usage.js';

/** Changes when recipes of before cannot be run any more. */
const format = 1;

export interface Regression {
  readonly regression: typeof format;
  /** The rule that was broken, and how it was said. */
  readonly rule: string;
  readonly message: string;
  readonly recipe: Recipe;
  /** Of the run when it was saved; absent in files that were written by hand. */
  readonly hash?: number;
}

/** Saves a failure. @returns the file's path @throws UsageError when it cannot be written */
export function saveRegression(
  directory: string,
  { rule, message, seed, recipe, hash }: CampaignFailure,
): string {
  const { stack } = recipe as Recipe;
  const name = `${stack}-${rule}-${seed}`.replaceAll(/[^\w.+-]+/g, '-');
  const path = join(directory, `${name}.json`);
  makeOutDirectory(directory);
  try {
    const text = JSON.stringify({ regression: format, rule, message, hash, recipe }, null, 1);
    writeFileSync(path, `${text}\n`);
  } catch (error) {
    throw new UsageError(`--out: ${path}: ${String(error)}`, { cause: error });
  }
  return path;
}

/** @throws UsageError when it is none */
export function loadRegression(path: string): Regression {
  const value = readJson(path) as Partial<Regression> | null;
  if (value?.regression !== format || !isRecipe(value.recipe)) {
    throw new UsageError(`${path} is no regression file of this version`);
  }
  return value as Regression;
}

/** Of what was read from a file: at least it names a stack and has exchanges. */
export function isRecipe(value: unknown): value is Recipe {
  const { stack, exchanges } = (value ?? {}) as Partial<Recipe>;
  return typeof stack === 'string' && Array.isArray(exchanges);
}

/** @throws UsageError when there is none */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${path}: ${message}`, { cause: error });
  }
}
