/**
 * What is thrown where a run of the kit's own players breaks a rule. This file does not know any rule.
 */
import { MisuseError } from '../errors.js';
import { RuleViolation } from '../memory/index.js';
import { PropertyFailure } from './properties/require.js';

const code = 'rule-broken';

export function broken(rule: string, message: string): MisuseError {
  return new MisuseError(code, rule, message);
}

/** The kit or its ledger found it. Whatever else is thrown is an error of who threw it, though it may cite a rule, too. */
export function isFinding(thrown: unknown): boolean {
  if (thrown instanceof PropertyFailure || thrown instanceof RuleViolation) return true;
  return thrown instanceof MisuseError && thrown.code === code;
}
