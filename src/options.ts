/**
 * Options as an application gives them: one that is undefined has its default, and one that cannot be what it stands for
 * is refused at the call, by its name and by the rule or section that says what it may be. This file does not know any
 * option.
 */
import { MisuseError } from './errors.js';

/** What a value must be to be taken for a `T`. */
export interface OptionKind<T> {
  /** Behind "must be". */
  readonly what: string;
  readonly fits: (value: unknown) => value is T;
}

/** One option. */
export interface OptionRule<T> {
  readonly kind: OptionKind<T>;
  /** What undefined stands for. */
  readonly fallback: T;
  /** Of the error. */
  readonly code: string;
  readonly cites: string;
}

export type OptionRules<T> = { readonly [K in keyof T]: OptionRule<T[K]> };

/** What is given of options of type `T`, by programs without type checks too. */
type Given<T> = { readonly [K in keyof T]?: T[K] | undefined };

/**
 * Every option that there is a rule for, with its value.
 * @param prefix before the names in errors
 * @throws MisuseError
 */
export function readOptions<T extends object>(
  rules: OptionRules<T>,
  given: Given<T> | undefined,
  prefix = '',
): T {
  const options = requireOptions(given, prefix);
  const { names, fallbacks } = readyFor(rules);
  const values = { ...fallbacks } as T;
  for (const name of names as (keyof T & string)[]) {
    const value = options[name];
    if (value === undefined) continue;
    const { kind, code, cites } = rules[name];
    requireOption(`${prefix}${name}`, value, kind, code, cites);
    values[name] = value;
  }
  return values;
}

/** What does not change of rules: each connection reads some forty options. */
interface ReadyRules {
  readonly names: readonly string[];
  readonly fallbacks: object;
}

const readyRules = new WeakMap<object, ReadyRules>();

function readyFor(rules: Readonly<Record<string, { readonly fallback: unknown }>>): ReadyRules {
  const known = readyRules.get(rules);
  if (known !== undefined) return known;
  const names = Object.keys(rules);
  const fallbacks = Object.fromEntries(names.map((name) => [name, rules[name]?.fallback]));
  const ready = { names, fallbacks };
  readyRules.set(rules, ready);
  return ready;
}

/** A limit, by its default. */
export function limitRule(fallback: number, cites = 'OWN-8', least = 0): OptionRule<number> {
  return { kind: limit(least), fallback, code: 'limit-value', cites };
}

/** A deadline, or another time that is waited for. */
export function timeRule(fallback: number): OptionRule<number> {
  return { kind: duration, fallback, code: 'limit-value', cites: 'LAY-4' };
}

/** Something that need not be there. */
export function optionalRule<T>(
  kind: OptionKind<T>,
  cites = 'LAY-1',
  code = 'option-value',
): OptionRule<T | undefined> {
  return { kind, fallback: undefined, code, cites };
}

/** Rules of one kind for all of these. */
export function rulesOf<V, T extends { readonly [K in keyof T]: V }>(
  defaults: T,
  ruleOf: (fallback: V) => OptionRule<V>,
): OptionRules<T> {
  const rules: Partial<Record<keyof T, OptionRule<V>>> = {};
  for (const name of Object.keys(defaults) as (keyof T)[]) rules[name] = ruleOf(defaults[name]);
  return rules as OptionRules<T>;
}

/** @throws MisuseError when the value is none of its kind */
export function requireOption<T>(
  name: string,
  value: unknown,
  kind: OptionKind<T>,
  code = 'option-value',
  cites = 'OWN-8',
): asserts value is T {
  if (!kind.fits(value))
    throw new MisuseError(code, cites, `${name} must be ${kind.what}, not ${shown(value)}`);
}

/** Options, none of which need be given. @throws MisuseError `options` */
function requireOptions<T extends object>(given: T | undefined, prefix: string): Partial<T> {
  const value: unknown = given === undefined ? {} : given;
  if (typeof value === 'object' && value !== null) return value;
  const name = prefix === '' ? 'options' : prefix.replace(/\.$/, '');
  throw new MisuseError('options', 'LAY-1', `${name} must be an object, not ${shown(value)}`);
}

/** Bytes, counts and the like, which a frame, a table or an array sets an end to. */
export function whole(least: number, most: number = Number.MAX_SAFE_INTEGER): OptionKind<number> {
  return {
    what: `an integer from ${least} to ${most}`,
    fits: (value): value is number => isWhole(value) && value >= least && value <= most,
  };
}

/** Bytes, counts and the like that may be switched off: by `Infinity`. */
export function limit(least = 0): OptionKind<number> {
  return {
    what: `an integer from ${least} on, or Infinity`,
    fits: (value): value is number =>
      value === Number.POSITIVE_INFINITY || (isWhole(value) && value >= least),
  };
}

/** Milliseconds, or `Infinity` for ever; clocks count parts of them too. */
export const duration: OptionKind<number> = {
  what: 'a number of milliseconds, 0 at least',
  fits: (value): value is number => typeof value === 'number' && value >= 0,
};

/** So many a second: it may be less than one. */
export const rate: OptionKind<number> = {
  what: 'a number, 0 at least',
  fits: (value): value is number => typeof value === 'number' && value >= 0 && Number.isFinite(value),
};

export const flag: OptionKind<boolean> = {
  what: 'true or false',
  fits: (value): value is boolean => typeof value === 'boolean',
};

export const text: OptionKind<string> = {
  what: 'a string',
  fits: (value): value is string => typeof value === 'string',
};

export const texts: OptionKind<readonly string[]> = {
  what: 'an array of strings',
  fits: (value): value is readonly string[] =>
    Array.isArray(value) && value.every((it) => typeof it === 'string'),
};

/** What it takes and gives shows when it is called. */
export function callback<F>(): OptionKind<F> {
  return { what: 'a function', fits: (value): value is F => typeof value === 'function' };
}

/** An object that has these methods. */
export function having<T>(what: string, ...methods: readonly (keyof T)[]): OptionKind<T> {
  return {
    what,
    fits: (value): value is T =>
      typeof value === 'object' &&
      value !== null &&
      methods.every((method) => typeof (value as Partial<T>)[method] === 'function'),
  };
}

/** One of these. */
export function among<const V>(...values: readonly V[]): OptionKind<V> {
  return {
    what: values.map((value) => JSON.stringify(value)).join(' or '),
    fits: (value): value is V => (values as readonly unknown[]).includes(value),
  };
}

/** The kind, or null. */
export function orNull<T>(kind: OptionKind<T>): OptionKind<T | null> {
  return {
    what: `${kind.what} or null`,
    fits: (value): value is T | null => value === null || kind.fits(value),
  };
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/** Whatever it is: what has no text of its own is called what it is. */
function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'function':
      return 'a function';
    case 'object':
      return value === null ? 'null' : Array.isArray(value) ? 'an array' : 'an object';
    default:
      return String(value);
  }
}
