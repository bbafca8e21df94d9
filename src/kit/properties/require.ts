/** What properties throw: the rule that was broken, what was due and what was found. This file does not know either. */
import fc from 'fast-check';
import { UndercoatError } from '../../errors.js';

/**
 * What a property of the kit throws: `rule` is the one that was broken. fast-check wraps it, as the `cause` of its own
 * error.
 */
export class PropertyFailure extends Error {
  readonly rule: string;

  constructor(rule: string, message: string, options?: ErrorOptions) {
    super(`${message} [${rule}]`, options);
    this.name = 'PropertyFailure';
    this.rule = rule;
  }
}

export function requireThat(rule: string, holds: boolean, message: () => string): void {
  if (!holds) throw new PropertyFailure(rule, message());
}

/** Runs `act` under a rule which says that nothing escapes: what does, and names no rule of its own, breaks this one. */
export function requireContained<T>(rule: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw named(rule, cause);
  }
}

/** The same of what comes later. */
export async function requireContainedLater<T>(rule: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    throw named(rule, cause);
  }
}

function named(rule: string, cause: unknown): unknown {
  const isNamed = cause instanceof UndercoatError || cause instanceof PropertyFailure;
  if (isNamed || fc.PreconditionFailure.isFailure(cause)) return cause;
  return new PropertyFailure(rule, `this escaped: ${String(cause)}`, { cause });
}

/** Of what escaped from sessions the first is told, by the rule that it names; what names none breaks this one. */
export function requireNoneThrown(rule: string, thrown: readonly unknown[]): void {
  requireContained(rule, () => {
    if (thrown.length > 0) throw thrown[0];
  });
}

/** Plain data, compared by its JSON text. */
export function requireEqual(rule: string, found: unknown, due: unknown, what: string): void {
  const has = JSON.stringify(found);
  const wants = JSON.stringify(due);
  requireThat(rule, has === wants, () => `${what}: ${short(has)} instead of ${short(wants)}`);
}

/** What went well goes well again, and the same. A failure that there was not before breaks the rule, whatever it names. */
export function requireRepeated(rule: string, again: () => unknown, due: unknown, what: string): void {
  let found: unknown;
  try {
    found = again();
  } catch (cause) {
    throw new PropertyFailure(rule, `${what}: ${String(cause)} instead of ${short(JSON.stringify(due))}`, {
      cause,
    });
  }
  requireEqual(rule, found, due, what);
}

function short(text: string | undefined): string {
  if (text === undefined) return 'nothing';
  return text.length > 2000 ? `${text.slice(0, 2000)}… (${text.length})` : text;
}
