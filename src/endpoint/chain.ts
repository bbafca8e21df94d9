/**
 * Where one connection stands in its stack: which steps are still to come, and which of them is next. This file does
 * not know what a step does.
 */
import { MisuseError } from '../errors.js';
import type { ConnectionFacts } from '../session/facts.js';
import type { Transport } from '../transport/contract.js';
import { type SessionStep, type Step, stepsOf } from './step.js';

export class Chain {
  private rest: readonly Step[];

  constructor(steps: readonly Step[]) {
    this.rest = steps;
  }

  /**
   * True when a transport is next. Choices on the way are made now: `to` is who the last session handed off to.
   * @throws MisuseError LAY-1 when nobody is left
   */
  decide(facts: ConnectionFacts, to: string | undefined): boolean {
    for (;;) {
      const [step, ...rest] = this.rest;
      if (step === undefined) {
        throw new MisuseError(
          'chain-over',
          'LAY-1',
          `the stack has nobody who goes on with ${to ?? 'the pipe'}`,
        );
      }
      if (step.kind !== 'choice') return step.kind === 'transport';
      this.rest = [...stepsOf(step.choose(facts, to)), ...rest];
    }
  }

  /** Takes the session that `decide` found. */
  session(): SessionStep {
    const [step, ...rest] = this.rest;
    this.rest = rest;
    return step as SessionStep;
  }

  /** Puts every transport that comes next on `lower`; the outermost, or `lower` itself where none comes. */
  wrap(lower: Transport): Transport {
    let transport = lower;
    for (let step = this.rest[0]; step?.kind === 'transport'; step = this.rest[0]) {
      transport = step.wrap(transport);
      this.rest = this.rest.slice(1);
    }
    return transport;
  }
}
