/**
 * What an exhibit is: a mistake that somebody made, as a change of our source, with the rule that it breaks and the
 * checks that must find it by that rule. This file does not know any.
 */
import type { StackName } from './carriers.js';
import type { CheckName } from './checks/index.js';

/** One change of one file. White space in a pattern stands for any white space, so that formatting does not matter. */
export interface Mutation {
  /** Below the root: `src/memory/workspace.ts`. */
  readonly file: string;
  /** The method or function that is changed, by the beginning of its first line; the whole file if absent. */
  readonly within?: string;
  /** Must be found exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** A check, and what it is run over. */
export interface Showing {
  readonly check: CheckName;
  /** Names of stacks, or of other subjects that the check knows. */
  readonly over: readonly string[];
}

export interface Exhibit {
  readonly id: string;
  /** What happened, in one or two sentences. */
  readonly label: string;
  /** Where it is told: an advisory, an issue, a commit; or `ours`. † behind one that could not be read there. */
  readonly source: string;
  /** The rules that it breaks: a failure by another does not count. */
  readonly rules: readonly string[];
  readonly mutations: readonly Mutation[];
  readonly shown: readonly Showing[];
  /** Stacks that run what is changed and on which it is not shown: why not. */
  readonly except?: Readonly<Partial<Record<StackName, string>>>;
}
