/**
 * What is thrown where a run of the kit's own players breaks a rule. This file does not know any rule.
 */
import { MisuseError } from '../errors.js';

export function broken(rule: string, message: string): MisuseError {
  return new MisuseError('rule-broken', rule, message);
}
