/**
 * Assertions under rules: counted by rule, and what fails becomes a violation that names the rule. This file does
 * not know what is asserted.
 */
import { answerAbort, UndercoatError } from '../errors.js';

/** A rule of the rulebook was broken: a bug in Undercoat or in a layer under test, never the peer's fault. */
export class RuleViolation extends UndercoatError {
  readonly rule: string;

  constructor(rule: string, message: string) {
    super('api-misuse', 'rule-violated', rule, message, answerAbort);
    this.rule = rule;
  }
}

/** How often one rule was asserted. */
export interface RuleCount {
  readonly rule: string;
  made: number;
}

export class Assertions {
  readonly violations: RuleViolation[];
  private readonly counts: Map<string, RuleCount>;
  private readonly onViolation: ((violation: RuleViolation) => void) | undefined;

  /** `onViolation` is told of each violation; without it, it is thrown where it is found. */
  constructor(onViolation?: (violation: RuleViolation) => void) {
    this.violations = [];
    this.counts = new Map();
    this.onViolation = onViolation;
  }

  /** How often each rule was asserted. */
  get checks(): Map<string, number> {
    const checks = new Map<string, number>();
    for (const [rule, { made }] of this.counts) if (made > 0) checks.set(rule, made);
    return checks;
  }

  /** Sum of all assertions made. */
  get checkCount(): number {
    let sum = 0;
    for (const { made } of this.counts.values()) sum += made;
    return sum;
  }

  /** Asserts anything under a rule: layers and properties that see more than memory use it. */
  assert(rule: string, holds: boolean, message: () => string): void {
    this.countOf(rule).made += 1;
    if (!holds) this.broken(rule, message());
  }

  /** The count of one rule, for who asserts often: it adds to `made` itself and calls `broken` where it must. */
  countOf(rule: string): RuleCount {
    let count = this.counts.get(rule);
    if (count === undefined) {
      count = { rule, made: 0 };
      this.counts.set(rule, count);
    }
    return count;
  }

  protected broken(rule: string, message: string): void {
    const violation = new RuleViolation(rule, message);
    this.violations.push(violation);
    if (this.onViolation === undefined) throw violation;
    this.onViolation(violation);
  }
}
